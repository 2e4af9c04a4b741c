"""Processes whose clock is not this machine's: libfaketime, put before the C library."""

from importlib.util import find_spec
from pathlib import Path

import pytest


def an_hour_ahead() -> dict[str, str]:
    """Environment of a process that takes it to be an hour later; only its calendar is ahead.

    Skips the test where the package libfaketime is not installed.
    """
    found = find_spec("libfaketime")
    if found is None or found.origin is None:
        pytest.skip("needs libfaketime: pip install '.[cluster]'")
    library = Path(found.origin).parent / "vendor" / "libfaketime" / "src" / "libfaketime.so.1"
    return {"LD_PRELOAD": str(library), "FAKETIME": "+1h", "DONT_FAKE_MONOTONIC": "1"}
