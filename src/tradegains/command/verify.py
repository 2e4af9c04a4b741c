"""`tradegains verify`: is every run of an output what was published, and what to do where not."""

from dataclasses import dataclass

from tradegains.progress import Step
from tradegains.store.output import locate_output
from tradegains.store.runs import (
    damage,
    is_sound,
    nothing_published,
    published_tables,
    sound_runs,
)


@dataclass(frozen=True)
class Verification:
    """What was found: a line per run, and what is wrong by run and table."""

    text: str
    damaged: dict[tuple[str, str], str]


def verify_output(given: str, step: Step | None = None) -> Verification:
    """Compare every table of every run with the digest in `runs`.

    Raises:
        StudyError: the path can be no output.
        EngineError: the table `runs` cannot be read.
        DamagedOutputError: its log is lost.
    """
    store = locate_output(given).open_tables()
    lines: list[str] = []
    damaged: dict[tuple[str, str], str] = {}
    rows = store.read("runs").to_pylist()
    if not rows:
        sound_runs(store)  # raises where the log is lost: a table without one reads as empty
    for row in sorted(rows, key=lambda row: str(row["published_at"]), reverse=True):
        run, tables = row["run_id"], published_tables(row)
        found = {}
        for table in tables:
            if step is not None:
                step.doing = f"{table.name} of run {run}"
            found[table.name] = damage(store, run, table)
        if not is_sound(row):
            found["runs"] = "its row is not what was published"
        wrong = {name: what for name, what in found.items() if what}
        damaged |= {(run, name): what for name, what in wrong.items()}
        said = "intact" if not wrong else f"{len(wrong)} of them damaged"
        lines.append(
            f"run {run}  {row['study']}  {row['published_at'][:10]}  {len(tables)} tables, {said}"
        )
        lines += [f"  {name}: {what}" for name, what in wrong.items()]
    if damaged:
        runs = sorted({run for run, _ in damaged})
        lines += [
            "what to do:",
            "  run the study of each again with the same --output: it mends its tables from their "
            "files, or computes them",
            "  or restore the folder from a copy",
            f"  or take the run out: tradegains retire {runs[0]} --output {given}",
        ]
    elif not rows:
        found_none = nothing_published(store)
        lines.append(str(found_none))
        if found_none.count is not None:
            damaged["", "runs"] = found_none.what
    return Verification("\n".join(lines), damaged)
