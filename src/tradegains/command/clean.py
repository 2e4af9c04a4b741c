"""`tradegains clean` and `tradegains retire`: take out of an output what nobody needs any more."""

from tradegains.errors import Problem, StudyError
from tradegains.store.cleaning import Leftovers, find_leftovers, remove_leftovers, retire
from tradegains.store.output import hold_output, locate_output

_MEGABYTE = 1 << 20


def clean_output(given: str, *, days: float, dry_run: bool) -> str:
    """Remove the leftovers of dead runs that are older than some days, and tell of them.

    Raises:
        StorageError: the store behind an address does not answer, or refuses.
        OutputBusyError: a run is going on.
        EngineError: the table `runs` cannot be read, or something cannot be removed.
    """
    if dry_run:
        return told(find_leftovers(locate_output(given), days=days), would=True)
    with hold_output(given, keep_days=None) as output:
        found = find_leftovers(output, days=days)
        remove_leftovers(output, found)
    return told(found, would=False)


def told(found: Leftovers, *, would: bool) -> str:
    """Leftovers in words."""
    verb = "would remove" if would else "removed"
    runs = sorted({run for _, run in found.unpublished})
    lines = [f"{verb} rows of establishments: {path}" for path in found.rows]
    lines += [
        f"{verb} unpublished rows of run {run} from "
        + ", ".join(name for name, of in found.unpublished if of == run)
        for run in runs
    ]
    if found.orphans:
        count = len(found.orphans)
        lines.append(f"{verb} {count:,} file{'s' * (count != 1)} that no table needs")
    lines = [*lines, f"{verb} {found.bytes / _MEGABYTE:.1f} MB"] if lines else ["nothing to remove"]
    return "\n".join([*lines, *(f"left alone: {text}" for text in found.kept)])


def retire_run(given: str, start: str) -> str:
    """Take a run out of an output, and tell of it.

    Args:
        given: the output.
        start: id of the run, or its first characters.

    Raises:
        StudyError: no run or several begin so.
        OutputBusyError: a run is going on.
        EngineError: a table cannot be read or written to.
    """
    if not start:  # as of a variable that is not set: every id begins with nothing
        cure = "name it: `tradegains runs` lists them"
        raise StudyError(Problem("the run to retire is not named", given, cure=cure))
    with hold_output(given, keep_days=None) as output:
        # Also a run whose row is damaged can be taken out.
        names = output.open_tables().read("runs")["run_id"].to_pylist()
        found = [name for name in names if name.startswith(start)]
        if len(found) > 1 and start not in found:
            cure = f"choose among {', '.join(found)}"
            raise StudyError(Problem(f"several runs begin with {start}", output.root, cure=cure))
        # One that is not published may have been retired by half.
        run = start if start in found or not found else found[0]
        tables = retire(output, run)
    return f"run {run} is retired: its rows are gone from {tables} table{'s' * (tables != 1)}"
