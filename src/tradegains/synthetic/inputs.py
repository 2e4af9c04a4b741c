"""What each two-digit industry buys, and the cut of the tariff on it. All of it is ASSUMED."""

from collections.abc import Iterator

from tradegains.formulas.tariffs import input_cut
from tradegains.synthetic.economy import INDUSTRIES

SERVICES = "70"  # no tariff is on them
# Of itself, of the industries five and twelve places on, and of services: share of all inputs, and
# the part of it that comes from the partner.
_BOUGHT = ((0, 0.35, 0.5), (5, 0.20, 0.4), (12, 0.15, 0.6))
_OF_SERVICES = (0.30, 0.0)


def input_rows() -> Iterator[tuple[str, str, float, float]]:
    """Industry, industry it buys from, share [0-1] and the partner's part of that [0-1]."""
    codes = [industry.code for industry in INDUSTRIES]
    for place, code in enumerate(codes):
        for step, share, partner in _BOUGHT:
            yield code, codes[(place + step) % len(codes)], share, partner
        yield code, SERVICES, *_OF_SERVICES


def input_cut_of(code: str) -> float:
    """The cut of what an industry buys from the partner [percentage points].

    Example:
        >>> round(input_cut_of("10"), 4)
        0.949
    """
    home = {industry.code: industry.tariff_cut for industry in INDUSTRIES}
    bought = [(other, share * part) for buyer, other, share, part in input_rows() if buyer == code]
    return input_cut(bought, home).cut
