"""Successor ids: chains, mergers and cycles, worked by hand."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from reference.files import CENSUS_SCHEMA
from reference.run import publish_study, with_inputs
from reference.studies import study_with
from reference.welfare import Small
from tradegains.engines.start import Engine
from tradegains.errors import InputError
from tradegains.inputs.small import successor_problems
from tradegains.study import Window


def row(identifier: str, year: int, sales: float) -> dict[str, Any]:
    """A row of industry 1101 that sells at home only."""
    return {
        "establishment_id": identifier,
        "year": year,
        "industry": "1101",
        "employment": 10.0,
        "sales": sales,
        "exports": 0.0,
        "value_added": sales / 2,
    }


def link(old: str, new: str) -> dict[str, Any]:
    return {"old": old, "new": new, "year": 2001}


STUDY = study_with(
    windows=(Window("only", 2000, 2002),),
    matching={"continuing": ("both_ends",), "annual": False},
    productivity={"years": (2000, 2002)},
    welfare={"windows": ("only",), "difference": None},
    restrictions=(),
    report={"figure_years": (2000, 2002), "figure_windows": ("only",)},
)
# a becomes b becomes c; d and e merge into f; g stays, h leaves.
CENSUS = [
    *(
        row(name, 2000, sales)
        for name, sales in zip("adegh", (10.0, 20.0, 30.0, 25.0, 15.0), strict=True)
    ),
    *(row(name, 2002, sales) for name, sales in zip("cfg", (40.0, 100.0, 60.0), strict=True)),
]
LINKS = [link("a", "b"), link("b", "c"), link("d", "f"), link("e", "f")]


@pytest.fixture(scope="module")
def tables(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Any:
    folder = tmp_path_factory.mktemp("successors")
    asked = with_inputs(STUDY, CENSUS, folder, small=Small(successors=LINKS))
    return publish_study(engine, asked, folder / "output")


def shares(tables: dict[str, list[dict[str, Any]]], ids: str) -> dict[int, float]:
    return {
        row["year"]: row["continuing_share"]
        for row in tables["market_shares"]
        if row["level"] == "total" and row["ids"] == ids
    }


def test_continuing_shares_with_raw_and_repaired_ids(tables: Any) -> None:
    # Raw: g alone, 25 of 100 and 60 of 200. Repaired: all but h, 85 of 100 and all of 200.
    assert shares(tables, "raw") == {2000: 0.25, 2002: 0.3}
    assert shares(tables, "repaired") == {2000: 0.85, 2002: 1.0}


def test_establishments_that_merge_stay_rows_of_their_own(tables: Any) -> None:
    counted = {
        (row["ids"], row["status"], row["year"]): row["establishments"]
        for row in tables["demography"]
        if row["level"] == "total"
    }
    assert counted == {
        ("raw", "continuing", 2000): 1,
        ("raw", "continuing", 2002): 1,
        ("raw", "exiter", 2000): 4,
        ("raw", "entrant", 2002): 2,
        ("repaired", "continuing", 2000): 4,
        ("repaired", "continuing", 2002): 3,
        ("repaired", "exiter", 2000): 1,
    }


def test_merged_ids_are_no_duplicates(tables: Any) -> None:
    assert all(row["rows"] == 0 for row in tables["quality"] if row["rule"] == "duplicate")


def test_a_cycle_is_refused_and_its_ids_are_in_a_file(engine: Engine, tmp_path: Path) -> None:
    circle = [link("SECRET-1", "SECRET-2"), link("SECRET-2", "SECRET-1"), link("x", "SECRET-1")]
    asked = with_inputs(STUDY, CENSUS, tmp_path, small=Small(successors=circle))
    with pytest.raises(InputError) as refusal:
        publish_study(engine, asked, tmp_path / "output")
    (problem,) = refusal.value.problems
    assert problem.what == "2 ids succeed one another in a cycle"
    assert "SECRET" not in str(refusal.value)
    path = tmp_path / "output" / "work" / "successors_in_a_cycle.csv"
    assert str(path) in problem.cure
    assert sorted(path.read_text().split()) == ["SECRET-1", "SECRET-2"]


def test_ids_of_another_width_each_year_are_one(engine: Engine, tmp_path: Path) -> None:
    widths = {2000: 8, 2002: 12}
    census = [
        {**each, "establishment_id": each["establishment_id"].ljust(widths[each["year"]])}
        for each in CENSUS
    ]
    links = [link(each["old"].ljust(8), each["new"].ljust(12)) for each in LINKS]
    asked = with_inputs(STUDY, census, tmp_path, small=Small(successors=links))
    tables = publish_study(engine, asked, tmp_path / "output")
    assert shares(tables, "raw") == {2000: 0.25, 2002: 0.3}
    assert shares(tables, "repaired") == {2000: 0.85, 2002: 1.0}


def test_text_ids_do_not_fit_a_census_of_whole_numbers() -> None:
    links = [link("1", "2"), link("2", "x"), link("3.0", "4")]
    (problem,) = successor_problems(links, id_type="bigint", keep=str)
    assert (problem.what, problem.count) == (
        "ids are not whole numbers, as those of the census are",
        2,
    )
    assert not list(successor_problems(links, id_type="string", keep=str))


def test_whole_ids_go_to_the_last_of_64_bits() -> None:
    ends = (2**63 - 1, -(2**63), 1_234_567_890_123_456_789)
    good = [link(str(end), str(number)) for number, end in enumerate(ends)]
    assert not list(successor_problems(good, id_type="bigint", keep=str))
    bad = [link(str(2**63), "1"), link("2", str(-(2**63) - 1)), link("3", "1" * 20)]
    (problem,) = successor_problems([*good, *bad], id_type="bigint", keep=str)
    assert problem.count == len(bad)


def test_ids_of_19_digits_are_repaired(engine: Engine, tmp_path: Path) -> None:
    numbers = {name: 1_234_567_890_123_456_000 + place for place, name in enumerate("abcdefgh")}
    census = [{**each, "establishment_id": numbers[each["establishment_id"]]} for each in CENSUS]
    links = [link(str(numbers[each["old"]]), str(numbers[each["new"]])) for each in LINKS]
    schema = CENSUS_SCHEMA.set(0, pa.field("establishment_id", pa.int64()))
    asked = with_inputs(STUDY, census, tmp_path, small=Small(successors=links), schema=schema)
    tables = publish_study(engine, asked, tmp_path / "output")
    assert shares(tables, "repaired") == {2000: 0.85, 2002: 1.0}
