"""Laws of the study: what must not change a result, whatever the census.

They are held on the reference engine, in plain Python; `test_generative` holds the real engines
to the reference engine.
"""

import math
import re
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference import measure
from reference.comparison import WORDING, differences
from reference.studies import restrictions, study_with
from tradegains.study import Decomposition, Dispersion, JointDistribution

Raw = dict[str, Any]

IDS = ("a", "b", "c", "d", "e")
YEARS = (2000, 2001, 2002, 2003, 2004)

STUDY = study_with(restrictions=restrictions(small="employment < 50", everyone="employment >= 0"))

METHODS = ("bhc", "bhc_relative", "fhk", "gr", "bg", "df", "mp", "olley_pakes")
DISTRIBUTED = replace(
    STUDY,
    productivity=replace(STUDY.productivity, levels=("total", "industry2", "industry4")),
    decomposition=Decomposition(
        windows=("pre", "post"),
        shares=("employment", "sales"),
        methods=METHODS,
        levels=("total", "industry2", "industry4"),
    ),
    dispersion=Dispersion(n_min=1),
    joint_distribution=JointDistribution(
        size_edges=(1.0, 50.0), productivity_groups=3, weighting="employment"
    ),
)
ABSOLUTE = 1e-9
"""Log points: terms are differences of logarithms of a few units, each right to 1e-15."""

SHARES = (
    "delta_ln_continuing_share",
    "delta_ln_domestic_share",
    "delta_ln_continuing_market_share",
    "welfare_change",
)


@st.composite
def establishment_years(draw: st.DrawFn, identifier: str, year: int) -> Raw:
    sales = draw(st.integers(0, 40))
    return {
        "establishment_id": identifier,
        "year": year,
        "industry": draw(st.sampled_from(("1011", "1012", "2022"))),
        "employment": draw(st.sampled_from((0.0, 0.0, 0.5, 1.0, 1.0, 7.2, 60.0, 1e6))),
        "sales": float(sales),
        "exports": float(draw(st.integers(0, sales))),
        "value_added": draw(st.sampled_from((None, -2.0, 0.0, 1.0, 1.0, 2.0, 8.0, 1024.0))),
    }


@st.composite
def censuses(draw: st.DrawFn) -> list[Raw]:
    seen = draw(
        st.lists(st.tuples(st.sampled_from(IDS), st.sampled_from(YEARS)), unique=True, max_size=18)
    )
    return [draw(establishment_years(identifier, year)) for identifier, year in seen]


@st.composite
def measured_censuses(draw: st.DrawFn) -> list[Raw]:
    """Most establishments at both ends of a window, with productivity: terms have members."""
    seen = draw(st.sets(st.tuples(st.sampled_from(IDS), st.sampled_from((2000, 2002, 2004))),
                        min_size=9))  # fmt: skip
    measured = st.fixed_dictionaries(
        {
            "employment": st.sampled_from((0.5, 1.0, 1.0, 7.2, 60.0)),
            "value_added": st.sampled_from((1.0, 1.0, 2.0, 8.0, 1024.0)),
        }
    )
    return [draw(establishment_years(*each)) | draw(measured) for each in sorted(seen)]


def changed(rows: list[Raw], **change: Any) -> list[Raw]:
    """Rows with columns replaced by functions of the row."""
    return [{**row, **{name: make(row) for name, make in change.items()}} for row in rows]


def all_differences(expected: dict[str, list[Raw]], found: dict[str, list[Raw]]) -> list[str]:
    return [
        line for table, rows in expected.items() for line in differences(table, rows, found[table])
    ]


@given(censuses(), st.randoms(use_true_random=False))
def test_the_order_of_rows_changes_nothing(rows, random):
    shuffled = random.sample(rows, len(rows))
    assert all_differences(measure(rows, DISTRIBUTED), measure(shuffled, DISTRIBUTED)) == []


