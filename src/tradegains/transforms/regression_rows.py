"""Matched rows into regression rows: one row per establishment of a sample, nothing missing.

Sizes are logs of employment as reported; who reports none is in no regression.
"""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.productivity import relative_productivity
from tradegains.tables import working as w
from tradegains.transforms.bits import bigint
from tradegains.transforms.lookups import CODE
from tradegains.transforms.regression_sums import EFFECT, WEIGHT

EXPORTER, LOG_EMPLOYMENT, EXIT = "exporter", "log_employment", "exit"
RELATIVE_PRODUCTIVITY = "relative_productivity"
EXPORT_START, GROWTH = "export_start", "log_productivity_growth"
WITH_CUTS = "with_cuts"
EARLIER_GROWTH = "earlier_growth"
ACCELERATION, EXPORTER_GROWTH = "productivity_acceleration", "exporter_productivity_growth"
YEAR_STEP = 10**12
"""Industries are at most twelve digits: year * YEAR_STEP + industry tells both."""


def cut_column(kind: str) -> str:
    """An establishment's tariff cut of a kind, own or its industry's: a term of regressions.

    Example:
        >>> cut_column("home")
        'home_cut'
    """
    return f"{kind}_cut"


def plant_cut_column(kind: str) -> str:
    """An establishment's own cut of a kind, the mean over its products.

    Example:
        >>> plant_cut_column("home")
        'plant_home_cut'
    """
    return f"plant_{kind}_cut"


def own_column(kind: str) -> str:
    """1.0 where an establishment's cut of a kind is its own, else 0.0.

    Example:
        >>> own_column("home")
        'is_own_home_cut'
    """
    return f"is_own_{kind}_cut"


def cluster_column(choice: str) -> str:
    """What rows are clustered by: enterprise, industry4, industry2, product or establishment.

    Example:
        >>> cluster_column("industry2")
        'industry2_cluster'
    """
    return f"{choice}_cluster"


def main_product_column(kind: str) -> str:
    """The product with the largest share of an establishment's own cut of a kind.

    Example:
        >>> main_product_column("home")
        'main_home_product'
    """
    return f"main_{kind}_product"


def with_clusters(
    rows: DataFrame, choices: Sequence[str], *, industries_per_group: int, kind: str | None = None
) -> DataFrame:
    """The rows with a column for each choice of clusters, never null.

    Reads industry; for establishments and enterprises establishment_id and the number of the
    enterprise; for products the main product of the kind, where there are products. Who has no
    enterprise is one; who has no product goes with the others of its industry.
    """
    number, own = F.col(w.CONTRIBUTOR), F.col(w.ESTABLISHMENT_ID)
    # Nobody's number is that of a missing id.
    is_missing = number == F.xxhash64(F.lit(None).cast("string"))
    industry = F.col(w.INDUSTRY).cast("bigint")
    product = main_product_column(kind or "")
    of_industry = F.concat(F.lit("industry "), industry.cast("string"))
    of_product = of_industry
    if product in rows.columns:
        of_product = F.coalesce(F.concat(F.lit("product "), F.col(product)), of_industry)
    made = {
        "establishment": lambda: own,
        "enterprise": lambda: F.when(is_missing, F.xxhash64(own)).otherwise(number),
        "industry4": lambda: industry,
        "industry2": lambda: F.floor(industry / industries_per_group).cast("bigint"),
        "product": lambda: of_product,
    }
    columns = {cluster_column(choice): made[choice]() for choice in choices}
    return rows.withColumns(columns) if columns else rows


def premium_rows(
    matched: DataFrame,
    *,
    years: Sequence[int],
    exporter: int,
    clusters: Sequence[str],
    industries_per_group: int,
) -> DataFrame:
    """One row per establishment-year with log productivity, employment and clusters.

    Reads year, industry, membership (of which `exporter` is the bit), employment,
    employment_thousandths, log_productivity and what `with_clusters` reads.
    """
    measured = _measured(matched).filter(F.col(w.YEAR).isin(*years))
    measured = with_clusters(measured, clusters, industries_per_group=industries_per_group)
    industry_year = F.col(w.YEAR).cast("bigint") * bigint(YEAR_STEP) + F.col(w.INDUSTRY)
    return measured.select(
        industry_year.alias(EFFECT),
        *map(cluster_column, clusters),
        F.col(w.EMPLOYMENT).alias(WEIGHT),
        w.LOG_PRODUCTIVITY,
        _indicator(exporter).alias(EXPORTER),
        LOG_EMPLOYMENT,
    )


def largest_logs(matched: DataFrame) -> DataFrame:
    """One row: the largest size of a row's log productivity, and of its log employment.

    Reads employment, employment_thousandths and log_productivity.
    """
    is_employer = F.col(w.EMPLOYMENT) > 0
    employment = F.when(is_employer, F.ln(F.col("employment").cast("double")))
    logs = (F.col(w.LOG_PRODUCTIVITY), employment)
    return matched.agg(*(F.max(F.abs(log)).alias(f"log_{i}") for i, log in enumerate(logs)))


