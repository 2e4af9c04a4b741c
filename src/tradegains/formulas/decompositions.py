"""Productivity growth split into what establishments do themselves and what reallocation does.

Aggregate productivity is the weighted mean Phi = sum s phi, s an establishment's share of the
year's weight (employment or sales) and phi its log productivity. Seven methods split its change
over a window, from sums that an engine collects per industry.

Decisions:
- Every term is computed on its own, none as what is left over; the sum of the terms is then
  compared with the change of Phi, and a difference of 1e-9 or more stops the run.
- Weights come in raw and are turned into shares here, over all establishments of the year.
- An absent group contributes 0 and its count 0 stands beside it. A method that needs a group for
  its reference (exiters for bg, continuing establishments for df and mp) gives no terms without
  it, and a reason.
- bg's exit term is 0 by its definition: exiters are their own reference.
- bhc measures productivity from 0, so that the money unit moves its terms: another unit adds a
  constant to every phi, which stays in entry, exit and between unless the shares beside it add up
  to nothing. bhc_relative is the same with phi measured from Phi of the start year, as fhk does.

Source: bhc: Baily, Hulten and Campbell (1992). fhk: Foster, Haltiwanger and Krizan (2001). gr:
Griliches and Regev (1995). bg: Baldwin and Gu (2003). df: Diewert and Fox (2010). mp: Melitz and
Polanec (2015).
"""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from operator import add
from typing import Any, NamedTuple, TypeVar

IDENTITY_TOLERANCE = 1e-9
"""Largest difference between the sum of the terms and the change of Phi [log points]."""

NO_WEIGHT = "no weight at an end of the window"
NO_EXITER = "no exiter with weight to compare with"
NO_CONTINUING = "no continuing establishment with weight at both ends"


class IdentityError(ArithmeticError):
    """The terms of a decomposition do not add up to the change they explain."""


@dataclass(frozen=True)
class ContinuingSums:
    """Sums over continuing establishments; 0 is the start year, 1 the end year.

    weight1_phi0 is the sum of end-year weight times start-year productivity, and so on.
    """

    count: int = 0
    weight0: float = 0.0
    weight1: float = 0.0
    weight0_phi0: float = 0.0
    weight1_phi1: float = 0.0
    weight0_phi1: float = 0.0
    weight1_phi0: float = 0.0
    phi0: float = 0.0
    phi1: float = 0.0


@dataclass(frozen=True)
class TurnoverSums:
    """Sums over entrants (end year) or exiters (start year)."""

    count: int = 0
    weight: float = 0.0
    weight_phi: float = 0.0


@dataclass(frozen=True)
class PanelSums:
    """All that the seven methods need of one industry over one window; sums add up with `+`."""

    continuing: ContinuingSums = ContinuingSums()
    entrants: TurnoverSums = TurnoverSums()
    exiters: TurnoverSums = TurnoverSums()

    def __add__(self, other: "PanelSums") -> "PanelSums":
        return PanelSums(
            _added(self.continuing, other.continuing),
            _added(self.entrants, other.entrants),
            _added(self.exiters, other.exiters),
        )

    def where(self, chosen: Any) -> "PanelSums":
        """Of sums that are arrays, those at the chosen places."""
        return self._changed(lambda values: values[chosen])

    def at(self, place: int) -> "PanelSums":
        """Of sums that are arrays, those at a place, as plain numbers."""
        return self._changed(lambda values: values[place : place + 1].tolist()[0])

    def _changed(self, change: Callable[[Any], Any]) -> "PanelSums":
        return PanelSums(
            _each(self.continuing, change),
            _each(self.entrants, change),
            _each(self.exiters, change),
        )

    @cached_property
    def total0(self) -> float:
        """Weight of the start year."""
        return self.continuing.weight0 + self.exiters.weight

    @cached_property
    def total1(self) -> float:
        """Weight of the end year."""
        return self.continuing.weight1 + self.entrants.weight

    @cached_property
    def level0(self) -> float:
        """Phi of the start year [log points]; needs weight in that year."""
        return (self.continuing.weight0_phi0 + self.exiters.weight_phi) / self.total0

    @cached_property
    def level1(self) -> float:
        """Phi of the end year [log points]; needs weight in that year."""
        return (self.continuing.weight1_phi1 + self.entrants.weight_phi) / self.total1

    @cached_property
    def counts(self) -> Mapping[str, int]:
        """Establishments by group, and under `all`."""
        counts = (self.continuing.count, self.entrants.count, self.exiters.count)
        named = zip(("continuing", "entrants", "exiters"), counts, strict=True)
        return {**dict(named), "all": sum(counts)}

    @cached_property
    def shares(self) -> "PanelSums":
        """The same sums with weights as shares of their year; both years must have weight."""
        return _shares_of_sums(self)

    @cached_property
    def survivors(self) -> ContinuingSums:
        """Continuing establishments with shares among themselves; they must have weight."""
        return PanelSums(continuing=self.continuing).shares.continuing


