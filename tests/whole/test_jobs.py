"""The jobs: what each publishes, and the way to a cluster through spark-submit and a zip."""

import contextlib
import os
import runpy
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from pathlib import Path

import pyspark
import pytest

import tradegains.engines.start
from small_study import SECRET_ID, write_small_study
from tradegains.engines.delta_jars import DELTA_EXCLUDES, coordinates
from tradegains.engines.java import java_environment
from tradegains.engines.start import Engine
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store import hadoop
from tradegains.store.code_version import code_version
from tradegains.store.runs import published_runs
from tradegains.store.writers import open_delta
from tradegains.study import read_study
from tradegains.tables.absence import read_absences
from tradegains.tables.published import MEASURED, tables_of

ROOT = Path(__file__).parents[2]
SPARK_HOME = Path(pyspark.__file__).parent

JOBS = {
    "run_study": MEASURED,
    "productivity_moments": tables_of("distributions"),
    "welfare_gains": tables_of("quality", "markets"),
}

# A cluster's Python has what PySpark itself needs there, numpy and pyarrow, and no more; what it
# knows of tradegains is the zip.
CLUSTER = """
import sys
from importlib.machinery import PathFinder

ABSENT = {"deltalake", "grpc", "jinja2", "matplotlib", "pandas", "pysail"}


class Cluster(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in ABSENT:
            return None
        if name == "tradegains":
            path = [entry for entry in sys.path if entry.endswith(".zip")]
        return PathFinder.find_spec(name, path, target)


sys.meta_path[:] = [Cluster if finder is PathFinder else finder for finder in sys.meta_path]
"""


