"""Matched rows into log productivity relative to industry medians."""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w
from tradegains.transforms.ranking import SCALED, bin_of

POWERS = (1, 2, 3, 4)


def rank_log_productivity(matched: DataFrame) -> DataFrame:
    """One row per row with log productivity: year, industry, weight, value and scaled.

    Reads year, industry, employment_thousandths and log_productivity.
    """
    return matched.filter(F.col(w.LOG_PRODUCTIVITY).isNotNull()).select(
        w.YEAR,
        w.INDUSTRY,
        w.EMPLOYMENT,
        F.col(w.LOG_PRODUCTIVITY).alias(w.VALUE),
        F.col(w.LOG_PRODUCTIVITY).alias(SCALED),
    )


def relate_to_medians(matched: DataFrame, medians: DataFrame, *, bin_width: float) -> DataFrame:
    """One row per row and median base of its year: relative productivity as value.

    Reads year, industry, membership, employment_thousandths and log_productivity; `medians` has
    one row per year, industry and base, with its centre [log points]. `scaled` is in units of
    the histogram's `bin_width` [log points], so a histogram bin is a whole number of bins. An
    industry without a median is left out here and counted by the caller.
    """
    measured = matched.filter(F.col(w.LOG_PRODUCTIVITY).isNotNull())
    related = measured.join(F.broadcast(medians), on=[w.YEAR, w.INDUSTRY], how="inner")
    relative = F.col(w.LOG_PRODUCTIVITY) - F.col(w.CENTRE)
    return related.select(
        w.BASE,
        w.MEMBERSHIP,
        w.EMPLOYMENT,
        relative.alias(w.VALUE),
        (relative / bin_width).alias(SCALED),
    )


def power_sum(power: int, *, weighted: bool) -> str:
    """Column of the fixed-point sum of a power of the position within the bin.

    Example:
        >>> power_sum(2, weighted=True)
        'weighted_power_2'
    """
    return f"{'weighted' if weighted else 'plain'}_power_{power}"


def power_sums(*, refinement: int, weighted_bits: int, plain_bits: int) -> list[Column]:
    """Sums of v, v^2, v^3 and v^4, v in [-1/2, 1/2) the position within the bin.

    Centred, so nothing cancels; fixed point with the given number of binary places, so the
    order of rows does not matter. The caller chooses as many as cannot overflow.
    """
    position = F.col(SCALED) * float(2**refinement) - bin_of(refinement) - 0.5
    weight = F.col(w.EMPLOYMENT).cast("double")
    sums = []
    for power in POWERS:
        raised = _raise(position, power)
        plain, weighted = raised * float(2**plain_bits), weight * raised * float(2**weighted_bits)
        sums.append(_sum_fixed(plain).alias(power_sum(power, weighted=False)))
        sums.append(_sum_fixed(weighted).alias(power_sum(power, weighted=True)))
    return sums


def _sum_fixed(number: Column) -> Column:
    return F.sum(F.floor(number + 0.5).cast("bigint"))


def _raise(position: Column, power: int) -> Column:
    """By multiplication: a power function may differ between engines in its last bit."""
    raised = position
    for _ in range(power - 1):
        raised = raised * position
    return raised
