"""Run a study through the real thing: Parquet in, published rows out."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from pyspark.sql import DataFrame

from reference.engine import Tables
from reference.files import CENSUS_SCHEMA, write_census
from reference.welfare import Small
from tradegains.engines.start import Engine
from tradegains.families.measuring import measure
from tradegains.pipeline import read_inputs, run
from tradegains.progress import Progress
from tradegains.store.census import read_census
from tradegains.store.output import locate_output
from tradegains.store.row_tables import read_plant_products
from tradegains.store.runs import read_published
from tradegains.store.work import WorkFolder
from tradegains.study import Study
from tradegains.tables.published import TABLES


def with_inputs(
    study: Study,
    rows: Iterable[Mapping[str, Any]],
    folder: Path,
    *,
    small: Small | None = None,
    schema: pa.Schema = CENSUS_SCHEMA,
) -> Study:
    """The study, its census and small tables written to Parquet in a folder."""
    inputs = replace(study.inputs, census=str(write_census(rows, folder / "census", schema)))
    for each in fields(Small):
        table = getattr(small or Small(), each.name)
        if table:
            path = folder / f"{each.name}.parquet"
            pq.write_table(pa.Table.from_pylist([dict(row) for row in table]), path)
            inputs = replace(inputs, **{each.name: str(path)})
    return replace(study, inputs=inputs)


def publish_study(
    engine: Engine, study: Study, output: Path, *, only: Collection[str] | None = None
) -> Tables:
    """Run the study for real, or the tables that are named, and read back what it published."""
    done = run(engine, study, output=output, only=only, progress=Progress(stream=None))
    store = locate_output(str(output)).open_tables()
    names = [name for name in TABLES if name in done.rows]
    return {name: read_published(store, name).to_pylist() for name in names}


def measure_piecemeal(engine: Engine, study: Study, output: Path, row_limit: int) -> Tables:
    """The study's rows when few may be collected and establishments are matched in three parts."""
    inputs = read_inputs(study, locate_output(str(output)))
    work = WorkFolder(str(output / "work"))
    return measure(
        study,
        read_census(engine.spark, inputs.census),
        inputs.small,
        keep=work.keep,
        read_kept=work.read,
        products=_products(engine, study),
        progress=Progress(stream=None),
        row_limit=row_limit,
        parts=3,
    ).tables


def _products(engine: Engine, study: Study) -> DataFrame | None:
    path = study.inputs.plant_products
    if path is None:
        return None
    year = study.regressions.products_year if study.regressions else None
    return read_plant_products(engine.spark, path, needs_value=True, year=year)
