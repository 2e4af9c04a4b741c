"""Products of establishments into a tariff cut of each establishment's own."""

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w
from tradegains.transforms.regression_rows import PLANT_CUT

PRODUCT, CUT, VALUE = "product", "cut", "value"
HUNDREDTHS = 100.0


def mean_plant_cuts(
    products: DataFrame, tariffs: DataFrame, *, is_value_weighted: bool, places: int
) -> DataFrame:
    """One row per establishment with a product whose cut is known: plant_tariff_cut.

    Reads establishment_id, product and, weighted, value [money unit]; `tariffs` has one row per
    product with its cut [percentage points]. A product named twice counts once, with the sum of
    its values. Each product's share of the establishment times its cut is rounded to `places`
    binary places, so that the mean does not depend on the order of rows. An establishment whose
    known products are all worth nothing has no cut of its own.
    """
    value = F.round(F.col(VALUE) * HUNDREDTHS).cast("bigint") if is_value_weighted else F.lit(1)
    known = products.join(F.broadcast(tariffs), on=PRODUCT, how="inner")
    worth = (F.sum if is_value_weighted else F.max)(value.cast("bigint")).alias(VALUE)
    once = known.groupBy(w.ESTABLISHMENT_ID, PRODUCT).agg(worth, F.max(CUT).alias(CUT))
    totals = once.groupBy(w.ESTABLISHMENT_ID).agg(F.sum(VALUE).alias("total"))
    joined = once.join(totals.filter(F.col("total") > 0), on=w.ESTABLISHMENT_ID, how="inner")
    share = F.col(VALUE).cast("double") / F.col("total").cast("double")
    part = F.floor(share * F.col(CUT) * 2.0**places + 0.5).cast("bigint")
    return joined.groupBy(w.ESTABLISHMENT_ID).agg(
        (F.sum(part).cast("double") / 2.0**places).alias(PLANT_CUT)
    )
