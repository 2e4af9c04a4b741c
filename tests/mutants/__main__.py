"""`python -m mutants AREA`: programs with one fault each, and how many of them the tests notice.

An area is a room with the tests that are its own. mutmut makes the mutants and judges each with the
tests that reach its function. Of rooms whose tests are slow a part is judged, drawn by a seed. Work
that is done is kept under build/mutants, so that short slices add up; what has changed is judged
again.
"""

import argparse
import json
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

from tradegains.store.code_version import code_version

ROOT = Path(__file__).parents[2]
COPIED = ("src", "tests", "conf", "docs", "README.md", "CHANGELOG.md", "pyproject.toml")
BEGIN, END = "<!-- figures of make mutants: {} -->", "<!-- end of {} -->"
NO_TEST = 33
STATUS = {
    **dict.fromkeys((1, 3, -9, -11), "killed"),
    **dict.fromkeys((36, 24, -24, 152, 255), "timeout"),
    **dict.fromkeys((5, NO_TEST), "no test"),
    **dict.fromkeys((None, 2, 34), "not judged"),
    0: "survived",
}
"""What mutmut's exit codes mean; a process that ended in another way is told as `odd`."""


@dataclass(frozen=True)
class Area:
    """A room, the tests that are its own, and how many mutants of a module are judged.

    `first` is a small module of it, by which mutmut is made to write down all mutants; a
    `forked` room has tests that start threads, which survive no fork of the process. Modules of
    `elsewhere` are judged by tests that need a server, or that read the text mutmut changes.
    """

    first: str
    tests: tuple[str, ...]
    share: float = 1.0
    least: int = 10
    forked: bool = False
    chosen: str = "engine or not engine"
    elsewhere: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()


AREAS = {
    "formulas": Area("accounting", ("tests/formulas", "src/tradegains/formulas"), 0.3),
    "conditions": Area("judging", ("tests/conditions", "src/tradegains/conditions"), forked=True),
    "store": Area(
        "scalars",
        (
            "tests/store", "src/tradegains/store", "tests/inputs", "tests/engines/test_storage.py",
            "tests/release/test_releasing.py",
        ),
        share=0.05,
        least=10,
        forked=True,
        elsewhere=(
            "code_version", "hadoop", "lease", "remote_cleaning", "remote_errors",
            "remote_leftovers", "shelves",
        ),
        ignored=("tests/store/test_code_version.py",),
    ),
}  # fmt: skip

# What a message says is judged by whoever reads it; that there is one, by the tests.
MESSAGES = (
    r"^\s*((raise|(yield|return) (Problem|\w+Error)|problems\.append|log\.warning)\b"
    r"|(cure|what) \+?=)"
)


def configure(name: str, area: Area) -> Path:
    """Lay out a copy of the project for mutmut to work in; what has not changed stays as it is."""
    folder = ROOT / "build" / "mutants" / name
    folder.mkdir(parents=True, exist_ok=True)
    ignored = shutil.ignore_patterns("__pycache__", "*.egg-info")
    for part in COPIED:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, folder / part, dirs_exist_ok=True, ignore=ignored)
        else:
            shutil.copy2(ROOT / part, folder / part)
    settings: Mapping[str, list[str]] = {
        "source_paths": ["src/"],
        "only_mutate": [f"src/tradegains/{name}/*"],
        "also_copy": [part for part in COPIED if part not in ("src", "tests")],
        "pytest_add_cli_args_test_selection": list(area.tests),
        "do_not_mutate": [f"src/tradegains/{name}/{module}.py" for module in area.elsewhere],
        "pytest_add_cli_args": [
            "-p", "no:cacheprovider", "-m", area.chosen,
            *(f"--ignore={test}" for test in area.ignored),
        ],
        "do_not_mutate_patterns": [MESSAGES],
    }  # fmt: skip
    lines = ["[mutmut]", f"process_isolation={'forkserver' if area.forked else 'fork'}"]
    for key, values in settings.items():
        if values:
            lines += [f"{key}=", *(f"    {value}" for value in values)]
    (folder / "setup.cfg").write_text("\n".join(lines) + "\n", encoding="utf-8")
    return folder


def run_mutmut(folder: Path, names: list[str], *, seconds: float) -> None:
    """Have mutmut judge these mutants, on one core, and stop it when the time is over."""
    environment = {key: value for key, value in os.environ.items() if key != "PYTHONPATH"}
    command = [str(Path(sys.executable).with_name("mutmut")), "run", "--max-children", "1", *names]
    with (folder / "mutmut.log").open("w", encoding="utf-8") as log:
        running = subprocess.Popen(
            command, cwd=folder, env=environment, stdout=log, stderr=log, start_new_session=True
        )
        try:
            code = running.wait(seconds)
        except subprocess.TimeoutExpired:
            # Its verdicts are on the disk; asked to stop, it may wait for its workers forever.
            os.killpg(running.pid, signal.SIGKILL)
            running.wait()
            return
    if code:
        raise SystemExit(f"mutmut ended with {code}: see {folder / 'mutmut.log'}")


