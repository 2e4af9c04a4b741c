"""One column of a chunk under the type that its recipe states: checked, and every change counted.

A value that does not fit becomes missing here and a fault of the column; a column with a fault is
never written, for the whole conversion is refused at its end with all faults and their counts.
"""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.convert.dates import count_of, dates_of, times_of
from tradegains.convert.recipe import ColumnChoice, SourceChoice
from tradegains.convert.source import FoundColumn

EXACT, EXACT_SINGLE = 2**53, 2**24
"""Whole numbers beyond these may not be what was meant, in a 64-bit and in a 32-bit float."""
SMALLEST = 2.0**-1022
"""No amount is nearer to 0: smaller doubles hold the bits of R's 64-bit whole numbers to 2^52."""
_DIGITS = r"^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$"
_GROUPS = r"^[+-]?[0-9]{1,3}(_[0-9]{3})+([^0-9_].*)?$"
_AS_ID = 'if they are ids or codes, get the file again with them as texts, and state type = "text"'
CURES = {
    "are no shares from 0 to 1": "state scale = 0.01 where they are percent, or leave share_of out",
    "are not whole numbers": 'state type = "number", or the values that mean missing',
    "are not numbers": 'state the values that mean missing (missing = ["-"]), or type = "text"',
    "begin with a zero that a whole number would lose": 'state type = "text"',
    "are beyond the whole numbers of 64 bits": 'state type = "text" for ids, "number" for amounts',
    "are whole numbers beyond 2^53 held as doubles, which have lost digits": _AS_ID,
    "are whole numbers beyond 2^24 held as 32-bit floats, which have lost digits": (
        "they were rounded before they were saved (in Stata: a float, where a long or double was "
        "needed): get the file again with them as texts or longs"
    ),
    "are below 2.2e-308, as R's 64-bit whole numbers are when saved as doubles": (
        "get the file again with as.numeric() of the columns of class integer64, ids as texts"
    ),
    "are whole numbers beyond 2^53, which a double rounds": 'state type = "whole" or "text"',
    "are longer than digits says": "correct digits, or the codes",
    "are not digits alone, so that zeros cannot be filled in": "leave out digits",
    "are not dates": 'state date = "%d/%m/%Y" as they are written, or type = "text"',
    "are not finite": "correct them, or state them as missing",
    "cannot be this type": 'state another type; lists and structures only type = "left_out"',
    "are below 0 where an id or code is written": "state the values that mean missing",
}


@dataclass
class ColumnCounts:
    """What was seen of a column so far.

    `changed` counts values by what was done to them; `faults` has number, file and row of the first
    by what is wrong.
    """

    missing: int = 0
    changed: Counter[str] = field(default_factory=Counter)
    faults: dict[str, tuple[int, str, int]] = field(default_factory=dict)
    by_year: Counter[int] = field(default_factory=Counter)


@dataclass(frozen=True)
class Place:
    """Where a chunk begins: file and row, of which the first is 1."""

    file: str
    first_row: int


