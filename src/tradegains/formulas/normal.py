"""The standard normal distribution: density, distribution function, hazard and quantile.

The engines have no error function, so the distribution function is built from Cody's three
rational pieces, which use `+ - * /` only and take a float or a Column alike. What an engine spells
its own way, exp and the choice of the piece, stays with the caller. On a Column `z`::

    size = F.least(F.abs(z), F.lit(FAR_END))
    head, rest = gaussian_exponents(size)
    factor = F.when(size <= MIDDLE_END, middle_tail_factor(size)).otherwise(far_tail_factor(size))
    tail = factor * F.exp(head) * F.exp(rest)
    F.when(size <= CENTRAL_END, 0.5 + central_offset(z)).when(z < 0, tail).otherwise(1.0 - tail)

which is `normal_cdf` line by line.
"""

import math
from collections.abc import Sequence
from statistics import NormalDist
from typing import Any

CENTRAL_END = 0.67448975
"""End of the central piece [standard deviations]: half of the probability lies inside."""
MIDDLE_END = 5.656854249492381
"""End of the middle piece [standard deviations]: the square root of 32."""
FAR_END = 39.0
"""Beyond this [standard deviations] the tail is below the smallest double: it is 0."""

DENSITY_AT_ZERO = 0.3989422804014327
"""1 / sqrt(2 pi)."""

# Highest power first. Cody (1969), tables for erf and erfc, rescaled to the normal (ANORM, 1993).
_CENTRAL_NUMERATOR = (
    0.065682337918207449113,
    2.2352520354606839287,
    161.02823106855587881,
    1067.6894854603709582,
    18154.981253343561249,
)
_CENTRAL_DENOMINATOR = (
    1.0,
    47.20258190468824187,
    976.09855173777669322,
    10260.932208618978205,
    45507.789335026729956,
)
_MIDDLE_NUMERATOR = (
    1.0765576773720192317e-8,
    0.39894151208813466764,
    8.8831497943883759412,
    93.506656132177855979,
    597.27027639480026226,
    2494.5375852903726711,
    6848.1904505362823326,
    11602.651437647350124,
    9842.7148383839780218,
)
_MIDDLE_DENOMINATOR = (
    1.0,
    22.266688044328115691,
    235.38790178262499861,
    1519.377599407554805,
    6485.558298266760755,
    18615.571640885098091,
    34900.952721145977266,
    38912.003286093271411,
    19685.429676859990727,
)
_FAR_NUMERATOR = (
    0.02307344176494017303,
    0.21589853405795699,
    0.1274011611602473639,
    0.022235277870649807,
    0.001421619193227893466,
    2.9112874951168792e-5,
)
_FAR_DENOMINATOR = (
    1.0,
    1.28426009614491121,
    0.468238212480865118,
    0.0659881378689285515,
    0.00378239633202758244,
    7.29751555083966205e-5,
)

# 2^27 + 1: multiplying by it and subtracting splits a double into two halves of 26 bits.
_SPLITTER = 134217729.0


def _polynomial(coefficients: Sequence[float], x: Any) -> Any:
    value = coefficients[0] * x
    for coefficient in coefficients[1:-1]:
        value = (value + coefficient) * x
    return value + coefficients[-1]


def gaussian_exponents(z: Any) -> tuple[Any, Any]:
    """Two numbers whose sum is -z^2/2, the first of them exact: exp(both) loses no digits.

    The exponential of the rounded square would be wrong by z^2 / 4 units in its last place.

    Args:
        z: standard deviations, |z| below 1e300 [float or Column].

    Example:
        >>> head, rest = gaussian_exponents(0.1)
        >>> round(head + rest, 15), abs(rest) < 1e-9
        (-0.005, True)
    """
    head = z * _SPLITTER - (z * _SPLITTER - z)
    return -0.5 * head * head, -0.5 * (z - head) * (z + head)


def central_offset(z: Any) -> Any:
    """Distribution function minus one half, for |z| <= CENTRAL_END [float or Column].

    Example:
        >>> round(central_offset(0.5), 12)
        0.191462461274

    Source: Cody (1969), Mathematics of Computation 23, p. 637; ANORM in Cody (1993).
    """
    square = z * z
    ratio = _polynomial(_CENTRAL_NUMERATOR, square) / _polynomial(_CENTRAL_DENOMINATOR, square)
    return z * ratio


