"""Errors of moments, percentiles and dispersion, for the rows of `moments` and `dispersion`.

Moments have the error of the jackknife, percentiles the interval of the share below them
(`formulas.woodruff`). A gap of two percentiles has the error of percentiles that move so, and the
ends that the two make together. In the mean over industries are those that are in it of all units.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np

from tradegains.formulas.distribution import Distribution, Replicated
from tradegains.formulas.productivity import GAPS
from tradegains.formulas.quantiles import PERCENTILES
from tradegains.formulas.woodruff import QuantileSpread, interval_of_gap
from tradegains.results.distributions import MOMENT_NAMES
from tradegains.results.industry_distributions import (
    DISPERSION_NAMES,
    Group,
    is_in_mean,
    moment_levels,
)
from tradegains.results.replicates import (
    Replicates,
    RowWithReplicates,
    intervals_of,
    rows_with_errors,
    stated_of,
)
from tradegains.study import Study
from tradegains.tables.columns import INTERVAL

Row = dict[str, Any]

ROUNDING = 1e-12
"""Moments come from sums about the middles of bins, of which the mean's own is another."""

_NOTHING, _UNKNOWN = Replicated(), QuantileSpread(None, None)


def replicated(found: Iterable[Distribution]) -> list[Replicated]:
    """Two of each distribution, weighted and unweighted, as the rows of `moments` are."""
    return [each for one in found for each in one.without or (_NOTHING, _NOTHING)]


def industry_replicated(study: Study, found: Mapping[Group, Distribution]) -> list[Replicated]:
    """The same for `industry_moment_rows`."""
    levels = moment_levels(study)
    return replicated(each for group, each in sorted(found.items()) if group[1] in levels)


def moment_rows_with_errors(
    study: Study, rows: Sequence[Mapping[str, Any]], without: Sequence[Replicated]
) -> list[Row]:
    """Rows of `moments` with their errors.

    Args:
        study: that states how errors are told.
        rows: of `moments`.
        without: each without each group of units.
    """
    told = (
        (
            {**row, **_percentile_ends(each.quantiles)},
            {name: each.statistics[name] for name in MOMENT_NAMES if name in each.statistics},
            _missing(each.quantiles.values()),
        )
        for row, each in zip(rows, without, strict=True)
    )
    return rows_with_errors("moments", told, stated_of(study), rounding=ROUNDING)


def _percentile_ends(quantiles: Mapping[str, QuantileSpread]) -> Row:
    return {
        f"{name}_{end}": getattr(quantiles.get(name, _UNKNOWN), side)
        for name in PERCENTILES
        for end, side in zip(INTERVAL, ("low", "high"), strict=True)
    }


def _missing(spreads: Iterable[QuantileSpread]) -> str:
    """Why a percentile has no interval; empty where each has one."""
    return next((each.note for each in spreads if each.note), "")


def dispersion_rows_with_errors(
    study: Study, rows: Sequence[Mapping[str, Any]], found: Mapping[Group, Distribution]
) -> list[Row]:
    """Rows of `dispersion` with their errors.

    Args:
        study: that states how errors are told.
        rows: as `dispersion_rows` gives them: industries in order, then means over them.
        found: distributions of industries without each group of units.
    """
    described = [one for (_, level, _, at), one in sorted(found.items())
                 if level == "industry4" and at == 0]  # fmt: skip
    without = replicated(described)
    quantiles = [each for one in described
                 for each in (one.weighted_quantiles, one.plain_quantiles)]  # fmt: skip
    gaps = [dict[str, _Gap]() for _ in without]
    for name, pair in GAPS.items():
        for at, gap in _gaps(quantiles, without, pair):
            gaps[at][name] = gap
    industries = [
        _of_industry(*each) for each in zip(rows[: len(without)], without, gaps, strict=True)
    ]
    means = [_of_mean(study, row, industries) for row in rows[len(without) :]]
    stated = stated_of(study)
    return rows_with_errors("dispersion", [*industries, *means], stated, rounding=ROUNDING)


class _Gap(NamedTuple):
    """A gap of two percentiles without each group, and the ends of its interval."""

    without: Replicates
    ends: tuple[float, float]


def _gaps(
    quantiles: Sequence[Mapping[str, float]],
    without: Sequence[Replicated],
    pair: tuple[str, str],
) -> Iterator[tuple[int, _Gap]]:
    """The gap between two percentiles where both have an interval, by place."""
    spreads = [tuple(each.quantiles.get(name, _UNKNOWN) for name in pair) for each in without]
    places = [at for at, both in enumerate(spreads) if all(each.low is not None for each in both)]
    if not places:
        return
    values = [np.array([quantiles[at][name] for at in places]) for name in pair]
    # In columns, so that sums over groups are taken one after the other.
    moved = [
        np.stack([np.asarray(without[at].quantiles[name].without) for at in places], axis=1)
        for name in pair
    ]
    correlations = _correlations(*(each - value for each, value in zip(moved, values, strict=True)))
    gaps = moved[0] - moved[1]
    for number, at in enumerate(places):
        upper, lower = (
            (float(value[number]), _known(each.low), _known(each.high))
            for value, each in zip(values, spreads[at], strict=True)
        )
        yield at, _Gap(gaps[:, number], interval_of_gap(upper, lower, float(correlations[number])))


def _known(end: float | None) -> float:
    assert end is not None
    return end


def _correlations(one: Replicates, other: Replicates) -> Replicates:
    """Of moves around the estimates, in columns; 0 where one of two does not move."""
    known = np.isfinite(one) & np.isfinite(other)
    one, other = np.where(known, one, 0.0), np.where(known, other, 0.0)
    products, squares, others = (
        np.add.reduce(each, axis=0) for each in (one * other, one * one, other * other)
    )
    size = np.sqrt(squares) * np.sqrt(others)
    moves = size > 0
    found: Replicates = np.where(moves, products / np.where(moves, size, 1.0), 0.0)
    return np.clip(found, -1.0, 1.0)


def _of_industry(
    row: Mapping[str, Any], without: Replicated, gaps: Mapping[str, _Gap]
) -> RowWithReplicates:
    known = without.statistics
    replicates = {name: known[name] for name in ("sd", "theil") if name in known}
    ends = {
        f"{name}_{end}": gaps[name].ends[at] if name in gaps else None
        for name in GAPS
        for at, end in enumerate(INTERVAL)
    }
    return (
        {**row, **ends},
        {**replicates, **{name: gap.without for name, gap in gaps.items()}},
        _missing(without.quantiles.values()),
    )


def _of_mean(
    study: Study, row: Mapping[str, Any], industries: Iterable[RowWithReplicates]
) -> RowWithReplicates:
    """The mean without each group: of the industries that are in it of all units."""
    key = (row["year"], row["weighting"])
    chosen = [
        (one, each)
        for one, each, _ in industries
        if (one["year"], one["weighting"]) == key and is_in_mean(one, row["n_min"])
    ]
    replicates = {}
    for name in DISPERSION_NAMES:
        known = [each.get(name) for one, each in chosen if one[name] is not None]
        if known and all(each is not None for each in known):
            stacked = np.array(known, float)
            replicates[name] = np.add.reduce(stacked, axis=0) / len(known)
    intervals = intervals_of(
        [row[name] for name in GAPS],
        [replicates.get(name) for name in GAPS],
        stated_of(study),
        rounding=ROUNDING,
    )
    ends = {
        f"{name}_{end}": each
        for name, interval in zip(GAPS, intervals, strict=True)
        for end, each in zip(INTERVAL, (interval.low, interval.high), strict=True)
    }
    return {**row, **ends}, replicates, ""
