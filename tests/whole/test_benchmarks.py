"""The programs of the benchmark compute the study's numbers: on a tiny census, untimed."""

import json
import subprocess
import sys
import time
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

from tradegains.engines.start import Engine
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.study import Study, read_study
from tradegains.synthetic import write_synthetic_census

# Both engines tell the same numbers (test_generative.py), so the peers meet one of them.
pytestmark = pytest.mark.only("embedded")

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
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
    import censuses
    import cold_process
    import comparison
    import full_run
    import full_table
    import on_paper
    import page
    import run as run_benchmark
    import scale
    import section_costs
    import section_table
    import spark_stages
    import stages_table


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


@pytest.mark.parametrize("peer", ["duckdb", "polars", "polars_streaming", "pandas"])
def test_peer_agrees(peer: str, ours: Any, study: Study, tmp_path: Path) -> None:
    if find_spec(run_benchmark.PACKAGES[peer]) is None:
        pytest.skip(f"{peer} is not installed: pip install '.[benchmark]'")
    program = run_benchmark.Program(peer, is_ours=False)
    command = list(map(str, program.command(Path(study.inputs.census), tmp_path)))
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


def failing(tmp_path: Path, code: str, **limits: float) -> cold_process.ProgramFailedError:
    command, within = [sys.executable, "-c", code], cold_process.Limits(**limits)
    with pytest.raises(cold_process.ProgramFailedError) as caught:
        cold_process.run_cold(command, tmp_path / "log", limits=within)
    return caught.value


def test_a_failure_is_told_with_what_was_printed(tmp_path: Path) -> None:
    error = failing(tmp_path, "raise SystemExit('no such study')")
    assert (str(error), error.printed) == ("exit code 1", "no such study\n")


def test_a_program_beyond_its_limits_is_ended_with_its_children(tmp_path: Path) -> None:
    child = f"import pathlib, time; time.sleep(1); pathlib.Path({str(tmp_path / 'on')!r}).touch()"
    wait = f"import subprocess, sys; subprocess.run([sys.executable, '-c', {child!r}])"
    assert str(failing(tmp_path, wait, seconds=0.2)) == "more than 0 s"
    large = "x = bytearray(300_000_000); import time; time.sleep(9)"
    assert str(failing(tmp_path, large, memory=200e6)) == "more than 0 GB"
    time.sleep(1)
    assert not (tmp_path / "on").exists()


def measured(program: str, seconds: list[float]) -> dict[str, Any]:
    return {
        "size": {"millions": 10.0, "dense": False, "name": "10M", "read": 2_000_000},
        "sitting": "now",
        "program": {"name": program, "is_ours": program == "embedded"},
        "heap": None,
        "seconds": seconds,
        "inside": seconds,
        "cpu_seconds": seconds,
        "memory": [2**30] * len(seconds),
        "steps": [{"publish": 0.5}] * len(seconds) if program == "embedded" else [],
        "floor": [0.25] if program == "embedded" else [],
        "other_cores": [0.1] * len(seconds),
        "failed": "" if seconds else "more than 20 GB",
    }


@pytest.mark.parametrize(
    ("ours_seconds", "verdict"),
    [
        (2.4, "| met |"),
        (2.5, "| **undecided**: met in some rounds |"),
        (3.1, "| **not met** |"),
    ],
)
def test_the_page_judges_goals(tmp_path: Path, ours_seconds: float, verdict: str) -> None:
    rows = [measured("embedded", [ours_seconds] * 3), measured("duckdb", [4.0, 5.0, 4.0])]
    line = next(line for line in written(tmp_path, rows) if "at most 0.6 of DuckDB" in line)
    assert verdict in line
    assert (tmp_path / "images" / "performance.png").stat().st_size > 0


def written(folder: Path, rows: list[dict[str, Any]]) -> list[str]:
    """Lines of the page of these rows."""
    versions = {"duckdb": "1.3"}
    machine = {"cores": 2, "memory": 8, "system": "Linux", "python": "3", "versions": versions}
    page.write_page({"machine": machine, "rows": rows}, folder / "performance.md")
    return (folder / "performance.md").read_text().splitlines()


def test_the_page_keeps_what_was_not_measured_again(tmp_path: Path) -> None:
    first = [measured("embedded", [2.4] * 3), measured("duckdb", [4.0] * 3)]
    before = written(tmp_path, first)
    assert written(tmp_path, []) == before
    now = written(tmp_path, [measured("embedded", [9.0] * 3)])
    for kept in ("| 10M (2.00M) | DuckDB |", "| embedded | 10M | at most 0.6 of DuckDB |"):
        assert [line for line in now if line.startswith(kept)] == [
            line for line in before if line.startswith(kept)
        ]
    assert any(line.startswith("| 10M (2.00M) | **tradegains") and " 9.00 " in line for line in now)
    assert len(now) == len(before)


