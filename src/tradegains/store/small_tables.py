"""The optional small input tables (imports, tariff cuts, prices, ...), Parquet or CSV.

Codes stay text whatever they look like: a CSV reader that guesses types turns industry 0111 into
111. Every problem of a table comes in one message that gives counts and row numbers, no values.

Decision: the bytes of a file are read once, and both the rows and the digest in the manifest come
from them. A file that is replaced at any moment of a run can then not lend its digest to the rows
of another.
"""

import hashlib
import posixpath
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import csv, fs

from tradegains.errors import InputError, Problem
from tradegains.store.census_checks import missing_cure
from tradegains.store.census_files import unread_type
from tradegains.store.csv_faults import unreadable_file
from tradegains.store.listing import FileStamp
from tradegains.store.locations import Location, locate
from tradegains.store.manifest import ManifestEntry, schema_fingerprint
from tradegains.store.native_files import native_bytes
from tradegains.store.remote_errors import raise_if_remote
from tradegains.store.row_tables import RowFile, row_table_files

SmallKind = Literal["code", "text", "id", "year", "number"]
"""A text and a code are read in one form of accents; an id as the census has it."""

CodeLength = Literal["one", "group", "finest"]
"""One digit, or as many as the study's industry groups or its finest industries have."""

_TEXTS = ("code", "text", "id")
_ARROW = {**dict.fromkeys(_TEXTS, pa.string()), "year": pa.int32(), "number": pa.float64()}
_PATTERN = {"year": r"^[0-9]{4}$", "number": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"}
_EXPECTED = {
    **dict.fromkeys(_TEXTS, "text or a whole number"),
    "year": "a year (YYYY)",
    "number": "a finite number with a decimal point",
}


@dataclass(frozen=True)
class SmallColumn:
    """A column of a small table.

    A number may have a smallest value, excluded or included, and a largest, a text the words that
    it may be. An industry code has a shortest and a longest length; all codes of a table have the
    same one.
    """

    name: str
    kind: SmallKind
    above: float | None = None
    least: float | None = None
    most: float | None = None
    optional: bool = False
    lengths: tuple[CodeLength, CodeLength] | None = None
    words: tuple[str, ...] = ()


@dataclass(frozen=True)
class SmallTable:
    """A small input table: what it is called in the study, its columns and its key.

    Of the optional columns `any_of`, one must be there.
    """

    name: str
    columns: tuple[SmallColumn, ...]
    key: tuple[str, ...]
    any_of: tuple[str, ...] = ()


@dataclass(frozen=True)
class SmallFile:
    """A small table as it was read: its rows, and the entry in the manifest of those bytes."""

    rows: pa.Table
    entry: ManifestEntry


# Codes are matched by their first digits.
_INDUSTRY = SmallColumn("industry", "code", lengths=("one", "finest"))
# These tell the industry groups apart.
_AT_LEAST_GROUP = SmallColumn("industry", "code", lengths=("group", "finest"))
_YEAR = SmallColumn("year", "year")
# Whose tariff on what. A cut is given, or follows from two rates [percent]: before and after, or of
# other countries and of the partner. A negative cut is a tariff that rose [percentage points].
_KIND = SmallColumn("kind", "text", optional=True, words=("home", "foreign", "input"))
_RATES = ("before", "after", "mfn", "preferential")
_CUTS = (
    _KIND,
    SmallColumn("cut", "number", optional=True),
    *(SmallColumn(name, "number", above=-100, optional=True) for name in _RATES),
)
_SHARE = SmallColumn("share", "number", least=0, most=1)
_CONTROLLED = ("establishments", "employment", "sales", "exports", "value_added")

SMALL_TABLES = {
    table.name: table
    for table in (
        SmallTable(
            "imports",
            (_AT_LEAST_GROUP, _YEAR, SmallColumn("value", "number", least=0)),
            ("industry", "year"),
        ),
        SmallTable(
            "tariff_cuts", (_INDUSTRY, *_CUTS), ("kind", "industry"), any_of=("cut", *_RATES)
        ),
        SmallTable(
            "prices",
            (
                replace(_INDUSTRY, optional=True),
                _YEAR,
                SmallColumn("index", "number", above=0),
            ),
            ("industry", "year"),
        ),
        # What curves rank industries by, a variable at a time, in any unit.
        SmallTable(
            "rankings",
            (_INDUSTRY, SmallColumn("variable", "text"), SmallColumn("value", "number")),
            ("variable", "industry"),
        ),
        # What the double difference over industries holds constant, a variable at a time.
        SmallTable(
            "industry_controls",
            (_INDUSTRY, _YEAR, SmallColumn("variable", "text"), SmallColumn("value", "number")),
            ("variable", "industry", "year"),
        ),
        # The welfare formulas divide by sigma - 1; the bounds are those of [welfare].
        SmallTable(
            "elasticities",
            (
                SmallColumn("industry", "code", lengths=("group", "group")),
                SmallColumn("sigma", "number", least=1.001, most=1_001.0),
            ),
            ("industry",),
        ),
        # Codes that elasticities are of, where they are not the census's, and its industry groups.
        SmallTable(
            "elasticity_concordance",
            (
                SmallColumn("code", "code"),
                SmallColumn("industry", "code", lengths=("group", "group")),
                SmallColumn("weight", "number", above=0, optional=True),
            ),
            ("code", "industry"),
        ),
        # An establishment's own cut is the mean over its products.
        SmallTable(
            "product_tariffs",
            (SmallColumn("product", "code"), *_CUTS),
            ("kind", "product"),
            any_of=("cut", *_RATES),
        ),
        # What an industry buys from which, as shares of all it buys; of each, the share that comes
        # from the partner.
        SmallTable(
            "input_output",
            (
                _INDUSTRY,
                SmallColumn("input_industry", "code"),
                _SHARE,
                replace(_SHARE, name="partner_share", optional=True),
            ),
            ("industry", "input_industry"),
        ),
        # One country's trade, or with a reporter that of several.
        SmallTable(
            "product_trade",
            (
                SmallColumn("reporter", "text", optional=True),
                SmallColumn("product", "code"),
                _YEAR,
                SmallColumn("partner", "text"),
                SmallColumn("exports", "number", least=0),
                SmallColumn("imports", "number", least=0),
            ),
            ("reporter", "product", "year", "partner"),
        ),
        # Industry codes of the census files, and the codes that they are counted under.
        SmallTable(
            "concordance",
            (
                SmallColumn("old", "code"),
                SmallColumn("new", "code"),
                SmallColumn("weight", "number", above=0, optional=True),
                # Years of the census in which the old code is used; without them, every one.
                SmallColumn("from_year", "year", optional=True),
                SmallColumn("to_year", "year", optional=True),
            ),
            ("old", "new"),
        ),
        SmallTable(
            "successors",
            (SmallColumn("old", "id"), SmallColumn("new", "id"), _YEAR),
            ("old",),
        ),
        SmallTable(
            "control_totals",
            (
                _INDUSTRY,
                _YEAR,
                *(SmallColumn(name, "number", least=0, optional=True) for name in _CONTROLLED[:-1]),
                SmallColumn("value_added", "number", optional=True),
            ),
            ("industry", "year"),
            any_of=_CONTROLLED,
        ),
    )
}


def read_small_table(path: str, table: SmallTable) -> SmallFile:
    """The declared columns of a small table, sorted by its key, and what was read for them.

    Codes and texts are text, years INT32, numbers DOUBLE, none of them null; an optional column
    that is absent is left out; other columns of the file are ignored.

    Args:
        path: a .parquet, .csv or .csv.gz file (CSV: UTF-8, commas, one line of names), or a folder
            of files of one of these kinds, whose names of folders may hold a column.
        table: what the file must hold.

    Raises:
        InputError: with every problem found.
    """
    files = _files(path, table)
    contents = [_content(file.place, table) for file in files]
    raw = [
        _with_named(_parsed_file(content, file.place, table), file, table)
        for file, content in zip(files, contents, strict=True)
    ]
    parts = [
        _declared(rows, table, file.place.given) for file, rows in zip(files, raw, strict=True)
    ]
    if any(part.schema.names != parts[0].schema.names for part in parts):
        cure = "write every file with the same columns"
        raise InputError(Problem(f"files of {table.name} have other columns", path, cure=cure))
    rows = pa.concat_tables(parts)
    if rows.num_rows == 0:
        cure = f"add rows, or remove {table.name} under [inputs] to do without"
        raise InputError(Problem(f"the {table.name} file has no rows", path, cure=cure))
    key = [name for name in table.key if name in rows.column_names]
    _refuse_duplicates(rows, key, path)
    rows = rows.sort_by([(name, "ascending") for name in key])
    return SmallFile(rows, _entry(table.name, locate(path), files, contents, raw))


def _files(path: str, table: SmallTable) -> list[RowFile]:
    """The file that is named, which need not be there, or those of a folder."""
    place = locate(path)
    try:
        is_folder = place.system.get_file_info(place.path).type == fs.FileType.Directory
    except OSError as error:
        raise_if_remote(error, path)
        is_folder = False
    if is_folder:
        return row_table_files(table.name, path)
    return [RowFile(posixpath.basename(place.path), place, FileStamp(0, None))]


def _with_named(raw: pa.Table, file: RowFile, table: SmallTable) -> pa.Table:
    """Rows with the columns of the table that the names of the file's folders hold."""
    wanted = {column.name for column in table.columns} - {*raw.column_names}
    for name in sorted(wanted & file.named.keys()):
        column = pa.repeat(pa.scalar(file.named[name], pa.string()), raw.num_rows)
        raw = raw.append_column(name, column)
    return raw


def _content(place: Location, table: SmallTable) -> bytes:
    """All bytes of a file, as they lie on the disk."""
    try:
        with place.system.open_input_stream(place.path, compression=None) as source:
            content: bytes = source.read()
            return content
    except FileNotFoundError as error:
        raise InputError(
            Problem(
                f"the {table.name} file does not exist",
                place.given,
                cure=f"correct {table.name} under [inputs], or remove it to do without",
            )
        ) from error
    except OSError as error:
        raise_if_remote(error, place.given)
        raise InputError(_unreadable(place, table)) from error


def _entry(
    name: str,
    place: Location,
    files: Sequence[RowFile],
    contents: Sequence[bytes],
    raw: Sequence[pa.Table],
) -> ManifestEntry:
    """One entry, also for a folder: its digest is that of the digests of its files."""
    is_parquet = _is_parquet(files[0].place)
    digests = [hashlib.sha256(content) for content in contents]
    whole = digests[0] if len(files) == 1 else hashlib.sha256()
    if len(files) > 1:
        # Of the manifest, too, names of files are no part.
        pairs = zip((posixpath.dirname(file.path) for file in files), digests, strict=True)
        for folder, digest in sorted((folder, each.hexdigest()) for folder, each in pairs):
            whole.update(f"{folder}\t{digest}\n".encode())
    return ManifestEntry(
        input=name,
        path=posixpath.basename(place.path),
        bytes=sum(map(len, contents)),
        rows=sum(each.num_rows for each in raw) if is_parquet else None,
        schema=schema_fingerprint(raw[0].schema) if is_parquet else None,
        sha256=whole.hexdigest(),
    )


def _is_parquet(place: Location) -> bool:
    return place.path.lower().endswith((".parquet", ".pq"))


def _parsed_file(content: bytes, place: Location, table: SmallTable) -> pa.Table:
    name, source = place.path.lower(), native_bytes(content)
    if not _is_parquet(place) and not name.endswith((".csv", ".csv.gz")):
        what = f"the {table.name} file is neither Parquet nor CSV"
        raise InputError(Problem(what, place.given, cure="convert it"))
    try:
        if _is_parquet(place):
            raw = pq.read_table(source)
        else:
            packed = pa.CompressedInputStream(source, "gzip") if name.endswith(".gz") else source
            raw = _read_csv(packed, table)
        raw.column_names  # noqa: B018  names that are not UTF-8 are found here
    except pa.ArrowNotImplementedError as error:
        raise InputError(unread_type(error, place.given, native_bytes(content))) from error
    except (pa.ArrowException, OSError, UnicodeDecodeError) as error:
        raise InputError(unreadable_file(content, table.name, place.given)) from error
    return raw


def _unreadable(place: Location, table: SmallTable) -> Problem:
    cure = "write it as Parquet, or as CSV in UTF-8 with commas and one line of names"
    return Problem(f"the {table.name} file cannot be read", place.given, cure=cure)


def _read_csv(source: pa.NativeFile, table: SmallTable) -> pa.Table:
    options = csv.ConvertOptions(
        column_types={column.name: pa.string() for column in table.columns},
        strings_can_be_null=True,
        null_values=[""],
    )
    return csv.read_csv(source, convert_options=options)


def _declared(raw: pa.Table, table: SmallTable, path: str) -> pa.Table:
    """The declared columns in their types; every problem of theirs in one error."""
    present = [column for column in table.columns if column.name in raw.column_names]
    problems = [*_column_problems(raw, table, path)]
    read = []
    if not problems:
        read = [_converted(raw.column(c.name), c, path) for c in present]
        problems = [problem for _, found in read for problem in found]
    if problems:
        raise InputError(problems)
    return pa.table({c.name: values for c, (values, _) in zip(present, read, strict=True)})


def _column_problems(raw: pa.Table, table: SmallTable, path: str) -> Iterator[Problem]:
    """Declared columns that are absent or there twice."""
    names = raw.column_names
    for column in table.columns:
        if column.name not in names and not column.optional:
            yield _missing(column, raw, path)
        if names.count(column.name) > 1:
            what = f"column {column.name!r} appears more than once"
            yield Problem(what, path, cure="rename one of them")
    if table.any_of and not set(names) & set(table.any_of):
        cure = f"add one of {', '.join(table.any_of)}"
        yield Problem(f"the {table.name} file has nothing to compare", path, cure=cure)


def _missing(column: SmallColumn, raw: pa.Table, path: str) -> Problem:
    cure = missing_cure(column.name, raw.column_names)
    return Problem(f"column {column.name!r} is missing", path, cure=cure)


def _converted(
    values: pa.ChunkedArray, column: SmallColumn, path: str
) -> tuple[pa.ChunkedArray | None, list[Problem]]:
    """A column in its declared type, and what is wrong with it."""
    if pa.types.is_dictionary(values.type):
        values = values.cast(values.type.value_type)
    try:
        outcome = _parsed(values, column.kind)
    except pa.ArrowInvalid:
        what = f"column {column.name!r} holds bytes that are not UTF-8 text"
        return None, [Problem(what, path, cure="write the text as UTF-8")]
    if outcome is None:
        what = f"column {column.name!r} is {values.type} where {_EXPECTED[column.kind]} is expected"
        return None, [Problem(what, path, cure="convert the column when the file is written")]
    converted, bad = outcome
    faults = {
        f"is not {_EXPECTED[column.kind]}": bad,
        "is empty": pc.and_not(pc.is_null(converted), bad),
        **_out_of_range(converted, column),
    }
    return converted, [
        _rows_problem(f"column {column.name!r} {what}", mask, path)
        for what, mask in faults.items()
        if pc.any(mask).as_py()
    ]


def _parsed(
    values: pa.ChunkedArray, kind: SmallKind
) -> tuple[pa.ChunkedArray, pa.ChunkedArray] | None:
    """Values in the kind's type, null where they are bad, and which are bad.

    None where the file's type cannot hold such values at all.
    """
    type_ = values.type
    if _is_text(type_):
        return _parsed_text(pc.utf8_trim_whitespace(values.cast(pa.string())), kind)
    is_whole = pa.types.is_integer(type_) or (_is_decimal(type_) and type_.scale == 0)
    if is_whole and kind in _TEXTS:
        return values.cast(pa.string()), _nowhere(values)
    numeric = pa.types.is_integer(type_) or pa.types.is_floating(type_) or _is_decimal(type_)
    if numeric and kind in ("year", "number"):
        return _parsed_numbers(values.cast(pa.float64(), safe=False), kind)
    return None


def _parsed_text(text: pa.ChunkedArray, kind: SmallKind) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    text = pc.if_else(pc.equal(text, ""), None, text)
    if kind not in _PATTERN:
        return text if kind == "id" else pc.utf8_normalize(text, form="NFC"), _nowhere(text)
    bad = pc.invert(pc.fill_null(pc.match_substring_regex(text, _PATTERN[kind]), True))
    numbers, overflowing = _parsed_numbers(pc.if_else(bad, None, text).cast(pa.float64()), kind)
    return numbers, pc.or_(bad, overflowing)


def _parsed_numbers(
    numbers: pa.ChunkedArray, kind: SmallKind
) -> tuple[pa.ChunkedArray, pa.ChunkedArray]:
    good = pc.is_finite(numbers)
    if kind == "year":
        whole = pc.equal(pc.floor(numbers), numbers)
        of_four = pc.and_(pc.greater_equal(numbers, 1000), pc.less(numbers, 10_000))
        good = pc.and_(pc.and_(good, whole), of_four)
    bad = pc.invert(pc.fill_null(good, True))
    return pc.if_else(bad, None, numbers).cast(_ARROW[kind]), bad


def _nowhere(values: pa.ChunkedArray) -> pa.ChunkedArray:
    return pc.and_(pc.is_null(values), False)


def _is_text(type_: pa.DataType) -> bool:
    kinds = pa.types
    texts = (kinds.is_string, kinds.is_large_string, kinds.is_string_view)
    unmarked = (kinds.is_binary, kinds.is_large_binary, kinds.is_binary_view)
    return any(test(type_) for test in (*texts, *unmarked, kinds.is_null))


def _is_decimal(type_: pa.DataType) -> bool:
    return bool(pa.types.is_decimal(type_))


def _out_of_range(values: pa.ChunkedArray, column: SmallColumn) -> dict[str, pa.ChunkedArray]:
    faults = {}
    if column.above is not None:
        faults[f"is not above {column.above:g}"] = pc.less_equal(values, column.above)
    if column.least is not None:
        faults[f"is below {column.least:g}"] = pc.less(values, column.least)
    if column.most is not None:
        faults[f"is above {column.most:g}"] = pc.greater(values, column.most)
    if column.words:
        known = pc.is_in(values, pa.array(column.words))
        faults[f"is none of {', '.join(column.words)}"] = pc.and_(
            pc.is_valid(values), pc.invert(known)
        )
    return {what: pc.fill_null(mask, False) for what, mask in faults.items()}


def _rows_problem(what: str, bad: pa.ChunkedArray, path: str) -> Problem:
    first = pc.index(bad, True).as_py() + 1
    count = pc.sum(bad).as_py()
    return Problem(what, path, count, cure=f"mend the rows; the first is data row {first:,}")


def _refuse_duplicates(rows: pa.Table, key: Sequence[str], path: str) -> None:
    distinct = rows.group_by(list(key)).aggregate([]).num_rows
    if distinct < rows.num_rows:
        raise InputError(
            Problem(
                f"more than one row for the same {' and '.join(key)}",
                path,
                rows.num_rows - distinct,
                cure="keep one row for each",
            )
        )
