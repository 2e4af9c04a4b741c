"""Numbers that Melitz and Trefler quote, beside those of this run: for a study that names them.

Decision: what the run does not estimate stays in the list, with a dash and the reason, so that the
list is the paper's and not a choice of it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from tradegains.literature import (
    MELITZ_TREFLER,
    productivity_contributions,
    publication,
    quoted,
)
from tradegains.published.printing import fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain

Row = Mapping[str, Any]
Found = tuple[float | None, float | None, str]
"""A number, its standard error, and why there is no number."""


@dataclass(frozen=True)
class _Quoted:
    """A number of the paper, and where the run has it."""

    label: str
    value: float
    digits: int
    found: Callable[[PublishedRun, str], Found]


def quoted_numbers(run: PublishedRun) -> PageTable | None:
    """The paper's numbers beside this run's; None for a study that does not name the paper."""
    window = _window(run)
    if run.publication != MELITZ_TREFLER or window is None:
        return None
    marks = Footnotes()
    return PageTable(
        title="Melitz and Trefler's numbers, published and here",
        unit="percent; shares of output",
        header=("number", "published", "here", "s.e."),
        rows=tuple(_shown(one, run, window, marks) for one in _numbers()),
        notes=marks.notes,
        remark=f"Window {run.window_years(window)}. Words are the paper's: what this run's numbers "
        "hold, and what they do not, stands with their own tables. Published: "
        f"{publication(MELITZ_TREFLER).citation}",
    )


def _window(run: PublishedRun) -> str | None:
    """The window that the tariff effects explain, or else the last one of export entry."""
    stated = run.section("tariff_effects").get("after")
    entered = [row["window"] for row in run.rows("export_entry")]
    found: str | None = stated or (entered[-1] if entered else None)
    return found


def _shown(one: _Quoted, run: PublishedRun, window: str, marks: Footnotes) -> tuple[Cell, ...]:
    value, error, why = one.found(run, window)
    return (
        *names([one.label]),
        plain(fixed(one.value, one.digits)),
        marks.cell(None if value is None else fixed(value, one.digits), why),
        plain(None if error is None else fixed(error, one.digits)),
    )


def _numbers() -> Iterator[_Quoted]:
    def of(label: str, name: str, find: Callable[[PublishedRun, str], Found]) -> _Quoted:
        digits = 2 if name == "output_share_of_new_exporters" else 1
        return _Quoted(label, quoted(MELITZ_TREFLER, name).value, digits, find)

    yield of("exporters over the others of their industry", "exporter_premium", _premium)
    yield of("never-exporters that start", "starter_rate", _entry("starter_rate", None))
    due = "probability_due_to_cut"
    yield of("because of the cuts, bottom quartile", "starter_rate_bottom_quartile", _entry(due, 1))
    yield of("because of the cuts, top quartile", "starter_rate_top_quartile", _entry(due, 4))
    raw, late = _effect("raw_difference"), _effect("two_stage")
    yield of("growth of starters less that of others", "raw_growth_difference_of_starters", raw)
    yield of("effect of starting to export", "effect_of_exporting", late)
    share = _entry("starter_output_share", None, factor=1.0)
    yield of("output of starters", "output_share_of_new_exporters", share)
    exits = _tariff_effect(result="exit", kind="home")
    yield of("exit raised by the home cut", "exit_raised_by_cuts", exits)
    for row in productivity_contributions()[:-1]:
        yield _Quoted(row.component, row.contribution, 1, _contribution(row.name))
    both = _tariff_effect(result="double_difference", kind="home_and_foreign")
    yield of("both cuts over industries (footnote 8)", "productivity_raised_by_cuts", both)
    lost = "jobs_lost_in_low_productivity_firms"
    yield of("jobs lost, industries with the deepest home cuts", lost, _jobs_lost)


def _jobs_lost(run: PublishedRun, window: str) -> Found:
    """The fall of employment that the home cut goes with, as a number above 0."""
    found = _tariff_effect(result="employment_deepest", kind="home")(run, window)
    return (None if found[0] is None else -found[0], *found[1:])


def _one(run: PublishedRun, table: str, column: str, factor: float, **named: Any) -> Found:
    """A number and its error from the one row that is named."""
    rows = run.rows(table, **named)
    if len(rows) != 1:
        return None, None, "the run has no such row"
    (row,) = rows
    errors = {
        "probability_due_to_cut": "probability_standard_error",
        "coefficient": "standard_error",
        "effect": "standard_error",
        "contribution": "contribution_standard_error",
    }
    value, error = row[column], row.get(errors.get(column, ""))
    why = row["note"] or "null, without a note"
    scaled = [None if each is None else factor * each for each in (value, error)]
    return scaled[0], scaled[1], "" if value is not None else why


def _premium(run: PublishedRun, _: str) -> Found:
    named = {"model": "exporter_premium", "weighting": "unweighted", "term": "exporter"}
    return _one(run, "regressions", "premium_percent", 1.0, **named)


def _entry(
    column: str, quartile: int | None, *, factor: float = 100.0
) -> Callable[[PublishedRun, str], Found]:
    return lambda run, window: _one(
        run, "export_entry", column, factor, window=window, quartile=quartile
    )


def _effect(model: str) -> Callable[[PublishedRun, str], Found]:
    named = {"model": model, "outcome": "log_productivity_growth", "sample": "all"}
    return lambda run, window: _one(
        run, "regressions", "coefficient", 100.0, window=window, term="export_start", **named
    )


def _tariff_effect(**named: str) -> Callable[[PublishedRun, str], Found]:
    return lambda run, window: _one(run, "tariff_effects", "effect", 1.0, window=window, **named)


def _contribution(name: str) -> Callable[[PublishedRun, str], Found]:
    return lambda run, window: _one(
        run, "tariff_effects", "contribution", 1.0, window=window, accounting=name
    )
