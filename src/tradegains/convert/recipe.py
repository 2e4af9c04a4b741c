"""A recipe: every choice on the way from foreign files to a census, strictly read from TOML.

Decision: the recipe names every column with its type, so that converting checks and never guesses;
`tradegains convert --plan` does the guessing, where it can be read and changed.
"""

import re
import tomllib
from dataclasses import dataclass
from pathlib import Path

from tradegains.errors import Problem, StudyError
from tradegains.study.fields import (
    FLAG,
    TEXT,
    Findings,
    TomlTable,
    ValueKind,
    list_of,
    number,
    one_of,
    whole,
)

FORMATS = ("stata", "sas", "spss", "r", "text", "xlsx", "parquet")
TYPES = ("text", "whole", "number", "date", "time", "boolean", "left_out")
YEAR = "year"
TODO = "TODO"
_FIRST, _LAST = 1000, 9999


@dataclass(frozen=True)
class SourceChoice:
    """Which files, and how to read them; what a format has no use for is empty.

    `header_row` is the line of a text file, or the row of a sheet, that names the columns.
    """

    files: tuple[str, ...]
    format: str
    delimiter: str
    decimal: str
    thousands: str
    encoding: str
    sheet: str
    header_row: int = 1


@dataclass(frozen=True)
class YearChoice:
    """Where a row's year is: a column, the file's name, one number, or the names of columns.

    `century_from` is the first of the hundred years that two digits mean: from 1930, 78 is 1978 and
    05 is 2005. 0: years have four digits.
    """

    column: str
    file_pattern: str
    value: int
    century_from: int


@dataclass(frozen=True)
class ColumnChoice:
    """What becomes of a column.

    Args:
        name: in the files; with `years`, the name it is written under.
        also: other names it has in other files.
        written: its name in the census.
        type: one of `TYPES`.
        years: pattern of the names of a wide column, whose group is the year.
        digits: length to which codes and ids are filled with leading zeros; 0: as they are.
        missing: values that mean unknown.
        zero: values that mean 0, such as the dash of many offices.
        absent: values that mean there is no such establishment in that year; "" is a missing one.
        scale: what numbers are multiplied with.
        share_of: the written column of which numbers are shares, to be written as amounts.
        log: "natural" or "10" where the numbers are logs of the levels to be written.
        date: how a date is written in text, as `strptime` takes it.
        trim: leave out blanks around texts.
        without: signs that are left out of texts, such as the points of codes.
        case: "upper" or "lower" where texts are to be written in one case.
        apart: tell declared missings (Stata's .a to .z, ranges of SPSS) in a column of their own.
    """

    name: str
    also: tuple[str, ...]
    written: str
    type: str
    years: str
    digits: int
    missing: tuple[str, ...]
    zero: tuple[str, ...]
    absent: tuple[str, ...]
    scale: float
    share_of: str
    log: str
    date: str
    trim: bool
    without: str
    case: str
    apart: bool


@dataclass(frozen=True)
class Constant:
    """A column with one value in every row."""

    name: str
    value: str | int


@dataclass(frozen=True)
class ReportChoice:
    """What the report tells beyond columns: ids and codes by their written names, and ranges."""

    ids: tuple[str, ...]
    codes: tuple[str, ...]
    range: bool


@dataclass(frozen=True)
class Recipe:
    """A whole recipe; `text` is the file as it was, kept beside the census."""

    path: Path
    text: str
    source: SourceChoice
    year: YearChoice
    columns: tuple[ColumnChoice, ...]
    constants: tuple[Constant, ...]
    report: ReportChoice

    @property
    def is_wide(self) -> bool:
        """Whether the years are in the names of columns."""
        return any(column.years for column in self.columns)


def _any_text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _pattern(value: object) -> str | None:
    try:
        groups = re.compile(value).groups if isinstance(value, str) else 0
    except re.error:
        return None
    return str(value) if groups == 1 else None


def _code(value: object) -> str | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return str(value) if isinstance(value, str) or is_number else None


def _constant(value: object) -> str | int | None:
    return value if isinstance(value, str | int) and not isinstance(value, bool) else None


