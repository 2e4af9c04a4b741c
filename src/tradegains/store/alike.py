"""Ids and codes that are one to a reader and none to a join: what programs change on the way.

Excel leaves out zeros in front, SQL pads with blanks, SAS writes in capitals, a Mac gives accents a
sign of their own. Such texts match nothing, in silence. They are looked for here before any engine
starts, among all rows: whether a census is refused does not depend on the order of its rows.
"""

from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import suppress
from typing import TypeAlias

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegains.store.census import CensusFiles
from tradegains.store.scalars import arrow_texts

ESTABLISHMENT_ID = "establishment_id"
DistinctTexts: TypeAlias = pa.Array
"""Distinct texts."""

FEW = 30
"""Establishments of a year below which it may be by chance that all are gone in another."""
_ROWS_AT_ONCE = 1 << 18
_SHORTENED = r"^[0-9]([.,][0-9]+)?E\+[0-9]+$"
_SIGNS = r"[^\pL\pN\pM]+"
_NO_DECIMALS = r"[.,]0+$"


def plain(texts: pa.Array, *, codes: bool = False) -> pa.Array:
    """Texts without case, signs, blanks, zeros in front and forms of accents.

    Ids lose decimals of zeros as well, which a column of numbers with a gap has as text.

    Example:
        >>> plain(pa.array([" 00a-7", "A7 ", "an\u0303o", "A\u00d1O", "1,234.0"])).to_pylist()
        ['a7', 'a7', 'a\xf1o', 'a\xf1o', '1234']
        >>> plain(pa.array(["0101.10", "10110"]), codes=True).to_pylist()
        ['10110', '10110']
    """
    folded = pc.utf8_lower(pc.utf8_normalize(texts, form="NFKC"))
    folded = pc.replace_substring(folded, "\u00df", "ss")
    whole = folded if codes else pc.replace_substring_regex(folded, _NO_DECIMALS, "")
    closed = pc.replace_substring_regex(whole, _SIGNS, "")
    return pc.utf8_ltrim(closed, characters="0")


def almost(one: pa.Array, other: pa.Array, *, codes: bool = False) -> int:
    """How many texts of one set are not in the other, and would be if both were plain.

    A plain text that several texts of a set share tells nothing: they differ on purpose there.

    Args:
        one: distinct texts.
        other: distinct texts.
        codes: whether they are codes, whose zeros at the end count.

    Example:
        >>> almost(pa.array(["001", "002", "3"]), pa.array(["1", "002", "4"]))
        1
        >>> almost(pa.array(["001", "1"]), pa.array(["01"]))
        0
    """
    if pc.all(inside := pc.is_in(one, other)).as_py() or not len(other):
        return 0
    left = plain(one.filter(pc.invert(inside)), codes=codes)
    right = plain(other.filter(pc.invert(pc.is_in(other, one))), codes=codes)
    met = pc.unique(left.filter(pc.is_in(left, right)))
    if not len(met):
        return 0
    return len(_once(_once(met, plain(one, codes=codes)), plain(other, codes=codes)))


def any_in(texts: pa.Array, others: pa.Array) -> bool:
    """Whether any text is one of others.

    Example:
        >>> any_in(pa.array(["01", "02"]), pa.array(["02"]))
        True
    """
    return bool(pc.any(pc.is_in(texts, others)).as_py())


def words_among(texts: pa.Array, words: Collection[str]) -> list[str]:
    """Which of some words in small letters are among texts, in any case.

    Example:
        >>> words_among(pa.array(["P1", "Total"]), {"total", "sum"})
        ['total']
    """
    # pa.array imports pandas, half of the time of a check.
    found = pc.is_in(arrow_texts(sorted(words)), pc.utf8_lower(texts))
    return [
        word for word, is_there in zip(sorted(words), found.to_pylist(), strict=True) if is_there
    ]


def _once(wanted: pa.Array, texts: pa.Array) -> pa.Array:
    """Those of the wanted texts that stand once among others."""
    counted = pc.value_counts(texts.filter(pc.is_in(texts, wanted)))
    return counted.field("values").filter(pc.equal(counted.field("counts"), 1))


def census_ids(
    census: CensusFiles, years: Iterable[int], column: str = ESTABLISHMENT_ID
) -> dict[int, pa.Array]:
    """Distinct ids of each of the years as an engine reads them, of the column for these or others.

    Files that cannot be read, and text that is none, are told elsewhere.
    """
    wanted = set(years)
    found: dict[int, list[pa.Array]] = {year: [] for year in wanted}
    for year, ids in _ids(census, wanted, column):
        found[year].append(pc.unique(trimmed(ids).drop_null()))
    return {year: _together(parts) for year, parts in found.items()}


