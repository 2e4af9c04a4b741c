"""Productivity growth split into what establishments do themselves and what reallocation does.

Aggregate productivity is the weighted mean Phi = sum s phi, s an establishment's share of the
year's weight (employment or sales) and phi its log productivity. Six methods split its change over
a window; each has a version that reads as the published definition, over establishments
(`decompose_establishments`), and one from sums that an engine collects per industry (`decompose`).
The two are the same numbers, which a generative test holds.

Decisions:
- Every term is computed on its own, none as what is left over; the sum of the terms is then
  compared with the change of Phi, and a difference of 1e-9 or more stops the run.
- Weights come in raw and are turned into shares here, over all establishments of the year.
- An absent group contributes 0 and its count 0 stands beside it. A method that needs a group for
  its reference (exiters for bg, continuing establishments for df and mp) gives no terms without
  it, and a reason.
- bg's exit term is 0 by its definition: exiters are their own reference.
- Over industries, within-industry terms are weighted by the mean of an industry's shares in the
  two years, and the shift of weight between industries is a term of its own. Industries seen in
  one year only have an entry and an exit term, and an industry whose method has no terms stays in
  as the term `undecomposed`: nothing is dropped and the sum still holds.

Source: method section 5. bhc: Baily, Hulten and Campbell (1992). fhk: Foster, Haltiwanger and
Krizan (2001). gr: Griliches and Regev (1995). bg: Baldwin and Gu (2003). df: Diewert and Fox
(2010). mp: Melitz and Polanec (2015).
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import NamedTuple, TypeVar

IDENTITY_TOLERANCE = 1e-9
"""Largest difference between the sum of the terms and the change of Phi [log points]."""

NO_WEIGHT = "no weight at an end of the window"
NO_EXITER = "no exiter with weight to compare with"
NO_CONTINUING = "no continuing establishment with weight at both ends"

BETWEEN_INDUSTRIES = "between_industries"
INDUSTRY_ENTRY = "industry_entry"
INDUSTRY_EXIT = "industry_exit"
UNDECOMPOSED = "undecomposed"


class IdentityError(ArithmeticError):
    """The terms of a decomposition do not add up to the change they explain."""


class Continuing(NamedTuple):
    """A continuing establishment: weights >= 0 and log productivity in both years."""

    weight0: float
    weight1: float
    phi0: float
    phi1: float


class OneYear(NamedTuple):
    """An entrant in the end year or an exiter in the start year: weight >= 0, log productivity."""

    weight: float
    phi: float


@dataclass(frozen=True)
class Panel:
    """All establishments of one industry over one window."""

    continuing: tuple[Continuing, ...] = ()
    entrants: tuple[OneYear, ...] = ()
    exiters: tuple[OneYear, ...] = ()


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
    """All that the six methods need of one industry over one window; sums add up with `+`."""

    continuing: ContinuingSums = ContinuingSums()
    entrants: TurnoverSums = TurnoverSums()
    exiters: TurnoverSums = TurnoverSums()

    def __add__(self, other: "PanelSums") -> "PanelSums":
        return PanelSums(
            _added(self.continuing, other.continuing),
            _added(self.entrants, other.entrants),
            _added(self.exiters, other.exiters),
        )

    @property
    def total0(self) -> float:
        """Weight of the start year."""
        return self.continuing.weight0 + self.exiters.weight

    @property
    def total1(self) -> float:
        """Weight of the end year."""
        return self.continuing.weight1 + self.entrants.weight

    @property
    def level0(self) -> float:
        """Phi of the start year [log points]; needs weight in that year."""
        return (self.continuing.weight0_phi0 + self.exiters.weight_phi) / self.total0

    @property
    def level1(self) -> float:
        """Phi of the end year [log points]; needs weight in that year."""
        return (self.continuing.weight1_phi1 + self.entrants.weight_phi) / self.total1


_Sums = TypeVar("_Sums", ContinuingSums, TurnoverSums)


def _added(left: _Sums, right: _Sums) -> _Sums:
    return type(left)(
        *(getattr(left, field.name) + getattr(right, field.name) for field in fields(left))
    )


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
    """
    discrepancy = decomposition.discrepancy
    if discrepancy is not None and not abs(discrepancy) < IDENTITY_TOLERANCE:
        raise IdentityError(
            f"the terms of {decomposition.method} miss the change by {discrepancy:.3g}"
        )
    return decomposition


