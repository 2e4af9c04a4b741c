"""Matched rows into log productivity relative to industry medians."""

from collections.abc import Sequence

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.membership import MembershipMask
from tradegains.formulas.moments import bin_position, weighted_powers
from tradegains.formulas.productivity import lileeva_productivity, relative_productivity
from tradegains.formulas.quantiles import PERCENTILES
from tradegains.formulas.theil import exponential, weighted_levels
from tradegains.tables import working as w
from tradegains.transforms.bits import bigint, has_bits
from tradegains.transforms.packed_keys import PackedKeys
from tradegains.transforms.ranking import SCALED, bin_of

CUTS = ("cut_1", "cut_2", "cut_3")
"""Columns of the quartiles that part an industry's establishments in four."""
TIED = 1e-9
"""Values as near to each other are the same but for rounding: of kappa, say, or an engine's ln."""
MOMENT_BIN = 2.0
"""Width of the bins whose middles the power sums are measured from [log points]."""


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


def relate_to_medians(
    matched: DataFrame,
    medians: DataFrame,
    *,
    bin_width: float,
    standardised: bool,
    carried: Sequence[str] = (),
) -> DataFrame:
    """One row per row and median base of its year: relative productivity as value.

    Reads year, industry, membership, employment_thousandths and log_productivity; `medians` has
    one row per year, industry and base, with its centre [log points]. `scaled` is in units of
    the histogram's `bin_width` [log points], so a histogram bin is a whole number of bins. An
    industry without a median is left out here and counted by the caller. Where some bases are
    `standardised`, `medians` has industry_sd and kappa as well, which are 1 for the other bases.
    The columns `carried` stay.
    """
    measured = matched.filter(F.col(w.LOG_PRODUCTIVITY).isNotNull())
    related = measured.join(F.broadcast(medians), on=[w.YEAR, w.INDUSTRY], how="inner")
    relative = relative_productivity(F.col(w.LOG_PRODUCTIVITY), F.col(w.CENTRE))
    if standardised:
        relative = lileeva_productivity(relative, F.col(w.INDUSTRY_SD), F.col(w.KAPPA))
    return related.select(
        w.BASE,
        w.MEMBERSHIP,
        *carried,
        w.EMPLOYMENT,
        relative.alias(w.VALUE),
        (relative / bin_width).alias(SCALED),
    )


def add_productivity_quartile(matched: DataFrame, cuts: DataFrame) -> DataFrame:
    """One row per matched row, with its quartile 1 to 4; null without log productivity.

    Reads year, industry and log_productivity; `cuts` has one row per year and industry with
    cut_1, cut_2 and cut_3. Must equal formulas.productivity.productivity_class: a value equal to
    a cut is below it.
    """
    value = F.col(w.LOG_PRODUCTIVITY)
    above = [F.when(value > F.col(cut), 1).otherwise(0) for cut in CUTS]
    quartile = F.when(value.isNotNull(), above[0] + above[1] + above[2] + 1)
    joined = matched.join(F.broadcast(cuts), on=[w.YEAR, w.INDUSTRY], how="left")
    return joined.withColumn(w.QUARTILE, quartile).drop(*CUTS)


def power_sum(power: int, *, weighted: bool) -> str:
    """Column of the fixed-point sum of a power of the position within the bin.

    Example:
        >>> power_sum(2, weighted=True)
        'weighted_power_2'
    """
    return f"{'weighted' if weighted else 'plain'}_power_{power}"


def level_sum(moment: int, *, weighted: bool) -> str:
    """Column of the fixed-point sum of the level within the bin, times the position if 1.

    Example:
        >>> level_sum(0, weighted=False)
        'plain_level_0'
    """
    return f"{'weighted' if weighted else 'plain'}_level_{moment}"


def sum_powers(
    matched: DataFrame, *, weighted_bits: int, plain_bits: int, levels: bool
) -> DataFrame:
    """One row per year, industry, membership and bin of log productivity: sums of v**k.

    Reads those, employment_thousandths and log_productivity. v in [-1/2, 1/2) is the position
    within the bin, so nothing cancels; the sums are in fixed point with the given number of
    binary places, so the order of rows does not matter. The caller chooses as many places as
    cannot overflow. With `levels` also the sums of the level of productivity within the bin.
    """
    measured = matched.filter(F.col(w.LOG_PRODUCTIVITY).isNotNull())
    number = F.floor(F.col(w.LOG_PRODUCTIVITY) / MOMENT_BIN).cast("bigint")
    position = bin_position(F.col(w.LOG_PRODUCTIVITY), MOMENT_BIN, number)
    sums = _sums_within(position, weighted_bits=weighted_bits, plain_bits=plain_bits, levels=levels)
    return measured.groupBy(w.YEAR, w.INDUSTRY, w.MEMBERSHIP, number.alias(w.BIN)).agg(*sums)


