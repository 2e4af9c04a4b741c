"""Which industry codes the files of a census have in each year, read without an engine."""

from collections import defaultdict
from collections.abc import Iterator

import pyarrow as pa
import pyarrow.parquet as pq

from tradegains.store.census import CensusFiles
from tradegains.store.census_files import CensusFile

_INDUSTRY, _YEAR = "industry", "year"
_ROWS_AT_ONCE = 1 << 18


def codes_by_year(
    census: CensusFiles, *, digits: int, missing: str | None = None
) -> dict[int, set[str]]:
    """Codes of each year of the study, as a run reads them: trimmed, whole numbers padded.

    Files that cannot be read to their end, and text that is none, are told elsewhere.

    Args:
        census: its checked files.
        digits: of an industry code, to which whole numbers are padded.
        missing: what stands for a code that is missing; None: nothing does.
    """
    found: defaultdict[int, set[str]] = defaultdict(set)
    for file in census.files:
        try:
            for year, code in _pairs(census, file):
                written = missing if code is None else _written(code, digits)
                if year in census.years and written is not None:
                    found[year].add(written)
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            continue
    return dict(found)


def _written(code: object, digits: int) -> str:
    written = code.decode() if isinstance(code, bytes) else code  # old Hive's unmarked text
    return written.strip() if isinstance(written, str) else str(written).zfill(digits)


def _pairs(census: CensusFiles, file: CensusFile) -> Iterator[tuple[int | None, object]]:
    """Years and codes that stand together, each once for a part of the file."""
    names = [census.columns[_INDUSTRY]]
    if file.year is None:
        names.append(census.columns[_YEAR])
    with census.place.system.open_input_file(file.absolute) as source:
        for batch in pq.ParquetFile(source).iter_batches(_ROWS_AT_ONCE, columns=names):
            distinct = pa.Table.from_batches([batch]).group_by(names).aggregate([])
            codes = distinct.column(names[0]).to_pylist()
            years = [file.year] * len(codes)
            if file.year is None:
                years = [_whole(year) for year in distinct.column(names[1]).to_pylist()]
            yield from zip(years, codes, strict=True)


def _whole(year: object) -> int | None:
    """A year that a file holds as any kind of number; None for one that is missing or NaN."""
    return int(year) if year is not None and year == year else None  # type: ignore[call-overload]
