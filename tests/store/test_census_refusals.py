"""What a census is refused for: every problem in one message, and never a value from a row."""

import math
import os
import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from deltalake import write_deltalake

from tradegains.errors import InputError
from tradegains.store.census import list_census

COLUMNS = {
    "establishment_id": "plant",
    "year": "year",
    "industry": "isic",
    "employment": "workers",
    "sales": "output",
}
SECRETS = ("secretplant", "73519", "0666")


def rows(**columns: Any) -> pa.Table:
    """One secret establishment; a column given as None is left out."""
    plain = {
        "plant": ["secretplant"],
        "isic": ["0666"],
        "workers": [73519.0],
        "output": [73519.0],
    }
    return pa.table({name: v for name, v in (plain | columns).items() if v is not None})


def write(folder: Path, files: Mapping[str, pa.Table]) -> str:
    for name, table in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        pq.write_table(table, path)
    return str(folder)


def refused(root: str, years: list[int], **choices: Any) -> str:
    """The message of the refusal, after checking that it tells no secret."""
    columns = choices.pop("columns", COLUMNS)
    with pytest.raises(InputError) as refusal:
        list_census(root, columns, years, **choices)
    assert refusal.value.exit_code == 3
    message = str(refusal.value)
    assert not [secret for secret in SECRETS if secret in message]
    return message


def test_path_that_does_not_exist(tmp_path: Path) -> None:
    assert "does not exist" in refused(str(tmp_path / "nowhere"), [1988])


def test_empty_folder(tmp_path: Path) -> None:
    (tmp_path / "_SUCCESS").touch()
    (tmp_path / "README.md").write_text("nothing here yet")
    assert "has no files" in refused(str(tmp_path), [1988])


def test_unknown_kind_of_address() -> None:
    assert "cannot be opened" in refused("gopher://host/census", [1988])


@pytest.mark.skipif(os.geteuid() == 0, reason="root may list every folder")
def test_folder_that_may_not_be_listed(tmp_path: Path) -> None:
    write(tmp_path / "census", {"year=1988/a.parquet": rows()})
    (tmp_path / "census").chmod(0)
    try:
        assert "cannot be listed" in refused(str(tmp_path / "census"), [1988])
    finally:
        (tmp_path / "census").chmod(0o755)


def test_zero_byte_truncated_and_foreign_files_are_named_together(tmp_path: Path) -> None:
    good = rows()
    root = write(tmp_path, {f"year=198{i}/part-{i}.parquet": good for i in range(5)})
    (tmp_path / "year=1980/part-0.parquet").write_bytes(b"")
    whole = (tmp_path / "year=1981/part-1.parquet").read_bytes()
    (tmp_path / "year=1981/part-1.parquet").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "year=1982/part-2.parquet").write_bytes(b"plant,isic\n73519,0666\n")
    (tmp_path / "year=1983/part-3.parquet").write_bytes(b"PARE" + whole[4:-4] + b"PARE")
    message = refused(root, [1980, 1981, 1982, 1983, 1984])
    for line in (
        "the file has zero bytes in year=1980/part-0.parquet",
        "the Parquet file is truncated or its footer is damaged in year=1981/part-1.parquet",
        "the file is not Parquet in year=1982/part-2.parquet",
        "the Parquet file is encrypted in year=1983/part-3.parquet",
        "cure: have it written without encryption",
    ):
        assert line in message
    assert "part-4" not in message


def test_encrypted_columns_are_refused(
    tmp_path: Path, write_encrypted: Callable[[pa.Table, Path, str], None]
) -> None:
    # Arrow ends the process where it is asked what the footer says of such a column.
    root = write(tmp_path, {"year=1988/a.parquet": rows(), "year=1989/a.parquet": rows()})
    write_encrypted(rows(), tmp_path / "year=1989/a.parquet", "output")
    message = refused(root, [1988, 1989])
    assert "the Parquet file has encrypted columns in year=1989/a.parquet" in message
    assert "cure: have it written without encryption" in message


