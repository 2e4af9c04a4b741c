"""The lifts of productivity with which the exporter premium is exactly the stated one.

A regression with effects of industry and year needs sums of squares and products within industries
only, and lifts of established exporters and per log point of size enter them linearly: two
equations in two unknowns for each year.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tradegains.synthetic.truths import Truths


@dataclass(frozen=True)
class Moments:
    """Sums of a year's measured rows by four-digit industry, one row per kind of exporter.

    Arrays of equal length: `industry` (any labels), `exporter` and `established` (0 or 1),
    `measured` rows, and sums of `size`, `level` (relative productivity), `size_size` and
    `size_level` [log points and their squares].
    """

    industry: np.ndarray
    exporter: np.ndarray
    established: np.ndarray
    measured: np.ndarray
    size: np.ndarray
    level: np.ndarray
    size_size: np.ndarray
    size_level: np.ndarray


def lifts(moments: Moments, truths: Truths) -> tuple[float, float]:
    """What to add to the productivity of established exporters, and per log point of size.

    With them, regressing productivity on exporting and industry gives `exporter_premium`, and
    on exporting, size and industry gives `size_slope`.

    Example:
        >>> one = np.ones(2)
        >>> two_industries = Moments(
        ...     industry=np.array([1, 1, 1]), exporter=np.array([0, 0, 1]),
        ...     established=np.array([0, 0, 1]), measured=np.array([1, 1, 1]),
        ...     size=np.array([0.0, 1.0, 2.0]), level=np.array([0.1, 0.1, 0.1]),
        ...     size_size=np.array([0.0, 1.0, 4.0]), size_level=np.array([0.0, 0.1, 0.2]))
        >>> lifted = lifts(two_industries, Truths(exporter_premium=0.3, size_slope=0.0))
        >>> [round(one, 6) for one in lifted]
        [0.3, 0.0]
    """
    within = _within(moments)
    exporter_size = within("exporter", "size")
    beside_size = truths.exporter_premium - truths.size_slope * exporter_size / within(
        "exporter", "exporter"
    )
    equations = np.array(
        [
            [within("exporter", "established"), exporter_size],
            [within("established", "size"), within("size", "size")],
        ]
    )
    wanted = np.array(
        [
            truths.exporter_premium * within("exporter", "exporter") - within("exporter", "level"),
            beside_size * exporter_size
            + truths.size_slope * within("size", "size")
            - within("size", "level"),
        ]
    )
    established, size = np.linalg.solve(equations, wanted).tolist()
    return established, size


def _within(moments: Moments) -> Mapping:
    """Sum of products of two variables' deviations from their industries' means."""
    _, place = np.unique(moments.industry, return_inverse=True)

    def by_industry(values: np.ndarray) -> np.ndarray:
        return np.bincount(place, weights=values)

    rows = by_industry(moments.measured)
    sums = {
        "exporter": moments.exporter * moments.measured,
        "established": moments.established * moments.measured,
        "size": moments.size,
        "level": moments.level,
    }
    products = {
        ("exporter", "exporter"): moments.exporter * moments.measured,
        ("exporter", "established"): moments.established * moments.measured,
        ("size", "size"): moments.size_size,
        ("size", "level"): moments.size_level,
    }

    def of(one: str, other: str) -> float:
        product = products.get((one, other))
        if product is None:
            product = getattr(moments, one) * getattr(moments, other)
        means = by_industry(sums[one]) * by_industry(sums[other]) / np.maximum(rows, 1)
        return float((by_industry(product) - means).sum())

    return of
