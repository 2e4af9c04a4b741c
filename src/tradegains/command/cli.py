"""The command `tradegains`: parse, one call, print.

Decision: what a command computes is imported inside it, so that `--help` and reading published
results wait for no engine. A result goes to the standard output; progress and errors go to the
standard error. A user's error is one message without a traceback; an unexpected one tells its kind
and place but not its text, which may quote a value of the census.
"""

import argparse
import atexit
import contextlib
import gc
import os
import shutil
import sys
import textwrap
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING, Any, NoReturn

from tradegains.command.arguments import OUTPUT, build_parser
from tradegains.command.telling import folded, telling
from tradegains.engines.environment import is_on
from tradegains.engines.signals import ending_cleanly
from tradegains.errors import (
    DisclosureError,
    InputError,
    Problem,
    StudyError,
    TradegainsError,
    require_file_locks,
)
from tradegains.tables.absence import Absence

if TYPE_CHECKING:
    from tradegains.command.check import Checked
    from tradegains.engines.start import Engine
    from tradegains.pipeline import RunSummary
    from tradegains.progress import Progress
    from tradegains.study import Study

DEBUG = "TRADEGAINS_DEBUG"
INTERRUPTED = 130
WIDTH = 80


def program() -> NoReturn:
    """The command as a process of its own, which ends at once.

    Python would free every object and library one by one, a quarter of a second after the engine
    has been closed; what is registered to be done at exit is done all the same.
    """
    # Imports alone make a hundred thousand objects: Python would look through them for garbage 280
    # times, a tenth of a second in all.
    gc.set_threshold(200_000)
    with ending_cleanly():  # also while an engine starts
        code = main(own_process=True)
    atexit._run_exitfuncs()
    with contextlib.suppress(OSError):
        sys.stdout.flush()
    os._exit(code)


def main(arguments: Sequence[str] | None = None, *, own_process: bool = False) -> int:
    """Run the command line; the result is the exit code.

    Args:
        arguments: of the command line; those of the process by default.
        own_process: nothing else happens in this process, so that it may leave the network.
    """
    parser = build_parser()
    chosen = parser.parse_args(arguments)
    chosen.own_process = own_process
    if chosen.command is None:
        parser.print_help(sys.stderr)
        return 2
    try:
        require_file_locks()
        with telling():
            code = COMMANDS[chosen.command](chosen)
        sys.stdout.flush()
        return code
    except TradegainsError as error:
        _refuse(error.problems)
        return error.exit_code
    except KeyboardInterrupt:
        print("tradegains: interrupted; what was published before stands", file=sys.stderr)
        return INTERRUPTED
    except BrokenPipeError:
        # The reader of our output (head, less) has seen enough; Python must not complain at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        print(_unexpected(error), file=sys.stderr)
        return 1


def _refuse(problems: Sequence[Problem]) -> None:
    print(folded(_refusal(problems), sys.stderr), file=sys.stderr)


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
    if is_on(DEBUG):
        return traceback.format_exc()
    ours = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if Path(frame.filename).is_relative_to(Path(__file__).parents[1])
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
    _keep_others_out(chosen, [])
    from tradegains.command.demo import forget_demo, prepare_demo, release_headline
    from tradegains.pipeline import run
    from tradegains.progress import Progress
    from tradegains.published.reading import read_run
    from tradegains.report.compared import compared_text
    from tradegains.report.drawing import drawing_processes
    from tradegains.report.page import write_report
    from tradegains.study import read_study

    progress = Progress()
    forget_demo(output)
    with _engine(chosen, progress) as engine:
        study = prepare_demo(
            engine, output, establishments=chosen.establishments, progress=progress
        )
        done = run(engine, read_study(study), output=str(output), progress=progress)
    with progress.step("write the report"), drawing_processes() as begin:
        page = write_report(output, run_id=done.run_id, begin=begin)
    with progress.step("release the headline"):
        released = release_headline(output, done.run_id)
    print(f"\n{compared_text(read_run(output, done.run_id))}\n")
    print(f"report: {page}")
    print(f"released, as from a confidential census: {released}")
    print("what to try next:")
    print(f"  tradegains show welfare --output {output} --where level=total")
    print(f"  change a choice in {study}, then")
    print(f"  tradegains run {study} --output {output}")
    print("  tradegains init --census DIR    propose a study of your own census")
    return 0


