"""Curves, growth and sizes by hand, on a few market cells."""

import math
from dataclasses import replace

import pytest

from made_cells import MadeCell, market_cells
from reference.studies import study_with
from tradegains.families.context import absence_of
from tradegains.formulas.distribution import HistogramBin, SizeDistribution
from tradegains.formulas.membership import MembershipBits
from tradegains.formulas.sato_vartia import IndustryChange, aggregate_industries
from tradegains.inputs.small import SmallInputs, small_input_problems
from tradegains.literature import table_b1, table_b2
from tradegains.results.curves import (
    elasticity_rows,
    industry_rankings,
    ranked_rows,
)
from tradegains.results.cutoffs import entry_changes
from tradegains.results.growth import productivity_growth_rows
from tradegains.results.market import Amounts
from tradegains.results.sets import (
    EXPORTER,
    PREVIOUS_YEAR,
    continuing_set,
    start_industries,
    study_sets,
)
from tradegains.results.sizes import (
    share_of,
    size_absences,
    size_fit_rows,
    size_groups,
    size_histogram_rows,
)
from tradegains.results.welfare import measure_markets, welfare_rows
from tradegains.results.welfare_comparisons import FAR_FROM_BALANCED, comparison_rows
from tradegains.study import Comparisons, Curves, MelitzRedding, SizeFits, Tariffs, Window
from tradegains.tables.absence import without_section

CURVES = Curves(("tariff_cut",), 1.0, 2.0, 0.5, published_elasticities=True)
STUDY = study_with(
    windows=(Window("pre", 2000, 2002, scale_to_years=1), Window("post", 2002, 2004)),
    matching={"continuing": ("both_ends",)},
    welfare={
        "levels": ("total", "industry2"),
        "curves": CURVES,
        "expenditure_share": None,
        "value_added_share": None,
    },
    restrictions=(),
    trade={"imports": ("table",)},
)
BITS: MembershipBits = study_sets(STUDY).memberships
KEPT = {name: BITS.bit(continuing_set(name, "both_ends")) for name in ("pre", "post")}


def cell(year, industry, member, amounts, *, at_start=None):
    """A cell of continuing establishments of some windows, in hundredths and thousandths."""
    membership = sum(KEPT[window] for window in member)
    starts = {str(start): at_start or industry for start in (2000, 2002)}
    return MadeCell(year, industry, membership, amounts, starts)


def cells_of(*found):
    return market_cells(found, BITS)


def amounts(sales, *, n=1, jobs=10, value_added=0):
    """Sales [money unit] that all stay at home."""
    return Amounts(n, 1000 * jobs, 100 * sales, 0, 100 * value_added)


# Two industries; 10 is cut by 2 and 20 by 6 points. Post: of 10, continuing sell 60 of 100, then
# 30 of 90; of 20, 80 of 100, then 20 of 50. Imports 100 and 100, then 110 and 150.
MADE = (
    cell(2002, "1011", ["post"], amounts(60)),
    cell(2002, "1011", [], amounts(40)),
    cell(2002, "2011", ["post"], amounts(80)),
    cell(2002, "2011", [], amounts(20)),
    cell(2004, "1011", ["post"], amounts(30)),
    cell(2004, "1011", [], amounts(60)),
    cell(2004, "2011", ["post"], amounts(20)),
    cell(2004, "2011", [], amounts(30)),
)
MARKET = cells_of(*MADE)
IMPORTS = {("10", 2002): 100.0, ("20", 2002): 100.0, ("10", 2004): 110.0, ("20", 2004): 150.0}
POST_ONLY = replace(STUDY, welfare=replace(STUDY.welfare, windows=("post",), difference=None))


def ranked(study=POST_ONLY, market=MARKET, cuts=None, imports=IMPORTS):
    rankings = {"tariff_cut": cuts or {"10": 2.0, "20": 6.0}}
    rows = ranked_rows(study, market, imports=imports, rankings=rankings)
    return {(r["figure"], r["point"], r["x"]): r for r in rows if r["window"] == "post"}


