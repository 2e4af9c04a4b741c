"""Parquet files of any layout: one or many, columns inside or in the names of folders."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from tradegains.convert.source import FoundColumn, Source, rows_at_once
from tradegains.errors import InputError, Problem


def parquet_source(path: Path, root: Path) -> Source:
    """A Parquet file under a folder; folders such as `region=3` give a column of texts."""
    try:
        schema = pq.read_schema(path)
    except (pa.ArrowException, OSError) as error:
        cure = "write the file again, or leave it out"
        what = f"the file is not Parquet ({type(error).__name__})"
        raise InputError(Problem(what, str(path), cure=cure)) from None
    folders = _in_folders(path, root)
    columns = [_column(each) for each in schema if each.name not in folders]
    columns += [FoundColumn(name, "name of a folder", is_text=True) for name in folders]
    chunks = partial(_chunks, path, folders, rows_at_once(len(columns)))
    return Source(path, "Parquet", tuple(columns), chunks)


def _in_folders(path: Path, root: Path) -> dict[str, str]:
    parts = path.relative_to(root).parts[:-1] if path.is_relative_to(root) else ()
    pairs = [part.partition("=") for part in parts if "=" in part]
    return {name: value for name, _, value in pairs}


def _column(found: pa.Field) -> FoundColumn:
    type_ = found.type.value_type if pa.types.is_dictionary(found.type) else found.type
    is_text = pa.types.is_string(type_) or pa.types.is_large_string(type_)
    return FoundColumn(
        found.name, str(found.type), is_single=pa.types.is_float32(type_), is_text=is_text
    )


def _chunks(path: Path, folders: dict[str, str], rows: int) -> Iterator[pa.Table]:
    try:
        for batch in pq.ParquetFile(path).iter_batches(batch_size=rows):
            table = pa.table(
                {
                    name: _plain(batch.column(name))
                    for name in batch.schema.names
                    if name not in folders
                }
            )
            for name, value in folders.items():
                column = pa.repeat(pa.scalar(value, pa.string()), table.num_rows)
                table = table.append_column(name, column)
            yield table
    except (pa.ArrowException, OSError) as error:  # the latter where a page cannot be unpacked
        what = f"the file is damaged ({type(error).__name__})"
        raise InputError(Problem(what, str(path), cure="write the file again")) from None


def _plain(values: pa.Array) -> pa.Array:
    """Values in one type of their kind: texts, 64-bit numbers; others as they are."""
    type_ = values.type
    if pa.types.is_dictionary(type_):
        return _plain(values.dictionary_decode())
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return values.cast(pa.string())
    if pa.types.is_floating(type_):
        return values.cast(pa.float64())
    if pa.types.is_integer(type_) and type_ != pa.uint64():
        return values.cast(pa.int64())
    return values
