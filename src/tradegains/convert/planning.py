"""A recipe proposed from what files hold: each choice stated, a guess with a comment."""

import os
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from tradegains.convert.dates import count_of
from tradegains.convert.delimited import found_delimiter, found_encoding, found_header
from tradegains.convert.looking import NINES, SUSPECTS, Look, look_at
from tradegains.convert.opening import SUFFIXES, find_files, format_of, open_sources, visible_files
from tradegains.convert.rdata import frame_names
from tradegains.convert.recipe import TODO, SourceChoice
from tradegains.convert.sheets import EVERY_SHEET, sheet_names
from tradegains.convert.sheets import found_header as sheet_header
from tradegains.convert.source import Source
from tradegains.convert.statistical import TRANSPORT
from tradegains.convert.values import EXACT, EXACT_SINGLE
from tradegains.errors import InputError, Problem, StudyError
from tradegains.progress import Step
from tradegains.study.writing import toml_value

_YEAR_NAME = re.compile(r"year|yr|ano|año|anio|ann[eé]e|an|jahr|anno|rok|periodo|ye?ar_?\w*", re.I)
_ID_NAME = re.compile(
    r".*(_id|id_|^id|ident|plant|[eé]?tabl|estab|betrieb|nordemp|nui|nif|siren|siret|serial|lbdnum|folio"
    r"|firm|empresa|entreprise|company|unternehmen).*|.*id",
    re.I,
)
_CODE_NAME = re.compile(
    r".*(isic|ciiu|nace|cnae|naics|nic|sic|cae|naf|ape|ateco|pkd|okved|sbi|industr|branch|rama|ramo"
    r"|sector|sektor).*|wz\d*",
    re.I,
)
_NO_ANSWER = re.compile(
    r"missing|refus|don.?t know|no (response|answer|data)|not (avail|appl|asked|stated)|unknown|n/a"
    r"|no (sabe|contesta|responde|aplica|dispon)|ns/?nc|sin (dato|inform|resp)|rehus"
    r"|keine angabe|weiss nicht|unbekannt|ne sait|non (repon|renseign)|manquant|inconnu",
    re.I,
)
"""Labels, without accents, of codes that stand for a missing answer."""
_LOG_NAME = re.compile(r"(ln|log|l)_|ln", re.I)
_GROUPINGS = {
    ".": (",", "comma", ("points", "point_groups")),
    ",": (".", "point", ("commas", "comma_groups")),
    " ": (",", "comma", ("spaces",)),
}
"""By the sign between thousands: that before decimals, the shape of numbers without thousands, and
the shapes of those with, of which the first has no other reading."""
_FILE_YEAR = r"(?<!\d)((?:1[89]|20)\d{2})(?!\d)"
_WIDE_SHORT = re.compile(r"(.*?\D)(\d{2})")
_WIDE = re.compile(r"(.*?\D)((?:19|20)\d{2})")
_YEARS = (1850, 2150)


@dataclass(frozen=True)
class Asked:
    """What the command line states of how files are read; None: found."""

    delimiter: str | None = None
    decimal: str | None = None
    encoding: str | None = None
    sheet: str | None = None


def plan(given: Sequence[str], recipe: Path, asked: Asked, step: Step | None = None) -> str:
    """Look at files and write the recipe that is proposed for them.

    Args:
        given: files, patterns or folders.
        recipe: the file to write.
        asked: what is stated of how files are read.
        step: where the rows that were read are counted.

    Returns:
        What was found, in words.

    Raises:
        StudyError: there is a file at the place of the recipe.
        InputError: the files are of several formats, or of none that is read.
    """
    if recipe.exists():
        cure = "name another file with --output, or remove it first"
        raise StudyError(
            Problem("there is something at this place already", str(recipe), cure=cure)
        )
    files = _files(given)
    choice = _source_choice(files, asked)
    names = tuple(
        Path(os.path.relpath(each, recipe.absolute().parent)).as_posix() for each in given
    )
    sources = [source for path, root in files for source in _opened(path, root, choice)]
    looks = look_at(sources, step or Step("look"))
    if not any(look.values for look in looks.values()):
        raise InputError(Problem("there is no value in the files", names[0], cure="look at them"))
    proposed = _RecipeText(names, choice, sources, looks, asked)
    recipe.parent.mkdir(parents=True, exist_ok=True)
    recipe.write_text(proposed.text(), encoding="utf-8")
    found = f", decimal {proposed.decimal}"
    return "\n".join(
        f"{each.path.name}: {each.told.replace(', decimal .', found)}; {len(each.columns)} columns"
        for each in sources
    )


