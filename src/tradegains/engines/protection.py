"""Who may reach the port of the embedded engine: nobody but the run itself, in one of three ways.

Decision: whoever reaches the port can read, write and run what the run's user can, and Sail asks
nobody who they are. So a start is refused where the port cannot be kept from other users of the
machine, unless somebody says that there are none.

1. A network of the process's own (`own_network`), where a command reads and writes local paths.
2. The port closed behind the run's own connection (`closed_port`), everywhere else; a stranger who
   was quicker ends the process.
3. Neither, only where the machine is declared unshared.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, Literal

from tradegains.engines.closed_port import can_close_ports
from tradegains.engines.environment import is_on
from tradegains.engines.own_network import enter_own_network, in_own_network
from tradegains.errors import EngineError, Problem

UNSHARED: Final = "TRADEGAINS_UNSHARED_MACHINE"
UNSHARED_OPTION: Final = "--unshared-machine"

_reasons: list[str] = []  # why this process has no network of its own, once it has tried


@dataclass(frozen=True)
class Protection:
    """How other users of the machine are kept from the engine."""

    way: Literal["own network", "closed port", "unshared machine"]
    told: str


def keep_others_out(paths: Iterable[str]) -> None:
    """Take a network of this process's own if it can be had; for a command, before its imports.

    Args:
        paths: everything that will be read or written. Nothing else can be reached afterwards.
    """
    reason = enter_own_network(paths)
    _reasons[:] = [] if reason is None else [reason]


def choose_protection(*, unshared: bool = False) -> Protection:
    """How an engine that starts in this process is kept from others.

    Args:
        unshared: Nobody else uses this machine; so says TRADEGAINS_UNSHARED_MACHINE as well.

    Raises:
        EngineError: it cannot be, and the machine is not declared unshared.

    Example:
        >>> choose_protection().way in ("own network", "closed port")
        True
    """
    if in_own_network():
        return Protection("own network", "its port is in a network that only this process sees")
    why = _reasons[0] if _reasons else "this process was not started by a command of tradegains"
    if can_close_ports():
        told = f"its port closes behind its own connection; no network of its own, since {why}"
        return Protection("closed port", told)
    if unshared or is_on(UNSHARED):
        told = "its port is open to every user of this machine, which is declared to have no other"
        return Protection("unshared machine", told)
    raise EngineError(
        Problem(
            "the embedded engine's port cannot be kept from other users of this machine: no "
            f"network of its own, since {why}, and its descriptors cannot be listed",
            cure=f"use --engine spark; or, where nobody else can log in, {UNSHARED_OPTION} "
            f"(or {UNSHARED}=1)",
        )
    )
