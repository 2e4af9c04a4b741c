"""Sums over establishments seen at the ends of windows: what a decomposition is made of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tradegains.formulas.fixed_point import SplitBits


@dataclass(frozen=True)
class PanelWindow:
    """A window, its layer (windows of one layer start in different years), who is in both ends.

    `both_ends` is the membership bit of establishments present in both years; `unknown` has, by
    weight, the bit of those whose weight is unknown at one of the ends.
    """

    name: str
    start: int
    end: int
    layer: int
    both_ends: int
    unknown: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class PanelCells:
    """Sums over establishments of one year and, by layer, of what they are in a later one.

    A cell is a position in every column, as `tables.working` names them. Keys are the year, the
    membership, the industries (`NONE` where there is none), whether there is log productivity,
    whether a weight is unknown that some rows lack and, where it is asked for, the group of units;
    sums are the establishments, each weight, and each
    weight times log productivity in two parts.

    Attributes:
        columns: arrays of one length, by name.
        windows: whose ends the cells are of.
        bits: binary places of both parts of a product, by its weight.
    """

    columns: Mapping[str, Any]
    windows: tuple[PanelWindow, ...]
    bits: Mapping[str, SplitBits]


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