def _files(given: Sequence[str]) -> list[tuple[Path, Path]]:
    """The files that are meant; a folder is one of files of a single format."""
    found: dict[Path, Path] = {}
    for name in given:
        formats = [""]
        if Path(name).is_dir():
            suffixes = {path.suffix.lower() for path in visible_files(Path(name))}
            formats = sorted({SUFFIXES[each] for each in suffixes & set(SUFFIXES)}) or ["parquet"]
        for file_format in formats:
            found |= dict(find_files(Path(), [name], file_format))
    formats = sorted({format_of(path) for path in found})
    if len(formats) > 1:
        cure = "plan and convert one format at a time"
        what = f"the files are of several formats: {', '.join(formats)}"
        raise InputError(Problem(what, " ".join(given), len(formats), cure))
    return sorted(found.items())


def _source_choice(files: list[tuple[Path, Path]], asked: Asked) -> SourceChoice:
    path = files[0][0]
    kind = format_of(path)
    encoding, delimiter, sheet = asked.encoding or "", asked.delimiter or "", asked.sheet or ""
    if kind == "text":
        encodings = {each: found_encoding(each) for each, _ in files} if not encoding else {}
        if len(set(encodings.values())) > 1 and set(encodings.values()) != {"utf-8", "utf-8-sig"}:
            cure = "give --encoding where one is right for all, or plan each encoding on its own"
            told = ", ".join(sorted(set(encodings.values())))
            raise InputError(Problem(f"the files have several encodings: {told}", cure=cure))
        encoding = encoding or max(encodings.values())
        delimiter = delimiter or found_delimiter(path, encoding)
    elif kind in ("xlsx", "r") and not sheet:
        sheet = _only_one(path, kind)
    place = 1
    if kind == "text":
        place = found_header(path, delimiter, encoding)
    elif kind == "xlsx":
        place = sheet_header(path, "" if sheet == EVERY_SHEET else sheet)
    decimal = asked.decimal or "."
    return SourceChoice((), kind, delimiter, decimal, "", encoding, sheet, place)


def _only_one(path: Path, kind: str) -> str:
    """The sheet of a workbook, or the data frame of a file of R, where there is but one."""
    names = sheet_names(path) if kind == "xlsx" else frame_names(path)
    if len(names) > 1:
        cure = f"give --sheet NAME, one of: {', '.join(names)}"
        cure += "; or --sheet '*' for all, such as one for each year" * (kind == "xlsx")
        of = (
            "the workbook has several sheets" if kind == "xlsx" else "there are several data frames"
        )
        raise InputError(Problem(of, str(path), len(names), cure))
    return names[0] if names else ""


def _opened(path: Path, root: Path, choice: SourceChoice) -> list[Source]:
    sources = open_sources(path, root, choice)
    if choice.format not in ("stata", "sas", "spss") or path.suffix.lower() == TRANSPORT:
        return sources
    return open_sources(path, root, choice, [column.name for column in sources[0].columns])