def sums_of(panel: Panel) -> PanelSums:
    """The sums of a panel, in raw weights.

    Example:
        >>> sums_of(Panel(exiters=(OneYear(2.0, 1.5), OneYear(1.0, 3.0)))).exiters
        GroupSums(count=2, weight=3.0, weight_phi=6.0)
    """
    rows = panel.continuing
    return PanelSums(
        ContinuingSums(
            count=len(rows),
            weight0=math.fsum(row.weight0 for row in rows),
            weight1=math.fsum(row.weight1 for row in rows),
            weight0_phi0=math.fsum(row.weight0 * row.phi0 for row in rows),
            weight1_phi1=math.fsum(row.weight1 * row.phi1 for row in rows),
            weight0_phi1=math.fsum(row.weight0 * row.phi1 for row in rows),
            weight1_phi0=math.fsum(row.weight1 * row.phi0 for row in rows),
            phi0=math.fsum(row.phi0 for row in rows),
            phi1=math.fsum(row.phi1 for row in rows),
        ),
        _group_sums(panel.entrants),
        _group_sums(panel.exiters),
    )


def _group_sums(rows: Sequence[OneYear]) -> TurnoverSums:
    return TurnoverSums(
        len(rows),
        math.fsum(row.weight for row in rows),
        math.fsum(row.weight * row.phi for row in rows),
    )


def _shares_of_sums(sums: PanelSums) -> PanelSums:
    """The same sums with weights as shares of their year; both years must have weight."""
    c, total0, total1 = sums.continuing, sums.total0, sums.total1
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


# From sums: weights are shares. In the comments, sums run over continuing establishments.


def _bhc(s: PanelSums) -> dict[str, float]:
    c = s.continuing
    return {
        "within": c.weight0_phi1 - c.weight0_phi0,
        "between": c.weight1_phi1 - c.weight0_phi1,
        "entry": s.entrants.weight_phi,
        "exit": -s.exiters.weight_phi,
    }


def _fhk(s: PanelSums) -> dict[str, float]:
    c, reference = s.continuing, s.level0
    return {
        "within": c.weight0_phi1 - c.weight0_phi0,
        "between": (c.weight1_phi0 - c.weight0_phi0) - reference * (c.weight1 - c.weight0),
        "cross": (c.weight1_phi1 - c.weight1_phi0) - (c.weight0_phi1 - c.weight0_phi0),
        "entry": s.entrants.weight_phi - reference * s.entrants.weight,
        "exit": -(s.exiters.weight_phi - reference * s.exiters.weight),
    }


def _mean_within(c: ContinuingSums) -> float:
    """Sum of mean share times change of productivity."""
    return 0.5 * ((c.weight0_phi1 - c.weight0_phi0) + (c.weight1_phi1 - c.weight1_phi0))


def _mean_between(c: ContinuingSums) -> float:
    """Sum of change of share times mean productivity."""
    return 0.5 * ((c.weight1_phi0 - c.weight0_phi0) + (c.weight1_phi1 - c.weight0_phi1))


def _gr(s: PanelSums) -> dict[str, float]:
    c, reference = s.continuing, 0.5 * (s.level0 + s.level1)
    return {
        "within": _mean_within(c),
        "between": _mean_between(c) - reference * (c.weight1 - c.weight0),
        "entry": s.entrants.weight_phi - reference * s.entrants.weight,
        "exit": -(s.exiters.weight_phi - reference * s.exiters.weight),
    }


def _bg(s: PanelSums) -> dict[str, float]:
    c, reference = s.continuing, s.exiters.weight_phi / s.exiters.weight
    return {
        "within": _mean_within(c),
        "between": _mean_between(c) - reference * (c.weight1 - c.weight0),
        "entry": s.entrants.weight_phi - reference * s.entrants.weight,
        "exit": 0.0,
    }


def _survivors(c: ContinuingSums) -> ContinuingSums:
    """Continuing establishments with shares among themselves."""
    return _shares_of_sums(PanelSums(continuing=c)).continuing


def _entry_and_exit(s: PanelSums, survivors: ContinuingSums) -> dict[str, float]:
    """Entrants against survivors of the end year, exiters against those of the start year."""
    entrants, exiters = s.entrants, s.exiters
    return {
        "entry": entrants.weight_phi - entrants.weight * survivors.weight1_phi1,
        "exit": exiters.weight * survivors.weight0_phi0 - exiters.weight_phi,
    }


def _df(s: PanelSums) -> dict[str, float]:
    survivors = _survivors(s.continuing)
    return {
        "within": _mean_within(survivors),
        "between": _mean_between(survivors),
        **_entry_and_exit(s, survivors),
    }