def _convert(chosen: argparse.Namespace) -> int:
    from tradegains.progress import Progress

    place = Path(chosen.output)
    if chosen.plan:
        from tradegains.convert.planning import Asked, plan

        asked = Asked(chosen.delimiter, chosen.decimal, chosen.encoding, chosen.sheet)
        with Progress().step("look at every value") as step:
            told = plan(chosen.files, place, asked, step)
        print(folded(told, sys.stdout))
        print(f"\nwrote {place}; read and correct it, then:")
        print(f"  tradegains convert {place} --output CENSUS")
        return 0
    if len(chosen.files) > 1:
        cure = "give one recipe; data files are first planned, with --plan"
        raise StudyError(Problem("there are several recipes", "the command line", cure=cure))
    from tradegains.convert.converting import convert

    with Progress().step("convert") as step:
        report = convert(Path(chosen.files[0]), place, step)
    print(folded(report, sys.stdout))
    print(f"\nnext: tradegains init --census {place}")
    return 0


def _init(chosen: argparse.Namespace) -> int:
    from tradegains.command.propose import write_proposal
    from tradegains.progress import Progress

    study = Path(chosen.output)
    with Progress().waiting("look at the census"):
        proposal = write_proposal(chosen.census, study, force=chosen.force)
    print(proposal.summary())
    print(f"\nwrote {study}; settle what is marked TODO, then:\n  tradegains check {study}")
    return 0


def _check(chosen: argparse.Namespace) -> int:
    found = _checked(chosen)
    _print_check(chosen, found)
    if found.errors:
        _refuse(found.problems)
        return found.exit_code
    if chosen.rows and found.study is not None:
        _check_rows(chosen, found.study)
    print("nothing is wrong")
    return 0


def _check_rows(chosen: argparse.Namespace, study: "Study") -> None:
    """Print how many rows break each rule, and refuse what would stop a run."""
    from tradegains.pipeline import check_rows
    from tradegains.progress import Progress

    progress = Progress()
    with _engine(chosen, progress) as engine:
        found = check_rows(engine, study, progress=progress)
    print(folded(found.text, sys.stdout))
    if found.problems:
        raise InputError(found.problems)


def _checked(chosen: argparse.Namespace) -> "Checked":
    from tradegains.inputs.latest import read_study

    if Path(chosen.study).is_fifo():
        cure = "write the study to a file; a run takes a pipe"
        raise StudyError(
            Problem("a pipe is read once, and a check reads twice", chosen.study, cure=cure)
        )
    with contextlib.suppress(TradegainsError):  # told below, with everything else
        given = read_study(chosen.study, _inputs(chosen.input)).inputs.given()
        _keep_others_out(chosen, given.values())
    from tradegains.command.check import check_study

    return check_study(
        chosen.study,
        _inputs(chosen.input),
        engine=chosen.engine,
        output=chosen.output,
        jars=chosen.jars_dir,
        unshared=chosen.unshared_machine,
    )


def _print_check(chosen: argparse.Namespace, found: "Checked") -> None:
    if found.study is not None:
        print(f"study {found.study.name}: {found.study.title}")
    if found.census is not None:
        rows = sum(file.rows for file in found.census.files)
        first, last = found.census.years[0], found.census.years[-1]
        years = f"{len(found.census.years)} year(s), {first}-{last}"
        print(f"census: {len(found.census.files):,} file(s), {years}, {rows:,} rows in them")
    if found.study is not None and (left := found.study.todo):
        print(f"note: {left} choice(s) in {chosen.study} are still marked TODO; run with --draft")
    for line in found.told:
        print(folded(line, sys.stdout))
    if found.protection is not None:
        print(f"embedded engine: {found.protection}")


def _run(chosen: argparse.Namespace) -> int:
    only = _wanted(chosen.tables)
    if chosen.dry_run:
        return _dry_run(chosen)
    from tradegains.inputs.latest import read_study

    study = read_study(chosen.study, _inputs(chosen.input))
    study = replace(study, draft=study.draft or chosen.draft)
    _keep_others_out(chosen, study.inputs.given().values())
    from tradegains.command.check import environment_errors, output_problems

    if problems := list(output_problems(chosen.output)):
        raise StudyError(problems)
    for error in environment_errors(chosen.engine, chosen.jars_dir, chosen.output):
        raise error
    from tradegains.pipeline import run
    from tradegains.progress import Progress
    from tradegains.store.output import KEEP_DAYS

    rows = _rows_of(study) if chosen.engine == "spark" else None
    progress = Progress(None if chosen.quiet else sys.stderr)
    with _engine(chosen, progress, rows) as engine:
        done = run(
            engine,
            study,
            output=chosen.output,
            only=only,
            progress=progress,
            wait_seconds=chosen.wait,
            again=chosen.again,
            verify=chosen.verify,
            keep_days=KEEP_DAYS if chosen.keep_days is None else chosen.keep_days,
        )
    print(folded(_outcome(done), sys.stdout))
    print(f"next: tradegains report --output {chosen.output}")
    return 0


