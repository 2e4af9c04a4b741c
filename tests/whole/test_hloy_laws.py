"""Laws of the curves, cutoffs, growth and sizes: what must not change them, whatever the census.

As in `test_laws`, held on the reference engine, which `test_generative_hloy` holds the real
engines to.
"""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from test_laws import IDS, all_differences, censuses, changed

from reference import measure
from reference.comparison import differences
from reference.studies import restrictions, study_with
from reference.welfare import Small
from tradegains.study import Curves, MelitzRedding, SizeFits, Tariffs

TABLES = ("welfare", "welfare_curves", "productivity_growth", "size_fits", "size_histograms")
STUDY = study_with(
    welfare={
        "curves": Curves(("tariff_cut",), 1.0, 2.0, 0.5, published_elasticities=False),
        "melitz_redding": MelitzRedding(
            ("pareto", "truncated_pareto", "lognormal"), 0.05, 0.0, upper_percentile=0.99
        ),
    },
    restrictions=restrictions(everyone="employment >= 0"),
    size_fits=SizeFits(2002, "post", 0.5),
    tariffs=Tariffs(),
)
SMALL = Small(tariff_cuts=[{"industry": "10", "cut": 2.0}, {"industry": "20", "cut": 6.0}])


def tables_of(rows, study=STUDY, small=SMALL):
    found = measure(rows, study, small)
    return {name: found[name] for name in TABLES}


@given(censuses(), st.randoms(use_true_random=False))
def test_neither_the_order_of_rows_nor_new_ids_change_anything(rows, random):
    renamed = changed(rows, establishment_id=lambda r: f"{9 - IDS.index(r['establishment_id'])}")
    shuffled = random.sample(renamed, len(renamed))
    assert all_differences(tables_of(rows), tables_of(shuffled)) == []


@given(censuses())
def test_permuted_industries_with_their_cuts_change_no_curve(rows):
    codes = {"1011": "2022", "1012": "2021", "2022": "1011"}
    recoded = changed(rows, industry=lambda row: codes[row["industry"]])
    cuts = [{"industry": "20", "cut": 2.0}, {"industry": "10", "cut": 6.0}]
    before, after = tables_of(rows), tables_of(recoded, small=Small(tariff_cuts=cuts))
    for table in ("welfare_curves", "size_fits", "size_histograms"):
        assert differences(table, before[table], after[table]) == []


@given(censuses())
def test_another_money_unit_changes_no_gain_no_growth_and_no_cutoff(rows):
    money = ("sales", "exports", "value_added")
    scaled = changed(
        rows,
        **{
            name: lambda row, name=name: None if row[name] is None else 1000 * row[name]
            for name in money
        },
    )
    before, after = tables_of(rows), tables_of(scaled)
    for table in ("welfare_curves", "welfare", "size_fits"):
        assert differences(table, before[table], after[table]) == []
    pairs = zip(before["productivity_growth"], after["productivity_growth"], strict=True)
    for row, again in pairs:
        assert row["delta_ln"] == pytest.approx(again["delta_ln"], abs=1e-12)


@given(censuses())
def test_a_continuing_establishment_split_in_two_changes_no_gain_and_no_growth(rows):
    """Both halves continue: every sum is the same. A cutoff reads sizes, which are halved."""
    halved = changed(
        rows,
        **{
            name: lambda row, name=name: None if row[name] is None else row[name] / 2
            for name in ("employment", "sales", "exports", "value_added")
        },
    )
    split = halved + changed(halved, establishment_id=lambda row: row["establishment_id"] + "-2")
    everyone = study_with(
        welfare={"curves": STUDY.welfare.curves},
        restrictions=restrictions(everyone="employment >= 0"),
    )
    before, after = tables_of(rows, everyone), tables_of(split, everyone)
    counts = {"establishments", "note", "run_id"}
    for table in ("welfare", "welfare_curves", "productivity_growth"):
        assert differences(table, before[table], after[table], ignoring=counts) == []


@given(censuses())
def test_the_curve_of_figure_4_ends_at_the_gain_of_the_welfare_table(rows):
    found = tables_of(rows)
    ends = {
        r["window"]: r for r in found["welfare_curves"] if r["figure"] == "4" and r["x"] is None
    }
    gains = {
        (r["window"], r["restriction"]): r["welfare_change"]
        for r in found["welfare"]
        if (r["level"], r["formula"], r["continuing"]) == ("total", "hloy", "both_ends")
    }
    for window, end in ends.items():
        gain = gains.get((window, "all"))
        assert (gain is None) == (end["welfare_change"] is None)
        assert gain is None or math.isclose(gain, end["welfare_change"], abs_tol=1e-12)
        # A restriction that keeps everyone is none.
        assert gains.get((window, "everyone")) == gain


@given(censuses())
def test_without_entry_and_exit_the_implied_elasticity_is_sigma_minus_1(rows):
    start = {row["establishment_id"]: row for row in rows if row["year"] == 2002}
    end = [row for row in rows if row["year"] == 2004 and row["establishment_id"] in start]
    kept = [start[row["establishment_id"]] for row in end] + end
    for row in tables_of(kept)["welfare"]:
        if row["window"] == "post" and row["implied_trade_elasticity"] is not None:
            implied = row["implied_trade_elasticity"]
            assert implied == pytest.approx(row["elasticity"] - 1.0, rel=1e-9)