def verdicts(folder: Path, name: str) -> dict[str, dict[str, int | None]]:
    """Every mutant of an area by module, and mutmut's exit code of it."""
    stats = json.loads((folder / "mutants/mutmut-stats.json").read_text(encoding="utf-8"))
    reached = stats["tests_by_mangled_function_name"]
    found = {}
    for path in sorted((folder / "mutants/src/tradegains" / name).glob("*.py.meta")):
        codes = json.loads(path.read_text(encoding="utf-8"))["exit_code_by_key"]
        if codes:
            found[path.name.removesuffix(".py.meta")] = {
                mutant: code if re.sub(r"__mutmut_\d+$", "", mutant) in reached else NO_TEST
                for mutant, code in codes.items()
            }
    return found


def sampled(codes: Mapping[str, int | None], area: Area, seed: str) -> list[str]:
    """Which mutants of a module are judged: the same for the same seed and mutants."""
    names = sorted(codes)
    wanted = max(min(len(names), area.least), round(area.share * len(names)))
    return sorted(random.Random(seed).sample(names, wanted))


def judge(name: str, *, seconds: float, seed: int, again: bool) -> Path:
    """Judge what is not judged yet of an area, for some time."""
    area, ends = AREAS[name], time.monotonic() + seconds
    folder = configure(name, area)
    if not (folder / "mutants").is_dir():
        run_mutmut(folder, [f"tradegains.{name}.{area.first}.*"], seconds=seconds)
    asked = ("not judged", "survived") if again else ("not judged",)
    pending = [
        mutant
        for module, codes in verdicts(folder, name).items()
        for mutant in sampled(codes, area, f"{seed} {name}.{module}")
        if status(codes[mutant]) in asked
    ]
    if pending and (left := ends - time.monotonic()) > 0:
        run_mutmut(folder, pending, seconds=left)
    return folder


def told(name: str, folder: Path, seed: int) -> Iterator[str]:
    """Rows of a Markdown table: module, mutants, judged, noticed, and what became of the others."""
    total: Counter[str] = Counter()
    area = AREAS[name]
    for module, codes in verdicts(folder, name).items():
        chosen = sampled(codes, area, f"{seed} {name}.{module}")
        went = Counter(status(codes[mutant]) for mutant in chosen)
        went.update(mutants=len(codes))
        total.update(went)
        yield row(f"`{name}/{module}.py`", went)
    yield row(f"{name}, in all", total)


def status(code: int | None) -> str:
    """What became of a mutant."""
    return STATUS.get(code, "odd")


def row(what: str, went: Counter[str]) -> str:
    """A row of the table."""
    killed = went["killed"] + went["timeout"]
    judged = killed + went["survived"] + went["no test"] + went["odd"]
    cells = (went["mutants"], judged, killed, went["survived"], went["no test"])
    part = f"{killed / judged:.0%}" if judged else ""
    return f"| {what} | {' | '.join(f'{cell:,}' for cell in cells)} | {part} |"


def page(name: str, folder: Path, seed: int) -> str:
    """The figures of an area as Markdown."""
    head = "| module | mutants | judged | killed | survived | not reached | killed of judged |"
    area = AREAS[name]
    part = "all mutants" if area.share == 1 else f"{area.share:.0%}, {area.least} at least"
    if area.elsewhere:
        part += ";\nwithout " + ", ".join(f"`{module}.py`" for module in area.elsewhere)
    made = (
        f"{datetime.now(UTC):%Y-%m-%d}, mutmut {version('mutmut')}, seed {seed}, "
        f"tradegains {code_version()}; of each module {part}"
    )
    rows = [head, "| --- " + "| ---: " * 6 + "|", *told(name, folder, seed)]
    return "\n".join([BEGIN.format(name), "", *rows, "", made, "", END.format(name)])


def main() -> int:
    """Judge for the time given and print the figures."""
    parser = argparse.ArgumentParser(prog="make mutants", description=__doc__)
    parser.add_argument("area", choices=AREAS)
    parser.add_argument("--minutes", type=float, default=5.0)
    parser.add_argument("--seed", type=int, default=1988)
    parser.add_argument("--again", action="store_true", help="judge survivors once more")
    parser.add_argument("--survivors", action="store_true", help="print them as differences")
    parser.add_argument("--page", type=Path, help="Markdown page whose figures are replaced")
    chosen = parser.parse_args()
    folder = judge(chosen.area, seconds=60 * chosen.minutes, seed=chosen.seed, again=chosen.again)
    figures = page(chosen.area, folder, chosen.seed)
    print(figures)
    if chosen.survivors:
        print("\n".join(survivors(chosen.area, folder, chosen.seed)))
    if chosen.page:
        begin, end = BEGIN.format(chosen.area), END.format(chosen.area)
        text = chosen.page.read_text(encoding="utf-8")
        text = text.partition(begin)[0] + figures + text.partition(end)[2]
        chosen.page.write_text(text, encoding="utf-8")
    return 0


def survivors(name: str, folder: Path, seed: int) -> Iterator[str]:
    """Each mutant that no test noticed, as a difference to the code."""
    mutmut = str(Path(sys.executable).with_name("mutmut"))
    for module, codes in verdicts(folder, name).items():
        for mutant in sampled(codes, AREAS[name], f"{seed} {name}.{module}"):
            if status(codes[mutant]) in ("survived", "no test", "odd"):
                shown = subprocess.run(
                    [mutmut, "show", mutant], cwd=folder, capture_output=True, text=True
                ).stdout
                yield shown


if __name__ == "__main__":
    sys.exit(main())