def _outcome(done: "RunSummary") -> str:
    """What a run published and what it could not, for the terminal."""
    tables = f"{_counted(len(done.rows), 'table')}, {_counted(sum(done.rows.values()), 'row')}"
    if not done.new:
        return f"run {done.run_id} is published already ({tables}); nothing was published twice"
    return "\n".join([f"run {done.run_id} published {tables}", *_absent_lines(done.absent)])


def _counted(number: int, what: str) -> str:
    """So many of something.

    Example:
        >>> _counted(1, "table"), _counted(1200, "row")
        ('1 table', '1,200 rows')
    """
    return f"{number:,} {what}{'s' * (number != 1)}"


def _absent_lines(absent: Iterable[Absence]) -> list[str]:
    """What is absent, in short: inputs and sections that the study lacks in a line each.

    The run keeps each with its full reason, and the report lists them.

    Example:
        >>> from tradegains.tables.absence import not_given, without_section
        >>> for line in _absent_lines([
        ...     not_given("prices"),
        ...     without_section("table", "size_fits", "size_fits"),
        ...     Absence("table", "coverage", None, "it needs the input control_totals"),
        ... ]):
        ...     print(line)
        absent (the report has every reason):
          inputs not given: prices
          sections not in the study: [size_fits]; without them no size_fits
          table coverage: it needs the input control_totals
    """
    absent = list(absent)
    inputs = [each.name for each in absent if each.kind == "input" and each.section]
    lacking = {each.name: each.section for each in absent if each.kind != "input" and each.section}
    told = [str(each) for each in absent if not each.section]
    if lacking:
        sections = ", ".join(dict.fromkeys(f"[{section}]" for section in lacking.values()))
        told.insert(
            0, f"sections not in the study: {sections}; without them no {', '.join(lacking)}"
        )
    if inputs:
        told.insert(0, f"inputs not given: {', '.join(inputs)}")
    shown = [
        line
        for text in told
        for line in textwrap.wrap(
            text, WIDTH, initial_indent="  ", subsequent_indent="    ", break_on_hyphens=False
        )
    ]
    return ["absent (the report has every reason):", *shown] if shown else []


def _dry_run(chosen: argparse.Namespace) -> int:
    from tradegains.study import resolved_toml

    found = _checked(chosen)
    if found.errors:
        _refuse(found.problems)
    elif found.study is not None:
        print("# The study as a run would record it; nothing was computed.")
        print(resolved_toml(found.study), end="")
    return found.exit_code


def _show(chosen: argparse.Namespace) -> int:
    folder, where = _published(chosen.output), _conditions(chosen.where)
    if chosen.table is None:
        for table, rows in _tables_of(folder, chosen.run).items():
            print(f"{table:<20}{rows:>12,} row{'s' * (rows != 1)}")
        return 0
    from tradegains.published.show import show_table

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


def _tables_of(folder: Path | str, run_id: str | None) -> dict[str, int]:
    """Rows of each table of a published run."""
    from tradegains.published.reading import read_run

    tables = read_run(folder, run_id).record["tables"]
    return {table["name"]: table["rows"] for table in tables or ()}


def _runs(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.output)
    from tradegains.published.show import show_runs

    print(show_runs(folder))
    return 0


def _report(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.output)
    other = None if chosen.compare is None else _published(chosen.compare)
    from tradegains.progress import Progress
    from tradegains.report.drawing import drawing_processes

    # They start while the page's own libraries are imported and its run is read.
    with Progress().waiting("write the report"), drawing_processes() as begin:
        from tradegains.report.page import write_report

        written: Path | str
        if isinstance(folder, Path):
            written = write_report(folder, run_id=chosen.run, begin=begin, compare=other)
        else:
            from tradegains.store.output import locate_output

            with TemporaryDirectory(prefix="tradegains-") as here:
                page = write_report(
                    folder, run_id=chosen.run, to=Path(here), begin=begin, compare=other
                )
                place = locate_output(folder).take_folder(page.parent, "report")
                written = f"{place}/{page.name}"
    print(written)  # below the line of the step, which has gone by now
    return 0


