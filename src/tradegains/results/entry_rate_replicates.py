"""Replicates of entry rates by relative productivity, for the rows of `results.entry_rates`.

Decision: industry medians are those of all units, whoever is left out, as for moments. Rates and
shares are ratios of counts of the same units and need no factor.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from tradegains.formulas.distribution import BinsByGroup
from tradegains.results.distributions import Request
from tradegains.results.replicates import (
    Replicates,
    quotient,
    rows_with_errors_by_key,
    stated_of,
)
from tradegains.study import Study

KEY = ("window", "median_base", "part", "bin_start")
Whole = NDArray[Any]


def entry_rates_with_errors(
    study: Study,
    rows: Sequence[Mapping[str, Any]],
    requests: Sequence[Request],
    counted: Sequence[BinsByGroup],
) -> list[dict[str, Any]]:
    """Rows of `entry_rates` with the errors of their rates and shares.

    Args:
        study: that states how errors are told.
        rows: of `entry_rate_rows`.
        requests: of `entry_rate_requests`: of all and of entrants in turn.
        counted: their bins by group, in the same order.
    """
    found: dict[tuple[Any, ...], dict[str, Replicates]] = {}
    width = study.productivity.bin_width
    for place in range(0, len(requests), 2):
        request, (everyone, entrants) = requests[place], counted[place : place + 2]
        for (part, start), which in _parts(everyone.number, width).items():
            key = (request.window, request.median_base, part, start)
            found[key] = _rates(everyone, entrants, which)
    return rows_with_errors_by_key("entry_rates", rows, found, stated_of(study), key=KEY)


def _parts(numbers: Whole, width: float) -> dict[tuple[str, float | None], Whole]:
    """Bins of each part of the table, by its name and where its bin begins."""
    found: dict[tuple[str, float | None], Whole] = {
        ("all", None): numbers,
        ("below_median", None): numbers[numbers < 0],
        ("not_below_median", None): numbers[numbers >= 0],
    }
    return found | {("bin", number * width): np.array([number]) for number in numbers.tolist()}


def _rates(everyone: BinsByGroup, entrants: BinsByGroup, bins: Whole) -> dict[str, Replicates]:
    inside, new = (np.isin(each.number, bins) for each in (everyone, entrants))
    of_part = _left(everyone.establishments[inside])
    entering = _left(entrants.establishments[new])
    return {
        "entry_rate": quotient(entering, of_part),
        "share_of_entrants": quotient(entering, _left(entrants.establishments)),
        "employment_rate": quotient(
            _left(entrants.employment[new]), _left(everyone.employment[inside])
        ),
    }


def _left(sums: Whole) -> Whole:
    """Sums over bins without each group."""
    added = sums.sum(axis=0)
    left: Whole = added.sum() - added
    return left
