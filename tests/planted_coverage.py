"""Do the planted truths come back? Over many draws of the synthetic census, not one alone.

`python -m planted_coverage --draws 50 --establishments 6000` draws censuses by seed, runs the
shipped study on each and tells by how many of its standard errors each estimate misses its truth,
which should have mean 0 and standard deviation 1 over draws. The folder `--keep` has a line of JSON
for each draw, so that short calls add up. `make coverage` runs it; docs/melitz_trefler.md has the
figures.
"""

import argparse
import json
import math
import statistics
import sys
import tempfile
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent / "synthetic"))

from planted_run import Estimate, Pair, Planted, pairs, run_planted

from tradegains.engines.start import start_engine
from tradegains.synthetic.truths import TRUTHS

EXACT = ("premium", "size slope", "export composition", "effect over industries")
"""Solved from sums, so that they are met in every draw and miss nothing."""
DRAWN = replace(TRUTHS, selection_between_industries=None)
"""As the demonstration's, but for selection between industries, which is what each draw has."""
Draw = Mapping[str, tuple[float, float]]
"""Value and standard error by estimate."""


def asked() -> dict[str, Pair]:
    """The estimates of the tests, and what is 0 where nothing is planted."""
    return {
        **{name: pair for name, pair in pairs().items() if not name.startswith(EXACT)},
        "selection between industries": (_selection, lambda _: 0.0),
        "home cut within establishments": (
            lambda planted: planted.slope_on_cut("double_difference", "home"),
            lambda _: 0.0,
        ),
    }


def _selection(planted: Planted) -> Estimate:
    """Slope on the home cut over industries, less that within establishments."""
    over, inside = (
        planted.slope_on_cut("double_difference", "home", unit=unit)
        for unit in ("industry", "establishment")
    )
    return Estimate(over.value - inside.value, math.hypot(over.error, inside.error))


def draw(seeds: range, establishments: int, keep: Path) -> Iterator[Draw]:
    """The estimates of each seed's census; those of a seed that is kept are read."""
    with start_engine("embedded") as engine:
        for seed in seeds:
            path = keep / f"{establishments}_{seed}.json"
            if not path.exists():
                with tempfile.TemporaryDirectory() as folder:
                    planted = run_planted(
                        engine, Path(folder), DRAWN, seed=seed, establishments=establishments
                    )
                found = {name: estimate(planted) for name, (estimate, _) in asked().items()}
                numbers = {name: (each.value, each.error) for name, each in found.items()}
                path.write_text(json.dumps(numbers) + "\n", encoding="utf-8")
            yield json.loads(path.read_text(encoding="utf-8"))


def table(draws: list[Draw]) -> Iterator[str]:
    """A row of a page per estimate: truth, mean, error over spread, mean and sd of z, beyond 2."""
    yield "| estimate | truth | mean | error over spread | mean of z | sd of z | beyond 2 |"
    yield "|---|---|---|---|---|---|---|"
    for name, (_, truth) in asked().items():
        values, errors = zip(*(each[name] for each in draws), strict=True)
        planted = truth(DRAWN)
        z = [(value - planted) / error for value, error in zip(values, errors, strict=True)]
        ratio = statistics.fmean(errors) / statistics.stdev(values)
        cells = (
            *(f"{number:.3f}" for number in (planted, statistics.fmean(values))),
            *(f"{number:.2f}" for number in (ratio, statistics.fmean(z), statistics.stdev(z))),
            f"{sum(abs(each) > 2.0 for each in z)} of {len(z)}",
        )
        yield "| " + " | ".join((name, *cells)) + " |"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--draws", type=int, default=50)
    parser.add_argument("--first", type=int, default=1, help="seed of the first draw")
    parser.add_argument("--establishments", type=int, default=6_000)
    parser.add_argument("--keep", type=Path, default=Path("build/planted"))
    given = parser.parse_args()
    given.keep.mkdir(parents=True, exist_ok=True)
    seeds = range(given.first, given.first + given.draws)
    print("\n".join(table(list(draw(seeds, given.establishments, given.keep)))))


if __name__ == "__main__":
    main()
