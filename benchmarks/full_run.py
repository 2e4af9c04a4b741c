"""The full study with its steps, by this build and, run for run, by that of an earlier commit.

    python benchmarks/full_run.py [--against 5b90afb] [--rounds 3] [--engine embedded]
    python benchmarks/full_run.py --establishments 3500000 --most-memory 4 --rounds 1

The study is the demonstration's with every section: what users wait for. Each build runs it as it
ships it: later ones may have more keys, and so more to compute. The census is the demonstration's
of each build, too, for a build refuses inputs in the shape of another (tariffs have a row for each
kind since there are kinds); both have as many rows, to a thousandth. In each round both builds run
once, another one first each time, so that a ratio is of two runs beside each other; then the report
of each is timed. The earlier commit is a worktree of its own under build/benchmark/. CPU seconds
judge, as other work disturbs them least: exit code 1 where this build takes more than a twentieth
more of them. What is measured is recorded in benchmarks/measured/full_run.json.

The second line is 72 million rows: a run that takes more than so many GB is ended, and the engine
gets half of them.
"""

import argparse
import json
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

import pyarrow.parquet as pq
from cold_process import Limits, ProgramFailedError, run_cold
from run import BUILD, ROOT, steps_of

from tradegains.command.demo import STUDY, prepare_demo
from tradegains.engines.java import java_environment
from tradegains.engines.start import start_engine
from tradegains.progress import Progress

ESTABLISHMENTS = 35_000  # a year: .72 million rows
SLOWER = 1.05
SAME_SIZE = 0.001  # how far the rows of two builds' censuses may differ
ENGINE_SHARE = 0.5  # of the memory of a run; Python, Arrow and what no engine counts take the rest
MEASURED = Path(__file__).with_name("measured") / "full_run.json"
REPORT = "report"
SHIPPED_INPUTS = "../../build/demo/input/"  # where a clone's demonstration has the study's inputs


@dataclass(frozen=True)
class Build:
    """A tree of the project, and the study that it runs: None is the one that it ships."""

    name: str
    tree: Path
    text: str | None = None

    @property
    def program(self) -> Path:
        """The command `tradegains` as a file, as an installed one is: `python -c` loads more.

        What it runs is by the tree's own word: it has moved.
        """
        project = tomllib.loads((self.tree / "pyproject.toml").read_text(encoding="utf-8"))
        module, function = project["project"]["scripts"]["tradegains"].split(":")
        path = BUILD / "programs" / f"{self.name}.py"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"from {module} import {function}\n{function}()\n", encoding="utf-8")
        return path


@dataclass(frozen=True)
class Timed:
    """One cold run of the study; the report, a command of its own, is among the steps alone."""

    seconds: float
    cpu_seconds: float
    memory: int
    steps: dict[str, float]


def main() -> int:
    """Generate, run in turn, print, record; the exit code."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--against", metavar="COMMIT")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--engine", default="embedded")
    parser.add_argument("--establishments", type=int, default=ESTABLISHMENTS, help="a year")
    parser.add_argument("--most-memory", type=float, metavar="GB")
    chosen = parser.parse_args()
    builds = [Build("now", ROOT)]
    if chosen.against:
        # A name of folders, too: older builds publish to none with "^" or "~" in it.
        plain = chosen.against.isalnum()
        name = chosen.against if plain else short_name(chosen.against)
        builds.append(Build(name, worktree_of(name)))
    study, *earlier = studies = [
        study_of(chosen.establishments),
        *(earlier_study(build, chosen.establishments) for build in builds[1:]),
    ]
    for other in earlier:
        require_same_size(rows_of(study), rows_of(other))
    pairs = list(zip(builds, studies, strict=True))
    runs: dict[str, list[Timed]] = {build.name: [] for build in builds}
    for turn in range(chosen.rounds):
        for build, own in pairs if turn % 2 == 0 else reversed(pairs):
            runs[build.name].append(timed(build, own, chosen.engine, chosen.most_memory))
    record(chosen.engine, study, runs)
    print("\n".join(table(runs)))
    ratio = ratio_of(runs)
    return int(ratio is not None and ratio > SLOWER)


def rows_of(study: Path) -> int:
    """Rows of the census beside a study."""
    files = study.parent.rglob("year=*/*.parquet")
    return sum(pq.read_metadata(file).num_rows for file in files)


def require_same_size(now: int, before: int) -> None:
    """Refuse to compare runs over censuses of different sizes.

    Example:
        >>> require_same_size(718_929, 718_958)
    """
    if abs(now - before) > SAME_SIZE * now:
        raise SystemExit(f"the censuses differ: {now:,} rows now, {before:,} before")


def record(engine: str, study: Path, runs: Mapping[str, Sequence[Timed]]) -> None:
    """Keep what was measured, beside other engines and sizes."""
    rows = rows_of(study)
    known = json.loads(MEASURED.read_text()) if MEASURED.exists() else {}
    measured = {name: [vars(each) for each in found] for name, found in runs.items()}
    known[f"{engine} {rows / 1e6:.2g}M"] = {"rows": rows, "runs": measured}
    MEASURED.write_text(json.dumps(dict(sorted(known.items())), indent=1) + "\n", encoding="utf-8")


def short_name(commit: str) -> str:
    """Twelve digits of a commit, however it is named."""
    command = ["git", "rev-parse", "--short=12", f"{commit}^{{commit}}"]
    return subprocess.check_output(command, cwd=ROOT, text=True).strip()


def worktree_of(commit: str) -> Path:
    """The tree of a commit, checked out once."""
    known = short_name(commit)
    tree = BUILD / "commits" / known
    if not tree.exists():
        command = ["git", "worktree", "add", "--detach", str(tree), known]
        subprocess.run(command, cwd=ROOT, check=True)
    return tree


def study_of(establishments: int) -> Path:
    """The demonstration's study and census, generated once."""
    folder = BUILD / f"full_{establishments}"
    if not (folder / STUDY).exists():
        shutil.rmtree(folder, ignore_errors=True)
        with start_engine("embedded") as engine:
            prepare_demo(engine, folder, establishments=establishments, progress=Progress())
    return folder / STUDY


