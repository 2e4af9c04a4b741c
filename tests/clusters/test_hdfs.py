"""HDFS from the embedded engine and from every command that reads, on Hadoop's own servers.

Skipped where their jar, or a Java, cannot be had.
"""

import socket
import threading
import time
from pathlib import Path

import pytest
from pyarrow import fs

from clusters.hadoop import MiniHadoop
from clusters.small_runs import clean_and_retire, digests, put
from small_study import SECRET_ID, SECRET_SALES, YEARS, write_small_study, year_file
from tradegains.command import cli
from tradegains.engines.start import Engine
from tradegains.errors import InputError, StorageError, StudyError
from tradegains.pipeline import RunSummary, run
from tradegains.progress import Progress
from tradegains.store import answering, hadoop
from tradegains.store.census import list_census
from tradegains.store.hadoop import create_new
from tradegains.store.locations import locate
from tradegains.store.manifest import require_unchanged, row_files
from tradegains.store.output import locate_output
from tradegains.study import read_study

pytestmark = pytest.mark.only("embedded")

# Names that a program which takes a path for an address would cut off, or read as another's.
ODD = ("part #1?.parquet", "part #2?.parquet", "10% of [it].parquet")
TOTALS = "industry,year,employment\n0111,1990,5\n3211,1990,5.5\n"
SOON = 15.0  # seconds, within which a user hears what is wrong


