"""Errors by leaving out groups against a Poisson bootstrap, on the census of `tradegains demo`.

    PYTHONPATH=src:tests python -m bootstrap_ratio build/demo/input

Units are enterprises. The bootstrap weighs each by a Poisson number of mean 1; that is a draw of
units, and of how many there are. Errors by groups have an error of their own, so the ratio is told
of one deal of units into groups, and as the mean of twenty.
"""

import argparse
import math
from pathlib import Path
from statistics import mean

import numpy as np
import pyarrow.parquet as pq

from tradegains.formulas.jackknife import jackknife_variance, without_groups
from tradegains.formulas.welfare import acr_welfare_change, hloy_welfare_change

YEARS = (1988, 1996)
SIGMA, EPSILON, GROUPS, DEALS = 3.72, 4.71, 100, 20


def unit_sums(folder: Path) -> np.ndarray:
    """One row per enterprise: domestic sales of all and of continuing establishments by year."""
    first: dict[str, str] = {}
    sales: dict[int, dict[str, float]] = {year: {} for year in YEARS}
    names = ("establishment_id", "enterprise_id", "sales", "exports")
    for path in sorted((folder / "census").glob("year=*/*.parquet")):
        year = int(path.parent.name.removeprefix("year="))
        columns = [pq.read_table(path, columns=list(names)).column(name) for name in names]
        for establishment, enterprise, sold, exported in zip(
            *(column.to_pylist() for column in columns), strict=True
        ):
            first.setdefault(establishment, enterprise)
            if year in sales:
                sales[year][establishment] = sold - exported
    places = {name: place for place, name in enumerate(dict.fromkeys(first.values()))}
    found = np.zeros((len(places), 4))
    for at, year in enumerate(YEARS):
        for establishment, sold in sales[year].items():
            place = places[first[establishment]]
            found[place, 2 * at] += sold
            if all(establishment in sales[each] for each in YEARS):
                found[place, 2 * at + 1] += sold
    return found


def changes(sums: np.ndarray, imports: tuple[float, float]) -> np.ndarray:
    """HLOY, ACR and their difference, of sums in columns as `unit_sums` has them."""
    x0, kept0, x1, kept1 = sums.T
    domestic = np.log(x1 / (x1 + imports[1])) - np.log(x0 / (x0 + imports[0]))
    share = np.log(kept1 / x1) - np.log(kept0 / x0)
    hloy = hloy_welfare_change(domestic + share, SIGMA)
    acr = acr_welfare_change(domestic, EPSILON)
    return np.stack([hloy, acr, hloy - acr])


def bootstrap(units: np.ndarray, imports: tuple[float, float], draws: int) -> np.ndarray:
    """Standard deviation of each number over draws."""
    chance = np.random.default_rng(1)
    sums = [chance.poisson(1.0, len(units)) @ units for _ in range(draws)]
    return changes(np.array(sums), imports).std(axis=1, ddof=1)


def by_groups(units: np.ndarray, imports: tuple[float, float], deal: int) -> list[float]:
    """Standard error of each number by one deal of units into groups."""
    group = np.random.default_rng(deal).integers(GROUPS, size=len(units))
    sums = np.zeros((GROUPS, 4))
    np.add.at(sums, group, units)
    factors = np.array(without_groups(np.bincount(group, minlength=GROUPS).tolist()))
    left = (units.sum(axis=0) - sums) * factors[:, None]
    whole = changes(units.sum(axis=0)[None, :], imports)[:, 0]
    return [
        math.sqrt(jackknife_variance(float(value), replicates.tolist()))
        for value, replicates in zip(whole, changes(left, imports), strict=True)
    ]


def main() -> None:
    """Print both errors and their ratio."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("input", type=Path, help="the demo's folder of inputs")
    parser.add_argument("--draws", type=int, default=1000)
    options = parser.parse_args()
    table = pq.read_table(options.input / "imports.parquet").to_pylist()
    imports = tuple(math.fsum(row["value"] for row in table if row["year"] == y) for y in YEARS)
    units = unit_sums(options.input)
    drawn = bootstrap(units, imports, options.draws)
    dealt = [by_groups(units, imports, deal) for deal in range(DEALS)]
    print(f"{len(units)} enterprises, {options.draws} draws, {DEALS} deals into {GROUPS} groups")
    for name, error, errors in zip(
        ("HLOY", "ACR", "HLOY - ACR"), drawn, zip(*dealt, strict=True), strict=True
    ):
        ratios = [each / error for each in errors]
        print(
            f"{name}: bootstrap {100 * error:.3f}, by groups {100 * mean(errors):.3f} percent; "
            f"ratio {mean(ratios):.3f}, from {min(ratios):.2f} to {max(ratios):.2f}"
        )


if __name__ == "__main__":
    main()
