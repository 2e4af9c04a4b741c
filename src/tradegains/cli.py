"""The command `tradegains`: parse, one call, print.

Decision: what a command computes is imported inside it, so that `--help` and reading published
results wait for no engine. A result goes to the standard output; progress and errors go to the
standard error. A user's error is one message without a traceback; an unexpected one tells its kind
and place but not its text, which may quote a value of the census.
"""

import argparse
import os
import shutil
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tradegains import __version__
from tradegains.errors import Problem, StudyError, TradegainsError

if TYPE_CHECKING:
    from tradegains.check import Checked
    from tradegains.pipeline import RunSummary
    from tradegains.session import Engine

DEBUG = "TRADEGAINS_DEBUG"
OUTPUT = "TRADEGAINS_OUTPUT"
INTERRUPTED = 130

EXIT_CODES = """\
exit codes: 0 done; 2 usage or study file; 3 input refused; 4 disclosure gate refused;
5 another run holds the output; 1 anything else.

first steps:
  tradegains demo                         a whole study on synthetic data
  tradegains init --census DIR            propose a study of your own census
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line; the result is the exit code."""
    parser = _parser()
    chosen = parser.parse_args(arguments)
    if chosen.command is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        return int(chosen.command(chosen) or 0)
    except TradegainsError as error:
        print(_refusal(error.problems), file=sys.stderr)
        return error.exit_code
    except KeyboardInterrupt:
        print("tradegains: interrupted; nothing new was published", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        print(_unexpected(error), file=sys.stderr)
        return 1


def _refusal(problems: Sequence[Problem]) -> str:
    """Problems as one message.

    Example:
        >>> print(_refusal([Problem("no run is published", "out", cure="run the study")]))
        tradegains: no run is published in out
          cure: run the study
    """
    if len(problems) == 1:
        return f"tradegains: {problems[0]}"
    listed = [f"- {problem}".replace("\n", "\n  ") for problem in problems]
    return "\n".join([f"tradegains: {len(problems)} problems", *listed])


def _unexpected(error: Exception) -> str:
    if os.environ.get(DEBUG):
        return traceback.format_exc()
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(Path(__file__).parent)
    ]
    place = f" at {Path(ours[-1].filename).name}:{ours[-1].lineno}" if ours else ""
    told = type(error).__name__
    if isinstance(error, OSError) and error.strerror:
        told += f", {error.strerror}" + (f": {error.filename}" if error.filename else "")
    return (
        f"tradegains: unexpected error ({told}){place}; "
        f"set {DEBUG}=1 for the traceback (it may show values of the census)"
    )


# --- commands -------------------------------------------------------------------------------------


def _demo(chosen: argparse.Namespace) -> int:
    output = _writable(chosen.output)
    from tradegains.demo import forget_demo, prepare_demo
    from tradegains.pipeline import run
    from tradegains.progress import Progress
    from tradegains.report.page import write_report
    from tradegains.report.reading import read_run
    from tradegains.report.table_1 import table_1_text
    from tradegains.study import read_study

    progress = Progress()
    forget_demo(output)
    with _engine(chosen) as engine:
        study = prepare_demo(
            engine, output, establishments=chosen.establishments, progress=progress
        )
        done = run(engine, read_study(study), output=str(output), progress=progress)
    with progress.step("write the report"):
        page = write_report(output, run_id=done.run_id)
    shown = os.path.relpath(output)
    print(f"\n{table_1_text(read_run(output, done.run_id, ('welfare',)))}\n")
    print(f"report: {os.path.relpath(page)}")
    print("what to try next:")
    print(f"  tradegains show welfare --output {shown} --where level=total")
    print(f"  change a choice in {os.path.relpath(study)}, then")
    print(f"  tradegains run {os.path.relpath(study)} --output {shown}")
    print("  tradegains init --census DIR    propose a study of your own census")
    return 0


def _init(chosen: argparse.Namespace) -> int:
    from tradegains.init_study import write_proposal

    study = Path(chosen.output)
    print(write_proposal(chosen.census, study, force=chosen.force).summary())
    print(f"\nwrote {study}; settle what is marked TODO, then: tradegains check {study}")
    return 0


def _check(chosen: argparse.Namespace) -> int:
    found = _checked(chosen)
    _print_check(chosen, found)
    if found.errors:
        print(_refusal(found.problems), file=sys.stderr)
    else:
        print("nothing is wrong")
    return found.exit_code


