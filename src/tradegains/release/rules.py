"""Rules of a release: a strict TOML file to frozen records.

Every threshold is a value of the file; there is no default in code. A further or misspelt key is
refused with the nearest valid one, a missing one by its name.
"""

import tomllib
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from types import UnionType
from typing import Any, get_args, get_origin

from tradegains.errors import Problem, StudyError

RELEASE, WITHHOLD = "release", "withhold"
ACTIONS = (RELEASE, WITHHOLD)
SIGNIFICANT = "significant"


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
    rounding: Rounding


def read_rules(path: Path) -> Rules:
    """The rules of a file.

    Raises:
        StudyError: naming everything that is wrong with it.
    """
    try:
        given = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        cure = "name a rules file, or an example: plain, strict or mild"
        raise StudyError(
            Problem(f"the rules cannot be read ({error.strerror})", str(path), cure=cure)
        ) from error
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        cure = "correct the file; plain, strict and mild name examples"
        raise StudyError(Problem(f"no TOML: {error}", str(path), cure=cure)) from error
    return rules_of(given, str(path))


def rules_of(given: dict[str, Any], where: str) -> Rules:
    """The rules of parsed TOML.

    Args:
        given: sections of the file.
        where: the file, for messages.

    Raises:
        StudyError: naming everything that is wrong.
    """
    problems = list(_unknown(given, [each.name for each in fields(Rules)], where, "section"))
    sections = {}
    for each in fields(Rules):
        assert isinstance(each.type, type)
        if not isinstance(given.get(each.name), dict):
            cure = f"add it: [{each.name}] with {', '.join(_names(each.type))}"
            problems.append(Problem(f"the section [{each.name}] is missing", where, cure=cure))
            continue
        found, wrong = _section(each.type, each.name, given[each.name], where)
        sections[each.name] = found
        problems += wrong
    if problems:
        raise StudyError(problems)
    return Rules(**sections)


def _section(kind: type, name: str, given: dict[str, Any], where: str) -> tuple[Any, list[Problem]]:
    problems = list(_unknown(given, _names(kind), f"{where} [{name}]", "key"))
    values = {}
    for each in fields(kind):
        place = f"{where} [{name}]"
        if each.name not in given:
            cure = f"state it; {_allowed(name, each.name)}"
            problems.append(Problem(f"the key {each.name} is missing", place, cure=cure))
            continue
        value = given[each.name]
        if not _fits(value, each.type) or not _is_allowed(name, each.name, value):
            cure = _allowed(name, each.name)
            problems.append(Problem(f"{each.name} = {value!r} cannot stand", place, cure=cure))
        values[each.name] = float(value) if each.type is float and _fits(value, float) else value
    return (None if problems else kind(**values)), problems


def _names(kind: type) -> list[str]:
    return [each.name for each in fields(kind)]


def _unknown(given: dict[str, Any], known: list[str], where: str, what: str) -> list[Problem]:
    found = []
    for name in given:
        if name not in known:
            near = get_close_matches(name, known, n=1)
            meant = f"did you mean {near[0]}? " if near else ""
            cure = f"{meant}{what}s: {', '.join(known)}"
            found.append(Problem(f"there is no rule of that name: {what} {name}", where, cure=cure))
    return found


def _fits(value: Any, kind: Any) -> bool:
    """Whether a value has the type of its key; true and false are no numbers."""
    if isinstance(value, bool):
        return False
    if get_origin(kind) is UnionType or isinstance(kind, UnionType):
        return any(_fits(value, each) for each in get_args(kind))
    return isinstance(value, int | float) if kind is float else isinstance(value, kind)


_LIMITS: dict[tuple[str, str], tuple[float, float]] = {
    ("contributors", "least"): (2, 1000),
    ("dominance", "largest"): (1, 2),
    ("dominance", "percent"): (0, 100),
    ("prior_posterior", "percent"): (0, 100),
    ("differences", "least"): (2, 1000),
    ("rounding", "values"): (0, 15),
}
"""Lowest and highest value of a number; percents must be above the lowest."""

_WORDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("dominance", "at_limit"): ACTIONS,
    ("groups", "zeros"): ACTIONS,
    ("groups", "full"): ACTIONS,
}


def _is_allowed(section: str, key: str, value: Any) -> bool:
    if (section, key) in _WORDS:
        return value in _WORDS[section, key]
    if (section, key) == ("rounding", "counts"):
        return value == SIGNIFICANT or (isinstance(value, int) and 0 <= value <= 1000)
    if (section, key) in _LIMITS:
        low, high = _LIMITS[section, key]
        return bool(low < value <= high if key == "percent" else low <= value <= high)
    return bool(value.strip())


def _allowed(section: str, key: str) -> str:
    """What a key may hold, in words."""
    if (section, key) in _WORDS:
        return f"one of {', '.join(_WORDS[section, key])}"
    if (section, key) == ("rounding", "counts"):
        return f'a base from 2 to 1000, 0 for none, or "{SIGNIFICANT}"'
    if (section, key) in _LIMITS:
        low, high = _LIMITS[section, key]
        return f"a number {'above' if key == 'percent' else 'from'} {low:g} to {high:g}"
    return "a text that is not empty"