def _export(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.output)
    where = _conditions(chosen.where)
    from tradegains.published.export import export_tables

    for path in export_tables(
        folder,
        Path(chosen.to),
        tables=chosen.tables,
        file_format=chosen.format,
        run_id=chosen.run,
        where=where,
        columns=chosen.columns,
    ):
        print(path)
    return 0


def _release(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.output)
    if not isinstance(folder, Path):
        cure = "copy the output to this machine: its evidence is for its owner's eyes alone"
        raise StudyError(Problem("an output behind an address is not released", folder, cure=cure))
    if chosen.to is None and not chosen.plan:
        cure = "name a new folder with --to DIR, or look first with --plan"
        raise StudyError(Problem("--to is missing", "the command line", cure=cure))
    from tradegains.progress import Progress
    from tradegains.release.profiles import rules_path
    from tradegains.release.releasing import plan_release, write_release

    rules, tables = rules_path(chosen.rules), chosen.tables
    progress = Progress()
    if chosen.plan:
        with progress.waiting("look at what may leave"):
            planned = plan_release(folder, rules, tables, run_id=chosen.run)
        print(folded("\n".join(planned.lines), sys.stdout))
        if chosen.strict and planned.withheld:
            return DisclosureError.exit_code
        return 0
    to = Path(chosen.to)
    with progress.waiting("release"):
        done = write_release(folder, rules, to, tables, strict=chosen.strict, run_id=chosen.run)
    print(folded("\n".join(done.lines), sys.stdout))
    print(f"{to}: what may leave; {to / 'vetting'} stays, for who checks it")
    return 0


def _verify(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.folder)
    from tradegains.command.verify import verify_output
    from tradegains.progress import Progress

    with Progress().waiting("verify") as step:
        found = verify_output(str(folder), step)
    print(found.text)
    return 1 if found.damaged else 0


def _clean(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.folder)
    from tradegains.command.clean import clean_output

    print(clean_output(str(folder), days=chosen.older_than, dry_run=chosen.dry_run))
    return 0


def _retire(chosen: argparse.Namespace) -> int:
    folder = _published(chosen.output)
    from tradegains.command.clean import retire_run

    print(retire_run(str(folder), chosen.run))
    return 0


def _synth(chosen: argparse.Namespace) -> int:
    folder = _writable(chosen.output)
    _keep_others_out(chosen, [])
    from tradegains.progress import Progress
    from tradegains.synthetic.census import write_synthetic_census

    progress = Progress()
    with _engine(chosen, progress) as engine, progress.step("generate the census"):
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


def _model(chosen: argparse.Namespace) -> int:
    from tradegains.model.market import model_text, stated_model

    model = stated_model(
        size=chosen.market_size,
        slope=chosen.slope,
        entry_cost=chosen.entry_cost,
        largest_cost=chosen.largest_cost,
        trade_costs=chosen.trade_cost,
        innovation=_together(chosen, "innovation_cost", "innovation_gain"),
    )
    folder = None if chosen.output is None else _writable(chosen.output)
    print(model_text(model))
    if folder is None:
        return 0
    from tradegains.model.market_figures import model_files, write_files

    files = model_files(model)
    print("\nwould write:" if chosen.dry_run else "\nwritten:")
    if not chosen.dry_run:
        write_files(files, folder)
    for name in files:
        print(f"  {folder / name}")
    return 0


def _together(chosen: argparse.Namespace, *names: str) -> Any:
    """Values of options that only mean something together; None when none is given."""
    values = tuple(getattr(chosen, name) for name in names)
    if all(value is None for value in values):
        return None
    options = [f"--{name.replace('_', '-')}" for name in names]
    for option, value in zip(options, values, strict=True):
        if value is None:
            raise StudyError(
                Problem(f"{option} is missing", cure=f"give {' and '.join(options)} together")
            )
    return values


