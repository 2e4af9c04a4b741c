"""Optional input tables with a row per establishment: read through the engine, never collected.

What can be wrong with a file as a whole is told from its schema, before any engine starts; what is
wrong with its rows from one count over them.
"""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import csv, fs

from tradegains.errors import InputError, Problem
from tradegains.store.census_checks import nearest_name, some_of
from tradegains.store.census_files import unread_type
from tradegains.store.census_types import Family, file_type
from tradegains.store.engine_paths import is_connect, path_to_read
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
        place = locate(path)
        if place.system.get_file_info(place.path).type == fs.FileType.Directory:
            cure = "give one file: write the folder's files together as one Parquet file"
            return [Problem(f"{PLANT_PRODUCTS} is a folder, not a file", path, cure=cure)]
        schema = _schema(place)
    except InputError as error:
        return list(error.problems)
    except FileNotFoundError:
        cure = f"correct {PLANT_PRODUCTS} under [inputs], or remove it to do without"
        return [Problem(f"the {PLANT_PRODUCTS} file does not exist", path, cure=cure)]
    except pa.ArrowNotImplementedError as error:
        return [unread_type(error, path)]
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


def _is_parquet(path: str) -> bool:
    return path.lower().endswith((".parquet", ".pq"))


def _schema(place: Location) -> pa.Schema:
    """Names and types of the columns; every column of a CSV is text, as an engine reads it."""
    if _is_parquet(place.path):
        with place.system.open_input_file(place.path) as source:
            return pq.read_schema(source)
    with place.system.open_input_stream(place.path) as source, csv.open_csv(source) as reader:
        return pa.schema([(name, pa.string()) for name in reader.schema.names])


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
    nearest = nearest_name(name, columns)
    said = f"did you mean {nearest!r}?" if nearest else f"it has {some_of(columns, 20)}"
    return Problem(f"column {name!r} is missing", path, cure=f"rename the column; {said}")


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

    address = path_to_read(spark, locate(path).root)
    if _is_parquet(path):
        raw = spark.read.parquet(address)
    else:
        raw = spark.read.option("header", "true").csv(address)
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
    is_amount = amount.isNotNull() & ~F.isnan(amount) & amount.between(0.0, LARGEST_VALUE)
    is_good = F.coalesce(is_named & is_amount, F.lit(False))
    bad = rows.filter(~is_good).count()
    if bad:
        what = "rows without an establishment, a product or a usable value"
        cure = f"mend or remove them; a value is from 0 to {LARGEST_VALUE:g}"
        raise InputError(Problem(what, path, bad, cure))
    return rows


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
        raise InputError(Problem("rows without a year", path, bad, "give every row its year"))
    if not found["of_year"]:
        cure = "correct products_year in [regressions]"
        raise InputError(Problem(f"no row is of products_year = {year}", path, cure=cure))
    return raw.filter(known == year) if year else raw.withColumn("year", known)
