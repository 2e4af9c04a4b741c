"""Productivity distributions and welfare gains from trade, from an establishment census.

What the command `tradegains` does, from Python:

    study = tradegains.read_study("mystudy.toml")
    print(tradegains.check("mystudy.toml"))
    with tradegains.start_engine("embedded") as engine:
        tradegains.run(engine, study, output="results")
    tradegains.open_results("results").table("welfare", where={"level": "total"})

Decision: these names are looked up when they are first used, so that `import tradegains` loads no
engine and no library, and reading results none but what reading needs.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from tradegains.errors import require_file_locks

if TYPE_CHECKING:
    from tradegains.command.check import check_study as check
    from tradegains.engines.start import start_engine
    from tradegains.inputs.latest import read_study
    from tradegains.pipeline import run
    from tradegains.published.results import open_results

__version__ = "0.1.0"
__all__ = ["__version__", "check", "open_results", "read_study", "run", "start_engine"]

_PLACES = {
    "check": ("tradegains.command.check", "check_study"),
    "open_results": ("tradegains.published.results", "open_results"),
    "read_study": ("tradegains.inputs.latest", "read_study"),
    "run": ("tradegains.pipeline", "run"),
    "start_engine": ("tradegains.engines.start", "start_engine"),
}


def __getattr__(name: str) -> Any:
    """What the package offers, from the module that has it."""
    if name not in _PLACES:
        raise AttributeError(f"module 'tradegains' has no attribute {name!r}")
    require_file_locks()
    module, attribute = _PLACES[name]
    return getattr(import_module(module), attribute)


def __dir__() -> list[str]:
    """Names for a notebook to complete."""
    return sorted(__all__)
