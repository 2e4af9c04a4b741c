"""What the engines do with each pass, read from their explained plans.

`measure` runs on a small census with every frame it hands to the engine explained: what stands
here holds for the passes of a real run, whatever the number of rows.
"""

import contextlib
import io
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import takewhile
from pathlib import Path

import pyarrow as pa
import pytest
from pyspark.sql import DataFrame, Window
from pyspark.sql import functions as F

from tradegains.engines.start import Engine
from tradegains.families import evidence
from tradegains.families.measuring import measure
from tradegains.inputs.small import SmallInputs
from tradegains.pipeline import merging
from tradegains.progress import Progress
from tradegains.statistics import collecting
from tradegains.store.census import list_census, read_census
from tradegains.store.work import WorkFolder
from tradegains.study import Study, read_study
from tradegains.synthetic import write_synthetic_census
from tradegains.tables import working as w

STUDY = Path(__file__).parents[2] / "benchmarks" / "study.toml"
ESTABLISHMENTS = 300

# The columns inside the census files that the study needs; the files also hold enterprise_id.
CENSUS_COLUMNS = {"establishment_id", "industry", "employment", "sales", "exports", "value_added"}
PRESENCE = 4  # columns that histories are merged from: establishment, year, validity, exporter
CENSUS_SCANS = {"hash": 2, "sort": 1}  # the histories and the rows, or both at once
CELLS = {"year", "industry", "membership", "flags", "duplicated_id"}
AMOUNTS = {f"{name}_in_units" for name in ("sales", "exports", "value_added")}
WEIGHT, MEASURE = "employment_thousandths", "log_productivity"
MARKET_CELLS = CELLS | AMOUNTS | {WEIGHT}
MEDIANS = {"year", "industry", WEIGHT, MEASURE}
DISTRIBUTIONS = MEDIANS | {"membership"}
EVIDENCE = {"year", "industry", "membership", "flags", "log_productivity", WEIGHT} | AMOUNTS

SHUFFLES = {"Exchange", "RepartitionExec"}
SCANS = {"FileScan", "DataSourceExec"}
AGGREGATES = {"HashAggregate", "ObjectHashAggregate", "SortAggregate", "AggregateExec"}
PROJECTIONS = {"Project", "ProjectionExec", *SCANS}
ORDERED = re.compile("Sort|Window|TakeOrdered")
PYTHON = re.compile("Python|Pandas|InArrow|MapPartitions")
SAIL_FUNCTION = re.compile(r"@[0-9a-z]{20,}\(")  # Sail names a Python function by its digest
LINE = re.compile(r"^(?P<depth>[ :+\-]*)(?:\*\(\d+\) )?(?P<name>\w+)(?P<text>.*)$")


@dataclass(frozen=True)
class Node:
    """An operator of a plan: its name, its line, and the operators it reads from."""

    name: str
    text: str
    children: tuple["Node", ...]

    def __iter__(self) -> Iterator["Node"]:
        yield self
        for child in self.children:
            yield from child

    @property
    def is_shuffle(self) -> bool:
        """Whether it sends rows to other partitions by their values."""
        return self.name in SHUFFLES and "hash" in self.text.lower()

    @property
    def reads_files(self) -> bool:
        """Whether it is a scan of Parquet, not a small table handed to the engine."""
        return self.name in SCANS and "parquet" in self.text.lower()

    @property
    def meets_every_row(self) -> bool:
        """Whether rows reach it from a file as they are, not summed to cells."""
        if self.name in AGGREGATES:
            return False
        return self.reads_files or any(child.meets_every_row for child in self.children)

    @property
    def carried(self) -> list[str]:
        """Columns of the rows that leave it: the list of the nearest projection below."""
        node = next(node for node in self if node.name in PROJECTIONS)
        listed = re.search(r"(?:expr=|projection=|^ |^ parquet )\[(.*)", node.text)
        return list(top_level(listed[1]))

    @property
    def read(self) -> set[str]:
        """Columns that a scan decodes."""
        if spark := re.search(r"ReadSchema: struct<(.*)>", self.text):
            return set(re.findall(r"(\w+):\w+", spark[1]))
        projected = re.search(r"projection=\[(.*)", self.text)
        names = (re.match(r"[A-Za-z_]\w*", part) for part in top_level(projected[1]))
        return {name[0] for name in names if name}


