"""A run: read, flag, match, measure, publish; in that order, once."""

import gc
import logging
import tempfile
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from operator import itemgetter
from pathlib import Path
from threading import Lock
from typing import Any
from uuid import uuid4

import pyarrow as pa
from pyspark.sql import DataFrame

from tradegains.engines.failures import DamagedPageError
from tradegains.engines.signals import ending_cleanly
from tradegains.engines.start import Engine
from tradegains.errors import EngineError, InputError, Problem, StudyError, TradegainsError
from tradegains.families.context import ComputedTables, MergeBy, TableRows
from tradegains.families.measuring import absences_of, measure
from tradegains.families.quality import CountedRows, counted_rows
from tradegains.families.work_folders import passing_folders
from tradegains.inputs.latest import read_study
from tradegains.inputs.names import name_problems
from tradegains.inputs.reading import has_product_values, judge_inputs, products_year
from tradegains.inputs.small import SmallInputs
from tradegains.progress import Progress
from tradegains.store.answering import while_stores_answer
from tradegains.store.arrow_tables import arrow_schema
from tradegains.store.census import CensusFiles, read_census, require_buckets
from tradegains.store.census_checks import invalid_text
from tradegains.store.cleaning import forget_unpublished_evidence
from tradegains.store.code_version import code_digest, code_version
from tradegains.store.delta import DeltaStore
from tradegains.store.evidence import Evidence, forget_evidence, keep_evidence
from tradegains.store.manifest import (
    InputFile,
    ManifestEntry,
    input_digest,
    input_manifest,
    manifest_json,
    require_content,
    require_unchanged,
)
from tradegains.store.mending import mend_logs, salvage
from tradegains.store.output import KEEP_DAYS, Output, census_problems, hold_output
from tradegains.store.pages import undecodable
from tradegains.store.remote_errors import is_remote, told_of_store
from tradegains.store.row_tables import PLANT_PRODUCTS, ROW_TABLES, read_plant_products
from tradegains.store.runs import (
    Publication,
    RunRecord,
    damage,
    publish,
    published_runs,
    published_tables,
    run_id,
    sound_runs,
)
from tradegains.store.small_tables import SMALL_TABLES
from tradegains.store.storage import (
    has_doubtful_amounts,
    needs_rows_one_by_one,
    storage_problems,
)
from tradegains.store.work import WorkFolder
from tradegains.study import Study, resolved_toml
from tradegains.tables.absence import Absence, absences_json, not_given, read_absences
from tradegains.tables.published import MEASURED, chosen_tables
from tradegains.tables.row_columns import RowColumns

log = logging.getLogger("tradegains")


@dataclass(frozen=True)
class RunSummary:
    """What a run did: its id, whether it published anything new, and each table's rows."""

    run_id: str
    new: bool
    rows: Mapping[str, int]
    absent: tuple[Absence, ...]

    def has(self, tables: Collection[str]) -> bool:
        """Whether each of these tables is published, or known to be absent."""
        known = {absence.name for absence in self.absent if absence.kind == "table"}
        return set(tables) <= self.rows.keys() | known


@dataclass(frozen=True)
class RunInputs:
    """A study's checked inputs: files, the small tables, and the manifest of both."""

    census: CensusFiles
    small: SmallInputs
    files: Sequence[InputFile]
    manifest: Sequence[ManifestEntry]
    absent: tuple[Absence, ...] = ()

    @property
    def digest(self) -> str:
        """Digest of everything the run reads."""
        return input_digest(self.manifest)


