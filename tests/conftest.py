"""Fixtures: one engine per process, started when the first test asks for it.

TRADEGAINS_TEST_ENGINE chooses it (embedded unless set); `make test` runs the suite once per
engine. A test that asks for `engine`, `spark` or `engine_name` gets the mark `engine`, so that
the second half can leave out the plain tests, which have run already.

`make test` shares the first half among processes (pytest-xdist), each with an engine of its own.
Tests of a file stay together and in their order, as their fixtures are of a module; those of a
folder in ONE_PROCESS too, as they share servers or a census that take seconds to make.
"""

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
from pyspark.sql import SparkSession

from tradegains.engines.java import java_environment
from tradegains.engines.start import ENGINES, Engine, start_engine
from tradegains.errors import EngineError

pytest_plugins = ["made_run"]  # published tables made by hand, for whoever reads some

ENGINE = os.environ.get("TRADEGAINS_TEST_ENGINE", "embedded")
ENGINE_FIXTURES = {"engine", "engine_name", "spark"}
ONE_PROCESS = ("tests/clusters/", "tests/synthetic/")

# Few examples and always the same ones where a failure must be repeatable; more on request.
hypothesis.settings.register_profile(
    "ci", derandomize=True, max_examples=25, deadline=None, database=None
)
hypothesis.settings.register_profile("thorough", max_examples=500, deadline=None)
hypothesis.settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))

TEST_SPARK_SETTINGS = {
    # Tests hold tens of rows: a task per partition costs more than the work in it.
    "spark.sql.shuffle.partitions": "2",
    "spark.default.parallelism": "2",
    # The second compiler pays off after minutes; a test run is shorter than that. Without it Java
    # reserves 48 MB for what the first one compiles, and the suite filled them.
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:ReservedCodeCacheSize=240m",
    # Generating classes for each small plan is most of a test's time; interpreting is not.
    "spark.sql.codegen.wholeStage": "false",
    # Planning again after each shuffle costs more than such shuffles. The job that is submitted to
    # executors of their own (test_jobs.py) keeps Spark's defaults, and must tell the same digests.
    "spark.sql.adaptive.enabled": "false",
}


def pytest_configure(config: pytest.Config) -> None:
    """Declare the marks, and stop early when the engine asked for cannot run here."""
    config.addinivalue_line("markers", "engine: uses an engine (set by the fixtures asked for)")
    config.addinivalue_line("markers", "only(engine): runs on this engine alone")
    if ENGINE not in ENGINES:
        pytest.exit(f"TRADEGAINS_TEST_ENGINE={ENGINE}: use {' or '.join(ENGINES)}", returncode=2)
    if ENGINE == "spark":
        _stop_without_java()


def _stop_without_java() -> None:
    """End the Spark half in one line where there is no Java: skipped, or failed if required."""
    try:
        java_environment()
    except EngineError as error:
        reason = " ".join(str(error).split())
        required = os.environ.get("TRADEGAINS_REQUIRE_SPARK") == "1"
        pytest.exit(f"Spark half skipped: {reason}", returncode=1 if required else 0)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Mark the tests that use an engine; leave out those that name the other one."""
    for item in items:
        if only(item) or ENGINE_FIXTURES & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.engine)
    others = [item for item in items if only(item) not in (None, ENGINE)]
    config.hook.pytest_deselected(items=others)
    items[:] = [item for item in items if item not in others]


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Share tests among processes by file, or by folder where ONE_PROCESS has it."""
    from xdist.scheduler import LoadFileScheduling

    class ByFileOrFolder(LoadFileScheduling):
        def _split_scope(self, nodeid: str) -> str:
            folders = [folder for folder in ONE_PROCESS if nodeid.startswith(folder)]
            return folders[0] if folders else super()._split_scope(nodeid)

    return ByFileOrFolder(config, log)


def only(item: pytest.Item) -> str | None:
    """Return the one engine a test is about, if it is about one."""
    mark = item.get_closest_marker("only")
    return None if mark is None else mark.args[0]


@pytest.fixture(scope="session")
def engine_name() -> str:
    """Return the engine this process tests: "embedded" or "spark"."""
    return ENGINE


@pytest.fixture(scope="session")
def engine(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    """Start the engine once for the whole run, on two threads and little memory."""
    with start_engine(
        ENGINE,
        threads=2,
        memory="2g",
        scratch=tmp_path_factory.mktemp("scratch"),
        settings=TEST_SPARK_SETTINGS if ENGINE == "spark" else None,
    ) as started:
        yield started


@pytest.fixture(scope="session")
def spark(engine: Engine) -> SparkSession:
    """Return the engine's session."""
    return engine.spark


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real public data; a test that needs it skips without it."""
    beside = Path(__file__).parents[2] / "shared/real"
    folder = Path(os.environ.get("TRADEGAINS_REAL_DATA") or beside)
    if not folder.is_dir():
        pytest.skip("needs the real public data: set TRADEGAINS_REAL_DATA to their folder")
    return folder
