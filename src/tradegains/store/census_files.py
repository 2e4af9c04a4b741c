"""Finding the Parquet files of a census and reading their footers.

Both engines skip a zero-byte file without a word, so the files a run reads are listed here, one
by one, and each is opened before an engine sees it. Names follow Spark's rule: a file or folder
whose name starts with `_` or `.` is hidden.
"""

import base64
import posixpath
import unicodedata
from collections import Counter
from collections.abc import Collection, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import PurePosixPath

import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow import fs

from tradegains.errors import InputError, Problem
from tradegains.store.listing import (
    FileStamp,
    ListedFile,
    is_hidden,
    list_folder,
    remote_stamp,
    stamp_of,
)
from tradegains.store.locations import Location
from tradegains.store.remote_errors import raise_if_remote

# Footers are small reads that wait on the disk or the network, not on the processor.
FOOTER_THREADS = 16

_DELTA_LOG = "_delta_log"
_NOT_PARQUET = "the file is not Parquet"
_IS_ENCRYPTED = "the Parquet file is encrypted"
_MAGIC = b"PAR1"
_ENCRYPTED = b"PARE"
# After a footer that is signed but not encrypted: a nonce of 12 bytes and a tag of 16.
_SIGNATURE_BYTES = 28
_DECRYPT = "have it written without encryption by who holds its keys"
_CURES = {
    _NOT_PARQUET: "of Stata, SAS, SPSS, CSV or Excel files, `tradegains convert` makes a census",
    _IS_ENCRYPTED: _DECRYPT,
}
NOT_DATA = frozenset({".md", ".txt", ".csv", ".json", ".html", ".pdf", ".log", ".crc", ".sha256"})
# Of a file whose footer was not read, or that has none.
_NO_FOOTER = pa.schema([])


@dataclass(frozen=True)
class CensusFile:
    """One Parquet file of a census, with what its own footer says.

    `path` is relative to the census root, `absolute` is its path in the file system, `uri` what an
    engine opens; `year` is the value of its year folder, or None where the year is a column inside
    the file; `stamp` tells later whether it was changed or replaced.
    """

    path: str
    absolute: str
    uri: str
    stamp: FileStamp
    year: int | None
    rows: int = 0
    schema: pa.Schema = _NO_FOOTER

    @property
    def bytes(self) -> int:
        """Size when it was listed [bytes]."""
        return self.stamp.bytes


def find_files(place: Location, year_column: str) -> tuple[list[CensusFile], dict[str, int]]:
    """The visible data files under a census folder, or the file itself.

    Returns:
        The files, and for each folder without folders of its own the number of files in it that
        an engine would read, by its path in the file system.

    Raises:
        InputError: the path does not exist, cannot be listed, is a Delta table or has no files.
    """
    visible = [_census_file(place, listed, year_column) for listed in _listed(place)]
    files = [file for file in visible if _may_be_parquet(file.path)]
    if not files:
        raise InputError(
            Problem(
                "the census has no files",
                place.given,
                cure=f"point [inputs] census at its folder; {_CURES[_NOT_PARQUET]}",
            )
        )
    sizes = Counter(posixpath.dirname(file.absolute) for file in visible)
    outer = {str(above) for folder in sizes for above in PurePosixPath(folder).parents}
    return files, {folder: size for folder, size in sizes.items() if folder not in outer}


def _listed(place: Location) -> list[ListedFile]:
    try:
        top = place.system.get_file_info(place.path)
        if top.type == fs.FileType.NotFound:
            raise InputError(
                Problem(
                    "the census path does not exist",
                    place.given,
                    cure="correct [inputs] census, or give --input census=PATH",
                )
            )
        if top.type == fs.FileType.File:
            stamp = stamp_of(place.system, place.path)
            return [] if stamp is None else [ListedFile(place.path, stamp)]
        return files_in(place)
    except OSError as error:
        raise_if_remote(error, place.given)
        raise InputError(
            Problem("the census path cannot be listed", place.given, cure="check its permissions")
        ) from error