def shortened(texts: pa.Array) -> int:
    """How many texts are numbers as spreadsheets shorten them, with digits lost.

    Example:
        >>> shortened(pa.array(["1.2E+08", "1,23457E+11", "12E4", "7"]))
        2
    """
    return pc.sum(pc.match_substring_regex(texts, _SHORTENED)).as_py() or 0


def have_common_ids(census: CensusFiles, start: int, end: int) -> bool:
    """Whether any establishment is in both years, by ids of whatever type; read until one is.

    True also where one of the years has fewer than `FEW` rows: of few, all may be gone.
    """
    known: list[pa.Array] = []
    for _, ids in _ids(census, {start}, ESTABLISHMENT_ID):
        known.append(pc.unique(trimmed(ids).drop_null()))
        others = 0
        for _, found in _ids(census, {end}, ESTABLISHMENT_ID):
            others += len(found)
            if any_in(trimmed(found), known[-1]):
                return True
        if others < FEW:
            return True
    return len(_together(known)) < FEW


def met_by(census: CensusFiles, *sets: pa.Array) -> list[bool]:
    """Of each set of ids, whether any row of the census's years has one; read until all are met.

    Args:
        census: its checked files.
        sets: distinct texts, also where ids of the census are whole numbers.
    """
    is_text = census.types[ESTABLISHMENT_ID] == "string"
    wanted = [ids if is_text else _whole_numbers(ids) for ids in sets]
    met = [False] * len(sets)
    for _, found in _ids(census, census.years, ESTABLISHMENT_ID):
        texts = trimmed(found)
        met = [known or any_in(texts, ids) for known, ids in zip(met, wanted, strict=True)]
        if all(met):
            break
    return met


def _whole_numbers(ids: pa.Array) -> pa.Array:
    """Those ids that are whole numbers, as numbers are written.

    Example:
        >>> _whole_numbers(pa.array(["007", "0", "-1", "A7"])).to_pylist()
        ['7', '0', '-1']
    """
    digits = ids.filter(pc.match_substring_regex(ids, "^-?[0-9]+$"))
    return pc.replace_substring_regex(digits, "^(-?)0*([0-9]+)$", r"\1\2")


def _ids(
    census: CensusFiles, wanted: Collection[int], column: str
) -> Iterator[tuple[int, pa.Array]]:
    """Years and ids of rows of these years, in pieces."""
    name, of_year = census.columns[column], census.columns["year"]
    for file in census.files:
        if file.year is not None and file.year not in wanted:
            continue
        columns = [name] if file.year is not None else [name, of_year]
        try:
            with census.place.system.open_input_file(file.absolute) as source:
                for batch in pq.ParquetFile(source).iter_batches(_ROWS_AT_ONCE, columns=columns):
                    yield from _by_year(batch, file.year, wanted)
        except (pa.ArrowException, OSError, UnicodeDecodeError):
            continue


def _by_year(
    batch: pa.RecordBatch, year: int | None, wanted: Collection[int]
) -> Iterator[tuple[int, pa.Array]]:
    if year is not None:
        yield year, batch.column(0)
        return
    years = batch.column(1)
    if pa.types.is_dictionary(years.type):
        years = years.dictionary_decode()
    years = years.cast(pa.float64(), safe=False)
    for each in sorted(wanted):
        which = pc.fill_null(pc.equal(years, float(each)), False)
        yield each, batch.column(0).filter(which)


def trimmed(values: pa.Array) -> pa.Array:
    """Texts without the blanks around them that a run leaves out; missing where not UTF-8.

    Files can mark others as text, which a run refuses by number.
    """
    if pa.types.is_dictionary(values.type):
        values = values.dictionary_decode()
    try:
        return pc.utf8_trim(values.cast(pa.string()), characters=" ")
    except pa.ArrowInvalid:
        return pc.utf8_trim(_in_utf8(values.cast(pa.binary())), characters=" ")


def _in_utf8(contents: pa.Array) -> pa.Array:
    def text(content: bytes | None) -> str | None:
        with suppress(UnicodeDecodeError):
            return None if content is None else content.decode()
        return None

    return pa.array(map(text, contents.to_pylist()), pa.string())


def distinct(texts: Iterable[str]) -> DistinctTexts:
    """Texts of which each stands once.

    Example:
        >>> distinct(["b", "a", "b"]).to_pylist()
        ['b', 'a']
    """
    held = list(texts)
    # pyarrow imports pandas, where it is, to look at a list: not for a study without any text.
    array = pa.array(held, pa.string()) if held else pa.nulls(0, pa.string())
    found: DistinctTexts = pc.unique(array)
    return found


def all_of(parts: Iterable[DistinctTexts]) -> DistinctTexts:
    """Distinct texts of any of several sets."""
    return _together(list(parts))


def _together(parts: Sequence[pa.Array]) -> pa.Array:
    return pc.unique(pa.concat_arrays(parts)) if parts else pa.array([], pa.string())
