"""Welfare curves: how the gain moves with the elasticity, and with the industries liberalised."""

from tradegains.families.context import ComputedTables, Rows, RunContext
from tradegains.results.market import MarketCells


def curve_tables(context: RunContext, cells: MarketCells, welfare: Rows) -> ComputedTables:
    """Rows of `welfare_curves`, where the study has the section and a source of imports."""
    if context.study.welfare.curves is None:
        return ComputedTables(absent={"table welfare_curves": "the study has no [welfare.curves]"})
    if not context.study.trade.imports:
        reason = "no source of imports: [trade] imports is empty"
        return ComputedTables(absent={"table welfare_curves": reason})
    from tradegains.results.curves import elasticity_rows, industry_rankings, ranked_rows

    rankings = industry_rankings(context.study, context.small.by_name())
    ranked = ranked_rows(
        context.study, cells, context.sets.memberships, imports=context.imports, rankings=rankings
    )
    return ComputedTables({"welfare_curves": [*elasticity_rows(context.study, welfare), *ranked]})
