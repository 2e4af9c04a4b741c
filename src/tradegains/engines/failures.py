"""What an engine's exception means, in our words.

Decision: the text of an exception may quote values of the census, so it is never shown. It is
compared with the few signs of what a user can do something about; any other exception stays what
it is, and the command tells its kind and place only.
"""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from tradegains.errors import EngineError, Problem

_FULL: Final = ("No space left on device", "os error 28", "Disk quota exceeded", "os error 122")
_MEMORY: Final = (
    "Failed to allocate additional",
    "Resources exhausted",
    "java.lang.OutOfMemoryError",
    "SparkOutOfMemoryError",
)
_PAGE: Final = (
    "Parquet argument error",
    "Parquet error",
    "ParquetDecodingException",
    "CRC checksum verification failed",
    "could not verify page integrity",
    "FAILED_READ_FILE",
    "CANNOT_READ_FILE",
)
_TEXT: Final = ("INVALID_UTF8_STRING", "invalid utf-8", "Invalid UTF8", "invalid UTF8")


class DamagedPageError(EngineError):
    """A page of a Parquet file cannot be decoded; the engine does not say of which file.

    Also text that is not UTF-8, which one engine takes for such a page.
    """


def meaning(error: BaseException, scratch: Path | None = None) -> EngineError | None:
    """The error of ours that an engine's exception comes from; None when it is none that we know.

    Args:
        error: What the engine raised, or what was raised on the way out.
        scratch: The engine's folder for temporary files.

    Example:
        >>> print(meaning(OSError(28, "No space left on device"), Path("/tmp/engine")))
        the disk of the engine's temporary files is full in /tmp/engine
          cure: free some space there, or choose another folder with --scratch
        >>> meaning(ValueError("something else")) is None
        True
    """
    for each in _chain(error):
        text = str(each)
        for signs, told in _MEANINGS:
            if any(sign in text for sign in signs):
                return told(scratch)
    return None


def _chain(error: BaseException) -> Iterator[BaseException]:
    """The exception and those it was raised from or after, the last one first."""
    seen: set[int] = set()
    following: BaseException | None = error
    while following is not None and id(following) not in seen:
        seen.add(id(following))
        yield following
        following = following.__cause__ or following.__context__


def _full(scratch: Path | None) -> EngineError:
    return EngineError(
        Problem(
            "the disk of the engine's temporary files is full",
            str(scratch or ""),
            cure="free some space there, or choose another folder with --scratch",
        )
    )


def _memory(_: Path | None) -> EngineError:
    return EngineError(
        Problem(
            "the engine needs more memory than its limit (Failed to allocate)",
            cure="allow it more with --memory, or use --engine spark on more machines",
        )
    )


def _page(_: Path | None) -> EngineError:
    return DamagedPageError(
        Problem("a damaged page of a Parquet file cannot be read", cure="write the files again")
    )


def _text(_: Path | None) -> EngineError:
    return DamagedPageError(
        Problem("a value that is marked as text is not UTF-8", cure="write it again as UTF-8")
    )


_MEANINGS: Final[tuple[tuple[tuple[str, ...], Callable[[Path | None], EngineError]], ...]] = (
    (_FULL, _full),
    (_MEMORY, _memory),
    (_TEXT, _text),
    (_PAGE, _page),
)
