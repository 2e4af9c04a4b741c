"""How a census's files store their columns, where an engine cannot read it.

What the footers say is compared with what each engine is known to read, so that a run is refused
before it starts and not in the middle of it, on a cluster after the queue.
"""

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from pyarrow import fs

from tradegains.errors import Problem
from tradegains.store.census import CensusFiles
from tradegains.store.census_checks import some_of
from tradegains.store.census_files import FOOTER_THREADS, CensusFile
from tradegains.store.census_types import CONTRACT_KINDS
from tradegains.store.scalars import arrow_scalar

_BIGINT_LIMIT = 2**63
_SPARK_LACKS = frozenset({"BROTLI", "LZO"})
_ROW_BY_ROW = "BYTE_STREAM_SPLIT"


def storage_problems(census: CensusFiles, engine: str) -> Iterator[Problem]:
    """What the engine cannot read, or could only read in part.

    Args:
        census: its checked files.
        engine: "embedded" or "spark".
    """
    kinds = {column: CONTRACT_KINDS.get(name) for name, column in census.inside.items()}
    for column, kind in kinds.items():
        if kind == "code":
            yield from _too_large(census, column)
    if engine == "spark":
        yield from _not_for_spark(census)


def needs_rows_one_by_one(census: CensusFiles) -> bool:
    """Whether Spark has to read the files row by row: its reader of batches lacks an encoding."""
    return any(_ROW_BY_ROW in chunk.encodings for chunks in _chunks(census) for chunk in chunks)


def _not_for_spark(census: CensusFiles) -> Iterator[Problem]:
    found: dict[str, list[CensusFile]] = defaultdict(list)
    for file, chunks in zip(census.files, _chunks(census), strict=True):
        for codec in {chunk.compression for chunk in chunks} & _SPARK_LACKS:
            found[codec].append(file)
    for codec, files in sorted(found.items()):
        yield from _told(
            files,
            f"files are compressed with {codec.lower()}, which Spark does not read",
            "write them with zstd or snappy, or use --engine embedded",
        )


def _too_large(census: CensusFiles, column: str) -> Iterator[Problem]:
    def goes_beyond(file: CensusFile) -> bool:
        with census.place.system.open_input_file(file.absolute) as source:
            footer = pq.ParquetFile(source).metadata
        groups = [footer.row_group(each) for each in range(footer.num_row_groups)]
        chunks = (each.column(number) for each in groups for number in range(each.num_columns))
        return any(_largest(chunk) >= _BIGINT_LIMIT for chunk in chunks
                   if chunk.path_in_schema == column)  # fmt: skip

    yield from _told(
        _files_of(census, column, lambda type_: type_ == pa.uint64(), goes_beyond),
        f"column {column!r} holds whole numbers beyond 64 bits with a sign",
        "cast it to text",
    )


def is_below(census: CensusFiles, name: str, limit: float) -> bool:
    """Whether all amounts of a column are known to be below a limit, by what writers noted.

    Whole numbers are never told: they lose no digit. Files are opened until one has a larger one.
    """
    column = census.columns.get(name)
    for file in census.files:
        if column not in census.inside.values():
            return False
        if pa.types.is_integer(file.schema.field(column).type):
            return False
        with census.place.system.open_input_file(file.absolute) as source:
            footer = pq.ParquetFile(source).metadata
        chunks = [
            footer.row_group(group).column(number)
            for group in range(footer.num_row_groups)
            for number in range(footer.num_columns)
        ]
        for chunk in chunks:
            if chunk.path_in_schema == column and chunk.num_values:
                known = chunk.statistics is not None and chunk.statistics.has_min_max
                if not known or not float(chunk.statistics.max) < limit:
                    return False
    return bool(census.files)


SAMPLED_FILES, SAMPLED_ROWS = 3, 8192
_MONEY = ("sales", "exports", "value_added")


def has_doubtful_amounts(census: CensusFiles) -> bool:
    """Whether the first rows of some files lack an amount, or have money finer than hundredths.

    A guess, for which some rows of some local files are read: another row may say otherwise.
    Employment counts in thousandths of a job whatever digits it has.
    """
    is_local = isinstance(census.place.system, fs.LocalFileSystem)
    if not is_local or "sampling_weight" in census.columns:
        return is_local  # amounts times weights have many digits
    step = max(1, len(census.files) // SAMPLED_FILES)
    return any(_is_doubtful(census, file) for file in census.files[::step])


def _is_doubtful(census: CensusFiles, file: CensusFile) -> bool:
    inside = census.inside
    money = [inside[name] for name in _MONEY if name in inside]
    columns = [inside["employment"], *money]
    try:
        with census.place.system.open_input_file(file.absolute) as source:
            rows = next(pq.ParquetFile(source).iter_batches(SAMPLED_ROWS, columns=columns), None)
    except (OSError, pa.ArrowException):
        return False  # the engine will say so
    if rows is None or any(values.null_count for values in rows.columns):
        return rows is not None
    return any(_is_fine(rows[column]) for column in money)


def _is_fine(values: pa.Array) -> bool:
    """Whether any amount has more digits than hundredths."""
    if not pa.types.is_floating(values.type):
        return False
    units = pc.multiply(values.cast(pa.float64()), arrow_scalar(100.0))
    beyond = pc.abs(pc.subtract(units, pc.round(units)))
    allowed = pc.multiply(pc.abs(units), arrow_scalar(1e-9))
    return bool(pc.any(pc.greater(beyond, allowed)).as_py())


def _largest(chunk: pq.ColumnChunkMetaData) -> int:
    """The largest whole number of a column, 0 where its writer kept none."""
    known = chunk.statistics is not None and chunk.statistics.has_min_max
    return int(chunk.statistics.max) if known else 0


def _files_of(
    census: CensusFiles,
    column: str,
    is_kind: Callable[[pa.DataType], bool],
    is_bad: Callable[[CensusFile], bool],
) -> list[CensusFile]:
    """The files whose column is of a kind and bad; those of another kind are not opened."""
    return [
        file for file in census.files if is_kind(file.schema.field(column).type) and is_bad(file)
    ]


def _chunks(census: CensusFiles) -> list[list[pq.ColumnChunkMetaData]]:
    """For each file the columns a run reads, as its first group of rows stores them.

    Writers keep to one way in a file.
    """
    with ThreadPoolExecutor(FOOTER_THREADS) as threads:
        return list(threads.map(lambda file: _chunks_of(census, file), census.files))


def _chunks_of(census: CensusFiles, file: CensusFile) -> list[pq.ColumnChunkMetaData]:
    wanted = set(census.inside.values())
    with census.place.system.open_input_file(file.absolute) as source:
        footer = pq.ParquetFile(source).metadata
    if footer.num_row_groups == 0:
        return []
    group = footer.row_group(0)
    chunks = [group.column(number) for number in range(group.num_columns)]
    return [chunk for chunk in chunks if chunk.path_in_schema in wanted]


def _told(files: Sequence[CensusFile], what: str, cure: str) -> Iterator[Problem]:
    if files:
        yield Problem(what, some_of([file.path for file in files]), len(files), cure=cure)
