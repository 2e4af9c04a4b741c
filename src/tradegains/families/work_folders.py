"""Names of the work folders that only carry rows from one pass to the next."""

from typing import Final

from tradegains.results.sets import entry_windows
from tradegains.study import Study, Window

MATCHED: Final = "matched"
WITHOUT_DUPLICATES: Final = "matched_without_duplicates"
QUARANTINED: Final = "quarantined"
STOPPING: Final = "stopping"  # which stays to be read, as those that are quarantined
PLANT_CUTS: Final = "plant_cuts"
WITH_REPAIRED_IDS: Final = "matched_with_repaired_ids"
SPREAD: Final = "spread_contributors"
EVIDENCE_SPREAD: Final = "evidence_spread"
EVIDENCE_CELLS: Final = "evidence_cells"
EVIDENCE_SECOND: Final = "evidence_second"


def exit_rows(window: Window) -> str:
    """Of the establishments of a window's first year, with what explains their exit."""
    return f"exit_rows_{window.name}"


def never_exporters(window: Window) -> str:
    """Of the establishments that never exported up to a window's first year."""
    return f"never_exporters_{window.name}"


def entry_rows(window: Window) -> str:
    """Of the same establishments, with what explains their export entry."""
    return f"entry_rows_{window.name}"


def growth_rows(window: Window) -> str:
    """Of the establishments whose growth over a window is explained by tariff cuts."""
    return f"growth_rows_{window.name}"


def exit_effect_rows(window: Window) -> str:
    """Of the same, by group, or of two windows of which this is the first."""
    return f"exit_effect_rows_{window.name}"


def passing_folders(study: Study) -> tuple[str, ...]:
    """Every folder that a run of the study removes at its end."""
    evidence = (SPREAD, EVIDENCE_SPREAD, EVIDENCE_CELLS, EVIDENCE_SECOND)
    matched = (MATCHED, WITHOUT_DUPLICATES, WITH_REPAIRED_IDS, *evidence)
    if study.regressions is None:
        return matched
    exits = map(exit_rows, map(study.window, study.regressions.exit_windows))
    entries = entry_windows(study)
    effects = study.tariff_effects
    growth = [growth_rows(study.window(effects.after))] if effects else []
    if effects:
        growth += [exit_effect_rows(study.window(name)) for name in (effects.before, effects.after)]
    return (
        *matched,
        PLANT_CUTS,
        *exits,
        *map(never_exporters, entries),
        *map(entry_rows, entries),
        *growth,
    )
