"""One cold process measured from outside: wall and CPU seconds, peak memory, of its whole tree."""

import os
import subprocess
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

SAMPLE_SECONDS = 0.05
PAGE, TICKS = os.sysconf("SC_PAGE_SIZE"), os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True)
class Measured:
    """A finished process; memory is the sum over it and its descendants, at its highest."""

    seconds: float
    cpu_seconds: float  # on all cores together: the least disturbed by other work
    memory: int  # [bytes]
    errors: str  # its standard error


def run_cold(command: Sequence[str | Path], log: Path, extra: Mapping[str, str] = {}) -> Measured:
    """Run a command to its end.

    Raises:
        SystemExit: it failed; the message ends with what it printed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as printed:
        began = time.monotonic()
        process = subprocess.Popen(
            [str(part) for part in command],
            env={**os.environ, **extra},
            stdout=printed,
            stderr=printed,
        )
        memory, cpu = 0, 0.0
        while True:
            ended, status, usage = os.wait4(process.pid, os.WNOHANG)
            if ended:
                break
            sampled = tree_use(process.pid)
            memory, cpu = max(memory, sampled[0]), max(cpu, sampled[1])
            time.sleep(SAMPLE_SECONDS)
        seconds = time.monotonic() - began
        process.returncode = os.waitstatus_to_exitcode(status)
    text = log.read_text(errors="replace")
    if process.returncode:
        raise SystemExit(f"{command[1]} ended with {process.returncode}\n{text[-3000:]}")
    # A short peak may pass between two samples; the kernel's marks miss children not waited for.
    memory = max(memory, usage.ru_maxrss * 1024)
    return Measured(seconds, max(cpu, usage.ru_utime + usage.ru_stime), memory, text)


def tree_use(root: int) -> tuple[int, float]:
    """Memory [bytes] and CPU [s] of a process and its descendants; shared pages count twice."""
    memory, ticks, waiting = 0, 0, [root]
    while waiting:
        folder = Path("/proc", str(waiting.pop()))
        try:
            memory += int((folder / "statm").read_text().split()[1]) * PAGE
            # After the name: state is the first field, utime to cstime the 12th to 15th.
            fields = (folder / "stat").read_text().rpartition(")")[2].split()
            ticks += sum(map(int, fields[11:15]))
            for children in folder.glob("task/*/children"):
                waiting += map(int, children.read_text().split())
        except (OSError, IndexError):
            continue  # it ended while we looked
    return memory, ticks / TICKS
