"""Why a result is absent: one record from what measures a study to who reads the run."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, fields
from typing import Literal, get_args

Kind = Literal["input", "table", "result", "regression", "term"]


@dataclass(frozen=True)
class Absence:
    """A result or an input that a run does not have.

    Attributes:
        kind: what is absent: an input, a whole table, a result in a table, a family of
            regressions, or a term of all of them.
        name: of the input, table, result, family or term.
        section: section of the study that would have to state it; None: the reason is another.
        reason: in words, for a reader.

    Example:
        >>> print(Absence("table", "size_fits", "size_fits", "the study has no [size_fits]"))
        table size_fits: the study has no [size_fits]
    """

    kind: Kind
    name: str
    section: str | None
    reason: str

    @property
    def what(self) -> str:
        """Kind and name; a result by its name alone."""
        return self.name if self.kind == "result" else f"{self.kind} {self.name}"

    def __str__(self) -> str:
        return f"{self.what}: {self.reason}"


def without_section(kind: Kind, name: str, section: str) -> Absence:
    """A result that is absent because the study has no such section."""
    return Absence(kind, name, section, f"the study has no [{section}]")


def not_given(name: str) -> Absence:
    """An input that the study does not name."""
    return Absence("input", name, "inputs", "not given under [inputs]")


def absences_json(absences: Iterable[Absence]) -> str:
    """The records as the table `runs` keeps them: a JSON list of objects.

    Example:
        >>> print(absences_json([Absence("term", "tariff_cut", None, "no cuts")]))
        [{"kind": "term", "name": "tariff_cut", "section": null, "reason": "no cuts"}]
    """
    return json.dumps([asdict(absence) for absence in absences])


def read_absences(text: str | None) -> tuple[Absence, ...]:
    """The records of a published run, also of one that an earlier version published.

    Versions up to 0.1 wrote an object: what is absent, as one text, and the reason.

    Example:
        >>> read_absences('{"table coverage": "it needs the input control_totals"}')[0].name
        'coverage'
    """
    found = json.loads(text or "[]")
    if isinstance(found, Mapping):
        return tuple(_of_texts(what, why) for what, why in found.items())
    known = [each.name for each in fields(Absence)]  # a later version may tell more
    return tuple(Absence(**{name: record.get(name) for name in known}) for record in found)


def _of_texts(what: str, why: str) -> Absence:
    kind, _, name = what.partition(" ")
    for known in get_args(Kind):
        if kind == known:
            return Absence(known, name, None, why)
    return Absence("result", what, None, why)