@given(censuses())
def test_new_ids_change_nothing(rows):
    renamed = changed(
        rows, establishment_id=lambda row: f"{9 - IDS.index(row['establishment_id'])}"
    )
    assert all_differences(measure(rows, STUDY), measure(renamed, STUDY)) == []


@given(censuses())
def test_new_industry_codes_rename_industries_and_change_no_number(rows):
    codes = {"1011": "7703", "1012": "7701", "2022": "0110"}
    recoded = changed(rows, industry=lambda row: codes[row["industry"]])
    translate = codes | {"10": "77", "20": "01", None: None}

    def note(row: Raw) -> str | None:
        """With the new codes where it names industries: before a reason, or after a colon."""
        named = r"\b(?:1011|1012|2022|10|20)(?= \()|(?<=: )(?:1011|1012|2022|10|20)\b"
        return row["note"] and re.sub(named, lambda found: translate[found[0]], row["note"])

    def industry(row: Raw) -> str | None:
        return translate[row["industry"]]

    made = {"industry": industry, "note": note}
    expected = {
        table: changed(found, **{name: make for name, make in made.items() if name in found[0]})
        if found
        else found
        for table, found in measure(rows, STUDY).items()
    }
    assert all_differences(expected, measure(recoded, STUDY)) == []


@given(censuses())
def test_another_money_unit_changes_no_share_and_no_relative_productivity(rows):
    def thousandfold(name):
        return lambda row: None if row[name] is None else 1000 * row[name]

    money = ("sales", "exports", "value_added")
    scaled = changed(rows, **{name: thousandfold(name) for name in money})
    before, after = measure(rows, STUDY), measure(scaled, STUDY)
    for table in ("welfare", "histograms"):
        # A histogram bin holds the same values unless one lies on its very edge, which the
        # values drawn here (ratios of whole numbers) do at 0 only, and there exactly.
        assert differences(table, before[table], after[table]) == []
    assert differences("quality", before["quality"], after["quality"]) == []
    for row, again in zip(before["moments"], after["moments"], strict=True):
        assert row["p50"] == again["p50"] or math.isclose(row["p50"], again["p50"], abs_tol=1e-12)
    for row, again in zip(before["market_shares"], after["market_shares"], strict=True):
        assert row["continuing_share"] == again["continuing_share"]
        assert again["domestic_sales"] == pytest.approx(1000 * row["domestic_sales"], rel=1e-15)


@given(censuses(), st.sampled_from((0.37, 1e-3, 3.7e-7, 1e-12, 41.7, 1e9, 1e16)))
def test_any_money_unit_changes_no_welfare_where_decimals_are_chosen(rows, factor):
    """Money in billions loses no digit, and money in centimes of a weak currency is no fault."""
    study = replace(STUDY, census=replace(STUDY.census, money_decimals=None))
    amounts = ("sales", "exports", "value_added")
    scaled = changed(
        rows,
        **{
            name: lambda row, name=name: None if row[name] is None else factor * row[name]
            for name in amounts
        },
    )
    before, after = measure(rows, study), measure(scaled, study)
    assert differences("quality", before["quality"], after["quality"]) == []
    for name, column in (("welfare", "welfare_change"), ("productivity_growth", "delta_ln")):
        for row, again in zip(before[name], after[name], strict=True):
            assert row["note"] == again["note"]
            if row[column] is None:
                assert again[column] is None
            else:
                assert again[column] == pytest.approx(row[column], rel=1e-9, abs=1e-12)
    for row, again in zip(before["market_shares"], after["market_shares"], strict=True):
        assert again["domestic_sales"] == pytest.approx(factor * row["domestic_sales"], rel=1e-9)