def top_level(text: str) -> Iterator[str]:
    """Parts between commas, up to the bracket that closes the list.

    >>> list(top_level("a, f(b, c) as d], more"))
    ['a', 'f(b, c) as d']
    """
    depth, part = 0, ""
    for sign in text:
        depth += (sign in "([{") - (sign in ")]}")
        if depth < 0:
            break
        if sign == "," and depth == 0:
            yield part.strip()
            part = ""
        else:
            part += sign
    yield part.strip()


def parsed(explained: str) -> Node:
    """The tree of an explained plan; on Spark the final one, as it was run."""
    _, _, text = explained.rpartition("== Final Plan ==")
    lines = takewhile(lambda line: "== Initial Plan ==" not in line, text.splitlines())
    found = [LINE.match(line) for line in lines if line.strip() and "== " not in line]
    nodes = [(len(each["depth"]), each["name"], each["text"]) for each in found if each]
    return tree(nodes)


def tree(nodes: list[tuple[int, str, str]]) -> Node:
    (_, name, text), *below = nodes
    starts = [place for place, node in enumerate(below) if node[0] == below[0][0]]
    ends = [*starts[1:], len(below)]
    # Without anything below there is an end and no start.
    children = (tree(below[start:end]) for start, end in zip(starts, ends, strict=False))
    return Node(name, text, tuple(children))


ONE_AT_A_TIME = threading.Lock()  # passes run in threads, and all of them print to one stdout


def explained(frame: DataFrame) -> str:
    printed = io.StringIO()
    with ONE_AT_A_TIME, contextlib.redirect_stdout(printed):
        frame.explain()
    return printed.getvalue()


# --- the passes of a run ------------------------------------------------------------------------


@dataclass(frozen=True)
class Passes:
    """Plans of a run: the match by its work folder's name, the later ones in their order."""

    kept: dict[str, Node]
    collected: list[Node]
    census: DataFrame
    matched: DataFrame
    census_scans: int
    steps: list[str]

    @property
    def match(self) -> Node:
        """The one plan that reads the census."""
        return self.kept["matched/0"]

    @property
    def evidence(self) -> list[Node]:
        """The two plans that find the largest contributions."""
        return [self.kept["evidence_cells"], self.kept["evidence_second"]]


