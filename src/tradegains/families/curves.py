"""Welfare curves: how the gain moves with the elasticity, and with the industries liberalised."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext, TableRows
from tradegains.results.welfare import NO_SOURCE
from tradegains.results.welfare_replicates import ReplicatedChanges
from tradegains.tables.absence import Absence


def curve_tables(
    context: RunContext, matched: MatchedCensus, welfare: TableRows, changes: ReplicatedChanges
) -> ComputedTables:
    """Rows of `welfare_curves`, where the study has the section and a source of imports.

    `changes` are replicates of welfare changes, none where the study tells no errors.
    """
    if not context.makes("welfare_curves"):
        return ComputedTables()
    if not context.study.trade.imports:
        return ComputedTables(absent=(Absence("table", "welfare_curves", None, NO_SOURCE),))
    from tradegains.results.curves import elasticity_rows, industry_rankings, ranked_rows

    rankings = industry_rankings(context.study, context.small.by_name())
    study, cells = context.study, matched.cells
    ranked = ranked_rows(study, cells, imports=context.imports, rankings=rankings)
    rows = [*elasticity_rows(study, welfare), *ranked]
    if matched.grouped is not None:
        from tradegains.results.curve_replicates import RankedWithout, curve_rows_with_errors

        without = RankedWithout(
            study, cells, matched.grouped, imports=context.imports, rankings=rankings
        )
        rows = curve_rows_with_errors(study, rows, changes, without)
    return ComputedTables({"welfare_curves": rows})
