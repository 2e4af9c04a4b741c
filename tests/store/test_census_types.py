"""What a column of a file is, by the type in its footer."""

import pyarrow as pa
import pytest

from tradegains.store.census_types import FileType, common_type, file_type

TYPES = {
    pa.float32(): FileType("float", "float"),
    pa.float64(): FileType("float", "double"),
    pa.float16(): FileType("other", ""),
    pa.bool_(): FileType("boolean", "boolean"),
    pa.date32(): FileType("date", "date"),
    pa.date64(): FileType("date", "date", undeclared=True),
    pa.timestamp("us"): FileType("time", "timestamp_ntz"),
    pa.timestamp("ms"): FileType("time", "timestamp_ntz"),
    pa.timestamp("us", "UTC"): FileType("time", "timestamp"),
    pa.timestamp("ns"): FileType("other", ""),
    pa.string_view(): FileType("text", "string"),
    pa.large_binary(): FileType("text", "binary"),
    pa.null(): FileType("empty", ""),
    pa.uint64(): FileType("whole", "decimal(20,0)"),
    pa.decimal128(38, 0): FileType("whole", "decimal(38,0)"),
    pa.decimal128(12, 2): FileType("decimal", "decimal(12,2)"),
    pa.decimal256(40, 2): FileType("other", ""),
    pa.list_(pa.int32()): FileType("other", ""),
    pa.dictionary(pa.int8(), pa.float32()): FileType("float", "float", undeclared=True),
}


@pytest.mark.parametrize("type_", TYPES, ids=str)
def test_family_and_declaration_of_a_type(type_: pa.DataType) -> None:
    assert file_type(type_) == TYPES[type_]


def both(one: pa.DataType, other: pa.DataType) -> frozenset[FileType]:
    return frozenset({file_type(one), file_type(other)})


def test_columns_that_files_hold_in_two_ways() -> None:
    """A number is a number in any way; what an id or a code is, is not for software to choose."""
    assert common_type("any", both(pa.int32(), pa.float64())) == "double"
    assert common_type("code", both(pa.int32(), pa.float64())) is None
    assert common_type("id", both(pa.int32(), pa.float64())) is None
    assert common_type("year", both(pa.int64(), pa.float64())) == "int"
    assert common_type("any", both(pa.int32(), pa.string())) is None
    assert common_type("any", both(pa.null(), pa.int32())) == "bigint"
    assert common_type("any", both(pa.null(), pa.null())) == "string"
    assert common_type("any", both(pa.decimal128(12, 2), pa.decimal128(9, 3))) == "double"
