"""Column types of a census: which are usable, what they become, and how an engine declares them.

Measured with Sail 0.7.2 and Spark 4.2 (declared type on the left, file type on the right): Spark
widens int8/int16/int32 to BIGINT and DOUBLE; Sail widens int32 only, and refuses the smaller
ones; both refuse int64 as DOUBLE and every decimal as anything else. So each file is read with
exactly its own type and cast afterwards.
Sail also compares columns that nobody asked for, so files are grouped by their whole schema there.
Sail rounds a decimal twice on its way to a double: its digits, then their quotient by a power of
ten. Where both are exact in a double that is the nearest one, as Spark's; else it goes by text.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import pyarrow as pa
from pyarrow import types as kinds

Family = Literal["text", "whole", "decimal", "float", "boolean", "date", "time", "empty", "other"]
Kind = Literal["id", "code", "year", "number", "any"]

#: What each contract column must hold; a column that is not named here passes as it is.
CONTRACT_KINDS: Mapping[str, Kind] = {
    "establishment_id": "id",
    "enterprise_id": "id",
    "industry": "code",
    "year": "year",
    "employment": "number",
    "sales": "number",
    "exports": "number",
    "value_added": "number",
    "sampling_weight": "number",
    "hours": "number",
}

_WHOLE = {
    pa.int8(): "tinyint",
    pa.int16(): "smallint",
    pa.int32(): "int",
    pa.int64(): "bigint",
    pa.uint8(): "smallint",
    pa.uint16(): "int",
    pa.uint32(): "bigint",
    pa.uint64(): "decimal(20,0)",
}
_NUMERIC = frozenset({"whole", "decimal", "float", "empty"})
_CODES = frozenset({"text", "whole", "empty"})
_DECIMAL = re.compile(r"decimal\((\d+),(\d+)\)")
_BIGINT_DIGITS, _DOUBLE_DIGITS, _PLACES_OF_AMOUNTS = 18, 15, 2
_SIMPLE = {"text": "string", "whole": "bigint", "float": "double", "boolean": "boolean"}


@dataclass(frozen=True, order=True)
class FileType:
    """A column's type in a file: its family, and the Spark type an engine must declare to read it.

    `declared` is empty for a column of nothing but nulls, which Sail reads as no type at all, and
    for a type that is never read. One that is `undeclared` is declared to Spark alone, a dictionary
    as its values: Sail reads it as what the writer's Arrow schema in the file says it is, and
    refuses every declaration of it.
    """

    family: Family
    declared: str
    undeclared: bool = False


def file_type(type_: pa.DataType) -> FileType:
    """Family and declared Spark type of an Arrow type from a footer.

    Example:
        >>> file_type(pa.uint8())
        FileType(family='whole', declared='smallint', undeclared=False)
    """
    if kinds.is_dictionary(type_):
        return replace(file_type(type_.value_type), undeclared=True)
    if type_ in _WHOLE:
        return FileType("whole", _WHOLE[type_])
    if kinds.is_decimal(type_) and type_.precision <= 38 and type_.scale >= 0:
        family: Family = "whole" if type_.scale == 0 else "decimal"
        is_narrow = not (kinds.is_decimal128(type_) or kinds.is_decimal256(type_))
        return FileType(family, f"decimal({type_.precision},{type_.scale})", undeclared=is_narrow)
    return _other_file_type(type_)


def _other_file_type(type_: pa.DataType) -> FileType:
    if kinds.is_string(type_) or kinds.is_large_string(type_) or kinds.is_string_view(type_):
        return FileType("text", "string")
    # Old Hive and Impala writers leave text unmarked.
    if kinds.is_binary(type_) or kinds.is_large_binary(type_) or kinds.is_binary_view(type_):
        return FileType("text", "binary")
    if kinds.is_float32(type_) or kinds.is_float64(type_):
        return FileType("float", "float" if kinds.is_float32(type_) else "double")
    if kinds.is_boolean(type_):
        return FileType("boolean", "boolean")
    if kinds.is_date(type_):
        return FileType("date", "date", undeclared=kinds.is_date64(type_))
    if kinds.is_timestamp(type_) and type_.unit in ("ms", "us"):
        return FileType("time", "timestamp" if type_.tz else "timestamp_ntz")
    if kinds.is_null(type_):
        return FileType("empty", "")
    return FileType("other", "")


def is_wide(type_: FileType) -> bool:
    """Whether whole numbers of a type may be beyond 64 bits.

    Example:
        >>> is_wide(file_type(pa.uint64())), is_wide(file_type(pa.int64()))
        (True, False)
    """
    decimal = _DECIMAL.fullmatch(type_.declared)
    return type_.family == "whole" and decimal is not None and int(decimal[1]) > _BIGINT_DIGITS


def goes_by_text(type_: FileType) -> bool:
    """Whether a decimal becomes the same double on both engines by its digits only.

    With two places or fewer an amount has no more digits than a double up to the largest amount.

    Example:
        >>> [goes_by_text(file_type(pa.decimal128(*each))) for each in ((38, 10), (15, 9), (38, 2))]
        [True, False, False]
    """
    decimal = _DECIMAL.fullmatch(type_.declared)
    if decimal is None:
        return False
    return int(decimal[1]) > _DOUBLE_DIGITS and int(decimal[2]) > _PLACES_OF_AMOUNTS


def accepts(kind: Kind, family: Family) -> bool:
    """Whether a column of this kind may be stored as this family.

    Example:
        >>> accepts("number", "text"), accepts("code", "float"), accepts("year", "float")
        (False, False, True)
    """
    if kind in ("id", "code"):
        return family in _CODES
    if kind in ("number", "year"):
        return family in _NUMERIC
    return family != "other"


def common_type(kind: Kind, found: frozenset[FileType]) -> str | None:
    """Spark type a column becomes; None where its files cannot be brought together.

    Example:
        >>> common_type("code", frozenset({file_type(pa.int32()), file_type(pa.int64())}))
        'bigint'
        >>> common_type("code", frozenset({file_type(pa.int32()), file_type(pa.string())})) is None
        True
        >>> common_type("id", frozenset({file_type(pa.int64()), file_type(pa.uint64())}))
        'string'
    """
    families: set[Family] = {type_.family for type_ in found} - {"empty"}
    if kind == "year":
        return "int"
    if kind == "number":
        return "double"
    if len(families) == 1 and any(map(is_wide, found)) and kind != "code":
        return "string" if kind == "id" else _same_declared(found) or "double"
    if len(families) == 1:
        return _single_family_type(families.pop(), found)
    if not families:
        return "string"
    return "double" if kind == "any" and families <= _NUMERIC else None


def _single_family_type(family: Family, found: frozenset[FileType]) -> str | None:
    if family in _SIMPLE:
        return _SIMPLE[family]
    return _same_declared(found) or ("double" if family == "decimal" else None)


def _same_declared(found: frozenset[FileType]) -> str | None:
    declared = {type_.declared for type_ in found if type_.family != "empty"}
    return declared.pop() if len(declared) == 1 else None


def quoted(name: str) -> str:
    """A column's name as both engines take it, whatever signs it has.

    Example:
        >>> quoted("plant.id")
        '`plant.id`'
    """
    return "`" + name.replace("`", "``") + "`"