def _mp(s: PanelSums) -> dict[str, float]:
    survivors = _survivors(s.continuing)
    mean0, mean1 = survivors.phi0 / survivors.count, survivors.phi1 / survivors.count
    covariance0 = survivors.weight0_phi0 - mean0
    covariance1 = survivors.weight1_phi1 - mean1
    return {
        "mean": mean1 - mean0,
        "covariance": covariance1 - covariance0,
        **_entry_and_exit(s, survivors),
    }


# Over establishments: the published definitions. Weights are shares.


def _level0(panel: Panel) -> float:
    return math.fsum(
        [c.weight0 * c.phi0 for c in panel.continuing] + [x.weight * x.phi for x in panel.exiters]
    )


def _level1(panel: Panel) -> float:
    return math.fsum(
        [c.weight1 * c.phi1 for c in panel.continuing] + [n.weight * n.phi for n in panel.entrants]
    )


def _distance(rows: Iterable[OneYear], reference: float) -> float:
    """Sum of share times productivity above the reference."""
    return math.fsum(row.weight * (row.phi - reference) for row in rows)


def _bhc_establishments(panel: Panel) -> dict[str, float]:
    rows = panel.continuing
    return {
        "within": math.fsum(c.weight0 * (c.phi1 - c.phi0) for c in rows),
        "between": math.fsum((c.weight1 - c.weight0) * c.phi1 for c in rows),
        "entry": _distance(panel.entrants, 0.0),
        "exit": -_distance(panel.exiters, 0.0),
    }


def _fhk_establishments(panel: Panel) -> dict[str, float]:
    rows, reference = panel.continuing, _level0(panel)
    return {
        "within": math.fsum(c.weight0 * (c.phi1 - c.phi0) for c in rows),
        "between": math.fsum((c.weight1 - c.weight0) * (c.phi0 - reference) for c in rows),
        "cross": math.fsum((c.weight1 - c.weight0) * (c.phi1 - c.phi0) for c in rows),
        "entry": _distance(panel.entrants, reference),
        "exit": -_distance(panel.exiters, reference),
    }


def _within_and_between(rows: Iterable[Continuing], reference: float) -> dict[str, float]:
    rows = tuple(rows)
    return {
        "within": math.fsum(0.5 * (c.weight0 + c.weight1) * (c.phi1 - c.phi0) for c in rows),
        "between": math.fsum(
            (c.weight1 - c.weight0) * (0.5 * (c.phi0 + c.phi1) - reference) for c in rows
        ),
    }


def _gr_establishments(panel: Panel) -> dict[str, float]:
    reference = 0.5 * (_level0(panel) + _level1(panel))
    return {
        **_within_and_between(panel.continuing, reference),
        "entry": _distance(panel.entrants, reference),
        "exit": -_distance(panel.exiters, reference),
    }


def _mean_phi(rows: Sequence[OneYear]) -> float:
    return math.fsum(r.weight * r.phi for r in rows) / math.fsum(r.weight for r in rows)


def _bg_establishments(panel: Panel) -> dict[str, float]:
    reference = _mean_phi(panel.exiters)
    return {
        **_within_and_between(panel.continuing, reference),
        "entry": _distance(panel.entrants, reference),
        "exit": 0.0,
    }


def _survivor_rows(panel: Panel) -> tuple[Continuing, ...]:
    return shares_of(Panel(continuing=panel.continuing)).continuing


def _entry_and_exit_establishments(panel: Panel) -> dict[str, float]:
    survivors = _survivor_rows(panel)
    level0 = math.fsum(c.weight0 * c.phi0 for c in survivors)
    level1 = math.fsum(c.weight1 * c.phi1 for c in survivors)
    return {
        "entry": _distance(panel.entrants, level1),
        "exit": -_distance(panel.exiters, level0),
    }


def _df_establishments(panel: Panel) -> dict[str, float]:
    return {
        **_within_and_between(_survivor_rows(panel), 0.0),
        **_entry_and_exit_establishments(panel),
    }


def _mp_establishments(panel: Panel) -> dict[str, float]:
    survivors = _survivor_rows(panel)
    start = olley_pakes([OneYear(c.weight0, c.phi0) for c in survivors])
    end = olley_pakes([OneYear(c.weight1, c.phi1) for c in survivors])
    return {
        "mean": end.mean - start.mean,
        "covariance": end.covariance - start.covariance,
        **_entry_and_exit_establishments(panel),
    }


