"""Every file of a census folder is read once, or refused by name; odd year folders are refused."""

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from small_study import ROWS, write_small_study, year_file
from tradegains.errors import InputError
from tradegains.store.census import CensusFiles, list_census
from tradegains.store.census_files import read_footers
from tradegains.store.listing import list_folder

COLUMNS = {
    "establishment_id": "id",
    "year": "year",
    "industry": "sic",
    "employment": "jobs",
    "sales": "sales",
}


@pytest.fixture
def census(tmp_path: Path) -> Path:
    """Return a census of the years 1990 and 1991, one file each."""
    write_small_study(tmp_path)
    return tmp_path / "census"


def listed(census: Path, *years: int) -> CensusFiles:
    return list_census(str(census), COLUMNS, years or [1990, 1991])


def refusal(census: Path) -> str:
    with pytest.raises(InputError) as refused:
        listed(census)
    return str(refused.value)


@pytest.mark.parametrize(
    ("make", "said"),
    [
        (lambda year: (year / "x.parquet").symlink_to("nowhere"), "leads nowhere"),
        (lambda year: (year / "x.parquet").symlink_to("x.parquet"), "leads nowhere"),
        (lambda year: (year / "x").symlink_to(".."), "leads to a folder above"),
        (lambda year: (year / "x").symlink_to("../year=1991"), "folder that is read already"),
        (lambda year: (year / "x.parquet").symlink_to("part-0.parquet"), "file that is read"),
        (lambda year: os.mkfifo(year / "x.parquet"), "no plain file"),
        (lambda year: (year / os.fsdecode(b"\xe9.parquet")).touch(), "\\udce9.parquet"),
        (lambda year: (year / os.fsdecode(b"\xe9")).mkdir(), "is not in UTF-8"),
    ],
    ids=["dangling", "loop", "parent", "sibling", "twice", "pipe", "latin file", "latin folder"],
)
def test_what_cannot_be_read_once_is_refused_by_name(census: Path, make, said: str) -> None:
    make(census / "year=1990")
    text = refusal(census)
    assert said in text
    assert "year=199" in text
    assert "\n  cure: " in text


def test_every_odd_link_is_named_at_once(census: Path) -> None:
    for name in ("a.parquet", "b.parquet"):
        (census / "year=1990" / name).symlink_to("nowhere")
    assert "year=1990/a.parquet" in refusal(census)
    assert "year=1990/b.parquet" in refusal(census)


def test_links_to_files_elsewhere_are_read(census: Path, tmp_path: Path) -> None:
    elsewhere = tmp_path / "disk"
    elsewhere.mkdir()
    year_file(tmp_path, 1990).rename(elsewhere / "a.parquet")
    (census / "year=1990" / "part.parquet").symlink_to(elsewhere / "a.parquet")
    (census / "year=1991").rename(elsewhere / "year=1991")
    (census / "year=1991").symlink_to(elsewhere / "year=1991")
    assert [file.path for file in listed(census).files] == [
        "year=1990/part.parquet",
        "year=1991/part-0.parquet",
    ]


def test_hidden_links_and_second_names_of_a_file_disturb_nobody(census: Path) -> None:
    (census / "year=1990" / ".#x.parquet").symlink_to("user@machine:1")
    os.link(census / "year=1990" / "part-0.parquet", census / "year=1991" / "b.parquet")
    assert len(listed(census).files) == 3


def test_a_file_given_by_name_may_be_a_link(census: Path, tmp_path: Path) -> None:
    single = tmp_path / "census.parquet"
    pq.write_table(pa.table({**ROWS, "year": [1990, 1990, 1990]}), tmp_path / "real.parquet")
    single.symlink_to(tmp_path / "real.parquet")
    assert listed(single, 1990).rows == 3


def test_a_link_that_is_pointed_elsewhere_has_another_stamp(census: Path, tmp_path: Path) -> None:
    path = census / "year=1990" / "part-0.parquet"
    path.rename(tmp_path / "a.parquet")
    path.symlink_to(tmp_path / "a.parquet")
    before = list_folder(str(census))[0][0].stamp
    (tmp_path / "b.parquet").write_bytes((tmp_path / "a.parquet").read_bytes())
    path.unlink()
    path.symlink_to(tmp_path / "b.parquet")
    assert list_folder(str(census))[0][0].stamp != before


# --- year folders ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["year=01991", "year=+1991", "year=１９９１", "year=1_991"])
def test_a_year_folder_that_engines_read_differently_is_refused(census: Path, name: str) -> None:
    (census / "year=1991").rename(census / name)
    text = refusal(census)
    assert f"the folder {name} is not one of a year" in text
    if name in ("year=01991", "year=１９９１"):
        assert "rename it to year=1991" in text


def test_year_folders_within_one_another_are_refused(census: Path) -> None:
    inner = census / "year=1990" / "year=1991"
    inner.mkdir()
    (census / "year=1991" / "part-0.parquet").rename(inner / "part-0.parquet")
    assert "year= folders stand within one another (1 case) in year=1990/year=1991" in refusal(
        census
    )


# --- permissions -------------------------------------------------------------------------------


def test_a_file_that_may_not_be_read_is_told_as_such(
    census: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = listed(census)

    def refused(*_: object) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("tradegains.store.census_files.pq.ParquetFile", refused)
    (problem, _) = read_footers(found.place, found.files)[1]
    assert "may not be read" in problem.what
    assert "chmod u+r" in problem.cure


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")
def test_a_file_of_mode_000_is_told_as_such_to_its_ordinary_owner() -> None:
    code = (
        "import os, sys\n"
        "sys.path.insert(0, sys.argv[2])\n"
        "from pathlib import Path\n"
        "from tradegains.store.census import list_census\n"
        "import tradegains.store.listing, pyarrow.parquet\n"
        "from small_study import write_small_study, year_file\n"
        "folder = Path(sys.argv[1])\n"
        "write_small_study(folder)\n"
        "year_file(folder, 1990).chmod(0)\n"
        "os.chmod(folder, 0o777)\n"
        "os.setresuid(31988, 31988, 31988)\n"
        f"list_census(str(folder / 'census'), {COLUMNS!r}, [1990, 1991])\n"
    )
    # Not below pytest's own folder, which other users may not enter.
    with tempfile.TemporaryDirectory() as place:
        Path(place).chmod(0o755)
        ended = subprocess.run(
            [sys.executable, "-c", code, place, str(Path(__file__).parents[1])],
            capture_output=True,
            text=True,
        )
    assert "the file may not be read in year=1990/part-0.parquet" in ended.stderr
    assert "chmod u+r" in ended.stderr


# --- text --------------------------------------------------------------------------------------


@pytest.mark.parametrize("column", ["id", "sic"])
def test_unmarked_bytes_that_are_not_utf8_are_refused_by_column(
    census: Path, tmp_path: Path, column: str
) -> None:
    texts = {"id": ["a", "é", "c"], "sic": ["0111", "3211", "321é"]}
    good = pa.table({**ROWS, **texts}).set_column(0, "id", pa.array(texts["id"]).cast("binary"))
    pq.write_table(good, year_file(tmp_path, 1990))
    pq.write_table(good, year_file(tmp_path, 1991))
    assert listed(census).types["establishment_id"] == "string"
    position = good.column_names.index(column)
    latin = pa.array([text.encode("latin-1") for text in texts[column]], pa.binary())
    pq.write_table(good.set_column(position, column, latin), year_file(tmp_path, 1991))
    text = refusal(census)
    assert f"column {column!r} holds bytes that are not UTF-8 (1 case) in year 1991" in text
    assert "Latin-1" in text
