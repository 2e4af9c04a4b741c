"""Figure 5B as rates: words, table, place on the page; and what domestic sales are said to be."""

import pyarrow as pa

from tradegains.report.entry_rates import KEY, entry_rates
from tradegains.report.sections.productivity import section
from tradegains.report.sections.welfare import symbols
from tradegains.store.arrow_tables import arrow_schema

COUNTS = {"all": (4, 10, None), "below_median": (3, 4, None), "not_below_median": (1, 6, None)}
BINS = {-0.5: (3, 4), 0.0: (1, 6)}


def rates() -> pa.Table:
    rows = []
    for base, year in (("same_year", 1996), ("base_year", 1988)):
        parts = [(part, *counts) for part, counts in COUNTS.items()]
        parts += [("bin", *counts, start) for start, counts in BINS.items()]
        rows += [
            {
                "run_id": "made", "window": "post", "year": 1996, "median_base": base,
                "median_year": year, "part": part, "bin_width": 0.5, "bin_start": start,
                "bin_end": None if start is None else start + 0.5, "entrants": entrants,
                "establishments": everyone, "entry_rate": entrants / everyone,
                "share_of_entrants": entrants / 4, "prices": "industry",
            }
            for part, entrants, everyone, start in parts
        ]  # fmt: skip
    return pa.Table.from_pylist(rows, schema=arrow_schema("entry_rates"))


def test_rates_are_told_under_the_medians_of_the_same_year(run_with):
    exhibit = entry_rates(run_with(entry_rates=rates()))
    assert (
        "40.0 percent of the establishments of 1996 entered, 75.0 below the median of their "
        "industry and year and 16.7 at or above it; 75.0 percent of the entrants are below."
    ) in exhibit.text
    assert "medians of 1988 for both" in exhibit.caption
    below = [row for row in exhibit.table.rows if row[2].text == "below the median"]
    assert [cell.text for cell in below[0][3:]] == ["75.0", "75.0", "3", "4"]
    assert exhibit.data[""].count("\n") == 1 + 2 * len(BINS)
    assert exhibit.picture.png.startswith(b"\x89PNG")


def test_rates_have_their_errors_in_brackets(run_with):
    table = rates()
    for name, error in (("standard_error", 0.021), ("share_of_entrants_standard_error", 0.013)):
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, pa.array([error] * len(table), pa.float64()))
    stated = {"[census.columns]\n": '[uncertainty]\nunit = "enterprise"\n[census.columns]\n'}
    shown = entry_rates(run_with(study=stated, entry_rates=table)).table
    assert [cell.error for cell in shown.rows[0][3:5]] == ["(2.1)", "(1.3)"]
    assert shown.remark == "In brackets: standard errors, by leaving out groups of enterprises."
    assert entry_rates(run_with(entry_rates=rates())).table.remark == ""


def test_rates_stand_after_the_densities_of_entrants(run_with):
    keys = [one.key for one in section(run_with(entry_rates=rates())).figures]
    assert keys[keys.index("figure_5c") - 1] == KEY
    assert entry_rates(run_with()) is None


def test_sales_at_home_are_all_sales_where_the_census_has_no_exports(run_with):
    assert "here all sales, for want of exports" in symbols(run_with())  # its columns have none
    known = '[census.columns]\nexports = "x"\n'
    assert "sales less exports" in symbols(run_with(study={"[census.columns]\n": known}))