def shares_of(panel: Panel) -> Panel:
    """The same panel with weights as shares of their year; both years must have weight.

    Example:
        >>> shares_of(Panel((Continuing(1.0, 4.0, 0.0, 0.0),), (), (OneYear(3.0, 0.0),)))
        Panel(continuing=(Continuing(weight0=0.25, weight1=1.0, phi0=0.0, phi1=0.0),), \
entrants=(), exiters=(OneYear(weight=0.75, phi=0.0),))
    """
    total0 = math.fsum([c.weight0 for c in panel.continuing] + [x.weight for x in panel.exiters])
    total1 = math.fsum([c.weight1 for c in panel.continuing] + [n.weight for n in panel.entrants])
    return Panel(
        tuple(
            Continuing(c.weight0 / total0, c.weight1 / total1, c.phi0, c.phi1)
            for c in panel.continuing
        ),
        tuple(OneYear(n.weight / total1, n.phi) for n in panel.entrants),
        tuple(OneYear(x.weight / total0, x.phi) for x in panel.exiters),
    )


class _Method(NamedTuple):
    from_sums: Callable[[PanelSums], dict[str, float]]
    from_establishments: Callable[[Panel], dict[str, float]]
    missing: Callable[[PanelSums], str]


def _nothing_missing(_: PanelSums) -> str:
    return ""


def _missing_exiters(sums: PanelSums) -> str:
    return "" if sums.exiters.weight > 0.0 else NO_EXITER


def _missing_continuing(sums: PanelSums) -> str:
    c = sums.continuing
    return "" if c.weight0 > 0.0 and c.weight1 > 0.0 else NO_CONTINUING


_METHODS = {
    "bhc": _Method(_bhc, _bhc_establishments, _nothing_missing),
    "fhk": _Method(_fhk, _fhk_establishments, _nothing_missing),
    "gr": _Method(_gr, _gr_establishments, _nothing_missing),
    "bg": _Method(_bg, _bg_establishments, _missing_exiters),
    "df": _Method(_df, _df_establishments, _missing_continuing),
    "mp": _Method(_mp, _mp_establishments, _missing_continuing),
}

METHODS = tuple(_METHODS)
"""Names of the six methods."""

TERMS: Mapping[str, tuple[str, ...]] = {
    "bhc": ("within", "between", "entry", "exit"),
    "fhk": ("within", "between", "cross", "entry", "exit"),
    "gr": ("within", "between", "entry", "exit"),
    "bg": ("within", "between", "entry", "exit"),
    "df": ("within", "between", "entry", "exit"),
    "mp": ("mean", "covariance", "entry", "exit"),
}
"""Terms of each method, in the order of its definition."""


def _method(name: str) -> _Method:
    if name not in _METHODS:
        raise ValueError(f"no such method: {name}; there are {', '.join(METHODS)}")
    return _METHODS[name]