_Sums = TypeVar("_Sums", ContinuingSums, TurnoverSums)


def _each(sums: _Sums, change: Callable[[Any], Any]) -> _Sums:
    return type(sums)(*map(change, vars(sums).values()))


def _added(left: _Sums, right: _Sums) -> _Sums:
    return type(left)(*map(add, vars(left).values(), vars(right).values()))


@dataclass(frozen=True)
class DecomposedChange:
    """The change of Phi and its terms [log points]; sum of terms = total.

    terms is empty and `note` says why where the method has none; total is None where a year has
    no weight. The three counts are establishments.
    """

    method: str
    terms: Mapping[str, float]
    total: float | None
    continuing: int
    entrants: int
    exiters: int
    note: str = ""

    @staticmethod
    def of(
        method: str,
        sums: PanelSums,
        *,
        terms: Mapping[str, float],
        total: float | None,
        note: str = "",
    ) -> "DecomposedChange":
        """Terms and total beside the three counts of the sums they are of."""
        counts = (sums.continuing.count, sums.entrants.count, sums.exiters.count)
        return DecomposedChange(method, terms, total, *counts, note)

    @property
    def discrepancy(self) -> float | None:
        """Sum of the terms minus the total [log points]; None without terms."""
        if self.total is None or not self.terms:
            return None
        return math.fsum(self.terms.values()) - self.total


def check_identity(decomposition: DecomposedChange) -> DecomposedChange:
    """The decomposition itself, if its terms add up to its total.

    Raises:
        IdentityError: they differ by 1e-9 or more, or are not numbers.

    Example:
        >>> check_identity(DecomposedChange("gr", {"within": 0.2}, 0.2, 1, 0, 0)).discrepancy
        0.0
    """
    discrepancy = decomposition.discrepancy
    if discrepancy is not None and not abs(discrepancy) < IDENTITY_TOLERANCE:
        raise IdentityError(
            f"the terms of {decomposition.method} miss the change by {discrepancy:.3g}"
        )
    return decomposition


def _shares_of_sums(sums: PanelSums) -> PanelSums:
    """The same sums with weights as shares of their year; both years must have weight."""
    return _as_shares(sums, sums.total0, sums.total1)


def _as_shares(sums: PanelSums, total0: float, total1: float) -> PanelSums:
    """The sums with weights as shares of the two totals."""
    c = sums.continuing
    return PanelSums(
        ContinuingSums(
            count=c.count,
            weight0=c.weight0 / total0,
            weight1=c.weight1 / total1,
            weight0_phi0=c.weight0_phi0 / total0,
            weight1_phi1=c.weight1_phi1 / total1,
            weight0_phi1=c.weight0_phi1 / total0,
            weight1_phi0=c.weight1_phi0 / total1,
            phi0=c.phi0,
            phi1=c.phi1,
        ),
        _group_shares(sums.entrants, total1),
        _group_shares(sums.exiters, total0),
    )


def _group_shares(group: TurnoverSums, total: float) -> TurnoverSums:
    return TurnoverSums(group.count, group.weight / total, group.weight_phi / total)


# The seven methods; in their sums weights are shares.


def _bhc(s: PanelSums) -> dict[str, float]:
    c = s.continuing
    return {
        "within": c.weight0_phi1 - c.weight0_phi0,
        "between": c.weight1_phi1 - c.weight0_phi1,
        "entry": s.entrants.weight_phi,
        "exit": 0.0 - s.exiters.weight_phi,
    }


def _bhc_relative(s: PanelSums, reference: float) -> dict[str, float]:
    c = s.continuing
    return {
        "within": c.weight0_phi1 - c.weight0_phi0,
        "between": (c.weight1_phi1 - c.weight0_phi1) - reference * (c.weight1 - c.weight0),
        "entry": s.entrants.weight_phi - reference * s.entrants.weight,
        "exit": reference * s.exiters.weight - s.exiters.weight_phi,
    }


def _fhk(s: PanelSums, reference: float) -> dict[str, float]:
    c = s.continuing
    return {
        "within": c.weight0_phi1 - c.weight0_phi0,
        "between": (c.weight1_phi0 - c.weight0_phi0) - reference * (c.weight1 - c.weight0),
        "cross": (c.weight1_phi1 - c.weight1_phi0) - (c.weight0_phi1 - c.weight0_phi0),
        "entry": s.entrants.weight_phi - reference * s.entrants.weight,
        "exit": reference * s.exiters.weight - s.exiters.weight_phi,
    }


