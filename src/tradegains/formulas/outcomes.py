"""Changes and rates, or the reason why there is none: what cannot be computed becomes no 0."""

import math
from typing import NamedTuple


class Outcome(NamedTuple):
    """A number, or None and the reason why there is none; a number may carry a note too."""

    value: float | None
    note: str = ""


def joined_notes(*notes: str) -> str:
    """Notes in one text, each once and empty ones left out.

    Example:
        >>> joined_notes("imports are not known", "", "no price", "imports are not known")
        'imports are not known; no price'
    """
    return "; ".join(dict.fromkeys(note for note in notes if note))


def minus(later: float | None, earlier: float | None) -> float | None:
    """Difference of two numbers; None where either is missing.

    Example:
        >>> minus(0.5, 0.25), minus(0.5, None)
        (0.25, None)
    """
    return None if later is None or earlier is None else later - earlier


def rate(part: float | None, whole: float | None) -> float | None:
    """Part over whole; None where either is missing or the whole is 0.

    Example:
        >>> rate(1, 4), rate(1, 0)
        (0.25, None)
    """
    return None if part is None or not whole else part / whole


def _level_problem(value: float | None) -> str:
    if value is None:
        return "is missing"
    if math.isnan(value) or math.isinf(value):
        return "is not a finite number"
    return "" if value > 0 else "is not positive"


def delta_ln(start: float | None, end: float | None, *, name: str = "the level") -> Outcome:
    """Change of a logarithm over a window, unscaled [log points].

    Args:
        start: level at the window's start.
        end: level at its end.
        name: what the level is called in a reason.

    Returns:
        ln(end / start), or None and the reason.

    Example:
        >>> round(delta_ln(2.0, 4.0).value, 6)
        0.693147
        >>> delta_ln(0.0, 4.0, name="imports")
        Outcome(value=None, note='imports at the start is not positive')
    """
    problems = [
        f"{name} at the {where} {problem}"
        for where, level in (("start", start), ("end", end))
        if (problem := _level_problem(level))
    ]
    if problems or start is None or end is None:
        return Outcome(None, "; ".join(problems))
    return Outcome(math.log(end / start))


def window_scale(start: int, end: int, scale_to_years: float | None = None) -> float:
    """Factor that brings a window's changes to a common length; 1 without one.

    Args:
        start: first year of the window.
        end: last year, after start.
        scale_to_years: the common length [years], > 0; None leaves changes as they are.

    Raises:
        ValueError: the window does not end after it starts.

    Example:
        >>> window_scale(1978, 1988, 8), window_scale(1988, 1996)
        (0.8, 1.0)

    Source: HLOY, footnote 13.
    """
    if end <= start:
        raise ValueError("a window ends after it starts")
    return 1.0 if scale_to_years is None else scale_to_years / (end - start)
