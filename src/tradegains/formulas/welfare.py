"""Welfare changes from market shares: the HLOY statistic, its two margins, ACR, extensions.

Decisions:
- "Percent" in the published tables is 100 times a change of logarithms; nothing here takes exp.
- A window's changes of logarithms are scaled to the common length before any formula.
- The change of ln lambda^c is the sum of its two parts, so the two terms of eq. 5 add up to eq. 1.
- A logarithm that cannot be taken gives None and a reason, never a 0.

The one-line formulas serve floats and Columns alike and check nothing; `market_share_changes`,
`hloy`, `acr`, `extended` and `difference` guard them and build the published rows.

Source: Hsieh, Li, Ossa and Yang (2023), "Gains from Trade Liberalization with Flexible Extensive
Margin Adjustment" (HLOY), equations 1, 4, 5, footnotes 7 and 13, appendix A, Tables 1 and C1.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple


class Outcome(NamedTuple):
    """A number, or None and the reason why there is none; a number may carry a note too."""

    value: float | None
    note: str = ""


class HloyTerms(NamedTuple):
    """The two margins of eq. 5 [log points]; their sum is the HLOY welfare change."""

    domestic_share_term: Any
    continuing_share_term: Any


# Closed forms: floats or Columns.


def expenditure(domestic_sales: Any, imports: Any) -> Any:
    """Y = X + M, spending on domestic and imported goods [money unit]."""
    return domestic_sales + imports


def continuing_share(continuing_domestic_sales: Any, domestic_sales: Any) -> Any:
    """X^c / X, the continuing establishments' share of domestic sales."""
    return continuing_domestic_sales / domestic_sales


def domestic_share(domestic_sales: Any, imports: Any) -> Any:
    """lambda = X / Y, the domestic establishments' share of the market.

    Example:
        >>> domestic_share(60.0, 40.0)
        0.6
    """
    return domestic_sales / expenditure(domestic_sales, imports)


def continuing_market_share(
    continuing_domestic_sales: Any, domestic_sales: Any, imports: Any
) -> Any:
    """lambda^c = X^c / Y, the continuing domestic establishments' share of the market.

    Example:
        >>> continuing_market_share(45.0, 60.0, 40.0)
        0.45
    """
    return continuing_domestic_sales / expenditure(domestic_sales, imports)


def hloy_welfare_change(delta_ln_continuing_market_share: Any, sigma: Any) -> Any:
    """Change of ln W, net of the continuing establishments' own growth [log points].

    Args:
        delta_ln_continuing_market_share: change of ln lambda^c [log points].
        sigma: elasticity of substitution, > 1.

    Example:
        >>> round(100 * hloy_welfare_change(-0.1388, 3.72), 3)
        5.103

    Source: HLOY, eq. 1.
    """
    return -delta_ln_continuing_market_share / (sigma - 1)


def hloy_terms(
    delta_ln_domestic_share: Any, delta_ln_continuing_share: Any, sigma: Any
) -> HloyTerms:
    """The two margins behind the HLOY welfare change [log points].

    Args:
        delta_ln_domestic_share: change of ln lambda [log points].
        delta_ln_continuing_share: change of ln X^c/X [log points].
        sigma: elasticity of substitution, > 1.

    Example:
        >>> terms = hloy_terms(-0.2591, 0.1203, 3.72)
        >>> [round(100 * term, 3) for term in terms]
        [9.526, -4.423]

    Source: HLOY, eq. 5.
    """
    return HloyTerms(
        -delta_ln_domestic_share / (sigma - 1), -delta_ln_continuing_share / (sigma - 1)
    )


def acr_welfare_change(delta_ln_domestic_share: Any, trade_elasticity: Any) -> Any:
    """Change of ln W by Arkolakis, Costinot and Rodriguez-Clare [log points].

    Args:
        delta_ln_domestic_share: change of ln lambda [log points].
        trade_elasticity: epsilon, > 0.

    Example:
        >>> round(100 * acr_welfare_change(-0.2591, 4.71), 3)
        5.501

    Source: HLOY, eq. 4.
    """
    return -delta_ln_domestic_share / trade_elasticity


