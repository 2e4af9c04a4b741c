"""Spark's stages on one machine: the section of the page, from what spark_stages.py recorded."""

from collections.abc import Iterator, Mapping
from typing import Any

Record = Mapping[str, Any]


def stages_table(record: Mapping[str, Record]) -> Iterator[str]:
    """A table for each size: the steps, what no stage of theirs covers, and their stages."""
    yield (
        "One run per size by `python benchmarks/spark_stages.py`, from Spark's event log. "
        '"Between" is the part of a step in which no stage ran: planning, compiling the plan, and '
        "bringing small tables to Python and back. Of a stage's tasks, on all cores together: "
        '"running" is their seconds, "cores" what they computed of these, "garbage" collection '
        '(every core stands still), "waiting" the seconds in which they were scheduled and sent.'
    )
    for size, run in record.items():
        yield ""
        yield _told(size, run)
        yield ""
        yield from _table(run["steps"])


def _told(size: str, run: Record) -> str:
    """What stands outside the table."""
    stages = [stage for step in run["steps"] for stage in step["stages"]]
    tasks = sum(stage["core_seconds"] for stage in stages)
    steps = sum(step["seconds"] for step in run["steps"])
    busy = "" if run["other_cores"] < 0.2 else f", while {run['other_cores']} cores did other work"
    return (
        f"**{size}** ({run['rows'] / 1e6:.2f}M read{busy}): {run['seconds']:.1f} s in all, of "
        f"which {run['seconds'] - steps:.1f} s start and end; {len(stages)} stages with "
        f"{sum(stage['tasks'] for stage in stages)} tasks. Of {run['cpu_seconds']:.1f} CPU seconds "
        f"{tasks:.1f} computed in tasks; the rest is Java's start, its compiler and collector, "
        "planning, and Python."
    )


def _table(steps: list[Record]) -> Iterator[str]:
    yield (
        "| step | stage | tasks | seconds | running | cores | garbage | waiting | MB fetched "
        "| MB shuffled | MB written |"
    )
    yield "|---|---|---|---|---|---|---|---|---|---|---|"
    for step in steps:
        between = max(0.0, step["seconds"] - step["busy"])
        of_stages = f"all {len(step['stages'])}; between {between:.1f} s"
        yield f"| **{step['step']}** | {of_stages} | | {step['seconds']:.1f} | | | | | | | |"
        for stage in step["stages"]:
            yield f"| | {' | '.join(_cells(stage))} |".replace("  ", " ")


def _cells(stage: Record) -> Iterator[str]:
    yield stage["work"]
    yield str(stage["tasks"])
    yield f"{stage['ended'] - stage['began']:.1f}"
    for name in ("running", "core_seconds", "garbage", "waiting"):
        yield f"{stage.get(name, 0.0):.1f}"
    for name in ("fetched", "shuffled", "written"):
        yield f"{stage.get(name, 0.0):.0f}" if stage.get(name) else ""
