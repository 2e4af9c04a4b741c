"""Published results that a study takes up by name, judged before the run that makes them."""

import re
from collections.abc import Iterable, Iterator

from tradegains.errors import Problem
from tradegains.study import AccountingComponent, Study
from tradegains.study.fields import nearest
from tradegains.tables.published import TABLES
from tradegains.tables.references import FACTORS, Reference, read_reference
from tradegains.tables.table import Table

_WHOLE = re.compile(r"-?\d+")


def reference_problems(study: Study) -> Iterator[Problem]:
    """What is wrong with the published numbers that components of the study name."""
    for component in study.accounting:
        for key in FACTORS:
            if (text := getattr(component, f"{key}_from")) is not None:
                yield from _reference_problems(study, component, key, read_reference(text))


def _reference_problems(
    study: Study, component: AccountingComponent, key: str, reference: Reference
) -> Iterator[Problem]:
    """What is wrong with one published number that a component names; at most one problem."""
    where = f'{key}_from of [[accounting]] "{component.name}"'
    units = reference.units
    if not units:
        what, cure = f"there is no table {reference.table}", _meant(reference.table, TABLES)
    elif reference.unknown:
        what = f"the table {reference.table} has no column {reference.unknown}"
        cure = _meant(reference.unknown, units)
    elif units[reference.column] not in FACTORS[key]:
        unit = units[reference.column] or "no unit"
        what = f"{reference.place} is in {unit}, which is no {key}"
        fitting = [name for name, found in units.items() if found in FACTORS[key]]
        cure = f"name one in {' or '.join(FACTORS[key])}"
        cure += f": {', '.join(fitting)}" if fitting else ""
    elif lacking := _lacking(study, TABLES[reference.table]):
        what = f"this study does not make the table {reference.table}"
        cure = f"{lacking}, or state {key} as a number"
    elif odd := _odd_values(study, reference):
        what, cure = odd
    else:
        return
    yield Problem(what, where, cure=cure)


def _lacking(study: Study, table: Table) -> str:
    """What a study would have to add to have a table; empty where it has it."""
    if table.section is not None and not study.has_section(table.section):
        return f"add [{table.section}]"
    missing = [name for name in table.inputs if name not in study.inputs.given()]
    return f"give the input {', '.join(missing)}" if missing else ""


def _odd_values(study: Study, reference: Reference) -> tuple[str, str] | None:
    """A value that no row can have, with the cure: a window not there, text for a number."""
    for name, value in reference.where.items():
        column, says = TABLES[reference.table].column(name), f"{name}={value} selects no row"
        is_whole = column.type.typeName() in ("integer", "long")
        if not value and not column.nullable:
            return f"{says}: {name} is never null", "correct the value, or leave it out"
        if value and is_whole and not _WHOLE.fullmatch(value):
            return f"{says}: {name} is a whole number", "correct the value"
        if value and column.words and value not in column.words:
            return says, _meant(value, column.words)
        windows = _windows(study)
        if value and name == "window" and value not in windows:
            return f"{name}={value} is no window of the study", _meant(value, windows)
    return None


def _windows(study: Study) -> list[str]:
    """Names that windows have in published tables."""
    named = [window.name for window in study.windows]
    if study.welfare.difference:
        named.append("-".join(study.welfare.difference))
    if study.matching.annual:
        named += [f"{year}-{year + 1}" for year in study.years if year + 1 in study.years]
    return named


def _meant(word: str, known: Iterable[str]) -> str:
    names = list(known)
    guess = nearest(word, names)
    return f"did you mean {guess}? " * bool(guess) + f"there are {', '.join(names)}"
