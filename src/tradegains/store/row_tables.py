"""Optional input tables with a row per establishment: read through the engine, never collected.

A table is one file, or a folder of any number of files of one kind; folders in it may have names
such as `year=1988`, which hold a column, as those of a census.

What can be wrong with a file as a whole is told from its schema, before any engine starts; what is
wrong with its rows from one count over them.
"""

import posixpath
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import unquote

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv, fs

from tradegains.errors import InputError, Problem
from tradegains.store.census_checks import missing_cure
from tradegains.store.census_files import (
    NOT_DATA,
    encrypted_columns,
    files_in,
    has_encrypted_columns,
    unread_type,
)
from tradegains.store.census_types import Family, file_type
from tradegains.store.engine_paths import is_connect, path_to_read
from tradegains.store.listing import FileStamp, ListedFile, stamp_of
from tradegains.store.locations import Location, locate
from tradegains.store.remote_errors import raise_if_remote

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

PLANT_PRODUCTS = "plant_products"
ROW_TABLES = (PLANT_PRODUCTS,)
_CODE: tuple[Family, ...] = ("text", "whole", "empty")
_COLUMNS: dict[str, tuple[tuple[Family, ...], str]] = {
    "establishment_id": (_CODE, "text or a whole number"),
    "product": (_CODE, "text or a whole number"),
    "value": (("text", "whole", "decimal", "float", "empty"), "a number"),
    "year": (("text", "whole"), "a year"),
}
"""By column, the families of types that can hold it, and how a message calls them."""
LARGEST_VALUE = 1e12
"""Values up to here, in hundredths, add up over thousands of products within 64 bits."""
LARGEST_ROUNDING = 1e-9
"""Share of a value up to which hundredths may move it."""
MOST_POWER = 30
MOST_VALUE = 1e27
"""A larger value is a code for something missing."""

_KINDS = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".csv.gz": "csv"}
_IN_FOLDER = {b"in": b"folder"}
_NO_VALUE = "__HIVE_DEFAULT_PARTITION__"
_IN_NAME = re.compile(r"([^/=]+)=([^/]*)")


@dataclass(frozen=True)
class RowFile:
    """A file of a table, by its path below the table's own.

    `named` are columns that names of folders hold, where the file itself lacks them.
    """

    path: str
    place: Location
    stamp: FileStamp
    named: Mapping[str, str] = field(default_factory=dict)

    @property
    def kind(self) -> str:
        """How it is read: parquet or csv."""
        return _kind_of(self.path) or "csv"


def row_table_files(name: str, path: str) -> list[RowFile]:
    """The files of a table, in the order of their paths: the one that is named, or a folder's.

    Raises:
        InputError: there is no file, or a folder has none, or files that cannot be of one table.
    """
    place = locate(path)
    if place.system.get_file_info(place.path).type != fs.FileType.Directory:
        stamp = stamp_of(place.system, place.path)
        if stamp is None:
            cure = f"correct {name} under [inputs], or remove it to do without"
            raise InputError(Problem(f"the {name} file does not exist", path, cure=cure))
        # Which folder holds a single file says nothing about its content.
        return [RowFile(posixpath.basename(place.path), place, stamp)]
    listed = [each for each in files_in(place, name) if not _is_note(each.path)]
    found = [_in_folder(place, each) for each in listed]
    kinds = {_kind_of(each.path) for each in found}
    if len(kinds) != 1 or None in kinds:
        what = "other files than .parquet, or than .csv" if kinds else "no file"
        cure = "keep the table's files in it alone, all of them Parquet or all of them CSV"
        raise InputError(Problem(f"the {name} folder holds {what}", path, cure=cure))
    return found


def _in_folder(place: Location, listed: ListedFile) -> RowFile:
    inside = posixpath.relpath(listed.path, place.path)
    named = dict(_IN_NAME.findall(posixpath.dirname(inside)))
    address = f"{place.address}/{inside}" if place.address else ""
    file = replace(place, given=f"{place.given}/{inside}", path=listed.path, address=address)
    # What Hive and Spark call the folder of rows without a value.
    values = {
        column.lower(): "" if value == _NO_VALUE else unquote(value)
        for column, value in named.items()
    }
    return RowFile(inside, file, listed.stamp, values)


def _is_note(path: str) -> bool:
    return posixpath.splitext(path)[1].lower() in NOT_DATA - {".csv"}


def _kind_of(path: str) -> str | None:
    return next((kind for end, kind in _KINDS.items() if path.lower().endswith(end)), None)


def row_table_problems(
    path: str, *, needs_value: bool, year: int | str | None = None
) -> list[Problem]:
    """What is wrong with the columns of a file of plant products.

    Args:
        path: a .parquet, .csv or .csv.gz file.
        needs_value: whether the column `value` is needed.
        year: whose products are wanted, or a word for each; None where products have no years.
    """
    try:
        files = row_table_files(PLANT_PRODUCTS, path)
    except InputError as error:
        return list(error.problems)
    except OSError as error:
        raise_if_remote(error, path)
        what = f"the {PLANT_PRODUCTS} folder cannot be listed"
        return [Problem(what, path, cure="check its permissions")]
    found: dict[str, Problem] = {}
    for file in files:
        for problem in _file_problems(file, needs_value=needs_value, year=year):
            found.setdefault(problem.what, problem)
    return list(found.values())


