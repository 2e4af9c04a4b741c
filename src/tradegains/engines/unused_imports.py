"""What PySpark and Arrow import and no run uses: pandas, and IPython where it is installed.

PySpark's client for the embedded engine imports pandas to know a data frame of pandas that it is
handed, and IPython to know how wide the terminal is; Arrow imports pandas as soon as it makes an
array of a list. That is a third of a second of every run, as long as it takes to match a small
census, and nobody hands them anything of the kind here.

While the client is imported, stand-ins are in the place of pandas, which import it the moment that
one of their names is used; then they are taken away, and whoever imports pandas gets pandas. A
process that has it already keeps it.

Decision: for the command's own process alone. Another thread that imported pandas meanwhile would
get a stand-in for it, so a program that starts an engine imports what PySpark imports.
"""

import contextlib
import sys
from collections.abc import Iterator, Sequence
from importlib import import_module, metadata
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any, Final

_PANDAS: Final = "pandas"
_TERMINAL: Final = "IPython"


class _FrameKind(type):
    """Answers whether something is a data frame; before pandas is imported, nothing is."""

    def __instancecheck__(cls, each: object) -> bool:
        pandas = sys.modules.get(_PANDAS)
        return pandas is not None and isinstance(each, pandas.DataFrame)

    def __call__(cls, *values: Any, **named: Any) -> Any:
        return import_module(_PANDAS).DataFrame(*values, **named)


class _DataFrame(metaclass=_FrameKind):
    """In the place of `pandas.DataFrame`."""


class _StandIn(ModuleType):
    """In the place of pandas or a module of it: a name is looked up there once it is called."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        if sys.modules.get(self.__name__) is not self:
            return getattr(import_module(self.__name__), name)

        def called(*values: Any, **named: Any) -> Any:
            return getattr(import_module(self.__name__), name)(*values, **named)

        return called


class _Hidden(MetaPathFinder):
    """Finds that there is no such package."""

    def __init__(self, package: str) -> None:
        self._package = package

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> None:
        if name.partition(".")[0] == self._package:
            raise ModuleNotFoundError(f"{name} is not needed", name=name)


class _InPlaceOfPandas(MetaPathFinder, Loader):
    """Finds stand-ins for pandas and its modules."""

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        is_pandas = name.partition(".")[0] == _PANDAS
        return ModuleSpec(name, self, is_package=True) if is_pandas else None

    def create_module(self, spec: ModuleSpec) -> ModuleType:
        return _StandIn(spec.name)

    def exec_module(self, module: ModuleType) -> None:
        if module.__name__ == _PANDAS:
            vars(module).update(__version__=metadata.version(_PANDAS), DataFrame=_DataFrame)


def import_client() -> None:
    """Import PySpark's client: what it has no use for waits until something has.

    This is for a process of ours, in which no other thread imports anything. Without pandas on the
    machine, or with it in the process already, nothing is imported yet. A PySpark that needs more
    of pandas than stand-ins have is imported as it is when the engine starts.
    """
    if _PANDAS in sys.modules or not _is_installed(_PANDAS):
        return
    with contextlib.suppress(ImportError, AttributeError, TypeError), _stand_ins():
        import pyspark.sql.connect.session  # noqa: F401


@contextlib.contextmanager
def _stand_ins() -> Iterator[None]:
    try:
        with _first_asking(_Hidden(_TERMINAL)), _first_asking(_InPlaceOfPandas()):
            yield
    finally:
        for name in [name for name, each in sys.modules.items() if isinstance(each, _StandIn)]:
            del sys.modules[name]


@contextlib.contextmanager
def _first_asking(finder: MetaPathFinder) -> Iterator[None]:
    """Ask this finder of modules before all others."""
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)


def keep_arrow_from_pandas() -> None:
    """Let Arrow look for pandas once, in vain: it does so again where it is asked for a data frame.

    Arrow takes no series of pandas for an array from then on, so this is for a process of ours.
    """
    if _PANDAS in sys.modules:
        return
    import pyarrow as pa

    with _first_asking(_Hidden(_PANDAS)):
        pa.array([0])


def _is_installed(package: str) -> bool:
    with contextlib.suppress(metadata.PackageNotFoundError):
        return bool(metadata.version(package))
    return False