def _checked(chosen: argparse.Namespace) -> "Checked":
    from tradegains.check import check_study

    return check_study(
        chosen.study, _inputs(chosen.input), engine=chosen.engine, output=chosen.output
    )


def _print_check(chosen: argparse.Namespace, found: "Checked") -> None:
    if found.study is not None:
        print(f"study {found.study.name}: {found.study.title}")
    if found.census is not None:
        rows = sum(file.rows for file in found.census.files)
        first, last = found.census.years[0], found.census.years[-1]
        years = f"{len(found.census.years)} year(s), {first}-{last}"
        print(f"census: {len(found.census.files):,} file(s), {years}, {rows:,} rows in them")
        left = Path(chosen.study).read_text(encoding="utf-8-sig").count("TODO:")
        if left:
            print(f"note: {left} choice(s) in {chosen.study} are still marked TODO")


def _run(chosen: argparse.Namespace) -> int:
    if chosen.dry_run:
        return _dry_run(chosen)
    from tradegains.check import environment_errors, output_problems
    from tradegains.study import read_study

    study = read_study(chosen.study, _inputs(chosen.input))
    if problems := list(output_problems(chosen.output)):
        raise StudyError(problems)
    for error in environment_errors(chosen.engine):
        raise error
    from tradegains.pipeline import run
    from tradegains.progress import Progress

    with _engine(chosen) as engine:
        done = run(
            engine,
            study,
            output=chosen.output,
            progress=Progress(None if chosen.quiet else sys.stderr),
            wait_seconds=chosen.wait,
            again=chosen.again,
        )
    print(_outcome(done))
    print(f"next: tradegains report --output {chosen.output}")
    return 0


def _outcome(done: "RunSummary") -> str:
    """What a run published and what it could not, for the terminal."""
    tables = f"{len(done.rows)} tables, {sum(done.rows.values()):,} rows"
    if done.new:
        lines = [f"run {done.run_id} published {tables}"]
    else:
        lines = [f"run {done.run_id} is published already ({tables}); nothing was published twice"]
    absent = [f"  {what}: {why}" for what, why in done.absent.items()]
    return "\n".join([*lines, *(["absent:"] if absent else []), *absent])


def _dry_run(chosen: argparse.Namespace) -> int:
    from tradegains.study import resolved_toml

    found = _checked(chosen)
    if found.errors:
        print(_refusal(found.problems), file=sys.stderr)
    elif found.study is not None:
        print("# The study as a run would record it; nothing was computed.")
        print(resolved_toml(found.study), end="")
    return found.exit_code


def _show(chosen: argparse.Namespace) -> int:
    folder, where = _published(chosen.output), _conditions(chosen.where)
    if chosen.table is None:
        for table, rows in _tables_of(folder, chosen.run).items():
            print(f"{table:<20}{rows:>12,} rows")
        return 0
    from tradegains.report.show import show_table

    text = show_table(
        folder,
        chosen.table,
        run_id=chosen.run,
        where=where,
        columns=chosen.columns,
        limit=chosen.limit or None,
        width=shutil.get_terminal_size().columns,
    )
    print(text)
    return 0


def _tables_of(folder: Path, run_id: str | None) -> dict[str, int]:
    """Rows of each table of a published run."""
    from tradegains.report.reading import read_run

    tables = read_run(folder, run_id, ()).record["tables"]
    return {table["name"]: table["rows"] for table in tables}


def _runs(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.output)
    from tradegains.report.show import show_runs

    print(show_runs(folder))
    return 0


def _report(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.output)
    from tradegains.report.page import write_report

    print(write_report(folder, run_id=chosen.run))
    return 0


def _export(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.output)
    where = _conditions(chosen.where)
    from tradegains.report.export import SUFFIXES, export_table

    for table in chosen.tables or _tables_of(folder, chosen.run):
        path = export_table(
            folder,
            table,
            Path(chosen.to) / f"{table}{SUFFIXES[chosen.format]}",
            file_format=chosen.format,
            run_id=chosen.run,
            where=where,
            columns=chosen.columns,
        )
        print(path)
    return 0


def _synth(chosen: argparse.Namespace) -> int:
    folder = _writable(chosen.output)
    from tradegains.progress import Progress
    from tradegains.synthetic.census import write_synthetic_census

    with _engine(chosen) as engine, Progress().step("generate the census"):
        census = write_synthetic_census(
            engine.spark,
            folder,
            establishments=chosen.establishments,
            years=tuple(chosen.years),
            seed=chosen.seed,
            planted=not chosen.unplanted,
        )
    print(f"synthetic census: {census.census}; what it is: {census.notice}")
    return 0


