"""`make bench`: the same study by tradegains and by hand in other engines, compared, then timed.

    python benchmarks/run.py [--sizes 1,10,30] [--dense 10] [--peers duckdb,polars,polars_streaming]
    python benchmarks/run.py --quick         a tiny census, one round, no page: does it all work?

Each program is a cold process. In every round each program runs once, and another one begins, so a
pair is two runs minutes apart at most and a ratio is taken within its round. A program's results
are compared with ours before its time counts; a difference ends the benchmark with exit code 1. A
peer that fails, or takes more memory or time than the machine or our patience has, is told as such.
What is measured is recorded after each size, and the page written at the end.
"""

import argparse
import json
import os
import platform
import re
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from importlib.util import find_spec
from math import inf
from pathlib import Path
from typing import Any

from censuses import Size, census_of, rows_read
from cold_process import Limits, Measured, ProgramFailedError, run_cold
from comparison import MismatchError, read_ours, read_peer, require_same
from page import write_page

from tradegains.engines.java import java_environment
from tradegains.errors import EngineError
from tradegains.study import read_study

ROOT = Path(__file__).parents[1]
STUDY = Path(__file__).with_name("study.toml")
BUILD = ROOT / "build" / "benchmark"
MEASURED = BUILD / "measured.json"
SITTING = datetime.now(UTC).isoformat(timespec="seconds")
PACKAGES = {
    "duckdb": "duckdb",
    "polars": "polars",
    "polars_streaming": "polars",
    "pandas": "pandas",
    "spark_naive": "pyspark",
}
PEERS = tuple(PACKAGES)
SCRIPTS = {
    "polars": ("polars_study.py", "in-memory"),
    "polars_streaming": ("polars_study.py", "streaming"),
}
"""File and further arguments of a peer that is not alone in a file of its name."""

MOST_READ = {"pandas": 500_000, "spark_naive": 7_000_000} | dict.fromkeys(
    ("duckdb", "polars", "polars_streaming", "spark"), 200_000_000
)
"""Rows read beyond which a program is left out: pandas by choice, the others for their time."""

HEAP = 4  # [GiB] of every JVM; the embedded engine and the peers take what they need
MEMORY_SHARE = 0.85  # of the machine's memory: a program that takes more would end others
PEER_SECONDS = 1800  # a peer is given up after this
QUICK = 0.02  # [million rows]


@dataclass(frozen=True)
class Program:
    """Something that computes the study: one of our engines, or a peer."""

    name: str
    is_ours: bool

    def command(self, census: Path, output: Path, study: Path = STUDY) -> list[str | Path]:
        """What to run; the study is one that says how its census lies."""
        if not self.is_ours:
            script, *more = SCRIPTS.get(self.name, (f"{self.name}_study.py",))
            return [sys.executable, Path(__file__).with_name(script), census, output, *more]
        ours = Path(sys.executable).with_name("tradegains")
        inputs = ["--input", f"census={census}", "--output", output]
        memory = ["--memory", f"{HEAP}g"] if self.needs_java else []
        return [ours, "run", study, *inputs, "--engine", self.name, *memory]

    @property
    def needs_java(self) -> bool:
        """Whether it starts a JVM."""
        return self.name.startswith("spark")

    @property
    def limits(self) -> Limits:
        """When it is given up."""
        return Limits(inf if self.is_ours else PEER_SECONDS, MEMORY_SHARE * memory())

    def worked(self, printed: str) -> float:
        """Seconds inside its started engine, by what it printed."""
        if self.is_ours:
            return sum(steps_of(printed).values())
        return float(re.search(r"^worked ([\d.]+) s$", printed, re.MULTILINE)[1])


@dataclass(frozen=True)
class Round:
    """One run of one program, or why there is no time of it."""

    measured: Measured | None
    worked: float = 0.0
    floor: float | None = None
    failed: str = ""


def memory() -> int:
    """The machine's memory [bytes]."""
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")


