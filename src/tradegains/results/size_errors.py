"""Errors of percentiles of log size and of the curves through them, for `results.sizes`'s rows."""

import math
from collections.abc import Iterable, Mapping, Sequence
from fractions import Fraction
from typing import Any

import numpy as np

from tradegains.formulas.distribution import SizeDistribution
from tradegains.formulas.size_distribution import FittedNormal, fit_normal, overlap_area
from tradegains.results.replicates import Replicates, RowWithReplicates, rows_with_errors, stated_of
from tradegains.results.sizes import FIT_SHARES, OTHER, Sizes, fitted_groups, fitted_shares
from tradegains.study import Study
from tradegains.tables.columns import INTERVAL

_Fits = list[FittedNormal | None]


def size_rows_with_errors(
    study: Study, rows: Iterable[Mapping[str, Any]], sizes: Sizes
) -> list[dict[str, Any]]:
    """Rows of `size_fits` with the ends of their percentiles' intervals and errors of the curves.

    Args:
        study: whose populations are fitted.
        rows: as `size_fit_rows` gives them.
        sizes: with the spreads of percentiles.
    """
    groups = dict(fitted_groups(study))
    shares = fitted_shares(study)
    fits = {key: _without(sizes[group], shares) for key, group in groups.items()}
    told: list[RowWithReplicates] = []
    for row in rows:
        year, window, population = key = (row["year"], row["window"], row["population"])
        own, other = fits[key], fits[year, window, OTHER[population]]
        spreads = sizes[groups[key]].spreads
        ends = {
            f"q{int(100 * share)}_{end}": getattr(spreads[share], side)
            if share in spreads
            else None
            for share in FIT_SHARES
            for end, side in zip(INTERVAL, ("low", "high"), strict=True)
        }
        missing = next((each.note for each in spreads.values() if each.note), "")
        told.append(({**row, **ends}, _replicates(own, other), missing))
    return rows_with_errors("size_fits", told, stated_of(study))


def _without(found: SizeDistribution, shares: Sequence[Fraction]) -> _Fits:
    """The curve without each group; none where its percentiles are not in order or not known."""
    spreads = [found.spreads[share] for share in shares if share in found.spreads]
    if len(spreads) < len(shares) or any(each.note for each in spreads):
        return []
    percentiles = zip(*(each.without for each in spreads), strict=True)
    return [
        fit_normal(*each, upper_share=float(shares[2])) if each[0] <= each[1] <= each[2] else None
        for each in percentiles
    ]


def _replicates(own: _Fits, other: _Fits) -> dict[str, Replicates]:
    if not own:
        return {}
    found = {
        "mean": np.array([math.nan if each is None else each.mean for each in own]),
        "sd": np.array([math.nan if each is None else each.sd for each in own]),
    }
    if other:
        areas = [
            None if one is None or two is None else overlap_area(one, two)
            for one, two in zip(own, other, strict=True)
        ]
        found["overlap"] = np.array([math.nan if each is None else each for each in areas])
    return found
