"""Environment variables for the moment in which an engine starts."""

import contextlib
import os
from collections.abc import Iterator, Mapping


@contextlib.contextmanager
def environment(values: Mapping[str, str]) -> Iterator[None]:
    """Set environment variables for the duration: a library reads them only as it starts."""
    before = {key: os.environ.get(key) for key in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for key, value in before.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def is_on(name: str) -> bool:
    """Whether an environment variable switches something on: it is set, and not to 0, no or off.

    Example:
        >>> with environment({"TRADEGAINS_X": "0"}):
        ...     is_on("TRADEGAINS_X")
        False
    """
    return os.environ.get(name, "").strip().lower() not in ("", "0", "no", "off", "false")
