"""The ends of what a study may hold: nothing to measure, weights of 0, the outmost elasticities."""

import math
from pathlib import Path

import pytest

from small_study import write_study, write_year
from tradegains.command import cli
from tradegains.engines.start import Engine
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.delta import DeltaRs
from tradegains.store.small_tables import SMALL_TABLES
from tradegains.study import read_study
from tradegains.study.model import LARGEST_ELASTICITY, SMALLEST_ELASTICITY

PLANTS = 6
COLUMNS = {
    "id": [f"p{number}" for number in range(PLANTS)],
    "sic": [111, 111, 111, 3211, 3211, 3212],
    "jobs": [5.0, 1.5, 4.0, 20.0, 60.0, 7.0],
    "sales": [50.0, 10.0, 60.0, 300.0, 700.0, 90.0],
    "exports": [5.0, 0.0, 6.0, 0.0, 70.0, 0.0],
    "value": [25.0, 5.0, 30.0, 150.0, 350.0, 45.0],
    "weight": [1.0] * PLANTS,
    "owner": ["x"] * PLANTS,
}
NOTHING: dict[str, dict[str, list[object]]] = {
    "no value added": {"value": [None] * PLANTS},
    "no positive value added": {"value": [-1.0] * PLANTS},
    "nobody employed": {"jobs": [0.0] * PLANTS},
    "a billionth of a job": {"jobs": [1e-9] * PLANTS},
    "weights of 0": {"weight": [0.0] * PLANTS},
    "weights that are no numbers": {"weight": [math.nan, math.inf, None, -1.0, 1e300, math.nan]},
    "no sales": {"sales": [0.0] * PLANTS, "exports": [0.0] * PLANTS},
    "every row quarantined": {"sic": ["Meat"] * PLANTS},
}
SECTIONS = """
[dispersion]
n_min = 1

[joint_distribution]
size_edges = [5, 20]
productivity_groups = 2
weighting = "employment"

[job_flows]
productivity_quartiles = true

[size_fits]
year = 1991
window = "only"
bin_width = 0.25

[decomposition]
windows = ["only"]
shares = ["employment", "sales"]
methods = ["bhc", "bhc_relative", "fhk", "gr", "bg", "df", "mp", "olley_pakes"]
levels = ["total", "industry2"]

[regressions]
premium_years = [1990, 1991]
exit_windows = ["only"]
exit_effects = "industry2"
entry_windows = ["only"]
history_from = [1990]
entry_effects = "none"
entry_controls = []
growth_effects = "industry4"
growth_controls = ["relative_productivity"]
growth_clusters = "establishment"
"""


@pytest.mark.parametrize("elasticity", [SMALLEST_ELASTICITY, LARGEST_ELASTICITY])
def test_elasticities_at_their_bounds_publish_finite_numbers(
    tmp_path: Path, engine: Engine, elasticity: float
) -> None:
    study = study_of(tmp_path, {})
    later = {
        "sales": [55.0, 1e9, 10.0, 1e-2, 800.0, 90.0],
        "exports": [0.0, 1e8, 1.0, 0.0, 1.0, 89.0],
    }
    write_year(tmp_path, 1991, **{**COLUMNS, **later, "id": ["p0", "p1", "p2", "p3", "q4", "q5"]})
    changed = study.read_text().replace("sigma = 3.72", f"sigma = {1 + elasticity}")
    study.write_text(changed.replace("elasticity = 4.71", f"elasticity = {elasticity}"))
    output = tmp_path / "results"
    summary = run(engine, read_study(study), output=str(output), progress=Progress(stream=None))
    tables = DeltaRs(str(output / "tables"))
    numbers = [
        value
        for name in summary.rows
        for row in tables.read(name).to_pylist()
        for value in row.values()
        if isinstance(value, float)
    ]
    assert len(numbers) > 100
    assert all(map(math.isfinite, numbers))
    if engine.is_in_process:  # what is drawn of published tables knows no engine
        assert cli.main(["report", "--output", str(output)]) == 0


def test_elasticities_by_industry_have_the_same_bounds() -> None:
    (_, sigma) = SMALL_TABLES["elasticities"].columns
    assert (sigma.least, sigma.most) == (1 + SMALLEST_ELASTICITY, 1 + LARGEST_ELASTICITY)


def study_of(folder: Path, columns: dict[str, list[object]]) -> Path:
    for year in (1990, 1991):
        write_year(folder, year, **{**COLUMNS, **columns})
    kept = 'invalid_exports = "keep"\nexports_above_sales = "keep"\n'
    return write_study(
        folder,
        ('sales = "sales"', 'sales = "sales"\nexports = "exports"\nvalue_added = "value"\n'
         'sampling_weight = "weight"'),
        ('invalid_employment = "stop"', 'invalid_employment = "quarantine"'),
        ('invalid_industry = "stop"', f'invalid_industry = "quarantine"\n{kept}'
         'invalid_value_added = "keep"\nnonpositive_value_added = "keep"'),
        ('numerator = "sales"', 'numerator = "value_added"\nstandardised_by = "unweighted_sd"'),
        ('median_base = ["same_year"]', 'median_base = ["same_year", "base_year", "pooled"]'),
        ("imports = []", 'imports = ["exports"]'),
        ("[trade]", f"{SECTIONS}\n[trade]"),
    )  # fmt: skip


@pytest.mark.parametrize("name", NOTHING)
def test_a_census_without_anything_to_measure(tmp_path: Path, engine: Engine, name: str) -> None:
    study = study_of(tmp_path, NOTHING[name])
    output = tmp_path / "results"
    summary = run(engine, read_study(study), output=str(output), progress=Progress(stream=None))
    tables = DeltaRs(str(output / "tables"))
    quality = {row["rule"]: row["rows"] for row in tables.read("quality").to_pylist()}
    assert quality["read"] == PLANTS
    moments = tables.read("moments").to_pylist() if "moments" in summary.rows else []
    if name not in ("a billionth of a job", "no sales", "weights of 0"):
        assert [row for row in moments if row["mean"] is not None] == []
    if engine.is_in_process:  # what is drawn and written of published tables knows no engine
        assert cli.main(["report", "--output", str(output)]) == 0
        assert cli.main(["export", "--output", str(output), "--to", str(tmp_path / "files")]) == 0
