"""The state of an establishment in a year: its size, its productivity, whether it would export.

The same expressions serve a row of the census and the years that decide on an establishment's
history. Shocks that last four years and shocks of one year together are like a first-order process.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.synthetic.draws import Draws
from tradegains.synthetic.economy import END, MIDDLE, START
from tradegains.synthetic.truths import Truths

# Added to the propensity to export, by year: exporters are about 20, 28 and 45 percent.
EXPORT_LEVEL = {START: -1.00, MIDDLE: -0.75, END: -0.60}
SIZE_SD = 1.15
STATE = ("log_size", "noise", "export_index")
# Employment of exporters over that of others of their industry [log points]: measured. Times the
# size slope it is the part of the premium that employment explains.
_SIZE_OF_EXPORTERS = 0.8


def with_state(table: DataFrame, year: Column, *, draws: Draws) -> DataFrame:
    """The rows with `log_size`, `noise` and `export_index` of a year [log points].

    Reads the traits of `draw_establishments`. `log_size` is log employment over its industry's
    level and `noise` what productivity has beside size and exporting. None of the three depends on
    another but through selection.
    """
    serial, lasting = F.col("serial"), spell(year)
    age = F.greatest(year - F.col("birth"), F.lit(0))
    return table.select(
        "*",
        (
            F.col("size") * SIZE_SD
            - F.col("newcomer") * 0.45 / (1 + age)
            + draws.normal("size spell", serial, lasting) * 0.20
            + draws.normal("size year", serial, year) * 0.20
        ).alias("log_size"),
        (
            F.col("productivity") * 0.42
            + draws.normal("productivity spell", serial, lasting) * 0.28
            + draws.normal("productivity year", serial, year) * 0.28
        ).alias("noise"),
        export_index(lasting, draws=draws).alias("export_index"),
    )


def spell(year: Column) -> Column:
    """Number of the four years that share a lasting shock; establishments change in turn (0-3)."""
    return F.floor((year + F.col("turn")) / 4)


def export_index(lasting: Column, *, draws: Draws) -> Column:
    """Propensity to export during a spell: above zero, with the year's level, it exports."""
    return F.col("export") + draws.normal("export spell", F.col("serial"), lasting) * 0.35


def productivity(exporter: Column, truths: Truths) -> Column:
    """Log productivity over its industry's level, of the columns of `with_state`."""
    lift = truths.exporter_premium - truths.size_slope * _SIZE_OF_EXPORTERS
    return (
        F.col("noise")
        + F.col("log_size") * truths.size_slope
        + F.when(exporter, lift).otherwise(0.0)
    )


def lacks_value_added(year: Column, *, draws: Draws) -> Column:
    """Whether the value added of a year is negative: a few rows have no productivity."""
    return draws.uniform("value added sign", F.col("serial"), year) < 0.002
