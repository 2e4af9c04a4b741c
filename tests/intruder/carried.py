"""Releases of drawn economies, run and carried out by the package, and what an intruder reads."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from random import Random

from intruder.economies import Economy, corrected, draw_economy, rules_text, write_economy
from intruder.folders import Breach, Reader, attack_folder
from intruder.gate import draw_thresholds
from tradegains.engines.start import Engine
from tradegains.errors import DisclosureError
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.published.reading import read_run
from tradegains.release.releasing import write_release
from tradegains.study import read_study
from tradegains.tables.published import TABLES


def attack_drawn(engine: Engine, seed: int, folder: Path) -> tuple[Reader, list[Breach]]:
    """Draw a census and rules, release up to four times, and conclude what the folders say."""
    random = Random(seed)
    economy, thresholds = draw_economy(random), draw_thresholds(random)
    # By a draw of its own: the seeds of earlier attacks draw what they drew.
    economy = replace(economy, groups=Random(f"errors {seed}").choice((0, 50, 100)))
    states = [economy, *([corrected(economy, random)] if random.random() < 0.5 else [])]
    economies = [each for each in states for _ in range(random.choice((1, 1, 2)))]
    folder.mkdir(parents=True, exist_ok=True)
    rules = folder / "rules.toml"
    rules.write_text(rules_text(thresholds), encoding="utf-8")
    reader = Reader(economies)
    for number, each in enumerate(economies):
        to = folder / f"to{number}"
        published = _release(engine, each, folder, rules, to, random)
        if published is not None:
            reader.read(number, to, published)
    return reader, attack_folder(reader, thresholds, random)


def _release(
    engine: Engine, economy: Economy, folder: Path, rules: Path, to: Path, random: Random
) -> dict[str, list[dict]] | None:
    """Run and release some tables; None where the gate lets nothing out."""
    study = read_study(write_economy(folder / f"of {to.name}", economy))
    done = run(engine, study, output=str(folder / "out"), progress=Progress(None))
    found = read_run(folder / "out", done.run_id)
    asked = list(_asked([entry["name"] for entry in found.record["tables"]], random))
    try:
        write_release(folder / "out", rules, to, asked, run_id=done.run_id)
    except DisclosureError:
        return None
    return {name: found.tables[name].to_pylist() for name in asked}


def _asked(published: list[str], random: Random) -> Iterator[str]:
    """Some of the tables that a run published and that leave."""
    leave = sorted(name for name in published if TABLES[name].disclosure is not None)
    yield from sorted(random.sample(leave, random.randint(1, len(leave))))
