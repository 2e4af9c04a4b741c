"""Results of HLOY that the page makes of published numbers: ranges, averages, the cutoff."""

import pytest

from made_run import table_of
from tradegains.report.elasticities import elasticities_exhibit
from tradegains.report.elasticity_pairs import elasticity_pairs, pair_range
from tradegains.report.ranked import inside_range
from tradegains.report.what_else import changes_of_windows, cutoff_changes, years_of_trade


def lines(table):
    return [" ".join(cell.text for cell in row) for row in table.rows]


def test_acr_is_up_to_9_percent_above_and_6_below_hloy():
    """HLOY, section 3.2; by hand 25.91/2.25 - 13.88/5.10 and 25.91/8.28 - 13.88/1.50."""
    found = pair_range(-0.2591, -0.1388)
    assert found.high == pytest.approx(0.2591 / 2.25 - 0.1388 / 5.10, rel=1e-14)
    assert found.low == pytest.approx(0.2591 / 8.28 - 0.1388 / 1.50, rel=1e-14)
    assert (found.highest, found.lowest) == ((6.10, 2.25), (2.50, 8.28))
    assert (round(100 * found.high), round(100 * found.low)) == (9, -6)


def test_the_range_stands_on_the_page(run, run_with, tables):
    table = elasticity_pairs(run)
    assert "1988-1996 -6.12 σ = 2.5, ε = 8.28 +8.79 σ = 6.1, ε = 2.25" in lines(table)
    assert table.remark.startswith("90 pairs")
    none = tables["welfare"].slice(0, 0)
    assert elasticity_pairs(run_with(welfare=none)) is None


def test_averages_of_both_tables_are_printed_and_are_not_the_baselines(run):
    remark = elasticities_exhibit(run).table.remark
    assert "Averages: σ 3.686, ε 4.705; the paper takes 3.72 and 4.71" in remark


def test_the_range_of_figure_4_is_over_all_cuts():
    def row(x, value, point="curve", window="post"):
        return {"window": window, "point": point, "x": x, "welfare_change": value}

    rows = [
        row(2.0, None),
        row(4.0, 0.06),
        row(6.0, 0.045),
        row(None, 0.05),
        row(5.0, 0.09, "median"),
        row(4.0, 0.5, window="pre"),
    ]
    # 0.06 and 0.045 against 0.05 with everybody; the median is no point of its own.
    assert inside_range(rows, "post") == pytest.approx((-0.005, 0.01), abs=1e-15)
    assert inside_range(rows, "pre") is None


COMPARED = [
    {"quantity": "acr_over_autarky", "year": 1988, "imports": "table", "welfare_change": 0.0611},
    {"quantity": "acr_over_autarky", "year": 1996, "imports": "table", "welfare_change": 0.1161},
    {"quantity": "acr_over_autarky", "year": 1996, "imports": "exports", "welfare_change": 0.1},
    {"quantity": "trade_balance", "year": 1988, "imports": "table", "ratio": 0.95},
    {"quantity": "trade_balance", "year": 1996, "imports": "table", "ratio": 0.5, "note": "far"},
    {"quantity": "hloy_in_isolation", "window": "post", "imports": "table",
     "welfare_change": 0.10206},
    {"quantity": "all_domestic", "window": "post", "imports": "table", "welfare_change": 0.0876},
]  # fmt: skip


def test_other_readings_and_years_of_trade(run_with, run):
    assert changes_of_windows(run) is None
    assert years_of_trade(run) is None
    asked = {"[welfare]\n": "[welfare.comparisons]\nbalanced_within = 0.1\n"
             "cutoff_percentile = 0.1\n\n[welfare]\n"}  # fmt: skip
    found = run_with(asked, welfare_comparisons=table_of("welfare_comparisons", COMPARED))
    by_year = years_of_trade(found)
    assert lines(by_year) == ["1988 6.11 – 0.950", "1996 11.61 10.00 0.500"]
    assert "more than 0.1 log points apart, or one is not known, in 1996:" in by_year.remark
    changes = changes_of_windows(found)
    assert lines(changes)[0].startswith("HLOY / η: these goods in isolation – 10.21")
    assert "the unweighted percentile 10 of log productivity" in changes.remark


def test_the_cutoff_moves_by_the_stated_percentile_scaled(run_with):
    key = {"population": "all", "level": "total", "median_base": "base_year", "measure": "relative",
           "weighting": "unweighted"}  # fmt: skip
    ends = {("pre", 1978): -1.0, ("pre", 1988): -0.75, ("post", 1988): -0.8, ("post", 1996): -0.6}
    moments = [key | {"window": w, "year": y, "p05": value} for (w, y), value in ends.items()]
    run = run_with(moments=table_of("moments", moments))
    found = cutoff_changes(run)
    # 0.25 over ten years is 0.2 over eight; 0.2 less 0.2.
    assert found["pre"].value == pytest.approx(0.2, abs=1e-15)
    assert found["post"].value == pytest.approx(0.2, abs=1e-15)
    assert found["post-pre"].value == pytest.approx(0.0, abs=1e-15)
    assert found["entry_before"].value is None
