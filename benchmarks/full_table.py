"""The full study as the page shows it: by step, beside an earlier commit."""

from collections.abc import Callable, Iterator
from statistics import median
from typing import Any

Record = dict[str, Any]
Timed = dict[str, Any]
MEASURES: dict[str, Callable[[Timed], float]] = {
    "**seconds**": lambda run: run["seconds"],
    "**CPU seconds**": lambda run: run["cpu_seconds"],
    "**peak GB**": lambda run: run["memory"] / 2**30,
}


def full_table(records: dict[str, Record]) -> Iterator[str]:
    """A table for each engine and size.

    Example:
        >>> def run(seconds):
        ...     return {"seconds": seconds, "cpu_seconds": 1.5, "memory": 2**30, "steps": {}}
        >>> record = {"rows": 718_958, "runs": {"now": [run(3.0)], "5b90afb": [run(4.0)]}}
        >>> print(*list(full_table({"embedded 0.72M": record}))[2:5], sep="\\n")
        | | now | 5b90afb | ratio |
        |---|---|---|---|
        | **seconds** | 3.00 | 4.00 | 0.75 |
    """
    if not records:
        yield "Not measured yet."
    for name, record in records.items():
        runs = record["runs"]
        now, *before = runs.values()
        yield f"**{name}**; rounds: {len(now)}"
        yield ""
        yield f"| | {' | '.join(runs)} |{' ratio |' * len(before)}"
        yield "|---|" + "---|" * (len(runs) + len(before))
        steps = dict.fromkeys(
            step for found in runs.values() for run in found for step in run["steps"]
        )
        for label, measure in (MEASURES | {step: _step(step) for step in steps}).items():
            each = [median(map(measure, found)) for found in runs.values()]
            cells = [f"{value:.2f}" for value in each]
            cells += [_span(ratios(now, earlier, measure)) for earlier in before]
            yield f"| {label} | {' | '.join(cells)} |"
        yield ""


def _step(name: str) -> Callable[[Timed], float]:
    return lambda run: run["steps"].get(name, 0.0)


def ratios(now: list[Timed], before: list[Timed], measure: Callable[[Timed], float]) -> list[float]:
    """Ratio of each round; a step that one of them does not have is compared with nothing."""
    pairs = [(measure(one), measure(other)) for one, other in zip(now, before, strict=True)]
    return [one / other for one, other in pairs if one and other]


def _span(values: list[float]) -> str:
    if len(values) < 2:
        return "".join(f"{value:.2f}" for value in values)
    return f"{median(values):.2f} ({min(values):.2f}-{max(values):.2f})"