def test_figure_4_keeps_industries_strictly_below_x():
    found = ranked()
    # Y is 400 at both ends; sigma - 1 = 2. Below 6 only 10: -(ln 30/400 - ln 60/400)/2 = ln 2 / 2.
    below = found["4", "curve", 6.0]
    assert below["welfare_change"] == pytest.approx(math.log(2.0) / 2.0, rel=1e-14)
    assert (below["industries"], below["establishments"], below["curve"]) == (1, 1, "restricted")
    # Nobody is below the smallest cut.
    assert found["4", "curve", 2.0]["welfare_change"] is None
    assert "no industry is below x" in found["4", "curve", 2.0]["note"]
    # Between the two, at their median 4, it is again 10 alone.
    assert found["4", "median", 4.0]["welfare_change"] == below["welfare_change"]


def test_figure_4_ends_at_the_gain_of_the_welfare_table():
    sizes = measure_markets(POST_ONLY, MARKET, IMPORTS)
    (whole,) = (
        row["welfare_change"]
        for row in welfare_rows(POST_ONLY, sizes, {})
        if (row["level"], row["formula"]) == ("total", "hloy")
    )
    end = ranked()["4", "curve", None]
    # Continuing 140 of 400, then 50 of 400.
    assert end["welfare_change"] == whole == pytest.approx(math.log(140 / 50) / 2.0, rel=1e-14)
    assert end["industries"] == 2


def test_figure_5_sets_industries_at_x_or_above_against_the_rest_on_markets_of_their_own():
    found = ranked()["5", "curve", 6.0]
    # 20: 80/200, then 20/200: ln 4 / 2. 10: 60/200, then 30/200: ln 2 / 2.
    assert found["liberalised_change"] == pytest.approx(math.log(4.0) / 2.0, rel=1e-14)
    assert found["rest_change"] == pytest.approx(math.log(2.0) / 2.0, rel=1e-14)
    assert found["welfare_change"] == pytest.approx(math.log(2.0) / 2.0, rel=1e-13)
    everyone = ranked()["5", "curve", 2.0]
    assert everyone["welfare_change"] is None
    assert "no industry is below x" in everyone["note"]


def test_left_out_groups_are_in_neither_group_of_figure_5_and_stay_in_figure_4():
    study = replace(POST_ONLY, tariffs=Tariffs(("20",)))
    found = ranked(study)
    assert ("5", "curve", 6.0) not in found
    assert found["4", "curve", None] == ranked()["4", "curve", None]


def test_unknown_imports_of_an_industry_leave_its_group_without_a_number_and_name_it():
    imports = {key: value for key, value in IMPORTS.items() if key != ("20", 2004)}
    found = ranked(imports=imports)["5", "curve", 6.0]
    assert found["welfare_change"] is None
    assert "imports are not known of 20" in found["note"]


def test_an_establishment_counts_in_its_industry_of_the_first_year():
    moved = cells_of(
        *(c for c in MADE if c.year == 2002),
        *(c for c in MADE if c.year == 2004 and c.membership == 0),
        cell(2004, "2011", ["post"], amounts(30), at_start="1011"),
        cell(2004, "1011", ["post"], amounts(20), at_start="2011"),
    )
    assert ranked(market=moved) == ranked()
    assert start_industries(STUDY) == {"2000": 2000, "2002": 2002}
    at_start = replace(STUDY, matching=replace(STUDY.matching, industry_at="start"))
    assert start_industries(at_start) == {}