def test_the_page_tells_a_program_that_was_ended(tmp_path: Path) -> None:
    lines = written(tmp_path, [measured("embedded", [3.0]), measured("polars", [])])
    (line,) = [line for line in lines if "| Polars, in memory |" in line]
    assert "| ended: more than 20 GB |" in line


def test_a_goal_is_held_against_the_faster_way_of_a_rival(tmp_path: Path) -> None:
    rows = [measured(*each) for each in (
        ("embedded", [2.4, 2.4]), ("polars", [1.0, 3.0]), ("polars_streaming", [2.0, 2.0])
    )]  # fmt: skip
    (line,) = [line for line in written(tmp_path, rows) if "| at most 1.2 of Polars" in line]
    assert "| at most 1.2 of Polars, the faster way | 1.80 (1.20-2.40) |" in line


def test_the_full_study_is_told_beside_an_earlier_commit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_run, "MEASURED", tmp_path / "full_run.json")
    now, before = (
        full_run.Timed(seconds, 9.0, 2**30, {"publish": 0.5, "report": seconds / 4})
        for seconds in (4.0, 10.0)
    )
    full_run.record("embedded", tmp_path / "study.toml", {"now": [now], "5b90afb": [before]})
    record = json.loads((tmp_path / "full_run.json").read_text())["embedded 0M"]
    goal = {"engine": "embedded", "rows": "full 0.72M", "kind": "earlier", "rival": "5b90afb"}
    monkeypatch.setattr(page, "_recorded", lambda name: {"embedded 0.72M": record})
    assert page._goal_values([], goal) == [0.4]
    assert page._goal_values([], goal | {"measure": "report"}) == [0.4]
    assert page._goal_values([], goal | {"rival": "an older one"}) == []
    assert page._goal_values([], goal | {"engine": "spark"}) == []
    assert "| publish | 0.50 | 0.50 | 1.00 |" in list(full_table.full_table({"a": record}))


def test_the_page_tells_growth(tmp_path: Path) -> None:
    def dense(name: str, read: int, seconds: float) -> dict[str, Any]:
        row = measured("embedded", [seconds])
        return row | {"size": row["size"] | {"name": name, "read": read, "dense": True}}

    small, large = dense("dense 10M", 10_000_000, 5.0), dense("dense 100M", 100_000_000, 60.0)
    growth = [line for line in written(tmp_path, [small, large]) if "per row of" in line]
    # 60 / 100 against 5 / 10: 1.2 times
    assert growth[0].startswith("| embedded | dense 100M | at most 1.2 times ")
    assert "| 1.20 | met |" in growth[0]


STEP = {"core_seconds": 2.0, "shuffled": 0.0, "written": 0.0, "spilled": 0.0, "task_memory": 1e6,
        "task_rows": 1e4}  # fmt: skip


def test_costs_on_paper_leave_out_what_starts_once() -> None:
    # 1,000 rows more cost 3 core seconds and 60,000 bytes more: 0.003 s and 60 bytes a row.
    small = {"size": "1M", "rows": 1_000, "column_bytes": 20_000, "steps": {"match": STEP}}
    more = {"match": STEP | {"core_seconds": 5.0, "shuffled": 60_000.0}}
    large = {"size": "dense 10M", "rows": 2_000, "column_bytes": 40_000, "steps": more}
    text = "\n".join(on_paper.on_paper([small, large]))
    assert "| match | 3000.00 | 60.0 | 0.0 |" in text
    assert "the columns read take 20.0 bytes a row" in text
    assert "100 bytes a row" in text
    # 270 million rows on 16 cores: 0.003 s * 270e6 / 16 / 60 = 843.8 minutes, and 15.1 GB.
    assert "| 270M | 1 | 16 | 15 | 843.8 | 0.0 |" in text
    assert "**The first bottleneck** is the cores" in text
    assert "Beside a cluster" not in text