def _file_problems(file: RowFile, *, needs_value: bool, year: int | str | None) -> list[Problem]:
    path = file.place.given
    try:
        schema = schema_of_file(file)
    except InputError as error:
        return list(error.problems)
    except pa.ArrowNotImplementedError as error:
        with file.place.system.open_input_file(file.place.path) as source:
            return [unread_type(error, path, source)]
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise_if_remote(error, path)
        cure = "write it as Parquet, or as CSV in UTF-8 with commas and one line of names"
        return [Problem(f"the {PLANT_PRODUCTS} file cannot be read", path, cure=cure)]
    if year is None and "year" in schema.names:
        cure = "state products_year in [regressions], or take the column out"
        return [Problem("products are by year, and the study names none", path, cure=cure)]
    unused = {name for name, needed in (("value", needs_value), ("year", year)) if not needed}
    wanted = [name for name in _COLUMNS if name not in unused]
    return [problem for name in wanted for problem in _column_problems(name, schema, path)]


def schema_of_file(file: RowFile) -> pa.Schema:
    """Names and types of the columns; every column of a CSV is text, as an engine reads it.

    Columns that names of folders hold are text, and those inside the file where it has both.
    """
    place = file.place
    if file.kind == "parquet":
        with place.system.open_input_file(place.path) as source:
            parquet = pq.ParquetFile(source)
            if has_encrypted_columns(source, parquet.metadata):
                raise InputError(encrypted_columns(place.given))
            schema = parquet.schema_arrow
    else:
        with place.system.open_input_stream(place.path) as source, csv.open_csv(source) as reader:
            schema = pa.schema([(name, pa.string()) for name in reader.schema.names])
    inside = {name.lower() for name in schema.names}
    for name in sorted(file.named.keys() - inside):
        schema = schema.append(pa.field(name, pa.string(), metadata=_IN_FOLDER))
    return schema


def is_in_folder(schema: pa.Schema, name: str) -> bool:
    """Whether a column is in the names of folders only."""
    return name in schema.names and schema.field(name).metadata == _IN_FOLDER


def _column_problems(name: str, schema: pa.Schema, path: str) -> Iterator[Problem]:
    if name not in schema.names:
        yield _missing(name, schema.names, path)
        return
    if sum(other.lower() == name for other in schema.names) > 1:
        what = f"column {name!r} appears more than once (upper and lower case count as one)"
        yield Problem(what, path, cure="rename one of them")
        return
    type_ = schema.field(name).type
    families, expected = _COLUMNS[name]
    if file_type(type_).family not in families:
        cure = "convert the column when the file is written"
        if pa.types.is_floating(type_):
            cure += "; pandas turns whole numbers with a gap among them into such"
        what = f"column {name!r} is {type_} where {expected} is expected"
        yield Problem(what, path, cure=cure)


def _missing(name: str, columns: list[str], path: str) -> Problem:
    return Problem(f"column {name!r} is missing", path, cure=missing_cure(name, columns))


def read_plant_products(
    spark: "SparkSession", path: str, *, needs_value: bool, year: int | str | None = None
) -> "DataFrame":
    """One row per row of the file: establishment_id and product as text, value as DOUBLE, year.

    Args:
        spark: a session of either engine.
        path: the checked file.
        needs_value: whether `value` is read; without, it is 1.0.
        year: whose rows are read; a word for those of each, which is read too; None where
            products have no years.

    Raises:
        InputError: rows without id, product or year, or with an unusable value, with their
            number; or no row is of the year.
    """
    from pyspark.sql import functions as F

    names = ["establishment_id", "product", *(["value"] if needs_value else [])]
    raw = _read_files(spark, path, [*names, *(["year"] if year is not None else [])])
    if year is not None:
        raw = _of_year(raw, year if isinstance(year, int) else None, path)
    value = F.col("value").try_cast("double") if needs_value else F.lit(1.0)

    def text(name: str) -> "Column":
        # Sail stops at bytes that are no UTF-8; Spark would read on with letters lost.
        values = F.col(name).cast("string")
        return F.trim(values if is_connect(spark) else F.validate_utf8(values)).alias(name)

    rows = raw.select(
        text("establishment_id"),
        text("product"),
        value.alias("value"),
        *([F.col("year")] if isinstance(year, str) else []),
    )
    is_named = F.coalesce(F.col("establishment_id") != "", F.lit(False)) & F.coalesce(
        F.col("product") != "", F.lit(False)
    )
    amount = F.col("value")
    is_amount = amount.isNotNull() & ~F.isnan(amount) & amount.between(0.0, MOST_VALUE)
    is_good = F.coalesce(is_named & is_amount, F.lit(False))
    units = amount * 100.0
    is_rounded = F.abs(units - F.floor(units + 0.5)) > units * LARGEST_ROUNDING
    counted = rows.agg(
        F.count(F.when(~is_good, 1)).alias("bad"),
        F.max(F.when(is_good, amount)).alias("largest"),
        F.count(F.when(is_good & is_rounded, 1)).alias("rounded"),
    )
    (found,) = counted.toArrow().to_pylist()
    if bad := found["bad"]:
        raise InputError(unusable_rows(path, bad))
    largest = found["largest"] or 0.0
    if largest > LARGEST_VALUE or found["rounded"]:
        rows = rows.withColumn("value", amount * scale_of_values(largest))
    return rows


