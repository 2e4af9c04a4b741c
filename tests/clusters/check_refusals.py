"""What is wrong from the start: told soon with an exit code, and nothing published meanwhile.

Then the same command completes. Each by the command itself, in a process of its own, against real
servers. Minutes, so not part of the usual suite: `make cluster-check` runs it.
"""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from clusters.clocks import an_hour_ahead
from clusters.hadoop import MiniHadoop, free_port
from clusters.object_store import ObjectStore
from clusters.small_runs import digests
from clusters.submitting import upload
from small_study import write_small_study
from tradegains.store.output import locate_output

pytestmark = pytest.mark.only("embedded")

SOON = 15.0  # seconds, within which a user hears what is wrong
USER = "somebody"
LOST, REFUSED = "the connection to the server was lost", "the connection is refused"


@dataclass(frozen=True)
class Ended:
    """What a command said, its exit code, and how long it took [s]."""

    code: int
    told: str
    seconds: float


def run_study(study: Path, *words: str, environment: Mapping[str, str] | None = None) -> Ended:
    began = time.monotonic()
    command = [sys.executable, "-m", "tradegains.command.cli", "run", str(study), *words]
    ended = subprocess.run(
        command, capture_output=True, text=True, env=os.environ | dict(environment or {})
    )
    return Ended(ended.returncode, ended.stdout + ended.stderr, time.monotonic() - began)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_small_study(tmp_path_factory.mktemp("small"))


@pytest.fixture(scope="module")
def local(study: Path) -> dict[str, str]:
    """Digests of the study on this machine's disk."""
    output = study.parent / "out"
    assert run_study(study, f"--output={output}").code == 0
    return digests(str(output))


def refused(ended: Ended, told: str, where: str, capsys: pytest.CaptureFixture[str]) -> None:
    with capsys.disabled():
        print(f"{ended.seconds:.1f} s: {told} in {where}")
    assert ended.code == 1, ended.told
    assert told in ended.told
    assert where in ended.told
    assert "Traceback" not in ended.told
    assert ended.seconds < SOON


# --- HDFS -----------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Trouble:
    """What is wrong with the servers at the path of an output, what a user reads, and its end."""

    told: str
    begin: Callable[[MiniHadoop, str], object]
    end: Callable[[MiniHadoop, str], object]
    environment: Mapping[str, str] = field(default_factory=dict)


def limit(servers: MiniHadoop, path: str) -> None:
    servers.files.mkdirs(servers.path(path))
    servers.limit_space(path, 1000)


