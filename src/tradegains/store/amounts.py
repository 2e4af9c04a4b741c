"""What amounts of a census are, as far as a few of its values tell; without an engine."""

from collections.abc import Iterator

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegains.store.census import CensusFiles
from tradegains.store.scalars import arrow_scalar

FEW = 30
"""Values of which that many may be 0 and 1, or small, by chance."""
_ROWS_AT_ONCE = 1 << 14
_ZERO, _ONE = arrow_scalar(0.0), arrow_scalar(1.0)


def all_flags(census: CensusFiles, name: str) -> bool:
    """Whether a contract column is 0 or 1 in every row, both somewhere or 1 throughout.

    Args:
        census: whose files have passed their checks.
        name: of the contract column.
    """
    seen, ones = 0, 0
    for values in _numbers(census, name):
        are_ones = pc.equal(values, _ONE)
        if not pc.all(pc.or_(are_ones, pc.equal(values, _ZERO)), min_count=0).as_py():
            return False
        seen += len(values)
        ones += pc.sum(are_ones).as_py() or 0
    return seen >= FEW and ones > 0


def largest_within(census: CensusFiles, name: str, highest: float) -> float | None:
    """The largest value of a contract column, where none is above the highest and some above 0.

    None also where too few are above 0 to tell anything.
    """
    largest, above = 0.0, 0
    for values in _numbers(census, name):
        if not len(values):
            continue
        largest = max(largest, pc.max(values).as_py())
        if largest > highest:
            return None
        above += pc.sum(pc.greater(values, _ZERO)).as_py()
    return largest if above >= FEW else None


def _numbers(census: CensusFiles, name: str) -> Iterator[pa.Array]:
    """Known values as doubles, piece by piece; of files that cannot be read, none."""
    column = census.inside[name]
    for file in census.files:
        try:
            with census.place.system.open_input_file(file.absolute) as source:
                for batch in pq.ParquetFile(source).iter_batches(_ROWS_AT_ONCE, columns=[column]):
                    values = batch.column(0)
                    if pa.types.is_dictionary(values.type):
                        values = values.dictionary_decode()
                    numbers = values.cast(pa.float64(), safe=False).drop_null()
                    yield numbers.filter(pc.is_finite(numbers))
        except (pa.ArrowException, OSError):
            continue
