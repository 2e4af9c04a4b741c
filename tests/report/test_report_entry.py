"""Tables of the page on transitions, job flows, repaired ids and coverage."""

import pyarrow as pa

from tradegains.published.published_run import PublishedRun
from tradegains.report.sections.demography import entry_tables
from tradegains.report.sections.quality import coverage
from tradegains.store.arrow_tables import arrow_schema

STUDY = """
[matching]
continuing = ["both_ends"]

[trade]
imports = ["table"]

[[windows]]
name = "post"
start = 1988
end = 1996
"""


def run_with(**rows: list[dict[str, object]]) -> PublishedRun:
    names = ("transitions", "job_flows", "coverage", "welfare")
    tables = {
        name: pa.Table.from_pylist(rows.get(name, []), schema=arrow_schema(name)) for name in names
    }
    return PublishedRun({"run_id": "x", "study": "s", "study_toml": STUDY}, tables)


def printed(table) -> list[list[str]]:
    return [[cell.text for cell in row] for row in table.rows]


def test_a_run_without_rows_has_no_tables() -> None:
    assert entry_tables(run_with()) == []
    assert coverage(run_with()) is None


def test_job_flows_stand_in_the_order_of_productivity() -> None:
    flows = {"window": "post", "kind": "window", "level": "total", "establishments": 3}
    flows |= {"employment_start": 30.0, "expander_creation": 2.0, "exiter_destruction": 20.0}
    flows |= {"contractor_destruction": 6.0, "destruction_share": 26 / 30}
    groups = ("unmeasured", "lower_half", "quartile_1", "all")
    rows = [flows | {"productivity_group": group} for group in groups]
    rows[1]["standard_error"] = 0.0125
    annual = [flows | {"productivity_group": "all", "kind": "annual", "window": "1988-1989"}]
    (table,) = entry_tables(run_with(job_flows=rows + annual))
    assert [row[1] for row in printed(table)] == [
        "all",
        "lowest quartile",
        "lower half",
        "no productivity",
    ]
    assert printed(table)[2] == [
        *("1988-1996", "lower half", "3", "–", "2", "20", "6", "–", "–", "86.7"),
    ]
    assert [row[-1].error for row in table.rows] == ["", "", "(1.2)", ""]


def test_repaired_ids_stand_beside_raw_ones_and_nowhere_else() -> None:
    row = {"window": "post", "level": "total", "formula": "hloy", "continuing": "both_ends"}
    row |= {"imports": "table", "restriction": "all", "welfare_change": 0.0510}
    rows = [row | {"ids": "raw"}, row | {"ids": "repaired", "welfare_change": 0.0249}]
    run = run_with(welfare=rows)
    (table,) = entry_tables(run)
    assert [(row[1], row[3]) for row in printed(table)] == [("raw", "5.10"), ("repaired", "2.49")]
    assert [row["ids"] for row in run.rows("welfare")] == ["raw"]


def test_coverage_shows_the_totals_with_their_notes() -> None:
    row = {"year": 1988, "level": "total", "measure": "employment", "census": 46.0}
    rows = [row | {"control": 60.0, "ratio": 46 / 60, "note": "no control total of 22"}]
    rows += [row | {"level": "industry", "industry": "11"}]
    rows += [row | {"year": 1987, "measure": "sales", "census": 5e6, "control": 5e6, "ratio": 1.0}]
    table = coverage(run_with(coverage=rows))
    assert [title for title, _ in table.groups] == ["", "employment", "sales"]
    assert printed(table) == [
        ["1987", "–", "–", "–", "5,000,000", "5,000,000", "100.0"],
        ["1988", "46", "60", "76.7", "–", "–", "–"],
    ]
    assert [cell.mark for cell in table.rows[1]] == ["", "", "", "a", "", "", ""]
    assert table.notes == (("a", "no control total of 22"),)
