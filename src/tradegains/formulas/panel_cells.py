"""Sums over establishments seen at the ends of windows: what a decomposition is made of."""

from collections.abc import Mapping
from dataclasses import dataclass


@dataclass(frozen=True)
class PanelWindow:
    """A window, its layer (windows of one layer start in different years), who is in both ends.

    `both_ends` is the membership bit of establishments present in both years.
    """

    name: str
    start: int
    end: int
    layer: int
    both_ends: int


@dataclass(frozen=True)
class PanelCell:
    """Establishments of one year, membership and industries, and of one later year per layer.

    `industries` holds industry numbers by column, `measured` whether there is log productivity by
    its column. `weights` are sums by weight column, `products` sums of weight times log
    productivity by both columns, in units of 2**-`places` of the weight.
    """

    year: int
    membership: int
    establishments: int
    industries: Mapping[str, int | None]
    measured: Mapping[str, bool]
    weights: Mapping[str, int]
    products: Mapping[tuple[str, str], int]


@dataclass(frozen=True)
class PanelCells:
    """All cells of a run; `places` are the binary places of the products by weight column."""

    cells: tuple[PanelCell, ...]
    windows: tuple[PanelWindow, ...]
    places: Mapping[str, int]


def layers_of(starts: Mapping[str, int]) -> dict[str, int]:
    """Layer of each window, so that no two of a layer share their first year.

    Args:
        starts: first year by window name.

    Example:
        >>> layers_of({"pre": 1978, "post": 1988, "whole": 1978})
        {'pre': 0, 'post': 0, 'whole': 1}
    """
    seen: dict[int, int] = {}
    layers = {}
    for name, start in starts.items():
        layers[name] = seen.get(start, 0)
        seen[start] = layers[name] + 1
    return layers
