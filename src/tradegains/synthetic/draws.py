"""Random numbers that depend on their keys alone: the same on any engine and partitioning.

A draw is a hash of (seed, keys, purpose). `xxhash64` gives the same bits on both engines; `ln` and
`cos` may differ in their last bit, which rounding to hundredths hides.
"""

import math
from dataclasses import dataclass

from pyspark.sql import Column
from pyspark.sql import functions as F

_HALF = 2**32


@dataclass(frozen=True)
class Draws:
    """Independent draws for a seed, one stream for every purpose."""

    seed: int

    def uniform(self, purpose: str, *keys: Column) -> Column:
        """Uniform on the open interval (0, 1), in steps of 2^-32: its logarithm exists."""
        return _high(self._bits(purpose, *keys))

    def normal(self, purpose: str, *keys: Column) -> Column:
        """Standard normal, by Box and Muller's transform of the two halves of one hash."""
        bits = self._bits(purpose, *keys)
        angle = bits.bitwiseAND(F.lit(_HALF - 1)).cast("double") * F.lit(2.0 * math.pi / _HALF)
        return F.sqrt(F.lit(-2.0) * F.log(_high(bits))) * F.cos(angle)

    def _bits(self, purpose: str, *keys: Column) -> Column:
        return F.xxhash64(F.lit(self.seed).cast("long"), *keys, F.lit(purpose))


def _high(bits: Column) -> Column:
    """The high half of a hash as a uniform."""
    half = F.shiftrightunsigned(bits, 32).cast("double")
    return (half + F.lit(0.5)) * F.lit(1.0 / _HALF)
