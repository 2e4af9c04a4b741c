"""The sum of the effects: a study's components in the layout of Melitz and Trefler's Table 2.

Decision: a component's effect and share are the study's own estimates, published numbers of this
very run named as `TABLE.COLUMN where COLUMN=VALUE, ...`, or numbers that the study states. A name
must select one row, or the cell says why it is empty; a contribution, subtotal or total that lacks
a part is empty too. A stated number is called that, and never stands beside the published one as if
it had been found.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar

from tradegains.formulas.accounting import Component, sum_error, total_contribution
from tradegains.literature import (
    MELITZ_TREFLER,
    ContributionRow,
    productivity_contributions,
    publication,
)
from tradegains.published.printing import fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.section import Section, section_of
from tradegains.report.welfare_rows import NumberOrReason
from tradegains.tables.references import FACTORS, read_reference

T = TypeVar("T")

SECTION, KEYS = "accounting", ("effect", "share")
PUBLISHED = 4  # place of the published contributions among the cells of a row


@dataclass(frozen=True)
class AccountingEntry:
    """A component with its numbers found: effect [percent], share of output [0-1]."""

    name: str
    group: str | None
    effect: NumberOrReason
    share: NumberOrReason
    origin: str
    published: ContributionRow | None
    error: float | None = None
    """Standard error of the contribution [percent]; None unless the study estimates it."""

    @property
    def contribution(self) -> NumberOrReason:
        """Effect times share [percent]; without either, the reason."""
        if self.effect.value is None or self.share.value is None:
            return NumberOrReason(None, self.effect.note or self.share.note)
        component = Component(self.name, self.effect.value, self.share.value)
        return NumberOrReason(component.contribution)


def section(run: PublishedRun) -> Section:
    """The components that the study names, and their total."""
    return section_of("accounting", "Accounting", "Accounting", accounting(run))


def accounting(run: PublishedRun) -> PageTable | None:
    """The components, subtotals of their groups and the total; None where the study has none."""
    entries = accounting_entries(run)
    if not entries:
        return None
    footnotes, compared = Footnotes(), any(entry.published for entry in entries)
    header: tuple[str, ...] = (
        "component",
        "effect",
        "share",
        "contribution",
        "published",
        "where it came from",
    )
    rows = list(_rows(entries, footnotes))
    if not compared:
        header, rows = _without(PUBLISHED, header), [_without(PUBLISHED, row) for row in rows]
    cited = f" Published: {publication(MELITZ_TREFLER).citation}" if compared else ""
    return PageTable(
        title="Effects on the productivity of all establishments",
        unit="effects and contributions in percent; shares of output",
        header=header,
        rows=tuple(rows),
        notes=footnotes.notes,
        remark=f"Contribution = effect × share of output.{_of_estimates(run)}{cited}",
        strong=len(rows) - 1,
    )


def _of_estimates(run: PublishedRun) -> str:
    """What sums of a study's own estimates are not."""
    if not run.rows("tariff_effects"):
        return ""
    return (
        " An estimated effect is what productivity goes with where cuts differ, and what else goes "
        "with cuts is in it. A sum adds estimates of different samples, whose covariances are not "
        "estimated: its error is told as if they had none, and as the largest that any could make "
        "it. Selection is the whole effect of the home cut over industries: what that cut does "
        "within establishments, which the paper finds to be nothing, is in it."
    )


def _without(place: int, cells: tuple[T, ...]) -> tuple[T, ...]:
    return cells[:place] + cells[place + 1 :]


def accounting_entries(run: PublishedRun) -> list[AccountingEntry]:
    """The study's components in its order, each with its numbers."""
    published = {row.name: row for row in productivity_contributions()}
    return [
        AccountingEntry(
            name=one["name"],
            group=one.get("group"),
            effect=_number(run, one, "effect"),
            share=_number(run, one, "share"),
            origin=_origin(run, one),
            published=None if "effect" in one else published.get(one.get("published", "")),
            error=_error(run, one),
        )
        for one in run.study.get(SECTION, [])
    ]


def _estimate(run: PublishedRun, component: dict[str, Any]) -> Mapping[str, Any] | None:
    """The study's own estimate of a row of Table 2, where it has one."""
    rows = run.rows("tariff_effects", accounting=component.get("published"))
    return rows[0] if len(rows) == 1 else None


def _error(run: PublishedRun, component: dict[str, Any]) -> float | None:
    """Standard error of a contribution that the study estimates itself."""
    if {"effect", *(f"{key}_from" for key in KEYS)} & component.keys():
        return None
    return (_estimate(run, component) or {}).get("contribution_standard_error")


def _number(run: PublishedRun, component: dict[str, Any], key: str) -> NumberOrReason:
    """A stated number, or the published one that is named."""
    if key in component:
        return NumberOrReason(float(component[key]))
    if f"{key}_from" not in component:
        found = _estimate(run, component) or {}
        value = found.get({"effect": "effect", "share": "output_share"}[key])
        why = found.get("note") or "the run has no estimate of it"
        return NumberOrReason(value, "" if value is not None else why)
    reference = component[f"{key}_from"]
    number = published_number(run, reference, FACTORS[key])
    if key == "share" and number.value is not None and not 0.0 <= number.value <= 1.0:
        return NumberOrReason(None, f"{reference} is not between 0 and 1")
    return number


