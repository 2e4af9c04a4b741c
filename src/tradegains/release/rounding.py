"""Rounding of what leaves: counts to a base or by size, values to significant digits.

Rates of counts are made of the rounded counts, else they would give the counts back.
"""

from decimal import ROUND_HALF_EVEN, Decimal

from tradegains.release.rules import SIGNIFICANT

FEWEST_BY_SIZE = 15
_STEPS = ((15, 1), (100, 10), (1_000, 50), (10_000, 100), (100_000, 500), (1_000_000, 1_000))


def rounded_count(count: int, how: int | str) -> int | None:
    """A count as it leaves; None where it is below 15 and counts are rounded by size.

    Args:
        count: at least 0.
        how: 0, a base, or "significant": to 10 below 100, to 50 below 1,000, to 100 below 10,000,
            to 500 below 100,000, to 1,000 below a million, then to four digits. Half to even.

    Example:
        >>> [rounded_count(n, "significant") for n in (14, 15, 99, 125, 1_250, 1_234_567)]
        [None, 20, 100, 100, 1200, 1235000]
        >>> rounded_count(12, 5), rounded_count(12, 0)
        (10, 12)
    """
    if how == SIGNIFICANT:
        if 0 < count < FEWEST_BY_SIZE:
            return None
        step = next((step for below, step in _STEPS if count < below), 0)
        return _to_multiple(count, step) if step else int(rounded_value(float(count), 4))
    assert isinstance(how, int)
    return _to_multiple(count, how) if how else count


def _to_multiple(count: int, base: int) -> int:
    return int((Decimal(count) / base).quantize(Decimal(1), ROUND_HALF_EVEN)) * base


def rounded_value(value: float, digits: int) -> float:
    """A value with so many significant digits, half to even; as it is with 0.

    Example:
        >>> rounded_value(123_450.0, 4), rounded_value(0.123450, 4), rounded_value(5.5, 0)
        (123400.0, 0.1234, 5.5)
    """
    if not digits or value == 0:
        return value
    exact = Decimal(repr(value))
    return float(exact.quantize(Decimal((0, (1,), exact.adjusted() - digits + 1)), ROUND_HALF_EVEN))
