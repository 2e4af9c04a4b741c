"""What was tried and measured beside the benchmark: its section of the page.

The numbers are those that the scripts recorded under measured/; the verdicts are written by hand in
goals.toml and name none.
"""

from collections.abc import Iterator, Mapping
from statistics import median
from typing import Any

Record = Mapping[str, Any]
PLACES = {
    "embedded": "embedded, yearly files sorted by id",
    "spark": "Spark, yearly files sorted by id",
    "bucketed": "Spark, files bucketed by id, and the study says so",
}


def sorted_input(record: Record, verdict: str) -> Iterator[str]:
    """Sorted and bucketed censuses against the same rows as they came."""
    yield f"**Sorted or bucketed input** (`python benchmarks/sorted_input.py`). {verdict}"
    yield ""
    yield "| input | rows | rounds | measure | with | without | ratio |"
    yield "|---|---|---|---|---|---|---|"
    names = {"match": "match, seconds", "cpu_seconds": "whole run, CPU seconds"}
    for place, found in record.items():
        label = PLACES[place.partition(",")[0]]
        for measure in (name for name in names if name in found):
            each, ratios = found[measure], found[measure]["ratios"]
            cells = [
                label,
                found["size"],
                str(found["rounds"]),
                names[measure],
                f"{each['with']:.2f}",
                f"{each['without']:.2f}",
                f"{median(ratios):.2f} ({min(ratios):.2f}-{max(ratios):.2f})",
            ]
            yield f"| {' | '.join(cells)} |"


def yearly_rerun(record: Record, verdict: str) -> Iterator[str]:
    """A year is added: what runs again."""
    yield f"**A year is added** (`python benchmarks/yearly_rerun.py`, {record['size']}). {verdict}"
    yield ""
    yield "| run | seconds | CPU seconds |"
    yield "|---|---|---|"
    labels = {
        "first": "the study, first",
        "year added": "again, with a year more that it does not use",
        "window added": "with a window that ends in the new year",
    }
    for name, run in record["runs"].items():
        yield f"| {labels[name]} | {run['seconds']:.2f} | {run['cpu_seconds']:.2f} |"
    yield ""
    yield (
        f"Bound of what a cache of yearly cells could save of the last one: {record['bound']:.0%}: "
        "reading the columns of the unchanged years, and their industries' medians."
    )
