"""Welfare curves: how the gain moves with the elasticity, and with the industries liberalised."""

from tradegains.families.measured import Measured, Measuring, Rows
from tradegains.results.market import MarketCells


def curve_tables(run: Measuring, cells: MarketCells, welfare: Rows) -> Measured:
    """Rows of `welfare_curves`, where the study has the section and a source of imports."""
    if run.study.welfare.curves is None:
        return Measured(absent={"table welfare_curves": "the study has no [welfare.curves]"})
    if not run.study.trade.imports:
        reason = "no source of imports: [trade] imports is empty"
        return Measured(absent={"table welfare_curves": reason})
    from tradegains.results.curves import elasticity_rows, industry_rankings, ranked_rows

    rankings = industry_rankings(run.study, vars(run.small))
    ranked = ranked_rows(
        run.study, cells, run.sets.memberships, imports=run.imports, rankings=rankings
    )
    return Measured({"welfare_curves": [*elasticity_rows(run.study, welfare), *ranked]})
