"""Sums of whole numbers that may not fit 64 bits, each with the double that tells."""

from collections.abc import Mapping

from pyspark.sql import Column, DataFrame
from pyspark.sql import functions as F

from tradegains.tables import working as w


def whole_sums(rows: DataFrame, amounts: Mapping[str, Column]) -> list[Column]:
    """For each amount of BIGINT its sum under its name, and the DOUBLE sum of the same as its twin.

    A sum that does not fit is null on Spark and has wrapped on Sail; `sums_agree` compares either
    with the twin. On Sail a sum that is null then takes twice the time of one that wraps.
    """
    wraps = type(rows).__module__.startswith("pyspark.sql.connect")
    total = F.sum if wraps else F.try_sum
    return [
        *(total(amount).alias(name) for name, amount in amounts.items()),
        # Multiplied, not cast: Sail gives a sum and a sum of the same column cast one name.
        *(F.sum(amount * 1.0e0).alias(w.twin(name)) for name, amount in amounts.items()),
    ]