@pytest.fixture(scope="module")
def study(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Study:
    written = write_synthetic_census(
        engine.spark,
        tmp_path_factory.mktemp("census"),
        establishments=ESTABLISHMENTS,
        planted=False,
    )
    given = read_study(STUDY)
    return replace(given, inputs=replace(given.inputs, census=str(written.census)))


@pytest.fixture(scope="module")
def passes(engine: Engine, study: Study, tmp_path_factory: pytest.TempPathFactory) -> Passes:
    """Measure the study, with a note of the plan of everything the engine is asked for."""
    files = list_census(study.inputs.census, study.census.columns, study.years)
    census = read_census(engine.spark, files)
    work = WorkFolder(str(tmp_path_factory.mktemp("work")))
    kept, collected, matched, steps = {}, [], [], []
    step = Step()
    with pytest.MonkeyPatch.context() as patch:
        collect = patched_collect(patch, engine, census, collected, lambda: steps.append(step.name))
        patch.setattr(evidence, "ROWS_AT_ONCE", 0)  # as of many rows

        def keep(rows: DataFrame, name: str, *, by_year: bool = False) -> DataFrame:
            collect(rows)  # Spark settles the final plan as it runs
            kept[name] = parsed(explained(rows))
            matched.append(work.keep(rows, name, by_year=by_year))
            return matched[-1]

        by, progress = engine.merge_by, Progress(None).named_by(step.named)
        measure(
            study,
            census,
            SmallInputs(),
            keep=keep,
            read_kept=work.read,
            progress=progress,
            merge_by=by,
        )
    return Passes(kept, collected, census, matched[0], CENSUS_SCANS[by], steps)


class Step(threading.local):
    """The step that a thread is in, as an engine is told of it."""

    name = "no step"

    @contextlib.contextmanager
    def named(self, name: str) -> Iterator[None]:
        """Be in a step."""
        self.name = name
        yield
        del self.name


def patched_collect(
    patch: pytest.MonkeyPatch,
    engine: Engine,
    census: DataFrame,
    collected: list[Node],
    tell: Callable[[], None],
) -> Callable[[DataFrame], object]:
    """Note the plan of each frame as it is collected; return the function as it was."""
    kind = type(census)
    collect = collecting._arrow
    if engine.name == "spark":
        for name in ("spark.sql.maxMetadataStringLength", "spark.sql.debug.maxToStringFields"):
            engine.spark.conf.set(name, "10000")  # else lists of columns are cut short

    def noting(frame: DataFrame) -> object:
        rows = collect(frame)
        tell()
        collected.append(parsed(explained(frame)))
        return rows

    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("a pass ends with collect or in the work folder, else no plan is seen")

    patch.setattr(collecting, "_arrow", noting)
    for name in ("collect", "toPandas", "toLocalIterator", "count", "take", "head"):
        patch.setattr(kind, name, refuse)
    return collect


# --- what must hold -----------------------------------------------------------------------------


def shuffles_of_rows(plan: Node) -> list[Node]:
    return [node for node in plan if node.is_shuffle and node.meets_every_row]


def ordering(plan: Node) -> list[str]:
    """Sorts and windows over rows, where cells may be sorted."""
    return [node.name for node in plan if ORDERED.search(node.name) and node.meets_every_row]


def python_workers(plan: Node) -> list[str]:
    """Operators that send rows to a Python process, by name or inside an expression."""
    return [
        node.name for node in plan if PYTHON.search(node.name) or SAIL_FUNCTION.search(node.text)
    ]


def scans(plan: Node) -> list[Node]:
    return [node for node in plan if node.reads_files]


def test_the_census_is_read_by_the_match_alone(passes: Passes, study: Study) -> None:
    first = f"year={study.years[0]}"
    read = [node for node in scans(passes.match) if first in node.text]
    assert len(read) == passes.census_scans
    assert sorted(passes.kept) == ["evidence_cells", "evidence_second", "matched/0"]
    for plan in passes.collected:
        assert [node for node in scans(plan) if study.inputs.census in node.text] == []


def test_only_the_years_of_the_study_are_read(passes: Passes, study: Study) -> None:
    found = {int(year) for node in scans(passes.match) for year in years_in(node)}
    assert found == set(study.years)


def years_in(node: Node) -> list[str]:
    return re.findall(r"year=(\d{4})", node.text)


def test_only_the_needed_columns_of_the_census_are_read(passes: Passes) -> None:
    assert {name for node in scans(passes.match) for name in node.read} == CENSUS_COLUMNS


def test_rows_are_shuffled_whole_once_and_by_id(passes: Passes) -> None:
    shuffles = shuffles_of_rows(passes.match)
    whole = [node for node in shuffles if len(node.carried) > PRESENCE]
    assert len(whole) == 1
    assert len(shuffles) == passes.census_scans
    for node in shuffles:
        (key,) = shuffle_keys(node)
        assert node.carried[0].endswith(key), "the establishment is the first column"
    for plan in passes.collected:
        assert shuffles_of_rows(plan) == []


def shuffle_keys(node: Node) -> list[str]:
    """Names of the columns a shuffle goes by, without their positions."""
    listed = re.search(r"(?:hashpartitioning\(|Hash\(\[)(.*)", node.text)[1]
    return [key.partition("@")[0] for key in top_level(listed) if not key.isdigit()]


def test_nothing_is_sorted_beyond_the_match(passes: Passes) -> None:
    assert len(ordering(passes.match)) == (2 if passes.census_scans == 1 else 0)
    for plan in passes.collected:
        assert ordering(plan) == []


def test_no_row_passes_through_python(passes: Passes) -> None:
    for plan in (passes.match, *passes.collected):
        assert python_workers(plan) == []


def test_later_passes_read_the_columns_they_need(passes: Passes) -> None:
    read = [frozenset(name for node in scans(plan) for name in node.read)
            for plan in passes.collected]  # fmt: skip
    allowed = [MARKET_CELLS, MEDIANS, MEDIANS, *[DISTRIBUTIONS] * 3]
    assert len(read) <= len(allowed)
    assert set(read) <= {frozenset(columns) for columns in allowed}


def test_evidence_reads_the_matched_rows_once_a_pass_and_sorts_none(passes: Passes) -> None:
    for plan in passes.evidence:
        assert [node.read for node in scans(plan) if w.MEMBERSHIP in node.read][-1] == EVIDENCE
        assert [w.FLAGS in node.read for node in scans(plan)].count(True) == 1
        assert ordering(plan) == python_workers(plan) == []
    assert shuffles_of_rows(passes.evidence[0]) == []


@pytest.mark.only("spark")
def test_the_largest_contributions_are_brought_to_the_rows(passes: Passes) -> None:
    assert shuffles_of_rows(passes.evidence[1]) == []


def test_each_later_pass_is_known_to_the_engine_by_its_step(passes: Passes) -> None:
    # The sums for moments are computed beside the medians, by a thread of their own.
    assert sorted(passes.steps) == [
        *["describe distributions"] * (len(passes.steps) - 4),
        "match establishments",
        *["select industry medians"] * 3,
    ]


def test_each_later_pass_reads_the_matched_rows_once(passes: Passes) -> None:
    assert [len(scans(plan)) for plan in passes.collected] == [1] * len(passes.collected)
    assert "establishment_id" not in passes.matched.columns


class PlannedError(Exception):
    """The plan is known, and need not be run."""


@pytest.mark.only("spark")
def test_rows_of_a_bucketed_census_are_not_shuffled(
    engine: Engine, study: Study, tmp_path: Path
) -> None:
    rows = engine.spark.read.parquet(study.inputs.census)
    written = rows.repartition(4, "establishment_id").write.partitionBy("year")
    written = written.bucketBy(4, "establishment_id").option("path", str(tmp_path / "bucketed"))
    written.saveAsTable("planned")
    engine.spark.sql("DROP TABLE planned")
    files = list_census(str(tmp_path / "bucketed"), study.census.columns, study.years, buckets=4)
    seen = []

    def explain_only(rows: DataFrame, _: str, *, by_year: bool = False) -> DataFrame:
        seen.append(parsed(explained(rows)))
        raise PlannedError

    def read_nothing(*_: object) -> pa.Table:
        raise PlannedError

    quiet = Progress(None)
    census, by = read_census(engine.spark, files), merging(engine, files, quiet)
    with pytest.raises(PlannedError):
        measure(
            study,
            census,
            SmallInputs(),
            keep=explain_only,
            read_kept=read_nothing,
            progress=quiet,
            merge_by=by,
        )
    (match,) = seen
    assert shuffles_of_rows(match) == []
    (scan,) = scans(match)
    assert "Bucketed: true" in scan.text
    assert set(years_in(scan)) == set(map(str, study.years))
    assert scan.read == CENSUS_COLUMNS


# --- each sees its fault ------------------------------------------------------------------------


def planned(frame: DataFrame) -> Node:
    return parsed(explained(frame))


def test_a_sort_and_a_window_are_seen(passes: Passes) -> None:
    rows = passes.matched
    assert ordering(planned(rows.orderBy(MEASURE)))
    by_year = Window.partitionBy("year").orderBy(MEASURE)
    ranked = rows.select(F.sum(WEIGHT).over(by_year))
    assert ordering(planned(ranked))
    assert shuffles_of_rows(planned(ranked))


def test_a_second_shuffle_is_seen(passes: Passes) -> None:
    again = passes.matched.repartition(3, "industry").select("industry", "year", *AMOUNTS)
    (shuffle,) = shuffles_of_rows(planned(again.filter(F.col("year") > 0)))
    assert len(shuffle.carried) == 2 + len(AMOUNTS)
    cells = passes.matched.groupBy("year").agg(F.sum(WEIGHT))
    assert shuffles_of_rows(planned(cells)) == []


def test_a_python_worker_is_seen(passes: Passes) -> None:
    twice = F.udf(lambda value: value, "double")
    assert python_workers(planned(passes.matched.select(twice(MEASURE))))
    handed = passes.matched.select(MEASURE).mapInArrow(lambda batches: batches, "x double")
    assert python_workers(planned(handed))


def test_a_column_too_many_is_seen(passes: Passes) -> None:
    (scan,) = scans(planned(passes.matched.select("year", MEASURE)))
    assert scan.read == {"year", MEASURE}
    assert {name for node in scans(planned(passes.census.select("year", "sales")))
            for name in node.read} == {"sales"}  # fmt: skip
