"""Theil's index of the level of productivity, from sums about the middles of bins.

T = sum of w (x / mu) ln(x / mu) over the sum of w, with mu the weighted mean of x = VA / L.
Weighted by labour itself it compares shares of output with shares of labour: with w = L and
w x = VA it is the sum of s ln(s / l), s and l an establishment's shares of both.

Decisions:
- Log productivity phi is what rows carry, so x is e**phi. A price of the whole industry multiplies
  every x alike and leaves T as it is.
- In the bin of phi with centre c, x is e**c times e**(phi - c): a row is summed with the second
  factor, between 1/e and e, and a bin's sums are put on one scale by the first, on the driver.
- That factor is a polynomial: plain multiplications and additions in one stated order give every
  engine the same doubles, where `exp` of two engines may differ in the last bit.
- It is summed in fixed point, in eighths, so that the places of power sums serve it too.

prepare: `weighted_levels`. reduce: plain sums. present: `theil_index`.

Source: Theil (1967), Economics and Information Theory, chapter 4.
"""

import math
from typing import Any

TERMS = 18
"""Powers of a step of at most 1 log point, after which e**step is told to the last bits."""

LEVEL_UNIT = 0.125
"""What a level within its bin is multiplied by: below e / 8, less than the half that a position
reaches, whose sums the places of `moment_scale_bits` are for."""

_COEFFICIENTS = tuple(1 / math.factorial(k) for k in range(TERMS + 1))


def exponential(step: Any) -> Any:
    """e**step for steps in [-1, 1], within 5e-16 of it; serves floats and Columns.

    Args:
        step: [log points].

    Example:
        >>> exponential(0.0), exponential(1.0) == math.e
        (1.0, True)
    """
    total: Any = _COEFFICIENTS[-1]
    for coefficient in reversed(_COEFFICIENTS[:-1]):
        total = total * step + coefficient
    return total


def weighted_levels(weight: Any, position: Any, level: Any, scale: float) -> tuple[Any, Any]:
    """weight * level and weight * level * position, in eighths, times scale; unrounded.

    Serves floats and Columns.

    Args:
        weight: [units].
        position: v in [-1/2, 1/2] [bins].
        level: e to the power of v bin widths, `exponential`.
        scale: 2.0**bits.

    Example:
        >>> weighted_levels(3, 0.5, 2.0, 16.0)
        (12.0, 6.0)
    """
    scaled = weight * (scale * LEVEL_UNIT) * level
    return scaled, scaled * position


def theil_index(weight: float, level: float, level_log: float) -> float | None:
    """T from the sums of w, w x and w x ln x; x in any unit.

    Args:
        weight: sum of w, > 0.
        level: sum of w x; not above 0 only where rounding has left nothing of it.
        level_log: sum of w x ln x.

    Returns:
        >= 0, and below the log of the weight over the smallest one; None without a level.

    Example:
        >>> theil_index(2.0, 4.0, 4.0 * math.log(2.0))  # two establishments with x = 2
        0.0
        >>> round(theil_index(2.0, 4.0, 3.0 * math.log(3.0)), 6)  # x = 1 and 3
        0.130812
    """
    if not level > 0:
        return None
    return max(0.0, level_log / level - math.log(level / weight))
