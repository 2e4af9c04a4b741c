"""How far each choice alone moves the answer, the headline first.

Decision: one choice is changed at a time. What an elasticity does needs no further result: every
welfare change is a change of shares over sigma - 1 or epsilon, so it is rescaled to the published
range of Tables B1 and B2. A choice for which the run has no rows has no line.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from tradegains import literature
from tradegains.formulas.welfare import rescaled_welfare_change
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Footnotes, PageTable, names
from tradegains.report.welfare_rows import (
    DISTRIBUTIONS,
    FORMULA_NAMES,
    MELITZ_REDDING,
    NumberOrReason,
    Row,
    cutoff_rows,
    measured,
    total_rows,
    variants,
)

HEADLINE = "headline"
CHOICES = {
    "continuing": "continuing rule",
    "imports": "imports",
    "restriction": "continuing establishments",
}


@dataclass(frozen=True)
class Move:
    """The answer with one choice changed: numbers by window [log points]."""

    choice: str
    value: str
    numbers: tuple[NumberOrReason, ...]


def one_choice_at_a_time(run: PublishedRun) -> PageTable | None:
    """Welfare change under each choice alone, and how far it is from the headline.

    None without a headline number.
    """
    moves = list(found_moves(run))
    if not moves or all(number.value is None for number in moves[0].numbers):
        return None
    windows, footnotes = run.welfare_windows, Footnotes()
    headline = moves[0].numbers
    asked = (run.headline_window, run.difference and run.difference.name)
    moved = [window for window in windows if window in asked]
    rows = [
        (
            *names([move.choice, move.value]),
            *(footnotes.percent(number) for number in move.numbers),
            *(footnotes.percent(_less(move.numbers, headline, windows.index(w))) for w in moved),
        )
        for move in moves
    ]
    return PageTable(
        title="How far each choice moves the answer",
        unit="100 × Δ ln, in percent; move: less the headline, in percentage points",
        header=(
            "choice",
            "value",
            *map(run.window_title, windows),
            *map(run.window_years, moved),
        ),
        rows=tuple(rows),
        groups=(("", 2), ("welfare change", len(windows)), ("move", len(moved))),
        stub=2,
        notes=footnotes.notes,
        remark="One choice is changed at a time; all others are the headline's. Ranges of σ and ε: "
        f"HLOY's Tables B1 and B2.{_panel(run)}{_restrictions(run)}",
        strong=0,
    )


def found_moves(run: PublishedRun) -> Iterator[Move]:
    """The headline, then every choice that the run or the literature gives a number for."""
    base = total_rows(run)
    hloy = _numbers(run, base, "hloy")
    sigma = _elasticity(base, "hloy")
    yield Move(HEADLINE, "HLOY" if sigma is None else f"HLOY, σ = {sigma:g}", hloy)
    yield from _other_choices(run)
    if sigma is not None:
        estimates = [row.estimate for row in literature.table_b1()]
        for value, words in _range(estimates):
            yield Move("σ", f"{value:g}, {words} Table B1", _rescaled(hloy, sigma - 1, value - 1))
    together = total_rows(run, level="industries_aggregated")
    if together:
        yield Move("industries", "σ by industry, Sato-Vartia", _numbers(run, together, "hloy"))
    yield from _other_formulas(run, base)


def _other_choices(run: PublishedRun) -> Iterator[Move]:
    """Rows of the run that differ from the headline in exactly one choice."""
    headline = run.headline_choices
    for made in variants(run):
        differing = [key for key in CHOICES if made[key] != headline[key]]
        if len(differing) == 1:
            key = differing[0]
            numbers = _numbers(run, total_rows(run, **made), "hloy")
            yield Move(CHOICES[key], made[key], numbers)
    repaired = total_rows(run, ids="repaired") if "ids" in run.columns("welfare") else {}
    if repaired:
        yield Move("ids", "repaired by successors", _numbers(run, repaired, "hloy"))


def _other_formulas(run: PublishedRun, base: Mapping[tuple[str, str], Row]) -> Iterator[Move]:
    """ACR with its own and the published elasticities, and the formulas that the study adds."""
    for formula in sorted({name for _, name in base} - {"hloy", "hloy_minus_acr"}):
        numbers = _numbers(run, base, formula)
        epsilon = _elasticity(base, formula)
        if formula != "acr":
            yield Move("formula", FORMULA_NAMES.get(formula, formula), numbers)
            continue
        yield Move("formula", "ACR" if epsilon is None else f"ACR, ε = {epsilon:g}", numbers)
        if epsilon is not None:
            for value, words in _range([row.estimate for row in literature.table_b2()]):
                shown = f"ACR, ε = {value:g}, {words} Table B2"
                yield Move("formula", shown, _rescaled(numbers, epsilon, value))
    for (formula, distribution), rows in cutoff_rows(run).items():
        found = (measured(rows.get(w), "welfare_change") for w in run.welfare_windows)
        assumed = DISTRIBUTIONS.get(distribution, distribution)
        yield Move("formula", f"{MELITZ_REDDING[formula]}, {assumed}", tuple(found))


def _range(estimates: Sequence[float]) -> tuple[tuple[float, str], ...]:
    """The least and the largest published estimate."""
    return (min(estimates), "least of"), (max(estimates), "largest of")


def _numbers(
    run: PublishedRun, rows: Mapping[tuple[str, str], Row], formula: str
) -> tuple[NumberOrReason, ...]:
    """A formula's welfare change by window."""
    found = (rows.get((window, formula)) for window in run.welfare_windows)
    return tuple(measured(row, "welfare_change") for row in found)


def _elasticity(rows: Mapping[tuple[str, str], Row], formula: str) -> float | None:
    """The elasticity of a formula's rows."""
    return next((row["elasticity"] for (_, name), row in rows.items() if name == formula), None)


def _rescaled(
    numbers: Sequence[NumberOrReason], old: float, new: float
) -> tuple[NumberOrReason, ...]:
    """Changes of shares over one elasticity, over another."""
    return tuple(
        number
        if number.value is None
        else NumberOrReason(rescaled_welfare_change(number.value, old, new))
        for number in numbers
    )


def _less(
    numbers: Sequence[NumberOrReason], headline: Sequence[NumberOrReason], place: int
) -> NumberOrReason:
    """A number less the headline's in the same window."""
    here, there = numbers[place], headline[place]
    if here.value is None or there.value is None:
        return NumberOrReason(None, here.note or there.note)
    return NumberOrReason(here.value - there.value)


def _panel(run: PublishedRun) -> str:
    """What the rule panel selects on."""
    matching = run.section("matching")
    if "panel" not in matching.get("continuing", ()):
        return ""
    years = ", ".join(map(str, matching["panel_years"]))
    return (
        f" panel: there in all of {years}, so that who survives beyond a window, or was there "
        "before it, is selected as well."
    )


def _restrictions(run: PublishedRun) -> str:
    """What each restricted continuing set is, and what its number says."""
    titles = [f"{one['name']}: {one.get('title', '')}" for one in run.study.get("restrictions", [])]
    if not titles:
        return ""
    return (
        f" Restrictions: {'; '.join(titles)}. Restricted less unrestricted is the gain inside "
        "continuing establishments, if those of the restricted set had none."
    )
