"""Populations of a run by conditions that engines take differently: the same plants, and told.

Four plants in 1990, each with a value that is missing, zero or large in one of its columns.
"""

import io
from decimal import Decimal
from pathlib import Path

import pyarrow as pa
import pytest

from small_study import write_small_study, write_study, write_year
from tradegains.engines.start import Engine
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.delta import DeltaRs
from tradegains.study import read_study

COLUMNS = {
    "id": ["a", "b", "c", "d"],
    "sic": [111, 111, 3211, 3211],
    "jobs": [5.0, 6.0, 7.0, 8.0],
    "sales": [100.0, 10.0, 50.0, 80.0],
    "owner": ["x", "y", "y", None],
    "debt": [1.0, 0.0, 2.0, 100.0],
    "aid": [None, 0.0, float("nan"), 20.0],
    "loss": [0.0, -0.0, 2.5, 1.0],
    "count": [3_000_000_000, 6_000_000_000, 9_000_000_000, -(2**63)],
}
WAGES = pa.array([Decimal(1), Decimal(1), Decimal(2), Decimal(3)], pa.decimal128(18, 2))
TURN = pa.array([Decimal(3)] * 4, pa.decimal128(18, 2))

CONDITIONS = {
    "aid is not null": 2,
    "not aid > 0": 1,
    "wages / turn >= 0.3333333": 4,
    "wages / turn >= 0.33333334": 2,
    "count * count > 0": 4,
    "aid / debt >= 0.2": 1,
    "not aid / debt >= 0.2": 0,
    "debt > 0 and aid / debt >= 0.2": 1,
    "loss in (0, 2.5)": 3,
    "loss not in (0, 2.5)": 1,
    "loss in (-0.0, 7)": 2,
    "-loss in (0, 7)": 2,
}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    write_small_study(tmp_path)
    write_year(tmp_path, 1990, **COLUMNS, wages=WAGES, turn=TURN)
    write_year(tmp_path, 1991, **COLUMNS, wages=WAGES, turn=TURN)
    return tmp_path


def published(folder: Path, engine: Engine, *conditions: str) -> tuple[DeltaRs, str]:
    """The tables of a run with a population for each condition, and what the run printed."""
    populations = "".join(
        f'[[populations]]\nname = "p{number}"\nwhere = "{where}"\ntitle = "P"\n'
        for number, where in enumerate(conditions)
    )
    study = write_study(
        folder,
        (
            'extra_columns = ["owner"]',
            'extra_columns = ["aid", "debt", "loss", "count", "wages", "turn"]',
        ),
        ("[trade]", f"{populations}[trade]"),
    )
    printed = io.StringIO()
    output = folder / "results"
    run(engine, read_study(study), output=str(output), progress=Progress(stream=printed))
    return DeltaRs(str(output / "tables")), printed.getvalue()


def test_the_same_plants_hold_on_both_engines(folder: Path, engine: Engine) -> None:
    tables, _ = published(folder, engine, *CONDITIONS)
    found = {
        row["population"]: row["establishments"]
        for row in tables.read("moments").to_pylist()
        if (row["year"], row["level"], row["weighting"]) == (1990, "total", "unweighted")
    }
    assert {
        where: found.get(f"p{number}", 0) for number, where in enumerate(CONDITIONS)
    } == CONDITIONS


def test_divisions_by_zero_are_counted_and_told(folder: Path, engine: Engine) -> None:
    tables, printed = published(folder, engine, "aid / debt >= 0.2", "sales > 1")
    quality = tables.read("quality").to_pylist()
    counted = {row["year"]: row for row in quality if row["rule"] == "division_by_zero"}
    assert {year: (row["rows"], row["action"]) for year, row in counted.items()} == {
        1990: (1, "keep"),
        1991: (1, "keep"),
    }
    assert [line.split() for line in printed.splitlines() if "zero" in line] == [
        ["divided", "by", "zero:", "p0", "0.0", "s", "2", "rows"]
    ]


def test_a_guarded_division_counts_nothing_and_says_nothing(folder: Path, engine: Engine) -> None:
    tables, printed = published(folder, engine, "debt > 0 and aid / debt >= 0.2")
    quality = tables.read("quality").to_pylist()
    assert {row["rows"] for row in quality if row["rule"] == "division_by_zero"} == {0}
    assert "zero" not in printed