def extended_welfare_change(
    welfare_change: Any, expenditure_share: Any, value_added_share: Any
) -> Any:
    """Change of ln W with non-traded goods and intermediate inputs [log points].

    Args:
        welfare_change: without them [log points].
        expenditure_share: mu, spending on these goods over all spending, in (0, 1].
        value_added_share: eta, value added over gross production, in (0, 1].

    Example:
        >>> round(extended_welfare_change(5.103, 0.32, 0.5), 3)
        3.266

    Source: HLOY, appendix A and section 3.2.
    """
    return welfare_change * expenditure_share / value_added_share


# Guarded scalars.


def window_scale(start: int, end: int, scale_to_years: float | None = None) -> float:
    """Factor that brings a window's changes to a common length; 1 without one.

    Example:
        >>> window_scale(1978, 1988, 8), window_scale(1988, 1996)
        (0.8, 1.0)

    Source: HLOY, footnote 13.
    """
    if end <= start:
        raise ValueError("a window ends after it starts")
    return 1.0 if scale_to_years is None else scale_to_years / (end - start)


def _level_problem(value: float | None) -> str:
    if value is None:
        return "is missing"
    if math.isnan(value) or math.isinf(value):
        return "is not a finite number"
    return "" if value > 0 else "is not positive"


def delta_ln(start: float | None, end: float | None, *, name: str = "the level") -> Outcome:
    """Change of a logarithm over a window, unscaled [log points].

    Args:
        start: level at the window's start.
        end: level at its end.
        name: what the level is called in a reason.

    Returns:
        ln(end / start), or None and the reason.

    Example:
        >>> delta_ln(2.0, 4.0).value == math.log(2)
        True
        >>> delta_ln(0.0, 4.0, name="imports")
        Outcome(value=None, note='imports at the start is not positive')
    """
    problems = [
        f"{name} at the {where} {problem}"
        for where, level in (("start", start), ("end", end))
        if (problem := _level_problem(level))
    ]
    if problems or start is None or end is None:
        return Outcome(None, "; ".join(problems))
    return Outcome(math.log(end / start))


def implied_average_elasticity(
    delta_ln_domestic_share: float, delta_ln_continuing_market_share: float, sigma: float
) -> Outcome:
    """The trade elasticity at which ACR would give the HLOY welfare change.

    Args:
        delta_ln_domestic_share: change of ln lambda [log points].
        delta_ln_continuing_market_share: change of ln lambda^c [log points].
        sigma: elasticity of substitution, > 1.

    Returns:
        (sigma - 1) * delta ln lambda / delta ln lambda^c. None where either change is 0: no
        elasticity then makes the two formulas equal. A negative value carries a note.

    Example:
        >>> round(implied_average_elasticity(-0.2591, -0.1388, 3.72).value, 4)
        5.0775

    Source: HLOY, footnote 7.
    """
    if delta_ln_continuing_market_share == 0:
        return Outcome(None, "the continuing market share did not change")
    if delta_ln_domestic_share == 0:
        return Outcome(None, "the domestic share did not change")
    elasticity = (sigma - 1) * delta_ln_domestic_share / delta_ln_continuing_market_share
    return Outcome(elasticity, "HLOY and ACR differ in sign" if elasticity < 0 else "")


# Records.


@dataclass(frozen=True)
class MarketSales:
    """One market at one end of a window.

    Attributes:
        continuing_domestic_sales: X^c of the continuing, or restricted continuing, set
            [money unit].
        domestic_sales: X of all establishments [money unit].
        imports: M [money unit]; None where no imports are known.
    """

    continuing_domestic_sales: float
    domestic_sales: float
    imports: float | None = None


@dataclass(frozen=True)
class MarketShareChanges:
    """Scaled changes of logarithms over a window [log points].

    delta_ln_continuing_market_share is the sum of the other two. None where there is none, and
    `note` says why.
    """

    delta_ln_continuing_share: float | None
    delta_ln_domestic_share: float | None
    delta_ln_continuing_market_share: float | None
    scale: float
    note: str = ""


