"""From census rows to the rows of every published table: the passes, in their order.

One pass matches and writes the matched rows once; every other reads those, or their sums by
market cell. What each family of tables is computed from stands in a module of its own in `passes`.
"""

from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from itertools import chain

from pyspark.sql import DataFrame

from tradegains.families.context import ComputedTables, KeepRows, MatchedCensus, RunContext
from tradegains.families.coverage import COVERAGE_TABLES, coverage_tables
from tradegains.families.decompositions import DECOMPOSITION_TABLES, decomposition_tables
from tradegains.families.distributions import DISTRIBUTION_TABLES, distribution_tables
from tradegains.families.job_flows import FLOW_TABLES, flow_tables
from tradegains.families.markets import MARKET_TABLES, market_tables
from tradegains.families.matching import match_census
from tradegains.families.preparing import flag_census
from tradegains.families.quality import quality_tables
from tradegains.families.regressions import REGRESSION_TABLES, regression_tables
from tradegains.families.sizes import describe_wanted_sizes, size_tables
from tradegains.families.trade import TRADE_TABLES, trade_tables
from tradegains.inputs.small import SmallInputs
from tradegains.progress import Progress
from tradegains.results.sets import study_sets
from tradegains.results.sizes import SIZE_TABLES
from tradegains.statistics.ranks import ROW_LIMIT
from tradegains.study import Study
from tradegains.transforms.matching import MergeBy

PASSES: Mapping[tuple[str, ...], Callable[[RunContext, MatchedCensus], ComputedTables]] = {
    MARKET_TABLES: market_tables,
    SIZE_TABLES: size_tables,
    FLOW_TABLES: flow_tables,
    DISTRIBUTION_TABLES: distribution_tables,
    DECOMPOSITION_TABLES: decomposition_tables,
    COVERAGE_TABLES: coverage_tables,
    TRADE_TABLES: trade_tables,
    REGRESSION_TABLES: regression_tables,
}
"""The pass behind each family of published tables, in the order in which they run."""

TABLES_IN_ORDER = tuple(chain.from_iterable(PASSES))


def measure(
    study: Study,
    census: DataFrame,
    small: SmallInputs,
    *,
    keep: KeepRows,
    progress: Progress,
    wanted: Collection[str] = TABLES_IN_ORDER,
    rows_by_year: Mapping[int, int] | None = None,
    row_limit: int = ROW_LIMIT,
    products: DataFrame | None = None,
    parts: int = 1,
    merge_by: MergeBy = "hash",
) -> ComputedTables:
    """The wanted results of a study.

    Args:
        study: the research choices.
        census: rows of the study's years under contract names.
        small: the optional inputs.
        keep: keeps row-level tables in the run's work folder.
        progress: told of each step.
        wanted: names of published tables; a pass that none of them needs is left out.
        rows_by_year: rows by the files' footers, which the rows read must equal.
        row_limit: rows that may be collected to end an exact selection.
        products: products of establishments by row, where the study has them.
        parts: parts of all establishments that are matched one after the other.
        merge_by: how the engine brings the rows of an establishment together.

    Raises:
        InputError: rows break a rule whose action is stop, or rows went missing.
    """
    context = RunContext(
        study,
        small,
        study_sets(study),
        frozenset(wanted),
        keep=keep,
        progress=progress,
        row_limit=row_limit,
        products=products,
        parts=parts,
        merge_by=merge_by,
    )
    matched = match_census(context, flag_census(study, census, small))
    found = quality_tables(context, matched, rows_by_year)
    matched = replace(matched, sizes=describe_wanted_sizes(context, matched))
    for tables, measured in PASSES.items():
        if not context.wanted.isdisjoint(tables):
            found |= measured(context, matched)
    return found
