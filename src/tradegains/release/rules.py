"""Rules of a release: a strict TOML file to frozen records.

Every threshold is a value of the file; there is no default in code. It is read as a study is
(`study.fields`): a further or misspelt key is refused with the nearest valid one, a missing one by
its name, each with its line.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, fields
from pathlib import Path
from typing import Any

from tradegains.errors import Problem, StudyError
from tradegains.study.fields import (
    TEXT,
    Findings,
    TomlTable,
    ValueKind,
    number,
    one_of,
    whole,
)

RELEASE, WITHHOLD = "release", "withhold"
ACTIONS = (RELEASE, WITHHOLD)
SIGNIFICANT = "significant"
BINS, TAILS = "bins", "tails"


@dataclass(frozen=True)
class Profile:
    """Name and purpose of a rules file, as the memo prints them."""

    name: str
    purpose: str


@dataclass(frozen=True)
class Contributors:
    """A number rests on at least `least` contributors."""

    least: int


@dataclass(frozen=True)
class Dominance:
    """The (n,k) rule: the `largest` largest hold at most `percent` of the total.

    `at_limit` is what becomes of a cell of which they hold exactly that: the Handbook on
    Statistical Disclosure Control releases it, ACRO withholds it.
    """

    largest: int
    percent: float
    at_limit: str


@dataclass(frozen=True)
class PriorPosterior:
    """The p % rule: what the third and later hold is at least `percent` of the largest."""

    percent: float


@dataclass(frozen=True)
class Groups:
    """Cells that tell something of a whole group: nobody is in it, or everybody."""

    zeros: str
    full: str


@dataclass(frozen=True)
class Differences:
    """Nested sets differ by nobody or by at least `least` contributors."""

    least: int


@dataclass(frozen=True)
class Positions:
    """Quantiles: as the bins of a histogram that leaves tell them ("bins"), or as they are where
    `least` contributors lie beyond them ("tails": n · min(p, 1 − p))."""

    rule: str
    least: int


@dataclass(frozen=True)
class Shapes:
    """Spreads rest on so many contributors beside the one that the mean takes: n − 1."""

    degrees_of_freedom: int


@dataclass(frozen=True)
class Models:
    """Regressions: residual degrees of freedom at least, and an explained share [percent] below.

    A regression that explains nearly all, or has hardly more rows than coefficients, gives its rows
    back.
    """

    degrees_of_freedom: int
    explained_percent: float


@dataclass(frozen=True)
class Rounding:
    """Of counts to a base, by size ("significant") or not (0); of values to digits or not (0)."""

    counts: int | str
    values: int


@dataclass(frozen=True)
class Rules:
    """Everything that a release is judged by."""

    profile: Profile
    contributors: Contributors
    dominance: Dominance
    prior_posterior: PriorPosterior
    groups: Groups
    differences: Differences
    positions: Positions
    shapes: Shapes
    models: Models
    rounding: Rounding


def read_rules(path: Path) -> Rules:
    """The rules of a file.

    Raises:
        StudyError: naming everything that is wrong with it.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
        given = tomllib.loads(text)
    except OSError as error:
        cure = "name a rules file, or an example: plain, strict or mild"
        raise StudyError(
            Problem(f"the rules cannot be read ({error.strerror})", str(path), cure=cure)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        cure = "correct the file; plain, strict and mild name examples"
        raise StudyError(Problem(f"no TOML: {error}", str(path), cure=cure)) from error
    return rules_of(given, str(path), text)


def rules_of(given: Mapping[str, Any], where: str, text: str = "") -> Rules:
    """The rules of parsed TOML.

    Args:
        given: sections of the file.
        where: the file, for messages.
        text: of the file, which tells lines.

    Raises:
        StudyError: naming everything that is wrong.
    """
    findings = Findings(where, text)
    root = TomlTable(given, "", findings)
    sections = {}
    for each in fields(Rules):
        assert isinstance(each.type, type)
        table = root.section(each.name, required=True)
        kinds = _KINDS[each.name]
        values = {key.name: table.required(key.name, kinds[key.name]) for key in fields(each.type)}
        sections[each.name] = each.type(**values)
    findings.close_tables()
    findings.raise_if_any()
    return Rules(**sections)


def _base(value: object) -> int | str | None:
    return SIGNIFICANT if value == SIGNIFICANT else whole(0, 1000).read(value)


_PERCENT = number(above=0, most=100)
_KINDS: Mapping[str, Mapping[str, ValueKind[Any]]] = {
    "profile": {"name": TEXT, "purpose": TEXT},
    "contributors": {"least": whole(2, 1000)},
    "dominance": {"largest": whole(1, 2), "percent": _PERCENT, "at_limit": one_of(ACTIONS)},
    "prior_posterior": {"percent": _PERCENT},
    "groups": {"zeros": one_of(ACTIONS), "full": one_of(ACTIONS)},
    "differences": {"least": whole(2, 1000)},
    "positions": {"rule": one_of((BINS, TAILS)), "least": whole(2, 1000)},
    "shapes": {"degrees_of_freedom": whole(2, 1000)},
    "models": {"degrees_of_freedom": whole(2, 1000), "explained_percent": _PERCENT},
    "rounding": {
        "counts": ValueKind(f'a base from 2 to 1000, 0 for none, or "{SIGNIFICANT}"', _base, 0),
        "values": whole(0, 15),
    },
}
"""What each key may hold."""
