"""What passes take and give: a study being measured, its matched rows, and what was measured."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Protocol

import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.families.first_years import FirstYears
from tradegains.families.preparing import split_industries
from tradegains.formulas.fixed_point import LARGEST_AMOUNT
from tradegains.inputs.small import SmallInputs
from tradegains.progress import Progress
from tradegains.results.market_cells import MarketCells
from tradegains.results.quality import removing_bits
from tradegains.results.replicates import GroupedCells, UnitGroups
from tradegains.results.sets import StudySets
from tradegains.results.sizes import Sizes
from tradegains.statistics.contributions import ReadKept as ReadKept
from tradegains.statistics.ranks import ROW_LIMIT
from tradegains.study import Study
from tradegains.tables.absence import Absence, without_section
from tradegains.tables.published import TABLES
from tradegains.transforms.matching import MergeBy as MergeBy

Rows = list[dict[str, Any]]
TableRows = Sequence[dict[str, Any]]
"""Rows of a table: a list or, where there are many, `RowColumns`."""


class KeepRows(Protocol):
    """Writes rows under a name in the run's work folder, and reads them back."""

    def __call__(self, rows: DataFrame, name: str, *, by_year: bool = False) -> DataFrame:
        """The rows, apart `by_year` where passes read some years alone."""
        ...


@dataclass(frozen=True)
class RunEvidence:
    """What published numbers rest on, by name, and the facts to read it by; never published."""

    tables: dict[str, pa.Table] = field(default_factory=dict)
    facts: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class ComputedTables:
    """Rows of published tables by name, and what the study could not have, with the reason.

    A table that the study did not ask for, or that its inputs cannot give, is under `absent` and
    not among `tables`. `money_decimals` are those that money counts to.
    """

    tables: Mapping[str, TableRows] = field(default_factory=dict)
    absent: tuple[Absence, ...] = ()
    evidence: RunEvidence = field(default_factory=RunEvidence)
    money_decimals: int | None = None

    def __or__(self, other: "ComputedTables") -> "ComputedTables":
        """Both together."""
        evidence = RunEvidence(
            self.evidence.tables | other.evidence.tables, self.evidence.facts | other.evidence.facts
        )
        decimals = other.money_decimals if self.money_decimals is None else self.money_decimals
        tables = {**self.tables, **other.tables}
        return ComputedTables(tables, self.absent + other.absent, evidence, decimals)


@dataclass(frozen=True)
class RunContext:
    """A study being measured: its choices, its sets, what is wanted and where its steps go.

    `dividing` names the populations and restrictions whose conditions divide; `kept_in` is the
    folder in which kept rows can be found after the run, empty where there is none. Money above
    `largest_money` is none; `unknown` are the measures that some establishment lacks; `foresees`
    says whether a pass before the match looks for such, and for money that hundredths do not hold.
    """

    study: Study
    small: SmallInputs
    sets: StudySets
    wanted: frozenset[str]
    keep: KeepRows
    read_kept: ReadKept
    progress: Progress
    row_limit: int = ROW_LIMIT
    products: DataFrame | None = None
    parts: int = 1
    merge_by: MergeBy = "hash"
    is_in_process: bool = False
    dividing: tuple[str, ...] = ()
    kept_in: str = ""
    largest_money: float = LARGEST_AMOUNT
    unknown: tuple[str, ...] = ()
    foresees: bool = False

    def makes(self, table: str) -> bool:
        """Whether the study has what the table is declared to need."""
        return absence_of(table, self.study, self.small) is None

    @cached_property
    def splits(self) -> dict[str, dict[str, float]]:
        """Weights of the new industries of each old one that the concordance splits."""
        return split_industries(self.small.concordance)

    @cached_property
    def rules(self) -> Mapping[str, str]:
        """Action of each rule; what misses a price, counterpart or quotient stays."""
        counted = {
            "missing_price": self.study.productivity.prices != "none",
            "no_counterpart": bool(self.small.concordance),
            "division_by_zero": bool(self.dividing),
        }
        kept = {rule: "keep" for rule, applies in counted.items() if applies}
        return {**self.study.census.rules, **kept}

    @cached_property
    def imports(self) -> dict[tuple[str, int], float]:
        """Imports by industry and year [money unit], from their table."""
        return {(row["industry"], row["year"]): row["value"] for row in self.small.imports}

    @property
    def keeps_by_year(self) -> bool:
        """Whether matched rows are kept apart by year.

        A cluster's tasks would each write a small file for every year.
        """
        return self.is_in_process

    @property
    def removing(self) -> int:
        """Bits of the rules whose rows leave the study."""
        return removing_bits(self.rules)


def absence_of(table: str, study: Study, small: SmallInputs) -> Absence | None:
    """Why a study cannot have a table, by what the table is declared to need; None if it can."""
    declared = TABLES[table]
    if declared.section is not None and not study.has_section(declared.section):
        return without_section("table", table, declared.section)
    for name in declared.inputs:
        if not getattr(small, name):
            return Absence("table", table, None, f"it needs the input {name}")
    return None


@dataclass(frozen=True)
class MatchedCensus:
    """A census after the match.

    Attributes:
        flagged: one row per census row, flagged.
        rows: matched rows, which every later pass reads.
        first_years: quantiles of productivity in the windows' first years.
        folders: in which these are kept.
        cells: their sums by year, industry and membership.
        described: gives the log sizes of every group that a wanted table compares or fits.
        grouped: the cells by group of units too, where the study states `[uncertainty]`.
        groups: of units, there.
        annual: cells of every year by group, where consecutive years are compared there.
    """

    flagged: DataFrame
    rows: DataFrame
    cells: MarketCells
    first_years: FirstYears
    described: Callable[[], Sizes] = dict
    grouped: GroupedCells | None = None
    groups: UnitGroups | None = None
    annual: GroupedCells | None = None
    folders: tuple[str, ...] = ()

    @property
    def sizes(self) -> Sizes:
        """Log sizes of these groups."""
        return self.described()