_ANY_TEXT = ValueKind("a text in quotes", _any_text, "", "texts in quotes")
_PATTERN = ValueKind("a pattern with one group, such as 'sales_(\\d{4})'", _pattern, "")
_CODE = ValueKind("a number or a text in quotes", _code, "", "numbers or texts in quotes")
_CONSTANT = ValueKind[str | int]("a text in quotes or a whole number", _constant, "")


def read_recipe(path: Path) -> Recipe:
    """Read a recipe.

    Raises:
        StudyError: every problem of the file, with its line.
    """
    text, values = _toml(path)
    findings = Findings(str(path), text)
    top = TomlTable(values, "", findings)
    columns = tuple(_column(each) for each in top.sections("columns", at_least=1))
    constants = tuple(
        Constant(each.required("name", TEXT), each.required("value", _CONSTANT))
        for each in top.sections("constants", at_least=0)
    )
    source, year = _source(top.section("source", required=True)), _year(top)
    report = _report(top.section("report", required=False))
    findings.close_tables()
    findings.raise_if_any()
    recipe = Recipe(path, text, source, year, columns, constants, report)
    if problems := list(_disagreements(recipe)):
        raise StudyError(problems)
    return recipe


def _toml(path: Path) -> tuple[str, dict[str, object]]:
    try:
        text = path.read_text(encoding="utf-8-sig")
        return text, tomllib.loads(text)
    except OSError as error:
        cure = "propose one with `tradegains convert --plan FILES --output RECIPE`"
        what = f"the recipe cannot be read ({error.strerror})"
        raise StudyError(Problem(what, str(path), cure=cure)) from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        what = f"the recipe is not TOML: {error}" if "line" in str(error) else "it is not UTF-8"
        cure = "a data file is first planned: `tradegains convert --plan FILES --output RECIPE`"
        raise StudyError(Problem(what, str(path), cure=cure)) from None


def _source(table: TomlTable) -> SourceChoice:
    return SourceChoice(
        files=table.required("files", list_of(TEXT, at_least=1)),
        format=table.required("format", one_of(FORMATS)),
        delimiter=table.optional("delimiter", _ANY_TEXT, ","),
        decimal=table.optional("decimal", one_of((".", ",", TODO)), "."),
        thousands=table.optional("thousands", one_of(("", ".", ",", " ", "'")), ""),
        encoding=table.optional("encoding", _ANY_TEXT, ""),
        sheet=table.optional("sheet", _ANY_TEXT, ""),
        header_row=table.optional("header_row", whole(1, 1000), 1),
    )


def _year(top: TomlTable) -> YearChoice:
    table = top.section("year", required=False)
    return YearChoice(
        column=table.optional("column", _ANY_TEXT, ""),
        file_pattern=table.optional("file_pattern", _PATTERN, ""),
        value=table.optional("value", whole(_FIRST, _LAST), 0),
        century_from=table.optional("century_from", whole(_FIRST, _LAST), 0),
    )


def _column(table: TomlTable) -> ColumnChoice:
    name = table.required("name", TEXT)
    return ColumnChoice(
        name=name,
        also=table.optional("also", list_of(TEXT, at_least=1), ()),
        written=table.optional("as", TEXT, name),
        type=table.required("type", one_of(TYPES)),
        years=table.optional("years", _PATTERN, ""),
        digits=table.optional("digits", whole(1, 40), 0),
        missing=table.optional("missing", list_of(_CODE, at_least=1), ()),
        zero=table.optional("zero", list_of(_CODE, at_least=1), ()),
        absent=table.optional("absent", list_of(_CODE, at_least=1), ()),
        scale=table.optional("scale", number(above=0.0), 1.0),
        share_of=table.optional("share_of", TEXT, ""),
        log=table.optional("log", one_of(("natural", "10")), ""),
        date=table.optional("date", TEXT, ""),
        trim=table.optional("trim", FLAG, False),
        without=table.optional("without", TEXT, ""),
        case=table.optional("case", one_of(("upper", "lower")), ""),
        apart=table.optional("apart", FLAG, False),
    )


def _report(table: TomlTable) -> ReportChoice:
    names = list_of(TEXT, at_least=0)
    return ReportChoice(
        ids=table.optional("ids", names, ()),
        codes=table.optional("codes", names, ()),
        range=table.optional("range", FLAG, False),
    )


