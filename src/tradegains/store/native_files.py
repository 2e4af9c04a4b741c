"""Files and bytes that Arrow's threads can let go of without Python.

Arrow decodes Parquet and CSV in threads of its own, and the thread that is last frees the piece of
the file that it read. Where that piece belongs to Python (a file of Python's, `bytes`), the thread
asks Python for leave; if the process is just ending, Python ends the thread instead, and with it,
by the rules of C++, the whole process: exit code 134 after a result that is complete. On a busy
machine that was one reading command in five. Arrow's own files and memory ask nobody.
"""

from pathlib import Path

import pyarrow as pa


def native_file(path: Path) -> pa.OSFile:
    """A file of this machine, opened for Arrow's readers.

    Raises:
        OSError: it cannot be opened.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     written = Path(folder) / "rows"
        ...     _ = written.write_bytes(b"PAR1")
        ...     with native_file(written) as file:
        ...         file.read()
        b'PAR1'
    """
    return pa.OSFile(str(path), "rb")


def native_bytes(content: bytes) -> pa.BufferReader:
    """A copy of what was read, in Arrow's memory.

    Example:
        >>> native_bytes(b"year,jobs").read()
        b'year,jobs'
    """
    kept = pa.BufferOutputStream()
    kept.write(content)
    return pa.BufferReader(kept.getvalue())