@given(censuses())
def test_without_entry_and_exit_hloy_is_acr_at_the_same_elasticity(rows):
    """Everyone continues, so X^c/X is 1 and only lambda moves (HLOY, eq. 5, second term 0)."""
    start = {row["establishment_id"]: row for row in rows if row["year"] == 2002}
    end = [row for row in rows if row["year"] == 2004 and row["establishment_id"] in start]
    kept = [start[row["establishment_id"]] for row in end] + end
    welfare = replace(STUDY.welfare, trade_elasticity=STUDY.welfare.sigma - 1)
    study = study_with(welfare=welfare, windows=(STUDY.windows[1],))
    study = replace(study, welfare=replace(welfare, windows=("post",), difference=None))
    found = {
        row["formula"]: row["welfare_change"]
        for row in measure(kept, study)["welfare"]
        if (row["level"], row["continuing"], row["restriction"]) == ("total", "both_ends", "all")
    }
    if found:
        assert found["hloy"] == found["acr"] or math.isclose(
            found["hloy"], found["acr"], abs_tol=1e-12
        )


def part_of(rows: list[Raw], suffix: str, fractions: dict[str, float]) -> list[Raw]:
    """Rows of one part of every establishment; `fractions` by id, one half for all others."""

    def cut(name):
        def of(row):
            fraction = fractions.get(row["establishment_id"], 0.5)
            return None if row[name] is None else row[name] * fraction

        return of

    amounts = {name: cut(name) for name in ("employment", "sales", "exports", "value_added")}
    return changed(rows, establishment_id=lambda row: row["establishment_id"] + suffix, **amounts)


@given(censuses(), st.sampled_from(IDS))
def test_splitting_establishments_changes_no_weighted_quantile_and_no_welfare(rows, chosen):
    """Both parts have the productivity, history and status of the whole.

    Only the 4-digit medians are unweighted: splitting everyone, the chosen one into a quarter and
    three quarters, leaves them where they were.
    """
    named = restrictions(named=f"establishment_id LIKE '{chosen}%'")
    study = replace(STUDY, restrictions=named)
    first, second = part_of(rows, "1", {chosen: 0.25}), part_of(rows, "2", {chosen: 0.75})
    before, after = measure(rows, study), measure(first + second, study)
    for table in ("welfare", "moments"):
        weighted = [row for row in before[table] if row.get("weighting") != "unweighted"]
        again = [row for row in after[table] if row.get("weighting") != "unweighted"]
        doubled = WORDING | {"establishments"}
        assert differences(table, weighted, again, ignoring=doubled) == []


def totals(rows: list[Raw]) -> dict[tuple[Any, ...], float | None]:
    """What the terms of every decomposition add up to, by all that names it but the term."""
    names = ("window", "year", "share", "method", "level", "industry")
    return {tuple(row[name] for name in names): row["total"] for row in rows}


def assert_close(before: dict[Any, float | None], after: dict[Any, float | None]) -> None:
    """The same keys, and numbers that differ by roundings only."""
    assert before.keys() == after.keys()
    for key, value in before.items():
        if value is None or after[key] is None:
            assert value is after[key] is None, key
        else:
            assert math.isclose(value, after[key], abs_tol=ABSOLUTE), key


@given(censuses() | measured_censuses(), st.sampled_from(IDS))
def test_splitting_establishments_changes_no_decomposed_total_and_no_weighted_spread(rows, chosen):
    """Shares and productivity are those of the whole; only plain means count parts twice.

    Not so a class of productivity that is cut at the very value of an establishment: parts of
    7.2 jobs differ from the whole in the last bit of the logarithm.
    """
    first, second = part_of(rows, "1", {chosen: 0.25}), part_of(rows, "2", {chosen: 0.75})
    before, after = measure(rows, DISTRIBUTED), measure(first + second, DISTRIBUTED)
    assert_close(totals(before["decompositions"]), totals(after["decompositions"]))
    by_shares, again = (
        [row for row in found["decompositions"] if row["method"] not in ("mp", "olley_pakes")]
        for found in (before, after)
    )
    counts = WORDING | {"establishments", "left_out", "moved"}
    assert differences("decompositions", by_shares, again, ignoring=counts) == []
    for table in ("dispersion", "moments"):
        weighted, again = (
            [row for row in found[table] if row["weighting"] == "employment"]
            for found in (before, after)
        )
        assert differences(table, weighted, again, ignoring=counts) == []


