"""Sums that do not fit 64 bits end a run in the same words on both engines."""

import re
from dataclasses import replace
from pathlib import Path

import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from small_study import YEARS, write_small_study, write_year
from tradegains.engines.start import Engine
from tradegains.errors import InputError
from tradegains.formulas.fixed_point import sums_agree
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.output import locate_output
from tradegains.store.runs import published_runs, read_published
from tradegains.study import read_study
from tradegains.tables import working as w
from tradegains.transforms.whole_sums import whole_sums

LARGEST = 9e13  # the money unit allows this to a row; 1,025 rows are more than 64 bits hold
ROWS = 1_100


def test_only_the_sum_that_does_not_fit_differs_from_its_twin(spark: SparkSession) -> None:
    rows = spark.sql(
        "select * from values (1990, 9223372036854775807L), (1990, 5L), (1991, 3L), (1991, 4L)"
        " as rows(year, sales)"
    )
    sums = rows.groupBy("year").agg(*whole_sums(rows, {"sales": F.col("sales")})).toArrow()
    agree = {
        row["year"]: sums_agree(row["sales"], row[w.twin("sales")]) for row in sums.to_pylist()
    }
    assert agree == {1990: False, 1991: True}


def test_a_run_names_the_sum_that_does_not_fit(engine: Engine, tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    many = {"sic": [111], "jobs": [1.0], "sales": [LARGEST], "owner": ["x"]}
    ids = [str(number) for number in range(ROWS)]
    write_year(tmp_path, YEARS[0], id=ids, **{name: one * ROWS for name, one in many.items()})
    chosen = read_study(study)
    stated = replace(chosen, census=replace(chosen.census, money_decimals=2))
    with pytest.raises(InputError, match=r"the sum of .*sales.* does not fit 64 bits") as refusal:
        run(engine, stated, output=str(tmp_path / "out"), progress=Progress(None))
    assert "cure: state fewer money_decimals under [census]" in str(refusal.value)
    # Where the study states none, units are as large as the sum needs.
    run(engine, chosen, output=str(tmp_path / "out"), progress=Progress(None), only="demography")
    published = read_published(locate_output(str(tmp_path / "out")).open_tables(), "demography")
    sums = [
        row["sales"] for row in published.to_pylist()
        if (row["year"], row["level"]) == (YEARS[0], "total")
    ]  # fmt: skip
    assert sum(sums) == ROWS * LARGEST
    (record,) = published_runs(locate_output(str(tmp_path / "out")).open_tables()).to_pylist()
    assert re.search(r"^money_decimals = -?[01]$", record["study_toml"], re.MULTILINE)
