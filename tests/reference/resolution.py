"""The decimals that a study's money counts to, found from its rows where the study states none."""

from collections.abc import Iterable
from dataclasses import replace
from fractions import Fraction
from typing import Any

from reference.rows import (
    MONEY,
    CountedCensus,
    Raw,
    fixed,
    flag_rows,
    is_quarantined,
    loses_digits,
    usable,
    weight_of,
)

LARGEST_PLAUSIBLE = 9e27
FINEST = 30


def with_decimals(raws: Iterable[Raw], study: Any) -> Any:
    """The study with the decimals of its money stated."""
    if study.census.money_decimals is not None:  # also where it was found before
        return study
    read = [raw for raw in raws if raw["year"] in study.years]
    found = counting(study, 2)
    huge = [each for raw in read for each in too_large(raw, found)]
    if huge:
        decimals = next(d for d in range(1, -FINEST, -1) if max(huge) <= 2**53 / Fraction(10) ** d)
        found = counting(study, decimals)
    flags = flag_rows(read, found)
    valid = [raw for raw, flag in zip(read, flags, strict=True) if not is_quarantined(flag, found)]
    if not any(loses_digits(raw, found) for raw in valid):
        return found
    return counting(study, max(found.census.money_decimals, finest(valid, found, rows=len(read))))


def counting(study: Any, decimals: int) -> Any:
    """The study with so many decimals of money."""
    stated = vars(study.census) | {"money_decimals": decimals}
    return replace(study, census=CountedCensus(**stated, limited_to=min(decimals, 2)))


def too_large(raw: Raw, study: Any) -> Iterable[float]:
    """Sizes of the row's money that hundredths cannot count and somebody might mean."""
    for name in MONEY:
        size = abs((raw.get(name) or 0.0) * weight_of(raw, study))
        if 90_071_992_547_409.0 < size <= LARGEST_PLAUSIBLE:
            yield size


def finest(valid: list[Raw], study: Any, *, rows: int) -> int:
    """The most decimals for which amounts stay below 2**50 units and their sums below 2**56."""
    unit = Fraction(10) ** -study.census.money_decimals
    sizes = [
        [abs(usable(raw, name, study) * weight_of(raw, study)) for raw in valid] for name in MONEY
    ]
    largest = Fraction(max(map(max, sizes)))
    units = [sum(fixed(size, float(1 / unit)) for size in each) for each in sizes]
    total = min(rows * largest, (max(units) + len(MONEY) * rows) * unit)
    decimals = FINEST
    while largest * 10**decimals > 2**50 or total * 10**decimals > 2**56:
        decimals -= 1
    return decimals
