"""docs/performance.md and its plot, from what was measured.

    python benchmarks/page.py      once more, after a script has recorded something anew

Numbers come from the measured rows alone; what is written by hand is the reasons in goals.toml.
What a sitting has not measured stays as the page has it: rows and steps of the programs, and goals.
"""

import json
import os
import re
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import takewhile
from math import ceil, floor, log10
from pathlib import Path
from statistics import median
from typing import Any

from full_table import full_table, ratios
from on_paper import on_paper
from section_table import section_table
from stages_table import stages_table
from tried import sorted_input, yearly_rerun

os.environ.setdefault("MPLBACKEND", "Agg")
Row = dict[str, Any]

NAMES = {
    "embedded": "tradegains, embedded engine",
    "spark": "tradegains, Spark",
    "duckdb": "DuckDB",
    "polars": "Polars, in memory",
    "polars_streaming": "Polars, streaming",
    "pandas": "pandas",
    "spark_naive": "PySpark, first draft",
}
RIVALS = {"polars": ("Polars, the faster way", ("polars", "polars_streaming"))}
"""What several programs are together as a goal's rival: its name, and those of the programs."""

GOALS = Path(__file__).with_name("goals.toml")
RECORDED = Path(__file__).with_name("measured")  # by scripts that make bench does not run
BUSY_SHARE = 0.1  # of the cores, by other work, in any run
LONG_FLOOR = 0.25  # [s]: what is shorter is no measure for a step

PAGE = """\
# Performance

The same study by `tradegains run` and written by hand in other engines, each as a good analyst
would: ids matched over four years and three windows, market sums by 2-digit industry, medians by
4-digit industry, and moments, quantiles and histograms of 39 populations, with and without weights
by employment. Written by `make bench`; do not edit.

{machine}

**What the times are.** Wall seconds of the whole cold process, from start to exit, the median
over rounds with the range in brackets; a round runs every program once, and begins with another
one than the last. "Inside" is the part from the started engine to the last file written. A ratio
divides our seconds by the other program's of the same round: below 1 we are faster. CPU seconds are
of all cores together and suffer least from other work. Memory is the peak over a process and its
children; a JVM may have a heap of {heap} GB, the others take what they need. After the first round
the files come from the system's cache.

**What they contain.** Ours include checks of the inputs, a SHA-256 of every file read, rules for
invalid rows, demography and welfare, publication as Delta tables and their reading back. The other
programs read, compute and write Parquet, and nothing else: no checks, no welfare. Polars runs both
ways that it has, in memory and streaming; goals are held against the faster one of each round.
What a sitting does not run stays from the one before; rows of Polars without a way are such: it
streamed where it read, and took the rest in memory.

**Before any time counts**, each program's results are compared with ours, in every round: counts
equal, sums to 1e-12 of their size, quantiles and moments to 1e-9 log points. A difference ends the
benchmark without a page.

{table}

![Seconds against rows read, both axes logarithmic](images/performance.png)

## Where our time goes

Seconds by step (median), as `tradegains run` prints them. "Start and end" is the rest of the
process: Python's imports, the engine's start, its stop. The floor is the time in which the started
engine reads the columns of the study and adds each up, no more: no pass over the rows of a census
can take less. In brackets: how many floors a step took.

{steps}

## The full study

Every section of `conf/studies/cusfta.toml` over all years of the demonstration's census, by
`python benchmarks/full_run.py`: seconds of the whole cold process, then of its steps; "report" is
the command of that name, a process of its own. Beside it the same by an earlier commit, run for
run; a ratio below 1 says that this build is faster. After the match families of tables are
computed side by side: their steps overlap and do not add up.

{full}

### What each section costs

The same study without a section, or with one that it has not, by `make bench SECTIONS=1`: the
difference of two runs beside each other. Steps run side by side, so their seconds above say
less of it.

{sections}

## Spark, stage by stage

{stages}

## Goals

Set before measuring, for a machine of two cores (`benchmarks/goals.toml`).

{goals}

## On a cluster, on paper

{paper}

## Tried

{tried}

## How to repeat it

```sh
make bench                             # 1, 10 and 30 million rows, and 10 million dense ones
make bench SIZES= DENSE=100,270        # dense: all rows in the study's years; in million rows
make bench AGAINST=5b90afb             # the full study by that commit, too: fails if it was faster
make bench SIZES= DENSE= FULL=3500000 MOST=4     # the full study of 72 million rows, within 4 GB
make bench SIZES= DENSE= SECTIONS=1              # and what each of its sections costs
```

Censuses are generated once and stay under `build/benchmark/`, with what each program printed.
`python benchmarks/run.py` also takes `--peers duckdb,polars_streaming`, `--engines embedded` and
`--repeat 5`; with `--once-above 150`, what takes longer than so many seconds is run once; with
`--add`, rows of an earlier sitting stay where this one has none; `--quick` tries everything on a
tiny census. pandas runs on the smallest size only, the first draft in PySpark not on the dense
ones, and beyond 200 million rows the embedded engine alone, for the time that the others would
take. A program that takes more than 85 percent of the machine's memory is ended.
Spark needs a Java (`make java`), and Delta's jars (see [install.md](install.md)).
"""


