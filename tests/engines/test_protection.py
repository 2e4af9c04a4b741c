"""The port of the embedded engine is for its own run: tried with other users of the machine.

Where the suite runs as root, processes of two ordinary users are made with setpriv: one that runs
the engine, and a stranger who knocks. The stranger does no more than connect.
"""

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import sysconfig
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

import tradegains
from small_study import write_small_study
from tradegains.engines import closed_port, environment, own_network, protection
from tradegains.errors import EngineError

OWNER, STRANGER = 62_001, 62_002
PATIENCE = 120  # seconds a process may take on a busy machine
LINUX = pytest.mark.skipif(not sys.platform.startswith("linux"), reason="namespaces are Linux's")

START = """
import sys
from tradegains.engines.protection import choose_protection, keep_others_out
keep_others_out(sys.argv[2:])
from tradegains.engines import closed_port, embedded, start
ports = []
connected = embedded._connected
embedded._connected = lambda host, port: ports.append(port) or connected(host, port)
engine = start.start_engine("embedded", threads=1, memory="100m", scratch=sys.argv[1])
print(choose_protection().way, ports[0], flush=True)
sys.stdin.readline()
print(engine.spark.range(7).count(), flush=True)
engine.close()
"""
KNOCK = """
import socket, sys
try:
    socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=10).close()
    print("let in")
except OSError as error:
    print(error.strerror)
"""


def as_user(user: int, python: str) -> list[str]:
    """A command's first words: a Python process of an ordinary user, with the suite's packages."""
    paths = [str(Path(tradegains.__file__).parents[1]), sysconfig.get_paths()["purelib"]]
    settings = [f"PYTHONPATH={os.pathsep.join(paths)}", "PYTHONDONTWRITEBYTECODE=1", "HOME=/"]
    ids = [f"--reuid={user}", f"--regid={user}", "--clear-groups"]
    return ["setpriv", *ids, "env", *settings, python]


@pytest.fixture(scope="module")
def python() -> str:
    """A Python that ordinary users may run; the suite's own may lie in a folder of root's."""
    if os.geteuid() != 0 or shutil.which("setpriv") is None:
        pytest.skip("needs root and setpriv, to be two ordinary users")
    name = f"python{sys.version_info.major}.{sys.version_info.minor}"
    for candidate in (sys.executable, f"/usr/bin/{name}"):
        with contextlib.suppress(OSError):
            command = [*as_user(OWNER, candidate), "-c", "import pysail.spark, tradegains.study"]
            if subprocess.run(command, capture_output=True, timeout=PATIENCE).returncode == 0:
                return candidate
    pytest.skip(f"no {name} with the suite's packages that an ordinary user may run")


@contextlib.contextmanager
def running(command: Sequence[str]) -> Iterator[subprocess.Popen[str]]:
    """A process to talk to, gone in the end."""
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with subprocess.Popen(command, text=True, **pipes) as process:
        try:
            yield process
        finally:
            process.kill()


def own_folder(path: Path, user: int) -> str:
    path.mkdir(mode=0o700)
    os.chown(path, user, user)
    for above in path.parents:  # pytest's folders are root's alone
        if above.stat().st_uid == 0 and above.stat().st_mode & 0o001 == 0:
            above.chmod(above.stat().st_mode | 0o001)
    return str(path)


def knock(python: str, port: str) -> str:
    command = [*as_user(STRANGER, python), "-c", KNOCK, port]
    answer = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
    return answer.stdout.strip() or answer.stderr


# --- two users ------------------------------------------------------------------------------------


@LINUX
@pytest.mark.only("embedded")
@pytest.mark.parametrize("user", [OWNER, 0], ids=["ordinary user", "root"])
@pytest.mark.parametrize(
    ("path", "way"), [("/data/census", "own network"), ("s3://bucket/census", "closed port")]
)
def test_a_stranger_cannot_reach_the_engine(
    python: str, tmp_path: Path, user: int, path: str, way: str
) -> None:
    folder = own_folder(tmp_path / "scratch", user)
    with running([*as_user(user, python), "-c", START, folder, path]) as process:
        found, _, port = process.stdout.readline().strip().rpartition(" ")
        if not found:
            pytest.fail(process.stderr.read())
        if way == "own network" and found == "closed port":
            pytest.skip("namespaces are refused on this machine")
        assert found == way
        assert knock(python, port) == "Connection refused"
        told, errors = process.communicate("go on\n", timeout=PATIENCE)
    assert (told, errors, process.returncode) == ("7\n", "", 0)
    assert os.listdir(folder) == []


