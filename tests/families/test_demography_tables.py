"""Demography, transitions and job flows of small censuses, worked by hand."""

from dataclasses import replace
from typing import Any

import pytest

from made_cells import MadeCell, market_cells
from reference.run import publish_study, with_inputs
from reference.studies import study_with
from tradegains.engines.start import Engine
from tradegains.results.demography import demography_rows
from tradegains.results.market import Amounts
from tradegains.results.sets import study_sets
from tradegains.study import JobFlows, Study, Window

# test_generative.py compares these tables with the reference engine's on Spark too.
pytestmark = pytest.mark.only("embedded")

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
    cell = MadeCell(2000, "1101", 0, Amounts(1, 5000))
    cells = market_cells([cell], study_sets(short).memberships)
    rows = demography_rows(short, cells)
    assert {each["status"] for each in rows} == {"exiter"}


# --- job flows ------------------------------------------------------------------------------------

# One industry. Start-year productivity, value added over 10 jobs: 1, 2, 3, 4, 5 of a to e; f has
# none. Its quartiles are 2, 3 and 4 (interpolated ranks of five), so a and b are in the first.
FLOWS = [
    *(row(name, 2000, value_added=10.0 * value) for value, name in enumerate("abcde", start=1)),
    row("f", 2000, value_added=-1.0, employment=20.0),
    row("a", 2003, employment=4.0),  # loses 6
    # b, c: gone
    row("d", 2003, employment=13.0),  # gains 3
    row("e", 2003, industry="2201", employment=9.5),  # moves, loses 0.5
    row("f", 2003, employment=20.0),
    row("g", 2003, employment=6.0),  # enters
    row("away", 2000, industry="3301", employment=7.0, value_added=0.0),
    row("away", 2003, industry="3301", employment=4.0),
    row("keeps the years", 2001, industry="3301"),
    row("keeps the years", 2002, industry="3301"),
]
FLOW = ("entrant_creation", "expander_creation", "exiter_destruction", "contractor_destruction")


@pytest.fixture(scope="module")
def flows(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> list[dict[str, Any]]:
    """Job flows with quartiles, absences of two years bridged."""
    folder = tmp_path_factory.mktemp("flows")
    asked = replace(study(reactivation_years=2), job_flows=JobFlows(productivity_quartiles=True))
    tables = publish_study(engine, with_inputs(asked, FLOWS, folder), folder / "output")
    return tables["job_flows"]


def flow_row(rows: list[dict[str, Any]], **values: Any) -> dict[str, Any]:
    """The one row with these values; by default of everyone in the window, industry 11."""
    asked = {"window": "whole", "industry": "11", "level": "industry2"} | values
    asked = {"productivity_group": "all"} | asked
    (found,) = (row for row in rows if asked.items() <= row.items())
    return found


def test_flows_of_an_industry_by_hand(flows: list[dict[str, Any]]) -> None:
    found = flow_row(flows)
    assert [found[name] for name in FLOW] == [6.0, 3.0, 20.0, 6.5]
    # The mover counts where it was: 70 jobs at the start, 4 + 13 + 9.5 + 20 + 6 at the end.
    assert (found["employment_start"], found["employment_end"]) == (70.0, 52.5)
    assert found["creation_rate"] == pytest.approx(9 / 61.25, abs=1e-15)
    assert found["destruction_rate"] == pytest.approx(26.5 / 61.25, abs=1e-15)
    assert found["establishments"] == 7


def test_flows_by_start_year_productivity(flows: list[dict[str, Any]]) -> None:
    found = {
        group: flow_row(flows, productivity_group=group)
        for group in ("quartile_1", "quartile_2", "quartile_3", "quartile_4", "unmeasured")
    }
    counts = {group: each["establishments"] for group, each in found.items()}
    assert list(counts.values()) == [2, 1, 1, 1, 1]  # a b | c | d | e | f
    assert [found["quartile_1"][name] for name in FLOW] == [None, 0.0, 10.0, 6.0]
    assert [found["quartile_3"][name] for name in FLOW] == [None, 3.0, 0.0, 0.0]


def test_share_of_jobs_lost_in_the_lower_half(flows: list[dict[str, Any]]) -> None:
    # a loses 6 of 10, b and c all of theirs: 26 of 30.
    assert flow_row(flows, productivity_group="lower_half")["destruction_share"] == 26 / 30


def test_a_bridged_absence_contracts_and_expands(flows: list[dict[str, Any]]) -> None:
    left = flow_row(flows, window="2000-2001", industry="33")
    assert [left[name] for name in FLOW] == [10.0, 0.0, 0.0, 7.0]
    back = flow_row(flows, window="2002-2003", industry="33")
    assert [back[name] for name in FLOW] == [0.0, 4.0, 10.0, 0.0]
    whole = flow_row(flows, industry="33")
    assert [whole[name] for name in FLOW] == [0.0, 0.0, 0.0, 3.0]


def test_creation_less_destruction_is_the_change_of_employment(flows) -> None:
    for each in flows:
        created = (each["entrant_creation"] or 0) + each["expander_creation"]
        destroyed = each["exiter_destruction"] + each["contractor_destruction"]
        assert created - destroyed == each["employment_end"] - each["employment_start"]
    for name in ("2000-2001", "2001-2002", "2002-2003", "whole"):
        of_period = [each for each in flows if each["window"] == name]
        total = flow_row(of_period, window=name, level="total", industry=None)
        parts = [each for each in of_period if each["level"] == "industry4"]
        everyone = [each for each in parts if each["productivity_group"] == "all"]
        assert sum(each["employment_end"] for each in everyone) == total["employment_end"]
