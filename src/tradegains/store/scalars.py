"""Arrow values and texts made from their bytes.

Decision: `pyarrow.scalar` and `pyarrow.array` look whether a value comes from pandas, and import
it for that: a fifth of a second of every command that only reads. A value made from its bytes is
the same, without the look.
"""

import struct
from array import array
from collections.abc import Sequence
from itertools import accumulate

import pyarrow as pa


def arrow_scalar(value: str | int | float) -> pa.Scalar:
    """A text, whole number or number as an Arrow value.

    Example:
        >>> arrow_scalar("both_ends"), arrow_scalar(1988)
        (<pyarrow.StringScalar: 'both_ends'>, <pyarrow.Int64Scalar: 1988>)
    """
    if isinstance(value, str):
        text = value.encode()
        ends = pa.py_buffer(struct.pack("=2i", 0, len(text)))
        return pa.StringArray.from_buffers(1, ends, pa.py_buffer(text))[0]
    type_, code = (pa.int64(), "=q") if isinstance(value, int) else (pa.float64(), "=d")
    return pa.Array.from_buffers(type_, 1, [None, pa.py_buffer(struct.pack(code, value))])[0]


def arrow_texts(texts: Sequence[str]) -> pa.StringArray:
    """Texts as an Arrow array.

    Example:
        >>> arrow_texts(["λ", "", "ACR"]).to_pylist()
        ['λ', '', 'ACR']
    """
    encoded = [text.encode() for text in texts]
    ends = array("i", accumulate(map(len, encoded), initial=0))
    return pa.StringArray.from_buffers(
        len(encoded), pa.py_buffer(ends), pa.py_buffer(b"".join(encoded))
    )
