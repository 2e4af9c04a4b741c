"""Sums over a census by year and industry code, from its files, without an engine.

For a check: three columns are read, a part of a file at a time, and no row is judged by the rules.
"""

from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegains.store.census import CensusFiles
from tradegains.store.census_files import CensusFile

_YEAR, _CODE, _EMPLOYMENT, _SALES = "year", "code", "employment", "sales"


class CodeSums(NamedTuple):
    """Rows of a year and industry, their employment [jobs] and sales [money unit]."""

    rows: int
    employment: float
    sales: float


def sums_by_code(census: CensusFiles, *, digits: int) -> dict[tuple[int, str], CodeSums]:
    """Sums by year of the study and industry code; a code that is missing is empty.

    Args:
        census: whose files have passed their checks.
        digits: a whole number is padded with zeros to so many.
    """
    parts = [part for file in census.files for part in _parts(census, file, digits)]
    if not parts:
        return {}
    summed = pa.concat_tables(parts).group_by([_YEAR, _CODE], use_threads=False)
    names = ("rows", _EMPLOYMENT, _SALES)
    columns = summed.aggregate([(name, "sum") for name in names])
    found = zip(*(columns[name].to_pylist() for name in (_YEAR, _CODE)), strict=True)
    sums = zip(*(columns[f"{name}_sum"].to_pylist() for name in names), strict=True)
    return {key: CodeSums(*each) for key, each in zip(found, sums, strict=True)}


def _parts(census: CensusFiles, file: CensusFile, digits: int) -> list[pa.Table]:
    """The sums of every row group of a file."""
    inside = census.inside
    names = list(dict.fromkeys(inside[n] for n in ("industry", "employment", "sales")))
    if file.year is None:
        names.append(inside["year"])
    found = []
    with census.place.system.open_input_file(file.absolute) as source:
        parquet = pq.ParquetFile(source)
        for group in range(parquet.num_row_groups):
            rows = parquet.read_row_group(group, columns=names)
            found.append(_summed(rows, inside, file.year, census.years, digits))
    return found


def _summed(
    rows: pa.Table, inside: dict[str, str], year: int | None, years: tuple[int, ...], digits: int
) -> pa.Table:
    of_year = (
        pa.repeat(pa.scalar(year, pa.int32()), rows.num_rows)
        if year is not None
        else pc.cast(rows.column(inside["year"]), pa.int32())
    )
    amounts = {name: _amount(rows.column(inside[name])) for name in (_EMPLOYMENT, _SALES)}
    table = pa.table(
        {
            _YEAR: of_year,
            _CODE: _codes(rows.column(inside["industry"]), digits),
            "rows": pa.repeat(1, rows.num_rows),
            **amounts,
        }
    )
    wanted = table.filter(pc.is_in(table[_YEAR], pa.array(years, pa.int32())))
    summed = wanted.group_by([_YEAR, _CODE], use_threads=False)
    found = summed.aggregate([(name, "sum") for name in ("rows", _EMPLOYMENT, _SALES)])
    return found.rename_columns([name.removesuffix("_sum") for name in found.column_names])


def _codes(column: pa.ChunkedArray, digits: int) -> pa.ChunkedArray:
    """Codes as a run reads them: text without blanks around it, whole numbers padded."""
    if pa.types.is_dictionary(column.type):
        column = pc.cast(column, column.type.value_type)
    text = pc.utf8_trim_whitespace(pc.cast(column, pa.string()))
    if not (pa.types.is_string(column.type) or pa.types.is_large_string(column.type)):
        text = pc.utf8_lpad(text, digits, "0")
    return pc.fill_null(text, "")


def _amount(column: pa.ChunkedArray) -> pa.ChunkedArray:
    """Numbers at least 0; anything else adds nothing."""
    numbers = pc.cast(column, pa.float64(), safe=False)
    is_amount = pc.and_(pc.is_finite(numbers), pc.greater_equal(numbers, 0.0))
    return pc.if_else(pc.fill_null(is_amount, False), numbers, 0.0)
