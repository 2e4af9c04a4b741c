"""Errors of a slope on a cut that is a sum of shares: who has the same shares errs alike.

With x = sum over s of w_s X_s, where X_s is the cut of a product (or industry) and w_s its share of
an establishment, residuals of establishments with similar shares go together, whatever their
industry: errors that cluster by industry or are robust are too small. What was drawn are the cuts
X_s. With what is left of x once controls and effects are accounted for, its regression on the
shares gives each product's part of it, chi_s, and the error is

    sqrt(sum over s of (chi_s R_s)^2) / |sum of what is left of x times x|,   R_s = sum of w_s u

with u the residuals. Where each establishment has a single product and there are no controls, this
is the error clustered by product without factors for small samples. Tests take the normal.

Decision: products that nobody makes but together, in the same proportion, are one: no data tell
them apart. Where shares are combinations of each other in another way there is no error.

Source: Adao, Kolesar and Morales (2019), "Shift-share designs: theory and inference", Quarterly
Journal of Economics 134(4), 1949-2010.
"""

import math
from collections.abc import Sequence


def shift_share_error(
    parts: Sequence[float], residuals: Sequence[float], moved: float
) -> float | None:
    """Standard error of a slope; None where the regressor does not move.

    Args:
        parts: chi, of each product.
        residuals: R, sum of share times residual of each product.
        moved: sum of what is left of the cut (or the instrument) times the regressor.

    Example:
        >>> shift_share_error([1.0, -1.0], [3.0, 4.0], 2.0)
        2.5

    Source: Adao, Kolesar and Morales (2019).
    """
    if not moved:
        return None
    squares = math.fsum((a * b) ** 2 for a, b in zip(parts, residuals, strict=True))
    return math.sqrt(squares) / abs(moved)