def run(
    engine: Engine,
    study: Study | str | Path,
    *,
    output: str | Path,
    only: Collection[str] | None = None,
    progress: Progress | None = None,
    wait_seconds: float = 0.0,
    again: bool = False,
    verify: bool = False,
    keep_days: float = KEEP_DAYS,
) -> RunSummary:
    """Run a study and publish its tables.

    Args:
        engine: a started engine.
        study: the research choices, or the file that states them.
        output: folder or URI of the published tables.
        only: names of the tables to publish, or the name of one; all by default.
        progress: told of each step; prints to stderr by default.
        wait_seconds: how long to wait for another run on the same output [s].
        again: compute even if this very run is published already.
        verify: read the files once more at the end, and compare their digests.
        keep_days: how long quarantined and duplicate rows of earlier runs are kept [days].

    Returns:
        The run's id and tables. A run that was published before is not computed again.

    Raises:
        StudyError: a name or a condition in the study cannot stand, the output would lie within
            the census, or a table in `only` is none that a run makes or this study can have;
            nothing was published.
        InputError: the inputs are refused; nothing was published.
        OutputBusyError: another run holds the output.
        EngineError: the engine has ended, or failed; nothing was published.
    """
    only = MEASURED if only is None else chosen_tables([only] if isinstance(only, str) else only)
    study = study if isinstance(study, Study) else read_study(study)
    output = str(output)
    progress = progress or Progress()
    _judge_names(output, study)
    with (
        ending_cleanly(),
        hold_output(output, wait_seconds=wait_seconds, keep_days=keep_days) as place,
        _rare_collection(),
    ):
        with progress.step("check inputs") as step:
            inputs = read_inputs(study, place)
            step.rows = inputs.census.rows
        if problems := list(storage_problems(inputs.census, engine.name)):
            raise InputError(problems)
        name = run_id(resolved_toml(study), inputs.digest, code_digest())
        store = _whole_tables(place, engine)
        published = published_summary(store, name)
        if published and published.has(only) and not again and _is_whole(store, name):
            return published
        _require_some(only, study, inputs)
        one_by_one = engine.name == "spark" and needs_rows_one_by_one(inputs.census)
        with _failures_told(engine, inputs, place), engine.reading(one_by_one=one_by_one):
            work = replace(_work_folder(place, name, study), scratch=engine.scratch)
            measured = _measure(engine, study, inputs, work, only, progress, kept_in=work.root)
        absent = _all_absent(inputs, published, measured)
        record = _record(_resolved(study, measured), inputs, engine, absent)
        with progress.step("publish") as step:
            require_unchanged(inputs.files)
            if verify:
                require_content(inputs.files, inputs.manifest)
            wanted = {table: rows for table, rows in measured.tables.items() if table in only}
            with _evidence_beside(place, store, name, measured):
                publication = publish_tables(store, name, record, wanted)
            step.rows = sum(table.rows for table in publication.tables)
    return RunSummary(
        name, publication.new, {each.name: each.rows for each in publication.tables}, absent
    )


def check_rows(engine: Engine, study: Study, *, progress: Progress | None = None) -> CountedRows:
    """Read every row as the first steps of a run do, and count the rows that break each rule.

    Nothing is kept, and nothing is published.

    Raises:
        StudyError: a name or a condition in the study cannot stand.
        InputError: the inputs are refused, for other reasons than a rule.
        EngineError: the engine failed.
    """
    progress = progress or Progress()
    # Rows that stop a run are taken out of it, as those are that it quarantines.
    rules = {rule: act.replace("stop", "quarantine") for rule, act in study.census.rules.items()}
    lenient = replace(study, census=replace(study.census, rules=rules))
    with (
        ending_cleanly(),
        tempfile.TemporaryDirectory(prefix="check-", dir=engine.scratch) as folder,
        _rare_collection(),
    ):
        inputs = read_inputs(study, output := Output(folder))
        # Whether successors meet the census is found where they repair it.
        only = {"quality", *(("welfare",) if inputs.small.successors else ())}
        one_by_one = engine.name == "spark" and needs_rows_one_by_one(inputs.census)
        with _failures_told(engine, inputs, output), engine.reading(one_by_one=one_by_one):
            work = WorkFolder(f"{folder}/rows", frozenset(passing_folders(study)))
            measured = _measure(engine, lenient, inputs, work, only, progress)
    return counted_rows(measured.tables["quality"], study.census.rules)


def _require_running(engine: Engine) -> None:
    if engine.has_ended:
        cure = (
            "start another, and run inside it: with start_engine(...) as engine: run(engine, ...)"
        )
        raise EngineError(Problem("the engine has ended", cure=cure))


def _all_absent(
    inputs: RunInputs, published: RunSummary | None, measured: ComputedTables
) -> tuple[Absence, ...]:
    """What the run does not have, with what an earlier publication of it did not have."""
    before = published.absent if published else ()
    return tuple(dict.fromkeys((*inputs.absent, *before, *measured.absent)))


@contextmanager
def _evidence_beside(
    place: Output, store: DeltaStore, name: str, measured: ComputedTables
) -> Iterator[None]:
    """Keep what the run's numbers rest on before any can be released; none of what nobody sees."""
    found = measured.evidence
    try:
        if found.facts:
            keep_evidence(place.work, name, Evidence(found.tables, found.facts))
        yield
    except BaseException:
        # A process that was told to end after the commit has published its run.
        with suppress(TradegainsError):
            if name not in published_runs(store)["run_id"].to_pylist():
                forget_evidence(place.work, name)
        raise


