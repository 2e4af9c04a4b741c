"""A network of this process's own, in which nobody else on the machine can see a port.

The embedded engine listens on the loopback and asks nobody who they are, and the loopback is every
user's. Linux can give a process a loopback of its own (a network namespace), which other users can
neither see nor enter; root can. It has no way out: that is for a run whose paths are all local.

- root: the network alone, with root's rights as they were.
- anyone else: together with a user namespace that maps the user and group to themselves, which is
  what lets an ordinary user make a network. Its capabilities are given up at once. Files are as
  before, those of supplementary groups too.
- not with some of root's rights only, as root has in a container: the user namespace would take
  them away.
- not while the process has a second thread, which would stay outside; so it has to be done before
  numpy or pyarrow are imported, and a notebook is always too late.

It is tried in a child first, because a kernel may give the namespace and then refuse what it is
for: this process would be left without a network at all.
"""

import contextlib
import ctypes
import fcntl
import os
import socket
import struct
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Final

_NEW_USER: Final = 0x1000_0000
_NEW_NETWORK: Final = 0x4000_0000
_GET_FLAGS: Final = 0x8913  # SIOCGIFFLAGS
_SET_FLAGS: Final = 0x8914  # SIOCSIFFLAGS
_REQUEST: Final = struct.Struct("16sH22x")  # struct ifreq: name, flags
_UP: Final = 1
_CAPABILITIES: Final = 0x2008_0522  # version 3: two words of 32 bits for each of three sets
_MAY_ADMINISTRATE: Final = 1 << 21  # CAP_SYS_ADMIN

_entered: list[int] = []  # the process that has a network of its own: this one, once it has entered


def is_remote(path: str) -> bool:
    """Whether a path is an address that needs the machine's network.

    Example:
        >>> is_remote("s3://bucket/census"), is_remote("file:///data"), is_remote("/data")
        (True, False, False)
    """
    scheme, separator, _ = path.partition("://")
    return bool(separator) and scheme != "file"


def in_own_network() -> bool:
    """Whether this process, or the one that it was forked from, has entered one."""
    return bool(_entered)


def enter_own_network(paths: Iterable[str]) -> str | None:
    """Enter a network of this process's own, if nothing that it reads or writes is elsewhere.

    Args:
        paths: everything that will be read or written.

    Returns:
        None when the process is in one; otherwise why it is not, and then nothing has changed.

    Example:
        >>> enter_own_network(["/data/census", "s3://bucket/results"])
        's3://bucket/results is not on this machine'
    """
    if in_own_network():
        return None
    reason = _hindrance(paths)
    if reason is None and (reason := _tried_in_a_child()) is None:
        _enter()
        _entered.append(os.getpid())
    return reason


def _hindrance(paths: Iterable[str]) -> str | None:
    """Why it need not be tried."""
    for path in paths:
        if is_remote(path):
            return f"{path} is not on this machine"
    if not sys.platform.startswith("linux"):
        return "only Linux has namespaces"
    try:
        threads = len(os.listdir("/proc/self/task"))
        rights = _rights()
    except (OSError, StopIteration, ValueError):
        return "/proc cannot be read"
    if threads > 1:
        return f"this process has {threads} threads already"
    if rights and not rights & _MAY_ADMINISTRATE:
        return "this process has some of root's rights and not the one to make namespaces"
    return None


def _rights() -> int:
    """The capabilities in force, as bits."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return int(next(line for line in lines if line.startswith("CapEff:")).split()[1], 16)


def _tried_in_a_child() -> str | None:
    """Why a network of its own is not to be had here; None when a child could make one."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        with contextlib.suppress(BaseException):
            os.write(writing, _failure().encode())
        os._exit(0)
    os.close(writing)
    with os.fdopen(reading) as answer:
        failed = answer.read()
    os.waitpid(child, 0)
    return None if failed == "works" else failed or "it could not be tried"


def _failure() -> str:
    try:
        _enter()
    except OSError as error:
        return f"namespaces are refused here ({error.strerror})"
    return "works" if _is_closed() else "another interface is up in it"


def _is_closed() -> bool:
    """Whether the loopback carries a connection, and is the only interface that is up.

    Where the kernel has tunnels, a new network has one of each, down.
    """
    with socket.create_server(("127.0.0.1", 0)) as server:
        socket.create_connection(server.getsockname(), timeout=5).close()
    with _any_socket() as handle:
        return [name for _, name in socket.if_nameindex() if _flags(handle, name) & _UP] == ["lo"]


def _enter() -> None:
    """Make the namespaces and enter them; OSError says what was refused."""
    user, group = os.geteuid(), os.getegid()
    administrator = bool(_rights() & _MAY_ADMINISTRATE)
    _call("unshare", _NEW_NETWORK if administrator else _NEW_NETWORK | _NEW_USER)
    if not administrator:
        Path("/proc/self/setgroups").write_text("deny")
        Path("/proc/self/uid_map").write_text(f"{user} {user} 1")
        Path("/proc/self/gid_map").write_text(f"{group} {group} 1")
    _raise_loopback()
    if not administrator:
        _drop_rights()


def _raise_loopback() -> None:
    with _any_socket() as handle:
        request = _REQUEST.pack(b"lo", _flags(handle, "lo") | _UP)
        fcntl.ioctl(handle, _SET_FLAGS, request)


def _any_socket() -> socket.socket:
    """A handle for questions about interfaces; nothing is sent."""
    return socket.socket(socket.AF_INET, socket.SOCK_DGRAM)


def _flags(handle: socket.socket, interface: str) -> int:
    answer = fcntl.ioctl(handle, _GET_FLAGS, _REQUEST.pack(interface.encode(), 0))
    return int(_REQUEST.unpack(answer)[1])


def _drop_rights() -> None:
    """Give up every capability that came with the user namespace."""
    header = (ctypes.c_uint32 * 2)(_CAPABILITIES, 0)
    _call("capset", header, (ctypes.c_uint32 * 6)())


def _call(name: str, *arguments: object) -> None:
    """Call a function of the C library that returns 0, or -1 and errno."""
    try:
        function = getattr(ctypes.CDLL(None, use_errno=True), name)
    except AttributeError as error:
        raise OSError(None, f"the C library has no {name}") from error
    if function(*arguments):
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
