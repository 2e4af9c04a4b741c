"""Reading a census: which files, whether they are usable, and the DataFrame they make.

`list_census` compares every file's own footer with the study's mapping and refuses in one message;
`read_census` then declares the schema the footers gave. Files are named one by one (a folder
could hold files the check did not see), each read with its own types and cast to common ones.

The year of a partition folder is not left to the engine: Sail returns NULL for it when anything
below the census folder is read, without an error, so there each year is a scan of its own with
the year as a literal. Classic Spark takes the years as one scan with `basePath` (19 years as a
union: 9.1 s, as one scan: 2.8 s; on Sail 0.17 s against 0.22 s).
"""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import reduce
from typing import TYPE_CHECKING

import pyarrow as pa

from tradegains.errors import InputError, Problem
from tradegains.store.buckets import bucketed, misplaced, name_problems
from tradegains.store.census_checks import (
    column_problems,
    files_with_years,
    folder_year_problems,
    layout_problems,
    text_problems,
)
from tradegains.store.census_files import (
    CensusFile,
    find_files,
    folder_names,
    read_footers,
    written_name,
)
from tradegains.store.census_types import (
    CONTRACT_KINDS,
    FileType,
    common_type,
    file_type,
    goes_by_text,
    quoted,
)
from tradegains.store.engine_paths import hadoop_address, hadoop_path, is_connect, sail_path
from tradegains.store.locations import Location, locate

if TYPE_CHECKING:
    from pyspark.sql import Column, DataFrame, SparkSession

_ID = "establishment_id"
_YEAR = file_type(pa.int32())


@dataclass(frozen=True)
class CensusFiles:
    """The checked files of a census that a run reads.

    `folders` counts the files an engine would find in each innermost folder.
    `columns` maps contract names (and the names of extra columns) to file columns; `types` maps
    them to the Spark type they become. `partitioned` says whether the year is a folder. `buckets`
    says into how many Spark has bucketed the files by the id; None: they are not.
    """

    place: Location
    files: tuple[CensusFile, ...]
    folders: Mapping[str, int]
    columns: Mapping[str, str]
    types: Mapping[str, str]
    years: tuple[int, ...]
    partitioned: bool
    buckets: int | None = None

    @property
    def keeps_buckets(self) -> bool:
        """Whether Spark's plan still knows the buckets of the rows that are read.

        It does not where the scans of several types are put together, nor where ids are converted.
        """
        keys = {_scan_key(self, file, connect=False) for file in self.files}
        id_type = _file_types(self, self.files[0])[self.columns[_ID]].declared
        return self.buckets is not None and len(keys) == 1 and id_type == self.types[_ID]

    @property
    def inside(self) -> dict[str, str]:
        """The columns that the files themselves hold; a year folder is not one."""
        year = self.columns["year"] if self.partitioned else None
        return {name: column for name, column in self.columns.items() if column != year}

    @property
    def rows(self) -> int:
        """Rows in the files; where the year is a column, also those of other years."""
        return sum(file.rows for file in self.files)

    @property
    def rows_by_year(self) -> dict[int, int] | None:
        """Rows per year by the footers; None where the year is a column."""
        if not self.partitioned:
            return None
        rows = dict.fromkeys(self.years, 0)
        for file in self.files:
            if file.year is not None:
                rows[file.year] += file.rows
        return rows


def list_census(
    path: str,
    columns: Mapping[str, str],
    years: Iterable[int],
    *,
    extra_columns: Sequence[str] = (),
    buckets: int | None = None,
) -> CensusFiles:
    """The files of the wanted years, each checked against its own footer.

    Args:
        path: census folder or file, local or a URI.
        columns: contract name -> file column.
        years: years the study reads.
        extra_columns: file columns that keep their names.
        buckets: into how many the files are said to be bucketed; None: they are not.

    Raises:
        InputError: with every problem found, not only the first.
    """
    wanted = tuple(sorted(set(years)))
    place = locate(path)
    found, folders, year_column = _found(place, columns["year"])
    partitioned = any(file.year is not None for file in found)
    chosen = [file for file in found if file.year in wanted] if partitioned else found
    files, unreadable = read_footers(place, chosen)
    named = {**{name: name for name in extra_columns}, **columns, "year": year_column}
    inside = {name for file in files for name in file.schema.names}
    mapping = {name: written_name(column, inside) for name, column in named.items()}
    mapping["year"] = year_column if partitioned else mapping["year"]
    census = CensusFiles(place, tuple(files), folders, mapping, {}, wanted, partitioned, buckets)
    problems = [
        *layout_problems(found, year_column),
        *(name_problems(chosen, buckets) if buckets else []),
        *unreadable,
        *column_problems(files, census.inside),
    ]
    if partitioned:
        problems += folder_year_problems(found, files, wanted, path)
    elif not problems:
        files, problems = files_with_years(place, files, mapping["year"], wanted)
    if not problems:
        problems = text_problems(place, files, census.inside.values())
    if problems:
        raise InputError(problems)
    return replace(census, files=tuple(files), types=_common_types(census))


