"""Products of establishments into tariff cuts of each establishment's own."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w
from tradegains.transforms.exposures import SHARE, SHOCK, plant_exposure_column
from tradegains.transforms.regression_rows import main_product_column, plant_cut_column

PRODUCT, CUT, VALUE, KIND = "product", "cut", "value", "kind"
HUNDREDTHS = 100.0


def mean_plant_cuts(
    products: DataFrame,
    tariffs: DataFrame,
    *,
    kinds: Sequence[str],
    is_value_weighted: bool,
    places: int,
    main_products: Sequence[str] = (),
    exposed: Sequence[str] = (),
) -> DataFrame:
    """One row per establishment with a product whose cut is known: its own cut of every kind.

    Reads establishment_id, product and, weighted, value [money unit]; where products have a year,
    there is one row per establishment and year; `tariffs` has one row per
    product and kind with its cut [percentage points]. A product named twice counts once, with the
    sum of its values. Each product's share of the establishment times its cut is rounded to
    `places` binary places, so that the mean does not depend on the order of rows. An establishment
    whose products with a cut of a kind are none, or all worth nothing, has no own cut of that kind.
    The main product of each of the kinds `main_products` has the largest share; of products with
    equal shares, as all have without weights, it is the first. Of the kinds `exposed` all products
    are kept, with their shares.
    """
    value = F.round(F.col(VALUE) * HUNDREDTHS).cast("bigint") if is_value_weighted else F.lit(1)
    known = products.join(F.broadcast(tariffs), on=PRODUCT, how="inner")
    worth = (F.sum if is_value_weighted else F.max)(value.cast("bigint")).alias(VALUE)
    of_whom = [name for name in (w.ESTABLISHMENT_ID, w.YEAR) if name in products.columns]
    keys = [*of_whom, KIND]
    once = known.groupBy(*keys, PRODUCT).agg(worth, F.max(CUT).alias(CUT))
    totals = once.groupBy(*keys).agg(F.sum(VALUE).alias("total"))
    joined = once.join(totals.filter(F.col("total") > 0), on=keys, how="inner")
    share = F.col(VALUE).cast("double") / F.col("total").cast("double")
    part = F.floor(share * F.col(CUT) * 2.0**places + 0.5).cast("bigint")
    of_kind = {kind: F.sum(F.when(F.col(KIND) == kind, part)) for kind in kinds}
    # The least of pairs whose first is minus the value: the largest value, and of equals the first.
    first = F.struct(-F.col(VALUE), F.col(PRODUCT).alias(PRODUCT))
    main = {kind: F.min(F.when(F.col(KIND) == kind, first)) for kind in main_products}
    return joined.groupBy(*of_whom).agg(
        *(
            (total.cast("double") / 2.0**places).alias(plant_cut_column(kind))
            for kind, total in of_kind.items()
        ),
        *(each[PRODUCT].alias(main_product_column(kind)) for kind, each in main.items()),
        *(_exposure(kind, share).alias(plant_exposure_column(kind)) for kind in exposed),
    )


def _exposure(kind: str, share: Column) -> Column:
    """Pairs of product and share; null where there is none of the kind."""
    shock = F.concat(F.lit("product "), F.col(PRODUCT)).alias(SHOCK)
    pair = F.when(F.col(KIND) == kind, F.struct(shock, share.alias(SHARE)))
    # Sorted, or their order would be that of the rows; an establishment has few products.
    found = F.sort_array(F.collect_list(pair))
    return F.when(F.size(found) > 0, found)
