"""exp, log and log1p on the driver as Java's StrictMath has them, to the last bit.

Spark computes these three by StrictMath, whose bits Java's specification fixes: those of fdlibm.
The C library's differ in the last one, now and then. So few rows as fit the driver are summed there
without a job of Spark's for every step of a probit, and it shows nowhere which of the two did it.

Every line is one of fdlibm's, in its order, of all values at once; where it branches, both ways are
computed and one is taken. Arguments are finite.

Source: Sun's fdlibm 5.3, e_exp.c, e_log.c and s_log1p.c.

>>> values = np.array([-0.7, 0.3])
>>> exp(values).tolist(), log1p(values).tolist()
([0.4965853037914095, 1.3498588075760032], [-1.203972804325936, 0.26236426446749106])
"""

from typing import Final

import numpy as np

from tradegains.statistics.arrays import FloatArray, IntArray

_LN2_HIGH: Final = float.fromhex("0x1.62e42feep-1")
_LN2_LOW: Final = float.fromhex("0x1.a39ef35793c76p-33")
_INVERSE_LN2: Final = float.fromhex("0x1.71547652b82fep0")
_OVERFLOW, _UNDERFLOW = 7.09782712893383973096e02, -7.45133219101941108420e02
_EXP: Final = (
    1.66666666666666019037e-01,
    -2.77777777770155933842e-03,
    6.61375632143793436117e-05,
    -1.65339022054652515390e-06,
    4.13813679705723846039e-08,
)
_LOG: Final = (
    6.666666666666735130e-01,
    3.999999999940941908e-01,
    2.857142874366239149e-01,
    2.222219843214978396e-01,
    1.818357216161805012e-01,
    1.531383769920937332e-01,
    1.479819860511658591e-01,
)


@np.errstate(over="ignore")  # in the ways that are not taken
def exp(x: FloatArray) -> FloatArray:
    """e to the x."""
    x = np.clip(x, -800.0, 800.0)
    size = _high(x) & 0x7FFFFFFF
    is_negative = np.signbit(x)
    # x = k ln 2 + r with |r| at most half of ln 2, r in two parts.
    whole = np.trunc(_INVERSE_LN2 * x + np.where(is_negative, -0.5, 0.5))
    k = np.where(size < 0x3FF0A2B2, np.where(is_negative, -1.0, 1.0), whole)
    k = np.where(size > 0x3FD62E42, k, 0.0)
    high, low = x - k * _LN2_HIGH, k * _LN2_LOW
    r = high - low
    t = r * r
    c = r - t * _horner(t, _EXP)
    unscaled = np.where(
        k == 0, 1.0 - ((r * c) / (c - 2.0) - r), 1.0 - ((low - (r * c) / (2.0 - c)) - high)
    )
    found = np.ldexp(unscaled, k.astype(np.int32))
    found = np.where(size < 0x3E300000, 1.0 + x, found)
    return np.where(x > _OVERFLOW, np.inf, np.where(x < _UNDERFLOW, 0.0, found))


@np.errstate(over="ignore")  # in the ways that are not taken
def log(x: FloatArray) -> FloatArray:
    """The natural logarithm of positive numbers."""
    is_tiny = x < 2.0**-1022
    x = np.where(is_tiny, x * 2.0**54, x)
    high = _high(x)
    part = high & 0xFFFFF
    above = (part + 0x95F64) & 0x100000  # x, or half of it, is near 1
    k = ((high >> 20) - 1023 + (above >> 20) - np.where(is_tiny, 54, 0)).astype(np.float64)
    f = _with_high(x, part | (above ^ 0x3FF00000)) - 1.0
    s = f / (2.0 + f)
    z = s * s
    w = z * z
    odd, even = w * _horner(w, _LOG[1::2]), z * _horner(w, _LOG[0::2])
    rest = even + odd
    square = 0.5 * f * f
    is_far = ((part - 0x6147A) | (0x6B851 - part)) > 0
    low, high_part = k * _LN2_LOW, k * _LN2_HIGH
    of_far = np.where(
        k == 0,
        f - (square - s * (square + rest)),
        high_part - ((square - (s * (square + rest) + low)) - f),
    )
    of_near = np.where(k == 0, f - s * (f - rest), high_part - ((s * (f - rest) - low) - f))
    short = f * f * (0.5 - 0.33333333333333333 * f)
    of_one = np.where(k == 0, f - short, high_part - ((short - low) - f))
    of_one = np.where(f == 0, high_part + low, of_one)
    is_one = (0xFFFFF & (2 + part)) < 3
    return np.where(is_one, of_one, np.where(is_far, of_far, of_near))


@np.errstate(over="ignore")  # in the ways that are not taken
def log1p(x: FloatArray) -> FloatArray:
    """The natural logarithm of 1 + x, of x above -1."""
    size = _high(x) & 0x7FFFFFFF
    # Above -0.2929 and below 0.41422 x itself is what the series is of.
    is_plain = (x < 0.5) & np.where(x > 0, size < 0x3FDA827A, size <= 0x3FD2BEC3)
    one_more = np.where(size < 0x43400000, 1.0 + x, x)
    u = np.where(is_plain, 1.0, one_more)
    high = _high(u)
    k = (high >> 20) - 1023
    lost = np.where(k > 0, 1.0 - (u - x), x - (u - 1.0)) / u
    c = np.where(is_plain | (size >= 0x43400000), 0.0, lost)
    part = high & 0xFFFFF
    is_low = part < 0x6A09E
    u = _with_high(u, part | np.where(is_low, 0x3FF00000, 0x3FE00000))
    k = np.where(is_plain, 0, k + np.where(is_low, 0, 1)).astype(np.float64)
    part = np.where(is_low, part, (0x100000 - part) >> 2)
    part = np.where(is_plain, 1, part)
    f = np.where(is_plain, x, u - 1.0)
    square = 0.5 * f * f
    low, high_part = k * _LN2_LOW + c, k * _LN2_HIGH
    short = square * (1.0 - 0.66666666666666666 * f)
    of_one = np.where(k == 0, f - short, high_part - ((short - low) - f))
    of_one = np.where(f == 0, np.where(k == 0, 0.0, high_part + (c + k * _LN2_LOW)), of_one)
    s = f / (2.0 + f)
    z = s * s
    rest = z * _horner(z, _LOG)
    found = np.where(
        k == 0,
        f - (square - s * (square + rest)),
        high_part - ((square - (s * (square + rest) + low)) - f),
    )
    found = np.where(part == 0, of_one, found)
    tiny = np.where(size < 0x3C900000, x, x - x * x * 0.5)
    return np.where(size < 0x3E200000, tiny, found)


def _horner(t: FloatArray, coefficients: tuple[float, ...]) -> FloatArray:
    """c0 + t (c1 + t (c2 + ...)), from within."""
    found = np.full_like(t, coefficients[-1])
    for each in coefficients[-2::-1]:
        found = each + t * found
    return found


def _high(x: FloatArray) -> IntArray:
    """Sign, exponent and the first twenty digits of doubles, as whole numbers of 32 bits."""
    return (np.ascontiguousarray(x).view(np.uint64) >> np.uint64(32)).astype(np.int64)


def _with_high(x: FloatArray, high: IntArray) -> FloatArray:
    """The doubles with others of these in front of their last digits."""
    low = np.ascontiguousarray(x).view(np.uint64) & np.uint64(0xFFFFFFFF)
    found: FloatArray = ((high.astype(np.uint64) << np.uint64(32)) | low).view(np.float64)
    return found