class Converter:
    """Values of one column of one file, under its choice."""

    def __init__(
        self,
        found: FoundColumn,
        choice: ColumnChoice,
        source: SourceChoice,
        counts: ColumnCounts,
        *,
        is_year: bool = False,
    ) -> None:
        self.found, self.choice, self.source, self.counts = found, choice, source, counts
        self._is_year = is_year
        self._place = Place("", 1)

    def absent(self, values: pa.Array) -> pa.Array | None:
        """Which rows the column calls absent in that year; None where it says nothing of it."""
        if not self.choice.absent:
            return None
        return pc.fill_null(_is_one_of(values, self.choice.absent), "" in self.choice.absent)

    def written(self, values: pa.Array, place: Place) -> pa.Array:
        """Values as they are written."""
        self._place = place
        known = self._with_zeros(self._without_missing_codes(values))
        typed: pa.Array = getattr(self, f"_{self.choice.type}")(known)
        self.counts.missing += typed.null_count
        return typed

    def _without_missing_codes(self, values: pa.Array) -> pa.Array:
        if pa.types.is_floating(values.type):
            values = self._emptied(values, pc.is_nan(values), "not a number: missing")
        if not self.choice.missing:
            return values
        return self._emptied(values, _is_one_of(values, self.choice.missing), "missing code")

    def _with_zeros(self, values: pa.Array) -> pa.Array:
        if not self.choice.zero:
            return values
        which = pc.fill_null(_is_one_of(values, self.choice.zero), False)
        if count := pc.sum(which).as_py():
            self.counts.changed["a sign for 0"] += count
        zero = pa.scalar("0") if pa.types.is_string(values.type) else pa.scalar(0, values.type)
        return pc.if_else(which, zero, values)

    def _emptied(self, values: pa.Array, which: pa.Array, why: str) -> pa.Array:
        which = pc.fill_null(which, False)
        count = pc.sum(which).as_py() or 0
        if not count:
            return values
        self.counts.changed[why] += count
        return pc.if_else(which, pa.scalar(None, values.type), values)

    def _without(self, values: pa.Array, unfit: pa.Array, what: str) -> pa.Array:
        """Values without those that are unfit, which become a fault."""
        unfit = pc.fill_null(unfit, False)
        count = pc.sum(unfit).as_py() or 0
        if not count:
            return values
        row = self._place.first_row + pc.index(unfit, True).as_py()
        known, file, first = self.counts.faults.get(what, (0, self._place.file, row))
        self.counts.faults[what] = (known + count, file, first)
        return pc.if_else(unfit, pa.scalar(None, values.type), values)

    # --- types ------------------------------------------------------------------------------------

    def _text(self, values: pa.Array) -> pa.Array:
        if pa.types.is_string(values.type):
            texts = self._trimmed(values)
        elif pa.types.is_uint64(values.type):
            texts = values.cast(pa.string())
        else:
            what = "are below 0 where an id or code is written"
            whole = self._whole(values)
            texts = self._without(whole, pc.less(whole, 0), what).cast(pa.string())
        texts = self._in_one_case(self._without_signs(texts))
        return self._filled(texts) if self.choice.digits else texts

    def _without_signs(self, texts: pa.Array) -> pa.Array:
        if not self.choice.without:
            return texts
        changed = pc.replace_substring_regex(texts, f"[{re.escape(self.choice.without)}]", "")
        self._count_changed(texts, changed, "signs left out")
        return self._emptied(changed, pc.equal(changed, ""), "nothing but signs: missing")

    def _in_one_case(self, texts: pa.Array) -> pa.Array:
        if not self.choice.case:
            return texts
        change = pc.utf8_upper if self.choice.case == "upper" else pc.utf8_lower
        changed = change(texts)
        self._count_changed(texts, changed, f"to {self.choice.case} case")
        return changed

    def _trimmed(self, values: pa.Array) -> pa.Array:
        if not self.choice.trim:
            return values
        trimmed = pc.utf8_trim_whitespace(values)
        self._count_changed(values, trimmed, "blanks left out")
        return self._emptied(trimmed, pc.equal(trimmed, ""), "blank: missing")

    def _filled(self, texts: pa.Array) -> pa.Array:
        digits = self.choice.digits
        texts = self._without(
            texts, pc.greater(pc.utf8_length(texts), digits), "are longer than digits says"
        )
        other = pc.invert(pc.match_substring_regex(texts, "^[0-9]*$"))
        short = pc.less(pc.utf8_length(texts), digits)
        what = "are not digits alone, so that zeros cannot be filled in"
        texts = self._without(texts, pc.and_(other, short), what)
        filled = pc.utf8_lpad(texts, digits, padding="0")
        self._count_changed(texts, filled, "zeros filled in")
        return filled

    def _whole(self, values: pa.Array) -> pa.Array:
        type_ = values.type
        if pa.types.is_string(type_):
            return self._whole_of_texts(values)
        if pa.types.is_floating(type_):
            return self._whole_of_floats(values)
        if pa.types.is_uint64(type_):
            what = "are beyond the whole numbers of 64 bits"
            fit = self._without(values, pc.greater(values, pa.scalar(2**63 - 1, type_)), what)
            return fit.cast(pa.int64())
        if pa.types.is_decimal(type_):
            return self._whole_of_texts(_plain_decimals(values))
        if pa.types.is_integer(type_) or pa.types.is_boolean(type_) or pa.types.is_null(type_):
            return values.cast(pa.int64())
        return self._unfit(values, pa.int64())

    def _whole_of_texts(self, values: pa.Array) -> pa.Array:
        if not self.source.thousands and (plain := _plain_whole(values)) is not None:
            return plain
        texts = self._ungrouped(pc.utf8_trim_whitespace(values))
        digits = pc.match_substring_regex(texts, _DIGITS)
        texts = self._without(texts, pc.invert(digits), "are not whole numbers")
        zeros = pc.match_substring_regex(texts, r"^[+-]?0[0-9]")
        if not self._is_year:
            what = "begin with a zero that a whole number would lose"
            texts = self._without(texts, zeros, what)
        what = "are beyond the whole numbers of 64 bits"
        texts = self._without(texts, pc.greater(pc.utf8_length(texts), 18), what)
        return pc.replace_substring_regex(texts, r"^\+", "").cast(pa.int64())

    def _whole_of_floats(self, values: pa.Array) -> pa.Array:
        values = self._without(values, pc.is_inf(values), "are not finite")
        part = pc.not_equal(pc.floor(values), values)
        values = self._without(values, part, "are not whole numbers")
        bits, limit = ("2^24", EXACT_SINGLE) if self.found.is_single else ("2^53", EXACT)
        held = "32-bit floats" if self.found.is_single else "doubles"
        what = f"are whole numbers beyond {bits} held as {held}, which have lost digits"
        large = pc.greater(pc.abs(values), float(limit))
        return self._without(values, large, what).cast(pa.int64())

    def _number(self, values: pa.Array) -> pa.Array:
        numbers = self._doubles(values)
        numbers = self._without(numbers, pc.is_inf(numbers), "are not finite")
        levels = numbers
        if self.choice.log:
            base = pc.exp if self.choice.log == "natural" else _power_of_ten
            levels = base(levels)
            self._count_changed(numbers, levels, "out of logs")
        if self.choice.scale == 1.0:
            return levels
        scaled = pc.multiply(levels, self.choice.scale)
        self._count_changed(levels, scaled, "scaled")
        return scaled

    def amount(self, shares: pa.Array, whole: pa.Array) -> pa.Array:
        """Amounts of shares of a whole, which are from 0 to 1."""
        known = shares.null_count
        outside = pc.or_(pc.less(shares, 0.0), pc.greater(shares, 1.0))
        shares = self._without(shares, outside, "are no shares from 0 to 1")
        amounts = pc.multiply(shares, whole.cast(pa.float64(), safe=False))
        self.counts.changed["made of shares"] += len(amounts) - amounts.null_count
        self.counts.missing += amounts.null_count - known
        return amounts

    def _doubles(self, values: pa.Array) -> pa.Array:
        type_ = values.type
        if pa.types.is_floating(type_):
            values = values.cast(pa.float64())
            size = pc.abs(values)
            bits = pc.and_(pc.greater(size, 0.0), pc.less(size, SMALLEST))
            what = "are below 2.2e-308, as R's 64-bit whole numbers are when saved as doubles"
            return self._without(values, bits, what)
        if pa.types.is_boolean(type_):
            return values.cast(pa.int64()).cast(pa.float64())
        if pa.types.is_integer(type_):
            what = "are whole numbers beyond 2^53, which a double rounds"
            exact = pc.less_equal(values, pa.scalar(EXACT, type_))
            if pa.types.is_int64(type_):
                exact = pc.and_(exact, pc.greater_equal(values, pa.scalar(-EXACT, type_)))
            return self._without(values, pc.invert(exact), what).cast(pa.float64(), safe=False)
        if pa.types.is_decimal(type_):
            return self._doubles_of_texts(_plain_decimals(values))
        if pa.types.is_string(type_):
            if not self.source.thousands and self.source.decimal == ".":
                return self._doubles_of_texts(values)
            texts = self._ungrouped(pc.utf8_trim_whitespace(values))
            if self.source.decimal == ",":
                points = pc.match_substring(texts, ".")
                texts = self._without(texts, points, "are not numbers")
                texts = pc.replace_substring(texts, ",", ".")
            return self._doubles_of_texts(texts)
        return (
            values.cast(pa.float64())
            if pa.types.is_null(type_)
            else self._unfit(values, pa.float64())
        )

    def _doubles_of_texts(self, texts: pa.Array) -> pa.Array:
        """The nearest doubles; texts of other digits than their double has are told as rounded."""
        numbers = _cast_or_none(texts, pa.float64())
        if numbers is None or not pc.all(pc.is_finite(numbers)).as_py():
            texts = pc.utf8_trim_whitespace(texts)
            fit = pc.match_substring_regex(texts, _NUMBER)
            texts = self._without(texts, pc.invert(fit), "are not numbers")
            texts = pc.replace_substring_regex(texts, r"^\+", "")
            numbers = texts.cast(pa.float64())
        if rounded := _rounded(texts, numbers):
            self.counts.changed["rounded to a double"] += rounded
        return numbers

    def _ungrouped(self, texts: pa.Array) -> pa.Array:
        """Texts without the sign between thousands; one that stands elsewhere is a fault."""
        sign = self.source.thousands
        if not sign:
            return texts
        marked = pc.replace_substring(texts, sign, "_")
        astray = pc.and_(
            pc.match_substring(marked, "_"), pc.invert(pc.match_substring_regex(marked, _GROUPS))
        )
        marked = self._without(marked, astray, "are not numbers")
        return pc.replace_substring(marked, "_", "")

    def _boolean(self, values: pa.Array) -> pa.Array:
        if pa.types.is_boolean(values.type):
            return values
        whole = self._whole(values)
        other = pc.greater(pc.abs(pc.subtract(pc.multiply(whole, 2), 1)), 1)
        return self._without(whole, other, "cannot be this type").cast(pa.bool_())

    def _date(self, values: pa.Array) -> pa.Array:
        type_ = values.type
        if pa.types.is_date(type_):
            return values.cast(pa.date32())
        if pa.types.is_timestamp(type_):
            dates = pc.floor_temporal(values, unit="day")
            self._count_changed(values, dates, "time of day left out")
            return dates.cast(pa.date32())
        if pa.types.is_string(type_):
            times = self._parsed(values, self.choice.date or "%Y-%m-%d")
            return times.cast(pa.date32())
        count = count_of(self.source.format, self.found.format)
        if count is None or not (pa.types.is_floating(type_) or pa.types.is_integer(type_)):
            return self._unfit(values, pa.date32(), "are not dates")
        return dates_of(self._countable(values), count)

    def _time(self, values: pa.Array) -> pa.Array:
        if pa.types.is_timestamp(values.type) or pa.types.is_date(values.type):
            times = values
            if getattr(values.type, "tz", None) is not None:
                self.counts.changed["zone left out: now in UTC"] += len(values) - values.null_count
                times = values.cast(pa.timestamp("us", "UTC"))
            micros = times.cast(pa.timestamp("us"), safe=False)
            if times.type == pa.timestamp("ns"):
                self._count_changed(
                    times, micros.cast(times.type, safe=False), "to the microsecond"
                )
            return micros
        if pa.types.is_string(values.type):
            return self._parsed(values, "%Y-%m-%d %H:%M:%S").cast(pa.timestamp("us"))
        count = count_of(self.source.format, self.found.format)
        if count is None or not count.is_time:
            return self._unfit(values, pa.timestamp("us"), "are not dates")
        return times_of(self._countable(values), count)

    def _parsed(self, values: pa.Array, written: str) -> pa.Array:
        """Times of texts, written back to compare: to strptime the 30th of February is in March."""
        times = pc.strptime(values, format=written, unit="s", error_is_null=True)
        again = pc.not_equal(_loose(pc.strftime(times, format=written)), _loose(values))
        unread = pc.and_(pc.is_valid(values), pc.fill_null(again, True))
        self._without(values, unread, "are not dates")
        return times

    def _countable(self, values: pa.Array) -> pa.Array:
        """Counts that fall between the years 1 and 9999, or a little within."""
        counts = values.cast(pa.float64())
        count = count_of(self.source.format, self.found.format)
        assert count is not None
        low, high = count.limits
        far = pc.or_(pc.less(counts, low), pc.greater(counts, high))
        return self._without(counts, far, "are not dates")

    def _unfit(
        self, values: pa.Array, type_: pa.DataType, what: str = "cannot be this type"
    ) -> pa.Array:
        self._without(pc.is_valid(values), pc.is_valid(values), what)
        return pa.nulls(len(values), type_)

    def _count_changed(self, before: pa.Array, after: pa.Array, why: str) -> None:
        count = pc.sum(pc.not_equal(before, after)).as_py() or 0
        if count:
            self.counts.changed[why] += count


