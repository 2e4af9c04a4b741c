"""A census without a column: what needs it is gone, named with a reason, and nothing else is."""

import math
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from reference.comparison import differences
from reference.files import CENSUS_SCHEMA
from reference.run import with_inputs
from reference.studies import study_with
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.output import locate_output
from tradegains.store.runs import published_runs, read_published
from tradegains.study import (
    Decomposition,
    Dispersion,
    JobFlows,
    JointDistribution,
    Regressions,
    SizeFits,
    Study,
)
from tradegains.tables.absence import read_absences

# What is absent does not depend on the engine, and a run takes ten times as long on Spark.
pytestmark = pytest.mark.only("embedded")

LEVELS = ("total", "industry2", "industry4")
REGRESSIONS = Regressions(
    premium_years=(2000, 2004),
    exit_windows=("post",),
    exit_effects="industry2",
    entry_windows=("post",),
    entry_effects="none",
    entry_controls=(),
    growth_effects="none",
    growth_controls=(),
    growth_clusters="establishment",
)


def draw(establishments: int = 80) -> list[dict[str, Any]]:
    """Rows in which some enter, exit, export and start to export."""
    chance = np.random.default_rng(20)
    rows = []
    for number in range(establishments):
        own = chance.normal()
        for year in range(2000, 2005):
            if chance.random() < 0.15:
                continue
            employment = float(np.exp(chance.normal(2.0, 1.0)))
            sales = employment * math.exp(3.0 + own + 0.2 * chance.normal())
            exports = 0.2 * sales if number % 4 == 0 or chance.random() < 0.1 * year - 200 else 0.0
            rows.append(
                {
                    "establishment_id": f"id-{number}",
                    "year": year,
                    "industry": ("1011", "1012", "2011")[number % 3],
                    "employment": employment,
                    "sales": sales,
                    "exports": exports,
                    "value_added": 0.4 * sales,
                }
            )
    return rows


def study_without(*columns: str) -> Study:
    study = study_with(
        matching={"continuing": ("both_ends",)},
        productivity={"numerator": "sales", "levels": LEVELS},
        trade={"imports": ()},
        restrictions=(),
        decomposition=Decomposition(("pre", "post"), ("employment",), ("fhk", "mp"), LEVELS),
        dispersion=Dispersion(n_min=1),
        joint_distribution=JointDistribution((10.0,), 2, "unweighted"),
        job_flows=JobFlows(productivity_quartiles=True),
        size_fits=SizeFits(year=2004, window="post", bin_width=0.5),
        regressions=REGRESSIONS,
    )
    kept = {name: name for name in study.census.columns if name not in columns}
    return replace(study, census=replace(study.census, columns=kept))


def published(engine, folder: Path, *without: str) -> tuple[dict[str, list[Any]], set[str]]:
    """Rows of every published table, and what the run says it could not have."""
    schema = pa.schema([field for field in CENSUS_SCHEMA if field.name not in without])
    study = with_inputs(study_without(*without), draw(), folder, schema=schema)
    done = run(engine, study, output=str(folder / "output"), progress=Progress(stream=None))
    store = locate_output(str(folder / "output")).open_tables()
    (record,) = published_runs(store).to_pylist()
    tables = {name: read_published(store, name).to_pylist() for name in done.rows}
    return tables, {absence.what for absence in read_absences(record["absent"])}


@pytest.fixture(scope="module")
def whole(engine, tmp_path_factory):
    return published(engine, tmp_path_factory.mktemp("whole"))


def kinds(tables: dict[str, list[Any]], table: str, column: str) -> set[Any]:
    return {row[column] for row in tables[table]}


def same_but_run(rows: list[Any], again: list[Any]) -> bool:
    """Whether rows are equal, whichever run they are of, sums of value added aside."""
    aside = {"run_id": "", "value_added": None}
    found, wanted = (sorted(repr(row | aside) for row in each) for each in (again, rows))
    return found == wanted


def test_without_exports_only_what_tells_exporters_apart_is_gone(engine, whole, tmp_path):
    before, had = whole
    tables, absent = published(engine, tmp_path, "exports")
    assert before.keys() - tables.keys() == {"export_entry"}
    named = {"table export_entry", "regression exporter_premium", "regression export_entry"}
    assert named <= absent - had
    for name in ("dispersion", "joint_distribution", "decompositions", "industry_medians"):
        # Sums merge over fewer sets, so moments may differ in their last bits.
        assert differences(name, before[name], tables[name]) == []
    exporting = {"exporters", "nonexporters"}
    assert kinds(before, "moments", "population") - kinds(tables, "moments", "population") == (
        exporting
    )
    assert kinds(tables, "regressions", "model") == {"exit_linear", "exit_probit"}
    assert "exporter" not in kinds(tables, "regressions", "term")


def test_without_value_added_only_its_growth_is_gone_where_productivity_is_of_sales(
    engine, whole, tmp_path
):
    before, _ = whole
    tables, _ = published(engine, tmp_path, "value_added")
    assert before.keys() == tables.keys()
    kept = [r for r in before["productivity_growth"] if r["measure"] == "sales_per_worker"]
    assert same_but_run(kept, tables["productivity_growth"])
    for name in before.keys() - {"productivity_growth", "quality"}:
        assert same_but_run(before[name], tables[name]), name
