"""How heavy the upper tail of a size is: Hill's estimate of its index.

Where the chance of a size above x falls as x to the power -a, a is the tail's index. Sums of sizes
have a variance above 2 alone: below it the jackknife, whose groups hold the sizes that were drawn
and no larger ones, finds too little of it, as the bootstrap of a mean does (Athreya 1987).

Source: Hill (1975), "A Simple General Approach to Inference About the Tail of a Distribution",
Annals of Statistics 3(5).
"""

import math
from collections.abc import Sequence

UPPER_PART = 20
"""The estimate is of the largest one in so many, which shall lie in the tail."""

MOST, FEWEST = 200, 20
"""Of these: its relative error is about one over the root of their number, 7 percent of 200."""


def tail_count(units: int) -> int:
    """How many of the largest the index is estimated from; 0 where they are too few.

    Args:
        units: of which the largest are taken.

    Example:
        >>> tail_count(35_000), tail_count(1_000), tail_count(399)
        (200, 50, 0)
    """
    count = min(MOST, units // UPPER_PART)
    return count if count >= FEWEST else 0


def tail_index(largest: Sequence[int]) -> float | None:
    """Hill's estimate from the largest sizes and, the last of them, the next one.

    Args:
        largest: in descending order; units do not matter.

    Returns:
        The index; None of fewer than two, where the last is not above 0, or where all are equal.

    Example:
        >>> tail_index([8, 4, 2]) == 2 / (math.log(4) + math.log(2))
        True
        >>> tail_index([3, 3, 3]), tail_index([3]), tail_index([3, 0])
        (None, None, None)

    Source: Hill (1975).
    """
    if len(largest) < 2 or largest[-1] <= 0:
        return None
    above = math.fsum(math.log(size / largest[-1]) for size in largest[:-1])
    return (len(largest) - 1) / above if above > 0.0 else None
