"""Who starts to export after the agreement, who adopts a technology, and how both grow.

Decision: what is asked of the sample of export entry is met by the establishments drawn, not by an
assumed distribution of theirs. Two passes over them count the sample by its own quartiles of
productivity and by own foreign cut; from the counts follow the slope of each quartile's probit and
what the propensity to start adds to growth and to adoption. A probit with one slope per quartile is
then the true model, whatever the industries and however few establishments they have.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

import numpy as np
import pyarrow as pa
from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.bisection import bisect
from tradegains.formulas.normal import normal_cdf, normal_density, normal_quantile
from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import BASE_YEAR, END
from tradegains.synthetic.solving import FloatArray, dot
from tradegains.synthetic.states import STATE, lacks_value_added, productivity, with_state
from tradegains.synthetic.truths import Truths

# Bins of a log point, so narrow that hardly two establishments of an industry share one.
_BINS = 1024
_GROWTH_PARTS = 2**20  # of a log point, in sums
_ADOPTION = 0.035  # probability of who neither starts nor has the propensity to
_QUARTILES = (1, 2, 3, 4)
_AVERAGE_CUT = 5.0  # of the foreign tariff [percentage points]


@dataclass(frozen=True)
class EntryPlan:
    """What decides on starting, growing and adopting.

    Attributes:
        bins: by four-digit industry, the last bins of productivity of its lower three quartiles.
        slopes: of the probit's index on the own foreign cut, by quartile [per percentage point].
        growth_by_propensity: what the propensity to start adds to growth until END [log points].
        adoption_by_propensity: what one above average adds to adoption [probability].
    """

    bins: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    slopes: tuple[float, ...] = (0.0,) * len(_QUARTILES)
    growth_by_propensity: float = 0.0
    adoption_by_propensity: float = 0.0


@dataclass(frozen=True)
class EntryCells:
    """The sample by quartile and own foreign cut; arrays of equal length.

    `growth` is the mean growth of productivity until END that has nothing to do with exporting.
    """

    quartile: FloatArray
    cut: FloatArray
    establishments: FloatArray
    growth: FloatArray


def plan_entry(lives: DataFrame, *, draws: Draws, truths: Truths) -> EntryPlan:
    """The plan for these establishments, from two passes over them.

    Reads `home_industry`, `foreign_cut`, `entry_sample`, `death`, the traits and the state at
    BASE_YEAR.
    """
    sample = _sample(lives, draws=draws, truths=truths)
    bins = _quartile_bins(sample.groupBy("home_industry", "bin").count().toArrow())
    if not bins:
        return EntryPlan()
    return plan_of_cells(_cells(sample, bins, draws=draws, truths=truths), bins, truths)


def _sample(lives: DataFrame, *, draws: Draws, truths: Truths) -> DataFrame:
    """Those who never exported and report in BASE_YEAR and in END, with a level and its bin."""
    measured = ~lacks_value_added(F.lit(BASE_YEAR), draws=draws)
    chosen = lives.where(F.col("entry_sample") & (F.col("death") >= END) & measured)
    level = productivity(F.lit(False), truths)
    return chosen.select("*", level.alias("level"), _bin(truths).alias("bin")).drop(*STATE)


def _bin(truths: Truths) -> Column:
    return F.floor(productivity(F.lit(False), truths) * float(_BINS)).cast("int")


def _quartile_bins(counts: pa.Table) -> dict[str, tuple[int, ...]]:
    """By industry the bins that its quartiles end in; values equal to a cut lie below it.

    Example:
        >>> one_each = pa.table({"home_industry": ["1011"] * 5, "bin": [9, 1, 3, 5, 7],
        ...                      "count": [1, 1, 1, 1, 1]})
        >>> _quartile_bins(one_each)
        {'1011': (3, 5, 7)}
    """
    ordered = counts.sort_by([("home_industry", "ascending"), ("bin", "ascending")])
    industries = ordered["home_industry"].to_numpy().astype(str)
    bins, establishments = ordered["bin"].to_numpy(), ordered["count"].to_numpy()
    found = {}
    for industry in np.unique(industries).tolist():
        chosen = industries == industry
        until = np.cumsum(establishments[chosen])
        places = [(int(until[-1]) - 1) * quarter // 4 for quarter in (1, 2, 3)]
        ends = bins[chosen][np.searchsorted(until, places, side="right")]
        found[industry] = tuple(ends.tolist())
    return found


def _with_quartile(rows: DataFrame, bins: Mapping[str, tuple[int, ...]]) -> DataFrame:
    """The rows with `quartile`, 1 to 4, of `home_industry` and `bin`; 1 where nobody is known."""
    if not bins:
        return rows.withColumn("quartile", F.lit(1))
    ends = pa.table(
        {"home_industry": pa.array(list(bins), pa.string())}
        | {
            f"end_{place}": pa.array([each[place] for each in bins.values()], pa.int32())
            for place in range(3)
        }
    )
    known = rows.sparkSession.createDataFrame(ends)
    joined = rows.join(F.broadcast(known), on="home_industry", how="left")
    above = [F.when(F.col("bin") > F.col(f"end_{place}"), 1).otherwise(0) for place in range(3)]
    quartile = above[0] + above[1] + above[2] + 1
    return joined.withColumn("quartile", quartile).drop(*(f"end_{place}" for place in range(3)))


def _cells(
    sample: DataFrame, bins: Mapping[str, tuple[int, ...]], *, draws: Draws, truths: Truths
) -> EntryCells:
    later = with_state(_with_quartile(sample, bins), F.lit(END), draws=draws)
    growth = productivity(F.lit(False), truths) - F.col("level")
    parts = F.floor(growth * float(_GROWTH_PARTS) + 0.5).cast("bigint")
    summed = later.groupBy("quartile", "foreign_cut").agg(
        F.count(F.lit(1)).alias("establishments"), F.sum(parts).alias("growth")
    )
    ordered = summed.toArrow().sort_by([("quartile", "ascending"), ("foreign_cut", "ascending")])
    establishments = ordered["establishments"].to_numpy()
    return EntryCells(
        ordered["quartile"].to_numpy(),
        ordered["foreign_cut"].to_numpy(),
        establishments,
        ordered["growth"].to_numpy() / _GROWTH_PARTS / establishments,
    )


def plan_of_cells(
    cells: EntryCells, bins: Mapping[str, tuple[int, ...]], truths: Truths
) -> EntryPlan:
    """The plan with which the sample of these cells has the truths."""
    level, share = normal_quantile(truths.starter_rate_without_cut), cells.establishments
    slopes = [
        _slope_for(truths.starter_rate_without_cut + due, cells, quartile, level)
        for quartile, due in zip(_QUARTILES, truths.starter_rates_due_to_cut, strict=True)
    ]
    index = level + np.array(slopes)[cells.quartile - 1] * cells.cut
    starts = _each(normal_cdf, index)
    rate = dot(share, starts) / share.sum()
    # Of a standard normal propensity, which starts where it is below the index.
    propensity = dot(share, _each(normal_density, index)) / share.sum() / (rate * (1.0 - rate))
    above = dot(share, np.minimum(starts, 0.5)) / share.sum()
    inclined = above / rate - (0.5 - above) / (1.0 - rate)
    others = _difference(cells, starts)
    # Rounded, so that a last bit changes no census.
    return EntryPlan(
        bins,
        tuple(round(one, 9) for one in slopes),
        round((truths.selection_of_starters - others) / propensity, 9),
        round(truths.selection_of_adopters / inclined, 9),
    )


def _slope_for(rate: float, cells: EntryCells, quartile: int, level: float) -> float:
    """The slope on the cut at which the mean probability of a quartile is this rate."""
    chosen = cells.quartile == quartile
    cut, share = cells.cut[chosen], cells.establishments[chosen]

    def reaches_rate(slope: float) -> bool:
        starting = dot(share, _each(normal_cdf, level + slope * cut))
        return bool(starting >= rate * share.sum())

    return bisect(reaches_rate, 0.0, 4.0, halvings=40)[0]


def _difference(cells: EntryCells, starts: FloatArray) -> float:
    """Mean growth of those who start less that of the others, each cell by its probability."""
    among = cells.establishments * starts
    rest = cells.establishments * (1.0 - starts)
    return float(dot(among, cells.growth) / among.sum() - dot(rest, cells.growth) / rest.sum())


def _each(function: Callable[[float], float], values: FloatArray) -> FloatArray:
    return np.array([function(value) for value in values.tolist()])


def with_entry(lives: DataFrame, plan: EntryPlan, *, draws: Draws, truths: Truths) -> DataFrame:
    """Adds `start_year` of exporting and `adoption_year` (9999 without) and `growth_shock`.

    `growth_shock` is in log points until END. Reads as `plan_entry`.
    """
    serial, sample = F.col("serial"), F.col("entry_sample")
    rows = _with_quartile(lives.withColumn("bin", _bin(truths)), plan.bins)
    level = normal_quantile(truths.starter_rate_without_cut)
    rows = rows.select(
        "*",
        draws.normal("propensity", serial).alias("propensity"),
        (F.lit(level) + _slope(plan) * F.col("foreign_cut")).alias("index"),
    )
    starts = sample & (F.col("propensity") < F.col("index"))
    adoption = (
        F.lit(_ADOPTION)
        + F.when(starts, truths.effect_on_adoption).otherwise(0.0)
        + F.when(F.col("propensity") < 0, plan.adoption_by_propensity).otherwise(0.0)
    )
    return rows.select(
        "*",
        _year_after(draws.uniform("start year", serial), starts).alias("start_year"),
        _year_after(
            draws.uniform("adoption year", serial), draws.uniform("adoption", serial) < adoption
        ).alias("adoption_year"),
        _growth_shock(plan, truths).alias("growth_shock"),
    )


def _growth_shock(plan: EntryPlan, truths: Truths) -> Column:
    """Growth until END by the propensity to start, of exporters by their cut, by that of inputs."""
    of_exporters = (F.col("foreign_cut") - _AVERAGE_CUT) * truths.growth_of_exporters
    return (
        F.when(F.col("entry_sample"), F.col("propensity") * -plan.growth_by_propensity)
        .when(F.col("exporting"), of_exporters)
        .otherwise(0.0)
    ) + F.col("lot_input_cut") * truths.growth_by_inputs


def _slope(plan: EntryPlan) -> Column:
    """The slope of a row's quartile."""
    slope = F.lit(plan.slopes[-1])
    for quartile, value in zip(_QUARTILES[:-1], plan.slopes, strict=False):
        slope = F.when(F.col("quartile") == quartile, value).otherwise(slope)
    return slope


def _year_after(drawn: Column, happens: Column) -> Column:
    """A year after BASE_YEAR until END where it happens, else 9999."""
    year = F.floor(drawn * (END - BASE_YEAR)) + BASE_YEAR + 1
    return F.when(happens, year).otherwise(9999).cast("int")
