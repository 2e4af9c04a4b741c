"""Strict reading of TOML tables: every problem is kept with its line, and reading goes on.

A key that is missing or unfit is replaced by a blank of its type, so that one reading finds every
problem of the file; the blanks never leave this package, since any problem ends in a StudyError.
"""

import difflib
import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from tradegains.errors import Problem, StudyError
from tradegains.study.lines import key_lines, line_of
from tradegains.study.writing import toml_value

T = TypeVar("T")

_NAME = re.compile(r"[^\W\d]\w*")
_RESULT = re.compile(r"\w+\.\w+( where \w+=[^,=]*(, \w+=[^,=]*)*)?")


@dataclass(frozen=True)
class ValueKind(Generic[T]):
    """What a key may hold: in words, how to read it (None: unfit), and a blank of its type."""

    expected: str
    read: Callable[[object], T | None]
    blank: T
    several: str = ""
    options: tuple[str, ...] = ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value.strip() else None


def _name(value: object) -> str | None:
    return value if isinstance(value, str) and _NAME.fullmatch(value) else None


def _flag(value: object) -> bool | None:
    return value if isinstance(value, bool) else None


def _result(value: object) -> str | None:
    return value if isinstance(value, str) and _RESULT.fullmatch(value) else None


TEXT = ValueKind("a text in quotes, not empty", _text, "", "texts in quotes")
NAME = ValueKind("a name of letters, digits and _ that begins with a letter", _name, "", "names")
RESULT = ValueKind("a published result: TABLE.COLUMN where COLUMN=VALUE, COLUMN=VALUE", _result, "")
FLAG = ValueKind("true or false", _flag, False)


def whole(low: int, high: int, several: str = "whole numbers") -> ValueKind[int]:
    """A whole number from `low` to `high`."""

    def read(value: object) -> int | None:
        fits = isinstance(value, int) and not isinstance(value, bool) and low <= value <= high
        return int(value) if fits and isinstance(value, int) else None

    return ValueKind(f"a whole number from {low} to {high}", read, low, several)


def number(
    *, above: float = -math.inf, least: float = -math.inf, most: float = math.inf
) -> ValueKind[float]:
    """A finite number greater than `above`, at least `least` and at most `most`."""

    def read(value: object) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            return None
        is_within = above < value and least <= value <= most
        return float(value) if is_within and math.isfinite(value) else None

    limits = {"greater than": above, "at least": least, "at most": most}
    told = [f"{words} {limit:g}" for words, limit in limits.items() if math.isfinite(limit)]
    return ValueKind(" ".join(["a number", " and ".join(told)]).rstrip(), read, math.nan, "numbers")


def one_of(options: Sequence[str]) -> ValueKind[str]:
    """One of a few words."""

    def read(value: object) -> str | None:
        return value if isinstance(value, str) and value in options else None

    words = quoted(options)
    return ValueKind(
        f"one of {words}" if len(options) > 1 else words, read, "", words, tuple(options)
    )


def list_of(kind: ValueKind[T], *, at_least: int) -> ValueKind[tuple[T, ...]]:
    """A list of distinct values of one kind; its order is kept."""

    def read(value: object) -> tuple[T, ...] | None:
        if not isinstance(value, list) or len(value) < at_least:
            return None
        items = [item for item in map(kind.read, value) if item is not None]
        distinct = len(items) == len(value) == len(set(items))
        return tuple(items) if distinct else None

    few = f", at least {at_least}" if at_least else ""
    expected = f"a list [...] of {kind.several}{few}, none twice"
    return ValueKind(expected, read, (), options=kind.options)


YEAR = whole(1000, 9999, "years")


def quoted(words: Iterable[str]) -> str:
    """Words in quotes, separated by commas."""
    return ", ".join(f'"{word}"' for word in words)


def nearest(word: str, options: Iterable[str]) -> str | None:
    """The option that a misspelt word most resembles, if any does.

    Example:
        >>> nearest("numeratr", ["denominator", "numerator"])
        'numerator'
    """
    by_lower = {option.lower(): option for option in options}
    close = difflib.get_close_matches(word.lower(), list(by_lower), n=1)
    return by_lower[close[0]] if close else None


class Findings:
    """The problems of one TOML file, each at its key, and the tables read so far."""

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.tables: list[TomlTable] = []
        self.expected_at: set[str] = set()
        self._lines = key_lines(text)
        self._found: list[tuple[int, str, Problem]] = []

    def add(self, path: str, what: str, cure: str) -> None:
        """Keep a problem of the key or table at a dotted path."""
        line = line_of(path, self._lines)
        where = self.file if line is None else f"{self.file}, line {line}"
        self._found.append((line or 0, path, Problem(what, where, cure=cure)))

    def add_elsewhere(self, problem: Problem) -> None:
        """Keep a problem that has no place in the file."""
        self._found.append((10**9, "", problem))

    def sound(self, *sections: str) -> bool:
        """Whether these sections have no problem so far."""
        return not {path.split(".")[0] for _, path, _ in self._found} & set(sections)

    def close_tables(self) -> None:
        """Report the keys no one asked for and the required keys no one gave."""
        for table in self.tables:
            table.close()

    def raise_if_any(self) -> None:
        """Raise one StudyError that holds every problem, in the order of the file."""
        if self._found:
            found = sorted(self._found, key=lambda item: item[0])
            raise StudyError(problem for _, _, problem in found)