def earlier_study(build: Build, establishments: int) -> Path:
    """The same by an earlier build: its command writes them, and runs the study once beside."""
    folder = BUILD / f"full_{establishments}_{build.name}"
    if not (folder / STUDY).exists():
        shutil.rmtree(folder, ignore_errors=True)
        command = [sys.executable, build.program, "demo", "--output", folder,
                   "--establishments", establishments]  # fmt: skip
        log = BUILD / f"log_{folder.name}.txt"
        try:
            run_cold(command, log, {"PYTHONPATH": str(build.tree / "src")})
        except ProgramFailedError:
            if not (folder / STUDY).exists():
                raise
            join_products(folder / "input" / "plant_products.parquet")
        for made in ("tables", "work", REPORT):
            shutil.rmtree(folder / made, ignore_errors=True)
    return folder / STUDY


def join_products(products: Path) -> None:
    """Make one file of a folder: some builds wrote several files, and read no more than one."""
    if products.is_dir():
        rows = pq.read_table(products)
        shutil.rmtree(products)
        pq.write_table(rows, products)


def own_study(build: Build, folder: Path) -> Path:
    """The study of a build, over the census in the folder."""
    text = build.text
    if text is None:
        text = (build.tree / "conf" / "studies" / STUDY).read_text(encoding="utf-8")
    study = folder / f"{build.name}.toml"
    study.write_text(text.replace(SHIPPED_INPUTS, "input/"), encoding="utf-8")
    return study


def timed(
    build: Build, study: Path, engine: str, most: float | None = None, *, reports: bool = True
) -> Timed:
    """One cold run into an output of its own, and its report where asked; removed afterwards.

    Raises:
        ProgramFailedError: it failed, or took more than `most` GB.
    """
    output = study.parent / f"output_{build.name}"
    shutil.rmtree(output, ignore_errors=True)
    own = own_study(build, study.parent)
    command = [sys.executable, build.program, "run", own, "--output", output,
               "--engine", engine]  # fmt: skip
    limits = Limits()
    if most is not None:
        command += ["--memory", f"{round(most * ENGINE_SHARE * 1024)}m"]
        limits = Limits(memory=most * 1e9)
    extra = {"PYTHONPATH": str(build.tree / "src")}
    extra |= java_environment() if engine == "spark" else {}
    found = run_cold(command, study.parent / f"log_{build.name}.txt", extra, limits)
    steps = steps_of(found.printed)
    if reports:
        command = [sys.executable, build.program, REPORT, "--output", output]
        report = run_cold(command, study.parent / f"log_{build.name}_{REPORT}.txt", extra)
        steps |= {REPORT: report.seconds}
    shutil.rmtree(output)
    return Timed(found.seconds, found.cpu_seconds, found.memory, steps)


def ratio_of(runs: dict[str, list[Timed]]) -> float | None:
    """CPU seconds of this build over those of the earlier one, median of the rounds.

    Example:
        >>> now, before = (Timed(1.0, cpu, 0, {}) for cpu in (3.0, 6.0))
        >>> ratio_of({"now": [now], "5b90afb": [before]}), ratio_of({"now": [now]})
        (0.5, None)
    """
    now, *before = runs.values()
    if not before:
        return None
    pairs = zip(now, before[0], strict=True)
    return median(one.cpu_seconds / other.cpu_seconds for one, other in pairs)


def table(runs: dict[str, list[Timed]]) -> list[str]:
    """Medians of both builds: in all, and by step.

    Example:
        >>> now, before = Timed(2.0, 3.0, 0, {"publish": 1.0}), Timed(4.0, 6.0, 0, {})
        >>> for line in table({"now": [now], "5b90afb": [before]}):
        ...     print(line)
                                                 now       5b90afb
        wall [s]                                2.00          4.00
        CPU [s]                                 3.00          6.00
        memory [GB]                             0.00          0.00
        publish                                 1.00             -
        CPU, now over 5b90afb: 0.50
    """
    measures = {
        "wall [s]": lambda each: each.seconds,
        "CPU [s]": lambda each: each.cpu_seconds,
        "memory [GB]": lambda each: each.memory / 1e9,
    }
    lines = [" " * 30 + "".join(f"{name:>14}" for name in runs)]
    for name, measure in measures.items():
        cells = (f"{median(map(measure, found)):>14.2f}" for found in runs.values())
        lines.append(f"{name:<30}" + "".join(cells))
    steps = dict.fromkeys(step for found in runs.values() for each in found for step in each.steps)
    for step in steps:
        known = ([each.steps[step] for each in found if step in each.steps]
                 for found in runs.values())  # fmt: skip
        cells = (f"{median(some):>14.2f}" if some else f"{'-':>14}" for some in known)
        lines.append(f"{step:<30}" + "".join(cells))
    ratio = ratio_of(runs)
    if ratio is not None:
        lines.append(f"CPU, now over {list(runs)[1]}: {ratio:.2f}")
    return lines


if __name__ == "__main__":
    sys.exit(main())
