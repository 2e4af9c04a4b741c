"""Ways to store a census that only one engine reads: read by both, or refused before the run."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from small_study import YEARS, write_small_study, write_year, year_file
from tradegains.command.check import check_study
from tradegains.engines.engine import Engine
from tradegains.engines.failures import DamagedPageError
from tradegains.errors import InputError
from tradegains.pipeline import RunSummary, run
from tradegains.progress import Progress
from tradegains.statistics.handing import as_rows
from tradegains.store.row_tables import read_plant_products
from tradegains.store.runs import published_runs
from tradegains.store.writers import open_delta


def run_small(engine: Engine, folder: Path, output: str = "out") -> RunSummary:
    study = folder / "study.toml"
    return run(engine, study, output=str(folder / output), progress=Progress(None))


def digests(folder: Path) -> dict[str, str]:
    (published,) = published_runs(open_delta(str(folder / "tables"))).to_pylist()
    return {table["name"]: table["digest"] for table in published["tables"]}


def write_again(path: Path, rows: pa.Table | None = None, **options: object) -> None:
    pq.write_table(pq.ParquetFile(path).read() if rows is None else rows, path, **options)


def test_doubles_in_streams_of_bytes_are_read_by_both_engines(
    engine: Engine, tmp_path: Path
) -> None:
    write_small_study(tmp_path)
    run_small(engine, tmp_path, "before")
    for year in YEARS:
        streams = {"use_byte_stream_split": ["sales", "jobs"], "use_dictionary": False}
        write_again(year_file(tmp_path, year), **streams)
    done = run_small(engine, tmp_path, "after")
    assert done.new
    assert digests(tmp_path / "after") == digests(tmp_path / "before")


def test_brotli_is_refused_before_spark_starts_on_it(engine: Engine, tmp_path: Path) -> None:
    study = write_small_study(tmp_path)
    write_again(year_file(tmp_path, YEARS[0]), compression="brotli")
    (error, *_) = check_study(study, engine="spark", jars="none").errors
    assert "compressed with brotli" in str(error)
    assert "year=1990/part-0.parquet" in str(error)
    assert "cure: write them with zstd" in str(error)
    assert not check_study(study).errors
    if engine.name == "spark":
        with pytest.raises(InputError, match="compressed with brotli"):
            run_small(engine, tmp_path)
    else:
        assert run_small(engine, tmp_path).new


HASHES = [14_237_112_467_619_739_401, 2, 3]


@pytest.mark.parametrize(
    ("column", "codes", "words"),
    [
        ("sic", pa.array(HASHES, pa.uint64()), "whole numbers beyond 64 bits"),
        ("id", pa.array([b"caf\xe9", b"b", b"c"], pa.binary()), "that are not UTF-8"),
    ],
    ids=["unsigned hashes", "Latin-1 bytes"],
)
def test_codes_that_no_engine_reads_are_refused_without_being_shown(
    engine: Engine, tmp_path: Path, column: str, codes: pa.Array, words: str
) -> None:
    study = write_small_study(tmp_path)
    path = year_file(tmp_path, YEARS[0])
    rows = pq.ParquetFile(path).read()
    write_again(path, rows.set_column(rows.column_names.index(column), column, codes))
    for told in (check_study(study).errors, [refused(engine, tmp_path)]):
        text = "\n".join(map(str, told))
        assert words in text
        assert "cure: " in text
        assert str(HASHES[0]) not in text
        assert "caf" not in text


def refused(engine: Engine, folder: Path) -> InputError:
    with pytest.raises(InputError) as refusal:
        run_small(engine, folder)
    return refusal.value


@pytest.mark.parametrize("largest", [2**63 - 1, 2**64 - 1])
def test_unsigned_ids_are_fine(engine: Engine, tmp_path: Path, largest: int) -> None:
    write_small_study(tmp_path)
    for year in YEARS:
        path = year_file(tmp_path, year)
        rows = pq.ParquetFile(path).read()
        ids = pa.array([1, 2, largest], pa.uint64())
        write_again(path, rows.set_column(rows.column_names.index("id"), "id", ids))
    assert run_small(engine, tmp_path).new


def test_a_census_without_any_productivity_is_published(engine: Engine, tmp_path: Path) -> None:
    write_small_study(tmp_path)
    text = (tmp_path / "study.toml").read_text()
    (tmp_path / "study.toml").write_text(
        text.replace('invalid_employment = "stop"', 'invalid_employment = "keep"')
    )
    for year in YEARS:
        write_year(tmp_path, year, jobs=[0.0, 0.0, 0.0])
    assert run_small(engine, tmp_path).new


def test_an_arrow_table_without_rows_is_a_frame(engine: Engine) -> None:
    schema = pa.schema([("year", pa.int32()), ("centre", pa.float64())])
    empty = as_rows(schema.empty_table(), beside=engine.spark.range(1))
    assert [(name, kind) for name, kind in empty.dtypes] == [("year", "int"), ("centre", "double")]
    assert empty.count() == 0


def marked_as_text(*values: bytes) -> pa.Array:
    """An array that says that it is text, whatever its bytes are; some writers do not look."""
    plain = pa.array(values, pa.binary())
    return pa.Array.from_buffers(pa.string(), len(plain), plain.buffers())


def test_text_that_is_not_utf8_is_refused_by_file_and_column(
    engine: Engine, tmp_path: Path
) -> None:
    write_small_study(tmp_path)
    write_year(tmp_path, 1990, sic=["0111", "3211", "3211"])
    write_year(
        tmp_path,
        1991,
        id=marked_as_text(b"caf\xe9", b"b", b"\xff"),
        sic=marked_as_text(b"0111", b"3211", b"32\xe9"),
        owner=marked_as_text(b"\xe9", b"y", b"y"),  # an extra column
        remark=marked_as_text(b"\xe9", b"", b""),  # which the study does not name
    )
    with pytest.raises(InputError) as refused:
        run_small(engine, tmp_path)
    told = [(each.what, each.where, each.count) for each in refused.value.problems]
    assert told == [
        (f"values of column '{name}' are marked as text and are not UTF-8", where, count)
        for name, count in (("id", 2), ("owner", 1), ("sic", 1))
        for where in [str(year_file(tmp_path, 1991))]
    ]
    products = pa.table({"establishment_id": marked_as_text(b"a\xe9"), "product": ["p"]})
    write_again(tmp_path / "products.parquet", products)
    with pytest.raises(DamagedPageError):
        read_products(engine, tmp_path / "products.parquet")


def read_products(engine: Engine, path: Path) -> None:
    with engine.step("read plant products"):
        read_plant_products(engine.spark, str(path), needs_value=False).toArrow()
