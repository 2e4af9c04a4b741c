"""What a census's footers must satisfy before an engine reads it.

Each function returns problems instead of raising, so that one message names them all. Problems
name columns, files and years, never a value.
"""

import difflib
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegains.errors import Problem
from tradegains.store.census_files import (
    CensusFile,
    folder_names,
    is_same_text,
    is_year,
    partition_texts,
)
from tradegains.store.census_types import (
    CONTRACT_KINDS,
    Kind,
    accepts,
    common_type,
    file_type,
)
from tradegains.store.locations import Location

_EXPECTED: Mapping[Kind, str] = {
    "id": "text or a whole number",
    "code": "text or a whole number",
    "year": "a whole number",
    "number": "a number",
    "any": "text, a number, a date, a time or true/false",
}
_UNUSABLE_CURE = "convert the column when the census is written, or map another column"
_FLOAT_CURE = "; `tradegains convert` writes whole numbers of such, and tells which lost digits"
# A message that lists a thousand files helps nobody.
_NAMES_SHOWN = 5


def layout_problems(files: Sequence[CensusFile], year_column: str) -> list[Problem]:
    """Year folders whose value is not a year or within one another, and files beside them."""
    texts = {file.path: partition_texts(file.path, year_column) for file in files}
    if not any(texts.values()):
        return []
    bad = sorted({text for found in texts.values() for text in found if not is_year(text)})
    nested = [path for path, found in texts.items() if len(found) > 1]
    outside = [path for path, found in texts.items() if not found]
    problems = [
        Problem(
            f"the folder {year_column}={text} is not one of a year",
            cure=f"rename it to {year_column}={int(text)}"
            if text.isdecimal()
            else "rename it, or give its rows a year",
        )
        for text in bad
    ]
    if nested:
        problems.append(
            Problem(
                f"{year_column}= folders stand within one another",
                some_of(nested),
                len(nested),
                cure="move each file into the folder of its one year",
            )
        )
    if outside:
        problems.append(
            Problem(
                f"files stand outside the {year_column}= folders",
                some_of(outside),
                len(outside),
                cure="move each into the folder of its year, or out of the census",
            )
        )
    return problems


def column_problems(files: Sequence[CensusFile], columns: Mapping[str, str]) -> list[Problem]:
    """Mapped columns that are absent, unusable or changed between files.

    Args:
        files: files with footers.
        columns: name in the study -> column inside the files (not a year folder).
    """
    return [
        problem
        for name, column in columns.items()
        for problem in _problems_of_column(files, name, column)
    ]


def _problems_of_column(files: Sequence[CensusFile], name: str, column: str) -> list[Problem]:
    missing = [file for file in files if column not in file.schema.names]
    if missing:
        return [_missing_column(missing, files, name, column)]
    twice = [file for file in files if _same_name(file.schema, column) > 1]
    if twice:
        # Spark does not tell names apart by case.
        return [
            Problem(
                f"column {column!r} appears more than once (upper and lower case count as one)",
                where_files(twice),
                cure="rename one of them",
            )
        ]
    kind = CONTRACT_KINDS.get(name, "any")
    by_type = defaultdict(list)
    for file in files:
        by_type[file.schema.field(column).type].append(file)
    unusable = {t: f for t, f in by_type.items() if not accepts(kind, file_type(t).family)}
    if unusable:
        return [_unusable(kind, name, column, type_, at) for type_, at in unusable.items()]
    if by_type and common_type(kind, frozenset(map(file_type, by_type))) is None:
        return [_changed(name, column, by_type)]
    return []


def _same_name(schema: pa.Schema, column: str) -> int:
    return sum(name.lower() == column.lower() for name in schema.names)


def _missing_column(
    missing: Sequence[CensusFile], files: Sequence[CensusFile], name: str, column: str
) -> Problem:
    where = "every file" if len(missing) == len(files) else where_files(missing)
    mapped = "" if name == column else f", which the study maps to {name},"
    cure = _name_cure(missing, column)
    return Problem(f"column {column!r}{mapped} is missing", where, cure=cure)


