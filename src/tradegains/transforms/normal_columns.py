"""The normal distribution on a Column: what engines without an error function need for a probit.

Each column is `formulas.normal` piece by piece; exp, ln and the choice of the piece are the
engine's. The pieces that several columns share are columns of their own, made once: written into
each other they are an expression that takes the engine longer to plan than to compute.
"""

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.normal import (
    CENTRAL_END,
    DENSITY_AT_ZERO,
    FAR_END,
    MIDDLE_END,
    central_offset,
    far_tail_factor,
    gaussian_exponents,
    middle_tail_factor,
)


def add_distribution(rows: DataFrame, z: str, *, cdf: str, density: str) -> DataFrame:
    """The same rows, with the distribution function and density of a column.

    Must equal formulas.normal.normal_cdf and normal_density but for the last bits of exp.
    """
    pieces = _add_pieces(rows, z)
    return pieces.withColumns({cdf: _cdf(F.col(z), F.col("z_offset")), density: _density()}).drop(
        *_PIECES
    )


def add_hazard(rows: DataFrame, z: str, *, hazard: str, log_upper_tail: str) -> DataFrame:
    """The same rows, with the hazard and the logarithm of the upper tail of a column.

    Must equal formulas.normal.normal_hazard and log_upper_tail but for the last bits of exp.
    """
    pieces = _add_pieces(rows, z).withColumn("z_cdf", _cdf(F.col(z), F.col("z_offset")))
    pieces = pieces.withColumn("z_upper", _cdf(-F.col(z), -F.col("z_offset")))
    is_central, factor = F.col(z) <= CENTRAL_END, F.col("z_factor")
    far_tail = F.lit(-0.5) * F.col(z) * F.col(z) + F.ln(factor)
    near_hazard, far_hazard = _density() / F.col("z_upper"), F.lit(DENSITY_AT_ZERO) / factor
    return pieces.withColumns(
        {
            hazard: F.when(is_central, near_hazard).otherwise(far_hazard),
            log_upper_tail: F.when(is_central, F.log1p(-F.col("z_cdf"))).otherwise(far_tail),
        }
    ).drop(*_PIECES, "z_cdf", "z_upper")


_PIECES = ("z_size", "z_factor", "z_bell", "z_offset", "z_tail")


def _add_pieces(rows: DataFrame, z: str) -> DataFrame:
    """Size of z; upper tail of that size over its kernel; kernel; distance of cdf from a half."""
    sized = rows.withColumn("z_size", F.abs(F.col(z)))
    size = F.col("z_size")
    # Where another piece counts, any positive number will do: no one reads it.
    far = far_tail_factor(F.greatest(size, F.lit(MIDDLE_END)))
    head, rest = gaussian_exponents(F.least(size, F.lit(FAR_END)))
    pieces = {
        "z_factor": F.when(size <= MIDDLE_END, middle_tail_factor(size)).otherwise(far),
        "z_bell": F.exp(head) * F.exp(rest),
        "z_offset": central_offset(F.col(z)),
    }
    return sized.withColumns(pieces).withColumn("z_tail", F.col("z_factor") * F.col("z_bell"))


def _cdf(z: Column, offset: Column) -> Column:
    """Of z or, with the offset's sign turned, of minus z."""
    tail, is_central = F.col("z_tail"), F.col("z_size") <= CENTRAL_END
    outside = F.when(z < 0, tail).otherwise(F.lit(1.0) - tail)
    return F.when(is_central, F.lit(0.5) + offset).otherwise(outside)


def _density() -> Column:
    return F.lit(DENSITY_AT_ZERO) * F.col("z_bell")
