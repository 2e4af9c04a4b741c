"""The lifts of productivity with which the exporter premium is exactly the stated one.

A regression with effects of industry and year needs sums of squares and products within industries
only, and lifts enter them linearly: four equations, of the plain and of the weighted regression
without and with employment, in four unknowns for each year.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradegains.synthetic.solving import FloatArray, solution
from tradegains.synthetic.truths import Truths

# A lift is its number times an indicator and a power of size.
LIFTS: Mapping[str, tuple[str, int]] = {
    "established": ("established", 0),
    "size": ("one", 1),
    "established_size": ("established", 1),
    "size_squared": ("one", 2),
}
_EXPORTER, _SIZE = ("exporter", 0), ("one", 1)
MOMENTS = ("weight", "size", "size_2", "size_3", "level", "size_level")
WEIGHTINGS = ("plain", "weighted")

_Variable = tuple[str, int]


@dataclass(frozen=True)
class PremiumSums:
    """Sums of a year's measured rows by four-digit industry, one row per kind of exporter.

    Arrays of equal length: `industry` (any labels), `exporter` and `established` (0 or 1); and by
    weighting, the sums of MOMENTS: the weight, `size`, its square and cube, `level` (relative
    productivity) and their product, times the weight [log points and their powers].
    """

    industry: FloatArray
    exporter: FloatArray
    established: FloatArray
    sums: Mapping[str, Mapping[str, FloatArray]]

    @property
    def indicators(self) -> dict[str, Any]:
        """What a variable is times a power of size."""
        return {"exporter": self.exporter, "established": self.established, "one": 1.0}


def lifts(moments: PremiumSums, truths: Truths) -> dict[str, float]:
    """What to add to productivity, by LIFTS, of established exporters and per log point of size.

    With them, regressing productivity on exporting and industry gives `exporter_premium`, and
    on exporting, size and industry gives `size_slope`, plain and weighted.

    Example:
        >>> sizes = np.array([0.0, 1.0, 3.0, 1.0, 2.0, 5.0])
        >>> powers = {"size": sizes, "size_2": sizes**2, "size_3": sizes**3}
        >>> plain = {"weight": np.ones(6), **powers, "level": 0 * sizes, "size_level": 0 * sizes}
        >>> weighted = {name: values * np.exp(sizes) for name, values in plain.items()}
        >>> exports = np.array([0.0, 0.0, 0.0, 1.0, 1.0, 1.0])
        >>> six = PremiumSums(np.ones(6), exports, exports, {"plain": plain, "weighted": weighted})
        >>> found = lifts(six, Truths(exporter_premium=0.3, size_slope=0.0))
        >>> {name: round(abs(lift), 6) for name, lift in found.items()}
        {'established': 0.3, 'size': 0.0, 'established_size': 0.0, 'size_squared': 0.0}
    """
    rows, wanted = [], []
    for weighting in WEIGHTINGS:
        within = _within(moments, moments.sums[weighting])
        squares, size = within(_EXPORTER, _EXPORTER), within(_EXPORTER, _SIZE)
        beside_size = truths.exporter_premium - truths.size_slope * size / squares
        explained = (
            truths.exporter_premium * squares,
            beside_size * size + truths.size_slope * within(_SIZE, _SIZE),
        )
        for variable, product in zip((_EXPORTER, _SIZE), explained, strict=True):
            rows.append([within(variable, lift) for lift in LIFTS.values()])
            wanted.append(product - within(variable, None))
    return dict(zip(LIFTS, solution(np.array(rows), np.array(wanted)).tolist(), strict=True))


def _within(
    moments: PremiumSums, sums: Mapping[str, FloatArray]
) -> Callable[[_Variable, _Variable | None], float]:
    """Sum of products of two variables' deviations from their industries' means.

    A variable is an indicator times a power of size; None is the level of productivity.
    """
    _, place = np.unique(moments.industry, return_inverse=True)
    powers = ("weight", "size", "size_2", "size_3")
    levels = ("level", "size_level")

    def by_industry(values: FloatArray) -> FloatArray:
        return np.bincount(place, weights=values).astype(np.float64)

    def total(*variables: _Variable | None) -> FloatArray:
        """The sum of the variables' product by industry."""
        known = [variable for variable in variables if variable is not None]
        indicator: Any = 1.0
        for name, _ in known:
            indicator = indicator * moments.indicators[name]
        power = sum(power for _, power in known)
        names = powers if len(known) == len(variables) else levels
        return by_industry(indicator * sums[names[power]])

    weight = np.maximum(by_industry(sums["weight"]), 1e-9)

    def of(one: _Variable, other: _Variable | None) -> float:
        return float((total(one, other) - total(one) * total(other) / weight).sum())

    return of