def _is_one_of(values: pa.Array, codes: Sequence[str]) -> pa.Array:
    """Which values are one of the codes: as texts, without blanks around, or as numbers."""
    if pa.types.is_string(values.type):
        trimmed = pc.utf8_trim_whitespace(values)
        found = pc.is_in(trimmed, pa.array(list(codes), pa.string()))
        return pc.if_else(pc.is_valid(values), found, None)
    numbers = [float(code) for code in codes if _is_float(code)]
    if not numbers or not (
        pa.types.is_integer(values.type)
        or pa.types.is_floating(values.type)
        or pa.types.is_decimal(values.type)
    ):
        return pc.if_else(pc.is_valid(values), False, None)
    found = pc.is_in(values.cast(pa.float64(), safe=False), pa.array(numbers, pa.float64()))
    return pc.if_else(pc.is_valid(values), found, None)


def _cast_or_none(texts: pa.Array, type_: pa.DataType) -> pa.Array | None:
    try:
        return texts.cast(type_)
    except pa.ArrowInvalid:
        return None


def _plain_whole(texts: pa.Array) -> pa.Array | None:
    """Whole numbers of texts that are nothing but digits; None where one may need a closer look.

    That look is five patterns a value, four times what a cast takes, and most columns need none.
    Arrow takes 0x1F for a number and drops zeros in front, so a 0 before something is looked at.

    Example:
        >>> _plain_whole(pa.array(["12", "-3", "0", None])).to_pylist()
        [12, -3, 0, None]
        >>> [_plain_whole(pa.array([text])) for text in ("012", "-0x1F", " 12", "1.0")]
        [None, None, None, None]
    """
    for zero in ("0", "-0"):
        if pc.any(begins := pc.starts_with(texts, zero)).as_py():
            follows = pc.greater(pc.binary_length(texts), len(zero))
            if pc.any(pc.and_(begins, follows)).as_py():
                return None
    return _cast_or_none(texts, pa.int64())


