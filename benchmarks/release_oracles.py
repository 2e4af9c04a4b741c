"""What a release withholds, beside ACRO and G-Confid on the same tables.

    python benchmarks/release_oracles.py [--tables 100]

ACRO 1.0.2 judges cells: ours must judge each alike. G-Confid 2.0.4 protects tables: ours is
compared by how many cells and how much value are withheld, against an outsider alone as G-Confid
does, and with what else a release protects. Both are oracles, GPL-3 in part, and no part of the
package.
"""

import argparse
import contextlib
import io
import logging
import random
import time
import warnings
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from unittest.mock import patch

import numpy as np
import pandas as pd

from tradegains.release.holdings import holdings_of
from tradegains.release.judging import broken_rules, prior_posterior_level
from tradegains.release.profiles import example_rules
from tradegains.release.protection import Decision, Holding, Sum, Suppression, protect
from tradegains.release.rules import Contributors, Differences, Dominance, PriorPosterior, Rules

PERCENT = 15.0
SIZE = {"dominance", "prior_posterior"}
SIZES = (1, 2, 3, 5, 8, 15, 30)  # contributors of a cell


@dataclass(frozen=True)
class TwoWay:
    """A table of two classifications: what contributors hold, and its sums with both margins."""

    rows: int
    columns: int
    held: list[Holding]

    @property
    def sums(self) -> list[Sum]:
        """Cells, row totals, column totals and the total."""
        grid = [[f"{row}/{column}" for column in range(self.columns)] for row in range(self.rows)]
        cells = [Sum(cell, frozenset([cell])) for line in grid for cell in line]
        rows = [Sum(f"{n}/*", frozenset(line)) for n, line in enumerate(grid)]
        columns = [Sum(f"*/{n}", frozenset(line)) for n, line in enumerate(zip(*grid, strict=True))]
        return [*cells, *rows, *columns, Sum("*/*", frozenset(cell for x in grid for cell in x))]

    @property
    def constraints(self) -> Iterator[tuple[str, list[str]]]:
        """Each total with its parts."""
        across, down = [*map(str, range(self.columns))], [*map(str, range(self.rows))]
        for row in [*down, "*"]:
            yield f"{row}/*", [f"{row}/{column}" for column in across]
        for column in [*across, "*"]:
            yield f"*/{column}", [f"{row}/{column}" for row in down]


def two_way(seed: int) -> TwoWay:
    """A random table of 3 to 7 rows and columns, amounts lognormal."""
    draw = random.Random(seed)
    rows, columns = draw.randint(3, 7), draw.randint(3, 7)
    held = [
        Holding(f"{row}/{column}", f"{row} {column} {n}", int(draw.lognormvariate(4, 1.2)) + 1)
        for row in range(rows)
        for column in range(columns)
        for n in range(draw.choice(SIZES))
    ]
    return TwoWay(rows, columns, held)


# --- ACRO ---------------------------------------------------------------------------------------


def compare_with_acro(tables: int) -> None:
    """Judge every cell by both, at parameters at which the p percent rule binds on its own."""
    from acro import sdc_agg_funcs
    from acro.sdcchecks import SDCChecks

    sdc_agg_funcs.NK_N = 2
    appetite = {"safe_threshold": 10, "safe_nk_n": 2, "safe_nk_k": 0.95, "safe_pratio_p": 0.30}
    checks = SDCChecks(appetite)
    rules = replace(
        example_rules("plain"),
        dominance=Dominance(2, 95.0, "withhold"),
        prior_posterior=PriorPosterior(30.0),
    )
    told: Counter[str] = Counter()
    for seed in range(tables):
        table = two_way(seed)
        theirs = judged_by_acro(checks, table, sdc_agg_funcs)
        for cell, found in theirs.items():
            held = [each for each in table.held if each.cell == cell]
            backing = holdings_of(held, [cell]).backing(np.array([0]))
            ours = set(broken_rules(backing, rules))
            told["cells"] += 1
            told["agree"] += ours == found
            told["p percent without dominance"] += len(ours & SIZE) == 1 and "dominance" not in ours
            told.update(ours)
    print(f"ACRO 1.0.2, {tables} tables: {told['agree']:,} of {told['cells']:,} cells judged alike")
    print(f"  {dict(told)}")