class TomlTable:
    """One table of a TOML file; every key it may hold is asked for by name."""

    def __init__(self, values: Mapping[str, object] | None, path: str, findings: Findings) -> None:
        self.path = path
        self.values = {} if values is None else dict(values)
        self.findings = findings
        self._absent = values is None
        self.known: list[str] = []
        self._missing: dict[str, str] = {}
        findings.tables.append(self)

    def __contains__(self, key: str) -> bool:
        return key in self.values

    def required(self, key: str, kind: ValueKind[T]) -> T:
        """Value of a key that must be there."""
        if key not in self.values:
            self._missing[key] = kind.expected
        return self.optional(key, kind, kind.blank)

    def optional(self, key: str, kind: ValueKind[T], default: T) -> T:
        """Value of a key that may be left out."""
        self.known.append(key)
        if key not in self.values:
            return default
        value = kind.read(self.values[key])
        if value is None:
            self._report_unfit(key, kind)
            return kind.blank
        return value

    def nothing_or(self, key: str, kind: ValueKind[T]) -> T | None:
        """Value of a key that may be left out; None then."""
        if key in self.values:
            return self.optional(key, kind, kind.blank)
        self.known.append(key)
        return None

    def section(self, key: str, *, required: bool) -> "TomlTable":
        """A table inside this one."""
        self.known.append(key)
        value = self.values.get(key)
        if value is not None and not isinstance(value, dict):
            self.problem(key, f"{self.label(key)} must be a table", f"write it as [{self.at(key)}]")
            self.findings.expected_at.add(self.at(key))
        values = value if isinstance(value, dict) else (None if required else {})
        return TomlTable(values, self.at(key), self.findings)

    def section_if_given(self, key: str) -> "TomlTable | None":
        """A table that a study may do without; None then."""
        if key in self.values:
            return self.section(key, required=True)
        self.known.append(key)
        return None

    def sections(self, key: str, *, at_least: int) -> list["TomlTable"]:
        """The tables of an array of tables."""
        self.known.append(key)
        value = self.values.get(key, [])
        if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
            cure = f"write every entry under its own [[{self.at(key)}]]"
            self.problem(key, f"{key} must be a list of tables", cure)
            return []
        if len(value) < at_least:
            cure = f"add at least one [[{self.at(key)}]]"
            self.problem(key, f"no [[{self.at(key)}]] is stated", cure)
        return [
            TomlTable(item, f"{self.at(key)}.{index}", self.findings)
            for index, item in enumerate(value)
        ]

    def problem(self, key: str, what: str, cure: str) -> None:
        """Keep a problem of one key of this table."""
        self.findings.add(self.at(key), what, cure)

    def at(self, key: str) -> str:
        """Dotted path of a key of this table."""
        return f"{self.path}.{key}" if self.path else key

    def label(self, key: str) -> str:
        """A key as the reader of the file sees it.

        Example:
            >>> TomlTable({"name": "pre"}, "windows.0", Findings("a.toml", "")).label("start")
            '[[windows]] "pre" start'
        """
        section, _, index = self.path.rpartition(".")
        if index.isdigit():
            entry = self.values.get("name", int(index) + 1)
            return (
                f"[[{section}]] " + (f'"{entry}" ' if isinstance(entry, str) else f"{entry} ") + key
            )
        return f"[{self.path}] {key}" if self.path else f"[{key}]"

    def close(self) -> None:
        """Report unknown keys with the nearest valid one, and required keys that are missing."""
        if self._absent:
            if self.path in self.findings.expected_at:
                return
            cure = f"add [{self.path}] with " + ", ".join(self._missing or self.known)
            self.findings.add(self.path, f"section [{self.path}] is missing", cure)
            return
        for key in self.values:
            if key not in self.known:
                self._report_unknown(key)
        for key, expected in self._missing.items():
            self.problem(key, f"{self.label(key)} is missing", f"state {key}: {expected}")

    def _report_unfit(self, key: str, kind: ValueKind[T]) -> None:
        value = self.values[key]
        words = [value] if isinstance(value, str) else value if isinstance(value, list) else []
        odd = [word for word in words if isinstance(word, str) and word not in kind.options]
        guess = nearest(odd[0], kind.options) if odd else None
        cure = f"write {kind.expected}"
        if guess is not None:
            cure = f'did you mean "{guess}"? {kind.expected} is expected'
        self.problem(key, f"{self.label(key)} = {shown(value)} is not valid", cure)

    def _report_unknown(self, key: str) -> None:
        guess = nearest(key, self._missing) or nearest(key, self.known)
        # A misspelt required key is one mistake, not an unknown key and a missing one.
        self._missing.pop(guess or "", None)
        self.findings.expected_at.add(self.at(guess or ""))
        home = next((table.path for table in self.findings.tables if key in table.known), None)
        if home is not None and guess is None:
            cure = f"{key} belongs in [{home}]" if home else f"[{key}] is a section of its own"
        elif guess is not None:
            cure = f"did you mean {guess}?"
        else:
            cure = f"remove it, or use one of {', '.join(self.known)}"
        kind = "key" if self.path else "section"
        self.problem(key, f"{self.label(key)} is not a known {kind}", cure)


def shown(value: object) -> str:
    """A value as TOML writes it, cut to a readable length.

    Example:
        >>> shown(["both_ends", True, 2])
        '["both_ends", true, 2]'
    """
    text = toml_value(value)
    return text if len(text) <= 60 else text[:57] + "..."