@pytest.fixture(scope="module")
def study(hadoop: MiniHadoop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The small study; its census and a small table are on HDFS as well, under odd names."""
    folder = tmp_path_factory.mktemp("small")
    found = write_small_study(folder)
    (folder / "totals.csv").write_text(TOTALS)
    there = locate(f"{hadoop.address}/in")
    for year, name in zip(YEARS, ODD, strict=False):
        put(there.system, f"/in/census/year={year}/{name}", year_file(folder, year).read_bytes())
    put(there.system, "/in/totals.csv", TOTALS.encode())
    return found


@pytest.fixture(scope="module")
def output(hadoop: MiniHadoop) -> str:
    return f"{hadoop.address}/out"


@pytest.fixture(scope="module")
def done(engine: Engine, hadoop: MiniHadoop, study: Path, output: str) -> RunSummary:
    inputs = {"census": f"{hadoop.address}/in/census"}
    inputs |= {"control_totals": f"{hadoop.address}/in/totals.csv"}
    return run(engine, read_study(study, inputs), output=output, progress=Progress(None))


def test_tables_are_those_of_a_local_run(
    engine: Engine, done: RunSummary, study: Path, output: str, tmp_path: Path
) -> None:
    given = {"control_totals": str(study.parent / "totals.csv")}
    run(engine, read_study(study, given), output=tmp_path / "out", progress=Progress(None))
    assert done.new
    assert digests(output) == digests(str(tmp_path / "out"))


def test_the_same_run_again_is_recognised(
    engine: Engine, hadoop: MiniHadoop, done: RunSummary, study: Path, output: str
) -> None:
    inputs = {"census": f"{hadoop.address}/in/census"}
    inputs |= {"control_totals": f"{hadoop.address}/in/totals.csv"}
    again = run(engine, read_study(study, inputs), output=output, progress=Progress(None))
    assert (again.run_id, again.new) == (done.run_id, False)


def test_every_command_reads(
    done: RunSummary, output: str, capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    def told(*words: str) -> str:
        assert cli.main(words) == 0, capsys.readouterr().err
        return capsys.readouterr().out

    assert done.run_id in told("runs", "--output", output)
    assert "welfare" in told("show", "--output", output)
    assert "3.72" in told("show", "welfare", "--output", output)
    told("export", "welfare", "--to", str(tmp_path), "--format", "csv", "--output", output)
    assert (tmp_path / "welfare.csv").is_file()
    page = told("report", "--output", output).strip()
    assert page == f"{output}/report/report.html"
    place = locate(page)
    with place.system.open_input_stream(place.path) as stream:
        assert done.run_id.encode() in stream.read()
    assert "intact" in told("verify", output)
    assert Path("hdfs:").exists() is False


def test_rows_of_the_work_are_for_nobody_else(hadoop: MiniHadoop, done: RunSummary) -> None:
    work = hadoop.files.getFileStatus(hadoop.path("/out/work"))
    assert work.getPermission().toString() == "rwx------"
    tables = hadoop.files.getFileStatus(hadoop.path("/out/tables"))
    assert tables.getPermission().toString() == "rwxr-xr-x"


def test_a_changed_file_is_noticed_though_its_size_is_the_same(
    hadoop: MiniHadoop, study: Path
) -> None:
    system = locate(f"{hadoop.address}/changing").system
    content = year_file(study.parent, 1990).read_bytes()
    put(system, "/changing/year=1990/a.parquet", content)
    columns = read_study(study).census.columns
    files = row_files(list_census(f"{hadoop.address}/changing", columns, [1990]), {})
    require_unchanged(files)
    time.sleep(0.01)  # the namenode keeps times in milliseconds
    put(system, "/changing/year=1990/a.parquet", content)
    with pytest.raises(InputError, match="changed while the run was reading"):
        require_unchanged(files)


@pytest.mark.parametrize("odd", ["#", "?", "%"])
def test_ambiguous_addresses_are_refused(hadoop: MiniHadoop, odd: str) -> None:
    with pytest.raises(InputError, match="programs take for different things"):
        locate(f"{hadoop.address}/a{odd}b")


def test_a_namenode_that_is_not_there_is_named_soon(
    study: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    began = time.monotonic()
    assert cli.main(["runs", "--output", "hdfs://127.0.0.1:1/out"]) == 1
    assert time.monotonic() - began < SOON
    told = capsys.readouterr().err
    assert "the connection is refused in hdfs://127.0.0.1:1/out" in told
    # A check lists it beside everything else.
    monkeypatch.setattr(hadoop, "PATIENCE", {"dfs.client.failover.max.attempts": "1"})
    census = ["--input", "census=hdfs://127.0.0.1:2/in"]
    assert cli.main(["check", str(study), *census]) == 1
    assert "the connection is refused in hdfs://127.0.0.1:2/in" in capsys.readouterr().err


def test_a_namenode_that_keeps_silent_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    # Any wait serves to see that there is one: the libraries would wait for ever.
    monkeypatch.setattr(hadoop, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(hadoop, "_LOOK_SECONDS", 0.1)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"hdfs://127.0.0.1:{silent.getsockname()[1]}/out"
        for ask in (
            lambda: locate(address).system.get_file_info("/out"),
            lambda: locate_output(address).open_tables().version("runs"),
        ):
            began = time.monotonic()
            with pytest.raises(StorageError, match=f"server was lost in {address}"):
                ask()
            assert time.monotonic() - began < SOON


def test_an_engine_that_waits_for_a_silent_store_is_interrupted(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(hadoop, "SILENT_SECONDS", 0.2)
    monkeypatch.setattr(hadoop, "_KNOWN_SILENT_SECONDS", 0.2)
    monkeypatch.setattr(answering, "_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(answering, "_AGAIN_SECONDS", 0.1)
    let_go, asked = threading.Event(), []
    ways = (lambda: asked.append("interrupted"), let_go.set)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        address = f"hdfs://127.0.0.1:{silent.getsockname()[1]}/census"

        def wait() -> None:
            with answering.while_stores_answer(["/data", address], *ways):
                let_go.wait(SOON)
                raise OSError("the channel is closed")

        with pytest.raises(StorageError, match=f"server was lost in {address}"):
            wait()
    assert (asked, let_go.is_set()) == (["interrupted"], True)


def test_a_namenode_that_answers_is_let_be(
    hadoop: MiniHadoop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answering, "_LOOK_SECONDS", 0.05)
    interrupted: list[int] = []
    ways = (lambda: interrupted.append(1),)
    with answering.while_stores_answer([f"{hadoop.address}/nowhere"], *ways):
        time.sleep(0.5)
    # What else goes wrong inside is told as it is.
    with pytest.raises(KeyError), answering.while_stores_answer([hadoop.address], *ways):
        raise KeyError
    assert interrupted == []


def test_what_a_namenode_refuses_is_told(hadoop: MiniHadoop) -> None:
    system = locate(hadoop.address).system
    hadoop.read_only(True)
    try:
        with pytest.raises(StorageError, match="in safe mode"):
            put(system, "/refused/a", b"a")
    finally:
        hadoop.read_only(False)
    system.create_dir("/limited")
    hadoop.limit_space("/limited", 1000)
    with pytest.raises(StorageError, match="quota of the folder is used up"):
        put(system, "/limited/a", b"a")
    # What should mark somebody's turn leaves no name behind, which would hold the output.
    with pytest.raises(StorageError, match="quota of the folder is used up"):
        create_new(f"{hadoop.address}/limited/turn", b"mine")
    assert system.get_file_info("/limited/turn").type == fs.FileType.NotFound


def test_access_that_is_refused_is_told(
    engine: Engine, hadoop: MiniHadoop, study: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HADOOP_USER_NAME", "somebody")
    with pytest.raises(StorageError, match="access is refused") as refused:
        run(engine, read_study(study), output=f"{hadoop.address}/theirs", progress=Progress(None))
    assert SECRET_ID not in str(refused.value)
    assert str(SECRET_SALES) not in str(refused.value)


def test_a_service_is_what_hadoop_calls_the_default(
    hadoop: MiniHadoop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="names no namenode"):
        locate("hdfs:///out")
    monkeypatch.setenv("HADOOP_CONF_DIR", str(hadoop.write_client_settings(tmp_path)))
    assert locate("hdfs:///out").root == f"{hadoop.address}/out"
    assert isinstance(locate("hdfs:///in").system.get_file_info("/in").mtime_ns, int)


def test_without_the_package_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tradegains.store.hadoop.is_native", lambda: False)
    for name in ("ARROW_LIBHDFS_DIR", "HADOOP_HOME"):
        monkeypatch.setenv(name, "/nowhere")
    with pytest.raises(InputError, match=r"pip install 'tradegains\[hdfs\]'"):
        locate("hdfs://names:8020/out")
    with pytest.raises(StudyError, match="needs the package hdfs-native"):
        locate_output("hdfs://names:8020/out")


def test_leftovers_go_and_runs_by_name(done: RunSummary, output: str) -> None:
    clean_and_retire(output, done.run_id)