def _mean_within(c: ContinuingSums) -> float:
    """Sum of mean share times change of productivity."""
    return 0.5 * ((c.weight0_phi1 - c.weight0_phi0) + (c.weight1_phi1 - c.weight1_phi0))


def _mean_between(c: ContinuingSums) -> float:
    """Sum of change of share times mean productivity."""
    return 0.5 * ((c.weight1_phi0 - c.weight0_phi0) + (c.weight1_phi1 - c.weight0_phi1))


def _gr(s: PanelSums, reference: float) -> dict[str, float]:
    c = s.continuing
    return {
        "within": _mean_within(c),
        "between": _mean_between(c) - reference * (c.weight1 - c.weight0),
        "entry": s.entrants.weight_phi - reference * s.entrants.weight,
        "exit": reference * s.exiters.weight - s.exiters.weight_phi,
    }


def _bg(s: PanelSums) -> dict[str, float]:
    c, reference = s.continuing, s.exiters.weight_phi / s.exiters.weight
    return {
        "within": _mean_within(c),
        "between": _mean_between(c) - reference * (c.weight1 - c.weight0),
        "entry": s.entrants.weight_phi - reference * s.entrants.weight,
        "exit": 0.0,
    }


def _entry_and_exit(s: PanelSums) -> dict[str, float]:
    """Entrants against survivors of the end year, exiters against those of the start year."""
    entrants, exiters, survivors = s.entrants, s.exiters, s.survivors
    return {
        "entry": entrants.weight_phi - entrants.weight * survivors.weight1_phi1,
        "exit": exiters.weight * survivors.weight0_phi0 - exiters.weight_phi,
    }


def _df(s: PanelSums) -> dict[str, float]:
    return {
        "within": _mean_within(s.survivors),
        "between": _mean_between(s.survivors),
        **_entry_and_exit(s),
    }


def _mp(s: PanelSums) -> dict[str, float]:
    survivors = s.survivors
    mean0, mean1 = survivors.phi0 / survivors.count, survivors.phi1 / survivors.count
    covariance0 = survivors.weight0_phi0 - mean0
    covariance1 = survivors.weight1_phi1 - mean1
    return {
        "mean": mean1 - mean0,
        "covariance": covariance1 - covariance0,
        **_entry_and_exit(s),
    }


def _first_level(s: PanelSums) -> float:
    return s.level0


def _mean_level(s: PanelSums) -> float:
    return 0.5 * (s.level0 + s.level1)


class _Measured(NamedTuple):
    """Terms against one reference, which is that of all even where the terms are of a group."""

    terms: Callable[[PanelSums, float], dict[str, float]]
    reference: Callable[[PanelSums], float]

    def of_all(self, s: PanelSums) -> dict[str, float]:
        return self.terms(s, self.reference(s))


_AGAINST = {
    "bhc_relative": _Measured(_bhc_relative, _first_level),
    "fhk": _Measured(_fhk, _first_level),
    "gr": _Measured(_gr, _mean_level),
}

OF_GROUPS = tuple(_AGAINST)
"""Methods whose terms are sums over establishments of distances from a mean of all.

Only of these is a group's part of a term its own: against 0, as in bhc, it would move with the
money unit, and shares among survivors (df, mp) or plain means have no parts.
"""


class _Method(NamedTuple):
    terms: Callable[[PanelSums], dict[str, float]]
    needed: Callable[[PanelSums], tuple[float, ...]]
    without: str = ""


def _nothing(_: PanelSums) -> tuple[float, ...]:
    return ()


def _exiters(sums: PanelSums) -> tuple[float, ...]:
    return (sums.exiters.weight,)


def _continuing(sums: PanelSums) -> tuple[float, ...]:
    return sums.continuing.weight0, sums.continuing.weight1


_METHODS = {
    "bhc": _Method(_bhc, _nothing),
    **{name: _Method(each.of_all, _nothing) for name, each in _AGAINST.items()},
    "bg": _Method(_bg, _exiters, NO_EXITER),
    "df": _Method(_df, _continuing, NO_CONTINUING),
    "mp": _Method(_mp, _continuing, NO_CONTINUING),
}

METHODS = tuple(_METHODS)
"""Names of the seven methods."""

TERMS: Mapping[str, tuple[str, ...]] = {
    "bhc": ("within", "between", "entry", "exit"),
    "bhc_relative": ("within", "between", "entry", "exit"),
    "fhk": ("within", "between", "cross", "entry", "exit"),
    "gr": ("within", "between", "entry", "exit"),
    "bg": ("within", "between", "entry", "exit"),
    "df": ("within", "between", "entry", "exit"),
    "mp": ("mean", "covariance", "entry", "exit"),
}
"""Terms of each method, in the order of its definition."""

MOVED_BY_UNIT: Mapping[str, tuple[str, ...]] = {"bhc": ("between", "entry", "exit")}
"""Terms that another money unit changes: they hold productivity measured from 0."""


