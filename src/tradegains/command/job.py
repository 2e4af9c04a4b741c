"""A job on a cluster: parse, read the study, run it, tell what came of it.

The files under `jobs/` are what `spark-submit` takes; they differ in the tables they publish.
"""

import argparse
import sys
from collections.abc import Sequence
from dataclasses import replace

from tradegains.command.arguments import add_what_to_run
from tradegains.command.check import needs_jars, output_problems
from tradegains.engines import start
from tradegains.engines.environment import is_on
from tradegains.errors import StudyError, TradegainsError
from tradegains.inputs.latest import read_study
from tradegains.pipeline import RunSummary, run
from tradegains.tables.published import chosen_tables


def run_job(does: str, tables: Sequence[str] | None = None) -> int:
    """Run a study with the cluster's engine, as the command line says.

    Args:
        does: what the job does, for its help.
        tables: what it publishes; None: what `--tables` names, or else everything.

    Returns:
        The exit code, that of `tradegains run`.
    """
    parser = argparse.ArgumentParser(description=does)
    add_what_to_run(parser, tables=tables is None)
    chosen = parser.parse_args()
    try:
        named = getattr(chosen, "tables", tables)
        done = _run(chosen, None if named is None else chosen_tables(named))
    except TradegainsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    except Exception as error:  # its text may quote a value of the census
        if is_on("TRADEGAINS_DEBUG"):
            raise
        print(f"unexpected error ({type(error).__name__}); see TRADEGAINS_DEBUG", file=sys.stderr)
        return 1
    told = "published" if done.new else "was published before"
    print(f"run {done.run_id} {told}: {len(done.rows)} tables, {sum(done.rows.values()):,} rows")
    return 0


def _run(chosen: argparse.Namespace, tables: Sequence[str] | None) -> RunSummary:
    inputs = {name: path for name, _, path in (each.partition("=") for each in chosen.input)}
    study = read_study(chosen.study, inputs)
    study = replace(study, draft=study.draft or chosen.draft)
    if problems := list(output_problems(chosen.output)):
        raise StudyError(problems)
    with start.start_engine("spark", delta=needs_jars(chosen.output)) as engine:
        return run(engine, study, output=chosen.output, only=tables, wait_seconds=chosen.wait)
