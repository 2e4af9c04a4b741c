"""A year is added to a census: what runs again, and what a cache of yearly cells could save.

    python benchmarks/yearly_rerun.py [--size 10] [--engine embedded]

Three cold runs into one output: the study; the same study after a year was added that it does not
use; and the study with a window that ends in the new year. A cache keyed by file digests could
spare the third run, for the years that did not change, the reading of the census and the cells of
single years (industry medians); the match, and every cell by membership, depend on all years
together. The last number printed is that bound. Recorded in benchmarks/measured/yearly_rerun.json.
"""

import argparse
import json
import shutil
import sys
from pathlib import Path
from typing import Any

from censuses import Size, census_of
from cold_process import run_cold
from run import BUILD, STUDY, Program, floor_of, steps_of

from tradegains.engines.java import java_environment

MEASURED = Path(__file__).with_name("measured") / "yearly_rerun.json"
ADDED, COPIED = 1997, 1995  # the new year holds the rows of another one
WINDOW = f"""
[[windows]]
name = "added"
start = 1996
end = {ADDED}
"""
OF_ONE_YEAR = "select industry medians"


def main() -> None:
    """Run, print, record."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--size", type=float, default=10.0, help="million rows over 19 years")
    parser.add_argument("--engine", default="embedded")
    chosen = parser.parse_args()
    folder, program = BUILD / "rerun", Program(chosen.engine, is_ours=True)
    shutil.rmtree(folder, ignore_errors=True)
    size = Size(chosen.size)
    census = linked(census_of(size, BUILD), folder / "census")
    java = java_environment() if program.needs_java else {}
    found = [timed(program, STUDY, folder, java)]
    (census / f"year={ADDED}").symlink_to((census / f"year={COPIED}").resolve())
    found.append(timed(program, STUDY, folder, java))
    study = folder / "study.toml"
    study.write_text(STUDY.read_text().replace("\n[matching]", WINDOW + "\n[matching]", 1))
    found.append(timed(program, study, folder, java))
    record = {
        "size": size.name,
        "engine": chosen.engine,
        "runs": dict(zip(("first", "year added", "window added"), found, strict=True)),
        "bound": bound(found[-1], floor_of(program, census, java)),
    }
    MEASURED.parent.mkdir(exist_ok=True)
    MEASURED.write_text(json.dumps(record, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(record, indent=1))


def linked(census: Path, target: Path) -> Path:
    """A folder of links to the years of a census, so that one can be added."""
    target.mkdir(parents=True)
    for year in sorted(census.glob("year=*")):
        (target / year.name).symlink_to(year.resolve())
    return target


def timed(program: Program, study: Path, folder: Path, java: dict[str, str]) -> dict[str, Any]:
    """Seconds of one cold run, and by step."""
    command = program.command(folder / "census", folder / "output")
    command[2] = study
    measured = run_cold(command, folder / "log.txt", java)
    return {
        "seconds": round(measured.seconds, 2),
        "cpu_seconds": round(measured.cpu_seconds, 2),
        "steps": steps_of(measured.printed),
    }


def bound(run: dict[str, Any], floor: float, years: int = 5) -> float:
    """The share of a run that a cache could save at most: all of its years but the new one.

    Example:
        >>> bound({"seconds": 10.0, "steps": {"select industry medians": 1.5}}, 1.0)
        0.2
    """
    saved = (floor + run["steps"].get(OF_ONE_YEAR, 0.0)) * (years - 1) / years
    return round(saved / run["seconds"], 3)


if __name__ == "__main__":
    sys.exit(main())
