"""Keys that studies of earlier versions lack, and what they meant without them.

A study that was written before a choice was asked runs on, with what the code took then; each such
choice is told, and stands in the resolved study beside the results.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Any, Final

from tradegains.study.model import Regressions, Study

Filled = Iterator[tuple[str, Any]]

HOME: Final = ("home",)
_TARIFFS: Final[dict[str, Any]] = {"measure": "points", "change": "applied", "per": "window"}
_TABLES: Final = frozenset({"tariff_cuts", "product_tariffs", "input_output"})


def with_earlier_meaning(study: Study) -> tuple[Study, list[str]]:
    """The study with what earlier versions took for keys that it lacks, and a line for each.

    Args:
        study: as its file states it, not yet checked.

    Example:
        >>> from tradegains.study.earlier import not_stated
        >>> not_stated("[regressions] exit_cuts", ("home",))
        '[regressions] exit_cuts is not stated; taken as in earlier versions: exit_cuts = ["home"]'
    """
    if study.regressions is None:
        return study, []
    filled = dict(_of_regressions(study, study.regressions))
    regressions = replace(study.regressions, **filled)
    lines = [not_stated(f"[regressions] {key}", value) for key, value in filled.items()]
    study = replace(study, regressions=regressions)
    if not study.cut_kinds:
        return study, lines
    tariffs = {key: value for key, value in _TARIFFS.items() if getattr(study.tariffs, key) is None}
    lines += [not_stated(f"[tariffs] {key}", value) for key, value in tariffs.items()]
    return replace(study, tariffs=replace(study.tariffs, **tariffs)), lines


def not_stated(what: str, value: Any) -> str:
    """What is said of a key that is not stated, with the line that states it."""
    key = what.rpartition(" ")[2]
    return f"{what} is not stated; taken as in earlier versions: {key} = {_toml(value)}"


def _of_regressions(study: Study, stated: Regressions) -> Filled:
    given = study.inputs.given().keys()
    asked = {
        "exit_cuts": stated.exit_windows,
        "entry_cuts": stated.entry_windows,
        "growth_cuts": stated.entry_windows,
    }
    if given & _TABLES:
        yield from (
            (key, HOME)
            for key, windows in asked.items()
            if windows and getattr(stated, key) is None
        )
    if "plant_products" in given and stated.without_products is None:
        yield "without_products", "industry_cut"
    windows = [each for each in study.windows if each.name in stated.entry_windows]
    if windows and not stated.history_from and study.census.has("exports"):
        last = max(window.start for window in windows)
        yield "history_from", tuple(year for year in study.years if year <= last)


def _toml(value: Any) -> str:
    if isinstance(value, tuple):
        return f"[{', '.join(map(_toml, value))}]"
    return f'"{value}"' if isinstance(value, str) else str(value)
