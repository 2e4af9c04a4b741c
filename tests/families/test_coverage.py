"""A census beside control totals, worked by hand."""

from made_cells import MadeCell, market_cells
from reference.studies import study_with
from tradegains.inputs.small import SmallInputs, code_problems
from tradegains.results.coverage import coverage_rows
from tradegains.results.market import Amounts
from tradegains.results.sets import study_sets
from tradegains.study import Window

STUDY = study_with(windows=(Window("only", 2000, 2001),), productivity={"years": (2000, 2001)})
CELLS = market_cells(
    [
        MadeCell(2000, "1101", 0, Amounts(2, 30_000, 12_500)),
        MadeCell(2000, "1102", 1, Amounts(1, 10_000, 2_500)),
        MadeCell(2000, "2201", 0, Amounts(1, 5_000, 4_000)),
        MadeCell(2000, None, 0, Amounts(1, 1_000, 1_000)),
    ],
    study_sets(STUDY).memberships,
)
CONTROLS = [
    {"industry": "11", "year": 2000, "employment": 50.0, "sales": 150.0},
    {"industry": "33", "year": 2000, "employment": 10.0, "sales": 0.0},
]


def measured(*columns: str) -> list[tuple[object, ...]]:
    rows = coverage_rows(STUDY, CELLS, CONTROLS)
    return [tuple(row[name] for name in columns) for row in rows if row["measure"] == "employment"]


def test_ratios_by_industry_and_in_total() -> None:
    # 11: 40 of 50 jobs. In total 46 of 60: establishments without an industry count there.
    columns = ("year", "level", "industry", "census", "control", "ratio")
    assert measured(*columns) == [
        (2000, "total", None, 46.0, 60.0, 46 / 60),
        (2000, "industry", "11", 40.0, 50.0, 0.8),
        (2000, "industry", "22", 5.0, None, None),
        (2000, "industry", "33", None, 10.0, None),
        (2001, "total", None, 0.0, None, None),
    ]


def test_industries_of_one_side_only_are_named() -> None:
    assert [note for (note,) in measured("note")] == [
        "no establishment in 33; no control total of 22",
        "",
        "no control total",
        "no establishment in the census",
        "no control total",
    ]


def test_nothing_is_divided_by_nothing() -> None:
    (row,) = (
        row
        for row in coverage_rows(STUDY, CELLS, [{"industry": "11", "year": 2000, "sales": 0.0}])
        if row["industry"] == "11"
    )
    assert (row["census"], row["control"], row["ratio"]) == (150.0, 0.0, None)


def test_codes_longer_than_the_census_has_are_refused() -> None:
    small = SmallInputs(control_totals=[{"industry": "11011", "year": 2000, "sales": 1.0}])
    (problem,) = code_problems(STUDY, small)
    assert problem.where == "input control_totals"