def middle_tail_factor(size: Any) -> Any:
    """Upper tail over exp(-size^2/2), for CENTRAL_END <= size <= MIDDLE_END [float or Column].

    Example:
        >>> import math
        >>> round(middle_tail_factor(2.0) * math.exp(-2.0), 12)
        0.022750131948

    Source: as `central_offset`.
    """
    return _polynomial(_MIDDLE_NUMERATOR, size) / _polynomial(_MIDDLE_DENOMINATOR, size)


def far_tail_factor(size: Any) -> Any:
    """Upper tail over exp(-size^2/2), for size >= MIDDLE_END [float or Column].

    Example:
        >>> round(far_tail_factor(1e9) * 1e9, 12)  # the tail tends to density / size
        0.398942280401

    Source: as `central_offset`.
    """
    inverse = 1.0 / (size * size)
    ratio = _polynomial(_FAR_NUMERATOR, inverse) / _polynomial(_FAR_DENOMINATOR, inverse)
    return (DENSITY_AT_ZERO - inverse * ratio) / size


def _tail_factor(size: float) -> float:
    factor = middle_tail_factor if size <= MIDDLE_END else far_tail_factor
    return float(factor(size))


def normal_density(z: float) -> float:
    """Density of the standard normal at z.

    Example:
        >>> round(normal_density(1.0), 12)
        0.241970724519
    """
    head, rest = gaussian_exponents(min(abs(z), FAR_END))
    return DENSITY_AT_ZERO * math.exp(head) * math.exp(rest)


def normal_cdf(z: float) -> float:
    """Probability that a standard normal is at most z, exact to 1e-14 also relative to itself.

    Args:
        z: standard deviations; infinities give 0 and 1, NaN gives NaN.

    Returns:
        A probability in [0, 1].

    Example:
        >>> round(normal_cdf(1.0), 12), f"{normal_cdf(-20.0):.12e}"
        (0.841344746069, '2.753624118606e-89')

    Source: Cody (1969), Mathematics of Computation 23, pp. 631-637.
    """
    size = min(abs(z), FAR_END)
    if size <= CENTRAL_END:
        return 0.5 + float(central_offset(z))
    head, rest = gaussian_exponents(size)
    tail = _tail_factor(size) * math.exp(head) * math.exp(rest)
    return tail if z < 0 else 1.0 - tail


def normal_upper_tail(z: float) -> float:
    """Probability that a standard normal exceeds z, as exact for large z as for small.

    Example:
        >>> f"{normal_upper_tail(8.0):.6e}"
        '6.220961e-16'
    """
    return normal_cdf(-z)


def log_upper_tail(z: float) -> float:
    """Log of the probability that a standard normal exceeds z; it does not underflow.

    Args:
        z: standard deviations, finite.

    Example:
        >>> round(log_upper_tail(100.0), 6)
        -5005.524209
    """
    if z <= CENTRAL_END:
        return math.log1p(-normal_cdf(z))
    return -0.5 * z * z + math.log(_tail_factor(z))


def normal_hazard(z: float) -> float:
    """Density over upper tail (the inverse Mills ratio), without underflow for large z.

    Args:
        z: standard deviations, finite.

    Returns:
        The hazard, above max(0, z) and rising with z.

    Example:
        >>> round(normal_hazard(0.0), 12), round(normal_hazard(1e6) - 1e6, 9)
        (0.797884560803, 1e-06)
    """
    if z <= CENTRAL_END:
        return normal_density(z) / normal_upper_tail(z)
    return DENSITY_AT_ZERO / _tail_factor(z)


def normal_quantile(probability: float) -> float:
    """The z below which a standard normal lies with this probability.

    Args:
        probability: strictly between 0 and 1.

    Returns:
        Standard deviations.

    Raises:
        ValueError: the probability is not strictly between 0 and 1.

    Example:
        >>> round(normal_quantile(0.8), 7)
        0.8416212

    Source: Wichura (1988), algorithm AS 241, as in Python's statistics.NormalDist.
    """
    if not 0.0 < probability < 1.0:
        raise ValueError("a probability strictly between 0 and 1 is needed")
    return NormalDist().inv_cdf(probability)