def _disagreements(recipe: Recipe) -> list[Problem]:
    """What is wrong with keys taken together."""
    where = str(recipe.path)
    found = []
    if TODO in (recipe.year.column, recipe.source.decimal, recipe.source.sheet):
        cure = f'write a value in the place of "{TODO}", as the comment there says'
        lines = [
            str(n) for n, line in enumerate(recipe.text.splitlines(), 1) if f'"{TODO}"' in line
        ]
        what = f"a choice of the recipe is not settled, line {', '.join(lines)}"
        found.append(Problem(what, where, len(lines), cure))
    year = recipe.year
    stated = [bool(each) for each in (year.column, year.file_pattern, year.value, recipe.is_wide)]
    if sum(stated) != 1:
        cure = "state one of [year] column, file_pattern and value, or columns with years = PATTERN"
        found.append(Problem(f"the year is stated {sum(stated)} times", where, cure=cure))
    kinds = {column.name: column.type for column in recipe.columns}
    if year.column and kinds.get(year.column) not in (None, "whole", "date", "time", "left_out"):
        cure = 'give it type = "whole", or "date" if that is what it is'
        what = f'the year column {year.column} has type = "{kinds[year.column]}"'
        found.append(Problem(what, where, cure=cure))
    found += [problem for each in recipe.columns for problem in _unfit_keys(each, where)]
    return [*found, *_name_clashes(recipe)]


def _unfit_keys(column: ColumnChoice, where: str) -> list[Problem]:
    """Keys of a column that its type has no use for."""
    given = {
        "digits": (column.digits, "text"),
        "scale": (column.scale != 1.0, "number"),
        "share_of": (column.share_of, "number"),
        "log": (column.log, "number"),
        "trim": (column.trim, "text"),
        "without": (column.without, "text"),
        "case": (column.case, "text"),
        "date": (column.date, "date"),
    }
    if column.zero and column.type not in ("number", "whole"):
        cure = "leave out zero, or change the type"
        what = f'column {column.name}: zero needs type = "number" or "whole"'
        return [Problem(what, where, cure=cure)]
    return [
        Problem(
            f'column {column.name}: {key} needs type = "{type_}", not "{column.type}"',
            where,
            cure=f"leave out {key}, or change the type",
        )
        for key, (is_given, type_) in given.items()
        if is_given and column.type != type_
    ]


def _name_clashes(recipe: Recipe) -> list[Problem]:
    """Names that are written twice, or that differ in case only, which engines take for one."""
    kept = [
        column.written
        for column in recipe.columns
        if column.type != "left_out" and column.name != recipe.year.column
    ]
    by_lower: dict[str, list[str]] = {YEAR: [f"{YEAR} (the year of the folders)"]}
    for name in [*kept, *(each.name for each in recipe.constants)]:
        by_lower.setdefault(name.lower(), []).append(name)
    found = [
        Problem(
            f"columns {' and '.join(names)} have one name, or differ in case only",
            str(recipe.path),
            len(names),
            'give one another name with as = "..." or leave it out with type = "left_out"',
        )
        for names in by_lower.values()
        if len(names) > 1
    ]
    sources = [name for column in recipe.columns for name in (column.name, *column.also)]
    if twice := sorted({name for name in sources if sources.count(name) > 1}):
        cure = "keep one entry for each"
        what = f"the recipe names a column twice: {', '.join(twice)}"
        found.append(Problem(what, str(recipe.path), len(twice), cure))
    shared = {column.share_of for column in recipe.columns if column.share_of}
    numbers = {each.written for each in recipe.columns if each.type in ("number", "whole")}
    if astray := sorted(shared - numbers):
        cure = 'name a column of type "number" or "whole" as the census has it'
        what = f"share_of names what is no amount: {', '.join(astray)}"
        found.append(Problem(what, str(recipe.path), len(astray), cure))
    unknown = sorted({*recipe.report.ids, *recipe.report.codes} - {*kept, *_constant_names(recipe)})
    if unknown:
        cure = "write names as the census has them"
        what = f"[report] names what is not written: {', '.join(unknown)}"
        found.append(Problem(what, str(recipe.path), len(unknown), cure))
    return found


def _constant_names(recipe: Recipe) -> list[str]:
    return [each.name for each in recipe.constants]
