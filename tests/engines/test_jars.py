"""`tradegains jars`: the right bytes or none, whatever the network does."""

import hashlib
import shlex
import socket
from dataclasses import replace
from pathlib import Path

import pytest

from tradegains.command.cli import main
from tradegains.engines import jars
from tradegains.engines.delta_jars import coordinates, jar_files
from tradegains.engines.jars import DELTA_JARS, Jar, collect_jars
from tradegains.errors import EngineError

CONTENT = {"delta-spark_4.2_2.13": b"the large one", "delta-storage": b"the small one"}


@pytest.fixture
def repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A mirror in a folder, with jars of a few bytes whose digests are the wanted ones."""
    small = tuple(
        replace(jar, sha256=hashlib.sha256(CONTENT[jar.artifact]).hexdigest()) for jar in DELTA_JARS
    )
    monkeypatch.setattr(jars, "DELTA_JARS", small)
    mirror = tmp_path / "mirror"
    for jar in small:
        place = Path(jar.url(str(mirror)))
        place.parent.mkdir(parents=True)
        place.write_bytes(CONTENT[jar.artifact])
    return mirror.as_uri()


def names(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()}


def test_the_jars_are_those_the_session_asks_for() -> None:
    spark, storage = DELTA_JARS
    assert f"{spark.group}:{spark.artifact}:{spark.version}" == coordinates()
    assert (storage.group, storage.version) == (spark.group, spark.version)


def test_jars_are_collected_once_and_the_session_takes_them(
    repository: str, tmp_path: Path
) -> None:
    folder = tmp_path / "new" / "jars"
    assert [each.new for each in collect_jars(folder, repository=repository)] == [True, True]
    assert [each.new for each in collect_jars(folder, repository=repository)] == [False, False]
    expected = {jar.name: CONTENT[jar.artifact] for jar in DELTA_JARS}
    assert names(folder) == {*expected, "SHA256SUMS"}
    assert {path.name: path.read_bytes() for path in jar_files(folder)} == expected


def test_digests_can_be_checked_by_anyone(repository: str, tmp_path: Path) -> None:
    list(collect_jars(tmp_path, repository=repository))
    lines = (tmp_path / "SHA256SUMS").read_text().splitlines()
    listed = {name: digest for digest, name in map(shlex.split, lines)}
    assert listed == {
        path.name: hashlib.sha256(path.read_bytes()).hexdigest() for path in tmp_path.glob("*.jar")
    }


def test_a_damaged_copy_is_replaced(repository: str, tmp_path: Path) -> None:
    damaged = tmp_path / DELTA_JARS[1].name
    damaged.write_bytes(b"half of it")
    assert [each.new for each in collect_jars(tmp_path, repository=repository)] == [True, True]
    assert damaged.read_bytes() == CONTENT["delta-storage"]


def test_other_bytes_are_refused_and_nothing_stays(repository: str, tmp_path: Path) -> None:
    served = Path(DELTA_JARS[0].url(str(tmp_path / "mirror")))
    served.write_bytes(b"a page of a proxy")
    folder = tmp_path / "jars"
    with pytest.raises(EngineError, match=f"the file is not {DELTA_JARS[0].name}"):
        list(collect_jars(folder, repository=repository))
    assert names(folder) == set()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@pytest.mark.parametrize("address", ["http://127.0.0.1:{port}", "file:///nowhere", "no address"])
def test_without_a_way_there_one_message_and_a_cure(
    address: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    mirror = address.format(port=free_port())
    assert main(["jars", "--to", str(tmp_path / "jars"), "--from", mirror]) == 1
    told = capsys.readouterr().err
    assert "no answer" in told
    assert "cure: run this on a machine with internet access" in told
    assert "Traceback" not in told
    assert names(tmp_path / "jars") == set()


def test_a_folder_that_cannot_be_made(tmp_path: Path) -> None:
    (tmp_path / "taken").write_text("")
    with pytest.raises(EngineError, match="cannot be written"):
        list(collect_jars(tmp_path / "taken", repository="file:///nowhere"))


def test_dry_run_names_the_files_and_does_nothing(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jars", "--to", str(tmp_path / "jars"), "--dry-run"]) == 0
    told = capsys.readouterr().out
    for jar in DELTA_JARS:
        assert jar.url(jars.MAVEN_CENTRAL) in told
        assert jar.sha256 in told
    assert not (tmp_path / "jars").exists()


def test_the_command_says_what_to_do_next(
    repository: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["jars", "--to", str(tmp_path / "jars"), "--from", repository]) == 0
    told = capsys.readouterr().out
    assert f"--jars-dir {tmp_path / 'jars'}" in told


def test_an_address_with_a_slash_at_its_end() -> None:
    assert Jar("a.b", "c", "1", "").url("https://x/") == "https://x/a/b/c/1/c-1.jar"
