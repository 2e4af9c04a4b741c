"""What is not part of a condition's language, and what to write instead.

Nothing here guards anything: what is not in the grammar or the list of functions is refused
whether it is known here or not. These words only make the refusal useful.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lark import Lark, UnexpectedInput

EXAMPLE = "write a condition such as employment >= 200 and industry_group = '32'"
_ONE_ROW = "use the columns of one row only"


class ConditionError(Exception):
    """Why a condition cannot be used, and the cure."""

    def __init__(self, what: str, cure: str = EXAMPLE) -> None:
        super().__init__(what)
        self.what, self.cure = what, cure


_CHANGING = frozenset({
    "rand", "randn", "random", "uniform", "uuid", "shuffle", "now", "today", "current_date",
    "current_timestamp", "curdate", "localtimestamp", "unix_timestamp", "current_time",
    "current_timezone", "monotonically_increasing_id", "spark_partition_id",
})  # fmt: skip
_OTHER_ROWS = frozenset({
    "select", "over", "exists", "any", "all", "avg", "sum", "count", "min", "max", "mean",
    "median", "mode", "stddev", "stddev_pop", "stddev_samp", "variance", "var_pop", "var_samp",
    "percentile", "percentile_approx", "approx_percentile", "first", "last", "any_value",
    "collect_list", "collect_set", "corr", "skewness", "kurtosis", "rank", "dense_rank",
    "row_number", "ntile", "lag", "lead", "explode",
})  # fmt: skip
_ELSEWHERE = frozenset({
    "input_file_name", "input_file_block_start", "input_file_block_length", "java_method",
    "reflect", "current_user", "session_user", "user", "current_database", "current_catalog",
    "current_schema", "version", "read_files", "from_json", "assert_true", "raise_error",
})  # fmt: skip

_TEXT_FINDING = "write name like 'abc%', '%abc' or '%abc%'"
_CASES = "write (a and x > 1) or (not a and x > 2)"
_MISSING = "a number that is not a number (NaN) counts as missing: write x is null"
_TYPES = "correct the column's type in the files; numbers, text and dates are compared as they are"
_DATES = "write born >= '2014-02-01' and born < '2014-03-01', or year(born) = 2014"
_REMAINDER = "write x - 2 * floor(x / 2)"

REPLACEMENTS: Mapping[str, str] = {
    "isnan": _MISSING,
    "nanvl": _MISSING,
    "isnull": "write x is null",
    "isnotnull": "write x is not null",
    "null": "write x is null; a comparison with null never holds",
    "log": "write ln(x)",
    "log2": "write ln(x) / ln(2)",
    "log10": "write ln(x) / ln(10)",
    "log1p": "write ln(1 + x)",
    "expm1": "write exp(x) - 1",
    "pow": "write x * x, or exp(y * ln(x))",
    "power": "write x * x, or exp(y * ln(x))",
    "sqrt": "compare squares, x > y * y, or write exp(ln(x) / 2)",
    "ceiling": "write ceil(x)",
    "bround": "write round(x)",
    "rint": "write round(x)",
    "trunc": "write floor(x)",
    "sign": "compare with 0: x < 0, x = 0 or x > 0",
    "signum": "compare with 0: x < 0, x = 0 or x > 0",
    "mod": _REMAINDER,
    "pmod": _REMAINDER,
    "div": "write floor(x / 2)",
    "greatest": "compare each: a > 3 or b > 3",
    "least": "compare each: a > 3 and b > 3",
    "if": _CASES,
    "iff": _CASES,
    "case": _CASES,
    "when": _CASES,
    "decode": _CASES,
    "ifnull": "write coalesce(x, 0)",
    "nvl": "write coalesce(x, 0)",
    "nvl2": _CASES,
    "zeroifnull": "write coalesce(x, 0)",
    "nullifzero": "write nullif(x, 0)",
    "try_divide": "write x / y, which is missing where y is 0",
    "cast": _TYPES,
    "try_cast": _TYPES,
    "int": _TYPES,
    "bigint": _TYPES,
    "double": _TYPES,
    "decimal": _TYPES,
    "string": _TYPES,
    "to_number": _TYPES,
    "substring": "write substr(name, 1, 2)",
    "left": "write substr(name, 1, 2)",
    "right": _TEXT_FINDING,
    "startswith": _TEXT_FINDING,
    "endswith": _TEXT_FINDING,
    "contains": _TEXT_FINDING,
    "instr": _TEXT_FINDING,
    "locate": _TEXT_FINDING,
    "position": _TEXT_FINDING,
    "rlike": _TEXT_FINDING,
    "regexp": _TEXT_FINDING,
    "regexp_like": _TEXT_FINDING,
    "similar": _TEXT_FINDING,
    "ilike": "write lower(name) like 'abc%'",
    "escape": "like has no escape sign: compare substr(name, 1, 1) = '%'",
    "length": "write name like '____', with a _ for each character",
    "ltrim": "write trim(name)",
    "rtrim": "write trim(name)",
    "btrim": "write trim(name)",
    "ucase": "write upper(name)",
    "lcase": "write lower(name)",
    "concat": "compare each text: a = 'x' and b = 'y'",
    "month": _DATES,
    "quarter": _DATES,
    "to_date": _DATES,
    "interval": _DATES,
    "timestamp": _DATES,
    "date_add": _DATES,
    "datediff": _DATES,
    "make_date": _DATES,
    "distinct": "write not (a = b)",
    "xor": "write a <> b",
    "%": _REMAINDER,
    "||": "compare each text: a = 'x' and b = 'y'",
    "<=>": "write a = b or (a is null and b is null)",
    "&&": "write and",
    "&": "write and",
    "|": "write or",
    "!": "write not",
    "^": "write x * x, or exp(y * ln(x))",
    "::": _TYPES,
    "--": "leave comments to the study file, where # begins one; a number less a negative "
    "one is x - (-1)",
    "/*": "leave comments to the study file, where # begins one",
    ";": "write one condition only",
    '"': "write text in single quotes, 'north', and a column's name as it is or in `backquotes`",
    ".": "write a column's name alone, in `backquotes` if it has a point",
    "[": "write (1, 2) for a list: x in (1, 2)",
    "\\": "write a quote within text twice: 'l''Oise'",
    "#": "leave comments to the study file, outside of the quotes",
}

_TYPESET: Mapping[str, str] = {
    "\u2264": "write <=",
    "\u2265": "write >=",
    "\u2260": "write <>",
    "\u00d7": "write *",
    "\u00f7": "write /",
    **dict.fromkeys("\u2010\u2011\u2012\u2013\u2014\u2212", "write - as on the keyboard"),
    **dict.fromkeys("\u2018\u2019\u201a\u201b\u00b4", "write text in straight quotes, 'north'"),
    **dict.fromkeys("\u201c\u201d\u201e\u00ab\u00bb", "write text in single quotes, 'north'"),
    **dict.fromkeys("\u00a0\u202f\u2007\u2009\ufeff\u200b", "write a plain blank there, or none"),
}
"""Signs that word processors and web pages put in the place of those on a keyboard."""


def refusal_of(word: str) -> ConditionError | None:
    """The refusal of a function or sign that is known to be foreign; None if it is not known."""
    known = word.lower()
    if known in _CHANGING:
        what = f"{word}() gives another answer at every run"
        return ConditionError(what, "use the columns of the census only")
    if known in _OTHER_ROWS:
        return ConditionError(f"the condition looks at other rows ({word})", _ONE_ROW)
    if known in _ELSEWHERE:
        return ConditionError(f"{word}() looks at more than the columns of the row", _ONE_ROW)
    if cure := REPLACEMENTS.get(known):
        return ConditionError(f"a condition has no {word}", cure)
    return None


def syntax_refusal(text: str, error: "UnexpectedInput", parser: "Lark") -> ConditionError:
    """Why the parser stopped, by the nearest word or sign that belongs to another language.

    Args:
        text: the condition.
        error: what the parser raised.
        parser: lists the words before it.
    """
    from lark import UnexpectedCharacters, UnexpectedToken

    if isinstance(error, UnexpectedCharacters):
        return _sign_refusal(text, error.pos_in_stream or 0)
    if not isinstance(error, UnexpectedToken) or error.token.type == "$END":
        return ConditionError("the condition ends too early")
    token = error.token
    start = token.start_pos or 0
    before = list(parser.lex(text[:start]))
    words = [token, *(each for each in reversed(before) if each.type == "NAME")]
    if found := next(filter(None, map(refusal_of, words)), None):
        return found
    what = f"the condition cannot be read from character {start + 1} on, at {token}"
    if token.type == "COMPARISON":
        return ConditionError(what, "write a < b and b < c; comparisons cannot be chained")
    if before and before[-1].type == "IS":
        return ConditionError(what, "write x is null, x is not null, x or not x")
    return ConditionError(what)


def _sign_refusal(text: str, position: int) -> ConditionError:
    what = f"the condition cannot be read from character {position + 1} on"
    if text[position] in "'`":
        return ConditionError(f"{what}: a quote is not closed", "write 'it''s' for it's")
    if cure := _TYPESET.get(text[position]):
        number = f"U+{ord(text[position]):04X}"
        return ConditionError(f"{what}: a sign there ({number}) is none of a keyboard", cure)
    signs = (text[position : position + length] for length in (3, 2, 1))
    found = next(filter(None, map(refusal_of, signs)), None)
    return found or ConditionError(what)
