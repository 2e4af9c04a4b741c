"""What the values of foreign files look like, for a recipe to be proposed: one pass over all."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.convert.source import FoundColumn, Source
from tradegains.convert.statistical import APART
from tradegains.progress import Step
from tradegains.study.words import MISSING, TOTALS

SUSPECTS = (
    *(-float(digit * length) for digit in "6789" for length in range(1, 6)),
    *(-1.0, -97.0, -98.0, -998.0, -997.0),
)
"""Numbers that may stand for a missing one, where everything else is 0 or more."""
NINES = (99.0, 999.0, 9999.0, 99999.0, 999999.0)
_SHAPES = {
    "whole": r"^[+-]?[0-9]+$",
    "zero": r"^[+-]?0[0-9]+$",
    "short": r"^[0-9]{1,2}$",
    "year": r"^(18[5-9]|19[0-9]|20[0-9]|21[0-4])[0-9]$",
    "point": r"^[+-]?([0-9]+\.?[0-9]*|\.[0-9]+)([eE][+-]?[0-9]+)?$",
    "comma": r"^[+-]?([0-9]+,?[0-9]*|,[0-9]+)([eE][+-]?[0-9]+)?$",
    "with_point": r"^[+-]?[0-9]*\.[0-9]+$",
    "with_comma": r"^[+-]?[0-9]*,[0-9]+$",
    "group": r"^[+-]?[1-9][0-9]{0,2},[0-9]{3}$",
    "points": r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+,[0-9]+$",
    "point_groups": r"^[+-]?[0-9]{1,3}(\.[0-9]{3})+$",
    "commas": r"^[+-]?[0-9]{1,3}(,[0-9]{3})+\.[0-9]+$",
    "comma_groups": r"^[+-]?[0-9]{1,3}(,[0-9]{3})+$",
    "spaces": r"^[+-]?[0-9]{1,3}( [0-9]{3})+(,[0-9]+)?$",
    "day": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$",
    "long": r"^[+-]?[0-9]{19,}$",
}
_SIGNS = {"with_point": ".", "with_comma": ",", "group": ",", "points": ",", "point_groups": ".",
          "commas": ",", "comma_groups": ",", "spaces": " ", "day": "-"}  # fmt: skip
"""Shapes by a sign that each text of them has."""
_SHORT, _LONG = 2, 19


@dataclass
class Look:
    """What is known of a column over all files: counts of values by shape, and its ends.

    `shapes` counts texts that are not one of `MISSING`; `low` and `high` stay here.
    """

    found: FoundColumn
    files: list[int] = field(default_factory=list)
    type: str = ""
    values: int = 0
    shapes: Counter[str] = field(default_factory=Counter)
    marks: Counter[str] = field(default_factory=Counter)
    totals: Counter[str] = field(default_factory=Counter)
    suspects: Counter[float] = field(default_factory=Counter)
    parts: int = 0
    declared: int = 0
    low: float | None = None
    high: float | None = None

    def see(self, values: pa.Array) -> None:
        """Take values into account."""
        self.type = str(values.type)
        known = values.drop_null()
        if pa.types.is_string(values.type):
            self._see_texts(known)
        elif pa.types.is_integer(values.type) or pa.types.is_floating(values.type):
            self._see_numbers(known.cast(pa.float64(), safe=False))
        else:
            self.values += len(known)

    def _see_texts(self, texts: pa.Array) -> None:
        trimmed = pc.utf8_trim_whitespace(texts)
        is_mark = pc.is_in(trimmed, pa.array(sorted(MISSING)))
        for counted in pc.value_counts(trimmed.filter(is_mark)).to_pylist():
            self.marks[counted["values"]] += counted["counts"]
        words = pc.is_in(pc.utf8_lower(trimmed), pa.array(sorted(TOTALS)))
        for counted in pc.value_counts(trimmed.filter(words)).to_pylist():
            self.totals[counted["values"]] += counted["counts"]
        others = texts.filter(pc.invert(is_mark))
        self.values += len(others)
        trimmed = pc.utf8_trim_whitespace(others)
        self.shapes["blank"] += pc.sum(pc.not_equal(others, trimmed)).as_py() or 0
        for shape, count in _shapes(trimmed).items():
            self.shapes[shape] += count
        self._see_suspects(trimmed)

    def _see_suspects(self, texts: pa.Array) -> None:
        """Texts that are numbers as `_see_numbers` takes them, of which the values are counted."""
        if pc.any(pc.starts_with(texts, "-")).as_py():
            numbers = texts.filter(pc.match_substring_regex(texts, _SHAPES["point"]))
        elif pc.any(pc.ends_with(texts, "99")).as_py():
            numbers = texts.filter(pc.match_substring_regex(texts, "^[0-9]{1,15}$"))
        else:
            return
        self._see_ends(pc.replace_substring_regex(numbers, r"^\+", "").cast(pa.float64()))

    def _see_numbers(self, numbers: pa.Array) -> None:
        numbers = numbers.filter(pc.is_finite(numbers))
        self.values += len(numbers)
        if not len(numbers):
            return
        self.parts += pc.sum(pc.not_equal(pc.floor(numbers), numbers)).as_py()
        self._see_ends(numbers)

    def _see_ends(self, numbers: pa.Array) -> None:
        suspects = numbers.filter(pc.is_in(numbers, pa.array([*SUSPECTS, *NINES])))
        for counted in pc.value_counts(suspects).to_pylist():
            self.suspects[counted["values"]] += counted["counts"]
        others = numbers.filter(pc.invert(pc.is_in(numbers, pa.array(SUSPECTS))))
        ends = pc.min_max(others).as_py()
        if ends["min"] is not None:
            self.low = ends["min"] if self.low is None else min(self.low, ends["min"])
            self.high = ends["max"] if self.high is None else max(self.high, ends["max"])


def _shapes(texts: pa.Array) -> Counter[str]:
    """How many texts have each shape.

    Patterns are slow: of texts that are whole numbers only, most shapes are known, and the others
    need a sign that is looked for first.

    Example:
        >>> found = _shapes(pa.array(["12", "007", "1.5"]))
        >>> [found[shape] for shape in ("whole", "zero", "point", "comma", "with_point", "short")]
        [2, 1, 3, 2, 1, 1]
    """
    found = Counter(whole=_matching(texts, "whole"))
    lengths = pc.binary_length(texts)
    ends = pc.min_max(lengths).as_py()
    if found["whole"] == len(texts):
        found.update(point=len(texts), comma=len(texts))
        signs = ""
    else:
        found.update({shape: _matching(texts, shape) for shape in ("point", "comma")})
        signs = "".join(sign for sign in "., -" if pc.any(pc.match_substring(texts, sign)).as_py())
    for shape, sign in _SIGNS.items():
        if sign in signs:
            found[shape] = _matching(texts, shape)
    if len(texts) and ends["min"] <= _SHORT:
        found["short"] = _matching(texts, "short")
    if len(texts) and ends["max"] >= _LONG:
        found["long"] = _matching(texts, "long")
    if found["whole"]:
        found.update({shape: _matching(texts, shape) for shape in ("zero", "year")})
    return found


def _matching(texts: pa.Array, shape: str) -> int:
    return pc.sum(pc.match_substring_regex(texts, _SHAPES[shape])).as_py() or 0


def look_at(sources: Iterable[Source], step: Step) -> dict[str, Look]:
    """Look at every value of every column, by name."""
    looks: dict[str, Look] = {}
    step.rows = 0
    for number, source in enumerate(sources):
        for found in source.columns:
            looks.setdefault(found.name, Look(found)).files.append(number)
        step.doing = source.path.name
        for chunk in source.chunks():
            step.rows += chunk.num_rows
            for name in chunk.schema.names:
                values = chunk.column(name).combine_chunks()
                if name in looks:
                    looks[name].see(values)
                elif name.endswith(APART):
                    looks[name.removesuffix(APART)].declared += len(values) - values.null_count
    return looks
