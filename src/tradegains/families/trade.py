"""Intra-industry trade, from the table of product flows alone."""

from tradegains.families.measured import Matched, Measured, Measuring

TRADE_TABLES = ("intra_industry_trade",)


def trade_tables(run: Measuring, _: Matched) -> Measured:
    """Rows of `intra_industry_trade`, where the study has the section and the table of flows."""
    choices, flows = run.study.intra_industry_trade, run.small.product_trade
    if choices is None or not flows:
        reason = "it needs the input product_trade and [intra_industry_trade]"
        return Measured(absent={"table intra_industry_trade": reason})
    from tradegains.results.intra_industry_trade import intra_industry_trade_rows

    with run.progress.step("match product flows") as step:
        rows = intra_industry_trade_rows(choices, flows)
        step.rows = len(rows)
    return Measured({"intra_industry_trade": rows})
