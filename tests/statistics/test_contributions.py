"""Evidence of cells beside the same found by looking at all contributions of each."""

from collections import defaultdict
from collections.abc import Callable, Iterable
from math import floor
from pathlib import Path
from random import Random
from typing import Any

import pyarrow as pa
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from tradegains.statistics.contributions import (
    Contributions,
    FewRows,
    Folders,
    Keeping,
    collect_contributions,
)
from tradegains.statistics.handing import as_rows
from tradegains.store.work import WorkFolder
from tradegains.tables import working as w
from tradegains.transforms.contributions import NO_ENTERPRISE

KEYS = (w.YEAR, w.MEMBERSHIP, w.INDUSTRY)
CELL = (*KEYS, w.KNOWN)
REMOVED = 4
FIRST_YEARS = {"pre": (1978,), "post": (1988,), "whole": (1978,), "next-year": (1978, 1988)}
SPANS = ((1978, 1988), (1996,))
FOLDERS = Folders("contributors", "spread", "cells", "second")

Row = dict[str, Any]


def census(draw: Random, number: int = 400) -> list[Row]:
    """Rows with ties, losses, removed ones, and cells from one row to dozens."""
    rows = []
    for _ in range(number):
        year = draw.choice((1978, 1988, 1996))
        later = {
            w.later_column(w.EMPLOYMENT, name): draw.choice((None, draw.randrange(50)))
            if year in years
            else None
            for name, years in FIRST_YEARS.items()
        }
        rows.append(
            {
                w.YEAR: year,
                w.FLAGS: draw.choice((0, 0, 0, 1, REMOVED)),
                w.MEMBERSHIP: draw.choice((0, 0, 0, 1)),
                w.INDUSTRY: draw.choice((None, 11, 11, 11, *range(20, 50))),
                w.EMPLOYMENT: draw.randrange(50),
                w.SALES: draw.randrange(900),
                w.EXPORTS: draw.choice((0, draw.randrange(300))),
                w.VALUE_ADDED: draw.randrange(-200, 200),
                w.LOG_PRODUCTIVITY: draw.choice((None, draw.uniform(-3, 3))),
                w.CONTRIBUTOR: draw.choice(
                    (NO_ENTERPRISE, draw.randrange(10**9), draw.randrange(12))
                ),
                **later,
            }
        )
    return rows


def amounts_of(row: Row) -> Row:
    found = {
        w.EMPLOYMENT: row[w.EMPLOYMENT],
        w.DOMESTIC_SALES: row[w.SALES] - row[w.EXPORTS],
        w.EXPORTS: row[w.EXPORTS],
        w.VALUE_ADDED: row[w.VALUE_ADDED],
    }
    for name in FIRST_YEARS:
        later = row[w.later_column(w.EMPLOYMENT, name)]
        change = 0 if later is None else later - row[w.EMPLOYMENT]
        found[w.jobs_gained(name)], found[w.jobs_lost(name)] = max(change, 0), max(-change, 0)
    return found


def by(rows: Iterable[Row], key: Callable[[Row], Any]) -> dict[Any, list[Row]]:
    found = defaultdict(list)
    for row in rows:
        found[key(row)].append(row)
    return dict(sorted(found.items()))


def expected(rows: list[Row]) -> tuple[list[Row], list[Row]]:
    """Cells and spread contributors by the definition."""
    rows = [row | {w.INDUSTRY: -1 if row[w.INDUSTRY] is None else row[w.INDUSTRY]} | known(row)
            for row in rows if not row[w.FLAGS] & REMOVED]  # fmt: skip
    held = by(
        (row for row in rows if row.get(w.CONTRIBUTOR, NO_ENTERPRISE) != NO_ENTERPRISE),
        lambda row: (row[w.YEAR], row[w.CONTRIBUTOR]),
    )
    several = {holder for holder, its in held.items() if len(its) > 1}
    is_spread = [(row[w.YEAR], row.get(w.CONTRIBUTOR)) in several for row in rows]
    alone = by(
        (row for row, spread in zip(rows, is_spread, strict=True) if not spread),
        lambda row: tuple(row[key] for key in CELL),
    )
    spread = by(
        (row for row, spread in zip(rows, is_spread, strict=True) if spread),
        lambda row: tuple(row[key] for key in (*CELL, w.CONTRIBUTOR)),
    )
    return (
        [
            dict(zip(CELL, cell, strict=True)) | counted(its) | ranked(its)
            for cell, its in alone.items()
        ],
        [
            dict(zip((*CELL, w.CONTRIBUTOR), cell, strict=True))
            | counted(its)
            | {name: sum(values) for name, values in values_of(its).items()}
            for cell, its in spread.items()
        ],
    )


