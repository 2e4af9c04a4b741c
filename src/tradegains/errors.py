"""Errors a user can act on: each problem says what, where, how many and how to mend it.

Texts never hold a microdata value: files, columns, years, rules, keys and counts only.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import ClassVar


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong.

    Example:
        >>> print(Problem("year 1990 is missing", "census/", 1, "change [[windows]]"))
        year 1990 is missing (1 case) in census/
          cure: change [[windows]]
    """

    what: str
    where: str = ""
    count: int | None = None
    cure: str = ""

    def __str__(self) -> str:
        cases = "" if self.count is None else f" ({self.count:,} case{'s' * (self.count != 1)})"
        where = f" in {self.where}" if self.where else ""
        cure = f"\n  cure: {self.cure}" if self.cure else ""
        return f"{self.what}{cases}{where}{cure}"


class TradegainsError(Exception):
    """Base of every error that ends a command; `exit_code` is the process's exit code."""

    exit_code: ClassVar[int] = 1

    def __init__(self, problems: Problem | Iterable[Problem]) -> None:
        self.problems = (problems,) if isinstance(problems, Problem) else tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


class StudyError(TradegainsError):
    """The command line or the study file is wrong."""

    exit_code = 2


class InputError(TradegainsError):
    """The census or another input is refused."""

    exit_code = 3


class DisclosureError(TradegainsError):
    """The disclosure gate refuses a release."""

    exit_code = 4


class OutputBusyError(TradegainsError):
    """Another run holds the output folder."""

    exit_code = 5


class DamagedOutputError(TradegainsError):
    """What is on the disk is not what a run published."""


class EngineError(TradegainsError):
    """An engine cannot start or stopped with an error of its own."""


class StorageError(TradegainsError):
    """A store behind an address does not answer, or refuses; nobody's input is wrong with that."""


class UnsupportedSystemError(TradegainsError):
    """This operating system lacks what a run needs."""


def require_file_locks() -> None:
    """Refuse a system whose Python has no `fcntl`: its locks keep two runs on one output apart.

    Raises:
        UnsupportedSystemError: on Windows.
    """
    try:
        import fcntl  # noqa: F401  only whether it is there
    except ImportError:
        cure = "use Linux or macOS; on Windows, the Windows Subsystem for Linux (WSL)"
        what = "tradegains does not run on this system, which has no POSIX file locks (fcntl)"
        raise UnsupportedSystemError(Problem(what, cure=cure)) from None