def test_any_variable_of_the_table_ranks_industries():
    # Exposure puts 20 before 10, the reverse of their cuts: above 5 only 10 is left.
    rows = [("10", "exposure", 5.0), ("20", "exposure", 1.0), ("10", "other", 9.0)]
    named = [dict(zip(("industry", "variable", "value"), row, strict=True)) for row in rows]
    curves = replace(CURVES, rank_by=("exposure", "tariff_cut"))
    study = replace(POST_ONLY, welfare=replace(POST_ONLY.welfare, curves=curves))
    cuts = [{"industry": "10", "cut": 2.0}, {"industry": "20", "cut": 6.0}]
    rankings = industry_rankings(study, {"rankings": named, "tariff_cuts": cuts})
    assert rankings == {
        "exposure": {"10": 5.0, "20": 1.0},
        "tariff_cut": {"10": 2.0, "20": 6.0},
    }
    found = ranked_rows(study, MARKET, imports=IMPORTS, rankings=rankings)
    rows = {(row["figure"], row["variable"], row["x"]): row for row in found}
    by_cut, exposed = rows["5", "tariff_cut", 6.0], rows["5", "exposure", 5.0]
    assert exposed["welfare_change"] == -by_cut["welfare_change"]
    # Below 5 only 20: -(ln 20/400 - ln 80/400) / 2 = ln 2.
    assert rows["4", "exposure", 5.0]["welfare_change"] == pytest.approx(math.log(2.0), rel=1e-14)


@pytest.mark.parametrize(
    ("variables", "what", "cure"),
    [
        (["exposed", "other"], 'rank_by has "exposure", which is no', "has exposed, other"),
        (["exposure", "sigma"], "the variable sigma has a table of its own", "from elasticities"),
        (["exposure", "other"], None, None),
    ],
)
def test_variables_that_cannot_rank_are_refused(variables, what, cure):
    curves = replace(CURVES, rank_by=("exposure",))
    study = replace(POST_ONLY, welfare=replace(POST_ONLY.welfare, curves=curves))
    rows = [{"industry": "10", "variable": name, "value": 1.0} for name in variables]
    found = small_input_problems(study, SmallInputs(rankings=rows), id_type="string", keep=None)
    assert len(found) == (what is not None)
    for problem in found:
        assert problem.where == "input rankings"
        assert what in problem.what
        assert cure in problem.cure


def test_industries_that_are_not_ranked_are_named():
    found = ranked(cuts={"10": 2.0})["4", "curve", None]
    assert "not ranked: 20" in found["note"]


def test_figure_3_divides_by_the_axis_and_marks_the_published_estimates():
    headline = {
        "window": "post-pre", "level": "total", "continuing": "both_ends", "restriction": "all",
        "imports": "table", "formula": "hloy", "delta_ln_continuing_market_share": -0.1755,
        "delta_ln_domestic_share": -0.2661, "scale": 1.0, "note": "",
    }  # fmt: skip
    rows = elasticity_rows(STUDY, [headline])
    curve = {(r["curve"], r["x"]): r for r in rows if r["point"] == "curve"}
    assert sorted(x for curve, x in curve if curve == "hloy") == [1.0, 1.5, 2.0]
    assert curve["hloy", 1.5]["welfare_change"] == pytest.approx(0.117, rel=1e-14)
    assert curve["hloy", 1.5]["elasticity"] == 2.5
    assert curve["acr", 2.0]["welfare_change"] == pytest.approx(0.13305, rel=1e-14)
    marks = [r for r in rows if r["point"] == "marker"]
    assert [r["elasticity"] for r in marks if r["curve"] == "hloy"] == [
        each.estimate for each in table_b1()
    ]
    assert [r["x"] for r in marks if r["curve"] == "acr"] == [e.estimate for e in table_b2()]


def test_growth_is_a_ratio_of_deflated_sums():
    # Continuing: 60/10 jobs and 80/10 jobs, then 30/10 and 20/10. Prices double in 10.
    study = replace(POST_ONLY, productivity=replace(POST_ONLY.productivity, prices="industry"))
    prices = [
        {"industry": "10", "year": 2002, "index": 1.0},
        {"industry": "10", "year": 2004, "index": 2.0},
        {"industry": "20", "year": 2002, "index": 1.0},
        {"industry": "20", "year": 2004, "index": 1.0},
    ]
    rows = productivity_growth_rows(study, MARKET, prices)
    found = {(r["level"], r["industry"], r["measure"]): r for r in rows}
    total = found["total", None, "sales_per_worker"]
    # (60 + 80)/20 = 7, then (15 + 20)/20 = 1.75: ln(1/4).
    assert (total["start"], total["end"], total["establishments"]) == (7.0, 1.75, 2)
    assert total["delta_ln"] == pytest.approx(-math.log(4.0), rel=1e-15)
    assert found["industry2", "10", "sales_per_worker"]["end"] == 1.5
    assert found["total", None, "value_added_per_worker"]["delta_ln"] is None
    rows = productivity_growth_rows(study, MARKET, prices[:3])
    (missing,) = (r for r in rows if (r["level"], r["measure"][:5]) == ("total", "sales"))
    assert missing["delta_ln"] is None
    assert "no price of industry 2011 in 2004" in missing["note"]


