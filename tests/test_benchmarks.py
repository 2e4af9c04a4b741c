"""The programs of the benchmark compute the study's numbers: on a tiny census, untimed."""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.session import Engine
from tradegains.study import Study, read_study
from tradegains.synthetic import write_synthetic_census

BENCHMARKS = Path(__file__).parents[1] / "benchmarks"
ESTABLISHMENTS = 400


@contextmanager
def benchmarks_on_path() -> Iterator[None]:
    """Scripts import one another by name only while they are being imported."""
    sys.path.insert(0, str(BENCHMARKS))
    try:
        yield
    finally:
        sys.path.remove(str(BENCHMARKS))


with benchmarks_on_path():
    import cold_process
    import comparison
    import page


@pytest.fixture(scope="module")
def study(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Study:
    folder = tmp_path_factory.mktemp("census")
    written = write_synthetic_census(
        engine.spark, folder, establishments=ESTABLISHMENTS, planted=False
    )
    given = read_study(BENCHMARKS / "study.toml", {})
    return replace(given, inputs=replace(given.inputs, census=str(written.census)))


@pytest.fixture(scope="module")
def ours(engine: Engine, study: Study, tmp_path_factory: pytest.TempPathFactory) -> Any:
    output = tmp_path_factory.mktemp("ours")
    run(engine, study, output=str(output), progress=Progress(stream=None))
    return comparison.read_ours(output, study)


@pytest.mark.parametrize("peer", ["duckdb", "polars", "pandas"])
def test_peer_agrees(peer: str, ours: Any, study: Study, tmp_path: Path) -> None:
    if find_spec(peer) is None:
        pytest.skip(f"{peer} is not installed: pip install '.[benchmark]'")
    script = BENCHMARKS / f"{peer}_study.py"
    command = [sys.executable, str(script), study.inputs.census, str(tmp_path)]
    ended = subprocess.run(command, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    theirs = comparison.read_peer(tmp_path)
    assert comparison.require_same(ours, theirs, peer) > 1000


def changed(results: Any, table: str, name: str, by: float) -> Any:
    first, *rest = results[table]
    return {**results, table: [{**first, name: first[name] + by}, *rest]}


@pytest.mark.parametrize(
    ("table", "name", "by"),
    [
        ("markets", "continuing_establishments", 1),
        ("markets", "domestic_sales", 0.01),
        ("medians", "median", 1e-8),
        ("moments", "weighted_p90", 1e-8),
        ("histograms", "employment", 0.001),
    ],
)
def test_a_difference_is_told(ours: Any, table: str, name: str, by: float) -> None:
    with pytest.raises(comparison.MismatchError, match=rf"(?s)^{table} .*{name} is"):
        comparison.require_same(ours, changed(ours, table, name, by), "peer")


def test_a_missing_row_is_told(ours: Any) -> None:
    theirs = {**ours, "medians": ours["medians"][1:]}
    with pytest.raises(comparison.MismatchError, match="not in peer"):
        comparison.require_same(ours, theirs, "peer")


def test_children_count(tmp_path: Path) -> None:
    child = "x = bytearray(200_000_000); import time; time.sleep(0.5)"
    parent = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    measured = cold_process.run_cold([sys.executable, "-c", parent], tmp_path / "log")
    assert measured.memory > 200_000_000
    assert measured.seconds > 0.5


def test_a_failing_program_ends_the_benchmark(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="no such study"):
        cold_process.run_cold(
            [sys.executable, "-c", "raise SystemExit('no such study')"], tmp_path / "log"
        )


def measured(program: str, seconds: list[float]) -> dict[str, Any]:
    return {
        "size": {"millions": 10.0, "dense": False, "name": "10M", "read": 2_000_000},
        "sitting": "now",
        "program": {"name": program, "is_ours": program == "embedded"},
        "seconds": seconds,
        "cpu_seconds": seconds,
        "memory": [2**30] * len(seconds),
        "steps": [{"publish": 0.5}] * len(seconds) if program == "embedded" else [],
        "loads": [0.1] * len(seconds),
    }


@pytest.mark.parametrize(
    ("ours_seconds", "verdict"),
    [
        (3.0, "| met |"),
        (3.5, "| **undecided**: met in some rounds |"),
        (4.1, "| **not met** |"),
    ],
)
def test_the_page_judges_goals(tmp_path: Path, ours_seconds: float, verdict: str) -> None:
    rows = [measured("embedded", [ours_seconds] * 3), measured("duckdb", [4.0, 5.0, 4.0])]
    versions = {"duckdb": "1.3"}
    machine = {"cores": 2, "memory": 8, "system": "Linux", "python": "3", "versions": versions}
    page.write_page({"machine": machine, "rows": rows}, tmp_path / "performance.md")
    text = (tmp_path / "performance.md").read_text()
    line = next(line for line in text.splitlines() if "at most 0.8 of DuckDB" in line)
    assert line.endswith(verdict)
    assert (tmp_path / "images" / "performance.png").stat().st_size > 0


def test_scripts_stand_alone() -> None:
    for peer in BENCHMARKS.glob("*_study.py"):
        assert "import tradegains" not in peer.read_text()
        assert "from tradegains" not in peer.read_text()
