"""What an output checker reads: every number's class, what it rests on, and what became of it.

It stays in the building. Even so it holds no amount: shares in bands and counts tell what a
rule was judged by, and a folder that is copied by mistake gives nobody's amounts away.
"""

import csv
import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Any

from tradegains.release.described import Described
from tradegains.release.gate import GatedCell, GatedTable, error_columns, statistic_of
from tradegains.release.judging import Backing
from tradegains.release.populations import Populations, WeightedPopulation
from tradegains.release.rules import Rules
from tradegains.release.samples import Samples
from tradegains.release.subtraction import Judgement, label
from tradegains.tables.published import TABLES

ACRO_VERSION = "1.0.2"
"""Whose schema results.json and evidence.json are in."""


def write_vetting(
    folder: Path,
    tables: Mapping[str, GatedTable],
    judgement: Judgement,
    described: Described,
    *,
    squares: Mapping[tuple[int, ...], Populations],
    rules: Rules,
) -> None:
    """Write `vetting/`: cells, what is behind them, rules without parameters, ACRO's two files."""
    (folder / "cells").mkdir(parents=True)
    for name, table in tables.items():
        _write(folder / "cells" / f"{name}.csv", _CELL_HEADER + TABLES[name].key, _cells(table))
    told = described.choices.told  # as differences.csv has it: the same words find a sum in both
    sums = (
        (label(*each, told), one.backing.contributors, *_status(one.reason), *_shares(one.backing))
        for each, one in sorted(judgement.sums.items())
    )
    _write(folder / "sums.csv", ("sum", "contributors", *_STATUS, *_TOPS), sums)
    differences = (
        (name, backing.contributors, *_shares(backing))
        for name, backing in sorted(judgement.differences.items())
    )
    _write(folder / "differences.csv", ("difference", "contributors", *_TOPS), differences)
    _write(folder / "described.csv", _POPULATIONS, _populations(described.populations))
    of_squares = (
        (" ".join(map(str, years)), *line)
        for years, each in sorted(squares.items())
        for line in _populations(each)
    )
    _write(folder / "squares.csv", ("years", *_POPULATIONS), of_squares)
    _write(folder / "samples.csv", _SAMPLES, _samples(described.sampled.samples))
    _write(folder / "bins.csv", _BINS, _bins(described))
    (folder / "rules.txt").write_text(public_rules(rules), encoding="utf-8")
    _dump(folder / "results.json", {"results": acro_results(tables)})
    _dump(folder / "evidence.json", {"outputs": acro_evidence(tables)})


_TOPS = ("top1_percent", "top2_percent")
_STATUS = ("status", "rule")
_CELL_HEADER = ("column", "class", *_STATUS, "contributors", *_TOPS)


_POPULATIONS = ("population", "contributors", *_STATUS, *_TOPS)
_SAMPLES = ("among", "part", "rows", "weights", "contributors", *_STATUS, *_TOPS)
_BINS = ("year", "population", "bin_width", "bin_start", "contributors", *_TOPS)


def _populations(populations: Populations) -> Iterable[tuple[Any, ...]]:
    for each, fate in populations.fates.items():
        contributors, top = fate.backing.contributors, _shares(fate.backing)
        yield populations.words(each), contributors, *_status(fate.reason), *top


def _samples(samples: Samples) -> Iterable[tuple[Any, ...]]:
    """Every sample: contributors at least, and shares of the largest at most."""
    for each, (reason, backing) in samples.fates.items():
        told = samples.words(each.among), " ".join(each.part), each.count, " ".join(each.weights)
        yield (*told, backing.contributors, *_status(reason), *_shares(backing))


def _bins(described: Described) -> Iterable[tuple[Any, ...]]:
    """Every bin that leaves, of each population; contributors are at least so many."""
    bins = described.bins
    for year, of_year in sorted(bins.years.items()):
        for each in of_year.taken:
            table, merging = of_year.table(each), of_year.merging
            assert merging is not None
            width = bins.width * merging.times
            words = described.populations.words(WeightedPopulation(each))
            for number, backing in zip(table.bins, table.backings, strict=True):
                start = number * width
                yield year, words, width, start, backing.contributors, *_shares(backing)