class _RecipeText:
    """The text of a recipe, section by section."""

    def __init__(
        self,
        names: Sequence[str],
        choice: SourceChoice,
        sources: list[Source],
        looks: dict[str, Look],
        asked: Asked,
    ) -> None:
        self.names, self.choice, self.sources, self.looks = names, choice, sources, looks
        self.thousands, decimal = self._grouping()
        self.decimal = asked.decimal or decimal or self._decimal()
        self.year = self._year_column()
        self.wide = self._wide() if self.year is None else {}
        self.same, self.other_names = self._case_variants()

    def text(self) -> str:
        blocks = [self._head(), self._source(), self._year(), *self._columns(), self._report()]
        return "\n\n".join(blocks) + "\n"

    def _head(self) -> str:
        return (
            "# Proposed by `tradegains convert --plan`: read every line; what it does not state "
            "is not done.\n# Then: tradegains convert THIS_FILE --output CENSUS\n"
            "# Where there is no industry, state one for all:\n"
            '# [[constants]]\n# name = "industry"\n# value = "0000"'
        )

    def _source(self) -> str:
        lines = ["[source]", f"files = {toml_value(list(self.names))}"]
        lines.append(f"format = {toml_value(self.choice.format)}")
        if self.choice.format == "text":
            lines.append(f"delimiter = {toml_value(self.choice.delimiter)}")
            lines.append(f"encoding = {toml_value(self.choice.encoding)}")
            if self.choice.encoding == "windows-1252":
                lines[-1] += (
                    "  # a guess: the files are not UTF-8; look at accents after converting"
                )
        if self.choice.format in ("text", "xlsx"):
            lines.append(f"decimal = {toml_value(self.decimal)}")
            if self.thousands:
                lines.append(f"thousands = {toml_value(self.thousands)}")
            if self.decimal == TODO:
                lines[-1] += (
                    '  # TODO: is 1,234 a thousand ("." and thousands = ",") or 1.234 (",")?'
                )
        if self.choice.sheet:
            lines.append(f"sheet = {toml_value(self.choice.sheet)}")
        if self.choice.header_row > 1:
            lines.append(f"header_row = {self.choice.header_row}  # what stands above is left out")
        return "\n".join(lines)

    # --- years ------------------------------------------------------------------------------------

    def _year(self) -> str:
        lines = ["[year]"]
        if self.year is not None:
            lines.append(f"column = {toml_value(self.year)}")
            look = self.looks[self.year]
            if (look.high is not None and look.high < 100) or look.shapes["short"]:
                lines.append("century_from = 1930  # a guess, of years of two digits: 05 is 2005")
        elif self.wide:
            lines.append("# the years are in the names of columns: see years = below")
            if self._is_short():
                lines.append("century_from = 1930  # a guess, of years of two digits: 05 is 2005")
        else:
            of_sheets = self.choice.sheet == EVERY_SHEET
            pattern = f"sheet .*?{_FILE_YEAR}" if of_sheets else _FILE_YEAR
            if all(re.search(pattern, f"{each.path.name}{each.suffix}") for each in self.sources):
                lines.append(f"file_pattern = '{pattern}'")
            else:
                lines.append(self._guessed_year())
        return "\n".join(lines)

    def _guessed_year(self) -> str:
        """The only column of dates or of years, under whatever name, or those that could be it."""
        everywhere = {
            name: look for name, look in self.looks.items() if len(look.files) == len(self.sources)
        }
        found = [
            name
            for name, look in everywhere.items()
            if self._type(name, look)[0] in ("date", "time") or _are_years(look)
        ]
        if len(found) == 1:
            why = "a guess: nothing else is a date or a year in every row"
            return f"column = {toml_value(found[0])}  # {why}"
        told = f"which of {', '.join(found)}? Or" if found else "or"
        return f'column = "{TODO}"  # TODO: {told} file_pattern, or value = 1990'

    def _year_column(self) -> str | None:
        everywhere = [
            name for name, look in self.looks.items() if len(look.files) == len(self.sources)
        ]
        named = [name for name in everywhere if _YEAR_NAME.fullmatch(name)]
        return next((name for name in named if self._is_year(self.looks[name])), None)

    def _is_year(self, look: Look) -> bool:
        if self.choice.format in ("stata", "sas", "spss") and count_of(
            self.choice.format, look.found.format
        ):
            return True
        if look.type == "string":
            return look.values > 0 and look.shapes["whole"] == look.values
        is_whole = look.low is not None and look.high is not None and not look.parts
        return is_whole and (look.high or 0) <= _YEARS[1] and (look.low or 0) >= 0

    def _wide(self) -> dict[str, list[str]]:
        """Names of wide columns by what comes before their year."""
        stubs: dict[str, list[str]] = {}
        for name in self.looks:
            if found := _WIDE.fullmatch(name):
                stubs.setdefault(found[1], []).append(name)
        if not stubs:
            stubs = self._wide_of_two_digits()
        return {stub: names for stub, names in stubs.items() if len(names) > 1}

    def _is_short(self) -> bool:
        """Whether the years in names of columns have two digits."""
        return any(not _WIDE.fullmatch(name) for names in self.wide.values() for name in names)

    def _wide_of_two_digits(self) -> dict[str, list[str]]:
        """Names that end in two digits, where several have those of the same years in a row."""
        stubs: dict[str, dict[int, str]] = {}
        for name in self.looks:
            if found := _WIDE_SHORT.fullmatch(name):
                stubs.setdefault(found[1], {})[int(found[2])] = name
        ends = Counter(tuple(years) for years in stubs.values() if len(years) > 1)
        years, times = ends.most_common(1)[0] if ends else ((), 0)
        if times < 2 or any((later - year) % 100 != 1 for year, later in pairwise(years)):
            return {}
        return {stub: list(found.values()) for stub, found in stubs.items() if len(found) > 1}

    # --- columns ----------------------------------------------------------------------------------

    def _columns(self) -> Iterator[str]:
        inside = {name: stub for stub, names in self.wide.items() for name in names}
        done = set()
        for name, look in self.looks.items():
            if name in self.other_names or inside.get(name) in done:
                continue
            lines = ["[[columns]]"]
            if stub := inside.get(name):
                done.add(stub)
                lines.append(f"name = {toml_value(stub.rstrip('_-. ') or stub)}")
                digits = 2 if self._is_short() else 4
                lines.append(f"years = '{re.escape(stub)}(\\d{{{digits}}})'")
                look = self._together(self.wide[stub])
            else:
                lines.append(f"name = {toml_value(name)}")
            yield "\n".join([*lines, *self._names_of(name), *self._type_lines(name, look)])

    def _together(self, names: list[str]) -> Look:
        """The look of which most is asked: texts before numbers, parts before whole numbers."""
        looks = [self.looks[name] for name in names]
        rank = {"text": 4, "number": 3, "date": 2, "whole": 1}
        return max(looks, key=lambda look: rank.get(self._type(look.found.name, look)[0], 0))

    def _names_of(self, name: str) -> Iterator[str]:
        if also := [other for other, main in self.other_names.items() if main == name]:
            yield f"also = {toml_value(also)}  # its name in other files"
        if name in self.same:
            yield (
                f"as = {toml_value(self.same[name])}  # another column's name differs in case only"
            )
        elif name.lower() == "year" and name != self.year:
            yield 'as = "year_in_the_file"  # the folders give the year'

    def _case_variants(self) -> tuple[dict[str, str], dict[str, str]]:
        """New names of columns that differ in case within a file, and names of one across files."""
        same: dict[str, str] = {}
        other: dict[str, str] = {}
        by_lower: dict[str, list[str]] = {}
        for name in self.looks:
            by_lower.setdefault(name.lower(), []).append(name)
        for names in by_lower.values():
            main = names[0]
            for number, name in enumerate(names[1:], 2):
                if set(self.looks[main].files) & set(self.looks[name].files):
                    same[name] = f"{name}_{number}"
                else:
                    other[name] = main
        return same, other

    def _type_lines(self, name: str, look: Look) -> Iterator[str]:
        type_, why = self._type(name, look)
        yield f'type = "{type_}"' + (f"  # {why}" if why else "")
        if look.type == "string" and look.marks and type_ != "text":
            count = sum(look.marks.values())
            yield f"missing = {toml_value(sorted(look.marks))}  # {count:,} values"
            if dashes := sorted({"-", "--"} & look.marks.keys()):
                yield f"# zero = {toml_value(dashes)}  # where a dash means none, and not unknown"
        yield from _number_lines(look, type_)
        if (
            type_ == "text"
            and look.shapes["with_point"]
            and _CODE_NAME.fullmatch(_unaccented(name))
        ):
            yield '# without = "."  # a study reads codes of digits: 10.20 as 1020'
        if type_ == "text" and look.totals:
            told = f"{sum(look.totals.values()):,} values: totals of other rows?"
            yield f"# absent = {toml_value(sorted(look.totals))}  # {told}"
        if type_ == "number" and _LOG_NAME.match(name):
            yield '# log = "natural"  # by its name a log; the census has levels'
        if type_ in ("number", "whole"):
            yield from _label_lines(look)
        yield from _suspect_lines(look)
        if look.declared:
            yield (
                f"# apart = true  # {look.declared:,} declared missings (.a, ranges): which, in a "
                "column of its own"
            )
        if type_ == "text" and look.shapes["blank"]:
            yield f"trim = true  # {look.shapes['blank']:,} values have blanks around them"

    def _type(self, name: str, look: Look) -> tuple[str, str]:
        if not look.found.is_named:
            what = f"{look.values:,} values" if look.values else "nothing in it"
            return "left_out", f"no name in the file, {what}"
        if look.type == "string":
            return self._type_of_texts(look)
        if look.type in ("int64", "double"):
            return self._type_of_numbers(name, look)
        simple = {"bool": "boolean", "date32[day]": "date", "null": "number", "uint64": "text"}
        if look.type in simple:
            return simple[look.type], ""
        if look.type.startswith("timestamp"):
            return "time", ""
        if look.type.startswith("decimal"):
            return "number", look.type
        return "left_out", f"{look.type} has no place in a census"

    def _type_of_texts(self, look: Look) -> tuple[str, str]:
        shapes, values = look.shapes, look.values
        if values == 0:
            return "number", "no value at all"
        if shapes["whole"] == values:
            if shapes["zero"] and look.found.name != self.year:
                return "text", "digits that begin with zeros"
            return ("text", "more than 18 digits") if shapes["long"] else ("whole", "")
        plain = shapes["comma" if self.decimal in (",", TODO) else "point"]
        if plain + _grouped(look, self.thousands) == values:
            is_code = _CODE_NAME.fullmatch(_unaccented(look.found.name)) or _ID_NAME.fullmatch(
                _unaccented(look.found.name)
            )
            if is_code or look.found.kind.startswith("string"):
                return "text", "codes with points: as numbers 10.20 and 10.2 would be one"
            return "number", ""
        return ("date", "") if shapes["day"] == values else ("text", "")

    def _type_of_numbers(self, name: str, look: Look) -> tuple[str, str]:
        program, shown = self.choice.format, look.found.format
        if program in ("stata", "sas", "spss") and (count := count_of(program, shown)):
            return ("time" if count.is_time else "date"), f"its format is {shown}"
        if look.values == 0:
            return "number", "no value at all"
        if look.parts:
            return "number", ""
        limit = EXACT_SINGLE if look.found.is_single else EXACT
        largest = max(abs(look.low or 0), abs(look.high or 0))
        if look.type == "double" and largest > limit:
            held = "32-bit floats" if look.found.is_single else "doubles"
            why = f"whole numbers so large that {held} may have rounded them"
            return ("whole" if _ID_NAME.fullmatch(_unaccented(name)) else "number"), why
        return "whole", ""

    def _grouping(self) -> tuple[str, str]:
        """The signs between thousands and before decimals, where a column has no other reading."""
        if self.choice.format not in ("text", "xlsx"):
            return "", ""
        for look in self.looks.values():
            for thousands, (decimal, plain, shapes) in _GROUPINGS.items():
                if look.shapes[shapes[0]] and look.values == look.shapes[plain] + _grouped(
                    look, thousands
                ):
                    return thousands, decimal
        return "", ""

    def _decimal(self) -> str:
        """The sign before decimals: that of a column that is numeric under one of them only."""
        texts = [look for look in self.looks.values() if look.type == "string" and look.values]
        for look in texts:
            if look.shapes["comma"] == look.values and look.shapes["with_comma"]:
                groups_only = look.shapes["group"] == look.shapes["with_comma"]
                return TODO if groups_only else ","
        return "."

    def _report(self) -> str:
        kept = [name for name in self.looks if name not in self.other_names and name != self.year]
        kept = [name for name in kept if not any(name in names for names in self.wide.values())]
        written = {name: self.same.get(name, name) for name in kept if name.lower() != "year"}
        kinds = {name: self._type(name, self.looks[name])[0] for name in written}
        able = [name for name in written if kinds[name] in ("text", "whole")]
        codes = [written[name] for name in able if _CODE_NAME.fullmatch(_unaccented(name))]
        ids = [
            written[name]
            for name in able
            if _ID_NAME.fullmatch(_unaccented(name)) and written[name] not in codes
        ]
        return "\n".join(
            [
                "[report]",
                f"ids = {toml_value(ids[:1])}  # counted per year",
                f"codes = {toml_value(codes)}  # their lengths are told per year",
                "range = false  # true: the report tells smallest and largest values",
            ]
        )


