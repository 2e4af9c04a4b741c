"""Random numbers that depend on their keys alone: the same on any engine and partitioning.

A draw is a hash of (seed, keys, purpose). `xxhash64` gives the same bits on both engines; `ln` and
`cos` may differ in their last bit, which rounding to hundredths hides.
"""

import math
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

_STEPS = 2**53  # a double holds every whole number up to here, so no two hashes round together


@dataclass(frozen=True)
class Draws:
    """Independent draws for a seed, one stream for every purpose."""

    seed: int

    def uniform(self, purpose: str, *keys: Column) -> Column:
        """Uniform on the open interval (0, 1): never 0, so its logarithm exists."""
        bits = F.xxhash64(F.lit(self.seed).cast("long"), *keys, F.lit(purpose))
        step = F.pmod(bits, F.lit(_STEPS)).cast("double")
        return (step + F.lit(0.5)) * F.lit(1.0 / _STEPS)

    def normal(self, purpose: str, *keys: Column) -> Column:
        """Standard normal, by Box and Muller's transform of two uniforms."""
        radius = F.sqrt(F.lit(-2.0) * F.log(self.uniform(f"{purpose} radius", *keys)))
        return radius * F.cos(F.lit(2.0 * math.pi) * self.uniform(f"{purpose} angle", *keys))
