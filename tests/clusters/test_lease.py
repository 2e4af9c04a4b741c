"""A lease lets one run at an output behind an address, and none be locked out by a dead one."""

import threading
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from uuid import uuid4

import pytest

from clusters.hadoop import MiniHadoop
from clusters.object_store import ObjectStore
from tradegains.errors import OutputBusyError
from tradegains.store import lease
from tradegains.store.lease import SILENT_SECONDS, Lease, held_lease
from tradegains.store.output import hold_output
from tradegains.store.shelves import Shelf, open_shelf

pytestmark = pytest.mark.only("embedded")

kept: list[AbstractContextManager[Lease]] = []
AT_ONCE = 8
ROUNDS = 3


class Memory:
    """A shelf in memory, whose server has a clock of its own."""

    address = "s3://bucket/out/.lease"

    def __init__(self) -> None:
        self.files: dict[str, tuple[bytes, datetime]] = {}
        # An hour beside everybody else's clock.
        self.now = datetime.now(UTC) - timedelta(hours=1)
        self.before_create: Callable[[], None] = lambda: None

    def times(self) -> Mapping[str, datetime]:
        return {name: written for name, (_, written) in self.files.items()}

    def create(self, name: str, content: bytes) -> bool:
        act, self.before_create = self.before_create, lambda: None
        act()
        if name in self.files:
            return False
        self.put(name, content)
        return True

    def put(self, name: str, content: bytes) -> None:
        self.files[name] = content, self.now

    def read(self, name: str) -> bytes | None:
        return self.files[name][0] if name in self.files else None

    def remove(self, name: str) -> None:
        self.files.pop(name, None)

    def pass_seconds(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def hold(shelf: Shelf, wait_seconds: float = 0.0) -> Lease:
    """A lease that is never let go."""
    holding = held_lease(shelf, "s3://bucket/out", wait_seconds=wait_seconds)
    kept.append(holding)  # else it would be let go at once
    return holding.__enter__()


def test_one_holds_and_the_next_follows_when_it_ends() -> None:
    shelf = Memory()
    with held_lease(shelf, "s3://bucket/out", wait_seconds=0) as first:
        with pytest.raises(OutputBusyError, match="another run holds the output") as busy:
            hold(shelf)
        first.require()
    assert busy.value.exit_code == 5
    assert "process" in str(busy.value)
    second = hold(shelf)
    assert second.number == first.number + 1
    assert set(shelf.files) == {"2"}  # nothing is left of the first


def test_a_dead_holder_is_taken_over_after_a_while_and_not_before() -> None:
    shelf = Memory()
    dead = hold(shelf)
    shelf.pass_seconds(SILENT_SECONDS - 1)
    with pytest.raises(OutputBusyError, match=f"last heard of {SILENT_SECONDS - 1:.0f} s ago"):
        hold(shelf)
    shelf.put(f"{dead.number}.beat", b"")
    shelf.pass_seconds(SILENT_SECONDS - 1)
    with pytest.raises(OutputBusyError):
        hold(shelf)
    shelf.pass_seconds(2)
    heir = hold(shelf)
    heir.require()
    with pytest.raises(OutputBusyError, match="has taken the output over"):
        dead.require()


def test_who_comes_late_with_a_lower_number_finds_the_higher() -> None:
    shelf = Memory()

    def others_meanwhile() -> None:
        for _ in range(2):
            with held_lease(shelf, "s3://bucket/out", wait_seconds=0):
                pass
        hold(shelf)

    shelf.before_create = others_meanwhile  # between its look and its try
    with pytest.raises(OutputBusyError):
        hold(shelf)
    assert set(shelf.files) == {"3"}


def test_a_waiting_run_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "_RETRY_SECONDS", 0.01)
    shelf = Memory()
    first = hold(shelf)
    threading.Timer(0.1, first.release).start()
    assert hold(shelf, wait_seconds=10).number == 2


def test_a_holder_is_heard_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lease, "BEAT_SECONDS", 0.01)
    shelf = Memory()
    with held_lease(shelf, "s3://bucket/out", wait_seconds=0) as held:
        for _ in range(500):
            if f"{held.number}.beat" in shelf.files:
                break
            threading.Event().wait(0.01)
        shelf.pass_seconds(SILENT_SECONDS + 1)
        threading.Event().wait(0.1)  # it beats on
        with pytest.raises(OutputBusyError):
            hold(shelf)


def race(address: str) -> None:
    """Of several at once one holds a lease, and then the next."""
    for _ in range(ROUNDS):
        place = f"{address}/race-{uuid4().hex}"
        opened = [open_shelf(place) for _ in range(AT_ONCE)]
        with ThreadPoolExecutor(AT_ONCE) as threads:
            taken = [each for each in threads.map(lease._taken, opened) if each]
        assert [each.number for each in taken] == [1]
        taken[0].release()
        with ThreadPoolExecutor(AT_ONCE) as threads:
            taken = [each for each in threads.map(lease._taken, opened) if each]
        assert [each.number for each in taken] == [2]
        taken[0].release()


def test_one_of_several_on_hdfs(hadoop: MiniHadoop) -> None:
    race(hadoop.address)


def test_one_of_several_on_an_object_store(store: ObjectStore) -> None:
    race(store.address)


@pytest.fixture(params=["hdfs", "s3"])
def address(request: pytest.FixtureRequest) -> str:
    server = request.getfixturevalue("hadoop" if request.param == "hdfs" else "store")
    return f"{server.address}/held"


def test_an_output_is_held_by_one(address: str) -> None:
    with (
        hold_output(address) as held,
        pytest.raises(OutputBusyError, match=f"process .* in {address}"),
        hold_output(address),
    ):
        pass
    held.open_tables().require_held()
    with hold_output(address):
        pass
