"""What stated errors of imports and of domestic sales do to a change of the domestic share.

Decisions:
- Errors are relative, independent of each other and between years: the same for the share of the
  continuing establishments in domestic sales falls out, for both are of the same reports.
- To first order: d ln lambda = (1 - lambda) (d ln X - d ln M), as lambda = X / (X + M).

Source: HLOY, section 2.1, for lambda; the first-order error of a function of measured numbers.
"""

import math
from collections.abc import Mapping


def domestic_share_error(
    weights: Mapping[int, float],
    domestic_shares: Mapping[int, float],
    *,
    imports: float,
    domestic_sales: float,
) -> float:
    """Standard error of a weighted sum of ln lambda over years [log points].

    A change over a window has the weights 1 at its end and -1 at its start, times its scale; the
    difference of two windows that share a year has their sum there.

    Args:
        weights: of ln lambda, by year.
        domestic_shares: lambda by year, in (0, 1].
        imports: relative standard error of imports, >= 0.
        domestic_sales: relative standard error of domestic sales, >= 0.

    Example:
        With a tenth of the market imported at both ends, 5 percent of imports are half a percent
        of the domestic share at each.

        >>> error = domestic_share_error(
        ...     {1988: -1.0, 1996: 1.0}, {1988: 0.9, 1996: 0.9}, imports=0.05, domestic_sales=0.0)
        >>> round(error, 6), round(0.005 * 2**0.5, 6)
        (0.007071, 0.007071)
    """
    each = math.hypot(imports, domestic_sales)
    parts = (weight * (1.0 - domestic_shares[year]) for year, weight in weights.items())
    return each * math.sqrt(math.fsum(part * part for part in parts))
