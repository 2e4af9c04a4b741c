"""Entry rates by relative productivity as published rows (Melitz and Trefler 2012, figure 5B).

Decision: rates are counts over counts, entrants of a window over all establishments of its last
year, bin by bin; the histograms of `histograms` say where entrants' jobs are, which is another
question. Under `base_year` all windows are measured against the medians of one year, the first of
the earliest window, so that a shift of everybody between the windows shows; under `same_year`
each stands against its rivals.
"""

from collections.abc import Iterator, Sequence
from typing import Any

from tradegains.formulas.distribution import Distribution
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.formulas.outcomes import rate
from tradegains.formulas.productivity import BASE_YEAR, SAME_YEAR
from tradegains.results.distributions import (
    Base,
    Medians,
    Request,
    by_pool,
    jobs,
    note_of,
    prices_label,
    year_pool,
)
from tradegains.results.sets import continuing_set
from tradegains.study import Study


def entry_rate_requests(study: Study) -> list[Request]:
    """Two distributions per window and median base: of all establishments, and of entrants."""
    windows = [study.window(name) for name in study.productivity.entry_rates or ()]
    requests = []
    for window in windows:
        both_ends = continuing_set(window.name, BOTH_ENDS)
        earliest = min(each.start for each in windows)
        for median_base, year in ((SAME_YEAR, window.end), (BASE_YEAR, earliest)):
            base = Base(window.end, year_pool(year))
            named = (window.end, window.name)
            requests.append(Request(*named, "all", median_base, base))
            requests.append(Request(*named, "entrants", median_base, base, outside=(both_ends,)))
    return requests


def entry_rate_rows(
    study: Study,
    requests: Sequence[Request],
    found: Sequence[Distribution],
    medians: Medians,
) -> list[dict[str, Any]]:
    """A row for all, for each side of the median, and for each bin that holds an establishment.

    Args:
        study: with the width of bins.
        requests: of `entry_rate_requests`.
        found: their distributions, in the same order.
        medians: of industries, for who has none in the base.
    """
    rows, known = [], by_pool(medians)
    for place in range(0, len(requests), 2):
        request, everyone, entrants = requests[place], *found[place : place + 2]
        note = note_of(study, request, everyone, medians=known, scale=None)
        shared = {
            "window": request.window,
            "year": request.year,
            "median_base": request.median_base,
            "median_year": int(request.base.pool),
            "prices": prices_label(study),
            "note": note,
        }
        width = study.productivity.bin_width
        rows += [shared | each for each in _parts(everyone, entrants, width)]
    return rows


def _parts(
    everyone: Distribution, entrants: Distribution, width: float
) -> Iterator[dict[str, Any]]:
    # A bin begins at 0, so those before it are exactly who is below the median.
    below = {each.number for each in everyone.histogram if each.number < 0}
    above = {each.number for each in everyone.histogram if each.number >= 0}
    parts: list[tuple[str, int | None, set[int]]] = [
        ("all", None, below | above),
        ("below_median", None, below),
        ("not_below_median", None, above),
    ]
    parts += [("bin", number, {number}) for number in sorted(below | above)]
    for part, number, bins in parts:
        of_all = [each for each in everyone.histogram if each.number in bins]
        new = [each for each in entrants.histogram if each.number in bins]
        counted, entering = (sum(e.establishments for e in each) for each in (of_all, new))
        weight, new_weight = (sum(e.employment for e in each) for each in (of_all, new))
        yield {
            "part": part,
            "bin_width": width,
            "bin_start": None if number is None else number * width,
            "bin_end": None if number is None else (number + 1) * width,
            "entrants": entering,
            "establishments": counted,
            "entry_rate": rate(entering, counted),
            "share_of_entrants": rate(entering, entrants.establishments),
            "entrants_employment": jobs(new_weight),
            "employment": jobs(weight),
            "employment_rate": rate(new_weight, weight),
        }
