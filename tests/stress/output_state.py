"""Studies to run, what they publish when nothing disturbs them, and what an output holds."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from small_study import ROWS, write_small_study, write_year
from tradegains.command.verify import verify_output
from tradegains.store.output import locate_output
from tradegains.store.runs import published_runs, published_tables

Published = dict[str, dict[str, str]]
"""Digests by table, by run."""

# The second study: another elasticity, so another run of the same census.
CHANGE = ("sigma = 3.72", "sigma = 2.5")
PLANTS = 400
PATIENCE = 300.0  # seconds that a run may take on a busy machine


@dataclass(frozen=True)
class Ended:
    """How a command ended."""

    code: int
    said: str


@dataclass(frozen=True)
class Workshop:
    """A census, two studies of it, and what each publishes undisturbed.

    Attributes:
        folder: where all lies; `first.toml` and `second.toml` are the studies.
        reference: what runs publish undisturbed.
        ids: the run of each study.
        seconds: how long a run takes here.
    """

    folder: Path
    reference: Published
    ids: dict[str, str]
    seconds: float

    def run(self, study: str, output: Path, *more: str) -> Ended:
        """Run a study to its end."""
        return command("run", str(self.folder / f"{study}.toml"), "--output", str(output), *more)

    def with_first(self, name: str) -> Path:
        """An output in which the first study is published."""
        output = self.folder / "outputs" / name
        shutil.rmtree(output, ignore_errors=True)
        shutil.copytree(self.folder / "outputs" / "undisturbed-first", output)
        return output


def arguments(*given: str) -> list[str]:
    """The command `tradegains` of this tree, as a process's arguments."""
    code = "import sys; from tradegains.command.cli import program; program()"
    return [sys.executable, "-c", code, *given]


def command(*given: str) -> Ended:
    """Run the command `tradegains` to its end."""
    ended = subprocess.run(arguments(*given), capture_output=True, text=True, timeout=PATIENCE)
    return Ended(ended.returncode, ended.stdout + ended.stderr)


def write_census(folder: Path, *, factor: float = 1.0) -> None:
    """A census of some hundred plants, in two years; another factor is another content."""
    for year in (1990, 1991):
        columns = {
            name: [values[0]] * PLANTS if name == "owner" else _spread(name, factor)
            for name, values in ROWS.items()
        }
        write_year(folder, year, **columns)


def _spread(name: str, factor: float) -> list:
    values = range(1, PLANTS + 1)
    if name == "id":
        return [f"p{n:04}" for n in values]
    if name == "sic":
        return [3211 + n % 7 for n in values]
    return [float(n % 50 + 1) * (factor if name == "sales" else 1.0) for n in values]


def open_workshop(folder: Path) -> Workshop:
    """Make a census and two studies, and publish each undisturbed."""
    import time

    study = write_small_study(folder)
    write_census(folder)
    text = study.read_text(encoding="utf-8")
    (folder / "first.toml").write_text(text, encoding="utf-8")
    assert text.count(CHANGE[0]) == 1
    (folder / "second.toml").write_text(text.replace(*CHANGE), encoding="utf-8")
    reference: Published = {}
    ids, seconds = {}, 0.0
    for name in ("first", "second"):
        output = folder / "outputs" / f"undisturbed-{name}"
        began = time.monotonic()
        ended = command("run", str(folder / f"{name}.toml"), "--output", str(output), "--quiet")
        seconds = time.monotonic() - began
        assert ended.code == 0, ended.said
        found = published(output)
        (ids[name],) = found
        reference |= found
    return Workshop(folder, reference, ids, seconds)


def published(output: Path) -> Published:
    """What an output says that it holds; every table is then looked at.

    Raises:
        AssertionError: a table is not what its run published.
    """
    if not (output / "tables").is_dir():
        return {}
    store = locate_output(str(output)).open_tables()
    rows = published_runs(store).to_pylist()
    if not rows:  # which verify tells, where a first run was stopped after its tables
        return {}
    found = verify_output(str(output))
    assert found.damaged == {}, found.text
    return {row["run_id"]: {t.name: t.digest for t in published_tables(row)} for row in rows}


def rows_left(output: Path) -> list[str]:
    """Files that only carry from one pass to the next, or that a run without a publication left.

    What a rule took out is kept for a stated time, and evidence as long as its run.
    """
    paths = [path for path in output.glob("work*/*/*/**/*") if path.is_file()]
    kept = {"quarantined", "duplicates"}
    runs = set(published(output)) if paths else set()
    return [
        str(path) for path in paths
        if not (kept & set(path.parts) or (path.parts[-3] == "evidence" and path.parts[-2] in runs))
    ]  # fmt: skip


def require(holds: bool, said: str) -> None:
    """Fail with what was found."""
    if not holds:
        raise AssertionError(said)


def require_as_undisturbed(shop: Workshop, output: Path, names: Sequence[str]) -> None:
    """Fail unless an output holds these studies' runs, each as when nothing disturbs it."""
    found = published(output)
    expected = {shop.ids[name]: shop.reference[shop.ids[name]] for name in names}
    require(found == expected, f"published: {json.dumps(found)[:500]}")


def in_new_group() -> None:
    """For a child process: out of reach of signals that are meant for us."""
    os.setsid()
