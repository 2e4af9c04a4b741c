"""What goes wrong inside an engine is told in our words, with the file or folder and a cure."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from small_study import YEARS, write_small_study, write_year, year_file
from tradegains.engines.engine import Engine
from tradegains.engines.failures import DamagedPageError, meaning
from tradegains.errors import EngineError, InputError
from tradegains.pipeline import run
from tradegains.progress import Progress
from tradegains.store.locations import locate
from tradegains.store.pages import page_problem
from tradegains.study import read_study

SECRET = "14237112467619739401"
PLANTS = 5_000


def write_damaged(folder: Path, *, checksums: bool, compression: str) -> Path:
    """A small study in which a page of sales of the first year is overwritten; its file."""
    write_small_study(folder)
    numbers = [float(number % 977) + 1.5 for number in range(PLANTS)]
    ids = [str(number) for number in range(PLANTS)]
    same = {"sic": [111] * PLANTS, "owner": ["x"] * PLANTS}
    write_year(folder, YEARS[0], id=ids, jobs=numbers, sales=numbers, **same)
    path = year_file(folder, YEARS[0])
    rows = pq.ParquetFile(path).read()
    pq.write_table(
        rows, path, compression=compression, write_page_checksum=checksums, use_dictionary=False
    )
    group = pq.ParquetFile(path).metadata.row_group(0)
    (sales,) = [column for number in range(group.num_columns)
                if (column := group.column(number)).path_in_schema == "sales"]  # fmt: skip
    content = bytearray(path.read_bytes())
    first, end = sales.data_page_offset + 60, sales.data_page_offset + sales.total_compressed_size
    content[first : end - 10] = bytes(end - 10 - first)
    path.write_bytes(content)
    return path


def run_small(engine: Engine, folder: Path) -> None:
    study = read_study(folder / "study.toml")
    run(engine, study, output=str(folder / "out"), progress=Progress(None))


# --- damaged pages --------------------------------------------------------------------------------


@pytest.mark.parametrize("compression", ["zstd", "gzip"])
def test_a_damaged_page_is_told_with_its_file(
    engine: Engine, tmp_path: Path, compression: str
) -> None:
    damaged = write_damaged(tmp_path, checksums=False, compression=compression)
    with pytest.raises(InputError, match="a damaged page") as refusal:
        run_small(engine, tmp_path)
    assert str(damaged) in str(refusal.value)
    assert str(year_file(tmp_path, YEARS[1])) not in str(refusal.value)
    assert "cure: write the file again" in str(refusal.value)


@pytest.mark.parametrize("compression", ["none", "snappy", "zstd"])
def test_pages_are_compared_with_their_checksums(
    engine: Engine, tmp_path: Path, compression: str
) -> None:
    damaged = write_damaged(tmp_path, checksums=True, compression=compression)
    with pytest.raises(InputError, match="damaged pages of sales") as refusal:
        run_small(engine, tmp_path)
    assert str(damaged) in str(refusal.value)
    assert not (tmp_path / "out" / "tables" / "runs").exists()


@pytest.mark.parametrize("version", ["1.0", "2.0"])
@pytest.mark.parametrize("dictionary", [True, False])
@pytest.mark.parametrize("compression", ["none", "zstd"])
def test_every_kind_of_page_is_followed(
    tmp_path: Path, compression: str, version: str, *, dictionary: bool
) -> None:
    kinds = {
        "text": [f"plant {number % 700}" for number in range(PLANTS)],
        "number": [number / 7 for number in range(PLANTS)],
        "gaps": [None if number % 3 else number for number in range(PLANTS)],
        "switch": [number % 2 == 0 for number in range(PLANTS)],
        "list": [[number] for number in range(PLANTS)],
    }
    path = tmp_path / "pages.parquet"
    pq.write_table(
        pa.table(kinds), path, compression=compression, data_page_version=version,
        use_dictionary=dictionary, write_page_checksum=True, row_group_size=2_000,
        data_page_size=4_000,
    )  # fmt: skip
    place = locate(str(tmp_path))
    assert page_problem(place, str(path)) is None
    column = pq.ParquetFile(path).metadata.row_group(1).column(1)
    content = bytearray(path.read_bytes())
    first = column.dictionary_page_offset or column.data_page_offset
    content[first + column.total_compressed_size // 3] ^= 1
    path.write_bytes(content)
    problem = page_problem(place, str(path))
    assert problem is not None
    assert problem.what == "damaged pages of number"


def test_files_without_checksums_pass(tmp_path: Path) -> None:
    path = tmp_path / "plain.parquet"
    pq.write_table(pa.table({"a": [1, 2, 3]}), path)
    assert page_problem(locate(str(tmp_path)), str(path)) is None


# --- exceptions -----------------------------------------------------------------------------------


class EngineFailureError(Exception):
    """As an engine raises it."""


KNOWN = {
    "Generic LocalFileSystem error: No space left on device": "the disk of the engine",
    "java.io.IOException: Disk quota exceeded": "the disk of the engine",
    "Failed to allocate additional 1.2 GB for HashJoinInput": "more memory than its limit",
    "java.lang.OutOfMemoryError: Java heap space": "more memory than its limit",
    "Parquet argument error: External: Unknown frame descriptor": "a damaged page",
}


@pytest.mark.parametrize("text", KNOWN)
def test_known_failures_have_words_and_no_values(text: str) -> None:
    told = meaning(EngineFailureError(f"{text} at value {SECRET}"), Path("/scratch"))
    assert told is not None
    assert KNOWN[text] in str(told)
    assert "cure: " in str(told)
    assert SECRET not in str(told)


def test_a_failure_is_found_behind_the_one_that_followed_it() -> None:
    followed = OSError("cannot remove the folder")
    followed.__context__ = EngineFailureError("No space left on device")
    assert meaning(followed) is not None


def test_other_failures_stay_what_they_are(engine: Engine) -> None:
    with pytest.raises(EngineFailureError, match="not known"), engine.step("fails"):
        raise EngineFailureError("not known")
    with pytest.raises(DamagedPageError), engine.step("fails"):
        raise EngineFailureError("Parquet error: no")


# --- a full disk ----------------------------------------------------------------------------------


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A disk of two megabytes, for root."""
    folder = tmp_path / "small"
    folder.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=2m", "tmpfs", str(folder)]
    try:
        ended = subprocess.run(mount, capture_output=True, text=True)
    except OSError as error:
        pytest.skip(f"cannot mount a small disk: {error.strerror}")
    if ended.returncode:
        pytest.skip("only root can mount a small disk")
    yield folder
    # Spark may have its files open a moment longer.
    subprocess.run(["umount", "--lazy", str(folder)], check=True)


def test_a_full_disk_is_told_with_its_folder(engine: Engine, small_disk: Path) -> None:
    (small_disk / "filler").write_bytes(bytes(2 * 2**20 - 200_000))
    rows = engine.spark.range(400_000).selectExpr("id", "hash(id) * 1.5 value")
    with pytest.raises(EngineError, match="disk") as refusal, engine.step("write"):
        rows.write.parquet(f"file://{small_disk}/rows")
    assert "cure: free some space" in str(refusal.value)
    assert "panicked" not in str(refusal.value)
