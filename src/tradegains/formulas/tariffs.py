"""What a cut of a tariff is, and the cut of the tariff on an establishment's inputs."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass


def rate_cut(before: float, after: float, *, in_logs: bool) -> float:
    """How much a tariff fell.

    Args:
        before: rate before, or of all other countries [percent], > -100.
        after: rate after, or of the partner [percent], > -100.
        in_logs: whether as 100 times the fall of ln(1 + rate), not in percentage points.

    Returns:
        The cut, > 0 where the rate fell [percentage points, or log points times 100].

    Example:
        >>> rate_cut(16.0, 1.0, in_logs=False), round(rate_cut(16.0, 1.0, in_logs=True), 3)
        (15.0, 13.847)

    The two differ by 8 percent there, and so does a slope on them.
    """
    if in_logs:
        return 100.0 * (math.log1p(before / 100.0) - math.log1p(after / 100.0))
    return before - after


@dataclass(frozen=True)
class InputCut:
    """A cut of the tariff on inputs [as the cuts], and how many inputs have no cut of their own."""

    cut: float
    without_cut: int


def input_cut(shares: Iterable[tuple[str, float]], cuts: Mapping[str, float]) -> InputCut:
    """The mean cut of what an industry buys, weighted by its shares.

    Args:
        shares: industry bought from, and its share of the buyer's inputs [0-1].
        cuts: home cut by industry, codes of one length; longer codes are cut to it.

    Returns:
        What is bought where no cut is known, such as services, has the cut 0 and is counted.

    Example:
        >>> input_cut([("2610", 0.25), ("32", 0.5), ("72", 0.25)], {"26": 8.0, "32": 2.0})
        InputCut(cut=3.0, without_cut=1)

    Source: MT, "Gains from Love of Variety": the inputs of Canadian plants.
    """
    length = max(map(len, cuts), default=0)
    bought = [(share, cuts.get(code[:length])) for code, share in shares]
    total = math.fsum(share * cut for share, cut in bought if cut is not None)
    return InputCut(total, sum(cut is None for _, cut in bought))
