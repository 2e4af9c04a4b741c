"""Whole-number columns used as sets of bits."""

from collections.abc import Sequence

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