def test_growth_is_scaled_and_its_difference_taken():
    market = cells_of(
        cell(2000, "1011", ["pre"], amounts(10)),
        cell(2002, "1011", ["pre", "post"], amounts(20)),
        cell(2004, "1011", ["post"], amounts(80)),
    )
    rows = productivity_growth_rows(STUDY, market, ())
    found = {r["window"]: r for r in rows if (r["level"], r["measure"][:5]) == ("total", "sales")}
    # pre: ln 2 over two years on one year's basis; post: ln 4, its own length.
    assert found["pre"]["delta_ln"] == pytest.approx(math.log(2.0) / 2.0, rel=1e-15)
    assert found["post"]["delta_ln"] == pytest.approx(math.log(4.0), rel=1e-15)
    assert found["post-pre"]["delta_ln"] == pytest.approx(1.5 * math.log(2.0), rel=1e-14)
    assert found["pre"]["prices"] == "nominal"


def test_splitting_a_continuing_establishment_changes_no_growth_and_no_curve():
    halves = [
        replace(c, amounts=Amounts(1, *(a // 2 for a in c.amounts[1:])))
        for c in MADE
        for _ in range(2)
    ]
    split = cells_of(*halves)
    for found, again in zip(
        productivity_growth_rows(POST_ONLY, MARKET, ()),
        productivity_growth_rows(POST_ONLY, split, ()),
        strict=True,
    ):
        assert found["delta_ln"] == again["delta_ln"]
    for key, row in ranked(market=split).items():
        assert row["welfare_change"] == ranked()[key]["welfare_change"]


# Sizes.

FITS = replace(STUDY, size_fits=SizeFits(2002, "post", bin_width=0.5))


def described(*found):
    groups = size_groups(FITS, ["size_fits"])
    return dict(zip(groups, found, strict=True))


def distribution(q20, q50, q80, n):
    quantiles = {share_of(0.2): q20, share_of(0.5): q50, share_of(0.8): q80}
    return SizeDistribution(n, quantiles, (HistogramBin(3, n, 1),))


def test_size_fits_by_hand():
    market = cells_of(MadeCell(2002, "1011", BITS.bit(EXPORTER), Amounts(7)))
    one, other = distribution(1.0, 2.0, 3.0, 6), distribution(2.0, 3.0, 4.0, 4)
    sizes = described(one, other, one, SizeDistribution(0, {}, ()))
    rows = {r["population"]: r for r in size_fit_rows(FITS, sizes, market)}
    exporters = rows["exporters"]
    # sd = (3 - 1)/(2 x 0.8416212); means one apart: overlap 2 Phi(-1/(2 sd)).
    sd = 1.0 / 0.8416212335729143
    assert (exporters["mean"], exporters["sd"]) == (2.0, pytest.approx(sd, rel=1e-12))
    shared = math.erfc(0.5 / sd / math.sqrt(2.0))
    assert exporters["overlap"] == pytest.approx(shared, rel=1e-12)
    assert (exporters["without_size"], exporters["overlap_with"]) == (1, "nonexporters")
    assert rows["exiters"]["mean"] is None
    assert rows["continuing"]["overlap"] is None
    (bar, *_) = size_histogram_rows(FITS, sizes)
    assert (bar["bin_start"], bar["bin_end"], bar["share"]) == (1.5, 2.0, 1.0)


def test_sizes_are_absent_with_a_reason():
    assert absence_of("size_fits", STUDY, SmallInputs()) == without_section(
        "table", "size_fits", "size_fits"
    )
    weighted = {**FITS.census.columns, "sampling_weight": "w"}
    study = replace(FITS, census=replace(FITS.census, columns=weighted))
    fits, histograms = size_absences(study)
    assert (fits.kind, fits.name, histograms.name) == ("table", "size_fits", "size_histograms")
    assert "sampling weights" in fits.reason
    assert size_groups(study, ["size_fits", "welfare"]) == []


def test_a_share_is_what_the_study_writes():
    assert share_of(0.1) * 10 == 1


# Industries whose expenditure is not known, or who only import.


def test_an_unknown_expenditure_leaves_no_aggregate_and_is_named():
    known = IndustryChange("10", 50.0, 60.0, 0.1)
    found = aggregate_industries([known, IndustryChange("11", None, 40.0, None)])
    assert (found.outcome.value, found.weights) == (None, {})
    assert "not known: 11" in found.outcome.note


def test_an_industry_that_only_imports_has_a_row_and_keeps_its_weight():
    imports = {**IMPORTS, ("30", 2002): 40.0, ("30", 2004): 60.0}
    markets = measure_markets(POST_ONLY, MARKET, imports)
    rows = {
        (r["level"], r["industry"], r["formula"]): r for r in welfare_rows(POST_ONLY, markets, {})
    }
    alone = rows["industry2", "30", "hloy"]
    assert alone["welfare_change"] is None
    assert alone["weight"] > 0.05
    together = rows["industries_aggregated", None, "hloy"]
    assert "30 (" in together["note"]
    weights = [r["weight"] for r in rows.values() if r["weight"] is not None]
    assert sum(weights) == pytest.approx(1.0, rel=1e-14)
    two = sum(
        rows["industry2", code, "hloy"]["weight"]
        * rows["industry2", code, "hloy"]["welfare_change"]
        for code in ("10", "20")
    )
    assert together["welfare_change"] == pytest.approx(two, rel=1e-14)


def test_implied_trade_elasticity_of_the_paper_and_its_nulls():
    markets = measure_markets(POST_ONLY, MARKET, IMPORTS)
    (row,) = (
        r for r in welfare_rows(POST_ONLY, markets, {})
        if (r["level"], r["formula"]) == ("total", "hloy")
    )  # fmt: skip
    # lambda 200/400 to 140/400, lambda^c 140/400 to 50/400, sigma - 1 = 2.
    implied = 2.0 * math.log(140 / 200) / math.log(50 / 140)
    assert row["implied_trade_elasticity"] == pytest.approx(implied, rel=1e-14)
    acr = -math.log(140 / 200) / implied
    assert row["welfare_change"] == pytest.approx(acr, rel=1e-14)


def test_cutoff_rows_stand_beside_the_headline_only():
    choices = MelitzRedding(("lognormal", "pareto"), 0.05, 0.0)
    study = replace(POST_ONLY, welfare=replace(POST_ONLY.welfare, melitz_redding=choices))
    (group,) = size_groups(study, ["welfare"])
    q = [3.0, 4.0, 5.0, 2.0]
    quantiles = dict(zip(group.shares, q, strict=True))
    markets = measure_markets(study, MARKET, IMPORTS)
    rows = welfare_rows(study, markets, {}, {group: SizeDistribution(9, quantiles, ())})
    found = {(r["formula"], r["distribution"]): r for r in rows if r["distribution"]}
    assert len(found) == 4
    local = found["melitz_redding_local", "lognormal"]
    # k = 2: -dln lambda / (k + hazard).
    change = -math.log(140 / 200) / (2.0 + local["hazard"])
    assert local["welfare_change"] == pytest.approx(change, rel=1e-13)
    # ln 4 / 2 is the tail index of sales through these percentiles: not above 1.
    assert found["melitz_redding_local", "pareto"]["welfare_change"] is None


def compared(market=MARKET, **welfare):
    asked = {"comparisons": Comparisons(0.1, 0.05), "value_added_share": 0.5} | welfare
    study = replace(POST_ONLY, welfare=replace(POST_ONLY.welfare, **asked))
    rows = welfare_rows(study, measure_markets(study, market, IMPORTS), {})
    found = comparison_rows(study, market, IMPORTS, rows)
    return {(row["quantity"], row["window"] or row["year"]): row for row in found}


def test_what_else_the_shares_say_by_hand():
    found = compared()
    # Sold at home 200 of 400 in 2002, then 140 of 400; epsilon 2, sigma - 1 = 2.
    for year, share in ((2002, 200 / 400), (2004, 140 / 400)):
        worth = found["acr_over_autarky", year]
        assert worth["welfare_change"] == pytest.approx(-math.log(share) / 2.0, rel=1e-14)
        assert worth["elasticity"] == 2.0
        # Nothing is exported, and imports are 200 and 260.
        balance = found["trade_balance", year]
        assert (balance["ratio"], balance["note"]) == (0.0, FAR_FROM_BALANCED)
    # HLOY is ln(140 / 50) / 2; over eta = 0.5.
    isolated = found["hloy_in_isolation", "post"]
    assert isolated["welfare_change"] == pytest.approx(math.log(140 / 50), rel=1e-14)
    # Four establishments at both ends: their number is no part of it.
    domestic = found["all_domestic", "post"]
    assert domestic["welfare_change"] == pytest.approx(math.log(200 / 140) / 2.0, rel=1e-14)
    assert len(found) == 6


def test_the_number_of_domestic_establishments_counts_against_a_fall_of_their_share():
    # One more of 10 in 2004, with no sales: ln(5 / 4) / 2 more.
    one_more = cells_of(*MADE, cell(2004, "1011", [], amounts(0)))
    moved = compared(one_more)["all_domestic", "post"]["welfare_change"]
    still = compared()["all_domestic", "post"]["welfare_change"]
    assert moved - still == pytest.approx(math.log(5 / 4) / 2.0, rel=1e-12)


def test_balanced_trade_and_no_eta():
    # Exports of 200 in 2002 and 250 in 2004 against imports of 200 and 260: ln(250/260) = -0.04.
    made = [
        cell(year, "1011", ["post"], Amounts(1, 1000, 100 * (100 + out), 100 * out, 0))
        for year, out in ((2002, 200), (2004, 250))
    ]
    found = compared(cells_of(*made), value_added_share=None)
    ratios = [found["trade_balance", year]["ratio"] for year in (2002, 2004)]
    assert ratios == [1.0, 250 / 260]
    assert {found["trade_balance", year]["note"] for year in (2002, 2004)} == {""}
    assert ("hloy_in_isolation", "post") not in found


def test_entry_is_counted_between_the_first_and_the_last_pair_of_years():
    """Post: 4 establishments of 2003 and 2 of 2004 were not there a year before; pre: none ever."""
    choices = MelitzRedding(("pareto",), 0.05, None, entry_counts="annual")
    windows = (Window("pre", 2000, 2002, scale_to_years=1), Window("post", 2002, 2004))
    study = replace(
        STUDY,
        windows=windows,
        matching=replace(STUDY.matching, annual=True),
        welfare=replace(STUDY.welfare, melitz_redding=choices),
    )
    bits = study_sets(study).memberships
    old = bits.bit(PREVIOUS_YEAR)
    made = [
        MadeCell(year, "1011", old if is_old else 0, amounts(1, n=n))
        for year, is_old, n in (
            (2001, True, 7), (2002, True, 7), (2003, False, 4), (2003, True, 9),
            (2004, False, 2), (2004, True, 1),
        )
    ]  # fmt: skip
    found = entry_changes(study, market_cells(made, bits))
    assert found["post"].value == pytest.approx(math.log(2 / 4), rel=1e-14)
    assert found["pre"].value is None
    assert "the number of entrants at the start is not positive" in found["pre"].note
    stated = replace(study, welfare=replace(study.welfare, melitz_redding=None))
    assert entry_changes(stated, market_cells(made, bits)) == {}
