"""Published tables as Arrow: the declared columns, their types, and rows brought into them."""

from collections.abc import Mapping

import pyarrow as pa
from pyspark.sql.types import (
    ArrayType,
    BooleanType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructType,
)

from tradegains.tables.published import TABLES

_ARROW: Mapping[DataType, pa.DataType] = {
    StringType(): pa.string(),
    LongType(): pa.int64(),
    IntegerType(): pa.int32(),
    DoubleType(): pa.float64(),
    BooleanType(): pa.bool_(),
}


def arrow_type(type_: DataType) -> pa.DataType:
    """Arrow type of a column type of the published tables.

    Example:
        >>> arrow_type(LongType())
        DataType(int64)
    """
    if isinstance(type_, ArrayType):
        return pa.list_(pa.field("element", arrow_type(type_.elementType)))
    if isinstance(type_, StructType):
        return pa.struct([pa.field(f.name, arrow_type(f.dataType)) for f in type_.fields])
    return _ARROW[type_]


def arrow_schema(name: str) -> pa.Schema:
    """Arrow schema of a published table, units and meanings as field metadata.

    Example:
        >>> arrow_schema("quality").field("rows").type
        DataType(int64)
    """
    return pa.schema(
        [
            pa.field(column.name, arrow_type(column.type), metadata=described(name, column.name))
            for column in TABLES[name].columns
        ]
    )


def described(table: str, column: str) -> dict[str, str]:
    """Meaning and unit of a column, as its metadata."""
    found = TABLES[table].column(column)
    return {"comment": found.meaning} | ({"unit": found.unit} if found.unit else {})


def conform(name: str, rows: pa.Table, run_id: str) -> pa.Table:
    """Rows in the declared columns and types, sorted by all columns in order.

    The sort makes a file, and every reader's order, the same whoever wrote it. A column that only
    studies with some section have is left out where no row has it, so that a run without the
    section has the bytes and the digest of a version that did not know the column.

    Raises:
        ValueError: other columns than declared, a value that its type cannot hold, or rows of
            another run: faults of the caller, never of the data.
    """
    schema = arrow_schema(name)
    for field in schema:
        if field.name in TABLES[name].sometimes and field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    if sorted(rows.column_names) != sorted(schema.names):
        differing = sorted(set(rows.column_names) ^ set(schema.names))
        raise ValueError(f"{name}: columns differ from the declared ones: {', '.join(differing)}")
    table = rows.select(schema.names).cast(schema)
    if any(value != run_id for value in table.column("run_id").unique().to_pylist()):
        raise ValueError(f"{name}: rows of another run than {run_id}")
    return ordered(without_empty_columns(name, table))


def no_rows(schema: pa.Schema) -> pa.Table:
    """A table without rows; Arrow's own `empty_table` imports pandas, see `store/scalars.py`.

    Example:
        >>> no_rows(arrow_schema("quality")).num_rows
        0
    """
    return pa.Table.from_batches([], schema)


def without_empty_columns(name: str, rows: pa.Table) -> pa.Table:
    """Rows of a table without the columns of sections that its run, by these rows, did not have."""
    empty = [
        column
        for column in rows.column_names
        if column in TABLES[name].sometimes and rows.column(column).null_count == rows.num_rows
    ]
    return rows.drop_columns(empty) if empty else rows


def ordered(table: pa.Table) -> pa.Table:
    """Rows sorted by all columns that are not nested, in order."""
    flat = [field.name for field in table.schema if not pa.types.is_nested(field.type)]
    return table.sort_by([(column, "ascending") for column in flat]).combine_chunks()


def in_schema(rows: pa.Table, schema: pa.Schema) -> pa.Table:
    """Rows in the declared columns; one that an earlier version did not write is null."""
    for field in schema:
        if field.name not in rows.column_names:
            rows = rows.append_column(field, pa.nulls(rows.num_rows, field.type))
    return rows.select(schema.names).cast(schema)