def write_page(found: dict[str, Any], page: Path) -> None:
    """Write the page and the plot beside it."""
    rows, before = found["rows"], Before.of(page)
    written = tomllib.loads(GOALS.read_text(encoding="utf-8"))
    goals, verdicts = written["goal"], written["tried"]
    heaps = sorted({str(row["heap"]) for row in rows if row["heap"]})
    text = PAGE.format(
        machine=_machine(found["machine"], rows) if rows else before.machine,
        heap=" or ".join(heaps) or before.heap,
        table="\n".join(merged_rows(list(_table(rows)), before.table, keys=2)),
        steps="\n".join(merged_columns(list(_steps(rows)) if rows else [], before.steps)),
        full="\n".join(full_table(_recorded("full_run"))).rstrip(),
        sections="\n".join(section_table(_recorded("section_costs"))).rstrip(),
        stages="\n".join(stages_table(_recorded("spark_stages"))),
        goals="\n".join(
            _goals(rows, goals, before.goals, busy=bool(rows) and _is_busy(found["machine"], rows))
        ),
        paper="\n".join(on_paper(_recorded("scale"), _recorded("over_hdfs"))),
        tried="\n".join(_tried(verdicts)),
    )
    page.parent.mkdir(parents=True, exist_ok=True)
    page.write_text(text, encoding="utf-8")
    if not rows:
        return
    plot = page.parent / "images" / "performance.png"
    plot.parent.mkdir(exist_ok=True)
    _plot(rows, plot)


@dataclass(frozen=True)
class Before:
    """What the page says already: lines of its tables, and of the machine."""

    machine: str
    heap: str
    table: list[str]
    steps: list[str]
    goals: list[str]

    @staticmethod
    def of(page: Path) -> "Before":
        """Of a page that is there; nothing of one that is not."""
        lines = page.read_text(encoding="utf-8").splitlines() if page.exists() else []

        def table(head: str) -> list[str]:
            start = next((i for i, line in enumerate(lines) if line.startswith(head)), len(lines))
            return list(takewhile(lambda line: line.startswith("|"), lines[start:]))

        machine = next((line for line in lines if line.startswith("Machine: ")), "")
        heap = re.search(r"may have a heap of (.*) GB", "\n".join(lines))
        heads = ("| rows (read) |", "| step | embedded", "| engine | rows | goal |")
        return Before(machine, heap[1] if heap else "no", *map(table, heads))


