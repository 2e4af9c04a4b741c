"""The servers, started when the first test asks for them."""

from collections.abc import Iterator

import pytest

from clusters.hadoop import MiniHadoop, start_hadoop
from clusters.object_store import ObjectStore, object_store
from tradegains.errors import EngineError


@pytest.fixture(scope="package")
def hadoop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MiniHadoop]:
    """HDFS; a test is skipped where its jar, or a Java, cannot be had."""
    try:
        servers = start_hadoop(tmp_path_factory.mktemp("hadoop"))
    except EngineError as error:
        pytest.skip(f"needs Hadoop's mini cluster: {' '.join(str(error).split())}")
    yield servers
    servers.stop()


@pytest.fixture(scope="package")
def store() -> Iterator[ObjectStore]:
    """An object store, and the environment that leads to it."""
    with object_store() as started:
        yield started
