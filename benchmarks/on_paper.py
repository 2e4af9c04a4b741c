"""What the study costs on a cluster nobody here has, from what a row was measured to cost.

Two runs on this machine give each step's costs as fixed + per row (scale.py); the rest is
arithmetic for the clusters stated below. Time is that of the scarcest of three things: cores, the
network between them, and their disks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

GB = 2**30
ROWS_PER_PARTITION = 1_000_000


@dataclass(frozen=True)
class Cluster:
    """What is assumed of one: executors, each with cores, a network and a disk."""

    rows: float
    executors: int
    cores: int = 16
    network: float = 1.0 * GB  # [bytes/s] each way: a 10 gigabit line
    disk: float = 0.5 * GB  # [bytes/s]: one ordinary SSD


CLUSTERS = (Cluster(270e6, 1), Cluster(270e6, 4), Cluster(20e9, 32))
Steps = Mapping[str, Mapping[str, float]]
Run = Mapping[str, Any]


@dataclass(frozen=True)
class Cost:
    """Of a row: seconds of a core, and bytes."""

    core_seconds: float
    shuffled: float
    written: float


def cost_per_row(small: Run, large: Run, step: str) -> Cost:
    """What one more row costs in a step: what starts once is in both runs and falls out.

    Example:
        >>> use = {"core_seconds": 3.0, "shuffled": 0.0, "written": 0.0}
        >>> small = {"rows": 0, "steps": {"match": use}}
        >>> large = {"rows": 10, "steps": {"match": use | {"core_seconds": 8.0, "shuffled": 600.0}}}
        >>> cost_per_row(small, large, "match")
        Cost(core_seconds=0.5, shuffled=60.0, written=0.0)
    """
    rows = large["rows"] - small["rows"]
    before, after = (run["steps"].get(step, {}) for run in (small, large))
    names = ("core_seconds", "shuffled", "written")
    return Cost(*(max(0.0, after.get(name, 0.0) - before.get(name, 0.0)) / rows for name in names))


def costs_of(runs: Sequence[Run], steps: Iterable[str]) -> dict[str, Cost]:
    """What one more row costs in each of some steps."""
    small, large = runs
    return {step: cost_per_row(small, large, step) for step in steps}


def on_paper(runs: Sequence[Run], there: Sequence[Run] = ()) -> Iterator[str]:
    """The section of the page: costs per row, memory, and clusters.

    Args:
        runs: a small and a large one on this machine.
        there: the same two kinds on executors over HDFS, to compare; may be left out.
    """
    small, large = runs
    costs = costs_of(runs, large["steps"])
    yield (
        f"Measured by `python benchmarks/scale.py` from Spark's event log, on {small['size']} "
        f"({small['rows'] / 1e6:.2f}M read) and {large['size']} ({large['rows'] / 1e6:.2f}M read): "
        "the difference of the two runs over the difference of their rows. Bytes written are those "
        "of the matched rows, which the later steps read; the columns read take "
        f"{_columns(large):.1f} bytes a row. All bytes are as compressed. Spilled: "
        + ", ".join(_spilled(runs))
        + "."
    )
    yield ""
    yield from _cost_table(costs)
    yield ""
    if there:
        yield _compared(costs, there)
        yield ""
    yield _memory(large)
    yield ""
    yield from _cluster_table(costs, _columns(large))
    yield ""
    yield _bottleneck(costs, _columns(large))


def _columns(run: Run) -> float:
    """Compressed bytes of the columns read, per row."""
    return run["column_bytes"] / run["rows"]


def _spilled(runs: Sequence[Run]) -> Iterator[str]:
    for run in runs:
        spilled = sum(step["spilled"] for step in run["steps"].values())
        yield f"{spilled / 2**20:.0f} MB at {run['size']}"


def _cost_table(costs: Mapping[str, Cost]) -> Iterator[str]:
    yield "| step | core seconds per million rows | bytes shuffled per row | written per row |"
    yield "|---|---|---|---|"
    total = total_cost(costs)
    for step, cost in [*costs.items(), ("**all**", total)]:
        yield (
            f"| {step} | {cost.core_seconds * 1e6:.2f} | {cost.shuffled:.1f} | {cost.written:.1f} |"
        )


def total_cost(costs: Mapping[str, Cost]) -> Cost:
    """What one more row costs in all steps."""
    columns = ((cost.core_seconds, cost.shuffled, cost.written) for cost in costs.values())
    return Cost(*map(sum, zip(*columns, strict=True)))


def _compared(costs: Mapping[str, Cost], there: Sequence[Run]) -> str:
    paper, found = total_cost(costs), total_cost(costs_of(there, costs))
    each = [
        f"{here:.1f} {kind} ({here / expected - 1:+.0%})"
        for kind, here, expected in (
            ("shuffled", found.shuffled, paper.shuffled),
            ("written", found.written, paper.written),
        )
    ]
    sizes = " and ".join(run["size"] for run in there)
    return (
        f"**Beside a cluster.** On YARN with two executors of a core, over HDFS, {sizes} gave "
        f"bytes per row of {' and '.join(each)}; `make cluster-check` repeats it, and fails "
        "where they differ by more than a tenth."
    )


def _memory(large: Run) -> str:
    step, use = max(large["steps"].items(), key=lambda each: each[1]["task_memory"])
    per_row = use["task_memory"] / max(use["task_rows"], 1.0)
    partition = per_row * ROWS_PER_PARTITION
    return (
        f"**Memory.** The largest task ({step}) held {use['task_memory'] / 2**20:.0f} MB for "
        f"{use['task_rows'] / 1e6:.2f}M rows: {per_row:.0f} bytes a row. With partitions of a "
        f"million rows (`spark.sql.shuffle.partitions` = rows / 1,000,000) a core needs "
        f"{partition / 2**20:.0f} MB for it, whatever the number of rows; since Spark leaves about "
        f"0.6 of the heap to its tasks, {partition / 0.6 / 2**20:.0f} MB of heap a core, and "
        "2-4 GB a core is ample. The driver holds cells and at most two million rows."
    )


def seconds_by_resource(
    costs: Mapping[str, Cost], columns: float, cluster: Cluster
) -> dict[str, float]:
    """Seconds that a cluster's cores, network and disks would each need, had they to work alone."""
    total = total_cost(costs)
    executors = cluster.executors
    # A shuffled row stays where it is with chance 1 / executors.
    sent = total.shuffled * cluster.rows * (1 - 1 / executors)
    # What is shuffled or written is read again at least once.
    on_disk = (columns + 2 * (total.shuffled + total.written)) * cluster.rows
    return {
        "cores": total.core_seconds * cluster.rows / (executors * cluster.cores),
        "network": sent / (executors * cluster.network),
        "disks": on_disk / (executors * cluster.disk),
    }


