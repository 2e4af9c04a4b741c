"""One published run as the report reads it: its record, its study and its tables."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.formulas.outcomes import window_scale
from tradegains.formulas.productivity import STANDARDISED
from tradegains.store.scalars import arrow_scalar
from tradegains.tables.absence import Absence, read_absences
from tradegains.tables.window_names import difference_window

DRAFT, SYNTHETIC = "draft", "synthetic data"
"""What is said of a run in words, also inside its pictures."""
SECONDARY = {"ids": "repaired", "measure": STANDARDISED}
"""By column, what marks rows that say the same again in another way."""


@dataclass(frozen=True)
class PublishedWindow:
    """A window of the study; `scale` is the factor on its changes."""

    name: str
    start: int
    end: int
    scale: float

    @property
    def years(self) -> str:
        """Years as a reader writes them.

        Example:
            >>> PublishedWindow("pre", 1978, 1988, 0.8).years
            '1978-1988'
        """
        return f"{self.start}-{self.end}"

    @property
    def scaling(self) -> str:
        """The scaling in words; empty where there is none.

        Example:
            >>> PublishedWindow("pre", 1978, 1988, 0.8).scaling
            'scaled to 8 years'
        """
        if self.scale == 1.0:
            return ""
        return f"scaled to {self.scale * (self.end - self.start):g} years"


@dataclass(frozen=True)
class Difference:
    """Two windows that are compared, by name: the later less the earlier one."""

    earlier: str
    later: str

    @property
    def name(self) -> str:
        """The window under which the difference is published."""
        return difference_window(self.later, self.earlier)


@dataclass(frozen=True)
class PublishedRun:
    """A row of `runs` and the tables it published; a table it did not publish has no rows.

    `beside` is a run that figures which can show two stand it next to: figure 1 of HLOY.
    """

    record: Mapping[str, Any]
    tables: Mapping[str, pa.Table]
    beside: "PublishedRun | None" = None

    @cached_property
    def study(self) -> dict[str, Any]:
        """The resolved study, section by section."""
        return tomllib.loads(self.record["study_toml"])

    @property
    def run_id(self) -> str:
        """Digest of study, inputs and code."""
        return str(self.record["run_id"])

    @property
    def title(self) -> str:
        """Title of the study, or else its name."""
        return str(self.section("study").get("title") or self.record["study"])

    @property
    def publication(self) -> str | None:
        """Publication whose numbers stand beside the recovered ones."""
        return self.section("study").get("publication") or None

    @property
    def synthetic(self) -> bool:
        """Whether the study says that its data are synthetic."""
        return bool(self.section("study").get("synthetic", False))

    @property
    def draft(self) -> bool:
        """Whether choices of the study were still open when it was run."""
        return bool(self.section("study").get("draft", False))

    @property
    def standing(self) -> tuple[str, ...]:
        """What has to be said wherever its numbers appear, in a word or two each."""
        said = {
            DRAFT: self.draft,
            SYNTHETIC: self.synthetic,
            "released": self.released,
            "confidential": self.confidential,
        }
        return tuple(word for word, applies in said.items() if applies)

    @property
    def mark(self) -> str:
        """What is said of it inside its pictures, which travel without captions."""
        return ", ".join(word for word in self.standing if word in (DRAFT, SYNTHETIC))

    @property
    def released(self) -> bool:
        """Whether its tables are those of a release: gated, and of nothing else."""
        return bool(self.record.get("released", False))

    @property
    def confidential(self) -> bool:
        """Whether it is for who may see the census alone: neither released nor synthetic."""
        return not (self.released or self.synthetic)

    @property
    def money_unit(self) -> str:
        """Unit of every money column."""
        return str(self.section("census").get("money_unit") or "money unit of the study")

    @property
    def industry_digits(self) -> int:
        """Digits of the industry whose median productivity is measured against."""
        return int(self.section("census").get("industry_digits", 4))

    @property
    def group_digits(self) -> int:
        """Digits of the industries of the level `industry2`."""
        return int(self.section("census").get("industry_group_digits", 2))

    @cached_property
    def windows(self) -> dict[str, PublishedWindow]:
        """Windows of the study, by name."""
        return {entry["name"]: _window(entry) for entry in self.study.get("windows", [])}

    @property
    def difference(self) -> Difference | None:
        """The two windows that the study compares, if it compares any."""
        pair = self.section("welfare").get("difference")
        return Difference(earlier=pair[1], later=pair[0]) if pair else None

    @property
    def welfare_windows(self) -> tuple[str, ...]:
        """Windows of Table 1: the two compared and their difference first, where there are any."""
        windows = tuple(self.section("welfare").get("windows") or self.windows)
        if self.difference is None:
            return windows
        compared = (self.difference.earlier, self.difference.later, self.difference.name)
        return (*compared, *(name for name in windows if name not in compared))

    @property
    def headline_window(self) -> str | None:
        """Window of the headline number: as stated, the later one compared, or the last one."""
        stated = self.section("report").get("headline_window")
        if stated:
            return str(stated)
        if self.difference is not None:
            return self.difference.later
        windows = self.welfare_windows
        return windows[-1] if windows else None

    @property
    def headline_choices(self) -> dict[str, str]:
        """Choices behind the headline number: the first of each list of the study."""
        continuing = self.section("matching").get("continuing") or ["both_ends"]
        imports = self.section("trade").get("imports") or ["none"]
        return {"continuing": continuing[0], "imports": imports[0], "restriction": "all"}

    @cached_property
    def absent(self) -> tuple[Absence, ...]:
        """Results that are absent, each with its reason."""
        return read_absences(self.record.get("absent"))

    def absence_of(self, table: str) -> Absence | None:
        """Why the run could not have a table; None where it says nothing of it."""
        found = (each for each in self.absent if each.kind == "table" and each.name == table)
        return next(found, None)

    def tells_absence(self, table: str) -> bool:
        """Whether the run itself gives a reason why it has no such table."""
        return self.absence_of(table) is not None

    def reason_for(self, table: str, otherwise: str = "no rows for it") -> str:
        """Why a table has nothing to show: the run's own words where it gave some."""
        if absence := self.absence_of(table):
            return absence.reason
        published = {entry["name"] for entry in self.record.get("tables") or ()}
        if table not in published:
            return f"the run published no table {table}"
        return f"the table {table} of this run has {otherwise}"

    def section(self, name: str) -> dict[str, Any]:
        """A section of the study; empty when the study has none."""
        return dict(self.study.get(name) or {})

    @property
    def lacks_exports(self) -> bool:
        """Whether the census names no column of exports, so that domestic sales are all sales."""
        columns = self.section("census").get("columns") or {}
        return bool(columns) and "exports" not in columns

    def window_years(self, name: str) -> str:
        """Years of a window; `difference` for the post-minus-pre window.

        A window that the study does not describe keeps its name.
        """
        if name in self.windows:
            return self.windows[name].years
        is_difference = self.difference is not None and name == self.difference.name
        return "difference" if is_difference else name

    def window_title(self, name: str) -> str:
        """Years of a window, and the factor on its changes if any: `1978-1988 (×0.8)`."""
        window = self.windows.get(name)
        factor = f" (×{window.scale:g})" if window and window.scale != 1.0 else ""
        return self.window_years(name) + factor

    def columns(self, table: str) -> list[str]:
        """Columns of a table; none of one that is not read."""
        return self.tables[table].column_names if table in self.tables else []

    def rows(self, table: str, **values: Any) -> list[dict[str, Any]]:
        """Rows of a table whose columns equal the given values; None selects null.

        Rows with repaired ids, or of standardised productivity, come only where they are asked
        for.
        """
        if table not in self.tables:
            return []
        found = matching(self.tables[table], **values).to_pylist()
        others = {name: value for name, value in SECONDARY.items() if name not in values}
        return [row for row in found if all(row.get(name) != others[name] for name in others)]


def matching(table: pa.Table, **values: Any) -> pa.Table:
    """Rows whose columns equal the given values; None selects null.

    Example:
        >>> years = pa.table({"year": [1988, 1996], "window": [None, "post"]})
        >>> matching(years, window=None)["year"].to_pylist()
        [1988]
    """
    for column, value in values.items():
        if value is None:
            table = table.filter(pc.is_null(table[column]))
        else:
            table = table.filter(pc.equal(table[column], arrow_scalar(value)))
    return table


def _window(entry: Mapping[str, Any]) -> PublishedWindow:
    """A window from its section of the study."""
    start, end = entry["start"], entry["end"]
    scale = window_scale(start, end, entry.get("scale_to_years"))
    return PublishedWindow(entry["name"], start, end, scale)