def _engine(chosen: argparse.Namespace) -> "Engine":
    from tradegains.session import start_engine

    return start_engine(
        chosen.engine,
        master=chosen.master,
        threads=chosen.threads,
        memory=chosen.memory,
        scratch=Path(chosen.scratch) if chosen.scratch else None,
        jars=chosen.jars_dir,
    )


# --- values of options ----------------------------------------------------------------------------


def _inputs(given: Sequence[str]) -> dict[str, str]:
    """Paths by input name; the reader of the study refuses names it does not know."""
    return {name: path for name, _, path in (text.partition("=") for text in given)}


def _conditions(given: Sequence[str]) -> Mapping[str, str]:
    conditions = {}
    for text in given:
        column, equals, value = text.partition("=")
        if not (column and equals):
            cure = "write COLUMN=VALUE, such as --where level=total"
            raise StudyError(Problem(f"{text!r} is not a condition", "--where", cure=cure))
        conditions[column] = value
    return conditions


def _writable(output: str) -> Path:
    from tradegains.check import output_problems

    if problems := list(output_problems(output)):
        raise StudyError(problems)
    return Path(output)


def _published(output: str | None) -> Path:
    """The folder of results: given, in the environment, or the current one."""
    folder = Path(output or os.environ.get(OUTPUT) or ".")
    if not (folder / "tables").is_dir():
        cure = f"give the folder of `tradegains run` with --output DIR, or set {OUTPUT}"
        raise StudyError(Problem("there are no published results", str(folder), cure=cure))
    return folder


# --- the parser -----------------------------------------------------------------------------------


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="tradegains",
        description="Productivity distributions and welfare gains from trade, "
        "from an establishment census.",
        epilog=EXIT_CODES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--version", action="version", version=f"tradegains {__version__}")
    parser.set_defaults(command=None)
    commands = parser.add_subparsers(title="commands", metavar="COMMAND")
    for add in (_add_demo, _add_init, _add_check, _add_run, _add_show, _add_runs, _add_report,
                _add_export, _add_synth):  # fmt: skip
        add(commands)
    return parser


