"""A census bucketed by id: the same results, and none where Spark would look in the wrong file."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyspark.sql import SparkSession
from pyspark.sql import functions as F

from small_study import YEARS, write_study, write_year
from tradegains.command.check import check_study
from tradegains.engines.start import Engine
from tradegains.errors import InputError
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.buckets import bucket_of
from tradegains.store.census import CensusFiles, list_census, require_buckets
from tradegains.store.output import locate_output
from tradegains.store.runs import published_runs
from tradegains.study import read_study

PAGE = Path(__file__).parents[2] / "docs" / "clusters.md"
BUCKETS = 4
TEXT_IDS = [None, *(f"SECRET-{number}" for number in range(39))]
COLUMNS = {
    "establishment_id": "id",
    "year": "year",
    "industry": "sic",
    "employment": "jobs",
    "sales": "sales",
}
QUARANTINE = ('missing_id = "stop"', 'missing_id = "quarantine"')
Bucketing = Callable[..., Path]


def with_buckets(number: int) -> tuple[str, str]:
    """The change that states buckets in the small study."""
    return "industry_digits = 4", f"industry_digits = 4\nbuckets = {number}"


def write_census(folder: Path, ids: list[Any]) -> Path:
    """Two years of the small study's census; every other establishment has left in the second."""
    for year in YEARS:
        kept = ids[:: 1 + year - YEARS[0]]
        many = range(len(kept))
        write_year(
            folder,
            year,
            id=kept,
            sic=[100 + 11 * (number % 5) for number in many],
            jobs=[1.0 + number % 7 for number in many],
            sales=[10.0 + number * number for number in many],
            owner=["xyz"[number % 3] for number in many],
        )
    return folder / "census"


@pytest.fixture
def bucketing(spark: SparkSession, tmp_path: Path) -> Bucketing:
    """Return a function that writes a bucketed copy of a census, by the documentation's snippet."""
    (snippet,) = re.findall(r"^```python\n(.*?)^```$", PAGE.read_text(), re.MULTILINE | re.DOTALL)

    def write(census: Path, by: str = "id") -> Path:
        target = tmp_path / f"by_{by}"
        text = snippet.replace("CENSUS", str(census)).replace("BUCKETED", str(target))
        text = text.replace("establishment_id", by).replace("(8, ", f"({BUCKETS}, ")
        exec(text, {"spark": spark})
        return target

    return write


def listed(census: Path, buckets: int = BUCKETS) -> CensusFiles:
    return list_census(str(census), COLUMNS, YEARS, buckets=buckets)


def published(engine: Engine, study: Path, census: Path) -> tuple[dict[str, str], list[str]]:
    """Digest of each published table, and the steps of the run."""
    progress, output = Progress(None), f"{study.parent}/results-{len(study.read_text())}"
    run(engine, read_study(study, {"census": str(census)}), output=output, progress=progress)
    (row,) = published_runs(locate_output(output).open_tables()).to_pylist()
    digests = {table["name"]: table["digest"] for table in row["tables"]}
    return digests, [step.name for step in progress.steps]


# --- names of files -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "bucket"),
    [
        ("part-00005-0738ad4a_00005.c000.snappy.parquet", 5),
        ("000001_0", 0),
        ("a_7.b_c.parquet", 7),
        ("a_7.b_8.parquet", 8),
        ("year=1990/part_3.parquet", 3),
        ("year_3/part-0.parquet", None),
        ("part-00005-0738ad4a.c000.snappy.parquet", None),
        ("part_.parquet", None),
        ("part_7b.parquet", None),
    ],
)
def test_bucket_in_a_name_as_spark_reads_it(name: str, bucket: int | None) -> None:
    assert bucket_of(name) == bucket


def test_files_without_a_bucket_and_beyond_the_last(tmp_path: Path) -> None:
    folder = write_census(tmp_path, TEXT_IDS) / "year=1990"
    (folder / "part-0.parquet").rename(folder / "part-0_00004.parquet")
    found = check_study(write_study(tmp_path, with_buckets(BUCKETS)))
    texts = [str(problem) for problem in found.problems]
    assert texts == [
        "files have no bucket in their names, and [census] has buckets = 4 (1 case) in year 1991\n"
        "  cure: drop the key buckets, or write the files with Spark's bucketBy",
        "files are of a bucket that 4 buckets (0 to 3) do not have (1 case) in year 1990\n"
        "  cure: state in buckets the number that bucketBy was given, or drop the key",
    ]


# --- runs ---------------------------------------------------------------------------------------