def _judge_names(output: str, study: Study) -> None:
    """Refuse an output within the census and names of the study, before anything is touched.

    And a study with choices that nobody has made, unless it is called a draft.
    """
    if study.todo and not study.draft:
        cure = "settle them, or run a draft (--draft, or draft = true under [study]), which its "
        cure += "results say wherever they appear"
        what = "choices are still marked TODO"
        raise StudyError(Problem(what, f"study {study.name}", study.todo, cure))
    if problems := list(census_problems(output, study.inputs.census)):
        raise StudyError(problems)
    if any(name_problems(study)):
        judge_inputs(study).usable_census()  # raises, with whatever else is wrong


def _whole_tables(place: Output, engine: Engine) -> DeltaStore:
    """The published tables, their logs mended where a lock keeps others from writing to them."""
    _require_running(engine)
    store = place.open_tables(engine.name, engine.spark)
    for line in mend_logs(store) if place.is_local else ():
        log.warning("%s", line)
    forget_unpublished_evidence(place)
    return store


@contextmanager
def _rare_collection() -> Iterator[None]:
    """Let Python's collector of cycles look seldom: it took a third of the time on the driver.

    Results are many small records without cycles, which it would walk through again and again.
    """
    before = gc.get_threshold()
    gc.set_threshold(200_000, 20, 20)
    try:
        yield
    finally:
        gc.set_threshold(*before)


@contextmanager
def _failures_told(engine: Engine, inputs: RunInputs, output: Output) -> Iterator[None]:
    """Name the files that an engine could not read, or the store that has gone: it names neither.

    Raises:
        InputError: of the damaged files.
        StorageError: of the census, the output or both, whichever are behind an address.
    """
    places = dict.fromkeys((inputs.census.place.root, output.root))
    remote = [place for place in places if is_remote(place)]
    read = (each.place.root for each in inputs.files)
    watched = while_stores_answer([*places, *read], engine.interrupt, engine.cut_off)
    try:
        with told_of_store(" or ".join(remote)), watched:
            yield
    except DamagedPageError as error:
        if problems := list(_unreadable_files(inputs)):
            raise InputError(problems) from error
        raise


def _unreadable_files(inputs: RunInputs) -> Iterator[Problem]:
    read = {"census": set(inputs.census.inside.values())}
    for each in inputs.files:
        if not each.file.schema.names:
            continue  # no Parquet
        if problem := undecodable(each.place, each.file.absolute):
            yield problem
        else:
            yield from invalid_text(each.place, each.file.absolute, read.get(each.input))


def _work_folder(place: Output, name: str, study: Study) -> WorkFolder:
    """The run's work folder; behind a URI no lock keeps another process out of it."""
    mark = "" if place.is_local else f"-{uuid4().hex}"
    return WorkFolder(f"{place.work}/{name}", frozenset(passing_folders(study)), mark)


def _resolved(study: Study, measured: ComputedTables) -> Study:
    """The study with the decimals that its money counted to: it gives the same numbers again."""
    return replace(study, census=replace(study.census, money_decimals=measured.money_decimals))


def _record(
    study: Study, inputs: RunInputs, engine: Engine, absent: Iterable[Absence]
) -> RunRecord:
    return RunRecord(
        study.name,
        resolved_toml(study),
        manifest_json(inputs.manifest),
        inputs.digest,
        code_version(),
        engine.describe(),
        absences_json(absent),
    )


def _require_some(only: Collection[str], study: Study, inputs: RunInputs) -> None:
    """Refuse a run of tables that the study can have none of."""
    absent = absences_of(only, study, inputs.small)
    if len(absent) == len(only):
        raise StudyError([Problem(f"no table {each.name}", cure=each.reason) for each in absent])


def read_inputs(study: Study, output: Output) -> RunInputs:
    """The study's inputs, checked, and the manifest of what was or will be read.

    Raises:
        StudyError: a name or a condition in the study cannot stand.
        InputError: the inputs are refused. Whichever comes first names every problem.
    """
    work = WorkFolder(output.work)
    judged = judge_inputs(study, keep=lambda ids: work.keep_lines(ids, "successors_in_a_cycle.csv"))
    census, files = judged.usable_census(), judged.files
    manifest = input_manifest(files, read=judged.read, cache=output.manifest_cache)
    given = {entry.input for entry in manifest}
    absent = tuple(not_given(name) for name in (*SMALL_TABLES, *ROW_TABLES) if name not in given)
    return RunInputs(census, judged.small, files, manifest, absent)