def main() -> int:
    """Generate, compare, time, write; the exit code."""
    chosen = arguments()
    programs = list(runnable(chosen.engines, chosen.peers))
    sizes = [Size(millions) for millions in chosen.sizes]
    sizes += [Size(millions, dense=True) for millions in chosen.dense]
    earlier = json.loads(MEASURED.read_text())["rows"] if chosen.add and MEASURED.exists() else []
    rows: list[dict[str, Any]] = []
    for size in sizes:
        census = census_of(size, BUILD)
        read = rows_read(census)
        taking = [each for each in programs if read <= MOST_READ.get(each.name, read)]
        try:
            limit = chosen.once_above
            rows += time_programs(size, census, taking, chosen.repeat, once_above=limit)
        except (MismatchError, ProgramFailedError) as error:
            print(f"{size.name}: {error}\n{getattr(error, 'printed', '')}", file=sys.stderr)
            return 1
        if not chosen.quick:
            found = {"machine": machine(), "rows": with_earlier(rows, earlier)}
            MEASURED.write_text(json.dumps(found, indent=1))
    if not rows or chosen.quick:
        return 0
    write_page(found, chosen.output)
    print(f"wrote {chosen.output}")
    return 0


def arguments() -> argparse.Namespace:
    """The command line."""

    def numbers(text: str) -> list[float]:
        return [float(part) for part in text.split(",") if part]

    def words(text: str) -> list[str]:
        return [part for part in text.split(",") if part]

    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", type=numbers, default=[1.0, 10.0, 30.0], help="million rows")
    parser.add_argument("--dense", type=numbers, default=[10.0], help="million rows, all read")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument(
        "--once-above", type=float, default=inf, help="seconds: what takes longer runs once"
    )
    parser.add_argument("--peers", type=words, default=list(PEERS))
    parser.add_argument("--engines", type=words, default=["embedded", "spark"])
    parser.add_argument("--add", action="store_true", help="keep earlier rows not measured now")
    parser.add_argument("--quick", action="store_true", help="a tiny census, one round, no page")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md")
    chosen = parser.parse_args()
    if chosen.quick:
        chosen.sizes, chosen.dense, chosen.repeat = [QUICK], [], 1
    return chosen


def runnable(engines: list[str], peers: list[str]) -> Iterator[Program]:
    """The programs that this machine can run; the others are named with the reason."""
    for name in (*engines, *peers):
        program = Program(name, name in engines)
        if not program.is_ours and find_spec(PACKAGES[name]) is None:
            print(f"{name} is left out: pip install '.[benchmark]'", file=sys.stderr)
            continue
        try:
            if program.needs_java:
                java_environment()
        except EngineError as error:
            print(f"{name} is left out: {error}", file=sys.stderr)
            continue
        yield program


def time_programs(
    size: Size, census: Path, programs: list[Program], repeat: int, *, once_above: float
) -> list[dict[str, Any]]:
    """One row per program: each compared with ours and timed, round after round.

    A program that took more than `once_above` seconds is not run again. Ours is the first of the
    first round; each later round begins one program further on, and every other one goes the other
    way round: what follows a program that has filled the memory takes longer.
    """
    rounds: dict[str, list[Round]] = {program.name: [] for program in programs}
    ours = None
    for turn in range(repeat):
        first = turn % len(programs)
        order = programs[first:] + programs[:first]
        for program in reversed(order) if turn % 2 else order:
            if any(ended(earlier, once_above) for earlier in rounds[program.name]):
                continue
            try:
                done, results = run_program(program, census)
            except ProgramFailedError as error:
                if program.is_ours:
                    raise
                done, results = Round(None, failed=str(error)), None
            rounds[program.name].append(done)
            if results is not None and program.is_ours and ours is None:
                ours = results
            told = compare(program, ours, results)
            print(
                f"{size.name:<12}{turn + 1}  {program.name:<12}{line_of(done)}  {told}", flush=True
            )
    of_size = asdict(size) | {"name": size.name, "read": rows_read(census)}
    return [row_of(program, of_size, rounds[program.name]) for program in programs]


def ended(earlier: Round, once_above: float) -> bool:
    """Whether a program that did this is not run again: it failed, or takes too long."""
    return earlier.measured is None or earlier.measured.seconds > once_above