def exit_rows(
    matched: DataFrame, medians: DataFrame, *, year: int, continuing: int, exporter: int | None
) -> DataFrame:
    """One row per establishment of a window's first year: its exit and what may explain it.

    Reads as `premium_rows`, the bits of continuing and of exporting; `medians` has one row per
    industry with its centre [log points]. Further columns of the rows stay.
    """
    measured = _measured(matched).filter(F.col(w.YEAR) == year)
    related = measured.join(F.broadcast(medians), on=w.INDUSTRY, how="inner")
    columns = {
        EFFECT: F.col(w.INDUSTRY),
        EXIT: F.lit(1.0) - _indicator(continuing),
        RELATIVE_PRODUCTIVITY: _relative_productivity(),
    }
    if exporter is not None:
        columns[EXPORTER] = _indicator(exporter)
    return related.withColumns(columns)


def never_exporters(matched: DataFrame, *, year: int, never: int, continuing: int) -> DataFrame:
    """One row per establishment that never exported until `year` and is there at the end.

    Reads as `premium_rows`, and the bits of both sets; further columns stay.
    """
    rows = _measured(matched).filter(F.col(w.YEAR) == year)
    is_inside = F.col(w.MEMBERSHIP).bitwiseAND(bigint(never | continuing)) == bigint(
        never | continuing
    )
    return rows.filter(is_inside)


def entry_rows(rows: DataFrame, medians: DataFrame, *, window: str, starter: int) -> DataFrame:
    """One row per establishment: whether it starts to export, and its growth.

    Reads the rows of `never_exporters` with log_productivity at the window's end; `medians` has
    one row per industry. Growth is null where there is no productivity at the end.
    """
    related = rows.join(F.broadcast(medians), on=w.INDUSTRY, how="inner")
    later = F.col(w.later_column(w.LOG_PRODUCTIVITY, window))
    return related.withColumns(
        {
            EFFECT: F.col(w.INDUSTRY),
            EXPORT_START: _indicator(starter),
            RELATIVE_PRODUCTIVITY: relative_productivity(
                F.col(w.LOG_PRODUCTIVITY), F.col(w.CENTRE)
            ),
            GROWTH: later - F.col(w.LOG_PRODUCTIVITY),
        }
    )


def growth_rows(
    matched: DataFrame,
    medians: DataFrame,
    *,
    windows: tuple[str, str],
    years: tuple[int, int],
    pace: float,
    exporter: int | None,
) -> DataFrame:
    """One row per establishment with productivity at both ends of the later window: its growth.

    Reads as `premium_rows`, the later productivity of both windows, and `medians`; `years` are the
    windows' first ones. `productivity_acceleration` is growth less `pace` times that over the
    earlier window, null for who has none; the growth of exporters is that of who exported at the
    start. Further columns stay.
    """
    (earlier, window), (first, start) = windows, years
    later = F.col(w.later_column(w.LOG_PRODUCTIVITY, earlier))
    before = matched.filter(F.col(w.YEAR) == first).select(
        w.ESTABLISHMENT_ID, (later - F.col(w.LOG_PRODUCTIVITY)).alias(ACCELERATION)
    )
    rows = _measured(matched).filter(F.col(w.YEAR) == start)
    growth = F.col(w.later_column(w.LOG_PRODUCTIVITY, window)) - F.col(w.LOG_PRODUCTIVITY)
    rows = rows.withColumn(GROWTH, growth).filter(F.col(GROWTH).isNotNull())
    related = rows.join(F.broadcast(medians), on=w.INDUSTRY, how="inner")
    joined = related.join(before, on=w.ESTABLISHMENT_ID, how="left")
    exports = F.lit(0.0) if exporter is None else _indicator(exporter)
    return joined.withColumns(
        {
            EFFECT: F.col(w.INDUSTRY),
            RELATIVE_PRODUCTIVITY: _relative_productivity(),
            ACCELERATION: F.col(GROWTH) - F.col(ACCELERATION) * pace,
            EXPORTER_GROWTH: F.when(exports == 1.0, F.col(GROWTH)),
        }
    )


def with_earlier_growth(
    rows: DataFrame, matched: DataFrame, *, window: str, year: int
) -> DataFrame:
    """The rows with their establishments' growth of productivity over an earlier window.

    Reads establishment_id of both and, of the matched rows of `year`, the window's first, log
    productivity and that at its end. Null for who has no productivity at one of the two.
    """
    later = F.col(w.later_column(w.LOG_PRODUCTIVITY, window))
    growth = (later - F.col(w.LOG_PRODUCTIVITY)).alias(EARLIER_GROWTH)
    earlier = matched.filter(F.col(w.YEAR) == year).select(w.ESTABLISHMENT_ID, growth)
    return rows.join(earlier, on=w.ESTABLISHMENT_ID, how="left")