def sum_powers_by_group(
    ranked: DataFrame,
    populations: DataFrame,
    *,
    on: Sequence[str],
    packed: PackedKeys,
    weighted_bits: int,
    plain_bits: int,
    levels: bool,
) -> DataFrame:
    """One row per population, group of units and bin of the value: sums of v**k, and who is below.

    Reads the columns `on`, value, employment_thousandths and the group; `populations` has one row
    per such keys and population that they are of, with its percentiles (`cut_of`). The three keys
    come `packed`. Sums are as those of `sum_powers`, in bins around whole multiples of their width,
    as values are about 0; beside them is the number, or employment, of rows with a value of at most
    each percentile.
    """
    number = F.floor(F.col(w.VALUE) / MOMENT_BIN + 0.5).cast("bigint")
    members = ranked.join(F.broadcast(populations), on=list(on), how="inner")
    members = members.withColumn(w.BIN, number)
    position = F.col(w.VALUE) / MOMENT_BIN - F.col(w.BIN)
    sums = _sums_within(position, weighted_bits=weighted_bits, plain_bits=plain_bits, levels=levels)
    below = [
        F.sum(F.when(F.col(w.VALUE) <= F.col(cut_of(name, weighted=weighted)) + TIED, amount)
              .otherwise(bigint(0))).alias(below_cut(name, weighted=weighted))
        for weighted, amount in ((False, bigint(1)), (True, F.col(w.EMPLOYMENT)))
        for name in PERCENTILES
    ]  # fmt: skip
    return members.groupBy(*packed.columns()).agg(*sums, *below)


def count_members_by_group(related: DataFrame, masks: Sequence[MembershipMask]) -> DataFrame:
    """One row per base, bin of the histogram and group of units: members of each mask.

    Reads the rows of `relate_to_medians` with their group. The number of rows that fit a mask, and
    their employment, are in columns called by its place (`members_of`).
    """
    sums = []
    for place, mask in enumerate(masks):
        is_member = has_bits(w.MEMBERSHIP, mask.required)
        is_member &= F.col(w.MEMBERSHIP).bitwiseAND(bigint(mask.forbidden)) == bigint(0)
        for name, amount in ((w.ESTABLISHMENTS, bigint(1)), (w.EMPLOYMENT, F.col(w.EMPLOYMENT))):
            counted = F.when(is_member, amount).otherwise(bigint(0))
            sums.append(F.sum(counted).alias(members_of(place, name)))
    number = bin_of(0).alias(w.BIN)
    return related.groupBy(w.BASE, number, w.REPLICATE_GROUP).agg(*sums)


def members_of(place: int, amount: str) -> str:
    """Column of an amount of the rows that fit the mask at a place.

    Example:
        >>> members_of(1, "establishments")
        'establishments_1'
    """
    return f"{amount}_{place}"


def cut_of(name: str, *, weighted: bool) -> str:
    """Column of a percentile of a population, whose share of rows below is asked for.

    Example:
        >>> cut_of("p50", weighted=True)
        'weighted_p50'
    """
    return f"{'weighted' if weighted else 'plain'}_{name}"


def below_cut(name: str, *, weighted: bool) -> str:
    """Column of the number, or employment, of rows at or below a percentile.

    Example:
        >>> below_cut("p50", weighted=False)
        'plain_p50_below'
    """
    return f"{cut_of(name, weighted=weighted)}_below"


def _sums_within(
    position: Column, *, weighted_bits: int, plain_bits: int, levels: bool
) -> list[Column]:
    """Rows, their employment, and the sums of powers and levels within a bin."""
    weight = F.col(w.EMPLOYMENT).cast("double")
    sums = [
        F.count(F.lit(1)).alias(w.ESTABLISHMENTS),
        F.sum(w.EMPLOYMENT).alias(w.EMPLOYMENT),
        *_sums(weighted_powers(F.lit(1.0), position, 2.0**plain_bits), weighted=False),
        *_sums(weighted_powers(weight, position, 2.0**weighted_bits), weighted=True),
    ]
    if levels:
        level = exponential(position * MOMENT_BIN)
        plain = weighted_levels(F.lit(1.0), position, level, 2.0**plain_bits)
        by_weight = weighted_levels(weight, position, level, 2.0**weighted_bits)
        sums += [_sum_of(each, level_sum(k, weighted=False)) for k, each in enumerate(plain)]
        sums += [_sum_of(each, level_sum(k, weighted=True)) for k, each in enumerate(by_weight)]
    return sums


def _sums(powers: Sequence[Column], *, weighted: bool) -> list[Column]:
    return [
        _sum_of(each, power_sum(power, weighted=weighted))
        for power, each in enumerate(powers, start=1)
    ]


def _sum_of(product: Column, name: str) -> Column:
    """The sum of a product rounded to whole units."""
    return F.sum(F.floor(product + 0.5).cast("bigint")).alias(name)
