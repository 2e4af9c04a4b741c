"""How much of trade goes both ways."""

from tradegains.tables.columns import NOTE, RUN, TEXT, WHOLE, count, money, share
from tradegains.tables.table import Column, Range, Table

INTRA_INDUSTRY_TRADE = Table(
    name="intra_industry_trade",
    title="Intra-industry trade",
    family="trade",
    section="intra_industry_trade",
    inputs=("product_trade",),
    key=("product_digits", "matched", "reporter", "partner", "year"),
    columns=(
        RUN,
        Column(
            "product_digits",
            WHOLE,
            "digits",
            "first digits of a product's code that make a group",
            range=Range(at_least=1),
        ),
        Column(
            "matched",
            TEXT,
            "",
            "by_partner or together: which imports a product's exports meet",
            words=("by_partner", "together"),
        ),
        Column(
            "reporter",
            TEXT,
            "",
            "country whose trade it is; world: all reporters of the table",
            nullable=True,
        ),
        Column("partner", TEXT, "", "other country; world: all of them"),
        Column("year", WHOLE, "year", "year of the trade"),
        share(
            "grubel_lloyd", "two-way trade over trade: sum of X + M - |X - M|, over sum of X + M"
        ),
        share("one_way_share", "trade of cells with exports or imports only, over trade"),
        money("exports", "exports"),
        money("imports", "imports"),
        count("flows", "cells", "product groups with trade, by_partner times partners"),
        count("one_way_flows", "cells", "those with exports or imports only"),
        NOTE,
    ),
)

TABLES = (INTRA_INDUSTRY_TRADE,)