@dataclass(frozen=True)
class WelfareChange:
    """A welfare change with what it is made of.

    Attributes:
        formula: hloy, acr, hloy_extended, melitz_redding_local or melitz_redding_global.
        elasticity: epsilon for acr, else sigma; None where industries with elasticities of their
            own are added up.
        changes: the scaled changes it follows from.
        domestic_share_term: first term of eq. 5 [log points]; None for acr.
        continuing_share_term: second term of eq. 5 [log points]; None for acr.
        welfare_change: [log points]. The two terms, where given, add up to it.
        note: why a number is None, or a label the reader needs.
        distribution: of productivity, where the formula assumes one.
        hazard: of log size at its cutoff, per log point of productivity.
    """

    formula: str
    elasticity: float | None
    changes: MarketShareChanges
    domestic_share_term: float | None
    continuing_share_term: float | None
    welfare_change: float | None
    note: str = ""
    distribution: str | None = None
    hazard: float | None = None

    @property
    def implied_trade_elasticity(self) -> Outcome:
        """The epsilon that would make ACR give this HLOY change; of no other formula."""
        domestic = self.changes.delta_ln_domestic_share
        continuing = self.changes.delta_ln_continuing_market_share
        if self.formula != "hloy" or self.elasticity is None:
            return Outcome(None)
        if domestic is None or continuing is None:
            return Outcome(None)
        return implied_average_elasticity(_settled(domestic), _settled(continuing), self.elasticity)


_ROUNDING = 1e-12
"""A change below this is what the rounding of two logarithms leaves of 0 [log points]."""


def _settled(change: float) -> float:
    return 0.0 if abs(change) < _ROUNDING else change


def _scaled(outcome: Outcome, scale: float) -> float | None:
    return None if outcome.value is None else outcome.value * scale


