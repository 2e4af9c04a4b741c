"""Decompositions of many industries at once: the formulas of one, element by element over arrays.

Decision: a study has ten thousand of them, and Python objects for each took a tenth of a run. Terms
are `terms_without_check`'s, of those industries alone whose weights the method needs; the identity
is judged for all together and, where it is in doubt, by `decompose` itself, whose error it then is.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradegains.formulas.decompositions import (
    IDENTITY_TOLERANCE,
    NO_WEIGHT,
    TERMS,
    DecomposedChange,
    PanelSums,
    decompose,
    reason_without,
    terms_without_check,
    weights_needed,
)
from tradegains.formulas.industry_decompositions import PooledIndustries
from tradegains.results.market_cells import Whole
from tradegains.results.panels import IndustryPanels


@dataclass(frozen=True)
class DecomposedIndustries:
    """What `decompose` gives for every industry of a level, by column, in their order.

    Attributes:
        terms: by name; None where the method has none.
        totals: the change of Phi [log points]; None where a year has no weight.
        notes: why there are no terms, else empty.
    """

    terms: Mapping[str, Sequence[float | None]]
    totals: Sequence[float | None]
    notes: Sequence[str]

    @property
    def have_terms(self) -> list[bool]:
        """Which industries have terms."""
        return [not note for note in self.notes]


def decompose_panels(panels: IndustryPanels, method: str) -> DecomposedIndustries:
    """Every industry's change of Phi, split by a method.

    Raises:
        IdentityError: the terms of an industry do not add up.
    """
    sums = panels.sums
    has_weight = _above_zero(sums.total0) & _above_zero(sums.total1)
    has_terms = has_weight.copy()
    for needed in weights_needed(sums, method):
        has_terms &= _above_zero(needed)
    terms = _terms(sums.where(has_terms), method)
    totals = np.full(len(has_weight), np.nan)
    totals[has_weight] = _changes(panels, has_weight)
    with np.errstate(invalid="ignore"):
        is_clear = np.abs(sum(terms.values()) - totals[has_terms]) < IDENTITY_TOLERANCE / 2
    for place in np.flatnonzero(has_terms)[~is_clear].tolist():
        levels = (panels.levels[0][place].item(), panels.levels[1][place].item())
        decompose(sums.at(place), method, levels=None if levels[0] != levels[0] else levels)
    reason = reason_without(method)
    return DecomposedIndustries(
        {name: _spread(values, has_terms) for name, values in terms.items()},
        _spread(totals[has_weight], has_weight),
        [
            "" if has else reason if weighs else NO_WEIGHT
            for has, weighs in zip(has_terms.tolist(), has_weight.tolist(), strict=True)
        ],
    )


def _above_zero(weights: Any) -> Whole:
    found: Whole = (weights > 0).astype(bool)
    return found


def _terms(sums: PanelSums, method: str) -> dict[str, Whole]:
    """Terms of industries that have them; a term that is 0 by definition is one number."""
    counts: Any = sums.continuing.count
    found = terms_without_check(sums, method)
    return {
        name: np.broadcast_to(np.asarray(found[name], float), len(counts)) for name in TERMS[method]
    }


def _changes(panels: IndustryPanels, chosen: Whole) -> Whole:
    """Change of Phi from the rows of each year; from the panels' sums where those lack weight."""
    start, end = (each[chosen] for each in panels.levels)
    own = panels.sums.where(chosen)
    pooled: Any = own.level1 - own.level0
    found: Whole = np.where(np.isnan(start) | np.isnan(end), pooled.astype(float), end - start)
    return found


def _spread(values: Whole, places: Whole) -> list[float | None]:
    """Values at their places, and None elsewhere."""
    found = np.full(len(places), None)
    found[places] = values.tolist()
    spread: list[float | None] = found.tolist()
    return spread


class DecomposedPool(PooledIndustries):
    """All industries of a level, whose changes have been split already."""

    def __init__(self, panels: IndustryPanels, split: Mapping[str, DecomposedIndustries]) -> None:
        codes = [code or "" for code in panels.codes]
        super().__init__({code: panels.sums.at(place) for place, code in enumerate(codes)})
        self._split = split
        self._places = {code: place for place, code in enumerate(codes)}

    def decomposed(self, code: str, method: str) -> DecomposedChange:
        """The change of one industry by its own sums."""
        place, found, sums = self._places[code], self._split[method], self[code]
        terms = {n: v for n, each in found.terms.items() if (v := each[place]) is not None}
        return DecomposedChange.of(
            method, sums, terms=terms, total=sums.level1 - sums.level0, note=found.notes[place]
        )
