"""The attempts: each breaks in at another place, and looks whether the promise held.

An attempt is a function of the workshop, a source of chance and its own number; it raises an
AssertionError where the promise did not hold, and gives a word that says how it went, or several.
"""

import json
import os
import random
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from stress.output_state import (
    PATIENCE,
    Workshop,
    arguments,
    command,
    open_workshop,
    published,
    require,
    require_as_undisturbed,
    rows_left,
    write_census,
)
from tradegains.command.verify import verify_output
from tradegains.errors import TradegainsError

STOPS = (signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGHUP, signal.SIGINT)
UNPLEASANT = ("Traceback", "unexpected error", "panicked")


@dataclass(frozen=True)
class Kind:
    """A kind of attempt: what is promised, how it is tried, its part of the time."""

    name: str
    promise: str
    tried: str
    attempt: Callable[[Workshop, random.Random, int], str | list[str]]
    share: float
    needs_root: bool = False


# --- kills ----------------------------------------------------------------------------------------


def kill_a_run(shop: Workshop, chance: random.Random, number: int) -> str:
    """Stop a run at any instant; what was published stands, and a rerun completes."""
    output = shop.with_first(f"kill-{number}")
    stop = chance.choice(STOPS)
    ended = _stopped(
        shop, ("run", str(shop.folder / "second.toml"), "--output", str(output)), stop, chance
    )
    found = published(output)
    require(shop.ids["first"] in found, f"{stop.name}: the first run is gone")
    require(all(found[run] == shop.reference[run] for run in found), f"{stop.name}: other rows")
    if stop != signal.SIGKILL and ended != 0:
        require(not rows_left(output), f"{stop.name}: rows left: {rows_left(output)}")
    again = shop.run("second", output)
    require(again.code == 0, again.said)
    require_as_undisturbed(shop, output, ("first", "second"))
    require(not rows_left(output), f"rows left: {rows_left(output)}")
    return "ended before the stop" if ended == 0 else stop.name


def kill_a_removal(shop: Workshop, chance: random.Random, number: int) -> str:
    """Stop `retire` or `clean` at any instant; other runs stand, and a repetition completes."""
    output = shop.folder / "outputs" / f"removal-{number}"
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(shop.folder / "outputs" / "both", output)
    retiring = ("retire", shop.ids["second"], "--output", str(output))
    given = retiring if number % 2 else ("clean", str(output), "--older-than", "0")
    _stopped(shop, given, signal.SIGKILL, chance, within=1.2)
    found = published(output)
    require(shop.ids["first"] in found, "the first run is gone")
    require(all(found[run] == shop.reference[run] for run in found), "other rows")
    again = command(*given)
    gone = shop.ids["second"] not in found and again.code == 2
    require(again.code == 0 or gone, again.said)
    require_as_undisturbed(shop, output, ("first",) if number % 2 else ("first", "second"))
    return given[0]


