"""Productivity growth of all industries: what each does inside, and weight that shifts between.

Decisions:
- Within-industry terms are weighted by the mean of an industry's shares in the two years, and the
  shift of weight between industries is a term of its own.
- Industries seen in one year only have an entry and an exit term, and an industry whose method has
  no terms stays in as the term `undecomposed`: nothing is dropped and the sum still holds.

Source: Foster, Haltiwanger and Krizan (2001), section on aggregation.
"""

import math
from collections import defaultdict
from collections.abc import Mapping
from functools import cached_property
from typing import NamedTuple

from tradegains.formulas.decompositions import (
    NO_WEIGHT,
    DecomposedChange,
    PanelSums,
    check_identity,
    decompose,
    require_method,
)

BETWEEN_INDUSTRIES = "between_industries"
INDUSTRY_ENTRY = "industry_entry"
INDUSTRY_EXIT = "industry_exit"
UNDECOMPOSED = "undecomposed"


class _IndustryYear(NamedTuple):
    share: float
    level: float


_IndustryYears = tuple[_IndustryYear | None, _IndustryYear | None]


class PooledIndustries(dict[str, PanelSums]):
    """Sums of raw weights by industry; what all methods need of them is computed once."""

    def decomposed(self, code: str, method: str) -> DecomposedChange:
        """The change of one industry, as `decompose` has it."""
        return decompose(self[code], method)

    @cached_property
    def pooled(self) -> PanelSums:
        """All industries together."""
        return sum(self.values(), PanelSums())

    @cached_property
    def years(self) -> dict[str, _IndustryYears]:
        """Share and Phi of each industry in the two years; None in a year without weight."""
        total0 = math.fsum(sums.total0 for sums in self.values())
        total1 = math.fsum(sums.total1 for sums in self.values())
        return {
            code: (
                _IndustryYear(sums.total0 / total0, sums.level0) if sums.total0 > 0.0 else None,
                _IndustryYear(sums.total1 / total1, sums.level1) if sums.total1 > 0.0 else None,
            )
            for code, sums in sorted(self.items())
        }


def _within_industries(industries: PooledIndustries, method: str) -> tuple[dict[str, float], str]:
    """The method's terms of industries seen in both years, times mean share, added up; the note."""
    terms: dict[str, list[float]] = defaultdict(list)
    reasons = []
    for code, (start, end) in industries.years.items():
        if start is None or end is None:
            continue
        own = industries.decomposed(code, method)
        if not own.terms:
            reasons.append(f"undecomposed: {code} ({own.note})")
        weight = 0.5 * (start.share + end.share)
        for term, value in (own.terms or {UNDECOMPOSED: own.total or 0.0}).items():
            terms[term].append(weight * value)
    return {term: math.fsum(values) for term, values in terms.items()}, "; ".join(reasons)


def _between_industries(years: Mapping[str, _IndustryYears], reference: float) -> dict[str, float]:
    """Shift of weight between industries, against the mean of Phi over both years."""
    both = [(start, end) for start, end in years.values() if start and end]
    entering = [end for start, end in years.values() if end and not start]
    leaving = [start for start, end in years.values() if start and not end]
    return {
        BETWEEN_INDUSTRIES: math.fsum(
            (end.share - start.share) * (0.5 * (start.level + end.level) - reference)
            for start, end in both
        ),
        INDUSTRY_ENTRY: math.fsum(end.share * (end.level - reference) for end in entering),
        # The other way round, for no industry leaves 0 and not -0.0.
        INDUSTRY_EXIT: math.fsum(start.share * (reference - start.level) for start in leaving),
    }


def decompose_industries(
    industries: Mapping[str, PanelSums],
    method: str,
    *,
    levels: tuple[float, float] | None = None,
) -> DecomposedChange:
    """Split the change of Phi over all industries, with the shift between industries on its own.

    Terms are the method's own, each the sum over industries of mean share times the industry's
    term, and `between_industries`: change of share times the distance of the industry's mean
    productivity from that of all; `industry_entry` and `industry_exit`, the same distance of the
    industries seen in one year only; and `undecomposed` where the method has no terms for one.

    Args:
        industries: sums of raw weights by industry; as `PooledIndustries` where further methods
            follow.
        method: one of METHODS.
        levels: Phi of the two years over all industries, as in `decompose`.

    Returns:
        Terms and total [log points]; the note names the undecomposed industries and why.

    Raises:
        ValueError: no such method.
        IdentityError: the terms do not add up.

    Example:
        >>> from tradegains.formulas.decompositions import ContinuingSums
        >>> grows = PanelSums(ContinuingSums(1, 1.0, 3.0, 2.0, 6.0, 2.0, 6.0, 2.0, 2.0))
        >>> stays = PanelSums(ContinuingSums(1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0))
        >>> both = decompose_industries({"10": grows, "11": stays}, "gr")
        >>> both.total, both.terms["within"], both.terms["between_industries"]
        (0.25, 0.0, 0.25)

    Source: Foster, Haltiwanger and Krizan (2001), section on aggregation.
    """
    require_method(method)
    industries = (
        industries if isinstance(industries, PooledIndustries) else PooledIndustries(industries)
    )
    pooled = industries.pooled
    if pooled.total0 <= 0.0 or pooled.total1 <= 0.0:
        return DecomposedChange.of(method, pooled, terms={}, total=None, note=NO_WEIGHT)
    within, note = _within_industries(industries, method)
    reference = 0.5 * (pooled.level0 + pooled.level1)
    between = _between_industries(industries.years, reference)
    level0, level1 = levels or (pooled.level0, pooled.level1)
    total = level1 - level0
    return check_identity(
        DecomposedChange.of(method, pooled, terms={**within, **between}, total=total, note=note)
    )