def unusable_rows(path: str, count: int) -> Problem:
    """What is said of rows that name nobody, nothing or no value."""
    cure = f"mend or remove them; a value is from 0 to {MOST_VALUE:g}"
    return Problem("rows without an establishment, a product or a usable value", path, count, cure)


def undated_rows(path: str, count: int) -> Problem:
    """What is said of rows without a year."""
    what, cure = "rows whose year is missing or no whole number", "give every row its year"
    return Problem(what, path, count, cure)


def rows_of_other_years(path: str, year: int | str | None) -> Problem:
    """What is said of a table of other years than the one that is asked for."""
    cure = "correct products_year in [regressions]"
    return Problem(f"no row is of products_year = {year}", path, cure=cure)


def scale_of_values(largest: float) -> float:
    """What values that hundredths round are multiplied by: as weights they have no unit.

    A power of 10 that leaves none above LARGEST_VALUE, and of the others the most digits.

    Example:
        >>> scale_of_values(0.25), scale_of_values(3e15)
        (1000000000000.0, 0.0001)
    """
    power = 0
    while largest * float(f"1e{power + 1}") <= LARGEST_VALUE and power < MOST_POWER:
        power += 1
    while largest * float(f"1e{power}") > LARGEST_VALUE:
        power -= 1
    return float(f"1e{power}")


class _Scan(NamedTuple):
    """What the files have in common that an engine reads at once: columns, and folders' names."""

    columns: tuple[tuple[str, str], ...]
    named: tuple[tuple[str, str], ...]

    def column(self, name: str) -> "Column":
        """A column, from the files or from the names of their folders."""
        from pyspark.sql import functions as F

        named = dict(self.named)
        is_inside = name in dict(self.columns) and name not in named
        return F.col(name) if is_inside else F.lit(named[name])


def _read_files(spark: "SparkSession", path: str, names: Sequence[str]) -> "DataFrame":
    """The columns of these names of all files; as text where files have several types of one.

    Files of one schema are one scan: engines compare the columns of a scan, also those not asked.
    """
    scans: dict[_Scan, list[RowFile]] = defaultdict(list)
    types: dict[str, set[str]] = defaultdict(set)
    for file in row_table_files(PLANT_PRODUCTS, path):
        schema = schema_of_file(file)
        for name in names:
            types[name].add(str(schema.field(name).type))
        columns = tuple((each.name, str(each.type)) for each in schema)
        in_folders = {name: file.named[name] for name in file.named if is_in_folder(schema, name)}
        scans[_Scan(columns, tuple(sorted(in_folders.items())))].append(file)
    parts = []
    for scan, files in scans.items():
        held = {name: scan.column(name) for name in names}
        mixed = {name: held[name].cast("string") for name in names if len(types[name]) > 1}
        chosen = [each.alias(name) for name, each in (held | mixed).items()]
        parts.append(_scanned(spark, files).select(*chosen))
    return reduce(lambda one, other: one.unionByName(other), parts)


def _scanned(spark: "SparkSession", files: Sequence[RowFile]) -> "DataFrame":
    addresses = [path_to_read(spark, file.place.root) for file in files]
    if files[0].kind == "parquet":
        return spark.read.parquet(*addresses)
    return spark.read.option("header", "true").csv(addresses)


def _of_year(raw: "DataFrame", year: int | None, path: str) -> "DataFrame":
    """The rows of a year, or of all, with the year as INT.

    Raises:
        InputError: rows have no year, or none is of this one.
    """
    from pyspark.sql import functions as F

    known = F.col("year").cast("string").try_cast("int")
    counts = raw.agg(
        F.count(F.lit(1)).alias("rows"),
        F.count(known).alias("with_year"),
        F.count(F.when(known == year if year else known.isNotNull(), 1)).alias("of_year"),
    )
    (found,) = counts.toArrow().to_pylist()
    if bad := found["rows"] - found["with_year"]:
        raise InputError(undated_rows(path, bad))
    if not found["of_year"]:
        raise InputError(rows_of_other_years(path, year))
    return raw.filter(known == year) if year else raw.withColumn("year", known)