def _stopped(
    shop: Workshop,
    given: tuple[str, ...],
    stop: signal.Signals,
    chance: random.Random,
    *,
    within: float | None = None,
) -> int:
    moment = chance.uniform(0, within or 1.1 * shop.seconds)
    process = subprocess.Popen(
        arguments(*given), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        process.send_signal(stop)
    return process.wait(PATIENCE)


def prepare_both(shop: Workshop) -> None:
    """An output with both runs, and with what a run left that was killed before its commit."""
    output = shop.with_first("both")
    ended = shop.run("second", output)
    require(ended.code == 0, ended.said)
    quality = output / "tables/quality"
    (folder,) = quality.glob(f"run_id={shop.ids['second']}")
    for path in folder.glob("*.parquet"):
        shutil.copy(path, path.with_name(f"part-orphan-{path.name}"))
    (output / "work" / ("d" * 16) / "matched").mkdir(parents=True)


# --- at every commit ------------------------------------------------------------------------------

KILLED_INSIDE = """
import os, signal, sys
from tradegains.store import delta, transaction_log
from tradegains.command.cli import program
step, count = int(sys.argv.pop(1)), [0]


def kill_at_step(function):
    def counted(*given, **named):
        for before in (True, False):
            if count[0] == step:
                os.kill(os.getpid(), signal.SIGKILL)
            count[0] += 1
            if before:
                result = function(*given, **named)
        return result
    return counted


delta.DeltaRs._replace = kill_at_step(delta.DeltaRs._replace)
delta.DeltaStore.settle = kill_at_step(delta.DeltaStore.settle)
program()
"""


def kill_at_a_commit(shop: Workshop, chance: random.Random, number: int) -> str:
    """Kill a run before or after a commit, or when files were put on the disk."""
    output = shop.with_first(f"commit-{number}")
    study = str(shop.folder / "second.toml")
    step = chance.randrange(26)
    ended = subprocess.run(
        [sys.executable, "-c", KILLED_INSIDE, str(step), "run", study, "--output", str(output)],
        capture_output=True,
        timeout=PATIENCE,
    )
    found = published(output)
    complete = shop.ids["second"] in found
    require(shop.ids["first"] in found, "the first run is gone")
    require(all(found[run] == shop.reference[run] for run in found), "other rows")
    require(complete or ended.returncode == -signal.SIGKILL, "ended well and published nothing")
    again = shop.run("second", output)
    require(again.code == 0, again.said)
    require_as_undisturbed(shop, output, ("first", "second"))
    return "killed" if ended.returncode else "ended before that step"


# --- races ----------------------------------------------------------------------------------------


def race(shop: Workshop, chance: random.Random, number: int) -> str:
    """Several runs, reports and exports at once on one output."""
    output = shop.with_first(f"race-{number}")
    waiting = bool(number % 2)
    wait = ("--wait", str(PATIENCE)) if waiting else ()
    studies = [chance.choice(("first", "second")) for _ in range(4)]
    runs = [
        ("run", str(shop.folder / f"{name}.toml"), "--output", str(output), *wait, "--again")
        for name in studies
    ]
    readers = [("export", "welfare", "--output", str(output), "--to", str(output / "files"))] * 2
    processes = [
        subprocess.Popen(
            arguments(*given), stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        )
        for given in (*runs, *readers)
    ]
    said = [process.communicate(timeout=PATIENCE)[0] for process in processes]
    codes = [process.returncode for process in processes]
    allowed = {0} if waiting else {0, 5}
    require(set(codes[:4]) <= allowed, "\n".join(said))
    require(0 in codes[:4], "no run ended well")
    require(set(codes[4:]) == {0}, "\n".join(said[4:]))
    done = {name for name, code in zip(studies, codes[:4], strict=True) if code == 0}
    require_as_undisturbed(shop, output, sorted({"first", *done}))
    return "all waited" if waiting else f"{codes[:4].count(5)} of 4 refused"


# --- full disks -----------------------------------------------------------------------------------


def fill_a_disk(shop: Workshop, chance: random.Random, number: int) -> str:
    """Run on a disk too small for it; then give it room."""
    disk = shop.folder / "disk"
    disk.mkdir(exist_ok=True)
    size = int(2 ** chance.uniform(5, 12))  # [KB]
    with _small_disk(disk, size):
        output = disk / "out"
        ended = shop.run("second", output)
        unpleasant = [text for text in UNPLEASANT if text in ended.said]
        require(not unpleasant, f"{size} KB: {ended.said}")
        require(ended.code == 0 or "disk is full" in ended.said or "No space" in ended.said,
                f"{size} KB, code {ended.code}: {ended.said}")  # fmt: skip
        require(set(published(output)) <= {shop.ids["second"]}, "another run")
        subprocess.run(["mount", "-o", "remount,size=64m", str(disk)], check=True)
        again = shop.run("second", output)
        require(again.code == 0, again.said)
        require_as_undisturbed(shop, output, ("second",))
    return "enough room" if ended.code == 0 else "full"


@contextmanager
def _small_disk(disk: Path, size: int) -> Iterator[None]:
    subprocess.run(["mount", "-t", "tmpfs", "-o", f"size={size}k", "tmpfs", str(disk)], check=True)
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", str(disk)], check=True)


# --- flipped bits ---------------------------------------------------------------------------------


BITS = 20
LOOK = "import sys; from stress.attempts import flip_bits; flip_bits(*sys.argv[1:])"


def flip_a_bit(shop: Workshop, chance: random.Random, number: int) -> list[str]:
    """Flip bits of published files, one at a time: refused, or nothing that is shown is other."""
    output = shop.folder / "outputs" / "flips"
    shutil.rmtree(output, ignore_errors=True)
    shutil.copytree(shop.folder / "outputs" / "both", output)
    reference = shop.folder / "reference.json"
    reference.write_text(json.dumps(shop.reference), encoding="utf-8")
    # A process of its own: a reader that ends by a signal must not end us.
    seed = str(chance.randrange(1 << 30))
    ended = subprocess.run(
        [sys.executable, "-c", LOOK, str(output), str(reference), seed],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )
    require(ended.returncode == 0, f"seed {seed}, code {ended.returncode}: {ended.stderr[-2000:]}")
    if number % 2 == 0:
        _flip(output, chance)
        _mend(shop, output)
    refused = int(ended.stdout)
    return ["refused"] * refused + ["no effect"] * (BITS - refused)


def flip_bits(output: str, reference: str, seed: str) -> None:
    """Flip bits one at a time, look at everything each time, and print how many were refused."""
    chance, refused = random.Random(seed), 0
    expected = json.loads(Path(reference).read_text(encoding="utf-8"))
    for _ in range(BITS):
        path, good = _flip(Path(output), chance)
        Path(output, "work", "verified.json").unlink(missing_ok=True)
        try:
            if verify_output(output).damaged:
                refused += 1
            else:
                require(published(Path(output)) == expected, f"{path}: another run is shown")
        except TradegainsError:
            refused += 1
        path.write_bytes(good)
    print(refused)


def _flip(output: Path, chance: random.Random) -> tuple[Path, bytes]:
    paths = sorted(path for path in (output / "tables").rglob("*") if path.is_file())
    path = chance.choice([p for p in paths if "orphan" not in p.name])
    good = path.read_bytes()
    bad = bytearray(good)
    bad[chance.randrange(len(bad))] ^= 1 << chance.randrange(8)
    path.write_bytes(bad)
    return path, good


def _mend(shop: Workshop, output: Path) -> None:
    ended = [shop.run(name, output) for name in ("first", "second")]
    require(all(each.code == 0 for each in ended), "\n".join(each.said for each in ended))
    require_as_undisturbed(shop, output, ("first", "second"))


# --- swapped inputs -------------------------------------------------------------------------------


def swap_an_input(shop: Workshop, chance: random.Random, number: int) -> str:
    """Put another census in the place of one that is being read, with its size and times."""
    place = shop.folder / "swaps"
    if not place.exists():
        _prepare_swaps(place)
    census = place / "census"
    shutil.rmtree(census)
    shutil.copytree(place / "old", census)
    output = place / "out"
    shutil.rmtree(output, ignore_errors=True)
    process = subprocess.Popen(
        arguments("run", str(place / "study.toml"), "--output", str(output), "--quiet"),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    time.sleep(chance.uniform(0, 1.1 * shop.seconds))
    _swap(place, chance)
    said = process.communicate(timeout=PATIENCE)[1]
    require(process.returncode in (0, 3), said)
    found = published(output)
    if process.returncode == 3:
        require("changed while the run was reading" in said, said)
        require(found == {}, "refused and published")
        return "refused"
    (run,) = found
    known = {**published(place / "of-old"), **published(place / "of-new")}
    if run not in known:
        return "published under an id of its own, one file old and one new"
    require(found[run] == known[run], "numbers of another input than the id names")
    return "published as the old" if run in published(place / "of-old") else "published as the new"


def _prepare_swaps(place: Path) -> None:
    for name, factor in (("old", 1.0), ("new", 2.0)):
        open_folder = place / "making"
        shutil.rmtree(open_folder, ignore_errors=True)
        write_census(open_folder, factor=factor)
        (open_folder / "census").rename(place / name)
    shutil.copytree(place / "old", place / "census")
    study = (place.parent / "first.toml").read_text(encoding="utf-8")
    (place / "study.toml").write_text(study, encoding="utf-8")
    for name in ("old", "new"):
        given = f"census={place / name}"
        ended = command("run", str(place / "study.toml"), "--input", given, "--output",
                        str(place / f"of-{name}"), "--quiet")  # fmt: skip
        require(ended.code == 0, ended.said)


def _swap(place: Path, chance: random.Random) -> None:
    """Swap the file of one year, or of both, keeping its time."""
    paths = sorted((place / "census").rglob("*.parquet"))
    for path in chance.sample(paths, chance.randint(1, len(paths))):
        was = path.stat()
        other = place / "new" / path.relative_to(place / "census")
        if chance.random() < 0.5:
            path.write_bytes(other.read_bytes())
        else:
            draft = path.with_suffix(".draft")
            shutil.copy(other, draft)
            draft.replace(path)
        os.utime(path, ns=(was.st_atime_ns, was.st_mtime_ns))


KINDS = (
    Kind(
        "runs stopped",
        "what was published stands; a rerun completes; matched rows go",
        "SIGKILL, SIGTERM, SIGHUP or SIGINT at a random instant of a run",
        kill_a_run,
        0.3,
    ),
    Kind(
        "kills at commits",
        "the same",
        "SIGKILL before and after each commit and each wait for the disk",
        kill_at_a_commit,
        0.2,
    ),
    Kind(
        "removals killed",
        "other runs stand; a repetition completes",
        "SIGKILL at a random instant of `retire` and `clean`",
        kill_a_removal,
        0.08,
    ),
    Kind(
        "races",
        "each run publishes all or nothing, or exits with 5; readers see published runs only",
        "four runs and two exports at once, waiting or not",
        race,
        0.14,
    ),
    Kind(
        "full disks",
        "the message says so; nothing half is published; with room a rerun completes",
        "an output on a disk of 32 KB to 4 MB",
        fill_a_disk,
        0.1,
        needs_root=True,
    ),
    Kind(
        "flipped bits",
        "refused by name, or what is shown is what was published; a rerun mends",
        "one bit of one file under tables/: data, log or `runs`",
        flip_a_bit,
        0.06,
    ),
    Kind(
        "inputs swapped",
        "refused, or the numbers are those of the input that the run_id names",
        "census files replaced at a random instant, size and time kept",
        swap_an_input,
        0.12,
    ),
)


def open_for_attempts(folder: Path) -> Workshop:
    """A workshop with everything that the attempts start from."""
    shop = open_workshop(folder)
    prepare_both(shop)
    return shop
