"""What the rows of a census show before there is a study: one pass over the columns that count.

Nothing of a single row is told: years, shares of rows and numbers of ids and codes.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegains.errors import InputError, Problem
from tradegains.store.census_checks import year_ranges
from tradegains.store.census_files import CensusFile, partition_year
from tradegains.store.locations import Location

NEW_CODES = 0.3
"""Share of a year's rows under codes that the year before has not, from which another revision is
likelier than new industries."""
_ROWS = 500_000


@dataclass
class FirstLook:
    """Counts over all rows.

    Args:
        rows: rows by year.
        exporters: rows with exports above 0, by year, and `known` those with any.
        codes: rows by year and industry code.
        lengths: rows by length of the code.
        above: rows whose exports are above each candidate for sales, of those that have both.
        compared: those rows.
        flags: of candidates for amounts, whether all values so far are 0 or 1.
        ids_alike: ids that differ from another one in case, blanks and zeros in front only.
    """

    rows: Counter[int] = field(default_factory=Counter)
    exporters: Counter[int] = field(default_factory=Counter)
    known: Counter[int] = field(default_factory=Counter)
    codes: dict[int, Counter[str]] = field(default_factory=dict)
    lengths: Counter[int] = field(default_factory=Counter)
    above: Counter[str] = field(default_factory=Counter)
    compared: Counter[str] = field(default_factory=Counter)
    flags: dict[str, bool] = field(default_factory=dict)
    ids_alike: int = 0

    @property
    def other_codes(self) -> int:
        """Distinct codes that are not digits alone."""
        return sum(not code.isdecimal() for code in set().union(*self.codes.values()))

    def share_above(self, sales: str) -> float | None:
        """Share of rows whose exports are above these sales, of those that have both."""
        rows = self.compared[sales]
        return self.above[sales] / rows if rows else None

    def notes(self, columns: Mapping[str, str]) -> Iterator[str]:
        """What a researcher should know before anything is computed."""
        years = sorted(self.rows)
        if years and (gaps := sorted(set(range(years[0], years[-1] + 1)) - set(years))):
            yield f"there is no census of {year_ranges(gaps)}"
        if "exports" in columns:
            yield from self._export_notes(columns["exports"])
        for name in sorted(name for name, are_flags in self.flags.items() if are_flags):
            yield f"{name} is 0 or 1 in every row: a yes or no, not an amount"
        if self.other_codes:
            yield (
                f"{self.other_codes:,} codes of {columns['industry']} have letters or signs: a "
                'study reads digits; `tradegains convert` leaves out signs (without = "."), a '
                "[inputs] concordance gives the others new codes"
            )
        if len(set().union(*self.codes.values())) == 1:
            yield f"{columns['industry']} is the same in every row: results by industry are totals"
        if len(self.lengths) > 1:
            told = ", ".join(map(str, sorted(self.lengths)))
            yield (
                f"codes of {columns['industry']} have {told} digits or letters: of the same "
                "length they must be; have zeros been lost?"
            )
        if years := self._other_revisions():
            yield (
                f"many codes of {year_ranges(years)} are not those of the year before: where the "
                "classification was revised, give a [inputs] concordance with from_year and to_year"
            )
        if self.ids_alike:
            yield (
                f"{self.ids_alike:,} ids of {columns['establishment_id']} differ from another in "
                "case, blanks or zeros in front only: such ids match nothing between years; "
                "`tradegains convert` writes them alike (case, trim, digits)"
            )

    def _export_notes(self, exports: str) -> Iterator[str]:
        if empty := [year for year in sorted(self.rows) if not self.known[year]]:
            yield f"{exports} is missing in every row of {year_ranges(empty)}: unknown, not 0"
        none = [year for year in sorted(self.known) if not self.exporters[year]]
        if none := [year for year in none if self.known[year]]:
            yield f"nobody exports in {year_ranges(none)}"

    def _other_revisions(self) -> list[int]:
        found = []
        years = sorted(self.codes)
        for before, year in pairwise(years):
            here = self.codes[year]
            new = sum(rows for code, rows in here.items() if code not in self.codes[before])
            if new > NEW_CODES * here.total():
                found.append(year)
        return found


def first_look(
    place: Location,
    files: Sequence[CensusFile],
    columns: Mapping[str, str],
    rivals: Mapping[str, Sequence[str]],
) -> FirstLook:
    """Look at ids, codes and amounts of every row.

    Args:
        place: where the census is.
        files: its files.
        columns: file column by contract column.
        rivals: of a contract column, the other file columns that it could be.
    """
    look = FirstLook()
    ids: dict[str, None] = {}
    for file in files:
        for rows in _pieces(place, file, columns, rivals):
            years = _years(file, rows, columns)
            look.rows.update(_counted(years))
            _see_exports(look, rows, years, columns)
            _see_sales(look, rows, columns, rivals)
            _see_codes(look, rows, years, columns.get("industry"))
            name = columns.get("establishment_id")
            if name in rows.column_names and pa.types.is_string(rows.column(name).type):
                ids.update(dict.fromkeys(pc.unique(rows.column(name)).drop_null().to_pylist()))
    look.ids_alike = len(ids) - len({_plain_id(each) for each in ids})
    return look


def _plain_id(text: str) -> str:
    """An id without what programs change on the way.

    Example:
        >>> _plain_id(" 00a7 "), _plain_id("A7"), _plain_id("000")
        ('a7', 'a7', '0')
    """
    return text.strip().lower().lstrip("0") or "0"


def _pieces(
    place: Location,
    file: CensusFile,
    columns: Mapping[str, str],
    rivals: Mapping[str, Sequence[str]],
) -> Iterator[pa.Table]:
    wanted = {columns[name] for name in ("establishment_id", "industry", "year") if name in columns}
    wanted |= {columns[name] for name in ("sales", "exports") if name in columns}
    wanted |= set(rivals.get("sales", ()))
    try:
        with place.system.open_input_file(file.absolute) as source:
            parquet = pq.ParquetFile(source)
            there = [name for name in parquet.schema_arrow.names if name in wanted]
            for batch in parquet.iter_batches(batch_size=_ROWS, columns=there):
                yield pa.table({name: _plain(batch.column(name)) for name in there})
    except (pa.ArrowException, OSError) as error:
        cure = "write the file again, or copy it again from where it is whole"
        what = f"the file is damaged ({type(error).__name__})"
        raise InputError(Problem(what, file.path, cure=cure)) from None


def _plain(values: pa.Array) -> pa.Array:
    """Values in one type of their kind."""
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    type_ = values.type
    if pa.types.is_large_string(type_) or pa.types.is_string_view(type_):
        return values.cast(pa.string())
    if pa.types.is_decimal(type_):
        return values.cast(pa.float64(), safe=False)
    return values


def _years(file: CensusFile, rows: pa.Table, columns: Mapping[str, str]) -> pa.Array:
    """The year of each row; of a row without one, null."""
    name = columns.get("year", "")
    if name in rows.column_names:
        return rows.column(name).combine_chunks().cast(pa.int64(), safe=False)
    year = partition_year(file.path, name) if name else None
    return pa.repeat(pa.scalar(year, pa.int64()), rows.num_rows)


def _counted(values: pa.Array) -> Counter[int]:
    pairs = pc.value_counts(values.drop_null()).to_pylist()
    return Counter({pair["values"]: pair["counts"] for pair in pairs})


def _see_exports(
    look: FirstLook, rows: pa.Table, years: pa.Array, columns: Mapping[str, str]
) -> None:
    if columns.get("exports") not in rows.column_names:
        return
    exports = rows.column(columns["exports"]).combine_chunks()
    look.known.update(_counted(years.filter(pc.is_valid(exports))))
    look.exporters.update(_counted(years.filter(pc.fill_null(pc.greater(exports, 0), False))))


def _see_sales(
    look: FirstLook,
    rows: pa.Table,
    columns: Mapping[str, str],
    rivals: Mapping[str, Sequence[str]],
) -> None:
    """Exports above each candidate for sales, and amounts that are flags."""
    amounts = [columns[name] for name in ("sales", "exports") if name in columns]
    for name in [*amounts, *rivals.get("sales", ())]:
        if name not in rows.column_names:
            continue
        values = rows.column(name).combine_chunks()
        if len(known := values.drop_null()):
            are_flags = pc.all(pc.is_in(known, pa.array([0, 1]).cast(values.type))).as_py()
            look.flags[name] = look.flags.get(name, True) and are_flags
        if columns.get("exports") in rows.column_names:
            above = pc.greater(rows.column(columns["exports"]).combine_chunks(), values)
            look.compared[name] += len(above) - above.null_count
            look.above[name] += pc.sum(above).as_py() or 0


def _see_codes(look: FirstLook, rows: pa.Table, years: pa.Array, industry: str | None) -> None:
    if industry not in rows.column_names:
        return
    codes = pc.utf8_trim_whitespace(rows.column(industry).combine_chunks().cast(pa.string()))
    pairs = pa.table({"year": years, "code": codes}).drop_null()
    counted = pairs.group_by(["year", "code"]).aggregate([([], "count_all")])
    for row in counted.to_pylist():
        by_code = look.codes.setdefault(row["year"], Counter())
        by_code[row["code"]] += row["count_all"]
        look.lengths[len(row["code"])] += row["count_all"]