def _cells(table: GatedTable) -> Iterable[tuple[Any, ...]]:
    declared = TABLES[table.name]
    for row, cells in zip(table.before.to_pylist(), table.cells, strict=True):
        key = tuple(row[name] for name in declared.key)
        for column, cell in cells.items():
            kind = class_of(table.name, column)
            yield (column, kind, *_status(cell.reason), *_backing(cell), *key)


def _status(reason: str) -> tuple[str, str]:
    """Whether something leaves, in one pair of words for every file, and the rule that keeps it."""
    return ("withheld" if reason else "pass"), reason


def class_of(table: str, column: str) -> str:
    """The class of a column as an output checker names it; empty where it is not declared."""
    number = statistic_of(table, column)
    return number.kind if number else ""


def _backing(cell: GatedCell) -> tuple[int | str, int | str, int | str]:
    if cell.backing is None:
        return "", "", ""
    return (cell.backing.contributors, *_shares(cell.backing))


def _shares(backing: Backing) -> tuple[int | str, int | str]:
    """Shares of the largest and the two largest: at most so many percent."""
    if not backing.total:
        return "", ""
    two = backing.first + backing.second
    return at_most(backing.first / backing.total), at_most(two / backing.total)


BANDS = (10, 25, 50, 75, 90, 100)
"""Percent. A share to the percent, times a total that leaves, would be the largest's amount."""


def at_most(share: float) -> int:
    """The band of a share.

    Example:
        >>> at_most(0.1), at_most(0.101), at_most(0.99)
        (10, 25, 100)
    """
    return next((band for band in BANDS if 100 * share <= band), BANDS[-1])


def _write(path: Path, header: Iterable[str], lines: Iterable[Iterable[Any]]) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(header)
        writer.writerows(lines)


def _dump(path: Path, said: Mapping[str, Any]) -> None:
    tool = {
        "@type": "SoftwareApplication",
        "name": "ACRO",
        "url": "https://github.com/AI-SDC/ACRO",
        "version": ACRO_VERSION,
    }
    text = json.dumps({"version": ACRO_VERSION, "tool": tool, **said}, indent=4)
    path.write_text(text + "\n", encoding="utf-8")


def acro_results(tables: Mapping[str, GatedTable]) -> dict[str, Any]:
    """One output per table in ACRO's words: what leaves passed, what broke a rule is not there."""
    found = {}
    for number, (name, table) in enumerate(tables.items()):
        withheld = sum(table.reasons.values())
        sdc = {
            "summary": {"suppressed": bool(withheld), "negative": 0, "missing": 0, **table.reasons},
            "cells": {reason: [] for reason in table.reasons},
        }
        told = ", ".join(f"{reason}: {count} cells" for reason, count in table.reasons.items())
        found[f"output_{number}"] = {
            "uid": f"output_{number}",
            "status": "review" if withheld else "pass",
            "type": "table",
            "properties": {"method": name, "classes": classes(name)},
            "files": [{"name": f"tables/{name}.csv", "sdc": sdc}],
            "outcome": {},
            "command": f"tradegains release {name}",
            "summary": f"{'review' if withheld else 'pass'}; {told or 'nothing withheld'}",
            "timestamp": "",
            "comments": [],
            "exception": "",
            "fair": {},
        }
    return found


def acro_evidence(tables: Mapping[str, GatedTable]) -> dict[str, Any]:
    """One output per table: classes of its columns, and the file with what cells rest on."""
    return {
        f"output_{number}": {
            "command": f"tradegains release {name}",
            "analysis_names": sorted(set(classes(name).values())),
            "variable_types": classes(name),
            "dof": None,
            "interim_tables": {"cells": f"cells/{name}.csv"},
        }
        for number, name in enumerate(tables)
    }


def classes(name: str) -> dict[str, str]:
    """Class of each column of a table that may leave."""
    table = TABLES[name]
    declared = table.disclosure.numbers if table.disclosure else {}
    return {column: class_of(name, column) for column in (*declared, *error_columns(table))}


def public_rules(rules: Rules) -> str:
    """The rules for everybody: which there are, and none of their parameters."""
    names = [name for name in asdict(rules) if name != "profile"]
    return "\n".join(
        [
            f"Rules of the profile {rules.profile.name}. Their parameters are confidential.",
            *(f"- {name.replace('_', ' ')}" for name in names),
            "",
        ]
    )