def published_summary(store: DeltaStore, name: str) -> RunSummary | None:
    """What a published run holds; None when it is not published."""
    for row in sound_runs(store):
        if row["run_id"] == name:
            rows = {table.name: table.rows for table in published_tables(row)}
            return RunSummary(name, False, rows, read_absences(row["absent"]))
    return None


def _is_whole(store: DeltaStore, name: str) -> bool:
    """Whether every table of a published run is what was published, or could be mended to be."""
    tables = [t for row in store.read("runs", name).to_pylist() for t in published_tables(row)]
    whole = True
    for table in tables:
        if what := damage(store, name, table):
            mended = salvage(store, name, table)
            how = "mended from its files" if mended else "it is computed again"
            log.warning("table %s is not what was published (%s): %s", table.name, what, how)
            whole = whole and mended
    return whole


def publish_tables(
    store: DeltaStore,
    name: str,
    record: RunRecord,
    tables: Mapping[str, TableRows],
) -> Publication:
    """Publish these tables of a run."""
    wanted = {table: as_table(table, rows, name) for table, rows in tables.items()}
    publication = publish(store, name, record, wanted)
    for table in publication.differing:
        log.warning("%s: computed again, it differs from what run %s published", table, name)
    return publication


def as_table(table: str, rows: Sequence[Mapping[str, Any]], name: str) -> pa.Table:
    """Rows of a result as the published table, tagged with the run."""
    schema = arrow_schema(table)
    columns = _columns_of(rows, schema.names)
    arrays = [
        pa.repeat(name, len(rows)) if each.name == "run_id"
        else pa.array(columns[each.name], each.type) if each.name in columns
        else pa.nulls(len(rows), each.type)
        for each in schema
    ]  # fmt: skip
    return pa.table(arrays, schema=schema)


def _columns_of(
    rows: Sequence[Mapping[str, Any]], names: Sequence[str]
) -> Mapping[str, Sequence[Any]]:
    """Those of the columns that some row has; None where a row lacks one."""
    if isinstance(rows, RowColumns):
        return rows.columns
    found = set[str]().union(*rows)
    present = [name for name in names if name in found]
    if len(present) > 1 and all(len(row) == len(found) for row in rows):
        # All at once, which takes a fifth of the time.
        return dict(zip(present, zip(*map(itemgetter(*present), rows), strict=True), strict=True))
    return {name: [row.get(name) for row in rows] for name in present}


def _measure(
    engine: Engine,
    study: Study,
    inputs: RunInputs,
    work: WorkFolder,
    only: Collection[str],
    progress: Progress,
    *,
    kept_in: str = "",
) -> ComputedTables:
    census = read_census(engine.spark, inputs.census)
    progress = progress.named_by(engine.step, engine.doing)
    merge_by = merging(engine, inputs.census, progress)

    keeping = Lock()  # partitions are set for the whole session

    def keep(rows: DataFrame, name: str, *, by_year: bool = False) -> DataFrame:
        with keeping, engine.shuffling(inputs.census.rows):
            return work.keep(rows, name, by_year=by_year)

    try:
        return measure(
            study,
            census,
            inputs.small,
            keep=keep,
            read_kept=work.read,
            progress=progress,
            wanted=only,
            products=_plant_products(engine, study),
            rows_by_year=inputs.census.rows_by_year,
            parts=engine.parts_of(inputs.census.rows),
            merge_by=merge_by,
            is_in_process=engine.is_in_process,
            kept_in=kept_in,
            foresees=engine.is_in_process and has_doubtful_amounts(inputs.census),
        )
    finally:
        work.remove(*passing_folders(study))


def merging(engine: Engine, census: CensusFiles, progress: Progress) -> MergeBy:
    """How the engine brings an establishment's rows together; by buckets once they are checked.

    Raises:
        InputError: Spark would look for rows in other buckets than they are in.
    """
    if not engine.is_classic or census.buckets is None:
        return engine.merge_by
    with progress.step("check buckets"):
        require_buckets(engine.spark, census)
    return "bucket" if census.keeps_buckets else engine.merge_by


def _plant_products(engine: Engine, study: Study) -> DataFrame | None:
    path = study.inputs.given().get(PLANT_PRODUCTS)
    if path is None:
        return None
    return read_plant_products(
        engine.spark, path, needs_value=has_product_values(study), year=products_year(study)
    )