def count_rows(path: str, year_column: str, years: Iterable[int]) -> int:
    """Rows by the footers of the files that may have some of these years; nothing is judged.

    Raises:
        InputError: there are no such files.
    """
    place, wanted = locate(path), set(years)
    found, _, _ = _found(place, year_column)
    files, _ = read_footers(place, [file for file in found if file.year in {None, *wanted}])
    return sum(file.rows for file in files)


def _found(place: Location, year_column: str) -> tuple[list[CensusFile], dict[str, int], str]:
    """The files, the folders they are in, and the name that the folders give the year."""
    found, folders = find_files(place, year_column)
    named = {name for file in found for name in folder_names(file.path)}
    written = written_name(year_column, named)
    if written != year_column:
        found, folders = find_files(place, written)
    return found, folders, written


def _common_types(census: CensusFiles) -> dict[str, str]:
    types = {}
    for name, column in census.columns.items():
        found = frozenset(
            file_type(file.schema.field(column).type) if name in census.inside else _YEAR
            for file in census.files
        )
        type_ = common_type(CONTRACT_KINDS.get(name, "any"), found)
        if type_ is None:
            raise AssertionError(f"{column} passed its checks without a common type")
        types[name] = type_
    return types


def read_census(spark: "SparkSession", census: CensusFiles) -> "DataFrame":
    """One row per establishment and year of the study, under contract names.

    Codes are text or BIGINT as in the files, `year` INT, every number DOUBLE, extra columns as
    they are. Works on classic Spark, Spark Connect and Sail. Classic Spark is told of buckets,
    which it forgets where several scans are put together: then it shuffles.
    """
    connect = is_connect(spark)
    scan = _connect_scan if connect else _classic_scan
    scans = [scan(spark, census, group) for group in _groups(census, connect=connect)]
    return reduce(lambda left, right: left.unionByName(right), scans)


def require_buckets(spark: "SparkSession", census: CensusFiles) -> None:
    """Refuse a bucketed census in which ids are not where classic Spark will look for them.

    Raises:
        InputError: rows are in a file of another bucket than Spark gives their id, or ids have
            blanks around them, which would be cut elsewhere.
    """
    if census.buckets is None:
        return
    column = census.columns[_ID]
    scans = [_classic_files(spark, census, group) for group in _groups(census, connect=False)]
    if census.types[_ID] == "string":
        _refuse_padded(scans, column, census)
    found = [misplaced(rows, column, census.buckets) for rows in scans]
    rows, files = map(sum, zip(*found, strict=True))
    if rows:
        raise InputError(
            Problem(
                f"rows are in a file of another than the {census.buckets} buckets of [census] "
                f"have for their {column!r}",
                f"{files:,} file{'s' * (files != 1)} of {census.place.given}",
                rows,
                cure=f"drop the key buckets, or write the files again with bucketBy on {column!r}",
            )
        )


def _refuse_padded(scans: Sequence["DataFrame"], column: str, census: CensusFiles) -> None:
    from pyspark.sql.functions import col, trim

    identifier = col(quoted(column)).cast("string")
    padded = sum(rows.filter(identifier != trim(identifier)).count() for rows in scans)
    if padded:
        what = f"ids of {column!r} have blanks around them, in files with buckets"
        cure = "drop the key buckets, or write the files again without the blanks"
        raise InputError(Problem(what, census.place.given, padded, cure))


def _groups(census: CensusFiles, *, connect: bool) -> list[list[CensusFile]]:
    """The files that are read by one scan each."""
    groups: dict[object, list[CensusFile]] = defaultdict(list)
    for file in census.files:
        groups[_scan_key(census, file, connect=connect)].append(file)
    return list(groups.values())


def _scan_key(census: CensusFiles, file: CensusFile, *, connect: bool) -> object:
    # Sail merges the schemas of all files of a scan, also of columns that are not selected.
    if connect:
        return file.year, tuple((field.name, str(field.type)) for field in file.schema)
    return tuple(sorted(_file_types(census, file).items()))


