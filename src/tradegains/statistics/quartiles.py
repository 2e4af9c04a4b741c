"""The quartile of each establishment's productivity within its industry and year, exactly."""

from collections.abc import Collection, Mapping

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.statistics.handing import as_rows
from tradegains.statistics.medians import QUARTILES, Quantiles, industry_quantiles
from tradegains.statistics.ranks import ROW_LIMIT
from tradegains.tables import working as w
from tradegains.transforms.productivity import CUTS, add_productivity_quartile


def with_quartiles(
    matched: DataFrame, years: Collection[int], *, row_limit: int = ROW_LIMIT
) -> DataFrame:
    """The matched rows of these years, each with its quartile within the 4-digit industry.

    Args:
        matched: matched rows.
        years: years whose rows are wanted.
        row_limit: rows that may be collected to end the search.
    """
    chosen = matched.filter(F.col(w.YEAR).isin(*years))
    pools = {str(year): (year,) for year in years}
    found = industry_quantiles(chosen, pools, QUARTILES, row_limit=row_limit)
    return with_known_quartiles(chosen, years, found)


def with_known_quartiles(
    matched: DataFrame, years: Collection[int], quartiles: Mapping[tuple[str, int], Quantiles]
) -> DataFrame:
    """The same where the quartiles are known, by year and industry, perhaps of more years."""
    chosen = matched.filter(F.col(w.YEAR).isin(*years))
    cuts_of = {group: each for group, each in quartiles.items() if int(group[0]) in years}
    columns = {
        w.YEAR: pa.array([int(year) for year, _ in cuts_of], pa.int32()),
        w.INDUSTRY: pa.array([industry for _, industry in cuts_of], pa.int64()),
    }
    for position, cut in enumerate(CUTS):
        values = [quantiles[position] for _, quantiles in cuts_of.values()]
        columns[cut] = pa.array(values, pa.float64())
    cuts = as_rows(pa.table(columns), beside=matched)
    return add_productivity_quartile(chosen, cuts)
