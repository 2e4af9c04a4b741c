"""Pairs of years whose establishments are compared: every window, and consecutive years."""

from collections.abc import Iterator
from dataclasses import dataclass

from tradegains.formulas.membership import BOTH_ENDS
from tradegains.results.sets import (
    BRIDGED_NEXT_YEAR,
    BRIDGED_PREVIOUS_YEAR,
    EXPORTER_NEXT_YEAR,
    NEXT_YEAR,
    PREVIOUS_YEAR,
    SetName,
    consecutive_years,
    continuing_set,
    exporter_at_end_set,
)
from tradegains.study import Study

WINDOW, ANNUAL = "window", "annual"


@dataclass(frozen=True)
class Period:
    """A window or a pair of consecutive years, and the sets that tell what a row does in it.

    Attributes:
        name: of the window, or START-END.
        kind: window or annual.
        ends: first and last year.
        also_at_end: rows of the first year whose establishment has a row in the last.
        also_at_start: the other way round.
        exporter_at_end: rows of the first year whose establishment exports in the last.
        bridged: rows of the first year whose establishment has not left by the last although it
            may have no row then, and rows of the last likewise; None where the study bridges no
            absences.
    """

    name: str
    kind: str
    ends: tuple[int, int]
    also_at_end: SetName
    also_at_start: SetName
    exporter_at_end: SetName
    bridged: tuple[SetName, SetName] | None = None

    @property
    def starting(self) -> str:
        """What the period is called in sets of what rows of its first year lack at an end."""
        return self.name if self.kind == WINDOW else "next_year"

    @property
    def ending(self) -> str:
        """The same of rows of its last year."""
        return self.name if self.kind == WINDOW else "previous_year"


def windows(study: Study) -> Iterator[Period]:
    """The study's windows."""
    for window in study.windows:
        both = continuing_set(window.name, BOTH_ENDS)
        exporter = exporter_at_end_set(window.name)
        yield Period(window.name, WINDOW, (window.start, window.end), both, both, exporter)


def consecutive(study: Study) -> Iterator[Period]:
    """Pairs of consecutive years, where the study asks for them."""
    bridged = (BRIDGED_NEXT_YEAR, BRIDGED_PREVIOUS_YEAR)
    for start, end in consecutive_years(study):
        yield Period(
            f"{start}-{end}",
            ANNUAL,
            (start, end),
            NEXT_YEAR,
            PREVIOUS_YEAR,
            EXPORTER_NEXT_YEAR,
            bridged if study.matching.reactivation_years else None,
        )
