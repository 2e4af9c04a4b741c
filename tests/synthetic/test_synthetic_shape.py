"""The census looks like one: counts, sizes, overlap, entry, exit, gaps and moves."""

import numpy as np
import pytest
from drawn_census import ESTABLISHMENTS

from tradegains import literature
from tradegains.synthetic.economy import INDUSTRIES

YEARS = range(1978, 1997)


def relative_productivity(rows):
    """ln(VA/L) less its median over the four-digit industry; NaN where value added is not > 0."""
    with np.errstate(invalid="ignore"):
        logs = np.log(np.where(rows["value_added"] > 0, rows["value_added"], np.nan))
    logs = logs - np.log(rows["employment"])
    _, codes = np.unique(rows["industry"].astype(str), return_inverse=True)
    medians = [np.nanmedian(logs[codes == code]) for code in range(codes.max() + 1)]
    return logs - np.array(medians)[codes]


def present(drawn, year, other):
    """Whether each row of `year` belongs to an establishment that reports in `other` too."""
    return np.isin(drawn.year(year)["establishment_id"], drawn.year(other)["establishment_id"])


def test_every_year_has_about_as_many_establishments(drawn):
    years, counts = np.unique(drawn.columns["year"], return_counts=True)
    assert years.tolist() == list(YEARS)
    assert counts[0] == ESTABLISHMENTS
    assert np.abs(counts / ESTABLISHMENTS - 1).max() < 0.12


def test_keys_are_unique_and_do_not_tell_the_order_of_birth(drawn):
    columns = drawn.columns
    keys = set(zip(columns["establishment_id"], columns["year"], strict=True))
    assert len(keys) == len(columns["year"])
    first_year = dict(zip(columns["establishment_id"][::-1], columns["year"][::-1], strict=True))
    identifiers, births = np.array(list(first_year)), np.array(list(first_year.values()))
    assert abs(np.corrcoef(identifiers, births)[0, 1]) < 5 / np.sqrt(len(births))


def test_industries_are_text_and_nest_in_22(drawn):
    industries = set(drawn.columns["industry"])
    assert {len(code) for code in industries} == {4}
    assert {code[:2] for code in industries} == {industry.code for industry in INDUSTRIES}
    assert len(industries) == 230


def test_money_is_in_hundredths_and_employment_in_thousandths(drawn):
    for name, parts in {
        "sales": 100,
        "exports": 100,
        "value_added": 100,
        "employment": 1000,
    }.items():
        whole = drawn.columns[name] * parts
        assert np.abs(whole - np.rint(whole)).max() < 1e-5
    assert (drawn.columns["exports"] <= drawn.columns["sales"]).all()
    assert drawn.columns["exports"].min() == 0.0
    assert drawn.columns["employment"].min() >= 0.0


def test_a_few_rows_have_no_value_added_to_take_a_logarithm_of(drawn):
    share = (drawn.columns["value_added"] <= 0).mean()
    assert 0.0005 < share < 0.005


def test_sizes_are_lognormal(drawn):
    sales = np.log(drawn.year(1988)["sales"])
    standard = (sales - sales.mean()) / sales.std()
    assert 1.0 < sales.std() < 2.0
    assert abs((standard**3).mean()) < 0.4
    assert abs((standard**4).mean() - 3) < 0.6


@pytest.mark.parametrize("year", [1978, 1988, 1996])
def test_productivity_is_spread_within_industries(drawn, year):
    assert np.nanstd(relative_productivity(drawn.year(year))) == pytest.approx(0.6, abs=0.05)


def test_exporters_are_larger_and_more_productive_but_overlap(drawn):
    rows = drawn.year(1988)
    exports = rows["exports"] > 0
    productivity, jobs = relative_productivity(rows), rows["employment"]
    premium = np.nanmean(productivity[exports]) - np.nanmean(productivity[~exports])
    published = np.log1p(
        literature.quoted(literature.MELITZ_TREFLER, "exporter_premium").value / 100
    )
    assert premium == pytest.approx(published, abs=0.08)
    assert np.median(jobs[exports]) > 1.5 * np.median(jobs[~exports])
    assert (jobs[exports] < np.median(jobs[~exports])).mean() > 0.1
    assert (jobs[~exports] > np.median(jobs[exports])).mean() > 0.1


def test_more_establishments_export_after_the_agreement(drawn):
    shares = [(drawn.year(year)["exports"] > 0).mean() for year in (1978, 1988, 1996)]
    assert 0.10 < shares[0] < shares[1] < shares[2] < 0.60


@pytest.mark.parametrize(("start", "end"), [(1978, 1988), (1988, 1996)])
def test_entrants_and_exiters_are_smaller_and_less_productive(drawn, start, end):
    for year, other in ((start, end), (end, start)):
        rows, stays = drawn.year(year), present(drawn, year, other)
        productivity = relative_productivity(rows)
        assert 0.2 < 1 - stays.mean() < 0.6
        assert np.median(rows["employment"][~stays]) < 0.9 * np.median(rows["employment"][stays])
        assert np.nanmean(productivity[~stays]) < np.nanmean(productivity[stays]) - 0.1


def test_sizes_and_productivity_persist(drawn):
    one, next_year = drawn.year(1984), drawn.year(1985)
    _, here, there = np.intersect1d(
        one["establishment_id"], next_year["establishment_id"], return_indices=True
    )
    sales = np.corrcoef(np.log(one["sales"][here]), np.log(next_year["sales"][there]))[0, 1]
    levels = [relative_productivity(one)[here], relative_productivity(next_year)[there]]
    known = ~np.isnan(levels[0]) & ~np.isnan(levels[1])
    productivity = np.corrcoef(levels[0][known], levels[1][known])[0, 1]
    assert 0.9 < sales < 0.995
    assert 0.5 < productivity < 0.9


def test_some_pause_some_move_and_some_belong_to_larger_enterprises(drawn):
    columns = drawn.columns
    order = np.lexsort((columns["year"], columns["establishment_id"]))
    same = np.diff(columns["establishment_id"][order]) == 0
    gaps = np.diff(columns["year"][order])[same] > 1
    moves = (columns["industry"][order][1:] != columns["industry"][order][:-1])[same]
    starts = np.diff((columns["exports"][order] > 0).astype(int))[same]
    assert 0.0002 < gaps.mean() < 0.01
    assert 0.0002 < moves.mean() < 0.01
    assert (starts == 1).mean() > 0.01
    assert (starts == -1).mean() > 0.005
    rows = drawn.year(1988)
    _, sizes = np.unique(rows["enterprise_id"], return_counts=True)
    assert (sizes > 1).any()
    assert (sizes == 1).mean() > 0.8
