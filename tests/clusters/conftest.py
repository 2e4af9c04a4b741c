"""The servers, started when the first test asks for them."""

import subprocess
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path

import pytest

from clusters.hadoop import MiniHadoop, start_hadoop
from clusters.object_store import ObjectStore, object_store
from clusters.small_runs import digests
from clusters.submitting import ROOT, SETTINGS, TOTALS, inputs, submit, upload
from small_study import write_small_study
from tradegains.errors import EngineError


@pytest.fixture(scope="package", autouse=True)
def starting(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], MiniHadoop]]:
    """HDFS: it starts beside the first tests, which need another server, and may be waited for."""
    folder = tmp_path_factory.mktemp("hadoop")
    started: list[Future[MiniHadoop]] = []
    with ThreadPoolExecutor(1) as thread:

        def wait() -> MiniHadoop:
            if not started:
                started.append(thread.submit(start_hadoop, folder))
            return started[0].result()

        if any("hadoop" in getattr(item, "fixturenames", ()) for item in request.session.items):
            started.append(thread.submit(start_hadoop, folder))
        yield wait
        for each in started:
            if each.exception() is None:
                each.result().stop()


@pytest.fixture(scope="package")
def hadoop(starting: Callable[[], MiniHadoop]) -> MiniHadoop:
    """HDFS; a test is skipped where its jar, or a Java, cannot be had."""
    try:
        return starting()
    except EngineError as error:
        pytest.skip(f"needs Hadoop's mini cluster: {' '.join(str(error).split())}")


@pytest.fixture(scope="package")
def store() -> Iterator[ObjectStore]:
    """An object store, and the environment that leads to it."""
    with object_store() as started:
        yield started


@pytest.fixture(scope="package")
def zipped(tmp_path_factory: pytest.TempPathFactory) -> Path:
    target = tmp_path_factory.mktemp("dist") / "tradegains.zip"
    subprocess.run([sys.executable, ROOT / ".ci/zip_package.py", target], check=True)
    return target


@pytest.fixture(scope="package")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    (folder / "totals.csv").write_text(TOTALS)
    return write_small_study(folder)


@pytest.fixture(scope="package")
def here(zipped: Path, study: Path) -> dict[str, str]:
    """Digests of the same study by Spark in one process, on this machine's disk."""
    output = study.parent / "out"
    options = SETTINGS | {"spark.master": "local[2]"}
    told = submit(zipped, study, "--output", output, *inputs(study.parent), options=options)
    assert told.returncode == 0, told.stderr
    return digests(str(output))


@pytest.fixture(scope="package")
def yarn(study: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniHadoop]:
    """HDFS with the census, and YARN."""
    servers = start_hadoop(tmp_path_factory.mktemp("yarn"), yarn=True, heap="1g")
    upload(study, f"{servers.address}/in/census")
    yield servers
    servers.stop()
