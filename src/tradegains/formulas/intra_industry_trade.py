"""Intra-industry trade: the Grubel-Lloyd index of products, countries and the world.

Decisions:
- One-way flows stay in: their index is 0 and they carry their full weight. A product with no flow
  either way has no index and no weight.
- The level of aggregation is always stated, because the index rises with it: codes cut to a
  number of digits (as text, so that leading zeros count).
- Whether the two ways of trade are matched partner by partner or with all partners together is a
  stated choice too, `by_partner`. Figure 1's world series matches them by pair of countries;
  matching with the whole world gives a higher index.
- The index of a country or the world is the aggregate over its cells, the mean of their indices
  weighted by trade, never their plain mean.
"""

import math
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from itertools import chain
from typing import NamedTuple

WORLD = "world"


class TwoWayFlow(NamedTuple):
    """Exports and imports of one cell [one money unit], both >= 0."""

    exports: float
    imports: float


class ProductTrade(NamedTuple):
    """One country's exports of a product to a partner and imports from it, in a year."""

    country: str
    partner: str
    year: int
    product: str
    exports: float
    imports: float


def grubel_lloyd(flows: Iterable[tuple[float, float]]) -> float | None:
    """Grubel-Lloyd index of one cell, or of several together: the trade-weighted mean of theirs.

    A cell's index is 1 - |X - M| / (X + M): 1 when balanced, 0 when one-way.

    Args:
        flows: exports and imports of each cell [money unit], >= 0.

    Returns:
        (sum of X + M, minus sum of |X - M|) / sum of X + M, in [0, 1]; None where there is no
        trade.

    Raises:
        ValueError: a flow is negative or not finite.

    Example:
        >>> grubel_lloyd([(30.0, 10.0)]), grubel_lloyd([(30.0, 0.0)])
        (0.5, 0.0)
        >>> grubel_lloyd([(30.0, 10.0), (0.0, 40.0)])
        0.25

    Source: Grubel and Lloyd (1975); MT figure 1.
    """
    pairs = list(flows)
    trade = math.fsum(chain.from_iterable(pairs))
    # One that is not finite makes the sum so; beside it a comparison might find nothing.
    if not math.isfinite(trade) or min(chain.from_iterable(pairs), default=0.0) < 0.0:
        raise ValueError("trade flows must be finite and at least 0")
    # X + M - |X - M| is twice the smaller flow: no subtraction, so never below 0.
    return 2.0 * math.fsum(map(min, pairs)) / trade if trade > 0.0 else None


def one_way_share(flows: Iterable[tuple[float, float]]) -> float | None:
    """Share of trade in cells with exports or imports only; None where there is no trade.

    Example:
        >>> one_way_share([(30.0, 10.0), (0.0, 40.0)])
        0.5
    """
    pairs = list(flows)
    trade = math.fsum(chain.from_iterable(pairs))
    one_way = math.fsum(max(pair) for pair in pairs if 0.0 in pair)
    return one_way / trade if trade > 0.0 else None


def cut_to_digits(product: str, digits: int) -> str:
    """A product's code at a coarser level: its first digits.

    Args:
        product: code as text, leading zeros kept.
        digits: length of the coarser code, at least 1.

    Raises:
        ValueError: the code is shorter than that.

    Example:
        >>> cut_to_digits("0111", 2)
        '01'
    """
    if not 1 <= digits <= len(product):
        raise ValueError(f"product {product} has fewer than {digits} digits")
    return product[:digits]


CellKey = tuple[str, int, str, str]
"""Country, year, product group, partner (empty where all partners are taken together)."""


def trade_cells(
    rows: Iterable[ProductTrade], *, group_of: Callable[[str], str], by_partner: bool
) -> dict[CellKey, TwoWayFlow]:
    """Flows added up within country, year and group of products, and partner if wanted.

    Args:
        rows: product flows.
        group_of: gives a product's group, such as `cut_to_digits` with its digits.
        by_partner: match the two ways of trade within each partner, or within all together.

    Returns:
        Exports and imports by cell [money unit], independent of the order of rows.

    Example:
        >>> rows = [ProductTrade("CA", "US", 1988, "7811", 5.0, 0.0),
        ...         ProductTrade("CA", "US", 1988, "7812", 0.0, 3.0)]
        >>> trade_cells(rows, group_of=lambda code: cut_to_digits(code, 3), by_partner=False)
        {('CA', 1988, '781', ''): TwoWayFlow(exports=5.0, imports=3.0)}
    """
    flows: dict[CellKey, list[tuple[float, float]]] = defaultdict(list)
    group = cache(group_of)  # many rows of few products
    for country, partner, year, product, exports, imports in rows:
        key = (country, year, group(product), partner if by_partner else "")
        flows[key].append((exports, imports))
    return {key: _added(pairs) for key, pairs in flows.items()}


def _added(pairs: Sequence[tuple[float, float]]) -> TwoWayFlow:
    if len(pairs) == 1:  # of most products and partners there is one, which needs no sum
        exports, imports = pairs[0]
        return TwoWayFlow(exports + 0.0, imports + 0.0)  # neither a whole number nor -0.0
    return TwoWayFlow(*map(math.fsum, zip(*pairs, strict=True)))