def _file_types(census: CensusFiles, file: CensusFile) -> dict[str, FileType]:
    """Type of each needed column inside a file, by file column."""
    names = dict.fromkeys(census.inside.values())
    return {name: file_type(file.schema.field(name).type) for name in names}


def _connect_scan(
    spark: "SparkSession", census: CensusFiles, group: Sequence[CensusFile]
) -> "DataFrame":
    from pyspark.sql.functions import lit

    types = _file_types(census, group[0])
    declared = {name: type_.declared for name, type_ in types.items() if type_.declared}
    # Sail reads some types as themselves or not at all: let it infer, the footers are checked.
    inferred = not declared or any(type_.undeclared for type_ in types.values())
    reader = spark.read if inferred else spark.read.schema(_ddl(declared))
    rows = reader.parquet(*(sail_path(file.uri) for file in group))
    year = None if group[0].year is None else lit(group[0].year)
    return _selected(rows, census, {name: types[name] for name in declared}, year)


def _classic_scan(
    spark: "SparkSession", census: CensusFiles, group: Sequence[CensusFile]
) -> "DataFrame":
    from pyspark.sql.functions import col

    rows = _classic_files(spark, census, group)
    year = col(quoted(census.columns["year"])) if census.partitioned else None
    return _selected(rows, census, _file_types(census, group[0]), year)


def _classic_files(
    spark: "SparkSession", census: CensusFiles, group: Sequence[CensusFile]
) -> "DataFrame":
    """The rows of some files, with the names and types that these have."""
    types = _file_types(census, group[0])
    # A column of nothing but nulls is stored as INT32.
    schema = {name: type_.declared or "int" for name, type_ in types.items()}
    reader = spark.read
    if census.partitioned:
        schema[census.columns["year"]] = "int"
        reader = reader.option("basePath", hadoop_address(census.place.root))
    rows = reader.schema(_ddl(schema)).parquet(*map(hadoop_path, _shortest(census, group)))
    return bucketed(rows, census.columns[_ID], census.buckets) if census.buckets else rows


def _shortest(census: CensusFiles, group: Sequence[CensusFile]) -> list[str]:
    """Addresses of the files, and of the folder instead where all its files are wanted.

    Spark looks at each address on its own: 1900 files took 26 s to plan, their folders 1 s.
    """
    by_folder: dict[str, list[CensusFile]] = defaultdict(list)
    for file in group:
        by_folder[posixpath.dirname(file.absolute)].append(file)
    addresses: list[str] = []
    for folder, files in by_folder.items():
        whole = census.folders.get(folder) == len(files) and files[0].uri != census.place.root
        addresses += [posixpath.dirname(files[0].uri)] if whole else [file.uri for file in files]
    return addresses


def _selected(
    rows: "DataFrame",
    census: CensusFiles,
    held: Mapping[str, FileType],
    year: "Column | None",
) -> "DataFrame":
    """Contract names and common types; `held` are the file columns that hold anything.

    Text ids lose the blanks around them, with which some files fill a column of fixed width: the
    same id would not meet itself in a file of another width. Spark knows its buckets by the column
    as it is, so there padded ids are refused instead.
    """
    from pyspark.sql.functions import col, lit, trim, validate_utf8

    connect = is_connect(rows.sparkSession)

    def values(name: str) -> "Column":
        column = census.columns[name]
        if year is not None and name not in census.inside:
            return year
        return col(quoted(column)) if column in held else lit(None)

    def text(name: str) -> "Column":
        # Sail stops at bytes that are no UTF-8; Spark would read on with letters lost.
        return values(name) if connect or name in untouched else validate_utf8(values(name))

    def cast(name: str, type_: str) -> "Column":
        source = held.get(census.columns[name])
        if source is not None and source.family == "text":
            return trim(text(name).cast(type_)) if name in trimmed else text(name).cast(type_)
        if type_ == "double" and source is not None and goes_by_text(source):
            return values(name).cast("string").cast(type_)
        return values(name).cast(type_)

    ids = {name for name in census.types if CONTRACT_KINDS.get(name) == "id"}
    untouched = {_ID} if census.buckets and not connect else set()
    trimmed = ids - untouched
    wanted = rows if year is not None else rows.filter(values("year").isin(*census.years))
    return wanted.select(*(cast(name, type_).alias(name) for name, type_ in census.types.items()))


def _ddl(types: Mapping[str, str]) -> str:
    return ", ".join(f"{quoted(name)} {type_}" for name, type_ in types.items())
