"""What a run pays for its guards: the full study with them and, beside each run, without.

    python benchmarks/guard_costs.py [--pairs 9] [--establishments 35000]

Guards are what keeps others out of the embedded engine and out of rows on the disk, what compares
pages with their checksums and files with their stamps, what reads published tables back, and what
waits for the disk. The run without them does all else. Which of a pair is first alternates; what
is judged is the median of the pairs' ratios, of CPU seconds and of seconds, once every process
has its files in memory. Exit code 1 where the CPU seconds are more than 2 percent above.
"""

import argparse
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from cold_process import run_cold
from full_run import ESTABLISHMENTS, study_of
from run import BUILD, ROOT

MOST = 1.02  # CPU seconds with guards over those without

WITH = "from tradegains.command.cli import program\nprogram()\n"
WITHOUT = """
import os
os.environ["TRADEGAINS_UNSHARED_MACHINE"] = "1"

from tradegains import pipeline
from tradegains.command import cli
from tradegains.engines import protection
from tradegains.store import delta, evidence, manifest, output, runs, work

def nothing(*given, **named):
    return None

def folder(path):
    path.mkdir(parents=True, exist_ok=True)

def unread(store, run, name, *, rows, digest):
    return runs.PublishedTable(name, store.write(name, rows, run), rows.num_rows, digest)

cli._keep_others_out = nothing
protection.can_close_ports = lambda: False
for module, names in {
    delta: ("settle",), manifest: ("page_problem",), output: ("sweep_rows",),
    pipeline: ("require_unchanged",), evidence: ("make_private",), work: ("make_private",),
}.items():
    for name in names:
        assert callable(getattr(module, name)), name
        setattr(module, name, nothing)
output.sweep_rows = lambda *given, **named: ()
pipeline.mend_logs = lambda store: ()
for module in (output, evidence, work):
    module.private_folder = folder
runs._write = unread
cli.program()
"""


@dataclass(frozen=True)
class Pair:
    """Seconds and CPU seconds of a run with the guards, and of one without beside it."""

    guarded: tuple[float, float]
    bare: tuple[float, float]

    @property
    def ratios(self) -> tuple[float, float]:
        """Of seconds and of CPU seconds, with over without."""
        return self.guarded[0] / self.bare[0], self.guarded[1] / self.bare[1]


def main() -> int:
    """Generate, run in turn, print; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--pairs", type=int, default=9)
    parser.add_argument("--establishments", type=int, default=ESTABLISHMENTS, help="a year")
    chosen = parser.parse_args()
    study = study_of(chosen.establishments)
    programs = {name: _program(name, text) for name, text in (("with", WITH), ("without", WITHOUT))}
    for program in programs.values():
        _timed(program, study)  # files in memory, modules compiled
    pairs = []
    for turn in range(chosen.pairs):
        order = list(programs) if turn % 2 == 0 else list(reversed(programs))
        found = {name: _timed(programs[name], study) for name in order}
        pairs.append(Pair(found["with"], found["without"]))
        print("with {:.2f} s, CPU {:.2f}; without {:.2f}, {:.2f}".format(
            *pairs[-1].guarded, *pairs[-1].bare), flush=True)  # fmt: skip
    print(told(pairs))
    return int(median(pair.ratios[1] for pair in pairs) > MOST)


def told(pairs: list[Pair]) -> str:
    """The medians of the pairs' ratios, and between which the middle half of them lie.

    Example:
        >>> print(told([Pair((1.01, 2.02), (1.0, 2.0))]))
        seconds with over without: 1.010 (1.010 to 1.010)
        CPU seconds with over without: 1.010 (1.010 to 1.010)
    """
    lines = []
    for number, name in enumerate(("seconds", "CPU seconds")):
        ordered = sorted(pair.ratios[number] for pair in pairs)
        low, high = ordered[len(ordered) // 4], ordered[-1 - len(ordered) // 4]
        middle = median(ordered)
        lines.append(f"{name} with over without: {middle:.3f} ({low:.3f} to {high:.3f})")
    return "\n".join(lines)


def _program(name: str, text: str) -> Path:
    path = BUILD / "programs" / f"guards_{name}.py"
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def _timed(program: Path, study: Path) -> tuple[float, float]:
    output = study.parent / f"output_{program.stem}"
    shutil.rmtree(output, ignore_errors=True)
    command = [sys.executable, program, "run", study, "--output", output, "--quiet"]
    extra = {"PYTHONPATH": str(ROOT / "src")}
    found = run_cold(command, study.parent / f"log_{program.stem}.txt", extra)
    shutil.rmtree(output)
    return found.seconds, found.cpu_seconds


if __name__ == "__main__":
    sys.exit(main())