def known(row: Row) -> Row:
    """What is known of productivity, and that in units of 2**-20."""
    value = row[w.LOG_PRODUCTIVITY]
    if value is None:
        return {w.KNOWN: int(row[w.EMPLOYMENT] > 0), w.VALUE: 0}
    return {w.KNOWN: 2, w.VALUE: floor(value * 2**20)}


def counted(rows: list[Row]) -> Row:
    values = [row[w.VALUE] for row in rows]
    return {w.ESTABLISHMENTS: len(rows), w.LOWEST: min(values), w.HIGHEST: max(values)}


def values_of(rows: list[Row]) -> dict[str, list[int]]:
    each = list(map(amounts_of, rows))
    return {name: [amounts[name] for amounts in each] for name in each[0]}


def ranked(rows: list[Row]) -> Row:
    found = {}
    for name, values in values_of(rows).items():
        first, second, *_ = [*sorted(map(abs, values), reverse=True), 0]
        found[name] = sum(values)
        found[w.size_of(name)] = sum(map(abs, values))
        found[w.largest_of(name)], found[w.second_of(name)] = first, second
    return found


def collected(
    spark: SparkSession, rows: list[Row], folder: Path, *, few: bool = False
) -> Contributions:
    types = {name: pa.int32() if name == w.YEAR else pa.int64() for name in rows[0]}
    types[w.LOG_PRODUCTIVITY] = pa.float64()
    table = pa.Table.from_pylist(rows, pa.schema(types))
    work = WorkFolder(str(folder))
    frame = work.keep(as_rows(table, beside=spark.range(1)), "rows/0", by_year=few)
    return collect_contributions(
        frame,
        keys=KEYS,
        first_years=FIRST_YEARS,
        removing=REMOVED,
        keeping=Keeping(work.keep, work.read),
        folders=FOLDERS,
        few=FewRows(["rows/0"], SPANS) if few else None,
    )


@pytest.mark.parametrize(("seed", "few"), [(1, False), (2, True), (4, True)])
def test_evidence_is_that_of_the_definition(
    spark: SparkSession, tmp_path: Path, seed: int, few: bool
) -> None:
    rows = census(Random(seed))
    found = collected(spark, rows, tmp_path, few=few)
    assert (tmp_path / "second").exists() != few
    cells, spread = expected(rows)
    assert found.cells.to_pylist() == cells
    assert found.spread.to_pylist() == spread
    assert {cell[w.ESTABLISHMENTS] for cell in cells} > {1, 2, 3}
    assert len({row[w.ESTABLISHMENTS] for row in spread}) > 1
    assert list(found.amounts) == list(amounts_of(rows[0]))


def test_evidence_where_nobody_has_an_enterprise(spark: SparkSession, tmp_path: Path) -> None:
    rows = census(Random(3), 60)
    number = F.xxhash64(F.lit(None).cast("string"))
    assert spark.range(1).select(number).collect()[0][0] == NO_ENTERPRISE
    unnamed = [row | {w.CONTRIBUTOR: NO_ENTERPRISE} for row in rows]
    found = collected(spark, unnamed, tmp_path)
    assert found.spread.num_rows == 0
    assert set(found.spread.column_names) >= {w.CONTRIBUTOR, w.YEAR, *found.amounts}
    for row in unnamed:
        del row[w.CONTRIBUTOR]
    without = collected(spark, unnamed, tmp_path, few=True)
    assert without.spread.num_rows == 0
    assert without.cells.to_pylist() == found.cells.to_pylist() == expected(unnamed)[0]


def test_amounts_that_may_not_fit_are_left_to_the_passes(spark: SparkSession, tmp_path: Path):
    """A sum of doubles that is near the bound says so before a whole number can wrap."""
    rows = [row | {w.SALES: 2**61, w.EXPORTS: 0} for row in census(Random(5), 3)]
    found = collected(spark, rows, tmp_path, few=True)
    assert (tmp_path / "second").exists()
    assert set(found.cells[w.largest_of(w.DOMESTIC_SALES)].to_pylist()) <= {2**61}
