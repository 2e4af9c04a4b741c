"""Rates of adoption of who starts to export and of the others (Melitz and Trefler, Table 1)."""

from collections.abc import Mapping
from typing import Any

from tradegains.formulas.outcomes import rate
from tradegains.results.regressions import sample_name

AdoptionCounts = Mapping[tuple[int, float, float], int]
"""Establishments by quartile of productivity, whether they start and whether they adopt (0, 1)."""


def adoption_rate_rows(window: str, outcome: str, counted: AdoptionCounts) -> list[dict[str, Any]]:
    """A row for all never-exporters, and one for each quartile that has any.

    Args:
        window: its name.
        outcome: the column of 0 and 1.
        counted: establishments that have it in the window's last year.
    """
    quartiles = sorted({quartile for quartile, _, _ in counted})
    samples = (None, *quartiles) if quartiles else ()
    return [_row(window, outcome, counted, quartile) for quartile in samples]


def _row(
    window: str, outcome: str, counted: AdoptionCounts, quartile: int | None
) -> dict[str, Any]:
    def number(starts: float, *adopting: float) -> int:
        return sum(
            count
            for (each, started, adopted), count in counted.items()
            if quartile in (None, each) and started == starts and adopted in adopting
        )

    starters, others = number(1.0, 0.0, 1.0), number(0.0, 0.0, 1.0)
    of_starters, of_others = number(1.0, 1.0), number(0.0, 1.0)
    own, other = rate(of_starters, starters), rate(of_others, others)
    return {
        "window": window,
        "outcome": outcome,
        "sample": sample_name(quartile),
        "starters": starters,
        "starters_adopting": of_starters,
        "starter_rate": own,
        "others": others,
        "others_adopting": of_others,
        "other_rate": other,
        "difference": None if own is None or other is None else own - other,
    }
