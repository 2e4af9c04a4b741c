"""Growth of output per worker: a ratio of deflated sums at each end of a window.

Decision: every industry's output is deflated in its own prices of its own year before it is added
up, and employment is added up as it is. So an establishment that is split in two changes nothing,
and prices by industry weigh industries as their deflated output does.

Source: HLOY, section 3.3, last paragraph.
"""

import math
from collections.abc import Iterable
from typing import Any

from tradegains.formulas.outcomes import Outcome, delta_ln, joined_notes


def deflate(output: Any, price_index: Any) -> Any:
    """Output at the prices of the index's base [money unit of the base]; floats or Columns.

    Args:
        output: sales or value added [money unit].
        price_index: of its industry or the economy, above 0; 1 in the base.

    Example:
        >>> deflate(120.0, 1.2)
        100.0

    Source: HLOY, section 3.3.
    """
    return output / price_index


def output_per_worker(outputs: Iterable[tuple[float, float]], jobs: float) -> float:
    """Deflated output of some industries over all their jobs [money unit of the base per job].

    Args:
        outputs: sales or value added of each industry [money unit], and its price index, > 0.
        jobs: employment of all of them, > 0 [jobs].

    Example:
        >>> output_per_worker([(120.0, 1.2), (50.0, 1.0)], 10.0)
        15.0

    Source: HLOY, section 3.3.
    """
    return math.fsum(deflate(output, price) for output, price in outputs) / jobs


def output_per_worker_growth(start: Outcome, end: Outcome, *, scale: float = 1.0) -> Outcome:
    """Growth of output per worker over a window [log points].

    Args:
        start: output per worker at the start, or why there is none.
        end: the same at the end.
        scale: of the window, `outcomes.window_scale`.

    Returns:
        Scaled change of the logarithm, or None and the reason: a level is missing or not positive.

    Example:
        >>> round(output_per_worker_growth(Outcome(10.0), Outcome(20.0), scale=0.8).value, 6)
        0.554518
        >>> output_per_worker_growth(Outcome(None, "no price in 1988"), Outcome(20.0))
        Outcome(value=None, note='no price in 1988')

    Source: HLOY, section 3.3 and footnote 13.
    """
    if start.value is None or end.value is None:
        return Outcome(None, joined_notes(start.note, end.note))
    change = delta_ln(start.value, end.value, name="output per worker")
    return change if change.value is None else Outcome(change.value * scale)