def test_year_that_is_not_there(tmp_path: Path) -> None:
    root = write(tmp_path, {f"year={y}/a.parquet": rows() for y in (1987, 1988, 1990)})
    message = refused(root, [1978, 1979, 1988])
    assert "years 1978-1979 of the study are not there" in message
    assert "the census has 1987-1988, 1990" in message


def test_year_whose_files_have_no_rows(tmp_path: Path) -> None:
    files = {"year=1988/a.parquet": rows().slice(0, 0), "year=1996/a.parquet": rows()}
    message = refused(write(tmp_path, files), [1988, 1996])
    assert message.startswith("the files of 1988 have no rows")


@pytest.mark.parametrize(
    "years",
    [
        pa.array([1988.0, math.nan, 1988.5, math.inf], pa.float64()),
        pa.array([1988.0, 1988.25, None, -math.inf], pa.float32()),
        pa.array([Decimal("1988.0"), Decimal("1988.5"), None, Decimal("0.1")]),
    ],
)
def test_years_that_are_no_whole_number_are_missing(tmp_path: Path, years: pa.Array) -> None:
    table = pa.concat_tables([rows()] * 4).append_column("year", years)
    message = refused(write(tmp_path, {"a.parquet": table}), [1988])
    assert "rows have no year (column 'year') (3 cases) in a.parquet" in message


def test_year_column_without_the_year_or_with_empty_years(tmp_path: Path) -> None:
    write(tmp_path, {"a.parquet": rows(year=[1988])})
    assert "year 1996 of the study is not there" in refused(str(tmp_path), [1988, 1996])
    write(tmp_path, {"b.parquet": rows(year=pa.array([None], pa.int32()))})
    message = refused(str(tmp_path), [1988])
    assert "rows have no year (column 'year') (1 case) in b.parquet" in message
    two = pa.concat_tables([rows(year=[1988]), rows(year=pa.array([None], pa.int64()))])
    write(tmp_path, {"b.parquet": two})
    assert "(1 case) in b.parquet" in refused(str(tmp_path), [1988])


def test_year_folders_that_are_no_years_and_files_outside_them(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "year=1988/a.parquet": rows(),
            "year=__HIVE_DEFAULT_PARTITION__/a.parquet": rows(),
            "year=late/a.parquet": rows(),
            "stray.parquet": rows(),
        },
    )
    message = refused(root, [1988])
    assert "the folder year=__HIVE_DEFAULT_PARTITION__ is not one of a year" in message
    assert "the folder year=late is not one of a year" in message
    assert "files stand outside the year= folders (1 case) in stray.parquet" in message


def test_column_missing_in_one_year_only(tmp_path: Path) -> None:
    files = {f"year={y}/a.parquet": rows() for y in (1986, 1987, 1988)}
    files["year=1987/a.parquet"] = rows(output=None, outputs=[1.0])
    message = refused(write(tmp_path, files), [1986, 1987, 1988])
    assert message == (
        "column 'output', which the study maps to sales, is missing in year 1987\n"
        "  cure: did you mean 'outputs'?"
    )


def test_misspelt_mappings_suggest_the_nearest_column(tmp_path: Path) -> None:
    root = write(tmp_path, {"Year=1988/a.parquet": rows()})
    wrong = {**COLUMNS, "sales": "OUTPUT", "employment": "worker", "industry": "zzz"}
    message = refused(root, [1988], columns=wrong, extra_columns=("ownership",))
    assert "'OUTPUT', which the study maps to sales, is missing in every file" in message
    for suggestion in ("did you mean 'output'?", "did you mean 'workers'?", "mean 'Year'?"):
        assert suggestion in message
    assert message.count("the files have Year, isic, output, plant, workers") == 2
    assert "column 'ownership' is missing" in message


@pytest.mark.parametrize(
    ("name", "values", "said"),
    [
        ("workers", ["73519"], "'workers' (employment) is string where a number is expected"),
        ("output", [True], "'output' (sales) is bool where a number is expected"),
        ("output", pa.array([1], pa.float16()), "is halffloat where a number is expected"),
        ("isic", [66.6], "(industry) is double where text or a whole number is expected"),
        ("plant", [66.6], "(establishment_id) is double where text or a whole number is expected"),
        ("plant", [[1]], "is list<element: int64> where text or a whole number is expected"),
        ("year", ["1988"], "'year' (year) is string where a whole number is expected"),
    ],
)
def test_types_that_cannot_be_used(tmp_path: Path, name: str, values: Any, said: str) -> None:
    folder = "" if name == "year" else "year=1988/"
    root = write(tmp_path, {f"{folder}a.parquet": rows(**{name: values})})
    message = refused(root, [1988])
    assert said in message
    assert ("`tradegains convert` writes whole numbers" in message) == ("is double" in said)


