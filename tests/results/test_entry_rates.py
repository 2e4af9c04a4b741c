"""Entry rates by hand: counts of two histograms, one over the other."""

from reference.studies import study_with
from tradegains.formulas.distribution import Distribution, HistogramBin
from tradegains.results.entry_rates import entry_rate_requests, entry_rate_rows

STUDY = study_with(productivity={"entry_rates": ("post", "pre"), "bin_width": 0.5})


def found(*bins: tuple[int, int, int]) -> Distribution:
    counted = tuple(HistogramBin(*each) for each in bins)
    size = sum(each.establishments for each in counted)
    return Distribution(size, sum(e.employment for e in counted), None, None, {}, {}, counted)


def test_windows_share_the_medians_of_the_earliest_first_year():
    named = [(r.window, r.population, r.median_base, r.base.year, r.base.pool)
             for r in entry_rate_requests(STUDY)]  # fmt: skip
    assert named[:4] == [
        ("post", "all", "same_year", 2004, "2004"),
        ("post", "entrants", "same_year", 2004, "2004"),
        ("post", "all", "base_year", 2004, "2000"),
        ("post", "entrants", "base_year", 2004, "2000"),
    ]
    assert [each[4] for each in named[4:]] == ["2002", "2002", "2000", "2000"]


def test_rates_by_hand():
    # Bins of half a log point: 4 of 10 below the median, of whom 3 of the 4 entrants.
    everyone, entrants = found((-1, 4, 9000), (0, 6, 1000)), found((-1, 3, 4500), (0, 1, 250))
    requests = entry_rate_requests(STUDY)[:2]
    rows = entry_rate_rows(STUDY, requests, [everyone, entrants], medians={})
    by_part = {(row["part"], row["bin_start"]): row for row in rows}
    assert len(rows) == len(by_part) == 5
    told = ("entrants", "establishments", "entry_rate", "share_of_entrants", "employment_rate")
    assert [by_part["all", None][name] for name in told] == [4, 10, 0.4, 1.0, 0.475]
    assert [by_part["below_median", None][name] for name in told] == [3, 4, 0.75, 0.75, 0.5]
    assert by_part["not_below_median", None]["entry_rate"] == 1 / 6
    assert by_part["bin", -0.5]["entry_rate"] == 0.75
    assert (by_part["bin", 0.0]["bin_end"], by_part["bin", 0.0]["entrants"]) == (0.5, 1)


def test_nobody_there_has_no_rate():
    rows = entry_rate_rows(STUDY, entry_rate_requests(STUDY)[:2], [found(), found()], medians={})
    assert [(row["part"], row["entry_rate"]) for row in rows] == [
        ("all", None), ("below_median", None), ("not_below_median", None)
    ]  # fmt: skip