OPEN = START.replace(
    "engine =", "start.choose_protection = lambda **_: protection\nengine ="
).replace(
    "from tradegains.engines import",
    "from tradegains.engines.protection import Protection\n"
    "protection = Protection('unshared machine', '')\nfrom tradegains.engines import",
)


@pytest.mark.only("embedded")
def test_a_machine_declared_unshared_lets_everybody_in(python: str, tmp_path: Path) -> None:
    # So does the same code see the difference.
    folder = own_folder(tmp_path / "scratch", OWNER)
    with running([*as_user(OWNER, python), "-c", OPEN, folder, "s3://bucket"]) as process:
        port = process.stdout.readline().split()[-1]
        assert knock(python, port) == "let in"


PUBLISH = """
import json, os, sys
from tradegains.engines.protection import Protection, keep_others_out
way, folder = sys.argv[1:]
if way == "own network":
    keep_others_out([folder])
from tradegains.engines import start
if way == "unshared machine":
    start.choose_protection = lambda **_: Protection(way, "")
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.writers import open_delta
from tradegains.store.runs import published_runs
from tradegains.study import read_study
found = start.choose_protection()
if found.way != way:
    sys.exit(found.told)
with start.start_engine("embedded", threads=1, memory="100m", scratch=folder) as engine:
    study = read_study(f"{folder}/study.toml")
    run(engine, study, output=f"{folder}/{way}", progress=Progress(None))
(published,) = published_runs(open_delta(f"{folder}/{way}/tables")).to_pylist()
told = {table["name"]: table["digest"] for table in published["tables"]}
print(json.dumps(told), flush=True)
os._exit(0)  # as the command does: left to Python's end, a library's thread has aborted it once
"""


@LINUX
@pytest.mark.only("embedded")
def test_every_way_publishes_the_same(tmp_path: Path) -> None:
    write_small_study(tmp_path)
    found = {}
    for way in ("own network", "closed port", "unshared machine"):
        command = [sys.executable, "-c", PUBLISH, way, str(tmp_path)]
        ended = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE)
        if way == "own network" and "no network of its own" in ended.stderr:
            pytest.skip(ended.stderr)
        assert ended.returncode == 0, ended.stderr
        found[way] = json.loads(ended.stdout)
    assert found["own network"]
    assert found["own network"] == found["closed port"] == found["unshared machine"]


EARLY = """
import socket, subprocess, sys
from tradegains.engines import embedded, start
serve = embedded._sail_server

def serve_two():
    server = serve()
    port = str(server.listening_address[1])
    child = subprocess.Popen(sys.argv[2:] + [port], stdout=subprocess.PIPE, text=True)
    child.stdout.readline()
    return server

embedded._sail_server = serve_two
start.start_engine("embedded", threads=1, memory="100m", scratch=sys.argv[1])
print("went on")
"""
STAYS = """
import socket, sys
connection = socket.create_connection(("127.0.0.1", int(sys.argv[1])), timeout=60)
print("let in", flush=True)
while connection.recv(1000):  # until the engine's process has ended
    pass
"""


def starting(python: str, folder: Path, stranger: str) -> subprocess.CompletedProcess[str]:
    """A process whose engine lets a stranger connect before its own client does."""
    command = [*as_user(STRANGER, python), "-c", stranger]
    return subprocess.run(
        [sys.executable, "-c", EARLY, str(folder), *command],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
    )


@pytest.mark.only("embedded")
def test_the_process_ends_when_a_stranger_was_quicker(python: str, tmp_path: Path) -> None:
    ended = starting(python, tmp_path, STAYS)
    assert "somebody else connected to the embedded engine" in ended.stderr
    assert "cure: " in ended.stderr
    assert (ended.stdout, ended.returncode) == ("", 1)
    assert list(tmp_path.iterdir()) == []


@LINUX
@pytest.mark.only("embedded")
def test_a_server_that_a_stranger_may_have_visited_is_not_used(python: str, tmp_path: Path) -> None:
    ended = starting(python, tmp_path, KNOCK)
    # The kernel remembers a visit that ended in order, and counts one that ended by a reset.
    words = ("somebody else connected", "connections that cannot be accounted for")
    assert any(text in ended.stderr for text in words)
    assert (ended.stdout, ended.returncode) == ("", 1)
    assert list(tmp_path.iterdir()) == []


# --- one user -------------------------------------------------------------------------------------


def test_an_address_elsewhere_needs_the_machines_network() -> None:
    reason = own_network.enter_own_network(["/data", "file:///data", "hdfs://names/census"])
    assert reason == "hdfs://names/census is not on this machine"


