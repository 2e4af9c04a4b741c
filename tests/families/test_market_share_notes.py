"""Market shares at one end of a window, worked by hand: what is missing says why."""

import pytest

from tradegains.results.market import Amounts
from tradegains.results.welfare import MarketAtEnd, _market_share_row

NO_SALES, NO_MARKET = "domestic sales are not positive", "expenditure is not positive"


@pytest.mark.parametrize(
    ("sales", "exports", "imports", "shares", "note"),
    [
        (100.0, 40.0, 40.0, (0.5, 0.6, 0.3), ""),
        (100.0, 40.0, None, (0.5, None, None), "imports are not known"),
        (100.0, 100.0, 40.0, (None, 0.0, 0.0), NO_SALES),
        (0.0, 0.0, 0.0, (None, None, None), f"{NO_SALES}; {NO_MARKET}"),
        (100.0, 150.0, 100.0, (None, -1.0, -0.5), NO_SALES),
        (100.0, 150.0, 50.0, (None, None, None), f"{NO_SALES}; {NO_MARKET}"),
        (0.0, 0.0, None, (None, None, None), f"{NO_SALES}; imports are not known"),
    ],
)
def test_shares_that_are_missing_or_negative_say_why(
    sales: float,
    exports: float,
    imports: float | None,
    shares: tuple[float | None, ...],
    note: str,
) -> None:
    everyone = Amounts(2, 20_000, round(sales * 100), round(exports * 100))
    half = Amounts(1, 10_000, round(sales * 50), round(exports * 50))
    row = _market_share_row(MarketAtEnd(1996, everyone, half, imports))
    names = ("continuing_share", "domestic_share", "continuing_market_share")
    assert tuple(row[name] for name in names) == shares
    assert row["note"] == note
