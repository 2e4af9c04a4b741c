"""Are a program's results ours? Counts equal, quantiles to 1e-9, sums to 1e-12.

Every program writes four Parquet tables; ours are the published tables in the same columns:

    markets     window, year, industry2 (null: total): establishments, sales and exports
    medians     year, industry: establishments, median
    moments     year, base_year, window (null: none), population: count, mean, sd, quantiles
    histograms  the same key and bin: establishments, employment
"""

import math
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from tradegains.store.output import locate_output
from tradegains.store.runs import read_published
from tradegains.study import Study

POPULATION = ("year", "base_year", "window", "population")
KEYS = {
    "markets": ("window", "year", "industry2"),
    "medians": ("year", "industry"),
    "moments": POPULATION,
    "histograms": (*POPULATION, "bin"),
}
COUNTS = {"establishments", "continuing_establishments"}
SUMS = {"domestic_sales", "continuing_domestic_sales", "exports", "employment"}
SUM_TOLERANCE = 1e-12
"""Relative: doubles added in another order."""

QUANTILE_TOLERANCE = 1e-9
"""Absolute [log points], quantiles and moments: the last bits of `ln`, and of sums near 0."""

SHOWN = 10
Row = Mapping[str, Any]
Results = Mapping[str, list[dict[str, Any]]]


class MismatchError(Exception):
    """A program's results are not ours; the text says where."""


def require_same(ours: Results, theirs: Results, program: str) -> int:
    """The number of values compared.

    Raises:
        MismatchError: with the first differences.
    """
    differences, compared = [], 0
    for table, keys in KEYS.items():
        want = {tuple(row[key] for key in keys): row for row in ours[table]}
        have = {tuple(row[key] for key in keys): row for row in theirs[table]}
        if not want or len(have) != len(theirs[table]):
            differences.append(f"{table}: no rows of ours, or rows of {program} that share a key")
        differences += [f"{table} {key}: not in {program}" for key in want if key not in have]
        differences += [f"{table} {key}: only in {program}" for key in have if key not in want]
        for key in want.keys() & have.keys():
            names = [name for name in want[key] if name not in keys]
            compared += len(names)
            differences += [
                f"{table} {key}: {name} is {have[key].get(name)!r} in {program}, "
                f"{want[key][name]!r} in ours"
                for name in names
                if not same(name, want[key][name], have[key].get(name))
            ]
    if differences:
        more = f"\n... {len(differences)} differences in all" if len(differences) > SHOWN else ""
        raise MismatchError("\n".join(sorted(differences)[:SHOWN]) + more)
    return compared


def same(name: str, want: float, have: float | None) -> bool:
    """Whether a value is the one wanted.

    Example:
        >>> same("employment", 1.0, 1.0 + 1e-13), same("establishments", 3, 4)
        (True, False)
    """
    if have is None or name in COUNTS:
        return want == have
    if name in SUMS:
        return math.isclose(want, have, rel_tol=SUM_TOLERANCE)
    return math.isclose(want, have, rel_tol=0.0, abs_tol=QUANTILE_TOLERANCE)


def read_peer(folder: Path) -> Results:
    """The four tables that a program wrote."""
    return {table: pq.read_table(folder / f"{table}.parquet").to_pylist() for table in KEYS}


def read_ours(output: Path, study: Study) -> Results:
    """The published tables of the one run in an output folder, in the shape of the programs'."""
    store = locate_output(str(output)).open_tables()
    starts = {window.name: window.start for window in study.windows}

    def published(table: str) -> list[dict[str, Any]]:
        return read_published(store, table).to_pylist()

    return {
        "markets": [_market(row) for row in published("market_shares")],
        "medians": [
            {name: row[name] for name in ("year", "industry", "establishments", "median")}
            for row in published("industry_medians")
        ],
        "moments": _moments(published("moments"), starts),
        "histograms": _once(_histogram_bin(row, starts) for row in published("histograms")),
    }


def _market(row: Row) -> dict[str, Any]:
    same_names = ("window", "year", *COUNTS, "domestic_sales", "continuing_domestic_sales")
    return {name: row[name] for name in same_names} | {
        "industry2": row["industry"],
        "exports": row["imports_value"],  # the study sets imports equal to exports
    }


def _population(row: Row, starts: Mapping[str, int]) -> dict[str, Any]:
    """The programs' key: a window only where membership depends on it, and the medians' year."""
    by_window = row["population"] in ("continuing", "entrants", "exiters")
    base = starts[row["window"]] if row["median_base"] == "base_year" else row["year"]
    window = row["window"] if by_window else None
    return dict(zip(POPULATION, (row["year"], base, window, row["population"]), strict=True))


def _moments(rows: Iterable[Row], starts: Mapping[str, int]) -> list[dict[str, Any]]:
    merged: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = _population(row, starts)
        prefix = "weighted" if row["weighting"] == "employment" else "plain"
        values = {name: row[name] for name in ("establishments", "employment")}
        statistics = (
            "mean",
            "sd",
            *(name for name in row if name.startswith("p") and name[1:].isdigit()),
        )
        values |= {f"{prefix}_{name}": row[name] for name in statistics}
        found = merged.setdefault(tuple(key.values()), {**key})
        _require_agreement(found, values)
        found.update(values)
    return list(merged.values())


def _histogram_bin(row: Row, starts: Mapping[str, int]) -> dict[str, Any]:
    number = round(row["bin_start"] / row["bin_width"])
    counted = {name: row[name] for name in ("establishments", "employment")}
    return {**_population(row, starts), "bin": number, **counted}


def _once(rows: Iterable[dict[str, Any]]) -> list[dict[str, Any]]:
    """Rows that several choices of the study share, once."""
    found: dict[tuple[Any, ...], dict[str, Any]] = {}
    for row in rows:
        key = tuple(row[name] for name in KEYS["histograms"])
        _require_agreement(found.get(key, {}), row)
        found[key] = row
    return list(found.values())


def _require_agreement(before: Row, values: Row) -> None:
    """The published tables give a population that has two names the same numbers."""
    if any(before[name] != value for name, value in values.items() if name in before):
        raise MismatchError(
            f"published twice with different values: {dict(before)} and {dict(values)}"
        )