@pytest.mark.only("embedded")
def test_embedded_engine_does_not_use_buckets(engine: Engine, tmp_path: Path) -> None:
    """It reads every row, whatever file the row is in: here one where Spark would not look."""
    census = write_census(tmp_path, TEXT_IDS)
    plain, _ = published(engine, write_study(tmp_path, QUARANTINE), census)
    for file in census.rglob("*.parquet"):
        file.rename(file.with_name("part-0_00003.c000.parquet"))
    study = write_study(tmp_path, QUARANTINE, with_buckets(BUCKETS))
    digests, steps = published(engine, study, census)
    assert digests == plain
    assert "check buckets" not in steps


@pytest.mark.only("spark")
def test_spark_tells_the_same_with_and_without(
    engine: Engine, bucketing: Bucketing, tmp_path: Path
) -> None:
    """One row has no id: it is in the bucket where Spark puts nulls."""
    census = bucketing(write_census(tmp_path, TEXT_IDS))
    assert engine.spark.catalog.listTables() == []
    plain, steps = published(engine, write_study(tmp_path, QUARANTINE), census)
    assert "check buckets" not in steps
    study = write_study(tmp_path, QUARANTINE, with_buckets(BUCKETS))
    digests, steps = published(engine, study, census)
    assert digests == plain
    assert "check buckets" in steps
    assert engine.spark.catalog.listTables() == []


@pytest.mark.only("spark")
def test_types_of_ids_that_keep_their_buckets(
    spark: SparkSession, bucketing: Bucketing, tmp_path: Path
) -> None:
    """Spark has other buckets for INT than for BIGINT, and the match has BIGINT. By URI as well."""
    rows = spark.read.parquet(str(write_census(tmp_path, [None, *range(39)])))
    rows.withColumn("int", F.col("id").cast("int")).write.parquet(str(tmp_path / "both"))
    for column, keeps in {"id": True, "int": False}.items():
        names = COLUMNS | {"establishment_id": column}
        census = bucketing(tmp_path / "both", column).as_uri()
        files = list_census(census, names, YEARS, buckets=BUCKETS)
        require_buckets(spark, files)
        assert files.keeps_buckets == keeps


# --- declarations that are wrong ----------------------------------------------------------------


def strays(spark: SparkSession, census: CensusFiles) -> tuple[int, int]:
    """Rows whose id has another bucket than their file's name, counted file by file; and files."""
    counts = []
    for file in census.files:
        ids = pq.ParquetFile(file.absolute).read(["id"])
        right = F.expr(f"pmod(hash(id), {census.buckets})") == bucket_of(file.path)
        counts.append(spark.createDataFrame(ids).filter(~right).count())
    return sum(counts), sum(count > 0 for count in counts)


@pytest.mark.only("spark")
@pytest.mark.parametrize(("by", "stated"), [("id", BUCKETS + 1), ("sic", BUCKETS)])
def test_wrong_buckets_are_refused(
    engine: Engine, bucketing: Bucketing, tmp_path: Path, by: str, stated: int
) -> None:
    census = bucketing(write_census(tmp_path, TEXT_IDS), by)
    study = write_study(tmp_path, QUARANTINE, with_buckets(stated))
    with pytest.raises(InputError) as refusal:
        published(engine, study, census)
    rows, files = strays(engine.spark, listed(census, stated))
    assert rows > files > 1
    assert str(refusal.value) == (
        f"rows are in a file of another than the {stated} buckets of [census] have for their 'id' "
        f"({rows} cases) in {files} files of {census}\n"
        "  cure: drop the key buckets, or write the files again with bucketBy on 'id'"
    )


@pytest.mark.only("spark")
def test_one_row_in_the_wrong_file_is_found(
    spark: SparkSession, bucketing: Bucketing, tmp_path: Path
) -> None:
    census = bucketing(write_census(tmp_path, TEXT_IDS))
    one, *_, other = sorted((census / "year=1990").glob("*.parquet"))
    rows = pq.ParquetFile(one).read()
    pq.write_table(rows.slice(1), one)
    moved = pq.ParquetFile(other).read()
    pq.write_table(pa.concat_tables([moved, rows.slice(0, 1)]), other)
    for file in one.parent.glob(".*.crc"):
        file.unlink()
    with pytest.raises(InputError, match=r"\(1 case\) in 1 file of "):
        require_buckets(spark, listed(census))


@pytest.mark.only("spark")
def test_padded_ids_in_buckets_are_refused(
    spark: SparkSession, bucketing: Bucketing, tmp_path: Path
) -> None:
    ids = [f"{name or 'none'}  " if place == 3 else name for place, name in enumerate(TEXT_IDS)]
    census = bucketing(write_census(tmp_path, ids))
    with pytest.raises(InputError, match=r"'id' have blanks around them, .* \(\d+ cases?\)"):
        require_buckets(spark, listed(census))
