"""How a table on disk may differ from the one that this version declares.

Columns may be added, also inside records: rows of earlier runs are null there. A column that is
gone or has another type cannot be written beside the old rows.
"""

from collections.abc import Iterator
from typing import Literal

import pyarrow as pa

Change = Literal["none", "added", "other"]


def column_changes(found: pa.Schema, declared: pa.Schema) -> dict[str, Change]:
    """What became of each column, found or declared; one that is gone is `other`.

    Example:
        >>> old, new = pa.schema([("a", pa.int64())]), pa.schema([("b", pa.int64())])
        >>> column_changes(old, new)
        {'a': 'other', 'b': 'added'}
    """
    changes: dict[str, Change] = {
        name: "other" if name not in declared.names else type_change(was, declared.field(name).type)
        for name, was in zip(found.names, found.types, strict=True)
    }
    return changes | {name: "added" for name in declared.names if name not in changes}


def type_change(was: pa.DataType, now: pa.DataType) -> Change:
    """Whether a type is the same, the same with more fields in its records, or another one.

    Example:
        >>> type_change(pa.list_(pa.struct([("a", pa.int64())])),
        ...             pa.list_(pa.struct([("a", pa.int64()), ("b", pa.string())])))
        'added'
    """
    if _is_list(was) and _is_list(now):
        return type_change(was.value_type, now.value_type)
    if pa.types.is_struct(was) and pa.types.is_struct(now):
        inside = set(column_changes(pa.schema(list(was)), pa.schema(list(now))).values())
        return "other" if "other" in inside else "added" if "added" in inside else "none"
    return "none" if type_name(was) == type_name(now) else "other"


def type_name(type_: pa.DataType) -> str:
    """A type's name without the names of list items, in which the writers differ.

    Example:
        >>> type_name(pa.large_string())
        'string'
    """
    if _is_list(type_):
        return f"list<{type_name(type_.value_type)}>"
    if pa.types.is_struct(type_):
        return f"struct<{', '.join(f'{f.name}: {type_name(f.type)}' for f in type_)}>"
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return "string"
    return str(type_)


def earlier_columns(rows: pa.Table, on_disk: list[str]) -> Iterator[pa.Table]:
    """The rows with the columns that some earlier version may have written, the latest first.

    A table only ever gains columns, behind those that it has; what a run did not write is null in
    all its rows. So the columns of a run are the first ones on disk, up to some that are null.
    """
    ordered = [name for name in on_disk if name in rows.column_names]
    while len(ordered) > 1:
        yield rows.select(ordered)
        last = rows.column(ordered.pop())
        if last.null_count < len(last):
            return


def _is_list(type_: pa.DataType) -> bool:
    return bool(pa.types.is_list(type_) or pa.types.is_large_list(type_))
