"""Intra-industry trade, from the table of product flows alone."""

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext

TRADE_TABLES = ("intra_industry_trade",)


def trade_tables(context: RunContext, _: MatchedCensus) -> ComputedTables:
    """Rows of `intra_industry_trade`, where the study has the section and the table of flows."""
    choices, flows = context.study.intra_industry_trade, context.small.product_trade
    if choices is None or not flows:
        reason = "it needs the input product_trade and [intra_industry_trade]"
        return ComputedTables(absent={"table intra_industry_trade": reason})
    from tradegains.results.intra_industry_trade import intra_industry_trade_rows

    with context.progress.step("match product flows") as step:
        rows = intra_industry_trade_rows(choices, flows)
        step.rows = len(rows)
    return ComputedTables({"intra_industry_trade": rows})
