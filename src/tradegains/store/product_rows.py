"""What the rows of plant_products hold, read once before an engine starts.

Decision: a check refuses rows that a run would, so they are counted here; the engine counts again
what it reads. Texts are held to the plainest way of writing a number, which every engine reads.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv

from tradegains.errors import Problem
from tradegains.store.alike import DistinctTexts, all_of, trimmed
from tradegains.store.row_tables import (
    MOST_VALUE,
    PLANT_PRODUCTS,
    RowFile,
    is_in_folder,
    row_table_files,
    rows_of_other_years,
    schema_of_file,
    undated_rows,
    unusable_rows,
)
from tradegains.store.scalars import arrow_scalar

_ROWS_AT_ONCE = 1 << 18
_NUMBER = r"^\s*[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?\s*$"
_YEAR = r"^\s*[0-9]{1,9}\s*$"


@dataclass
class ProductRows:
    """A table of products as far as it can be read.

    Attributes:
        ids: distinct ids of rows that count: of the year that is asked for, with a value above 0.
        served: those of them with a product that has a cut.
        codes: distinct product codes of rows that count.
        rows: how many rows there are, of any year.
        unusable: rows of the year that lack an id, a product or a value from 0 to `MOST_VALUE`.
        undated: rows without a year that is a whole number, where years are asked for.
        of_year: rows of the year.
    """

    ids: DistinctTexts = field(default_factory=lambda: pa.nulls(0, pa.string()))
    served: DistinctTexts = field(default_factory=lambda: pa.nulls(0, pa.string()))
    codes: DistinctTexts = field(default_factory=lambda: pa.nulls(0, pa.string()))
    rows: int = 0
    unusable: int = 0
    undated: int = 0
    of_year: int = 0


def read_products(
    path: str, tariffs: DistinctTexts, *, needs_value: bool, year: int | str | None
) -> ProductRows:
    """Count the rows of a table and collect what they name.

    Files and columns that cannot be read are told by `row_tables.row_table_problems`.

    Args:
        path: the file or folder.
        tariffs: codes of products that have a cut.
        needs_value: whether products weigh by their values.
        year: whose products are wanted, or a word for each; None where products have no years.
    """
    found = ProductRows()
    ids: list[pa.Array] = []
    served: list[pa.Array] = []
    codes: list[pa.Array] = []
    for file in row_table_files(PLANT_PRODUCTS, path):
        try:
            for batch in _batches(file, list(_names(needs_value=needs_value, year=year))):
                named, products = _see(found, batch, needs_value=needs_value, year=year)
                ids.append(pc.unique(named))
                served.append(pc.unique(named.filter(pc.is_in(products, tariffs))))
                codes.append(pc.unique(products))
        except (pa.ArrowException, OSError, UnicodeDecodeError, KeyError):
            continue
    found.ids, found.served, found.codes = all_of(ids), all_of(served), all_of(codes)
    return found


def product_row_problems(
    found: ProductRows, path: str, *, year: int | str | None
) -> Iterator[Problem]:
    """What a run would refuse of the rows, in the words in which it would."""
    if found.undated:
        yield undated_rows(path, found.undated)
    elif year is not None and not found.of_year:
        yield rows_of_other_years(path, year)
    if found.unusable:
        yield unusable_rows(path, found.unusable)
    elif found.of_year and not len(found.ids):
        what, cure = "no product is worth anything", "give values above 0, or leave the table out"
        yield Problem(what, path, found.of_year, cure)


def _names(*, needs_value: bool, year: int | str | None) -> Iterator[str]:
    yield from ("establishment_id", "product")
    if needs_value:
        yield "value"
    if year is not None:
        yield "year"


def _see(
    found: ProductRows, rows: pa.Table, *, needs_value: bool, year: int | str | None
) -> tuple[pa.Array, pa.Array]:
    """Count rows; the ids and codes of those that count."""
    found.rows += len(rows)
    if year is not None:
        years = _numbers(rows.column("year").combine_chunks(), _YEAR)
        found.undated += years.null_count
        of_year = pc.equal(years, float(year)) if isinstance(year, int) else pc.is_valid(years)
        rows = rows.filter(of_year)
    found.of_year += len(rows)
    ids, codes = (
        trimmed(rows.column(each).combine_chunks()) for each in ("establishment_id", "product")
    )
    is_named = pc.and_(pc.not_equal(ids, ""), pc.not_equal(codes, ""))
    counts = is_named = pc.fill_null(is_named, False)
    if needs_value:
        values = _numbers(rows.column("value").combine_chunks(), _NUMBER)
        usable = pc.and_(pc.greater_equal(values, 0.0), pc.less_equal(values, MOST_VALUE))
        is_named = pc.and_(is_named, pc.fill_null(usable, False))
        counts = pc.and_(is_named, pc.fill_null(pc.greater(values, 0.0), False))
    found.unusable += len(rows) - (pc.sum(is_named).as_py() or 0)
    return ids.filter(counts), codes.filter(counts)


def _numbers(values: pa.Array, pattern: str) -> pa.Array:
    """Values as doubles; missing where a text does not fit the pattern of a number."""
    values = _plain(values)
    if pa.types.is_string(values.type):
        fits = pc.match_substring_regex(values, pattern)
        values = pc.utf8_trim_whitespace(pc.if_else(fits, values, None))
    return values.cast(pa.float64(), safe=False)


def _plain(values: pa.Array) -> pa.Array:
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    is_text = pa.types.is_large_string(values.type) or pa.types.is_binary(values.type)
    return values.cast(pa.string()) if is_text or pa.types.is_string_view(values.type) else values


def _batches(file: RowFile, names: list[str]) -> Iterator[pa.Table]:
    """Rows with these columns, also those that folders name."""
    schema = schema_of_file(file)
    in_folders = [name for name in names if is_in_folder(schema, name)]
    for batch in _inside(file, [name for name in names if name not in in_folders]):
        rows = pa.Table.from_batches([batch])
        for name in in_folders:
            value = arrow_scalar(file.named[name])
            rows = rows.append_column(name, pa.repeat(value, len(rows)))
        yield rows


def _inside(file: RowFile, names: list[str]) -> Iterator[pa.RecordBatch]:
    if file.kind == "parquet":
        with file.place.system.open_input_file(file.place.path) as source:
            yield from pq.ParquetFile(source).iter_batches(_ROWS_AT_ONCE, columns=names)
        return
    options = csv.ConvertOptions(
        column_types=dict.fromkeys(names, pa.string()), include_columns=names
    )
    with (
        file.place.system.open_input_stream(file.place.path) as source,
        csv.open_csv(source, convert_options=options) as reader,
    ):
        yield from reader
