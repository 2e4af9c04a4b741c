"""Intra-industry trade, from the table of product flows alone."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext


def trade_tables(context: RunContext, _: MatchedCensus) -> ComputedTables:
    """Rows of `intra_industry_trade`."""
    choices, flows = context.study.intra_industry_trade, context.small.product_trade
    assert choices is not None
    from tradegains.results.intra_industry_trade import intra_industry_trade_rows

    with context.progress.step("match product flows") as step:
        rows = intra_industry_trade_rows(choices, flows)
        step.rows = len(rows)
    return ComputedTables({"intra_industry_trade": rows})
