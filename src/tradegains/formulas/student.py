"""Student's t distribution with a whole number of degrees of freedom.

Decision: with whole degrees the distribution function is a finite sum of powers of a cosine, so it
needs no special function, and every machine adds up the same terms in the same order.
"""

import math
from functools import lru_cache

from tradegains.formulas.bisection import bisect

_FARTHEST = 1e7
"""Beyond this no quantile of a level that a study may state lies, with 1 degree of freedom."""


def student_cdf(t: float, degrees: int) -> float:
    """Probability of a value of at most t.

    Args:
        t: any finite number.
        degrees: of freedom, >= 1.

    Raises:
        ValueError: there are no degrees of freedom.

    Example:
        >>> round(student_cdf(2.0796138, 21), 6), student_cdf(0.0, 5)
        (0.975, 0.5)

    Source: Abramowitz and Stegun (1964), 26.7.3 and 26.7.4.
    """
    if degrees < 1:
        raise ValueError("Student's t needs a degree of freedom")
    angle = math.atan2(t, math.sqrt(degrees))
    sine, cosine = math.sin(angle), math.cos(angle)
    is_odd = degrees % 2
    term = cosine if is_odd else 1.0
    terms = [term] if degrees > 1 else []
    for power in range(3 if is_odd else 2, degrees - 1, 2):
        term *= cosine * cosine * (power - 1) / power
        terms.append(term)
    between = sine * math.fsum(terms)
    if is_odd:
        between = 2.0 / math.pi * (angle + between)
    return 0.5 + 0.5 * between


@lru_cache
def student_quantile(probability: float, degrees: int) -> float:
    """The value that a share of the distribution lies at or below.

    Args:
        probability: in [0.5, 1).
        degrees: of freedom, >= 1.

    Raises:
        ValueError: the probability is out of range, or there are no degrees of freedom.

    Example:
        >>> round(student_quantile(0.975, 99), 4), round(student_quantile(0.975, 1), 4)
        (1.9842, 12.7062)
    """
    if not 0.5 <= probability < 1.0:
        raise ValueError("the probability must be at least 0.5 and below 1")
    low, _ = bisect(lambda t: student_cdf(t, degrees) > probability, 0.0, _FARTHEST, halvings=80)
    return low