def _rounded(texts: pa.Array, numbers: pa.Array) -> int:
    """How many doubles have other digits than their texts: a double tells 15 apart, often 17.

    Example:
        >>> texts = pa.array(["0.1", "12345678901234567.89", "1.2345678901234568e-05"])
        >>> _rounded(texts, texts.cast(pa.float64()))
        1
    """
    long = pc.fill_null(pc.greater(pc.binary_length(texts), 15), False)
    if not pc.any(long).as_py():
        return 0
    texts, shortest = texts.filter(long), numbers.filter(long).cast(pa.string())
    other = pc.not_equal(texts, shortest)
    pairs = [_significant(each.filter(other)) for each in (texts, shortest)]
    return pc.sum(pc.not_equal(*pairs)).as_py() or 0


def _significant(numbers: pa.Array) -> pa.Array:
    """The digits of numbers in text from the first to the last that is not 0."""
    digits = pc.replace_substring_regex(numbers, r"[eE].*$", "")
    digits = pc.replace_substring_regex(digits, r"^[+-]?[0.]*|\.", "")
    return pc.replace_substring_regex(digits, "0+$", "")


def _loose(texts: pa.Array) -> pa.Array:
    """Dates as texts without what `strptime` does not look at: case, and zeros before numbers."""
    lower = pc.utf8_trim_whitespace(pc.utf8_lower(texts))
    return pc.replace_substring_regex(lower, r"(^|[^0-9.])0+([0-9])", r"\1\2")


def _is_float(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True


def _plain_decimals(values: pa.Array) -> pa.Array:
    """Decimals as texts without zeros at the end of their places."""
    texts = values.cast(pa.string())
    texts = pc.replace_substring_regex(texts, r"(\.[0-9]*?)0+$", r"\1")
    return pc.replace_substring_regex(texts, r"\.$", "")


def _power_of_ten(values: pa.Array) -> pa.Array:
    return pc.power(10.0, values)
