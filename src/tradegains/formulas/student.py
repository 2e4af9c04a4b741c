"""Student's t distribution with a whole number of degrees of freedom.

Decision: with whole degrees the distribution function is a finite sum of powers of a cosine, so it
needs no special function, and every machine adds up the same terms in the same order.
"""

import math
from functools import lru_cache

from tradegains.formulas.bisection import bisect
from tradegains.formulas.normal import normal_density, normal_quantile, normal_upper_tail

_FARTHEST = 1e7
"""Beyond this no quantile of a level that a study may state lies, with 1 degree of freedom."""

MANY_DEGREES = 1000
"""Beyond them the normal and three terms in 1/degrees are within 1e-10 of the finite sum, which has
as many terms as there are degrees: of a regression's robust errors they are as many as rows."""


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


def student_tail(t: float, degrees: int | None) -> float:
    """Probability of a value above t.

    Args:
        t: at least 0.
        degrees: of freedom, >= 1; None: the normal distribution.

    Example:
        >>> round(student_tail(2.0796138, 21), 6), round(student_tail(1.959964, None), 6)
        (0.025, 0.025)

    Source: Fisher (1925), Metron 5, for many degrees.
    """
    if degrees is None:
        return normal_upper_tail(t)
    if degrees <= MANY_DEGREES:
        return max(0.0, 1.0 - student_cdf(t, degrees))
    square = t * t
    terms = (
        (square + 1.0) / 4.0,
        (((3.0 * square - 7.0) * square - 5.0) * square - 3.0) / 96.0,
        (((((square - 11.0) * square + 14.0) * square + 6.0) * square - 3.0) * square - 15.0)
        / 384.0,
    )
    series: float = sum(term / degrees**power for power, term in enumerate(terms, start=1))
    return max(0.0, normal_upper_tail(t) + normal_density(t) * t * series)


@lru_cache
def t_quantile(probability: float, degrees: int | None) -> float:
    """The value that a share of the distribution lies at or below; quick with many degrees.

    Args:
        probability: in [0.5, 1).
        degrees: of freedom, >= 1; None: the normal distribution.

    Example:
        >>> round(t_quantile(0.975, 21), 4), round(t_quantile(0.975, None), 4)
        (2.0796, 1.96)

    Source: Fisher and Cornish (1960), Technometrics 2, for many degrees.
    """
    if degrees is not None and degrees <= MANY_DEGREES:
        return student_quantile(probability, degrees)
    z = normal_quantile(probability)
    if degrees is None:
        return z
    square = z * z
    terms = (
        (square + 1.0) / 4.0,
        ((5.0 * square + 16.0) * square + 3.0) / 96.0,
        (((3.0 * square + 19.0) * square + 17.0) * square - 15.0) / 384.0,
    )
    series: float = sum(term / degrees**power for power, term in enumerate(terms, start=1))
    return z + z * series