def test_an_extra_column_of_a_nested_type(tmp_path: Path) -> None:
    root = write(tmp_path, {"year=1988/a.parquet": rows(owner=[{"name": "secretplant"}])})
    message = refused(root, [1988], extra_columns=("owner",))
    assert "'owner' (owner) is struct<name: string> where text, a number" in message


def test_code_that_changes_between_text_and_numbers(tmp_path: Path) -> None:
    files = {f"year={y}/a.parquet": rows(year=[y]) for y in (1986, 1987)}
    files["year=1988/a.parquet"] = rows(plant=[73519])
    message = refused(write(tmp_path, files), [1986, 1987, 1988])
    assert re.search(
        r"'plant' \(establishment_id\) changes its type between files: "
        r"string in year 1986-1987; int64 in year 1988",
        message,
    )


def test_names_that_differ_in_case_only(tmp_path: Path) -> None:
    root = write(tmp_path, {"year=1988/a.parquet": rows(OUTPUT=[1.0])})
    assert "column 'output' appears more than once" in refused(root, [1988])


def test_delta_table_as_census(tmp_path: Path) -> None:
    write_deltalake(str(tmp_path / "census"), rows(year=[1988]))
    assert "the census is a Delta table" in refused(str(tmp_path / "census"), [1988])


def test_all_kinds_of_problems_come_in_one_message(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "year=1986/a.parquet": rows(),
            "year=1987/a.parquet": rows(workers=["73519"]),
            "year=1988/a.parquet": rows(output=None),
            "year=1989/a.parquet": rows(),
        },
    )
    (tmp_path / "year=1989/a.parquet").write_bytes(b"")
    with pytest.raises(InputError) as refusal:
        list_census(root, COLUMNS, [1986, 1987, 1988, 1989, 1990])
    assert len(refusal.value.problems) == 4


# --- names of folders, and names in another form --------------------------------------------------


def test_a_column_that_is_a_folders_name(tmp_path: Path) -> None:
    write(tmp_path, {"country=CL/year=1988/a.parquet": rows()})
    said = refused(str(tmp_path), [1988], extra_columns=["country"])
    assert "column 'country' is missing in every file" in said
    assert "it is in the names of folders (country=...), of which only the year is read" in said
    assert "did you mean" not in said
    # Where nobody asks for it, such a folder is no fault.
    assert list_census(str(tmp_path), COLUMNS, [1988]).rows == 1


def test_a_name_in_two_unicode_forms(tmp_path: Path) -> None:
    columns = {**COLUMNS, "sales": "producci\u00f3n"}
    composed = rows(output=None).append_column("producci\u00f3n", [[1.0]])
    apart = rows(output=None).append_column("produccio\u0301n", [[1.0]])
    write(tmp_path, {"year=1988/a.parquet": composed, "year=1989/a.parquet": apart})
    said = refused(str(tmp_path), [1988, 1989], columns=columns)
    assert "which the study maps to sales, is missing in year 1989" in said
    assert "other Unicode signs, such as an accent of its own: write the name alike" in said
    assert "did you mean" not in said


@pytest.mark.parametrize("year", [1e12, 88.0, -1988.0, 88, 0, 19880])
def test_a_year_that_is_none_is_refused_beside_years(tmp_path: Path, year: float) -> None:
    """It would be a row of another year, and vanish without being counted."""
    column = pa.array([1988, 1988, year], None if isinstance(year, float) else pa.int64())
    table = pa.concat_tables([rows()] * 3).append_column("year", column)
    root = write(tmp_path, {"panel.parquet": table})
    assert "rows have no year (column 'year') (1 case)" in refused(root, [1988])