def files_in(place: Location, name: str = "census") -> list[ListedFile]:
    """The visible files under a folder, by path; `name` is the input that messages speak of.

    Raises:
        InputError: the folder is a Delta table, or has links that lead nowhere.
    """
    if isinstance(place.system, fs.LocalFileSystem):
        listed, hidden = list_folder(place.path)
        _refuse_delta(place, _DELTA_LOG in hidden, name)
        return listed
    found = place.system.get_file_info(fs.FileSelector(place.path, recursive=True))
    _refuse_delta(place, any(info.base_name == _DELTA_LOG for info in found), name)
    files = [info for info in found if info.type == fs.FileType.File]
    return [
        ListedFile(info.path, remote_stamp(info))
        for info in sorted(files, key=lambda info: info.path)
        if not any(map(is_hidden, posixpath.relpath(info.path, place.path).split("/")))
    ]


def _refuse_delta(place: Location, is_delta: bool, name: str) -> None:
    # A Delta table's folder also holds files that the table has already dropped.
    if is_delta:
        raise InputError(
            Problem(
                f"the {name} is a Delta table, and plain Parquet is expected",
                place.given,
                cure="write the current version of the table to a folder of Parquet files",
            )
        )


def _may_be_parquet(path: str) -> bool:
    return posixpath.splitext(path)[1].lower() not in NOT_DATA


def _census_file(place: Location, listed: ListedFile, year_column: str) -> CensusFile:
    single = listed.path == place.path
    path = posixpath.basename(place.path) if single else posixpath.relpath(listed.path, place.path)
    return CensusFile(
        path=path,
        absolute=listed.path,
        uri=place.root if single else f"{place.root}/{path}",
        stamp=listed.stamp,
        year=partition_year(path, year_column),
    )


def folder_names(path: str) -> list[str]:
    """Columns of the `column=value` folders of a relative path, the outermost first.

    Example:
        >>> folder_names("country=CL/ano=1981/part-0.parquet")
        ['country', 'ano']
    """
    return [part.partition("=")[0] for part in path.split("/")[:-1] if "=" in part]


def is_same_text(one: str, other: str) -> bool:
    """Whether two texts are one to a reader: an accent is a sign of its own on some systems.

    Example:
        >>> "a\u00f1o" == "an\u0303o", is_same_text("a\u00f1o", "an\u0303o")
        (False, True)
    """
    return unicodedata.normalize("NFC", one) == unicodedata.normalize("NFC", other)


def written_name(column: str, names: Collection[str]) -> str:
    """A column's name as files have it, where exactly one of their names reads the same.

    Example:
        >>> written_name("a\u00f1o", ["an\u0303o", "ventas"]) == "an\u0303o"
        True
    """
    alike = [] if column in names else [name for name in names if is_same_text(name, column)]
    return alike[0] if len(alike) == 1 else column


def partition_texts(path: str, year_column: str) -> list[str]:
    """Values of the `column=value` folders of a relative path, the outermost first.

    Example:
        >>> partition_texts("ano=1981/part-0.parquet", "ano")
        ['1981']
    """
    parts = [part.partition("=") for part in path.split("/")[:-1]]
    return [value for name, equals, value in parts if equals and name == year_column]


def partition_year(path: str, year_column: str) -> int | None:
    """Year of the `column=YYYY` folder; None where there is none or it is not one year.

    Example:
        >>> [partition_year(f"year={text}/a", "year") for text in ("1988", "01988", "１９８８")]
        [1988, None, None]
        >>> partition_year("year=1988/year=1996/a", "year") is None
        True
    """
    texts = partition_texts(path, year_column)
    return int(texts[0]) if len(texts) == 1 and is_year(texts[0]) else None


def is_year(text: str) -> bool:
    """Whether a text is a whole number as everybody writes it, so that every engine reads it so."""
    return text.isdecimal() and str(int(text)) == text


def read_footers(
    place: Location, files: Sequence[CensusFile]
) -> tuple[list[CensusFile], list[Problem]]:
    """The files with rows and schema from their footers, and a problem for each unreadable one."""
    with ThreadPoolExecutor(FOOTER_THREADS) as threads:
        read = list(threads.map(lambda file: _with_footer(place, file), files))
    problems = [outcome for outcome in read if isinstance(outcome, Problem)]
    return [outcome for outcome in read if isinstance(outcome, CensusFile)], problems