@pytest.fixture(scope="session")
def package_zip(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The zip that `make dist` builds."""
    target = tmp_path_factory.mktemp("dist") / "tradegains.zip"
    pack(target)
    return target


@pytest.fixture(scope="session")
def cluster_python(tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """Environment variables under which Python is as poor as a cluster's."""
    folder = tmp_path_factory.mktemp("cluster")
    (folder / "sitecustomize.py").write_text(CLUSTER)
    return {"PYTHONPATH": str(folder), "PYSPARK_PYTHON": sys.executable}


def pack(target: Path) -> None:
    subprocess.run([sys.executable, ROOT / ".ci/zip_package.py", target], check=True)


def absent_tables(output: Path) -> set[str]:
    """The tables that the one published run says it could not have."""
    (run,) = published_runs(open_delta(str(output / "tables"))).to_pylist()
    return {each.name for each in read_absences(run["absent"]) if each.kind == "table"}


def published_digests(output: Path) -> list[dict[str, str]]:
    """The digest of each table of each published run, read without a JVM."""
    runs = published_runs(open_delta(str(output / "tables"))).to_pylist()
    return [{table["name"]: table["digest"] for table in run["tables"]} for run in runs]


# --- each job ---------------------------------------------------------------------------------


# A job is a choice of tables: on Spark all of them at once.
@pytest.mark.parametrize(
    "job",
    [job if job == "run_study" else pytest.param(job, marks=pytest.mark.only("embedded"))
     for job in JOBS],
)  # fmt: skip
def test_job_publishes_its_tables(
    job: str, engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = write_small_study(tmp_path)
    start = lambda _, **__: contextlib.nullcontext(engine)  # noqa: E731  one process runs one engine
    monkeypatch.setattr(tradegains.engines.start, "start_engine", start)
    monkeypatch.setattr(sys, "argv", [job, str(study), "--output", str(tmp_path / "out")])
    assert runpy.run_path(str(ROOT / "jobs" / f"{job}.py"))["main"]() == 0
    (digests,) = published_digests(tmp_path / "out")
    assert set(digests) == set(JOBS[job]) - absent_tables(tmp_path / "out")
    assert {"moments", "welfare"} & set(digests)


@pytest.mark.parametrize("job", JOBS)
def test_job_refuses_a_study_with_its_exit_code(
    job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "argv", [job, str(tmp_path / "absent.toml"), "--output", "out"])
    assert runpy.run_path(str(ROOT / "jobs" / f"{job}.py"))["main"]() == 2
    assert "absent.toml" in capsys.readouterr().err


def test_an_output_that_does_not_answer_is_told_before_an_engine_starts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: str, **__: object) -> Engine:
        raise AssertionError("an engine was started")

    monkeypatch.setattr(tradegains.engines.start, "start_engine", fail)
    monkeypatch.setattr(hadoop, "PATIENCE", {"dfs.client.failover.max.attempts": "1"})
    study, output = write_small_study(tmp_path), "hdfs://127.0.0.1:3/out"
    monkeypatch.setattr(sys, "argv", ["run_study", str(study), "--output", output])
    assert runpy.run_path(str(ROOT / "jobs" / "run_study.py"))["main"]() == 1
    assert f"the connection is refused in {output}" in capsys.readouterr().err


@pytest.mark.parametrize("job", JOBS)
def test_job_keeps_the_text_of_an_unexpected_error_to_itself(
    job: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_: str, **__: object) -> Engine:
        raise RuntimeError(SECRET_ID)

    monkeypatch.setattr(tradegains.engines.start, "start_engine", fail)
    study = write_small_study(tmp_path)
    monkeypatch.setattr(sys, "argv", [job, str(study), "--output", str(tmp_path / "out")])
    assert runpy.run_path(str(ROOT / "jobs" / f"{job}.py"))["main"]() == 1
    told = "".join(capsys.readouterr())
    assert "unexpected error (RuntimeError)" in told
    assert SECRET_ID not in told


@pytest.mark.only("embedded")
def test_a_job_publishes_the_tables_that_are_named(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    study = write_small_study(tmp_path)
    start = lambda _, **__: contextlib.nullcontext(engine)  # noqa: E731
    monkeypatch.setattr(tradegains.engines.start, "start_engine", start)
    arguments = [str(study), "--output", str(tmp_path / "out"), "--tables", "welfare,quality"]
    monkeypatch.setattr(sys, "argv", ["run_study", *arguments])
    assert runpy.run_path(str(ROOT / "jobs/run_study.py"))["main"]() == 0
    (digests,) = published_digests(tmp_path / "out")
    assert set(digests) == {"welfare", "quality"}


def test_a_job_refuses_a_table_that_no_run_makes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    study = write_small_study(tmp_path)
    arguments = [str(study), "--output", str(tmp_path / "out"), "--tables", "wellfare"]
    monkeypatch.setattr(sys, "argv", ["run_study", *arguments])
    assert runpy.run_path(str(ROOT / "jobs/run_study.py"))["main"]() == 2
    assert "did you mean welfare?" in capsys.readouterr().err


# --- the zip and the settings -----------------------------------------------------------------


def test_zip_holds_sources_and_data_alone(package_zip: Path) -> None:
    entries = zipfile.ZipFile(package_zip).infolist()
    names = {entry.filename for entry in entries}
    package = ROOT / "src" / "tradegains"
    data = [*package.rglob("*.py"), *package.rglob("*.csv"), *package.glob("report/templates/*")]
    assert names >= {path.relative_to(ROOT / "src").as_posix() for path in data}
    assert not [name for name in names if name.endswith((".pyc", ".so", ".parquet"))]
    assert {entry.date_time for entry in entries} == {(1980, 1, 1, 0, 0, 0)}, "no clock in it"


def test_pipeline_runs_from_the_zip_with_a_clusters_packages(
    package_zip: Path, cluster_python: dict[str, str]
) -> None:
    code = (
        "import tradegains.pipeline, sys; from tradegains.store.code_version import code_version;"
        "print(code_version(), tradegains.__file__)"
    )
    path = os.pathsep.join([cluster_python["PYTHONPATH"], str(package_zip)])
    told = subprocess.run(
        [sys.executable, "-c", code],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": path},
    )
    assert told.stderr == ""
    assert told.stdout.split() == [code_version(), f"{package_zip}/tradegains/__init__.py"]


@pytest.mark.parametrize("file", sorted((ROOT / "conf" / "spark").glob("*.conf")), ids=str)
def test_shipped_settings_name_the_same_delta(file: Path) -> None:
    lines = [line.split(None, 1) for line in file.read_text().splitlines() if line.startswith("s")]
    settings = {key: value.strip() for key, value in lines}
    assert settings["spark.jars.packages"] == coordinates("4.2.0")
    assert settings["spark.jars.excludes"] == DELTA_EXCLUDES


# --- spark-submit -----------------------------------------------------------------------------


LOCAL = ROOT / "conf" / "spark" / "local.conf"


def settings(folder: Path, more: str = "") -> Path:
    """The shipped settings with the Delta of the Spark that runs the tests, and more."""
    file = folder / "spark.conf"
    file.write_text(LOCAL.read_text().replace(coordinates("4.2.0"), coordinates()) + more)
    return file


def submit(
    job: str,
    *arguments: object,
    package: Path,
    properties: Path,
    options: Sequence[str] = (),
    **environment: str,
) -> subprocess.CompletedProcess[str]:
    """Submit a job as the documentation says, with little memory."""
    command = [SPARK_HOME / "bin" / "spark-submit", "--properties-file", properties]
    command += ["--driver-memory", "1g", "--conf", "spark.sql.shuffle.partitions=2", *options]
    for side in ("driver", "executor"):  # one compiler: each JVM ends before the second pays off
        command += ["--conf", f"spark.{side}.extraJavaOptions=-XX:TieredStopAtLevel=1"]
    command += ["--py-files", package, ROOT / "jobs" / f"{job}.py", *arguments]
    return subprocess.run(
        [str(part) for part in command],
        capture_output=True,
        text=True,
        env=os.environ | {"SPARK_HOME": str(SPARK_HOME)} | java_environment() | environment,
    )


@pytest.mark.only("spark")
def test_submitted_job_publishes_the_same_from_executors_of_their_own(
    engine: Engine, package_zip: Path, cluster_python: dict[str, str], tmp_path: Path
) -> None:
    study, here, there = write_small_study(tmp_path), tmp_path / "here", tmp_path / "there"
    run(engine, read_study(study), output=str(here), progress=Progress(None))
    master = ["--master", "local-cluster[2,1,1024]"]  # two executors of a core and a gigabyte
    # As on a cluster of its own: a secret that is no word of a command line, and rows encrypted.
    protected = "\nspark.authenticate.secret a-secret\nspark.network.crypto.enabled true\n"
    properties = settings(tmp_path, f"{protected}spark.io.encryption.enabled true\n")
    ended = submit(
        "run_study", study, "--output", there,
        options=master, properties=properties, package=package_zip, **cluster_python,
    )  # fmt: skip
    assert ended.returncode == 0, ended.stdout + ended.stderr
    (digests,) = published_digests(there)
    assert f" published: {len(digests)} tables, " in ended.stdout
    assert [digests] == published_digests(here)
    assert SECRET_ID not in ended.stdout + ended.stderr


@pytest.mark.only("spark")
def test_submitted_job_keeps_its_exit_code(
    package_zip: Path, cluster_python: dict[str, str], tmp_path: Path
) -> None:
    study = write_small_study(tmp_path)
    absent = ["--input", f"census={tmp_path / 'nowhere'}"]
    ended = submit(
        "welfare_gains", study, "--output", tmp_path / "out", *absent,
        properties=settings(tmp_path), package=package_zip, **cluster_python,
    )  # fmt: skip
    assert ended.returncode == 3
    # spark-submit passes on what Python writes to either stream as its own standard output.
    assert "the census path does not exist" in ended.stdout
    assert "Traceback" not in ended.stdout + ended.stderr
    assert published_digests(tmp_path / "out") == []
