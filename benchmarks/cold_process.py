"""One cold process measured from outside: wall and CPU seconds, peak memory, of its whole tree."""

import contextlib
import os
import resource
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05
PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")
SHOWN = 3000
UNCOMPILED = "PYTHONDONTWRITEBYTECODE"
GRACE_SECONDS = 10  # a JVM removes its temporary files after Python has ended


@dataclass(frozen=True)
class Measured:
    """A finished process; memory is the sum over it and its descendants, at its highest."""

    seconds: float
    cpu_seconds: float  # on all cores together: the least disturbed by other work
    memory: int  # [bytes]
    other_cores: float  # cores that the rest of the machine kept busy meanwhile
    printed: str  # on both streams


@dataclass(frozen=True)
class Limits:
    """When a program is given up; a machine out of memory would end something else."""

    seconds: float = float("inf")
    memory: float = float("inf")  # [bytes]


class ProgramFailedError(Exception):
    """A program did not end as it should; the text is short, `printed` is what it said."""

    def __init__(self, told: str, printed: str) -> None:
        super().__init__(told)
        self.printed = printed[-SHOWN:]


def run_cold(
    command: Sequence[object],
    log: Path,
    extra: Mapping[str, str] | None = None,
    limits: Limits = Limits(),
) -> Measured:
    """Run a command to its end, its output in `log`.

    Raises:
        ProgramFailedError: it failed, or went beyond a limit.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as printed:
        busy, began = busy_seconds(), time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            env=_environment(extra or {}),
            stdout=printed,
            stderr=printed,
            start_new_session=True,  # so that its children end with it
        )
        try:
            told, memory, cpu, usage = _watch(process, began, limits)
            seconds, busy = time.monotonic() - began, busy_seconds() - busy
        finally:
            _end_group(process)
    text = log.read_text(errors="replace")
    if told or process.returncode:
        raise ProgramFailedError(told or f"exit code {process.returncode}", text)
    # A short peak may pass between two samples; the kernel's marks miss children not waited for.
    memory = max(memory, usage.ru_maxrss * 1024)
    cpu = max(cpu, usage.ru_utime + usage.ru_stime)
    return Measured(seconds, cpu, memory, max(0.0, busy - cpu) / seconds, text)


def _environment(extra: Mapping[str, str]) -> dict[str, str]:
    """As an installed program has it: its modules are compiled once, not at every start."""
    kept = {name: value for name, value in os.environ.items() if name != UNCOMPILED}
    return kept | dict(extra)


def _watch(
    process: subprocess.Popen, began: float, limits: Limits
) -> tuple[str, int, float, resource.struct_rusage]:
    """Sample until the process ends or a limit is passed: what is wrong, and its use."""
    told, memory, cpu = "", 0, 0.0
    while True:
        ended, status, usage = os.wait4(process.pid, os.WNOHANG)
        if ended:
            process.returncode = os.waitstatus_to_exitcode(status)
            return told, memory, cpu, usage
        sampled = tree_use(process.pid)
        memory, cpu = max(memory, sampled[0]), max(cpu, sampled[1])
        if not told and memory > limits.memory:
            told = f"more than {limits.memory / 2**30:.0f} GB"
        if not told and time.monotonic() - began > limits.seconds:
            told = f"more than {limits.seconds:.0f} s"
        if told:
            os.killpg(process.pid, signal.SIGKILL)
        time.sleep(SAMPLE_SECONDS)


def _end_group(process: subprocess.Popen) -> None:
    """End what the process left running, and itself when we are interrupted."""
    deadline = time.monotonic() + GRACE_SECONDS * (process.returncode is not None)
    with contextlib.suppress(ProcessLookupError):
        while time.monotonic() < deadline:
            os.killpg(process.pid, 0)
            time.sleep(SAMPLE_SECONDS)
        os.killpg(process.pid, signal.SIGKILL)
    if process.returncode is None:
        process.wait()


def tree_use(root: int) -> tuple[int, float]:
    """Memory [bytes] and CPU [s] of a process and its descendants; shared pages count twice."""
    memory, ticks = 0, 0
    waiting = [(root, b"")]
    while waiting:
        process, parent = waiting.pop()
        folder = Path("/proc", str(process))
        try:
            command = (folder / "cmdline").read_bytes()
            # A JVM about to start a command is there twice for a moment, with the same memory.
            if command != parent:
                memory += int((folder / "statm").read_text().split()[1]) * PAGE
            # After the name: state is the first field, utime to cstime the 12th to 15th.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
            for children in folder.glob("task/*/children"):
                waiting += ((int(child), command) for child in children.read_text().split())
        except (OSError, IndexError):
            continue  # it ended while we looked
    return memory, ticks / TICKS


def busy_seconds() -> float:
    """CPU seconds that all cores were busy since the machine started, its host's share too."""
    user, nice, system, _, _, irq, softirq, steal = map(
        int, Path("/proc/stat").read_text().split(None, 9)[1:9]
    )
    return (user + nice + system + irq + softirq + steal) / TICKS
