"""docs/performance.md and its plot, from what was measured."""

import os
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path
from statistics import median
from typing import Any

os.environ.setdefault("MPLBACKEND", "Agg")
Row = dict[str, Any]

NAMES = {
    "embedded": "tradegains, embedded engine",
    "spark": "tradegains, Spark",
    "duckdb": "DuckDB",
    "polars": "Polars",
    "pandas": "pandas",
    "spark_naive": "PySpark, first draft",
}
# Ours, size, rival (none: seconds or gigabytes), at most.
GOALS: list[tuple[str, str, str, float]] = [
    ("embedded", "1M", "seconds", 3.0),
    ("embedded", "10M", "duckdb", 0.8),
    ("embedded", "30M", "duckdb", 0.5),
    ("embedded", "30M", "polars", 1.2),
    ("embedded", "dense 100M", "duckdb", 0.35),
    ("embedded", "dense 100M", "GB", 4.0),
    ("embedded", "dense 270M", "seconds", 240.0),
    ("embedded", "dense 270M", "GB", 6.0),
    ("spark", "10M", "spark_naive", 0.25),
    ("spark", "30M", "spark_naive", 0.25),
    ("spark", "dense 100M", "duckdb", 0.7),
]

PAGE = """\
# Performance

The same study by `tradegains run` and written by hand in other engines, each as a good analyst
would: ids matched over four years and three windows, market sums by 2-digit industry, medians by
4-digit industry, and moments, quantiles and histograms of 39 populations, with and without weights
by employment. Written by `make bench`; do not edit.

{machine}

**What the times are.** Wall seconds of the whole cold process, from start to exit, the median of
{repeat} round(s); each round runs every program once. A ratio divides our seconds by the other
program's of the same round: below 1 we are faster; the range over rounds is in brackets. CPU
seconds are of all cores together and suffer least from other work. Memory is the peak over a
process and its children. The files had been read before, so they come from the
system's cache.

**What they contain.** Ours include checks of the inputs, a SHA-256 of every file read, rules for
invalid rows, demography and welfare, publication as Delta tables and their reading back. The other
programs read, compute and write Parquet, and nothing else: no checks, no welfare.

**Before any time counts**, each program's results are compared with ours, in every round: counts
equal, sums to 1e-12 of their size, quantiles and moments to 1e-9 log points. A difference ends the
benchmark without a page.

{table}

![Seconds against rows read, both axes logarithmic](images/performance.png)

## Where our time goes

Seconds by step (median), as `tradegains run` prints them. "Start and end" is the rest of the
process: Python's imports, the engine's start, its stop.

{steps}

## Goals

Set before measuring, for a machine of two cores.

{goals}

## How to repeat it

```sh
make bench                                            # 1, 10 and 30 million rows
```

Censuses are generated once and stay under `build/benchmark/`, with what each program printed.
`python benchmarks/run.py` takes `--sizes 1,10`, `--dense 10,100` (million rows, all of them in the
study's years), `--peers duckdb,polars`, `--engines embedded` and `--repeat 5`. pandas runs on the
smallest size only. Spark needs a Java (`make java`), and Delta's jars (see
[install.md](install.md)).
"""


