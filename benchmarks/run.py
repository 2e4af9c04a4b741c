"""`make bench`: the same study by tradegains and by hand in other engines, compared, then timed.

    python benchmarks/run.py [--sizes 1,10,30] [--dense 10] [--peers duckdb,polars] [--repeat 3]

Each program is a cold process. In every round each program runs once, ours first, so a pair is two
runs minutes apart at most and a ratio is taken within its round. A program's results are compared
with ours before the first time counts; a difference ends the benchmark with exit code 1.
"""

import argparse
import json
import os
import platform
import shutil
import sys
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from censuses import Size, census_of, rows_read
from cold_process import Measured, run_cold
from comparison import MismatchError, read_ours, read_peer, require_same
from page import write_page

from tradegains.errors import EngineError
from tradegains.java import java_environment
from tradegains.study import read_study

ROOT = Path(__file__).parents[1]
STUDY = Path(__file__).with_name("study.toml")
BUILD = ROOT / "build" / "benchmark"
MEASURED = BUILD / "measured.json"
SITTING = datetime.now(UTC).isoformat(timespec="seconds")
PEERS = ("duckdb", "polars", "pandas", "spark_naive")
PACKAGES = {"duckdb": "duckdb", "polars": "polars", "pandas": "pandas", "spark_naive": "pyspark"}
LARGEST = {"pandas": 1.0, "spark_naive": 30.0}
"""Millions of rows beyond which a program is left out: pandas by choice, the other for its time."""


@dataclass(frozen=True)
class Program:
    """Something that computes the study: one of our engines, or a peer."""

    name: str
    is_ours: bool

    def command(self, census: Path, output: Path) -> list[str | Path]:
        """What to run."""
        if not self.is_ours:
            script = Path(__file__).with_name(f"{self.name}_study.py")
            return [sys.executable, script, census, output]
        ours = Path(sys.executable).with_name("tradegains")
        inputs = ["--input", f"census={census}", "--output", output]
        return [ours, "run", STUDY, *inputs, "--engine", self.name]

    @property
    def needs_java(self) -> bool:
        """Whether it starts a JVM."""
        return self.name.startswith("spark")


def main() -> int:
    """Generate, compare, time, write; the exit code."""
    chosen = arguments()
    programs = list(runnable(chosen.engines, chosen.peers))
    sizes = [Size(millions) for millions in chosen.sizes]
    sizes += [Size(millions, dense=True) for millions in chosen.dense]
    rows: list[dict[str, Any]] = []
    for size in sizes:
        census = census_of(size, BUILD)
        taking = [p for p in programs if size.millions <= LARGEST.get(p.name, size.millions)]
        try:
            rows += time_programs(size, census, taking, chosen.repeat)
        except MismatchError as error:
            print(f"results differ at {size.name}:\n{error}", file=sys.stderr)
            return 1
    if chosen.add and MEASURED.exists():
        rows = with_earlier(rows, json.loads(MEASURED.read_text())["rows"])
    found = {"machine": machine(), "rows": rows}
    MEASURED.write_text(json.dumps(found, indent=1))
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
    parser.add_argument("--dense", type=numbers, default=[], help="million rows, all of them read")
    parser.add_argument("--repeat", type=int, default=3, help="rounds")
    parser.add_argument("--peers", type=words, default=list(PEERS))
    parser.add_argument("--engines", type=words, default=["embedded", "spark"])
    parser.add_argument("--add", action="store_true", help="keep earlier rows not measured now")
    parser.add_argument("--output", type=Path, default=ROOT / "docs" / "performance.md")
    return parser.parse_args()


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
    size: Size, census: Path, programs: list[Program], repeat: int
) -> Iterator[dict[str, Any]]:
    """One row per program: compared with ours, then timed in rounds."""
    times: dict[str, list[Measured]] = {program.name: [] for program in programs}
    loads = []
    for turn in range(repeat):
        loads.append(os.getloadavg()[0])
        results: dict[str, Any] = {}
        for program in programs:
            output = BUILD / "output" / program.name
            shutil.rmtree(output, ignore_errors=True)
            java = java_environment() if program.needs_java else {}
            log = BUILD / "logs" / f"{program.name}.txt"
            measured = run_cold(program.command(census, output), log, java)
            times[program.name].append(measured)
            results[program.name] = read_results(program, output)
            told = compare(program, programs[0], results)
            gigabytes = measured.memory / 2**30
            print(
                f"{size.name:<12}{turn + 1}  {program.name:<12}{measured.seconds:>8.2f} s"
                f"{measured.cpu_seconds:>8.2f} CPU s{gigabytes:>7.2f} GB  {told}",
                flush=True,
            )
    for program in programs:
        runs = times[program.name]
        yield {
            "size": asdict(size) | {"name": size.name, "read": rows_read(census)},
            "program": asdict(program),
            "sitting": SITTING,
            "seconds": [run.seconds for run in runs],
            "cpu_seconds": [run.cpu_seconds for run in runs],
            "memory": [run.memory for run in runs],
            "steps": [steps_of(run.errors) for run in runs] if program.is_ours else [],
            "loads": loads,
        }


def read_results(program: Program, output: Path) -> Any:
    """What a program wrote, as rows."""
    return read_ours(output, read_study(STUDY, {})) if program.is_ours else read_peer(output)


def compare(program: Program, first: Program, results: dict[str, Any]) -> str:
    """Compare with the first program, which is ours."""
    if program is first or not first.is_ours:
        return ""
    values = require_same(results[first.name], results[program.name], program.name)
    return f"{values:,} values agree"


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
    pages = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    packages = {"pysail", "pyspark", "deltalake", "pyarrow", *PACKAGES.values()}
    return {
        "cores": os.cpu_count(),
        "memory": round(pages / 2**30),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "versions": {name: metadata.version(name) for name in sorted(packages) if find_spec(name)},
    }


if __name__ == "__main__":
    sys.exit(main())
