"""A table says what its numbers rest on and how its rows add up, or it stays in the building."""

import pytest

from tradegains.release.gate import error_columns, numeric_columns
from tradegains.release.groups import BEHIND
from tradegains.tables.columns import INTERVAL
from tradegains.tables.published import TABLES

STAYS = {
    "runs": "of it a few columns leave with every release",
    "quality": "counts of rows that broke a rule, for who mends the census",
    "coverage": "a whole census beside control totals",
    "industry_medians": "medians by industry, of which no histogram leaves",
    "entry_rates": "rates by bin: bins are not brought together for it",
    "adoption_rates": "counts by a column of the study's own, of which there is no evidence",
    "joint_distribution": "no evidence by cell of productivity and size yet",
    "influence": "the largest units are behind it, or an industry alone",
    "industry_slopes": "over 22 gains of single industries, of which not all leave",
    "size_fits": "made of quantiles",
    "size_histograms": "no evidence by bin yet",
    "intra_industry_trade": "of trade flows that no establishment reports",
}
"""Tables of which nothing is released, and why."""

PARTS = {
    ("welfare", "hazard"): "of a fitted distribution of sizes",
    ("moments", "kappa"): "of standardised productivity, which stays",
    ("dispersion", "establishments"): "of industries in the mean alone, of which there are no sums",
    ("dispersion", "employment"): "likewise",
    ("export_entry", "output_share"): "sales of a quartile, of which there is no evidence",
    ("export_entry", "starter_output_share"): "likewise, of those of it that start",
}
"""Numbers of released tables that stay, and why."""


@pytest.mark.parametrize("name", TABLES)
def test_a_table_says_how_it_adds_up_or_stays(name: str) -> None:
    is_declared = TABLES[name].disclosure is not None
    assert is_declared != (name in STAYS), (
        f"{name} has to say what it discloses. Beside its key in tables/published/ declare "
        "disclosure=Disclosure({column: linear('who.amount') or counts('who.establishments')}, "
        "adds=(INDUSTRIES, Adds(column, what its rows add up to))), and who that is in "
        "release/groups.py:BEHIND; or name it in STAYS of this test with the reason why nothing "
        "of it is released"
    )


@pytest.mark.parametrize("name", [name for name in TABLES if name not in STAYS])
def test_every_number_of_a_released_table_is_declared(name: str) -> None:
    declared = TABLES[name].disclosure
    assert declared is not None
    for column in numeric_columns(name):
        if TABLES[name].column(column).section == "uncertainty":
            of_quantile = column.endswith(INTERVAL) and column not in INTERVAL
            assert (column in error_columns(TABLES[name])) != of_quantile
            continue  # an error is as its number is; ends of quantiles are establishments' values
        assert (column in declared.numbers) != ((name, column) in PARTS), (
            f"{name}.{column}: declare in its table's Disclosure which sums it is a function of, "
            "or name it in PARTS of this test with the reason why it stays"
        )


def test_who_is_behind_released_tables_is_known() -> None:
    assert set(BEHIND) == set(TABLES) - set(STAYS)
