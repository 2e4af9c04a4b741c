"""Whole-number columns used as sets of bits."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pyspark.sql import Column
from pyspark.sql import functions as F


def bigint(number: int) -> Column:
    """A literal BIGINT."""
    return F.lit(number).cast("bigint")


def bit_if(condition: Column, mask: int) -> Column:
    """The mask where the condition holds, else 0; a null condition does not hold."""
    return F.when(condition, bigint(mask)).otherwise(bigint(0))


def merge_bits(columns: Sequence[Column]) -> Column:
    """Bitwise OR of all columns; 0 of none.

    As a balanced tree: a chain of some hundred terms is deeper than Spark Connect can send.
    """
    if not columns:
        return bigint(0)
    if len(columns) == 1:
        return columns[0]
    half = len(columns) // 2
    return merge_bits(columns[:half]).bitwiseOR(merge_bits(columns[half:]))


def has_bits(column: str, mask: int) -> Column:
    """Whether every bit of the mask is set."""
    return F.col(column).bitwiseAND(bigint(mask)) == bigint(mask)


@dataclass(frozen=True)
class BitRange:
    """Some bits of a whole number, moved down to where the lowest of them is 1: a short number.

    Attributes:
        mask: of the bits.
        shift: by how many places they are moved.
    """

    mask: int
    shift: int

    @staticmethod
    def of(mask: int) -> "BitRange":
        """The bits of a mask, >= 0.

        Example:
            >>> bits = BitRange.of(0b1100)
            >>> bits.shift, bits.highest, bits.restored(2)
            (2, 3, 8)
        """
        return BitRange(mask, (mask & -mask).bit_length() - 1 if mask else 0)

    @property
    def highest(self) -> int:
        """The largest of these numbers."""
        return self.mask >> self.shift

    def column(self, name: str) -> Column:
        """The bits of a column."""
        return F.shiftright(F.col(name).bitwiseAND(bigint(self.mask)), self.shift)

    def restored(self, numbers: Any) -> Any:
        """A number, or an array of them, with its bits where they were."""
        return numbers << self.shift