def _jars(chosen: argparse.Namespace) -> int:
    from tradegains.engines.jars import DELTA_JARS, MAVEN_CENTRAL, S3_JARS, collect_jars

    jars = (*DELTA_JARS, *(S3_JARS if chosen.s3 else ()))
    folder, repository = Path(chosen.to), chosen.repository or MAVEN_CENTRAL
    if chosen.dry_run:
        for jar in jars:
            print(f"{jar.url(repository)}\n  sha256 {jar.sha256}")
        return 0
    for each in collect_jars(folder, jars, repository=repository):
        print(f"{each.path}  {'downloaded' if each.new else 'was there'}, SHA-256 as it must be")
    print(f"next: tradegains run STUDY --output DIR --engine spark --jars-dir {folder}")
    return 0


def _class_archive(chosen: argparse.Namespace) -> int:
    from tradegains.engines.start import class_archive

    archive = class_archive()
    if chosen.dry_run:
        size = f"{archive.stat().st_size >> 20} MB" if archive.exists() else "not there"
        print(f"{archive}: {size}")
    elif chosen.remove:
        archive.unlink(missing_ok=True)
        print(f"removed {archive}")
    else:
        from tradegains.command.class_archive import write_class_archive
        from tradegains.progress import Progress

        written = write_class_archive(Progress(), jars=chosen.jars_dir)
        print(f"wrote {written}; local runs with --engine spark use it from now on")
    return 0


def _keep_others_out(chosen: argparse.Namespace, inputs: Iterable[str]) -> None:
    """Keep other users from the embedded engine, before anything is imported that has threads.

    Args:
        chosen: The command line.
        inputs: Paths that will be read.
    """
    if chosen.own_process and chosen.engine == "embedded":
        from tradegains.engines.protection import keep_others_out

        keep_others_out([*inputs, chosen.output or ""])


def _rows_of(study: "Study") -> int | None:
    """Rows of the census; None where it is not as it should be, which the run will tell."""
    from tradegains.store.census import count_rows

    with contextlib.suppress(InputError):
        return count_rows(study.inputs.census, study.census.columns["year"], study.years)
    return None


def _engine(chosen: argparse.Namespace, progress: "Progress", rows: int | None = None) -> "Engine":
    name = "Spark" if chosen.engine == "spark" else "the engine"
    with progress.step(f"start {name}"):
        from tradegains.command.check import needs_jars
        from tradegains.engines.start import start_engine
        from tradegains.engines.unused_imports import import_client, keep_arrow_from_pandas

        if chosen.own_process:
            keep_arrow_from_pandas()
        if chosen.own_process and chosen.engine == "embedded":
            import_client()
        return start_engine(
            chosen.engine,
            master=chosen.master,
            threads=chosen.threads,
            memory=chosen.memory,
            scratch=Path(chosen.scratch) if chosen.scratch else None,
            jars=chosen.jars_dir,
            delta=needs_jars(chosen.output),
            unshared=chosen.unshared_machine,
            rows=rows,
        )


# --- values of options ----------------------------------------------------------------------------


def _wanted(names: Sequence[str] | None) -> Sequence[str] | None:
    """Tables to publish, where some are named; judged before anything that takes longer."""
    if names is None:
        return None
    from tradegains.tables.published import chosen_tables

    return chosen_tables(names)


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
    from tradegains.command.check import output_problems

    if problems := list(output_problems(output)):
        raise StudyError(problems)
    return Path(output)


def _published(output: str | None) -> Path | str:
    """The folder of results, or its address: given, in the environment, or the current one."""
    given = output or os.environ.get(OUTPUT) or "."
    folder: Path | str = given if "://" in given else Path(given)
    if not _has_tables(folder):
        cure = f"give the folder of `tradegains run` with --output DIR, or set {OUTPUT}"
        raise StudyError(Problem("there are no published results", str(folder), cure=cure))
    return folder


def _has_tables(folder: Path | str) -> bool:
    if isinstance(folder, Path):
        return (folder / "tables").is_dir()
    from tradegains.store.output import locate_output

    return locate_output(folder).has_tables


COMMANDS: Mapping[str, Callable[[argparse.Namespace], int]] = {
    "demo": _demo,
    "convert": _convert,
    "init": _init,
    "check": _check,
    "run": _run,
    "show": _show,
    "runs": _runs,
    "report": _report,
    "export": _export,
    "release": _release,
    "verify": _verify,
    "clean": _clean,
    "retire": _retire,
    "synth": _synth,
    "model": _model,
    "jars": _jars,
    "class-archive": _class_archive,
}


if __name__ == "__main__":
    sys.exit(main(own_process=True))