@LINUX
def test_a_process_with_threads_keeps_its_network(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listdir", lambda _: ["1", "2", "3"])
    assert own_network.enter_own_network(["/data"]) == "this process has 3 threads already"


@LINUX
def test_some_of_roots_rights_are_not_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "listdir", lambda _: ["1"])
    monkeypatch.setattr(own_network, "_rights", lambda: 1 << 1)  # to read every file
    assert "some of root's rights" in own_network.enter_own_network(["/data"])


@LINUX
def test_nothing_changes_where_a_child_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    def refused() -> None:
        raise PermissionError(1, "Operation not permitted")

    before = os.stat("/proc/self/ns/net").st_ino
    monkeypatch.setattr(own_network, "_enter", refused)
    reason = own_network._tried_in_a_child()
    assert reason == "namespaces are refused here (Operation not permitted)"
    assert os.stat("/proc/self/ns/net").st_ino == before
    assert not own_network.in_own_network()


def test_a_closed_port_keeps_its_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address) as client, server.accept()[0] as served:
            assert closed_port.close_port(address)
            with pytest.raises(ConnectionRefusedError):
                socket.create_connection(address)
            client.sendall(b"still here")
            assert served.recv(10) == b"still here"


def test_a_port_of_nobody_is_not_closed() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
    assert not closed_port.close_port(address)


def test_own_connections_are_no_strangers() -> None:
    watch = closed_port.Watch()
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        with socket.create_connection(address), server.accept()[0]:
            assert watch.strangers(address) == 0


def test_a_machine_on_which_nothing_helps_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(protection, "in_own_network", lambda: False)
    monkeypatch.setattr(protection, "can_close_ports", lambda: False)
    monkeypatch.delenv(protection.UNSHARED, raising=False)
    with pytest.raises(EngineError, match="cannot be kept from other users") as refusal:
        protection.choose_protection()
    assert protection.UNSHARED_OPTION in str(refusal.value)
    assert protection.choose_protection(unshared=True).way == "unshared machine"
    monkeypatch.setenv(protection.UNSHARED, "1")
    assert protection.choose_protection().way == "unshared machine"


def test_the_page_has_the_words_of_each_way(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (Path(__file__).parents[2] / "docs" / "security.md").read_text()
    told = []
    for own, closing in ((True, True), (False, True), (False, False)):
        monkeypatch.setattr(protection, "in_own_network", lambda own=own: own)
        monkeypatch.setattr(protection, "can_close_ports", lambda closing=closing: closing)
        told.append(protection.choose_protection(unshared=True).told.split(",")[0].split(";")[0])
    assert [f"| {words} |" in page for words in told] == [True] * 3
    assert protection.UNSHARED_OPTION in page
    assert f"{protection.UNSHARED}=1" in page


@pytest.mark.parametrize(("text", "on"), [("1", True), ("yes", True), ("0", False), ("", False)])
def test_switches_in_the_environment(
    monkeypatch: pytest.MonkeyPatch, text: str, *, on: bool
) -> None:
    monkeypatch.setenv("TRADEGAINS_X", text)
    assert environment.is_on("TRADEGAINS_X") is on


def test_who_was_at_the_port_of_an_earlier_engine_is_no_stranger() -> None:
    """Linux gives a free port again while ends of its last connections are still in the table."""
    with socket.create_server(("127.0.0.1", 0)) as earlier:
        address = earlier.getsockname()
        with socket.create_connection(address):
            earlier.accept()[0].close()  # who closes first keeps its end for a minute
    watch = closed_port.Watch()
    with socket.create_server(address) as server, socket.create_connection(address):
        taken, _ = server.accept()
        with taken:
            assert watch.strangers(address) == 0


def test_an_engine_that_starts_beside_this_one_is_no_stranger(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Its port is closed behind its client before this engine looks: both ends tell of it."""

    def table(*connections: tuple[int, int]) -> list[str]:
        ends = [f"0: 0100007F:{one:04X} 0100007F:{other:04X} 01" for one, other in connections]
        return ["sl local_address rem_address st", *ends]

    def machine(accepted: int, *connections: tuple[int, int]) -> None:
        texts = {"/proc/net/tcp": table(*connections)}
        texts["/proc/net/snmp"] = ["Tcp: PassiveOpens", f"Tcp: {accepted}"]
        monkeypatch.setattr(closed_port, "_lines", lambda path: texts.get(path, []))

    ours = ("127.0.0.1", 5001)
    machine(7)
    watch = closed_port.Watch()
    own, beside = [(5001, 40001), (40001, 5001)], [(5002, 40002), (40002, 5002)]
    machine(9, *own, *beside)
    assert watch.unexplained(ours) == 0
    machine(9, *own, (40003, 443))  # went to another machine, and was accepted there
    assert watch.unexplained(ours) == 1