TROUBLES = {
    "namenode down": Trouble(
        REFUSED, lambda servers, _: servers.stop_namenode(),
        lambda servers, _: servers.start_namenode(),
    ),
    "namenode silent": Trouble(
        LOST, lambda servers, _: servers.pause(), lambda servers, _: servers.go_on()
    ),
    "no datanode": Trouble(
        LOST, lambda servers, _: servers.stop_datanode(),
        lambda servers, _: servers.start_datanode(),
    ),
    "safe mode": Trouble(
        "in safe mode", lambda servers, _: servers.read_only(True),
        lambda servers, _: servers.read_only(False),
    ),
    "quota": Trouble(
        "quota of the folder is used up", limit,
        lambda servers, path: servers.limit_space(path, -1),
    ),
    "permission": Trouble(
        "access is refused", lambda servers, path: servers.files.mkdirs(servers.path(path)),
        lambda servers, path: servers.files.setOwner(servers.path(path), USER, USER),
        {"HADOOP_USER_NAME": USER},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", TROUBLES)
def test_hdfs(
    name: str, hadoop: MiniHadoop, study: Path, local: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    trouble, path = TROUBLES[name], f"/{name.replace(' ', '-')}"
    output = f"{hadoop.address}{path}"
    trouble.begin(hadoop, path)
    try:
        ended = run_study(study, f"--output={output}", environment=trouble.environment)
    finally:
        trouble.end(hadoop, path)
    refused(ended, trouble.told, output, capsys)
    completes(study, output, local, trouble.environment)


def completes(
    study: Path, output: str, local: dict[str, str], environment: Mapping[str, str]
) -> None:
    """Nothing is published yet; the same command publishes what a local run does."""
    with pytest.MonkeyPatch.context() as patched:
        for key, value in environment.items():
            patched.setenv(key, value)
        assert locate_output(output).open_tables().read("runs").num_rows == 0
        again = run_study(study, f"--output={output}")
        assert again.code == 0, again.told
        assert digests(output) == local


def test_a_wrong_port(
    hadoop: MiniHadoop, study: Path, local: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    wrong = f"hdfs://127.0.0.1:{free_port()}/port"
    refused(run_study(study, f"--output={wrong}"), REFUSED, wrong, capsys)
    completes(study, f"{hadoop.address}/port", local, {})


def test_a_census_of_somebody_else(
    hadoop: MiniHadoop, study: Path, local: dict[str, str], tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    census, folder = f"{hadoop.address}/theirs/census", hadoop.path("/theirs")
    upload(study, census)
    permission = hadoop.java.org.apache.hadoop.fs.permission.FsPermission
    words = (f"--input=census={census}", f"--output={tmp_path / 'out'}")
    hadoop.files.setPermission(folder, permission("700"))
    ended = run_study(study, *words, environment={"HADOOP_USER_NAME": USER})
    refused(ended, "access is refused", census, capsys)
    hadoop.files.setPermission(folder, permission("755"))
    again = run_study(study, *words, environment={"HADOOP_USER_NAME": USER})
    assert again.code == 0, again.told
    assert digests(str(tmp_path / "out")) == local


def test_another_clock_does_not_matter_on_hdfs(
    hadoop: MiniHadoop, study: Path, local: dict[str, str]
) -> None:
    census, output = f"{hadoop.address}/early/census", f"{hadoop.address}/early-out"
    upload(study, census)
    words = (f"--input=census={census}", f"--output={output}")
    ahead = run_study(study, *words, environment=an_hour_ahead())
    assert ahead.code == 0, ahead.told
    assert digests(output) == local
    now = run_study(study, *words)
    assert (now.code, "is published already" in now.told) == (0, True), now.told


# --- an object store ------------------------------------------------------------------------------


def test_nobody_listens(
    store: ObjectStore, study: Path, local: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    output = f"{store.address}/nobody"
    elsewhere = {"AWS_ENDPOINT_URL": f"http://127.0.0.1:{free_port()}"}
    refused(run_study(study, f"--output={output}", environment=elsewhere), REFUSED, output, capsys)
    completes(study, output, local, {})


@pytest.mark.parametrize("silent", [False, True])
def test_a_store_that_answers_nothing(
    silent: bool, store: ObjectStore, study: Path, local: dict[str, str],
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    output = f"{store.address}/nothing-{silent}"
    store.behave(gone_after_puts=-1, silent=silent)
    try:
        ended = run_study(study, f"--output={output}")
    finally:
        store.behave()
    refused(ended, LOST, output, capsys)
    completes(study, output, local, {})


def test_a_bucket_that_is_not_there(
    store: ObjectStore, study: Path, local: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    output = "s3://new-bucket/out"
    refused(run_study(study, f"--output={output}"), "the bucket does not exist", output, capsys)
    store.make_bucket("new-bucket")
    completes(study, output, local, {})


def test_keys(
    store: ObjectStore, study: Path, local: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    """An unknown user, a wrong secret, a user who may only look, and one who may write."""
    output = f"{store.address}/keys"
    writer, reader = store.keys_of("writer", "s3:*"), store.keys_of("reader", "s3:List*", "s3:Get*")
    unknown = {"AWS_ACCESS_KEY_ID": "AKIANOBODYATALLXXXXX"}
    wrong = {"AWS_ACCESS_KEY_ID": writer["AWS_ACCESS_KEY_ID"]}
    store.demand_keys(True)
    try:
        for keys, told in (
            (unknown, "the credentials are refused"),
            (wrong, "the credentials are refused"),
            (reader, "access is refused"),
        ):
            ended = run_study(study, f"--output={output}", environment=keys)
            refused(ended, told, output, capsys)
        again = run_study(study, f"--output={output}", environment=writer)
    finally:
        store.demand_keys(False)
    assert again.code == 0, again.told
    assert digests(output) == local


def test_another_clock(
    store: ObjectStore, study: Path, local: dict[str, str], capsys: pytest.CaptureFixture[str]
) -> None:
    output = f"{store.address}/clock"
    told = "the clock of this machine is not that of the object store"
    ahead = run_study(study, f"--output={output}", environment=an_hour_ahead())
    refused(ahead, told, output, capsys)
    completes(study, output, local, {})
