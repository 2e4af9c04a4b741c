"""Demography, transitions and job flows of small censuses, worked by hand."""

from typing import Any

import pytest

from reference.run import publish_study, with_inputs
from reference.studies import study_with
from tradegains.results.demography import demography_rows
from tradegains.results.market import Amounts, MarketCell, MarketCells
from tradegains.session import Engine
from tradegains.sets import study_sets
from tradegains.study import Study, Window

Tables = dict[str, list[dict[str, Any]]]


def row(identifier: str, year: int, **values: Any) -> dict[str, Any]:
    """A row of industry 1101 with 10 jobs that sells 100 at home."""
    ordinary = {"industry": "1101", "employment": 10.0, "sales": 100.0, "exports": 0.0}
    return {"establishment_id": identifier, "year": year, "value_added": 50.0, **ordinary, **values}


def stays(identifier: str, years: range, **values: Any) -> list[dict[str, Any]]:
    """A row in each of these years."""
    return [row(identifier, year, **values) for year in years]


def study(**matching: Any) -> Study:
    """2000 to 2003 as one window, and its consecutive years."""
    return study_with(
        windows=(Window("whole", 2000, 2003),),
        matching={"continuing": ("both_ends",), "annual": True, **matching},
        productivity={"years": (2000, 2003)},
        welfare={"windows": ("whole",), "difference": None},
        restrictions=(),
        report={"figure_years": (2000, 2003), "figure_windows": ("whole",)},
    )


CENSUS = [
    *stays("keeps", range(2000, 2004)),
    *(row("starts", year, exports=20.0 * (year == 2003)) for year in range(2000, 2004)),
    *stays("exporter until 2001", range(2000, 2002), exports=30.0),
    row("away in 2001 and 2002", 2000, employment=7.0),
    row("away in 2001 and 2002", 2003, employment=4.0),
    row("new", 2003, employment=2.5, exports=1.0),
]


def total(rows: list[dict[str, Any]], window: str, *columns: str) -> set[tuple[Any, ...]]:
    """These columns of the rows of a period at level total."""
    chosen = (each for each in rows if each["window"] == window and each["level"] == "total")
    return {tuple(each[name] for name in columns) for each in chosen}


@pytest.fixture(scope="module")
def measured(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """Published tables by reactivation years."""
    tables: dict[int, Tables] = {}
    for years in (0, 1, 2):
        folder = tmp_path_factory.mktemp("demography")
        asked = with_inputs(study(reactivation_years=years), CENSUS, folder)
        tables[years] = publish_study(engine, asked, folder / "output")
    return tables


TRANSITION = ("state_at_start", "state_at_end", "establishments", "employment")


def test_transitions_of_a_window(measured: dict[int, Tables]) -> None:
    # Start: keeps, starts, away (10 + 10 + 7 jobs, no exports); one exporter, gone by 2003.
    assert total(measured[0]["transitions"], "whole", *TRANSITION, "establishment_share") == {
        ("nonexporter", "nonexporter", 2, 17.0, 2 / 3),
        ("nonexporter", "exporter", 1, 10.0, 1 / 3),
        ("exporter", "absent", 1, 10.0, 1.0),
        ("absent", "exporter", 1, 2.5, 1.0),
    }


def test_an_absence_is_exit_and_entry_without_reactivation(measured: dict[int, Tables]) -> None:
    for years in (0, 1):  # absent for two years: one is too short
        rows = measured[years]["transitions"]
        assert ("nonexporter", "absent", 1, 7.0) in total(rows, "2000-2001", *TRANSITION)
        assert ("absent", "nonexporter", 1, 4.0) in total(rows, "2002-2003", *TRANSITION)


def test_a_bridged_absence_is_neither_exit_nor_entry(measured: dict[int, Tables]) -> None:
    rows = measured[2]["transitions"]
    assert total(rows, "2000-2001", *TRANSITION) == {
        ("nonexporter", "nonexporter", 2, 20.0),
        ("exporter", "exporter", 1, 10.0),
        ("nonexporter", "dormant", 1, 7.0),
    }
    assert ("dormant", "nonexporter", 1, 4.0) in total(rows, "2002-2003", *TRANSITION)
    status = ("status", "year", "establishments")
    assert total(measured[2]["demography"], "2002-2003", *status) == {
        ("continuing", 2002, 2),
        ("continuing", 2003, 3),
        ("entrant", 2003, 1),
    }


def test_reactivation_does_not_touch_windows(measured: dict[int, Tables]) -> None:
    for table in ("demography", "transitions"):
        windows = [
            [each for each in measured[years][table] if each["kind"] == "window"]
            for years in (0, 2)
        ]
        for one, other in zip(*windows, strict=True):
            assert one | {"run_id": ""} == other | {"run_id": ""}


def test_two_years_leave_no_absence_to_bridge() -> None:
    short = study_with(
        windows=(Window("short", 2000, 2001),),
        matching={"annual": True, "reactivation_years": 2},
        productivity={"years": (2000, 2001)},
    )
    cells = MarketCells({2000: (MarketCell(2000, "1101", 0, {}, Amounts(1, 5000)),)}, {}, 0)
    rows = demography_rows(short, cells, study_sets(short).memberships)
    assert {each["status"] for each in rows} == {"exiter"}