def test_costs_on_paper_stand_beside_those_of_a_cluster() -> None:
    small = {"size": "1M", "rows": 1_000, "column_bytes": 20_000, "steps": {"match": STEP}}
    more = STEP | {"core_seconds": 5.0, "shuffled": 60_000.0, "written": 20_000.0}
    large = small | {"size": "dense 10M", "rows": 2_000, "steps": {"match": more}}
    found = {"match": more | {"shuffled": 57_000.0}, "collect evidence": more}  # not on paper
    there = large | {"size": "dense 3M", "steps": found}
    text = "\n".join(on_paper.on_paper([small, large], [small, there]))
    assert "1M and dense 3M gave bytes per row of 57.0 shuffled (-5%) and 20.0 written" in text


def test_the_event_log_is_summed_by_step() -> None:
    def task(stage: int, memory: int) -> dict[str, Any]:
        metrics = {
            "Executor CPU Time": 2_000_000_000,
            "JVM GC Time": 500,
            "Disk Bytes Spilled": 7,
            "Peak Execution Memory": memory,
            "Input Metrics": {"Records Read": 3},
            "Output Metrics": {"Bytes Written": 5},
            "Shuffle Read Metrics": {"Total Records Read": 4},
            "Shuffle Write Metrics": {"Shuffle Bytes Written": 11},
        }
        return {"Event": "SparkListenerTaskEnd", "Stage ID": stage, "Task Metrics": metrics}

    def job(*stages: int, step: str) -> dict[str, Any]:
        named = {"spark.job.description": step}
        return {"Event": "SparkListenerJobStart", "Stage IDs": list(stages), "Properties": named}

    events = [job(0, 1, step="match"), task(0, 90), task(1, 50), job(1, 2, step="medians")]
    steps = scale.steps_of([*events, task(2, 10)])
    assert steps["match"] == {
        "core_seconds": 5.0,  # two tasks of 2 s and half a second of garbage each
        "shuffled": 22.0,
        "written": 10.0,
        "spilled": 14.0,
        "task_memory": 90,
        "task_rows": 7,
    }
    assert steps["medians"]["core_seconds"] == 2.5


def test_the_event_log_is_told_by_stage() -> None:
    def stage(number: int, event: str, times: dict[str, int]) -> dict[str, Any]:
        return {"Event": f"SparkListenerStage{event}", "Stage Info": {"Stage ID": number} | times}

    job = {"spark.job.description": "match"}
    task = {
        "Executor Run Time": 1500,
        "Executor CPU Time": 1_000_000_000,
        "JVM GC Time": 250,
        "Disk Bytes Spilled": 0,
        "Input Metrics": {"Records Read": 3},
        "Output Metrics": {"Bytes Written": 0},
        "Shuffle Read Metrics": {"Local Bytes Read": 0, "Remote Bytes Read": 0},
        "Shuffle Write Metrics": {"Shuffle Bytes Written": 2**21},
    }
    times = {"Launch Time": 11_000, "Finish Time": 12_600}
    ended = {"Event": "SparkListenerTaskEnd", "Stage ID": 0, "Task Info": times}
    (told,) = spark_stages.stages_of(
        [
            {"Event": "SparkListenerApplicationStart", "Timestamp": 10_000},
            {"Event": "SparkListenerJobStart", "Stage IDs": [0, 1], "Properties": job},
            stage(0, "Submitted", {}),
            ended | {"Task Metrics": task},
            ended | {"Task Metrics": task},
            stage(0, "Completed", {"Submission Time": 11_000, "Completion Time": 13_000}),
        ]
    )
    assert (told["step"], told["work"]) == ("match", "reads rows, writes the shuffle")
    assert (told["began"], told["ended"], told["tasks"]) == (1.0, 3.0, 2)
    assert (told["running"], told["core_seconds"], told["shuffled"]) == (3.0, 2.0, 4.0)
    # each task was there for 1.6 s and ran for 1.5 s
    assert told["waiting"] == pytest.approx(0.2)
    step = {"step": "match", "seconds": 2.5, "busy": 2.0, "stages": [told]}
    run = {"rows": 3, "seconds": 9.0, "cpu_seconds": 12.0, "other_cores": 0.0, "steps": [step]}
    text = "\n".join(stages_table.stages_table({"1M": run}))
    assert "9.0 s in all, of which 6.5 s start and end; 1 stages with 2 tasks" in text
    assert "| **match** | all 1; between 0.5 s | | 2.5 |" in text
    assert "| | reads rows, writes the shuffle | 2 | 2.0 | 3.0 | 2.0 | 0.5 | 0.2 | | 4 | |" in text


def test_the_census_of_the_benchmark(tmp_path: Path) -> None:
    size = censuses.Size(0.004, dense=True)
    census = censuses.census_of(size, tmp_path)
    years = {int(folder.name.removeprefix("year=")) for folder in census.iterdir()}
    assert years == set(censuses.STUDY_YEARS)
    assert 3_000 < censuses.rows_read(census) < 5_000


