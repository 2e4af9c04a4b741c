"""Welfare curves: how the gain moves with the elasticity, and with the industries liberalised."""

from tradegains.families.context import ComputedTables, Rows, RunContext
from tradegains.results.market_cells import MarketCells
from tradegains.results.welfare import NO_SOURCE
from tradegains.tables.absence import Absence


def curve_tables(context: RunContext, cells: MarketCells, welfare: Rows) -> ComputedTables:
    """Rows of `welfare_curves`, where the study has the section and a source of imports."""
    if not context.makes("welfare_curves"):
        return ComputedTables()
    if not context.study.trade.imports:
        return ComputedTables(absent=(Absence("table", "welfare_curves", None, NO_SOURCE),))
    from tradegains.results.curves import elasticity_rows, industry_rankings, ranked_rows

    rankings = industry_rankings(context.study, context.small.by_name())
    ranked = ranked_rows(context.study, cells, imports=context.imports, rankings=rankings)
    return ComputedTables({"welfare_curves": [*elasticity_rows(context.study, welfare), *ranked]})
