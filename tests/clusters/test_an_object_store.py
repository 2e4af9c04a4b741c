"""An object store from the embedded engine and from every command that reads."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from clusters.object_store import ObjectStore
from clusters.small_runs import clean_and_retire, digests, put
from small_study import YEARS, write_small_study, year_file
from tradegains.command import cli
from tradegains.engines.start import Engine
from tradegains.errors import StorageError, StudyError
from tradegains.pipeline import RunSummary, run
from tradegains.progress import Progress
from tradegains.store import locations, shelves, stores
from tradegains.store.census import list_census
from tradegains.store.locations import locate
from tradegains.study import read_study

pytestmark = pytest.mark.only("embedded")

ODD = ("part #1?.parquet", "part #2?100%.parquet")
SOON = 15.0  # seconds, within which a user hears what is wrong


@pytest.fixture(scope="module")
def study(store: ObjectStore, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("small")
    found = write_small_study(folder)
    system = locate(f"{store.address}/in").system
    for year, name in zip(YEARS, ODD, strict=True):
        path = f"{store.bucket}/in/census/year={year}/{name}"
        put(system, path, year_file(folder, year).read_bytes())
    return found


@pytest.fixture(scope="module")
def done(engine: Engine, store: ObjectStore, study: Path) -> RunSummary:
    inputs = {"census": f"{store.address}/in/census"}
    # Hadoop's spelling of the scheme is taken too.
    output = f"s3a://{store.bucket}/out"
    return run(engine, read_study(study, inputs), output=output, progress=Progress(None))


@pytest.fixture
def refusing(store: ObjectStore) -> Iterator[ObjectStore]:
    yield store
    store.behave()


def test_tables_are_those_of_a_local_run(
    engine: Engine, store: ObjectStore, done: RunSummary, study: Path, tmp_path: Path
) -> None:
    run(engine, read_study(study), output=tmp_path / "out", progress=Progress(None))
    assert done.new
    assert digests(f"{store.address}/out") == digests(str(tmp_path / "out"))


def test_every_command_reads(
    store: ObjectStore, done: RunSummary, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    output = f"{store.address}/out"

    def told(*words: str) -> str:
        assert cli.main(words) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    assert done.run_id in told("runs", "--output", output)
    assert "3.72" in told("show", "welfare", "--output", output)
    told("export", "welfare", "--to", str(tmp_path), "--format", "csv", "--output", output)
    assert (tmp_path / "welfare.csv").is_file()
    assert told("report", "--output", output).strip() == f"{output}/report/report.html"
    assert "intact" in told("verify", output)


def test_a_store_that_lets_several_win_is_refused(
    engine: Engine, refusing: ObjectStore, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shelves, "_proven", set())
    refusing.behave(careless=True)
    output = f"{refusing.address}/careless"
    with pytest.raises(StudyError, match="lets several writers make the same object"):
        run(engine, read_study(study), output=output, progress=Progress(None))
    place = locate(f"{output}/tables")
    assert place.system.get_file_info(place.path).size is None
    assert cli.main(["runs", "--output", output]) == 2


@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("InvalidAccessKeyId", "the credentials are refused"),
        ("AccessDenied", "access is refused"),
        ("RequestTimeTooSkewed", "the clock of this machine is not that of the object store"),
    ],
)
def test_what_a_store_refuses_is_told(
    engine: Engine, refusing: ObjectStore, study: Path, code: str, told: str
) -> None:
    refusing.behave(refuse=code)
    with pytest.raises(StorageError, match=told):
        run(engine, read_study(study), output=f"{refusing.address}/no", progress=Progress(None))


def test_a_bucket_that_is_not_there_is_named(engine: Engine, study: Path, done: RunSummary) -> None:
    with pytest.raises(StorageError, match="the bucket does not exist in s3://nowhere"):
        run(engine, read_study(study), output="s3://nowhere/out", progress=Progress(None))


def test_a_store_that_is_not_there_is_named_soon(
    engine: Engine, study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    began = time.monotonic()
    assert cli.main(["run", str(study), "--output", "s3://bucket/out"]) == 1
    assert time.monotonic() - began < SOON
    assert "the connection is refused in s3://bucket/out" in capsys.readouterr().err


def test_a_store_that_keeps_silent_is_given_up_soon(
    refusing: ObjectStore, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert stores.S3_SILENT_SECONDS * stores.S3_TRIES < SOON
    # Any wait serves to see that it is this one, and not the 100 s of pyarrow.
    monkeypatch.setattr(locations, "S3_SILENT_SECONDS", 1)
    monkeypatch.setattr(locations, "S3_TRIES", 1)
    place = locate(f"{refusing.address}/in/census")
    refusing.behave(gone_after_puts=-1, silent=True)
    began = time.monotonic()
    with pytest.raises(StorageError, match=f"connection to the server was lost in {place.root}"):
        list_census(place.root, read_study(study).census.columns, YEARS)
    assert 1 <= time.monotonic() - began < 5


def test_leftovers_go_and_runs_by_name(done: RunSummary, store: ObjectStore) -> None:
    clean_and_retire(f"{store.address}/out", done.run_id)