def run_program(program: Program, census: Path) -> tuple[Round, Any]:
    """Run a program once in a cold process; what it took, and its results.

    Raises:
        ProgramFailedError: it failed or was given up.
    """
    output = BUILD / "output" / program.name
    shutil.rmtree(output, ignore_errors=True)
    java = java_environment() if program.needs_java else {}
    log = BUILD / "logs" / f"{program.name}.txt"
    measured = run_cold(program.command(census, output), log, java, program.limits)
    floor = floor_of(program, census, java) if program.is_ours else None
    results = read_results(program, output)
    return Round(measured, program.worked(measured.printed), floor), results


def floor_of(program: Program, census: Path, java: dict[str, str]) -> float:
    """Seconds in which the engine only decodes the columns that the study reads."""
    script = Path(__file__).with_name("decode_columns.py")
    log = BUILD / "logs" / f"{program.name}-floor.txt"
    printed = run_cold([sys.executable, script, program.name, census], log, java).printed
    return float(re.search(r"^worked ([\d.]+) s$", printed, re.MULTILINE)[1])


def line_of(done: Round) -> str:
    """What a run took, for the terminal."""
    taken = done.measured
    if taken is None:
        return f"failed: {done.failed}"
    return (
        f"{taken.seconds:>8.2f} s{done.worked:>8.2f} s inside{taken.cpu_seconds:>8.2f} CPU s"
        f"{taken.memory / 2**30:>7.2f} GB"
    )


def row_of(program: Program, size: dict[str, Any], rounds: list[Round]) -> dict[str, Any]:
    """A row of the page: one program at one size."""
    runs = [each.measured for each in rounds if each.measured is not None]
    return {
        "size": size,
        "program": asdict(program),
        "heap": HEAP if program.needs_java else None,
        "sitting": SITTING,
        "seconds": [run.seconds for run in runs],
        "inside": [each.worked for each in rounds if each.measured is not None],
        "cpu_seconds": [run.cpu_seconds for run in runs],
        "memory": [run.memory for run in runs],
        "steps": [steps_of(run.printed) for run in runs] if program.is_ours else [],
        "floor": [each.floor for each in rounds if each.floor is not None],
        "other_cores": [run.other_cores for run in runs],
        "failed": next((each.failed for each in rounds if each.failed), ""),
    }


def read_results(program: Program, output: Path) -> Any:
    """What a program wrote, as rows."""
    return read_ours(output, read_study(STUDY, {})) if program.is_ours else read_peer(output)


def compare(program: Program, ours: Any, results: Any) -> str:
    """Compare with the first of our engines."""
    if results is None or ours is None or results is ours:
        return ""
    return f"{require_same(ours, results, program.name):,} values agree"


def steps_of(printed: str) -> dict[str, float]:
    """Seconds by step, from the lines that `tradegains run` prints.

    Example:
        >>> steps_of("sum markets                     0.8 s\\nrun ab published 7 tables")
        {'sum markets': 0.8}
    """
    steps = {}
    for line in printed.splitlines():
        name, words = line[:30].strip(), line[30:].split()
        if len(words) >= 2 and words[1] == "s":
            steps[name] = float(words[0])
    return steps


def with_earlier(rows: list[dict[str, Any]], earlier: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """These rows, and the earlier ones of other programs or sizes; by size, ours first."""

    def key(row: dict[str, Any]) -> tuple[str, str]:
        return row["size"]["name"], row["program"]["name"]

    def order(row: dict[str, Any]) -> tuple[bool, float, bool]:
        size = row["size"]
        return size["dense"], size["millions"], not row["program"]["is_ours"]

    now = {key(row) for row in rows}
    return sorted([*rows, *(row for row in earlier if key(row) not in now)], key=order)


def machine() -> dict[str, Any]:
    """What the reader must know of the machine, and nothing that names it."""
    packages = {"pysail", "pyspark", "deltalake", "pyarrow", *PACKAGES.values()}
    return {
        "cores": os.cpu_count(),
        "memory": round(memory() / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in sorted(packages) if find_spec(name)},
    }


if __name__ == "__main__":
    sys.exit(main())