def _cluster_table(costs: Mapping[str, Cost], columns: float) -> Iterator[str]:
    one = CLUSTERS[0]
    yield (
        f"Expected, for executors of {one.cores} cores with {one.network / GB:.0f} GB/s of network "
        f"and {one.disk / GB:.1f} GB/s of disk each; cores like those of this machine. Minutes "
        "that each would need alone; the run takes at least the largest, and on top what does not "
        "grow with the rows: the start and the publication. Not run."
    )
    yield ""
    yield "| rows | executors | cores | shuffled GB | cores min | network min | disks min | first |"
    yield "|---|---|---|---|---|---|---|---|"
    for cluster in CLUSTERS:
        seconds = seconds_by_resource(costs, columns, cluster)
        cells = [
            f"{cluster.rows / 1e6:,.0f}M",
            str(cluster.executors),
            str(cluster.executors * cluster.cores),
            f"{total_cost(costs).shuffled * cluster.rows / GB:,.0f}",
            *(f"{each / 60:.1f}" for each in seconds.values()),
            max(seconds, key=seconds.__getitem__),
        ]
        yield f"| {' | '.join(cells)} |"


def _bottleneck(costs: Mapping[str, Cost], columns: float) -> str:
    step, cost = max(costs.items(), key=lambda each: each[1].core_seconds)
    each = [seconds_by_resource(costs, columns, cluster) for cluster in CLUSTERS]
    first = sorted({max(seconds, key=seconds.__getitem__) for seconds in each})
    share = cost.core_seconds / total_cost(costs).core_seconds
    return (
        f"**The first bottleneck** is the {' or the '.join(first)}; of the cores' time '{step}' "
        f"takes {share:.0%}. More executors shorten every column alike, for no step is done by one "
        "task and the driver's share does not grow with the rows."
    )