def merged_rows(now: list[str], before: list[str], *, keys: int) -> list[str]:
    """Lines of a table, and those of an earlier one whose first cells it does not have.

    Example:
        >>> head = ["| rows | seconds |", "|---|---|"]
        >>> before = [*head, "| 1M | 3.0 |", "| 2M | 4.0 |"]
        >>> merged_rows([*head, "| 1M | 2.0 |"], before, keys=1)[2:]
        ['| 1M | 2.0 |', '| 2M | 4.0 |']
    """
    told = {tuple(_cells(line)[:keys]): line for line in before[2:]}
    told |= {tuple(_cells(line)[:keys]): line for line in now[2:]}
    return [*(now if len(now) > 2 else before or now)[:2], *told.values()]


def merged_columns(now: list[str], before: list[str]) -> list[str]:
    """Columns of a table by step, and those of an earlier one whose heads it does not have."""
    columns: dict[str, dict[str, str]] = {}
    for table in (before, now):
        heads = _cells(table[0])[1:] if table else []
        for place, head in enumerate(heads, start=1):
            columns[head] = {cells[0]: cells[place] for cells in map(_cells, table[2:])}
    steps = dict.fromkeys(step for column in columns.values() for step in column)
    last = [step for step in steps if step.startswith(("start and end", "floor"))]
    ordered = [*(step for step in steps if step not in last), *last]
    return [
        f"| step | {' | '.join(columns)} |",
        "|---|" + "---|" * len(columns),
        *(
            f"| {step} | {' | '.join(column.get(step, '') for column in columns.values())} |"
            for step in ordered
        ),
    ]


def _cells(line: str) -> list[str]:
    """Cells of a table's line."""
    return [cell.strip() for cell in line.strip().strip("|").split("|")]


def _recorded(name: str) -> Any:
    return _read(RECORDED / f"{name}.json")


def _read(path: Path) -> Any:
    return json.loads(path.read_text(encoding="utf-8"))


def _tried(verdicts: dict[str, str]) -> Iterator[str]:
    yield from sorted_input(_recorded("sorted_input"), verdicts["sorted_input"])
    yield ""
    yield from yearly_rerun(_recorded("yearly_rerun"), verdicts["yearly_rerun"])


def _machine(machine: Row, rows: list[Row]) -> str:
    versions = ", ".join(f"{name} {version}" for name, version in machine["versions"].items())
    told = (
        "**Other work ran on the machine at the same time**, so seconds are too long and ratios "
        "uncertain; run it on a quiet machine before quoting them."
        if _is_busy(machine, rows)
        else "Nothing else of note ran at the same time."
    )
    return (
        f"Machine: {machine['cores']} cores, {machine['memory']} GiB, {machine['system']}, "
        f"Python {machine['python']}; {versions}. Other work kept up to {_others(rows):.2f} cores "
        f"busy during a run. {told}"
    )


def _others(rows: list[Row]) -> float:
    return max((cores for row in rows for cores in row["other_cores"]), default=0.0)


def _is_busy(machine: Row, rows: list[Row]) -> bool:
    return _others(rows) > BUSY_SHARE * machine["cores"]


def _table(rows: list[Row]) -> Iterator[str]:
    ours = ("embedded", "spark")
    ratios = "".join(f" {NAMES[name].split(', ')[1]} ÷ it |" for name in ours)
    yield (
        "| rows (read) | program | rounds | seconds | inside | CPU seconds | peak GB | writes |"
        + ratios
    )
    yield "|---|---|---|---|---|---|---|---|" + "---|" * len(ours)
    for row in rows:
        size, is_ours = row["size"], row["program"]["is_ours"]
        cells = [
            f"{size['name']} ({size['read'] / 1e6:.2f}M)",
            f"**{NAMES[_name(row)]}**" if is_ours else NAMES[_name(row)],
            str(len(row["seconds"])),
            *_measured_cells(row),
            "Delta, read back" if is_ours else "Parquet",
            *("" if is_ours else _ratio(_find(rows, name, size["name"]), row) for name in ours),
        ]
        yield f"| {' | '.join(cells)} |"