def _sum(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left + right


def _difference(post: float | None, pre: float | None) -> float | None:
    return None if post is None or pre is None else post - pre


def _notes(*notes: str) -> str:
    return "; ".join(dict.fromkeys(note for note in notes if note))


def _delta_ln_continuing_share(start: MarketSales, end: MarketSales) -> Outcome:
    sales = delta_ln(start.domestic_sales, end.domestic_sales, name="domestic sales")
    continuing = delta_ln(
        start.continuing_domestic_sales,
        end.continuing_domestic_sales,
        name="continuing domestic sales",
    )
    if sales.value is None or continuing.value is None:
        return Outcome(None, _notes(sales.note, continuing.note))
    return Outcome(
        math.log(
            continuing_share(end.continuing_domestic_sales, end.domestic_sales)
            / continuing_share(start.continuing_domestic_sales, start.domestic_sales)
        )
    )


def _delta_ln_domestic_share(start: MarketSales, end: MarketSales) -> Outcome:
    if start.imports is None or end.imports is None:
        return Outcome(None, "imports are not known")
    if start.imports < 0 or end.imports < 0:
        return Outcome(None, "imports are negative")
    sales = delta_ln(start.domestic_sales, end.domestic_sales, name="domestic sales")
    if sales.value is None:
        return sales
    return delta_ln(
        domestic_share(start.domestic_sales, start.imports),
        domestic_share(end.domestic_sales, end.imports),
        name="the domestic share",
    )


def market_share_changes(
    start: MarketSales, end: MarketSales, *, scale: float = 1.0
) -> MarketShareChanges:
    """Scaled changes of the shares behind every welfare formula.

    Args:
        start: the market at the window's start.
        end: the market at its end; its continuing set is the same establishments.
        scale: `window_scale`.

    Returns:
        Changes [log points]; without imports only that of X^c/X.

    Example:
        >>> changes = market_share_changes(MarketSales(50, 100, 0), MarketSales(50, 100, 100))
        >>> changes.delta_ln_continuing_share, round(changes.delta_ln_domestic_share, 4)
        (0.0, -0.6931)
    """
    share, domestic = _delta_ln_continuing_share(start, end), _delta_ln_domestic_share(start, end)
    scaled_share, scaled_domestic = _scaled(share, scale), _scaled(domestic, scale)
    return MarketShareChanges(
        delta_ln_continuing_share=scaled_share,
        delta_ln_domestic_share=scaled_domestic,
        delta_ln_continuing_market_share=_sum(scaled_share, scaled_domestic),
        scale=scale,
        note=_notes(share.note, domestic.note),
    )


def hloy(changes: MarketShareChanges, sigma: float) -> WelfareChange:
    """The HLOY row of a window.

    Args:
        changes: of the window's shares [log points].
        sigma: > 1.

    Raises:
        ValueError: sigma is not above 1.
    """
    if not sigma > 1:
        raise ValueError("sigma must be above 1")
    market_share = changes.delta_ln_continuing_market_share
    share, domestic = changes.delta_ln_continuing_share, changes.delta_ln_domestic_share
    return WelfareChange(
        formula="hloy",
        elasticity=sigma,
        changes=changes,
        domestic_share_term=None if domestic is None else hloy_terms(domestic, 0.0, sigma)[0],
        continuing_share_term=None if share is None else hloy_terms(0.0, share, sigma)[1],
        welfare_change=None if market_share is None else hloy_welfare_change(market_share, sigma),
        note=changes.note,
    )


def acr(changes: MarketShareChanges, trade_elasticity: float) -> WelfareChange:
    """The ACR row of a window.

    Args:
        changes: of the window's shares [log points].
        trade_elasticity: epsilon, > 0.

    Raises:
        ValueError: the elasticity is not positive.
    """
    if not trade_elasticity > 0:
        raise ValueError("the trade elasticity must be positive")
    domestic = changes.delta_ln_domestic_share
    return WelfareChange(
        formula="acr",
        elasticity=trade_elasticity,
        changes=changes,
        domestic_share_term=None,
        continuing_share_term=None,
        welfare_change=(
            None if domestic is None else acr_welfare_change(domestic, trade_elasticity)
        ),
        note=changes.note,
    )


def extended(
    change: WelfareChange, *, expenditure_share: float, value_added_share: float
) -> WelfareChange:
    """The same row with non-traded goods and intermediate inputs: every term times mu / eta.

    Raises:
        ValueError: a share is not in (0, 1].
    """
    if not (0 < expenditure_share <= 1 and 0 < value_added_share <= 1):
        raise ValueError("the expenditure and value added shares lie above 0 and at most at 1")

    def extend(term: float | None) -> float | None:
        if term is None:
            return None
        return float(extended_welfare_change(term, expenditure_share, value_added_share))

    return replace(
        change,
        formula=f"{change.formula}_extended",
        domestic_share_term=extend(change.domestic_share_term),
        continuing_share_term=extend(change.continuing_share_term),
        welfare_change=extend(change.welfare_change),
    )


def _difference_of_changes(post: MarketShareChanges, pre: MarketShareChanges) -> MarketShareChanges:
    return MarketShareChanges(
        _difference(post.delta_ln_continuing_share, pre.delta_ln_continuing_share),
        _difference(post.delta_ln_domestic_share, pre.delta_ln_domestic_share),
        _difference(post.delta_ln_continuing_market_share, pre.delta_ln_continuing_market_share),
        scale=1.0,
        note=_notes(post.note, pre.note),
    )


def difference(post: WelfareChange, pre: WelfareChange) -> WelfareChange:
    """Post minus pre of the unrounded numbers, each already scaled to the common length.

    Also the extra gain of a restricted continuing set: restricted minus unrestricted.

    Raises:
        ValueError: the two differ in formula, elasticity or distribution.
    """
    if _kind(post) != _kind(pre):
        raise ValueError("a difference needs one formula, one elasticity and one distribution")
    return WelfareChange(
        formula=post.formula,
        elasticity=post.elasticity,
        changes=_difference_of_changes(post.changes, pre.changes),
        domestic_share_term=_difference(post.domestic_share_term, pre.domestic_share_term),
        continuing_share_term=_difference(post.continuing_share_term, pre.continuing_share_term),
        welfare_change=_difference(post.welfare_change, pre.welfare_change),
        note=_notes(post.note, pre.note),
        distribution=post.distribution,
    )


def _kind(change: WelfareChange) -> tuple[str, float | None, str | None]:
    return change.formula, change.elasticity, change.distribution
