"""Job flows: jobs created and destroyed, of all establishments and by productivity quartile."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext
from tradegains.families.matching import CellColumns, sum_grouped_cells
from tradegains.results.market_cells import MarketCells
from tradegains.results.replicates import GroupedCells
from tradegains.tables import working as w


def flow_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `job_flows`."""
    choices = context.study.job_flows
    assert choices is not None
    from tradegains.results.job_flow_replicates import job_flow_rows_with_errors
    from tradegains.results.job_flows import job_flow_rows

    by_quartile: MarketCells | None = None
    quartiles: GroupedCells | None = None
    if choices.productivity_quartiles:
        with context.progress.step("select productivity quartiles"):
            by_quartile, quartiles = _cells_by_quartile(context, matched)
    with context.progress.step("sum job flows") as step:
        flows = job_flow_rows(context.study, matched.cells, by_quartile)
        if matched.grouped is not None:
            flows = job_flow_rows_with_errors(
                context.study,
                flows,
                matched.grouped,
                annual=matched.annual,
                by_quartile=quartiles,
            )
        step.rows = len(flows)
    return ComputedTables({"job_flows": flows})


def _cells_by_quartile(
    context: RunContext, matched: MatchedCensus
) -> tuple[MarketCells, GroupedCells | None]:
    """Market cells of the windows' first years, by the productivity quartile in them."""
    from tradegains.statistics.quartiles import with_known_quartiles

    years = sorted({window.start for window in context.study.windows})
    rows = with_known_quartiles(matched.rows, years, matched.first_years.quantiles)
    wanted = CellColumns.of_flows(context.study, w.QUARTILE)
    return sum_grouped_cells(context, rows, matched.groups, wanted)