def published_number(
    run: PublishedRun, reference: str, factors: Mapping[str, float]
) -> NumberOrReason:
    """The number that `TABLE.COLUMN where COLUMN=VALUE, ...` names, times its unit's factor.

    An empty value selects null. A unit without a factor is refused.
    """
    asked = read_reference(reference)
    if asked.unknown:
        told = f"there is no {asked.table}.{asked.unknown} in the published tables"
        return NumberOrReason(None, told)
    unit = asked.units[asked.column]
    if unit not in factors:
        told = f"{asked.place} is in {unit or 'no unit'}, not in {' or '.join(factors)}"
        return NumberOrReason(None, told)
    rows = [
        row
        for row in (run.tables[asked.table].to_pylist() if asked.table in run.tables else ())
        if all(_text(row[name]) == value for name, value in asked.where.items())
    ]
    if len(rows) != 1:
        return NumberOrReason(None, f"{reference}: {len(rows)} rows of this run, not one")
    value = rows[0][asked.column]
    if not isinstance(value, int | float):
        return NumberOrReason(None, str(rows[0].get("note") or f"{reference} has no number"))
    return NumberOrReason(factors[unit] * value)


def _text(value: object) -> str:
    return "" if value is None else str(value)


def _origin(run: PublishedRun, component: dict[str, Any]) -> str:
    """Where the numbers came from: the study's words, then the results it names."""
    named = [f"{key}: {component[f'{key}_from']}" for key in KEYS if f"{key}_from" in component]
    if "effect" in component:
        return "; ".join(["stated, not estimated", component["source"], *named])
    if not named and (found := _estimate(run, component)) is not None:
        error = _error(run, component)
        told = "" if error is None else f" (standard error of the contribution {fixed(error, 1)})"
        named = [f"estimated: {found['result'].replace('_', ' ')}{told}"]
    return "; ".join([component["source"], *named])


# --- rows -----------------------------------------------------------------------------------------


def _rows(entries: Sequence[AccountingEntry], notes: Footnotes) -> Iterator[tuple[Cell, ...]]:
    """Components by group, each group of several with its subtotal, then the total.

    HistogramCells: component, effect, share, contribution, published contribution, origin.
    """
    for group in dict.fromkeys(entry.group for entry in entries):
        members = [entry for entry in entries if entry.group == group]
        for entry in members:
            yield (
                *names([entry.name]),
                _cell(entry.effect, 1, notes),
                _cell(entry.share, 2, notes),
                _cell(entry.contribution, 1, notes),
                plain(None if entry.published is None else fixed(entry.published.contribution, 1)),
                Cell(entry.origin, numeric=False),
            )
        if group is not None and len(members) > 1:
            yield _sum_row(f"{group}, together", members, notes)
    yield _sum_row("Total", entries, notes)


def _sum_row(title: str, entries: Sequence[AccountingEntry], notes: Footnotes) -> tuple[Cell, ...]:
    parts = [entry.contribution for entry in entries]
    missing = [f"no number for {e.name}" for e in entries if e.contribution.value is None]
    total = NumberOrReason(None, missing[0]) if missing else NumberOrReason(_sum(parts))
    published = [entry.published for entry in entries if entry.published]
    whole = _published_sum(published) if len(published) == len(entries) else None
    return (
        *names([title]),
        Cell(""),
        Cell(""),
        _cell(total, 1, notes),
        plain(whole),
        Cell(f"sum of {len(entries)} components{_error_of_sum(entries)}", numeric=False),
    )


def _error_of_sum(entries: Sequence[AccountingEntry]) -> str:
    """What is known of a sum's standard error; nothing where a component has none."""
    errors = [entry.error for entry in entries if entry.error is not None]
    if len(errors) < len(entries):
        return ""
    found = sum_error(errors)
    return (
        f" (standard error {fixed(found.independent, 1)} of independent estimates, "
        f"at most {fixed(found.at_most, 1)})"
    )


def _sum(parts: Sequence[NumberOrReason]) -> float:
    """Sum of contributions that are all there."""
    values = [part.value for part in parts if part.value is not None]
    return total_contribution([Component(str(k), value) for k, value in enumerate(values)])


def _published_sum(rows: Sequence[ContributionRow]) -> str:
    """The printed total where all of its components are there, else the sum of the printed ones."""
    *components, total = productivity_contributions()
    if {row.name for row in rows} == {row.name for row in components}:
        return fixed(total.contribution, 1)
    return fixed(math.fsum(row.contribution for row in rows), 1)


def _cell(number: NumberOrReason, digits: int, notes: Footnotes) -> Cell:
    return notes.cell(None if number.value is None else fixed(number.value, digits), number.note)