def _with_footer(place: Location, file: CensusFile) -> CensusFile | Problem:
    if file.bytes == 0:
        return Problem("the file has zero bytes", file.path, cure="write it again or remove it")
    try:
        with place.system.open_input_file(file.absolute) as source:
            footer = pq.ParquetFile(source)
            if has_encrypted_columns(source, footer.metadata):
                return encrypted_columns(file.path)
            return replace(file, rows=footer.metadata.num_rows, schema=_schema(footer))
    except PermissionError:
        cure = "make it readable for yourself (chmod u+r), or ask its owner to"
        return Problem("the file may not be read", file.path, cure=cure)
    except pa.ArrowNotImplementedError as error:
        with place.system.open_input_file(file.absolute) as source:
            return unread_type(error, file.path, source)
    except (pa.ArrowException, OSError, ValueError) as error:
        raise_if_remote(error, file.uri)
        what = _unreadable(place, file)
        cure = _CURES.get(what, "write the file again")
        return Problem(what, file.path, cure=cure)


def has_encrypted_columns(source: pa.NativeFile, footer: pq.FileMetaData) -> bool:
    """Whether columns are encrypted behind a footer that everybody can read.

    Arrow ends the whole process where it is asked what the footer says of such a column, so the
    files are told by the signature that follows their footer.
    """
    source.seek(source.size() - len(_MAGIC) - 4)
    length = int.from_bytes(source.read(4), "little")
    return bool(length - footer.serialized_size == _SIGNATURE_BYTES)


def encrypted_columns(where: str) -> Problem:
    """A file with columns that only who holds keys can read."""
    return Problem("the Parquet file has encrypted columns", where, cure=_DECRYPT)


def unread_type(error: pa.ArrowNotImplementedError, where: str, file: pa.NativeFile) -> Problem:
    """A sound file with a type that Arrow lacks, and the columns that may have it."""
    names = ", ".join(map(repr, _bare_bytes(file)))
    what = f"a column{names and f' ({names})'} has a type that cannot be read: {error}"
    cure = "write such columns with another type, also those that the study does not name; whole "
    cure += "numbers of 128 bits (Int128 of polars) as Int64, Decimal(38, 0) or text"
    return Problem(what, where, cure=cure)


def _bare_bytes(file: pa.NativeFile) -> list[str]:
    """Columns of bytes of fixed width without a meaning, which types unknown to Arrow are kept as.

    Arrow refuses such a file whole. Its reader has the footer then, to which there is no other way.
    """
    reader = pq.core.ParquetReader()
    with suppress(pa.ArrowNotImplementedError):
        reader.open(file)
    with suppress(AttributeError, pa.ArrowException):
        schema = reader.metadata.schema
        columns = [schema.column(number) for number in range(len(schema))]
        return [
            each.path
            for each in columns
            if each.physical_type == "FIXED_LEN_BYTE_ARRAY" and each.logical_type.type == "NONE"
        ]
    return []


def _schema(footer: pq.ParquetFile) -> pa.Schema:
    """A file's columns, categories and dates in milliseconds included.

    The writer's own Arrow schema rides along in the file. pyarrow forgets from it that numbers
    were categories (a dictionary) and that dates were counted in milliseconds, and Sail does not.
    """
    schema = footer.schema_arrow
    kept = (footer.metadata.metadata or {}).get(b"ARROW:schema")
    if kept is None:
        return schema
    written = pa.ipc.read_schema(pa.py_buffer(base64.b64decode(kept)))
    fields = zip(schema, written, strict=True)
    return pa.schema([was if _is_forgotten(was.type) else now for now, was in fields])


def _is_forgotten(written: pa.DataType) -> bool:
    return bool(pa.types.is_dictionary(written) or pa.types.is_date64(written))


def _unreadable(place: Location, file: CensusFile) -> str:
    try:
        with place.system.open_input_file(file.absolute) as source:
            head = source.read(len(_MAGIC))
            source.seek(max(file.bytes - len(_MAGIC), 0))
            tail = source.read(len(_MAGIC))
    except OSError:
        return "the file cannot be opened"
    if _ENCRYPTED in (head, tail):
        return _IS_ENCRYPTED
    if head == _MAGIC:
        return "the Parquet file is truncated or its footer is damaged"
    return _NOT_PARQUET
