"""Spark by spark-submit over HDFS, on YARN and over an object store: the digests of a local run.

Minutes and 4 GB, so not part of the usual suite: `make cluster-check` runs it.
"""

import shutil
import subprocess
import sys
import time
from pathlib import Path

import pytest

from clusters.check_faults import READING, start
from clusters.hadoop import MiniHadoop
from clusters.object_store import ObjectStore
from clusters.small_runs import digests
from clusters.submitting import ROOT, SETTINGS, inputs, on_yarn, submit, upload
from tradegains.engines.jars import S3_JARS, collect_jars

SOON = 45.0  # seconds, of which most is a JVM that starts on a busy machine
SILENT_SOON = 25.0  # seconds: ten of asking again, some of cancelling and of ending Java
SUBMIT = """
import os, sys
from pyspark import find_spark_home
submit = os.path.join(find_spark_home._find_spark_home(), "bin", "spark-submit")
os.environ["PYSPARK_PYTHON"] = sys.executable
os.execv(submit, [submit, "--driver-memory", "1g", "{script}", *sys.argv[1:]])
"""


def test_yarn_in_client_mode(
    yarn: MiniHadoop, zipped: Path, study: Path, here: dict[str, str], tmp_path: Path
) -> None:
    """An executor is killed on the way; undisturbed, check_costs.py submits to YARN."""
    given = inputs("hdfs:///in")
    way = on_yarn(yarn, tmp_path)
    killer = subprocess.Popen([sys.executable, "-c", KILL])
    try:
        told = submit(zipped, study, "--output", "hdfs:///client", *given, **way)
    finally:
        killer.wait()
    assert killer.returncode == 0, "no executor was there to kill"
    assert told.returncode == 0, told.stderr
    assert digests(f"{yarn.address}/client") == here
    absent = submit(
        zipped, study, "--output", "hdfs:///no", "--input=census=hdfs:///nothing", **way
    )
    assert absent.returncode == 3, absent.stderr
    wrong = study.parent / "wrong.toml"
    wrong.write_text(study.read_text().replace('title = "Small"', 'titel = "Small"'))
    assert submit(zipped, wrong, "--output", "hdfs:///no", *given, **way).returncode == 2
    began = time.monotonic()
    gone = submit(zipped, study, "--output", "hdfs://127.0.0.1:1/no", *given, **way)
    assert (gone.returncode, time.monotonic() - began < SOON) == (1, True), gone.stderr
    # spark-submit passes what the driver's Python says, errors too, on as its output.
    assert "the connection is refused in hdfs://127.0.0.1:1/no" in gone.stdout + gone.stderr


@pytest.fixture(scope="module")
def packed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The driver's Python in one file, made as docs/clusters.md says."""
    folder = tmp_path_factory.mktemp("packed")
    page = (ROOT / "docs" / "clusters.md").read_text()
    lines = [line for line in page.splitlines() if "venv-pack " in line or "venv packed" in line]
    assert len(lines) == 2, lines
    script = " && ".join(lines).replace("python3", sys.executable)
    subprocess.run(["bash", "-ec", script], cwd=folder, check=True)
    return folder / "packed.tar.gz"


def test_yarn_in_cluster_mode(
    yarn: MiniHadoop,
    zipped: Path,
    packed: Path,
    study: Path,
    here: dict[str, str],
    tmp_path: Path,
) -> None:
    given = inputs("hdfs:///in")
    way = on_yarn(yarn, tmp_path, "cluster")
    way["options"] |= {"spark.yarn.appMasterEnv.PYSPARK_PYTHON": "./packed/bin/python"}
    way["options"] |= {"spark.yarn.appMasterEnv.HADOOP_CONF_DIR": str(tmp_path / "hadoop-conf")}
    more = ("--archives", f"{packed}#packed", "--files", study)
    told = submit(zipped, study.name, "--output", "hdfs:///cluster", *given, **way, more=more)
    assert told.returncode == 0, told.stderr
    assert digests(f"{yarn.address}/cluster") == here
    wrong = tmp_path / "wrong.toml"
    wrong.write_text(study.read_text().replace('title = "Small"', 'titel = "Small"'))
    more = ("--archives", f"{packed}#packed", "--files", wrong)
    before = attempts(yarn)
    refused = submit(zipped, wrong.name, "--output", "hdfs:///no", *given, **way, more=more)
    assert refused.returncode == 1
    assert attempts(yarn) == before + 1  # a wrong study is not tried again
    assert "exited with status 2" in refused.stderr + refused.stdout


