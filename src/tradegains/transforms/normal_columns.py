"""The normal distribution on a Column: what engines without an error function need for a probit.

Each is `formulas.normal` piece by piece; exp, ln and the choice of the piece are the engine's.
"""

from pyspark.sql import Column
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


def normal_cdf_of(z: Column) -> Column:
    """Must equal formulas.normal.normal_cdf but for the last bits of exp."""
    size = F.least(F.abs(z), F.lit(FAR_END))
    tail = _tail_factor(size) * _bell(size)
    central = F.lit(0.5) + central_offset(z)
    return F.when(size <= CENTRAL_END, central).when(z < 0, tail).otherwise(F.lit(1.0) - tail)


def normal_density_of(z: Column) -> Column:
    """Must equal formulas.normal.normal_density."""
    return F.lit(DENSITY_AT_ZERO) * _bell(F.least(F.abs(z), F.lit(FAR_END)))


def normal_hazard_of(z: Column) -> Column:
    """Must equal formulas.normal.normal_hazard."""
    near = normal_density_of(z) / normal_cdf_of(-z)
    return F.when(z <= CENTRAL_END, near).otherwise(F.lit(DENSITY_AT_ZERO) / _tail_factor(z))


def log_upper_tail_of(z: Column) -> Column:
    """Must equal formulas.normal.log_upper_tail."""
    far = F.lit(-0.5) * z * z + F.ln(_tail_factor(z))
    return F.when(z <= CENTRAL_END, F.log1p(-normal_cdf_of(z))).otherwise(far)


def _tail_factor(size: Column) -> Column:
    """Of a size above CENTRAL_END; below it any positive number, which no one reads."""
    far = far_tail_factor(F.greatest(size, F.lit(MIDDLE_END)))
    near = middle_tail_factor(F.greatest(size, F.lit(0.0)))
    return F.when(size <= MIDDLE_END, near).otherwise(far)


def _bell(size: Column) -> Column:
    head, rest = gaussian_exponents(size)
    return F.exp(head) * F.exp(rest)