def write_page(found: dict[str, Any], page: Path) -> None:
    """Write the page and the plot beside it."""
    rows = found["rows"]
    text = PAGE.format(
        machine=_machine(found["machine"], rows),
        repeat=found["repeat"],
        table="\n".join(_table(rows)),
        steps="\n".join(_steps(rows)),
        goals="\n".join(_goals(rows)),
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    plot = page.parent / "images" / "performance.png"
    plot.parent.mkdir(exist_ok=True)
    _plot(rows, plot)


def _machine(machine: Row, rows: list[Row]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    loads = [load for row in rows for load in row["loads"]]
    busy = max(loads) > machine["cores"] * 0.75
    told = (
        "**Other work ran on the machine at the same time**, so seconds are too long and ratios "
        "uncertain; run it on a quiet machine before quoting them."
        if busy
        else "Nothing else of note ran at the same time."
    )
    return (
        f"Machine: {machine['cores']} cores, {machine['memory']} GiB, {machine['system']}, "
        f"Python {machine['python']}; {versions}. Load average when rounds began: "
        f"{min(loads):.1f} to {max(loads):.1f}. {told}"
    )


def _table(rows: list[Row]) -> Iterator[str]:
    ours = [name for name in ("embedded", "spark") if any(_name(row) == name for row in rows)]
    ratios = "".join(f" {NAMES[name].split(', ')[1]} ÷ it |" for name in ours)
    yield f"| rows (read) | program | rounds | seconds | CPU seconds | peak GB | writes |{ratios}"
    yield "|---|---|---|---|---|---|---|" + "---|" * len(ours)
    for row in rows:
        size, is_ours = row["size"], row["program"]["is_ours"]
        cells = [
            f"{size['name']} ({size['read'] / 1e6:.2f}M)",
            f"**{NAMES[_name(row)]}**" if is_ours else NAMES[_name(row)],
            str(len(row["seconds"])),
            _span(row["seconds"]),
            f"{median(row['cpu_seconds']):.2f}",
            f"{median(row['memory']) / 2**30:.2f}",
            "Delta, read back" if is_ours else "Parquet",
            *("" if is_ours else _ratio(_find(rows, name, size["name"]), row) for name in ours),
        ]
        yield f"| {' | '.join(cells)} |"


def _span(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def _ratio(ours: Row | None, theirs: Row | None) -> str:
    return _span(_ratios(ours, theirs)) if ours and theirs else ""


def _ratios(ours: Row, theirs: Row) -> list[float]:
    return [a / b for a, b in zip(ours["seconds"], theirs["seconds"], strict=True)]


def _name(row: Row) -> str:
    return row["program"]["name"]


def _find(rows: list[Row], program: str, size: str) -> Row | None:
    named = (row for row in rows if (_name(row), row["size"]["name"]) == (program, size))
    return next(named, None)


def _steps(rows: list[Row]) -> Iterator[str]:
    ours = [row for row in rows if row["program"]["is_ours"]]
    names = list(dict.fromkeys(name for row in ours for run in row["steps"] for name in run))
    heads = [f"{_name(row)} {row['size']['name']}" for row in ours]
    yield f"| step | {' | '.join(heads)} |"
    yield "|---|" + "---|" * len(ours)
    for name in names:
        values = [f"{median(run.get(name, 0.0) for run in row['steps']):.1f}" for row in ours]
        yield f"| {name} | {' | '.join(values)} |"
    rest = []
    for row in ours:
        pairs = zip(row["seconds"], row["steps"], strict=True)
        rest.append(f"{median(whole - sum(run.values()) for whole, run in pairs):.1f}")
    yield f"| start and end | {' | '.join(rest)} |"


def _goals(rows: list[Row]) -> Iterator[str]:
    yield "| engine | rows | goal | measured | |"
    yield "|---|---|---|---|---|"
    for engine, size, rival, limit in GOALS:
        measured = _goal_value(rows, engine, size, rival)
        if rival in ("seconds", "GB"):
            goal = f"at most {limit:g} {rival}"
        else:
            goal = f"at most {limit:g} of {NAMES[rival]}"
        if measured is None:
            yield f"| {engine} | {size} | {goal} | | not measured |"
        else:
            verdict = "met" if measured <= limit else "**not met**"
            yield f"| {engine} | {size} | {goal} | {measured:.2f} | {verdict} |"


def _goal_value(rows: list[Row], engine: str, size: str, rival: str) -> float | None:
    ours = _find(rows, engine, size)
    if ours is None:
        return None
    if rival == "seconds":
        return median(ours["seconds"])
    if rival == "GB":
        return median(ours["memory"]) / 2**30
    theirs = _find(rows, rival, size)
    return median(_ratios(ours, theirs)) if theirs else None


def _plot(rows: list[Row], path: Path) -> None:
    from matplotlib import pyplot

    lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in rows:
        lines[_name(row)].append((row["size"]["read"], median(row["seconds"])))
    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for name, points in lines.items():
        read, seconds = zip(*sorted(points), strict=True)
        is_ours = name in ("embedded", "spark")
        axes.plot(read, seconds, marker="o", label=NAMES[name], linewidth=2.5 if is_ours else 1.2)
    axes.set(xscale="log", yscale="log", xlabel="rows read", ylabel="seconds, cold process")
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=130, metadata={"Software": None})
    pyplot.close(figure)