def _command(
    commands: Any, name: str, act: Callable[[argparse.Namespace], int], *, does: str, example: str
) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = commands.add_parser(
        name,
        help=does,
        description=does[0].upper() + does[1:] + ".",
        epilog=f"example:\n  {example}",
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.set_defaults(command=act)
    return parser


def _add_demo(commands: Any) -> None:
    parser = _command(
        commands,
        "demo",
        _demo,
        does="run a whole study on a synthetic census and show it beside the paper",
        example="tradegains demo --output build/demo",
    )
    parser.add_argument(
        "--output", metavar="DIR", default="build/demo", help="where (default: build/demo)"
    )
    _add_size(parser)
    _add_engine(parser)


def _add_init(commands: Any) -> None:
    parser = _command(
        commands,
        "init",
        _init,
        does="look at a census and propose a study file",
        example="tradegains init --census /data/enia --output enia.toml",
    )
    parser.add_argument("--census", metavar="DIR", required=True, help="folder or file, Parquet")
    parser.add_argument(
        "--output",
        metavar="FILE",
        default="study.toml",
        help="the study file to write (default: study.toml)",
    )
    parser.add_argument("--force", action="store_true", help="replace an existing file")


def _add_check(commands: Any) -> None:
    parser = _command(
        commands,
        "check",
        _check,
        does="list everything that is wrong with a study, its inputs and this machine",
        example="tradegains check conf/studies/colombia_food.toml --input census=/data/food",
    )
    _add_study(parser)
    parser.add_argument("--output", metavar="DIR", help="also check that DIR can be written to")
    parser.add_argument(
        "--engine", choices=("embedded", "spark"), default="embedded", help="engine of the run"
    )


def _add_run(commands: Any) -> None:
    parser = _command(
        commands,
        "run",
        _run,
        does="compute a study and publish its tables",
        example="tradegains run study.toml --output results --engine spark --threads 8",
    )
    _add_study(parser)
    parser.add_argument(
        "--output", metavar="DIR", required=True, help="folder of the results; made if needed"
    )
    parser.add_argument(
        "--dry-run", action="store_true", help="check only, and print the resolved study"
    )
    parser.add_argument(
        "--wait",
        metavar="SECONDS",
        type=float,
        default=0.0,
        help="how long to wait for another run on the same output (default: 0)",
    )
    parser.add_argument(
        "--again", action="store_true", help="compute even what is published already"
    )
    parser.add_argument("--quiet", action="store_true", help="no line per step")
    _add_engine(parser)


def _add_show(commands: Any) -> None:
    parser = _command(
        commands,
        "show",
        _show,
        does="print a published table; without a name, list the tables",
        example="tradegains show welfare --output results --where level=total --where window=post",
    )
    parser.add_argument("table", metavar="TABLE", nargs="?", help="name of a table")
    _add_published(parser)
    _add_selection(parser)
    parser.add_argument(
        "--limit", metavar="N", type=int, default=20, help="most rows; 0: all (default: 20)"
    )


def _add_runs(commands: Any) -> None:
    parser = _command(
        commands,
        "runs",
        _runs,
        does="list the published runs, the latest first",
        example="tradegains runs --output results",
    )
    _add_published(parser, run=False)


def _add_report(commands: Any) -> None:
    parser = _command(
        commands,
        "report",
        _report,
        does="write the report of a published run: one HTML page, figures and their data",
        example="tradegains report --output results",
    )
    _add_published(parser)


def _add_export(commands: Any) -> None:
    parser = _command(
        commands,
        "export",
        _export,
        does="write published tables as files for Stata, R, LaTeX or a spreadsheet",
        example="tradegains export welfare moments --output results --to files --format stata",
    )
    parser.add_argument("tables", metavar="TABLE", nargs="*", help="tables (default: all)")
    _add_published(parser)
    _add_selection(parser)
    parser.add_argument("--to", metavar="DIR", required=True, help="folder to write to")
    parser.add_argument(
        "--format",
        choices=("csv", "parquet", "stata", "latex", "xlsx"),
        default="csv",
        help="kind of file (default: csv)",
    )


def _add_synth(commands: Any) -> None:
    parser = _command(
        commands,
        "synth",
        _synth,
        does="write a synthetic census, and the small tables beside it",
        example="tradegains synth --output synthetic --establishments 100000",
    )
    parser.add_argument("--output", metavar="DIR", required=True, help="folder to write to")
    _add_size(parser)
    parser.add_argument(
        "--years",
        metavar=("FIRST", "LAST"),
        type=int,
        nargs=2,
        default=(1978, 1996),
        help="years to write (default: 1978 1996)",
    )
    parser.add_argument("--seed", type=int, default=1988, help="another seed, other establishments")
    parser.add_argument(
        "--unplanted", action="store_true", help="do not scale amounts to published results"
    )
    _add_engine(parser)


def _add_study(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("study", metavar="STUDY", help="study file (TOML)")
    parser.add_argument(
        "--input",
        metavar="NAME=PATH",
        action="append",
        default=[],
        help="path of an input (census, imports, ...) instead of the study's; may be repeated",
    )


def _add_published(parser: argparse.ArgumentParser, *, run: bool = True) -> None:
    parser.add_argument(
        "--output",
        metavar="DIR",
        help=f"folder of the results (default: ${OUTPUT}, else the current folder)",
    )
    if run:
        parser.add_argument(
            "--run", metavar="ID", help="a run, or the start of its id (default: the latest)"
        )


def _add_selection(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--where",
        metavar="COLUMN=VALUE",
        action="append",
        default=[],
        help="rows with this value only (nothing after =: empty); may be repeated",
    )
    parser.add_argument(
        "--columns", metavar="COLUMN,...", type=_words, help="columns to give, in this order"
    )


def _words(text: str) -> list[str]:
    return [word.strip() for word in text.split(",") if word.strip()]


def _add_size(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "--establishments",
        metavar="N",
        type=int,
        default=35_000,
        help="establishments a year (default: 35000)",
    )


def _add_engine(parser: argparse.ArgumentParser) -> None:
    group = parser.add_argument_group("engine")
    group.add_argument(
        "--engine",
        choices=("embedded", "spark"),
        default="embedded",
        help="embedded: in this process, no Java (default); spark: Apache Spark",
    )
    group.add_argument("--master", metavar="URL", help="Spark's master (default: this machine)")
    group.add_argument("--threads", metavar="N", type=int, help="threads (default: every core)")
    group.add_argument("--memory", metavar="SIZE", help="memory limit, such as 4g")
    group.add_argument("--scratch", metavar="DIR", help="folder for temporary files")
    group.add_argument("--jars-dir", metavar="DIR", help="folder with Delta's jars, for Spark")


if __name__ == "__main__":
    sys.exit(main())