def test_every_section_is_measured_with_and_without(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each study that is run can be read and differs from the shipped one by its section."""
    had: dict[str, bool] = {}
    names = [*section_costs.SHIPPED, *section_costs.ADDED]

    def timed(build: Any, study: Path, engine: str, *, reports: bool) -> Any:
        assert not reports, "the table of sections has no report"
        found = read_study(full_run.own_study(build, tmp_path))
        if build.name != section_table.WHOLE:
            part, *inside = build.name.split(".")
            held = getattr(found, part)
            had[build.name] = bool(getattr(held, inside[0]) if inside else held)
        cpu = 3.0 if build.name == section_table.WHOLE else 2.0
        return full_run.Timed(1.0, cpu, 0, {})

    monkeypatch.setattr(section_costs, "timed", timed)
    monkeypatch.setattr(section_costs, "study_of", lambda _: tmp_path / full_run.STUDY)
    monkeypatch.setattr(section_costs, "MEASURED", tmp_path / "section_costs.json")
    monkeypatch.setattr(sys, "argv", ["section_costs.py", "--rounds", "1"])
    assert section_costs.main() == 0
    assert had == {name: name in section_costs.ADDED for name in names}
    lines = list(section_table.section_table(json.loads(section_costs.MEASURED.read_text())))
    assert "| regressions | 0.00 | 1.00 | 33% |" in lines
    assert "| uncertainty | 0.00 | -1.00 | -33% |" in lines


@pytest.mark.parametrize(
    ("cpu_seconds", "code", "against", "name"),
    [(10.4, 0, "5b90afb", "5b90afb"), (10.6, 1, "c783de0^", "3be56a96f265")],
)
def test_a_commit_that_is_slower_is_seen(
    cpu_seconds: float,
    code: int,
    against: str,
    name: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ran = []

    def timed(build: Any, study: Path, engine: str, most: float | None) -> Any:
        assert study.stem == ("study" if build.name == "now" else build.name)
        ran.append(build.name)
        cpu = cpu_seconds if build.name == "now" else 10.0
        return full_run.Timed(1.0, cpu, 0, {"publish": 0.5})

    monkeypatch.setattr(full_run, "timed", timed)
    monkeypatch.setattr(full_run, "study_of", lambda establishments: tmp_path / "study.toml")
    monkeypatch.setattr(full_run, "earlier_study", lambda build, _: tmp_path / f"{build.name}.toml")
    monkeypatch.setattr(full_run, "worktree_of", lambda commit: tmp_path)
    monkeypatch.setattr(full_run, "short_name", lambda commit: "3be56a96f265")
    monkeypatch.setattr(full_run, "MEASURED", tmp_path / "full_run.json")
    monkeypatch.setattr(sys, "argv", ["full_run.py", "--against", against, "--rounds", "2"])
    assert full_run.main() == code
    assert ran == ["now", name, name, "now"]


def test_censuses_of_other_sizes_are_not_compared() -> None:
    with pytest.raises(SystemExit, match="7,189,290 rows now, 718,958 before"):
        full_run.require_same_size(7_189_290, 718_958)


def test_a_build_runs_what_its_own_project_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(full_run, "BUILD", tmp_path)
    build = full_run.Build("now", BENCHMARKS.parent)
    command = [sys.executable, build.program, "--version"]
    told = subprocess.run(command, capture_output=True, text=True, check=True)
    assert told.stdout.startswith("tradegains ")


def test_goals_are_of_known_sizes_and_programs() -> None:
    goals = tomllib.loads((BENCHMARKS / "goals.toml").read_text())["goal"]
    full = [goal for goal in goals if goal["kind"] == "earlier"]
    assert {goal["rows"] for goal in full} == {"full 0.72M", "full 7.2M"}
    for goal in (goal for goal in goals if goal not in full):
        assert goal["kind"] in ("seconds", "GB", "ratio", "heap", "growth")
        assert {goal["engine"], goal.get("rival", "duckdb")} <= set(page.NAMES)
        for name in (goal["rows"], goal.get("from", goal["rows"])):
            is_dense, millions = name.startswith("dense "), name.removeprefix("dense ")
            assert censuses.Size(float(millions[:-1]), is_dense).name == name


def test_scripts_stand_alone() -> None:
    for peer in BENCHMARKS.glob("*_study.py"):
        assert "import tradegains" not in peer.read_text()
        assert "from tradegains" not in peer.read_text()