@given(censuses() | measured_censuses())
def test_a_constant_in_one_year_moves_its_means_and_quantiles_and_nothing_else(rows):
    """Value added of 2004 doubled: log productivity of 2004 rises by ln 2."""

    def doubled(row):
        value = row["value_added"]
        return value if value is None or row["year"] != 2004 else 2 * value

    before = measure(rows, DISTRIBUTED)
    after = measure(changed(rows, value_added=doubled), DISTRIBUTED)
    assert differences("dispersion", before["dispersion"], after["dispersion"]) == []
    grown, again = totals(before["decompositions"]), totals(after["decompositions"])
    assert_close({key: shifted(total, key[0] == "post" or key[1] == 2004)
                  for key, total in grown.items()}, again)  # fmt: skip
    for row, moved in zip(before["moments"], after["moments"], strict=True):
        if row["median_base"] == "pooled":
            continue  # the median over both years moves by what only the data can tell
        shift = row["year"] == 2004 and row["median_base"] == "base_year"
        for name, value in row.items():
            if isinstance(value, float) and name not in ("sd", "skewness", "kurtosis"):
                is_quantile = name == "mean" or (name[0] == "p" and name[1:].isdigit())
                wanted = shifted(value, shift and is_quantile)
                assert math.isclose(wanted, moved[name], abs_tol=ABSOLUTE), name


def shifted(value: float | None, shift: bool) -> float | None:
    return value + math.log(2) if shift and value is not None else value


@given(censuses() | measured_censuses())
def test_groups_that_nobody_is_in_contribute_nothing(rows):
    """Everybody is there at both ends: entry and exit are 0 with count 0."""
    start = {row["establishment_id"]: row for row in rows if row["year"] == 2002}
    end = [row for row in rows if row["year"] == 2004 and row["establishment_id"] in start]
    kept = [{**start[row["establishment_id"]], "industry": row["industry"]} for row in end] + end
    post = replace(DISTRIBUTED.decomposition, windows=("post",))
    for row in measure(kept, replace(DISTRIBUTED, decomposition=post))["decompositions"]:
        if row["term"] in ("entry", "exit", "industry_entry", "industry_exit"):
            assert row["establishments"] == 0
            # Without exiters BG has no mean to measure from, which its note says.
            nothing_to_split = row["total"] is None or row["method"] == "bg"
            assert row["value"] == 0.0 or (row["value"] is None and nothing_to_split)


@given(censuses())
def test_a_restriction_that_keeps_everyone_is_no_restriction(rows):
    for table in ("market_shares", "welfare"):
        found = measure(rows, STUDY)[table]
        unrestricted = [row for row in found if row["restriction"] == "all"]
        kept = [row for row in found if row["restriction"] == "everyone"]
        renamed = [{**row, "restriction": "all"} for row in kept]
        assert differences(table, unrestricted, renamed) == []


@given(censuses())
def test_statuses_never_count_an_establishment_twice(rows):
    found = measure(rows, STUDY)["demography"]
    keys = ("window", "kind", "continuing", "level", "industry", "year")
    totals: dict[tuple[Any, ...], float] = {}
    for row in found:
        key = tuple(row[name] for name in keys)
        totals[key] = totals.get(key, 0.0) + row["establishment_rate"]
        if row["continuing"] == "both_ends":
            continue
        assert totals[key] <= 1 + 1e-12
    both_ends = [total for key, total in totals.items() if key[2] == "both_ends"]
    assert both_ends == pytest.approx([1.0] * len(both_ends))


@given(censuses())
def test_every_row_read_is_valid_or_quarantined(rows):
    found = measure(rows + rows[:2], STUDY)["quality"]
    counts = {(row["year"], row["rule"]): row["rows"] for row in found}
    for year in STUDY.years:
        assert counts[year, "read"] == counts[year, "valid"] + counts[year, "quarantined"]
    doubled = {(row["establishment_id"], row["year"]) for row in rows[:2]}
    assert sum(counts[year, "duplicate"] for year in STUDY.years) == 2 * len(doubled)