def weigh_cuts(rows: DataFrame, *, kinds: Sequence[str], places: int) -> DataFrame:
    """One row: sales, and the sum of sales times the cut of each kind in so many binary places.

    Reads rows with all cuts, and sales_in_units.
    """
    sums = [F.sum(F.col(w.SALES)).alias(w.SALES)]
    for kind in kinds:
        product = F.col(w.SALES).cast("double") * F.col(cut_column(kind))
        whole = F.floor(product * 2.0**places + 0.5).cast("bigint")
        sums.append(F.sum(whole).alias(cut_column(kind)))
    return rows.agg(*sums)


def with_industry_cuts(rows: DataFrame, cuts: DataFrame, *, step: int) -> DataFrame:
    """The rows with their industry's cuts; null where it has none.

    Reads industry, whose number divided by `step`, and rounded down, is the `lookup_code` of
    `cuts`: one row per code, with a column per kind (`tables.working.industry_cut`).
    """
    code = F.floor(F.col(w.INDUSTRY) / step).cast("bigint")
    coded = rows.withColumn(CODE, code)
    return coded.join(F.broadcast(cuts), on=CODE, how="left").drop(CODE)


def with_own_cuts(
    rows: DataFrame,
    plant_cuts: DataFrame | None,
    *,
    kinds: Sequence[str],
    leave_out: bool,
    years: int,
) -> DataFrame:
    """The rows with a cut of every kind, the establishment's own where known, and whether it is.

    Reads the industry's cut of each kind (`tables.working.industry_cut`) where there is one;
    `plant_cuts` has one row per establishment_id, or per id and year, with its own cut of some
    kinds. Who has none is without a cut of that kind where `leave_out` says so, and has the
    industry's otherwise; a kind that no product has a cut of is the industry's for all. Cuts are
    divided by `years`.
    """
    # The engine is asked for the columns of each frame once, and not for those of the join.
    known, there, of_plants = rows, set(rows.columns), set[str]()
    if plant_cuts is not None:
        of_plants = set(plant_cuts.columns)
        of_whom = [name for name in (w.ESTABLISHMENT_ID, w.YEAR) if name in of_plants]
        known = rows.join(plant_cuts, on=of_whom, how="left")
    nothing = F.lit(None).cast("double")
    columns = {}
    for kind in kinds:
        industry, plant = w.industry_cut(kind), plant_cut_column(kind)
        of_industry = F.col(industry) if industry in there else nothing
        has_own = plant in of_plants
        own = F.col(plant) if has_own else nothing
        cut = own if leave_out and has_own else F.coalesce(own, of_industry)
        columns[cut_column(kind)] = cut if years == 1 else cut / float(years)
        columns[own_column(kind)] = own.isNotNull().cast("double")
    return known.withColumns(columns).drop(*map(plant_cut_column, kinds)) if kinds else rows


def count_cuts(
    rows: DataFrame, *, by: Sequence[str], kinds: Sequence[str], places: int
) -> DataFrame:
    """One row per value of the keys: establishments, those with all cuts, and whose cuts they are.

    Reads the rows of `with_own_cuts` and sales_in_units. Of those with a cut of every kind it
    counts own cuts, and sums cuts in so many binary places.
    """
    has_all = _has_all_cuts(kinds)
    columns = [F.count(F.lit(1)), F.sum(w.SALES), F.sum(has_all.cast("bigint"))]
    names = (w.ESTABLISHMENTS, w.SALES, WITH_CUTS)
    named = [column.alias(name) for column, name in zip(columns, names, strict=True)]
    for kind in kinds:
        cut = F.floor(F.col(cut_column(kind)) * 2.0**places + 0.5).cast("bigint")
        own = F.col(own_column(kind)).cast("bigint")
        named.append(F.sum(F.when(has_all, own)).alias(own_column(kind)))
        named.append(F.sum(F.when(has_all, cut)).alias(cut_column(kind)))
    return rows.groupBy(*by).agg(*named)


def _has_all_cuts(kinds: Sequence[str]) -> Column:
    has_all = F.lit(True)
    for kind in kinds:
        has_all = has_all & F.col(cut_column(kind)).isNotNull()
    return has_all


def adoption_outcome(column: str, window: str) -> Column:
    """A 0/1 column's value at the window's end as a DOUBLE; null where it is neither 0 nor 1."""
    later = F.col(w.later_column(column, window)).cast("double")
    return F.when(later.isin(0.0, 1.0), later)


def _measured(matched: DataFrame) -> DataFrame:
    """Rows with log productivity and employment above 0, and its logarithm."""
    employment = F.col("employment").cast("double")
    is_measured = (
        F.col(w.LOG_PRODUCTIVITY).isNotNull()
        & F.col(w.INDUSTRY).isNotNull()
        & (F.col(w.EMPLOYMENT) > 0)
        & (employment > 0)
    )
    return matched.filter(is_measured).withColumn(LOG_EMPLOYMENT, F.ln(employment))


def _indicator(bit: int) -> Column:
    """1.0 where the row is in the set of this bit, else 0.0."""
    return F.when(F.col(w.MEMBERSHIP).bitwiseAND(bigint(bit)) == bigint(bit), 1.0).otherwise(0.0)


def _relative_productivity() -> Column:
    found: Column = relative_productivity(F.col(w.LOG_PRODUCTIVITY), F.col(w.CENTRE))
    return found
