"""Closing the embedded engine's port behind its one client, and seeing whether another was in.

The server asks nobody who they are, and its loopback port is every user's. Once our own client is
connected nobody needs the port any more: the descriptor of the listening socket is replaced by
/dev/null, and whoever knocks from then on is refused by the kernel. Sail sees a listener to which
nobody comes.

What is left is the time between the server's first breath and that moment, some milliseconds in
which others could connect. A connection that is still there is found among the sockets of this
process. One that came and went leaves no row in the kernel's table when it ended by a reset, but
Linux counts every connection that the machine accepts: more than the table explains may have been
ours, and the server is not to be trusted.
"""

import contextlib
import os
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

_LISTENING: Final = "0A"
_TABLES: Final = ("/proc/net/tcp", "/proc/net/tcp6")
_COUNTERS: Final = "/proc/net/snmp"
_ACCEPTED: Final = "PassiveOpens"

Address = tuple[str, int]
Pairs = frozenset[frozenset[Address]]  # each connection by its two ends


def close_port(address: Address) -> bool:
    """Take a listening socket of this process from the network; its connections stay.

    Returns:
        False where no such socket is found, and then nothing has changed.
    """
    found = [number for number, each in _sockets() if _listens(each) and _near(each) == address]
    for number in found:
        nobody = os.open(os.devnull, os.O_RDONLY | os.O_CLOEXEC)
        os.dup2(nobody, number, inheritable=False)
        os.close(nobody)
    return bool(found)


def can_close_ports() -> bool:
    """Whether ports can be closed on this machine: tried with one that nobody knows.

    Example:
        >>> can_close_ports()
        True
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = server.getsockname()
        if not close_port(address):
            return False
        try:
            socket.create_connection(address, timeout=1).close()
        except OSError:
            return True
        return False


@dataclass(frozen=True)
class Watch:
    """Who connects to a port of this process that is not there yet when the watch begins."""

    accepted: int | None = field(default_factory=lambda: _accepted())
    known: Pairs = field(default_factory=lambda: _there())

    def strangers(self, address: Address) -> int:
        """Connections to the port that are there and not from this process itself."""
        ours = {_near(each) for _, each in _sockets() if _far(each) == address}
        served = {_far(each) for _, each in _sockets() if _near(each) == address} - {None}
        new = [pair for pair in _served(address[1]) - self.known if address in pair]
        return len((served | {far for pair in new for far in pair - {address}}) - ours)

    def unexplained(self, address: Address) -> int:
        """Connections accepted on this machine that are gone without a trace; 0 but on Linux.

        Each of them may have been one to the port.
        """
        if self.accepted is None:
            return 0
        # The table first: what comes in between counts as unexplained, never as explained.
        new = _served(address[1]) - self.known
        return max((_accepted() or 0) - self.accepted - len(new), 0)


def _sockets() -> Iterator[tuple[int, socket.socket]]:
    """The internet sockets of this process with their descriptors; they stay open."""
    for name in os.listdir("/dev/fd"):
        try:
            each = socket.socket(fileno=int(name))
        except OSError:  # no socket, or closed meanwhile
            continue
        try:
            if each.family in (socket.AF_INET, socket.AF_INET6):
                yield int(name), each
        finally:
            each.detach()


def _listens(each: socket.socket) -> bool:
    with contextlib.suppress(OSError):
        return bool(each.getsockopt(socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    return False


def _near(each: socket.socket) -> Address | None:
    with contextlib.suppress(OSError):
        return _plain(each.getsockname())
    return None


def _far(each: socket.socket) -> Address | None:
    with contextlib.suppress(OSError):
        return _plain(each.getpeername())
    return None


def _plain(address: tuple[str, int]) -> Address:
    """An address without its IPv6 form.

    Example:
        >>> _plain(("::ffff:127.0.0.1", 4040, 0, 0))
        ('127.0.0.1', 4040)
    """
    return address[0].removeprefix("::ffff:"), address[1]


def _there() -> Pairs:
    """All connections of the kernel's table, whoever listens: none of them is new later.

    A port that this engine is given may be one that an earlier engine had a minute ago, whose ends
    of connections are still there. A new connection between the very same ends is no new row, so
    it explains no accepted connection, and the server is given up.
    """
    return frozenset(map(frozenset, _ends(_rows())))


def _served(port: int = 0) -> Pairs:
    """The kernel's connections to ports of this machine.

    Of one that ended in order Linux keeps the end that closed it first for a minute. One whose port
    is closed by now, as that of an engine that started beside this one, is told by its two ends.

    Args:
        port: one that counts although nobody listens to it any more.
    """
    rows = _rows()
    listened = {_decoded(near)[1] for near, _, state in rows if state == _LISTENING} | {port}
    ends = _ends(rows)
    here = {near[0] for near, _ in ends}
    both = set(ends)
    return frozenset(
        frozenset((near, far))
        for near, far in ends
        if near[1] in listened or (far[1] in listened and far[0] in here) or (far, near) in both
    )


def _ends(rows: list[list[str]]) -> list[tuple[Address, Address]]:
    """Near and far end of each connection among the rows of the kernel's tables."""
    return [(_decoded(near), _decoded(far)) for near, far, state in rows if state != _LISTENING]


def _rows() -> list[list[str]]:
    """Near end, far end and state of each socket of the kernel's tables, in its own spelling."""
    return [row.split()[1:4] for table in _TABLES for row in _lines(table)[1:]]


def _accepted() -> int | None:
    """How many connections this machine has accepted so far; None where it does not say."""
    rows = [line.split() for line in _lines(_COUNTERS) if line.startswith("Tcp:")]
    return int(dict(zip(*rows, strict=True))[_ACCEPTED]) if len(rows) == 2 else None


def _lines(path: str) -> list[str]:
    with contextlib.suppress(OSError):
        return Path(path).read_text().splitlines()
    return []


def _decoded(text: str) -> Address:
    """An address of the kernel's table; of IPv6 only those that carry IPv4 matter here.

    Example:
        >>> _decoded("0100007F:0FC8") if sys.byteorder == "little" else ("127.0.0.1", 4040)
        ('127.0.0.1', 4040)
    """
    number, _, port = text.partition(":")
    packed = int(number[-8:], 16).to_bytes(4, sys.byteorder)
    return socket.inet_ntoa(packed), int(port, 16)