def _name_cure(missing: Sequence[CensusFile], column: str) -> str:
    """Where the column may be, of files that lack it: in their folders' names, or like another."""
    folders = {name for file in missing for name in folder_names(file.path)}
    if column in folders:
        cure = f"it is in the names of folders ({column}=...), of which only the year is read: "
        return cure + "write it into the files as a column"
    names = sorted({name for file in missing for name in file.schema.names} | folders)
    nearest = nearest_name(column, names)
    if nearest and is_same_text(nearest, column):
        cure = "the files write it with other Unicode signs, such as an accent of its own: "
        return cure + "write the name alike in every file"
    return f"did you mean {nearest!r}?" if nearest else f"the files have {some_of(names, 20)}"


def _unusable(
    kind: Kind, name: str, column: str, type_: pa.DataType, files: Sequence[CensusFile]
) -> Problem:
    is_rounded = pa.types.is_floating(type_) and kind in ("id", "code")
    return Problem(
        f"column {column!r} ({name}) is {type_} where {_EXPECTED[kind]} is expected",
        where_files(files),
        cure=_UNUSABLE_CURE + _FLOAT_CURE * is_rounded,
    )


def _changed(
    name: str, column: str, by_type: Mapping[pa.DataType, Sequence[CensusFile]]
) -> Problem:
    said = "; ".join(f"{type_} in {where_files(files)}" for type_, files in by_type.items())
    return Problem(
        f"column {column!r} ({name}) changes its type between files: {said}",
        cure="write the column with one type in every file",
    )


def text_problems(
    place: Location, files: Sequence[CensusFile], columns: Iterable[str]
) -> list[Problem]:
    """Bytes that no engine can be told are text: columns that are not marked as text are read.

    Older Hive and Impala mark none. Sail stops at the first byte that is no UTF-8, and Spark reads
    on with letters lost.
    """
    wanted = list(dict.fromkeys(columns))
    found: dict[str, list[CensusFile]] = defaultdict(list)
    for file in files:
        unmarked = [name for name in wanted if _is_unmarked(file.schema.field(name).type)]
        for name in _without_text(place, file, unmarked):
            found[name].append(file)
    return [
        Problem(
            f"column {name!r} holds bytes that are not UTF-8",
            where_files(at),
            len(at),
            cure="write it again as text in UTF-8: older files are often in Latin-1",
        )
        for name, at in found.items()
    ]


def invalid_text(place: Location, path: str, columns: Collection[str] | None) -> list[Problem]:
    """Values of a Parquet file that are marked as text and are none: an engine stopped at one.

    Args:
        place: in whose file system it is.
        path: of the file there.
        columns: those that are read; None: all.
    """
    counts: Counter[str] = Counter()
    with place.system.open_input_file(path) as source:
        parquet = pq.ParquetFile(source)
        schema = parquet.schema_arrow
        wanted = schema.names if columns is None else set(schema.names) & set(columns)
        text = [name for name in sorted(wanted) if _is_text(schema.field(name))]
        for group in range(parquet.num_row_groups if text else 0):
            rows = parquet.read_row_group(group, columns=text)
            counts.update({name: _invalid(rows.column(name)) for name in text})
    return [
        Problem(
            f"values of column {name!r} are marked as text and are not UTF-8",
            path,
            count,
            cure="write them again as text in UTF-8: older files are often in Latin-1",
        )
        for name, count in counts.items()
        if count
    ]


def _is_text(field: pa.Field) -> bool:
    type_ = field.type.value_type if pa.types.is_dictionary(field.type) else field.type
    return bool(pa.types.is_string(type_) or pa.types.is_large_string(type_))


