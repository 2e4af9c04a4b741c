"""What each section of the full study costs, as the page shows it."""

from collections.abc import Iterator
from statistics import median
from typing import Any

Record = dict[str, Any]
WHOLE = "whole study"


def section_table(records: dict[str, Record]) -> Iterator[str]:
    """What each section costs, beside the whole study, by engine.

    Example:
        >>> def run(seconds, cpu):
        ...     return {"seconds": seconds, "cpu_seconds": cpu}
        >>> runs = {WHOLE: [run(5.0, 8.0)], "dispersion": [run(4.5, 7.0)],
        ...     "uncertainty": [run(6.0, 9.5)]}
        >>> record = {"added": ["uncertainty"], "runs": runs}
        >>> print(*list(section_table({"embedded": record}))[2:], sep="\\n")
        | section | seconds | CPU seconds | of the whole study's CPU |
        |---|---|---|---|
        | whole study | 5.00 | 8.00 | |
        | dispersion | 0.50 | 1.00 | 12% |
        | uncertainty | 1.00 | 1.50 | 19% |
        <BLANKLINE>
    """
    if not records:
        yield "Not measured yet."
    for name, record in records.items():
        runs, whole = record["runs"], record["runs"][WHOLE]
        yield f"**{name}**; rounds: {len(whole)}"
        yield ""
        yield "| section | seconds | CPU seconds | of the whole study's CPU |"
        yield "|---|---|---|---|"
        cpu = median(each["cpu_seconds"] for each in whole)
        yield f"| {WHOLE} | {median(each['seconds'] for each in whole):.2f} | {cpu:.2f} | |"
        for section, found in runs.items():
            if section != WHOLE:
                pair = (found, whole) if section in record["added"] else (whole, found)
                costs = [_difference(*pair, measure) for measure in ("seconds", "cpu_seconds")]
                cells = " | ".join(f"{cost:.2f}" for cost in costs)
                yield f"| {section} | {cells} | {costs[1] / cpu:.0%} |"
        yield ""


def _difference(one: list[dict[str, Any]], other: list[dict[str, Any]], measure: str) -> float:
    """By round, as the machine is not the same in each; the median of them."""
    return median(a[measure] - b[measure] for a, b in zip(one, other, strict=True))