def _measured_cells(row: Row) -> list[str]:
    if not row["seconds"]:
        return [f"ended: {row['failed']}", "", "", ""]
    return [
        _span(row["seconds"]),
        f"{median(row['inside']):.2f}",
        f"{median(row['cpu_seconds']):.2f}",
        f"{median(row['memory']) / 2**30:.2f}",
    ]


def _span(values: list[float]) -> str:
    if len(values) == 1:
        return f"{values[0]:.2f}"
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"


def _ratio(ours: Row | None, theirs: Row | None) -> str:
    ratios = _ratios(ours, theirs)
    return _span(ratios) if ratios else ""


def _ratios(ours: Row | None, theirs: Row | None) -> list[float]:
    """Ratio of each round; none where the two were not measured in the same sitting."""
    if ours is None or theirs is None or ours["sitting"] != theirs["sitting"]:
        return []
    # A peer that failed has no further rounds.
    return [a / b for a, b in zip(ours["seconds"], theirs["seconds"], strict=False)]


def _ratios_to_best(ours: Row | None, theirs: list[Row | None]) -> list[float]:
    """Ratio of each round to whichever of the others was the fastest in it.

    Example:
        >>> ours, slow, fast = ({"sitting": "a", "seconds": [each]} for each in (4.0, 8.0, 2.0))
        >>> _ratios_to_best(ours, [slow, fast]), _ratios_to_best(ours, [slow, None])
        ([2.0], [0.5])
    """
    measured = [found for their in theirs if (found := _ratios(ours, their))]
    return [max(of_round) for of_round in zip(*measured, strict=False)]


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
    floors = [median(row["floor"]) if row["floor"] else 0.0 for row in ours]
    for name in names:
        spent = [median(run.get(name, 0.0) for run in row["steps"]) for row in ours]
        yield f"| {name} | {' | '.join(map(_in_floors, spent, floors))} |"
    rest = []
    for row in ours:
        pairs = zip(row["seconds"], row["steps"], strict=True)
        rest.append(f"{median(whole - sum(run.values()) for whole, run in pairs):.1f}")
    yield f"| start and end | {' | '.join(rest)} |"
    told = [f"{least:.1f}" if least else "" for least in floors]
    yield f"| floor: the columns read | {' | '.join(told)} |"


def _in_floors(seconds: float, least: float) -> str:
    """Seconds of a step; how many floors they are, if more than one that is long enough to tell.

    Example:
        >>> _in_floors(50.0, 4.0), _in_floors(0.3, 0.1)
        ('50.0 (12.5x)', '0.3')
    """
    told = least >= LONG_FLOOR and seconds >= least
    return f"{seconds:.1f} ({seconds / least:.1f}x)" if told else f"{seconds:.1f}"


def _goals(rows: list[Row], goals: list[Row], before: list[str], *, busy: bool) -> Iterator[str]:
    known = {tuple(cells[:3]): cells[3:5] for cells in map(_cells, before)}
    yield "| engine | rows | goal | measured | | why, or what to know |"
    yield "|---|---|---|---|---|---|"
    for goal in goals:
        values = _goal_values(rows, goal)
        shown = _span(values) if values else ""
        disturbed = values and busy and goal["kind"] not in ("GB", "heap")
        verdict = _verdict(values, goal["limit"]) + " (busy machine)" * bool(disturbed)
        named = [goal["engine"], goal["rows"], _goal_text(goal)]
        if not values and tuple(named) in known:
            shown, verdict = known[tuple(named)]
        told = [*named, shown, verdict, goal["reason"]]
        yield f"| {' | '.join(told)} |"