def require_method(name: str) -> None:
    """Refuse a name that is none of METHODS.

    Raises:
        ValueError: no such method; it names the seven.

    Example:
        >>> require_method("fhk")
    """
    if name not in _METHODS:
        raise ValueError(f"no such method: {name}; there are {', '.join(METHODS)}")


def decompose(
    sums: PanelSums, method: str, *, levels: tuple[float, float] | None = None
) -> DecomposedChange:
    """Split the change of Phi of one industry (or of everything pooled), from its sums.

    Args:
        sums: of raw weights; they need not be shares.
        method: one of METHODS.
        levels: Phi of the two years [log points] taken over all establishments of each year,
            apart from these sums: only against them can the identity find rows that were given
            the wrong status, twice or not at all. Without them it only finds what is no number.

    Returns:
        The terms and what they add up to [log points].

    Raises:
        ValueError: no such method.
        IdentityError: the terms do not add up.

    Example:
        >>> sums = PanelSums(  # one establishment grows by 0.2, one of 1 in 4 exits at 0.5 below
        ...     ContinuingSums(1, 3.0, 4.0, 3.0, 4.8, 3.6, 4.0, 1.0, 1.2), TurnoverSums(),
        ...     TurnoverSums(1, 1.0, 0.5))
        >>> {name: round(term, 6) for name, term in decompose(sums, "df").terms.items()}
        {'within': 0.2, 'between': 0.0, 'entry': 0.0, 'exit': 0.125}

    Source: as the module.
    """
    require_method(method)
    chosen = _METHODS[method]
    if sums.total0 <= 0.0 or sums.total1 <= 0.0:
        return DecomposedChange.of(method, sums, terms={}, total=None, note=NO_WEIGHT)
    level0, level1 = levels or (sums.level0, sums.level1)
    total = level1 - level0
    if not all(weight > 0.0 for weight in chosen.needed(sums)):
        return DecomposedChange.of(method, sums, terms={}, total=total, note=chosen.without)
    terms = chosen.terms(sums.shares)
    return check_identity(DecomposedChange.of(method, sums, terms=terms, total=total))


def weights_needed(sums: PanelSums, method: str) -> tuple[float, ...]:
    """Weights that must all be above 0 for a method to have terms.

    Example:
        >>> stayed, left = ContinuingSums(weight0=3.0, weight1=4.0), TurnoverSums(weight=1.0)
        >>> sums = PanelSums(stayed, exiters=left)
        >>> weights_needed(sums, "gr"), weights_needed(sums, "bg")
        ((4.0, 4.0), (4.0, 4.0, 1.0))
    """
    return (sums.total0, sums.total1, *_METHODS[method].needed(sums))


def reason_without(method: str) -> str:
    """Why a method has no terms where years have weight and what else it needs has none.

    Example:
        >>> reason_without("bg"), reason_without("gr")
        ('no exiter with weight to compare with', '')
    """
    return _METHODS[method].without


def terms_without_check(sums: PanelSums, method: str) -> dict[str, float]:
    """Terms of a method from sums, which may be arrays: the same closed forms, element by element.

    Args:
        sums: of raw weights.
        method: one of METHODS.

    Returns:
        The terms [log points]; they mean nothing where one of `weights_needed` is not above 0.

    Example:
        >>> sums = PanelSums(ContinuingSums(1, 3.0, 4.0, 3.0, 4.8, 3.6, 4.0, 1.0, 1.2))
        >>> round(terms_without_check(sums, "fhk")["within"], 6)
        0.2
    """
    return _METHODS[method].terms(sums.shares)


def decompose_group(everyone: PanelSums, group: PanelSums, method: str) -> dict[str, float]:
    """What one group of establishments adds to each term of all.

    Shares are of the weight of all, and productivity is measured from the reference of all: the
    parts of groups that cover everybody once add up to the terms of `decompose`.

    Args:
        everyone: sums of raw weights over all establishments; both years must have weight.
        group: the same over some of them.
        method: one of OF_GROUPS.

    Returns:
        The parts [log points], by term.

    Raises:
        KeyError: the terms of the method have no parts.

    Example:
        >>> stays = PanelSums(ContinuingSums(1, 1.0, 3.0, 2.0, 6.0, 2.0, 6.0, 2.0, 2.0))
        >>> shrinks = PanelSums(ContinuingSums(1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0))
        >>> decompose_group(stays + shrinks, stays, "fhk")["between"]
        0.125

    Source: Bernard and Jensen (2004), on exporters; methods as the module.
    """
    chosen = _AGAINST[method]
    total0, total1 = everyone.total0, everyone.total1
    reference = chosen.reference(_as_shares(everyone, total0, total1))
    return chosen.terms(_as_shares(group, total0, total1), reference)
