"""Market shares of continuing establishments, and their changes over a window.

Decisions:
- A window's changes of logarithms are scaled to the common length before any formula.
- The change of ln lambda^c is the sum of its two parts, so the two terms of eq. 5 add up to eq. 1.
- A logarithm that cannot be taken gives None and a reason, never a 0.

The one-line shares serve floats and Columns alike and check nothing; `market_share_changes` guards
them.

Source: Hsieh, Li, Ossa and Yang (2023), "Gains from Trade Liberalization with Flexible Extensive
Margin Adjustment" (HLOY), section 2.1, footnote 13 and table 1.
"""

import math
from dataclasses import dataclass
from typing import Any

from tradegains.formulas.outcomes import Outcome, delta_ln, joined_notes, minus


def expenditure(domestic_sales: Any, imports: Any) -> Any:
    """Y = X + M, spending on domestic and imported goods [money unit].

    Args:
        domestic_sales: X, sales less exports of all establishments [money unit].
        imports: M, at least 0 [money unit].

    Example:
        >>> expenditure(60.0, 40.0)
        100.0

    Source: HLOY, section 2.1.
    """
    return domestic_sales + imports


def continuing_share(continuing_domestic_sales: Any, domestic_sales: Any) -> Any:
    """X^c / X, the continuing establishments' share of domestic sales.

    Args:
        continuing_domestic_sales: X^c [money unit].
        domestic_sales: X, above 0 [money unit].

    Example:
        >>> continuing_share(45.0, 60.0)
        0.75

    Source: HLOY, table 1.
    """
    return continuing_domestic_sales / domestic_sales


def domestic_share(domestic_sales: Any, imports: Any) -> Any:
    """lambda = X / Y, the domestic establishments' share of the market.

    Args:
        domestic_sales: X [money unit].
        imports: M, at least 0 and with X above 0 together [money unit].

    Example:
        >>> domestic_share(60.0, 40.0)
        0.6

    Source: HLOY, table 1.
    """
    return domestic_sales / expenditure(domestic_sales, imports)


def continuing_market_share(
    continuing_domestic_sales: Any, domestic_sales: Any, imports: Any
) -> Any:
    """lambda^c = X^c / Y, the continuing domestic establishments' share of the market.

    Args:
        continuing_domestic_sales: X^c [money unit].
        domestic_sales: X [money unit].
        imports: M, at least 0 and with X above 0 together [money unit].

    Example:
        >>> continuing_market_share(45.0, 60.0, 40.0)
        0.45

    Source: HLOY, eq. 1 and table 1.
    """
    return continuing_domestic_sales / expenditure(domestic_sales, imports)


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


def _scaled(outcome: Outcome, scale: float) -> float | None:
    return None if outcome.value is None else outcome.value * scale


def _sum(left: float | None, right: float | None) -> float | None:
    return None if left is None or right is None else left + right


def _delta_ln_continuing_share(start: MarketSales, end: MarketSales) -> Outcome:
    sales = delta_ln(start.domestic_sales, end.domestic_sales, name="domestic sales")
    continuing = delta_ln(
        start.continuing_domestic_sales,
        end.continuing_domestic_sales,
        name="continuing domestic sales",
    )
    if sales.value is None or continuing.value is None:
        return Outcome(None, joined_notes(sales.note, continuing.note))
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
        scale: of the window, `outcomes.window_scale`.

    Returns:
        Changes [log points]; without imports only that of X^c/X.

    Example:
        >>> changes = market_share_changes(MarketSales(50, 100, 0), MarketSales(50, 100, 100))
        >>> changes.delta_ln_continuing_share, round(changes.delta_ln_domestic_share, 4)
        (0.0, -0.6931)

    Source: HLOY, section 2.1 and footnote 13.
    """
    share, domestic = _delta_ln_continuing_share(start, end), _delta_ln_domestic_share(start, end)
    scaled_share, scaled_domestic = _scaled(share, scale), _scaled(domestic, scale)
    return MarketShareChanges(
        delta_ln_continuing_share=scaled_share,
        delta_ln_domestic_share=scaled_domestic,
        delta_ln_continuing_market_share=_sum(scaled_share, scaled_domestic),
        scale=scale,
        note=joined_notes(share.note, domestic.note),
    )


def difference_of_shares(post: MarketShareChanges, pre: MarketShareChanges) -> MarketShareChanges:
    """Later minus earlier, each already scaled to the common length.

    Example:
        >>> post, pre = (MarketShareChanges(x, None, None, scale=1.0) for x in (0.5, 0.25))
        >>> difference_of_shares(post, pre).delta_ln_continuing_share
        0.25

    Source: HLOY, table 1.
    """
    return MarketShareChanges(
        minus(post.delta_ln_continuing_share, pre.delta_ln_continuing_share),
        minus(post.delta_ln_domestic_share, pre.delta_ln_domestic_share),
        minus(post.delta_ln_continuing_market_share, pre.delta_ln_continuing_market_share),
        scale=1.0,
        note=joined_notes(post.note, pre.note),
    )
