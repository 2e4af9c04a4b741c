"""Pages of Parquet files beside the checksums in their headers."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tradegains.store.locations import locate
from tradegains.store.pages import page_problem, undecodable

ROWS = pa.table({"id": list(range(3000)), "sales": [each * 0.1 for each in range(3000)]})


def written(path: Path, **options: object) -> Path:
    """A file of two row groups, with several pages a column and checksums."""
    chosen = {"row_group_size": 1500, "data_page_size": 2000, "compression": "none",
              "use_dictionary": False, "write_page_checksum": True} | options  # fmt: skip
    pq.write_table(ROWS, path, **chosen)
    return path


def problem(path: Path) -> tuple[str, str | None, int | None] | None:
    found = page_problem(locate(str(path)), str(path))
    return None if found is None else (found.what, found.where, found.count)


def flip(path: Path, *offsets: int) -> None:
    content = bytearray(path.read_bytes())
    for offset in offsets:
        content[offset] ^= 1
    path.write_bytes(content)


@pytest.mark.parametrize(
    "options",
    [{}, {"compression": "snappy"}, {"use_dictionary": True}, {"data_page_version": "2.0"},
     {"compression": "zstd", "use_dictionary": True, "write_statistics": False}],
)  # fmt: skip
def test_whole_pages_are_as_their_checksums_say(tmp_path: Path, options: dict[str, object]) -> None:
    assert problem(written(tmp_path / "a.parquet", **options)) is None


def test_a_flipped_bit_is_told_with_its_column(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet")
    footer = pq.read_metadata(path)
    ends = [
        footer.row_group(group).column(1).data_page_offset
        + footer.row_group(group).column(1).total_compressed_size
        for group in (0, 1)
    ]
    flip(path, ends[0] - 5)
    assert problem(path) == ("damaged pages of sales", str(path), 1)
    flip(path, ends[1] - 5, footer.row_group(1).column(0).data_page_offset + 500)
    assert problem(path) == ("damaged pages of sales, id", str(path), 3)
    assert undecodable(locate(str(path)), str(path)) is None, "decoded to other numbers"


def test_nothing_is_said_of_files_without_checksums(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet", write_page_checksum=False)
    flip(path, pq.read_metadata(path).row_group(0).column(1).data_page_offset + 500)
    assert problem(path) is None


def test_a_file_that_ends_early_cannot_be_read_to_its_end(tmp_path: Path) -> None:
    path = written(tmp_path / "a.parquet")
    path.write_bytes(path.read_bytes()[:-200])
    assert problem(path) == ("the file cannot be read to its end", str(path), None)
    found = undecodable(locate(str(path)), str(path))
    assert found is not None
    assert (found.what, found.where) == ("a damaged page", str(path))
