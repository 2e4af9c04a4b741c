"""Job flows: jobs created and destroyed, of all establishments and by productivity quartile."""

from collections import defaultdict

from tradegains.families.context import ComputedTables, MatchedCensus, Rows, RunContext
from tradegains.families.matching import market_cells, sum_cells
from tradegains.results.market import MarketCells
from tradegains.tables import working as w


def flow_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `job_flows`."""
    choices = context.study.job_flows
    assert choices is not None
    from tradegains.results.job_flows import job_flow_rows

    by_quartile: dict[int | None, Rows] = {}
    if choices.productivity_quartiles:
        with context.progress.step("select productivity quartiles"):
            by_quartile = _cells_by_quartile(context, matched)
    with context.progress.step("sum job flows") as step:
        groups: dict[int | None, MarketCells] = {
            quartile: market_cells(context, rows) for quartile, rows in by_quartile.items()
        }
        flows = job_flow_rows(context.study, matched.cells, groups)
        step.rows = len(flows)
    return ComputedTables({"job_flows": flows})


def _cells_by_quartile(context: RunContext, matched: MatchedCensus) -> dict[int | None, Rows]:
    """Rows of market cells by the productivity quartile in a window's first year."""
    from tradegains.statistics.quartiles import with_quartiles

    years = sorted({window.start for window in context.study.windows})
    rows = with_quartiles(matched.rows, years, row_limit=context.row_limit)
    found: defaultdict[int | None, Rows] = defaultdict(list)
    for row in sum_cells(context, rows, w.QUARTILE):
        found[row[w.QUARTILE]].append(row)
    return found