def _invalid(values: pa.ChunkedArray) -> int:
    """How many values are not UTF-8."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    whole = values.cast(pa.large_binary())
    try:
        whole.cast(pa.large_string())
    except pa.ArrowInvalid:
        return sum(not _is_utf8(value) for value in whole.to_pylist() if value is not None)
    return 0


def _is_utf8(value: bytes) -> bool:
    try:
        value.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def _is_unmarked(type_: pa.DataType) -> bool:
    kinds = pa.types
    return bool(
        kinds.is_binary(type_) or kinds.is_large_binary(type_) or kinds.is_binary_view(type_)
    )


def _without_text(place: Location, file: CensusFile, columns: Sequence[str]) -> list[str]:
    """The columns of a file that hold other bytes than UTF-8; one part of the file at a time."""
    bad: dict[str, None] = {}
    if not columns:
        return []
    with place.system.open_input_file(file.absolute) as source:
        parquet = pq.ParquetFile(source)
        for group in range(parquet.num_row_groups):
            rows = parquet.read_row_group(group, columns=list(columns))
            for name in columns:
                try:
                    rows.column(name).cast(pa.string())
                except pa.ArrowInvalid:
                    bad[name] = None
    return list(bad)


def folder_year_problems(
    found: Sequence[CensusFile], read: Sequence[CensusFile], wanted: Sequence[int], census: str
) -> list[Problem]:
    """Years of the study without a folder or without a row.

    Args:
        found: all files of the census.
        read: the files of the wanted years, with footers.
        wanted: years of the study.
        census: the census as the user named it.
    """
    present = {file.year for file in found if file.year is not None}
    unread = {f.year for f in found} - {f.year for f in read}
    held = {file.year for file in read if file.rows} | unread
    empty = [year for year in wanted if year in present - held]
    problems = _missing_years(wanted, present, census, known=True)
    if empty:
        cure = "write their rows, or take the years out of [[windows]] and [productivity] years"
        problems.append(
            Problem(f"the files of {year_ranges(empty)} have no rows", census, cure=cure)
        )
    return problems


def _missing_years(
    wanted: Iterable[int], present: Iterable[int], census: str, *, known: bool
) -> list[Problem]:
    """`known` says that `present` has every year of the census."""
    absent = sorted(set(wanted) - set(present))
    if not absent:
        return []
    has = f"; the census has {year_ranges(present)}" if known else ""
    which = f"year {absent[0]}" if len(absent) == 1 else f"years {year_ranges(absent)}"
    return [
        Problem(
            f"{which} of the study {'is' if len(absent) == 1 else 'are'} not there",
            census,
            cure=f"add the data, or change the years in the study{has}",
        )
    ]


def files_with_years(
    place: Location, files: Sequence[CensusFile], column: str, wanted: Sequence[int]
) -> tuple[list[CensusFile], list[Problem]]:
    """The files that hold wanted years in a column, and what is wrong with the years."""
    read = [_years_inside(place, file, column, wanted) for file in files]
    without = [file for file, (_, nulls) in zip(files, read, strict=True) if nulls]
    problems = []
    if without:
        problems.append(
            Problem(
                f"rows have no year (column {column!r})",
                some_of([file.path for file in without]),
                sum(nulls for _, nulls in read),
                cure="give each row its year, or remove the rows",
            )
        )
    present = {year for years, _ in read for year in years}
    problems += _missing_years(wanted, present, place.given, known=False)
    return [file for file, (years, _) in zip(files, read, strict=True) if years], problems


def _years_inside(
    place: Location, file: CensusFile, column: str, wanted: Iterable[int]
) -> tuple[set[int], int]:
    """Which of the wanted years a file holds, and how many rows have none.

    A row group's smallest and largest year are there for certain; whether a year between them is
    there is looked up by reading that column alone; so is whether doubles and decimals are years.
    """
    type_ = file.schema.field(column).type
    may_be_none = _may_hold_fractions(type_)
    found: set[int] = set()
    nulls = 0
    with place.system.open_input_file(file.absolute) as source:
        parquet = pq.ParquetFile(source)
        for group in range(parquet.num_row_groups):
            sought = set(wanted) - found
            statistics = None if may_be_none else _statistics(parquet, group, column)
            if statistics is not None and not _all_years(statistics):
                statistics = None
            if statistics is not None:
                low, high = statistics.min, statistics.max
                found |= sought & {low, high}
                sought = {year for year in sought - found if low < year < high}
                nulls += statistics.null_count
            if sought or statistics is None:
                years = _as_numbers(parquet.read_row_group(group, columns=[column]).column(0))
                there = set(pc.unique(years).to_pylist())
                found |= {year for year in sought if year in there}
                nulls += _without_year(years) if statistics is None else 0
    return found, nulls


def _may_hold_fractions(type_: pa.DataType) -> bool:
    return bool(pa.types.is_floating(type_) or pa.types.is_decimal(type_))


def _as_numbers(years: pa.ChunkedArray) -> pa.ChunkedArray:
    """Years of any type as doubles: Arrow tells no narrow decimals apart."""
    if pa.types.is_dictionary(years.type):
        years = years.cast(years.type.value_type)
    return pc.cast(years, pa.float64(), safe=False)


def _without_year(years: pa.ChunkedArray) -> int:
    """How many values are missing, not a number or no year of four digits.

    Example:
        >>> _without_year(pa.chunked_array([[1988.0, None, float("nan"), 1988.5, 88.0, 1e12]]))
        5
    """
    numbers = _as_numbers(years)
    whole = pc.and_(pc.is_finite(numbers), pc.equal(pc.floor(numbers), numbers))
    is_year = pc.and_(whole, pc.and_(pc.greater_equal(numbers, 1000), pc.less(numbers, 10_000)))
    return len(years) - int(pc.sum(is_year).as_py() or 0)


def _all_years(statistics: pq.Statistics) -> bool:
    """Whether the smallest and the largest number of a part of a file have four digits."""
    return bool(statistics.min >= 1000 and statistics.max < 10_000)


def _statistics(parquet: pq.ParquetFile, group: int, column: str) -> pq.Statistics | None:
    metadata = parquet.metadata.row_group(group)
    for index in range(metadata.num_columns):
        chunk = metadata.column(index)
        if chunk.path_in_schema == column and chunk.is_stats_set:
            statistics = chunk.statistics
            complete = statistics.has_min_max and statistics.has_null_count
            return statistics if complete else None
    return None


def nearest_name(name: str, names: Iterable[str]) -> str | None:
    """The most similar name, ignoring case; None when nothing is similar.

    Example:
        >>> nearest_name("produccoin", ["planta", "produccion"])
        'produccion'
    """
    folded = {other.lower(): other for other in names}
    close = difflib.get_close_matches(name.lower(), folded, n=1)
    return folded[close[0]] if close else None


def missing_cure(name: str, columns: Sequence[str]) -> str:
    """What to do about a column that a table lacks.

    Example:
        >>> missing_cure("year", ["industry;year;value"])
        'separate the columns by commas: its first line is taken for one name'
        >>> missing_cure("year", ["Year", "value"])
        "rename the column; did you mean 'Year'?"
    """
    if len(columns) == 1 and set(columns[0]) & set(";\t|"):
        return "separate the columns by commas: its first line is taken for one name"
    nearest = nearest_name(name, columns)
    said = f"did you mean {nearest!r}?" if nearest else f"it has {some_of(columns, 20)}"
    return f"rename the column; {said}"


def year_ranges(years: Iterable[int]) -> str:
    """Years in the shortest wording.

    Example:
        >>> year_ranges([1981, 1982, 1983, 1990])
        '1981-1983, 1990'
    """
    runs: list[list[int]] = []
    for year in sorted(set(years)):
        if runs and year == runs[-1][1] + 1:
            runs[-1][1] = year
        else:
            runs.append([year, year])
    return ", ".join(str(a) if a == b else f"{a}-{b}" for a, b in runs)


def some_of(names: Sequence[str], shown: int = _NAMES_SHOWN) -> str:
    """The first names, and how many more there are.

    Example:
        >>> some_of(["a", "b", "c"], 2)
        'a, b and 1 more'
    """
    more = f" and {len(names) - shown:,} more" if len(names) > shown else ""
    return ", ".join(names[:shown]) + more


def where_files(files: Sequence[CensusFile]) -> str:
    """The years of some files where folders give them, else the files."""
    if all(file.year is not None for file in files):
        return f"year {year_ranges(file.year for file in files if file.year is not None)}"
    return some_of([file.path for file in files])