def judged_by_acro(checks: object, table: TwoWay, functions: object) -> dict[str, set[str]]:
    """The rules that each cell breaks by ACRO's own checks, on its own interim tables."""
    frame = pd.DataFrame(table.held, columns=["cell", "contributor", "value"])
    grouped = frame.groupby("cell")["value"]
    interim = {
        "num_negative": grouped.agg(functions.agg_num_negative).to_frame(),
        "top_n_sum": grouped.agg(functions.agg_top_n_sum).to_frame(),
        "top_2_sum": grouped.agg(functions.agg_top_2_sum).to_frame(),
        "sum": grouped.sum().to_frame(),
        "max": grouped.max().to_frame(),
        "count_table": grouped.count().to_frame(),
    }
    evidence = type("Evidence", (), {"interim_tables": interim})()
    model = type("Model", (), {"model_type": "table"})()
    names = {
        "contributors": checks.check_min_threshold,
        "dominance": checks.check_nk_dominance,
        "prior_posterior": checks.check_ppercent_dominance,
    }
    found: dict[str, set[str]] = {cell: set() for cell in grouped.groups}
    for name, check in names.items():
        _, _, mask = check("sum", evidence, model)
        for cell in mask.index[mask["value"]]:
            found[cell].add(name)
    return found


# --- G-Confid -----------------------------------------------------------------------------------


GUARANTEES = {
    "sums, against an outsider (as G-Confid)": (
        "_seeing_through",
        "_differences",
        "_rests",
        "_unions",
        "_single_cells",
    ),
    "and differences, rests, unions and finest cells": ("_seeing_through",),
    "and against contributors (a release)": (),
}
"""What is protected, and what of ours is left out for it."""


def compare_with_g_confid(tables: int) -> None:
    """Withheld cells and value, and CPU seconds, by guarantee."""
    rules = replace(
        example_rules("plain"),
        contributors=Contributors(2),
        dominance=Dominance(1, 100.0, "release"),
        prior_posterior=PriorPosterior(PERCENT),
        differences=Differences(2),
    )
    found = [two_way(seed) for seed in range(tables)]
    theirs = [suppressed_by_g_confid(table, rules) for table in found]
    cells, value, seconds = map(sum, zip(*theirs, strict=True))
    print(
        f"G-Confid 2.0.4, {tables} tables: {cells:,} cells, value {value:,.0f}, {seconds:.1f} CPU s"
    )
    for name, left_out in GUARANTEES.items():
        ours = [suppressed_by_us(table, rules, left_out) for table in found]
        our_cells, our_value, our_seconds = map(sum, zip(*ours, strict=True))
        print(
            f"  {name}: cells {our_cells / cells:.3f}, value {our_value / value:.3f}, "
            f"time {our_seconds / seconds:.2f} of it"
        )


def suppressed_by_us(
    table: TwoWay, rules: Rules, left_out: tuple[str, ...]
) -> tuple[int, float, float]:
    """Cells and value that are withheld, and CPU seconds."""
    with contextlib.ExitStack() as stack:
        for name in left_out:
            stack.enter_context(patch.object(Suppression, name, lambda *_: iter(())))
        start = time.process_time()
        decision = protect(table.held, table.sums, rules)
        took = time.process_time() - start
    return (*withheld(decision, decision.closed), took)


def withheld(decision: Decision, names: object) -> tuple[int, float]:
    """How many sums these are, and their value."""
    chosen = list(names)
    return len(chosen), sum(decision.backings[name].total for name in chosen)


def suppressed_by_g_confid(table: TwoWay, rules: Rules) -> tuple[int, float, float]:
    """The same by G-Confid's suppression, which gets the sensitivities that ours gets."""
    import gconfid

    decision = protect(table.held, table.sums, rules)
    number = {each.name: place + 1 for place, each in enumerate(table.sums)}
    level = {name: prior_posterior_level(decision.backings[name], PERCENT) for name in number}
    cells = pd.DataFrame(
        {
            "CellId": list(number.values()),
            "TotalNoise": [float(decision.backings[name].total) for name in number],
            "Sensitivity": list(level.values()),
            "Status": ["S" if level[name] > 0 else "V" for name in number],
            "Type": "C",
        }
    )
    lines = [
        (place + 1, number[name], sign)
        for place, (total, parts) in enumerate(table.constraints)
        for name, sign in ((total, -1), *((part, 1) for part in parts))
    ]
    constraints = pd.DataFrame(lines, columns=["ConstraintId", "CellId", "Coefficient"])
    silence = io.StringIO()
    start = time.process_time()
    with contextlib.redirect_stdout(silence), contextlib.redirect_stderr(silence):
        done = gconfid.Suppression(incell=cells, inconstraint=constraints)
    took = time.process_time() - start
    out = done.outsuppress.to_pandas().set_index("CellId")["OutStatus"]
    names = [name for name, place in number.items() if out[place] in ("S", "X")]
    return (*withheld(decision, names), took)


def main() -> None:
    """Compare with both."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--tables", type=int, default=100)
    chosen = parser.parse_args()
    warnings.filterwarnings("ignore")
    compare_with_acro(chosen.tables)
    logging.disable(logging.CRITICAL)
    compare_with_g_confid(chosen.tables)


if __name__ == "__main__":
    main()
