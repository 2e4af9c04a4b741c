"""From census rows to the rows of every published table: the families of tables, in their order.

One pass matches and writes the matched rows once; every other reads those, or their sums by
market cell. What each family of tables is computed from stands in a module of its own, under the
name that its tables declare.
"""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import replace
from functools import partial, reduce

from pyspark.sql import DataFrame

from tradegains.conditions.judging import read_conditions
from tradegains.families.context import (
    ComputedTables,
    KeepRows,
    MatchedCensus,
    ReadKept,
    RunContext,
    absence_of,
)
from tradegains.families.coverage import coverage_tables
from tradegains.families.decompositions import decomposition_tables
from tradegains.families.distributions import distribution_tables
from tradegains.families.evidence import collect_evidence, errors_apart
from tradegains.families.influence import influence_tables
from tradegains.families.job_flows import flow_tables
from tradegains.families.markets import market_tables
from tradegains.families.quality import quality_tables
from tradegains.families.regressions import regression_tables
from tradegains.families.resolution import match_as_finely
from tradegains.families.sizes import describe_wanted_sizes, size_tables
from tradegains.families.trade import trade_tables
from tradegains.inputs.small import SmallInputs
from tradegains.progress import Progress
from tradegains.results.sets import study_sets
from tradegains.statistics.collecting import Once, compute_together
from tradegains.statistics.ranks import ROW_LIMIT
from tradegains.study import Study
from tradegains.tables.absence import Absence
from tradegains.tables.published import MEASURED, tables_of
from tradegains.transforms.matching import MergeBy

FAMILIES: Mapping[str, Callable[[RunContext, MatchedCensus], ComputedTables]] = {
    "markets": market_tables,
    "influence": influence_tables,
    "sizes": size_tables,
    "job_flows": flow_tables,
    "distributions": distribution_tables,
    "decompositions": decomposition_tables,
    "coverage": coverage_tables,
    "trade": trade_tables,
    "regressions": regression_tables,
}
"""Each family of published tables, as the tables name it, in the order in which they are made.

`quality` comes before them all, because its rows may end the run.
"""

LONGEST = ("regressions", "distributions")
"""Families that wait longest for the engine: begun first, so that no other one waits for them."""


def absences_of(tables: Iterable[str], study: Study, small: SmallInputs) -> tuple[Absence, ...]:
    """Those of the tables for which the study lacks what they are declared to need."""
    found = (absence_of(table, study, small) for table in tables)
    return tuple(absence for absence in found if absence)


def measure(
    study: Study,
    census: DataFrame,
    small: SmallInputs,
    *,
    keep: KeepRows,
    read_kept: ReadKept,
    progress: Progress,
    wanted: Collection[str] = MEASURED,
    rows_by_year: Mapping[int, int] | None = None,
    row_limit: int = ROW_LIMIT,
    products: DataFrame | None = None,
    parts: int = 1,
    merge_by: MergeBy = "hash",
    is_in_process: bool = False,
    kept_in: str = "",
    foresees: bool = False,
) -> ComputedTables:
    """The wanted results of a study.

    Args:
        study: the research choices.
        census: rows of the study's years under contract names.
        small: the optional inputs.
        keep: keeps row-level tables in the run's work folder.
        read_kept: reads what was kept under a name to the driver.
        progress: told of each step.
        wanted: names of published tables; a family that none of them is of is left out.
        rows_by_year: rows by the files' footers, which the rows read must equal.
        row_limit: rows that may be collected to end an exact selection.
        products: products of establishments by row, where the study has them.
        parts: parts of all establishments that are matched one after the other.
        merge_by: how the engine brings the rows of an establishment together.
        is_in_process: whether the engine's exp and ln are those of this process, to the last bit.
        kept_in: folder in which kept rows can be found after the run; empty where there is none.
        foresees: whether a pass before the match looks for amounts that would need another match.

    Raises:
        InputError: rows break a rule whose action is stop, or rows went missing.
    """
    types = dict(census.dtypes)
    context = RunContext(
        study,
        small,
        study_sets(study),
        frozenset(wanted),
        keep=keep,
        read_kept=read_kept,
        progress=progress,
        row_limit=row_limit,
        products=products,
        parts=parts,
        merge_by=merge_by,
        is_in_process=is_in_process,
        kept_in=kept_in,
        foresees=foresees,
        dividing=tuple(name for name, _ in read_conditions(study, types).dividing),
    )
    context, matched = match_as_finely(context, census)
    found = quality_tables(context, matched, rows_by_year)
    matched = replace(matched, described=Once(partial(describe_wanted_sizes, context, matched)))
    others = [family for family in FAMILIES if family not in LONGEST]
    begin = partial(partial, _tables_of_family, context, matched)
    tasks = [*map(begin, LONGEST), partial(collect_evidence, context, matched), *map(begin, others)]
    return reduce(ComputedTables.__or__, compute_together(tasks), found)


def _tables_of_family(context: RunContext, matched: MatchedCensus, family: str) -> ComputedTables:
    """The wanted tables of a family, which needs no other."""
    tables = tables_of(family)
    if context.wanted.isdisjoint(tables):
        return ComputedTables()
    absent = absences_of(tables, context.study, context.small)
    found = ComputedTables(absent=absent)
    if len(absent) == len(tables):
        return found
    return found | errors_apart(FAMILIES[family](context, matched))