def _unaccented(name: str) -> str:
    """A name as it is compared with others.

    Example:
        >>> _unaccented("Établissement")
        'Etablissement'
    """
    return unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode()


def _number_lines(look: Look, type_: str) -> Iterator[str]:
    """That most texts of a column are numbers, where some are not."""
    numbers = max(look.shapes["point"], look.shapes["comma"])
    if type_ == "text" and look.values / 2 < numbers < look.values:
        yield (
            f"# {numbers:,} of {look.values:,} values are numbers: is it an amount? What do "
            "the others mean?"
        )


def _grouped(look: Look, thousands: str) -> int:
    """How many texts are numbers with this sign between thousands."""
    shapes = _GROUPINGS[thousands][2] if thousands else ()
    return sum(look.shapes[shape] for shape in shapes)


def _are_years(look: Look) -> bool:
    if look.type == "string":
        return look.values > 0 and look.shapes["year"] == look.values
    if look.low is None or look.high is None or look.parts:
        return False
    return _YEARS[0] <= look.low and look.high <= _YEARS[1]


def _label_lines(look: Look) -> Iterator[str]:
    """Numbers whose labels say that there is none."""
    codes = [
        float(value)
        for value, label in look.found.labels.items()
        if _NO_ANSWER.search(_unaccented(label)) and re.fullmatch(r"-?[0-9.]+", value)
    ]
    if codes:
        listed = toml_value([int(code) if code.is_integer() else code for code in sorted(codes)])
        yield f"missing = {listed}  # by their labels no answer"


def _suspect_lines(look: Look) -> Iterator[str]:
    """Numbers that may stand for missing ones: below 0 where nothing else is, or all nines."""
    if look.low is not None and look.low >= 0:
        for code in SUSPECTS:
            if count := look.suspects[code]:
                yield f"# missing = [{code:.0f}]  # {count:,} values, and no other is below 0"
    for code in NINES:
        if look.high == code and look.suspects[code] > 2:
            yield f"# missing = [{code:.0f}]  # is it a value? {look.suspects[code]:,} times"