def attempts(servers: MiniHadoop) -> int:
    """Attempts of all applications that the resource manager has seen."""
    applications = servers.yarn.getResourceManager().getRMContext().getRMApps().values()
    return sum(application.getAppAttempts().size() for application in applications)


# Kills the first executor that there is when it has run for some seconds.
KILL = """
import pathlib, os, signal, sys, time
def executors():
    for folder in pathlib.Path("/proc").glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(bytes(1))
        except OSError:
            continue
        if b"org.apache.spark.executor.YarnCoarseGrainedExecutorBackend" in words and (
            words[0].endswith(b"java")
        ):
            yield int(folder.name)
for _ in range(900):
    if found := sorted(executors()):
        time.sleep(4)
        os.kill(found[0], signal.SIGKILL)
        sys.exit(0)
    time.sleep(0.1)
sys.exit(1)
"""


def test_spark_over_an_object_store(
    store: ObjectStore, zipped: Path, study: Path, here: dict[str, str], tmp_path: Path
) -> None:
    upload(study, f"{store.address}/in/census")
    jars = s3_jars(tmp_path / "jars")
    assert sum(jar.stat().st_size for jar in jars) < 25_000_000
    options = SETTINGS | {"spark.master": "local[2]"} | over_s3(store, jars)
    given = inputs(f"{store.address}/in")
    told = submit(zipped, study, "--output", f"{store.address}/spark", *given, options=options)
    assert told.returncode == 0, told.stderr
    assert digests(f"{store.address}/spark") == here
    shutil.rmtree(tmp_path / "jars")


def wait_for(path: str) -> None:
    while not Path(path).exists():
        time.sleep(0.1)


def s3_jars(folder: Path) -> list[Path]:
    return [each.path for each in collect_jars(folder, S3_JARS)]


def over_s3(store: ObjectStore, jars: list[Path]) -> dict[str, str]:
    return {
        "spark.jars": ",".join(map(str, jars)),
        "spark.hadoop.fs.s3a.endpoint": store.endpoint,
        "spark.hadoop.fs.s3a.endpoint.region": "us-east-1",
        "spark.hadoop.fs.s3a.path.style.access": "true",
    }


@pytest.mark.parametrize("kind", ["hdfs", "s3"])
@pytest.mark.parametrize("way", ["own Java", "spark-submit"])
def test_a_store_that_falls_silent_while_spark_reads(
    hadoop: MiniHadoop, store: ObjectStore, study: Path, tmp_path: Path, kind: str, way: str
) -> None:
    """A plan waits for it, which is no job that could be cancelled."""
    address = {"hdfs": hadoop.address, "s3": store.address}[kind]
    census = f"{address}/reading-spark/census"
    upload(study, census)
    jars = s3_jars(tmp_path / "jars") if kind == "s3" else []
    settings = {"spark.ui.enabled": "false"} | (over_s3(store, jars) if jars else {})
    (tmp_path / "conf").mkdir()
    lines = (f"{name} {value}\n" for name, value in settings.items())
    (tmp_path / "conf" / "spark-defaults.conf").write_text("".join(lines))
    environment = {"SPARK_CONF_DIR": str(tmp_path / "conf"), "SPARK_LOCAL_IP": "127.0.0.1"}
    command = ["run", str(study), "--output", str(tmp_path / "out"), f"--input=census={census}"]
    command += ["--quiet", "--engine", "spark"]
    code, go_on = READING, tmp_path / "go on"
    if way == "spark-submit":  # which hands no input on
        waiting = f"__import__('clusters.check_spark').check_spark.wait_for({str(go_on)!r})"
        (tmp_path / "reading.py").write_text(READING.replace("sys.stdin.readline()", waiting))
        code = SUBMIT.format(script=str(tmp_path / "reading.py"))
    running = start(code, *command, environment=environment)
    assert running.stdin is not None
    assert running.stdout is not None
    try:
        assert running.stdout.readline() == "reading\n"
        {"hdfs": hadoop.pause, "s3": lambda: store.behave(gone_after_puts=-1, silent=True)}[kind]()
        began = time.monotonic()
        go_on.touch()
        said, told = running.communicate("go on\n", timeout=60)
        assert time.monotonic() - began < SILENT_SOON
    finally:
        {"hdfs": hadoop.go_on, "s3": store.behave}[kind]()
        running.kill()
    assert running.returncode == 1
    assert f"the connection to the server was lost in {census}" in said + told
