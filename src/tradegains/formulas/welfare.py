"""Welfare changes from market shares: the HLOY statistic, its two margins, ACR, extensions.

Decisions:
- "Percent" in the published tables is 100 times a change of logarithms; nothing here takes exp.
- A change of shares that is not known gives None and its reason, never a 0.

The one-line formulas serve floats and Columns alike and check nothing; `hloy`, `acr`, `extended`
and `difference` guard them and build the published rows. The shares are those of `market_shares`.

Source: Hsieh, Li, Ossa and Yang (2023), "Gains from Trade Liberalization with Flexible Extensive
Margin Adjustment" (HLOY), equations 1, 4, 5, footnotes 7 and 13, appendix A, Tables 1 and C1.
"""

import math
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

from tradegains.formulas.market_shares import MarketShareChanges, difference_of_shares
from tradegains.formulas.outcomes import Outcome, joined_notes, minus


class HloyTerms(NamedTuple):
    """The two margins of eq. 5 [log points]; their sum is the HLOY welfare change."""

    domestic_share_term: Any
    continuing_share_term: Any


# Closed forms: floats or Columns.


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


def rescaled_welfare_change(welfare_change: Any, elasticity: Any, other: Any) -> Any:
    """The same change of shares under another elasticity [log points].

    Every welfare change here is a change of logarithms over sigma - 1 or over epsilon.

    Args:
        welfare_change: under the first elasticity [log points].
        elasticity: sigma - 1 or epsilon that it was divided by, > 0.
        other: what it is to be divided by instead, > 0.

    Example:
        >>> rescaled_welfare_change(5.103, 2.72, 1.36)
        10.206

    Source: HLOY, figure 3.
    """
    return welfare_change * elasticity / other


def isolated_welfare_change(welfare_change: Any, value_added_share: Any) -> Any:
    """Change of ln W for these goods in isolation: intermediate inputs alone [log points].

    Args:
        welfare_change: without them [log points].
        value_added_share: eta, value added over gross production, in (0, 1].

    Example:
        >>> isolated_welfare_change(5.103, 0.5)
        10.206

    Source: HLOY, section 3.2: "about twice as large for the manufacturing sector in isolation".
    """
    return welfare_change / value_added_share


def acr_over_autarky(domestic_share: float, trade_elasticity: float) -> float:
    """What trade is worth over autarky by ACR's formula, global for a constant elasticity.

    Autarky is lambda = 1: the way there changes ln lambda by -ln lambda, and ln W by as much less.

    Args:
        domestic_share: lambda, above 0.
        trade_elasticity: epsilon, > 0.

    Returns:
        -ln lambda / epsilon [log points].

    Example:
        >>> round(acr_over_autarky(0.75, 4.71), 4)
        0.0611

    Source: HLOY, eq. 4 and the paragraph after it.
    """
    return -math.log(domestic_share) / trade_elasticity


def all_domestic_welfare_change(
    delta_ln_domestic_share: Any, delta_ln_establishments: Any, sigma: Any
) -> Any:
    """Change of ln W less that of ln phi, by all domestic establishments, not the continuing.

    phi is their mean productivity, which entry and exit change: for that the paper calls the
    formula not immediately implementable.

    Args:
        delta_ln_domestic_share: change of ln lambda [log points].
        delta_ln_establishments: change of ln M, their number [log points].
        sigma: elasticity of substitution, > 1.

    Example:
        >>> all_domestic_welfare_change(-0.25, 0.02, 3.7)
        0.1

    Source: HLOY, section 2.2.2, the formula before eq. 2.
    """
    return -(delta_ln_domestic_share - delta_ln_establishments) / (sigma - 1)


# Guarded scalars.


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


def hloy(changes: MarketShareChanges, sigma: float) -> WelfareChange:
    """The HLOY row of a window.

    Args:
        changes: of the window's shares [log points].
        sigma: > 1.

    Raises:
        ValueError: sigma is not above 1.

    Example:
        >>> change = hloy(MarketShareChanges(0.1203, -0.2591, -0.1388, scale=1.0), 3.72)
        >>> round(100 * change.welfare_change, 3), round(100 * change.continuing_share_term, 3)
        (5.103, -4.423)

    Source: HLOY, eqs. 1 and 5.
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

    Example:
        >>> change = acr(MarketShareChanges(0.1203, -0.2591, -0.1388, scale=1.0), 4.71)
        >>> round(100 * change.welfare_change, 3)
        5.501

    Source: HLOY, eq. 4.
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

    Args:
        change: of any formula.
        expenditure_share: mu, spending on these goods over all spending, in (0, 1].
        value_added_share: eta, value added over gross production, in (0, 1].

    Raises:
        ValueError: a share is not in (0, 1].

    Example:
        >>> change = hloy(MarketShareChanges(0.1203, -0.2591, -0.1388, scale=1.0), 3.72)
        >>> wider = extended(change, expenditure_share=0.32, value_added_share=0.5)
        >>> wider.formula, round(100 * wider.welfare_change, 3)
        ('hloy_extended', 3.266)

    Source: HLOY, appendix A and section 3.2.
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


def difference(post: WelfareChange, pre: WelfareChange) -> WelfareChange:
    """Post minus pre of the unrounded numbers, each already scaled to the common length.

    Also the extra gain of a restricted continuing set: restricted minus unrestricted.

    Raises:
        ValueError: the two differ in formula, elasticity or distribution.

    Example:
        >>> pre = acr(MarketShareChanges(0.0297, 0.0069, 0.0366, scale=0.8), 4.71)
        >>> post = acr(MarketShareChanges(0.1203, -0.2591, -0.1388, scale=1.0), 4.71)
        >>> round(100 * difference(post, pre).welfare_change, 2)
        5.65

    Source: HLOY, table 1 and section 3.3.
    """
    if _kind(post) != _kind(pre):
        raise ValueError("a difference needs one formula, one elasticity and one distribution")
    return WelfareChange(
        formula=post.formula,
        elasticity=post.elasticity,
        changes=difference_of_shares(post.changes, pre.changes),
        domestic_share_term=minus(post.domestic_share_term, pre.domestic_share_term),
        continuing_share_term=minus(post.continuing_share_term, pre.continuing_share_term),
        welfare_change=minus(post.welfare_change, pre.welfare_change),
        note=joined_notes(post.note, pre.note),
        distribution=post.distribution,
    )


def _kind(change: WelfareChange) -> tuple[str, float | None, str | None]:
    return change.formula, change.elasticity, change.distribution
