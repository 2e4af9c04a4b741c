"""Bisection: the two neighbouring doubles between which a condition turns true."""

from collections.abc import Callable


def bisect(
    is_above: Callable[[float], bool], low: float, high: float, *, halvings: int | None = None
) -> tuple[float, float]:
    """Narrow an interval down to where a condition turns true.

    Args:
        is_above: false up to a point and true from there on; it is not asked at the ends.
        low: lower end, finite.
        high: upper end, finite, at least low.
        halvings: stop after so many; None goes on to neighbouring doubles, at most about 2,100
            halvings, where the interval holds 0.

    Returns:
        The last interval: neither end has moved beyond the point.

    Example:
        >>> low, high = bisect(lambda x: x * x > 2.0, 0.0, 2.0)
        >>> low * low <= 2.0 < high * high, high - low < 1e-15
        (True, True)
    """
    while halvings is None or halvings > 0:
        middle = 0.5 * (low + high)
        if not low < middle < high:
            break
        low, high = (low, middle) if is_above(middle) else (middle, high)
        halvings = None if halvings is None else halvings - 1
    return low, high