def _record(
    name: str, sums: PanelSums, *, terms: Mapping[str, float], total: float | None, note: str = ""
) -> DecomposedChange:
    return DecomposedChange(
        name, terms, total, sums.continuing.count, sums.entrants.count, sums.exiters.count, note
    )


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

    Source: method section 5.
    """
    chosen = _method(method)
    if sums.total0 <= 0.0 or sums.total1 <= 0.0:
        return _record(method, sums, terms={}, total=None, note=NO_WEIGHT)
    level0, level1 = levels or (sums.level0, sums.level1)
    total = level1 - level0
    if missing := chosen.missing(sums):
        return _record(method, sums, terms={}, total=total, note=missing)
    terms = chosen.from_sums(_shares_of_sums(sums))
    return check_identity(_record(method, sums, terms=terms, total=total))


def decompose_establishments(panel: Panel, method: str) -> DecomposedChange:
    """The same as `decompose` straight from the establishments: the plain reference.

    Args:
        panel: in raw weights.
        method: one of METHODS.

    Returns:
        The terms and what they add up to [log points].

    Raises:
        ValueError: no such method.
        IdentityError: the terms do not add up, as with values that are not numbers.

    Example:
        >>> panel = Panel((Continuing(3.0, 4.0, 1.0, 1.2),), (), (OneYear(1.0, 0.5),))
        >>> {k: round(v, 6) for k, v in decompose_establishments(panel, "mp").terms.items()}
        {'mean': 0.2, 'covariance': 0.0, 'entry': 0.0, 'exit': 0.125}

    Source: method section 5.
    """
    chosen, sums = _method(method), sums_of(panel)
    if sums.total0 <= 0.0 or sums.total1 <= 0.0:
        return _record(method, sums, terms={}, total=None, note=NO_WEIGHT)
    shares = shares_of(panel)
    total = _level1(shares) - _level0(shares)
    if missing := chosen.missing(sums):
        return _record(method, sums, terms={}, total=total, note=missing)
    terms = chosen.from_establishments(shares)
    return check_identity(_record(method, sums, terms=terms, total=total))


class _IndustryYear(NamedTuple):
    share: float
    level: float


_IndustryYears = tuple[_IndustryYear | None, _IndustryYear | None]


def _industry_years(industries: Mapping[str, PanelSums]) -> dict[str, _IndustryYears]:
    """Share and Phi of each industry in the two years; None in a year without weight."""
    total0 = math.fsum(sums.total0 for sums in industries.values())
    total1 = math.fsum(sums.total1 for sums in industries.values())
    return {
        code: (
            _IndustryYear(sums.total0 / total0, sums.level0) if sums.total0 > 0.0 else None,
            _IndustryYear(sums.total1 / total1, sums.level1) if sums.total1 > 0.0 else None,
        )
        for code, sums in industries.items()
    }


def _within_industries(
    industries: Mapping[str, PanelSums], years: Mapping[str, _IndustryYears], method: str
) -> tuple[dict[str, float], str]:
    """The method's terms of industries seen in both years, times mean share, added up; the note."""
    terms: dict[str, list[float]] = defaultdict(list)
    reasons = []
    for code, (start, end) in sorted(years.items()):
        if start is None or end is None:
            continue
        own = decompose(industries[code], method)
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
        INDUSTRY_EXIT: -math.fsum(start.share * (start.level - reference) for start in leaving),
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
        industries: sums of raw weights by industry.
        method: one of METHODS.
        levels: Phi of the two years over all industries, as in `decompose`.

    Returns:
        Terms and total [log points]; the note names the undecomposed industries and why.

    Raises:
        ValueError: no such method.
        IdentityError: the terms do not add up.

    Example:
        >>> grows = PanelSums(ContinuingSums(1, 1.0, 3.0, 2.0, 6.0, 2.0, 6.0, 2.0, 2.0))
        >>> stays = PanelSums(ContinuingSums(1, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0, 1.0))
        >>> both = decompose_industries({"10": grows, "11": stays}, "gr")
        >>> both.total, both.terms["within"], both.terms["between_industries"]
        (0.25, 0.0, 0.25)

    Source: method section 5; Foster, Haltiwanger and Krizan (2001), section on aggregation.
    """
    _method(method)
    pooled = sum(industries.values(), PanelSums())
    if pooled.total0 <= 0.0 or pooled.total1 <= 0.0:
        return _record(method, pooled, terms={}, total=None, note=NO_WEIGHT)
    years = _industry_years(industries)
    within, note = _within_industries(industries, years, method)
    between = _between_industries(years, reference=0.5 * (pooled.level0 + pooled.level1))
    level0, level1 = levels or (pooled.level0, pooled.level1)
    total = level1 - level0
    return check_identity(
        _record(method, pooled, terms={**within, **between}, total=total, note=note)
    )


class OlleyPakes(NamedTuple):
    """Level of productivity [log points]: Phi = mean + covariance.

    mean is unweighted; covariance is the sum of (share - 1/n) times (phi - mean), above 0 where
    larger establishments are more productive.
    """

    mean: float
    covariance: float


def olley_pakes(rows: Sequence[OneYear]) -> OlleyPakes:
    """Olley-Pakes decomposition of the level, from establishments.

    Args:
        rows: raw weight and log productivity of at least one establishment, with some weight.

    Returns:
        Mean and covariance.

    Example:
        >>> olley_pakes([OneYear(3.0, 2.0), OneYear(1.0, 1.0)])
        OlleyPakes(mean=1.5, covariance=0.25)

    Source: Olley and Pakes (1996); method section 5.
    """
    count, total = len(rows), math.fsum(row.weight for row in rows)
    mean = math.fsum(row.phi for row in rows) / count
    return OlleyPakes(
        mean, math.fsum((row.weight / total - 1.0 / count) * (row.phi - mean) for row in rows)
    )


def olley_pakes_of_sums(count: int, weight: float, weight_phi: float, phi: float) -> OlleyPakes:
    """Olley-Pakes decomposition of the level, from sums.

    Args:
        count: establishments, at least 1.
        weight: sum of weights, above 0.
        weight_phi: sum of weight times log productivity.
        phi: sum of log productivity [log points].

    Example:
        >>> olley_pakes_of_sums(count=2, weight=4.0, weight_phi=7.0, phi=3.0)
        OlleyPakes(mean=1.5, covariance=0.25)

    Source: as `olley_pakes`.
    """
    mean = phi / count
    return OlleyPakes(mean, weight_phi / weight - mean)
