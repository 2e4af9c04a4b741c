"""One old industry as several new ones, by weights that a concordance states."""

import math
from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

Shares = Mapping[str, float]
"""Weight of each new industry of an old one."""


def counts_in(row: Mapping[str, Any], year: int) -> bool:
    """Whether a row of a concordance holds in a year; one without years holds in every year.

    Example:
        >>> [counts_in({"to_year": 2008}, year) for year in (2008, 2009)]
        [True, False]
    """
    return bool(row.get("from_year", year) <= year <= row.get("to_year", year))


def main_industry(shares: Shares) -> str:
    """The new industry with the largest weight; of equal ones the smallest code.

    Example:
        >>> main_industry({"0102": 0.4, "0103": 0.2, "0101": 0.4})
        '0101'
    """
    return min(shares, key=lambda code: (-shares[code], code))


def parts_numbers(splits: Mapping[str, Shares], *, digits: int) -> dict[str, int]:
    """A number for each old industry that is split: that of its main industry and a place before.

    Example:
        >>> parts_numbers({"0101": {"2201": 0.4, "2202": 0.6}}, digits=4)
        {'0101': 12202}
    """
    return {
        old: int(main_industry(splits[old])) + place * 10**digits
        for place, old in enumerate(sorted(splits), start=1)
    }


def split_whole(amount: int, shares: Shares) -> dict[str, int]:
    """Whole parts of a whole amount by the largest remainder; they add up to it.

    Equal remainders go to the smaller code first. Shares need not add up to exactly 1.

    Example:
        >>> split_whole(10, {"a": 0.25, "b": 0.75}), split_whole(-1, {"a": 0.5, "b": 0.5})
        ({'a': 3, 'b': 7}, {'a': 0, 'b': -1})
    """
    total = sum(map(Fraction, shares.values()))
    quotas = {code: amount * Fraction(shares[code]) / total for code in sorted(shares)}
    parts = {code: quota.__floor__() for code, quota in quotas.items()}
    left = amount - sum(parts.values())
    for code in sorted(quotas, key=lambda code: parts[code] - quotas[code])[:left]:
        parts[code] += 1
    return parts


def carried_over(parts: Sequence[tuple[float, float]]) -> float:
    """An industry's elasticity from those of the codes that a concordance gives to it.

    Args:
        parts: elasticity and weight (> 0) of each code, one or more; equal weights give the plain
            mean.

    Example:
        >>> carried_over([(3.0, 1.0), (4.0, 1.0)])
        3.5

    Source: HLOY, Table A1, note: an equally weighted concordance.
    """
    total = math.fsum(weight for _, weight in parts)
    return math.fsum(value * weight for value, weight in parts) / total