def _goal_text(goal: Row) -> str:
    """A goal in words.

    Example:
        >>> _goal_text({"kind": "ratio", "rival": "duckdb", "limit": 0.5})
        'at most 0.5 of DuckDB'
        >>> _goal_text({"kind": "earlier", "rival": "5b90afb", "limit": 0.4, "measure": "report"})
        'at most 0.4 of the report of 5b90afb'
    """
    rival = goal.get("rival", "")
    name, _ = RIVALS.get(rival, (NAMES.get(rival, ""), ()))
    unit = {
        "ratio": f"of {name}",
        "earlier": f"of the {goal.get('measure', 'seconds')} of {rival}",
        "growth": f"times the seconds per row of {goal.get('from')}",
        "heap": "GB of heap, and completes",
    }.get(goal["kind"], goal["kind"])
    return f"at most {goal['limit']:g} {unit}"


def _verdict(values: list[float], limit: float) -> str:
    """Whether a goal is met in every round, in none, or the rounds do not agree."""
    if not values:
        return "not measured"
    if min(values) <= limit < max(values):
        return "**undecided**: met in some rounds"
    return "met" if max(values) <= limit else "**not met**"


def _goal_values(rows: list[Row], goal: Row) -> list[float]:
    """What the goal is about, round by round; one value where it compares sizes."""
    if goal["kind"] == "earlier":
        return _full_ratios(f"{goal['engine']} {goal['rows'].removeprefix('full ')}", goal)
    ours = _find(rows, goal["engine"], goal["rows"])
    if ours is None or not ours["seconds"]:
        return []
    match goal["kind"]:
        case "seconds":
            return ours["seconds"]
        case "GB":
            return [each / 2**30 for each in ours["memory"]]
        case "heap":
            return [float(ours["heap"])]
        case "ratio":
            _, rivals = RIVALS.get(goal["rival"], ("", (goal["rival"],)))
            return _ratios_to_best(ours, [_find(rows, name, goal["rows"]) for name in rivals])
        case "growth":
            smaller = _find(rows, goal["engine"], goal["from"])
            return [] if smaller is None else [_per_row(ours) / _per_row(smaller)]
    raise ValueError(f"goals.toml: unknown kind {goal['kind']!r}")


def _full_ratios(key: str, goal: Row) -> list[float]:
    """The full study's ratio to the goal's commit in each round; none where it was not measured."""
    runs = _recorded("full_run").get(key, {"runs": {}})["runs"]
    if goal["rival"] not in runs:
        return []
    measure = goal.get("measure", "seconds")
    return ratios(
        runs["now"],
        runs[goal["rival"]],
        lambda run: run["seconds"] if measure == "seconds" else run["steps"].get(measure, 0.0),
    )


def _per_row(row: Row) -> float:
    return median(row["seconds"]) / row["size"]["read"]


def _plot(rows: list[Row], path: Path) -> None:
    from matplotlib import pyplot
    from matplotlib.ticker import NullFormatter

    lines: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for row in (row for row in rows if row["seconds"]):
        lines[_name(row)].append((row["size"]["read"], median(row["seconds"])))
    figure, axes = pyplot.subplots(figsize=(7, 4.5), layout="constrained")
    for name, points in lines.items():
        read, seconds = zip(*sorted(points), strict=True)
        is_ours = name in ("embedded", "spark")
        axes.plot(read, seconds, marker="o", label=NAMES[name], linewidth=2.5 if is_ours else 1.2)
    axes.set(xscale="log", yscale="log", xlabel="rows read", ylabel="seconds, cold process")
    decades = [floor(log10(axes.get_ylim()[0])), ceil(log10(axes.get_ylim()[1]))]
    axes.set_ylim(*(10.0**decade for decade in decades))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:,.0f}" if value >= 1 else f"{value:g}")
        axis.set_minor_formatter(NullFormatter())
    axes.grid(visible=True, which="both", alpha=0.3)
    axes.legend(frameon=False)
    figure.savefig(path, dpi=130, metadata={"Software": None})
    pyplot.close(figure)


if __name__ == "__main__":
    ROOT = Path(__file__).parents[1]
    MEASURED = ROOT / "build" / "benchmark" / "measured.json"
    write_page(
        _read(MEASURED) if MEASURED.exists() else {"rows": []}, ROOT / "docs" / "performance.md"
    )
