"""`tradegains init`: look at someone's Parquet and propose a study file.

The proposal maps columns by name and type, in English, French, Spanish and German, finds the years
and the length of the industry codes, and leaves a TODO at every choice that only the researcher
can make. It reads footers and one column of industry codes; no value of the census is printed.
"""

import difflib
import os
import re
import unicodedata
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from string import Template

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tradegains.errors import InputError, Problem, StudyError
from tradegains.store.census_checks import year_ranges
from tradegains.store.census_files import CensusFile, find_files, read_footers
from tradegains.store.census_types import CONTRACT_KINDS, accepts, file_type
from tradegains.store.locations import Location, locate
from tradegains.study.model import COLUMNS, OPTIONAL_COLUMNS, REQUIRED_COLUMNS
from tradegains.study.writing import toml_value

# English | French | Spanish | German. Accents and signs do not count.
SYNONYMS: Mapping[str, str] = {
    "establishment_id": """establishment, establishment id, estab, estab id, plant, plant id,
        factory, local unit, lbdnum, id | etablissement, usine, siret, identifiant |
        establecimiento, planta, id planta, identificador, nordest, nui | betrieb, betriebsnummer,
        werk, betriebs id""",
    "year": """year, yr, reference year, ref year, survey year | annee, an, exercice |
        ano, anio, periodo | jahr, berichtsjahr""",
    "industry": """industry, industry code, sic, naics, isic, nace, sector, activity | secteur,
        branche, naf, ape, scian, activite | ciiu, rama, actividad, industria, cae |
        wirtschaftszweig, wz, industriezweig""",
    "employment": """employment, employees, emp, workers, jobs, persons engaged, headcount, labour,
        labor, staff | effectif, effectifs, emploi, salaries | empleo, personal, personal ocupado,
        ocupados, trabajadores, empleados | beschaeftigte, beschaftigte, mitarbeiter,
        taetige personen, tatige personen""",
    "sales": """sales, total sales, revenue, turnover, shipments, value of shipments, output,
        gross output, production | chiffre d affaires, ventes, livraisons | ventas, produccion,
        produccion bruta, ingresos, facturacion | umsatz, gesamtumsatz, erloese, produktionswert""",
    "exports": """exports, export, export sales, exported sales, foreign sales | exportations,
        ventes a l etranger | exportaciones, ventas exterior | ausfuhr, exporte,
        auslandsumsatz""",
    "value_added": """value added, va, gva, gross value added | valeur ajoutee |
        valor agregado, valor anadido | wertschoepfung, wertschopfung, bruttowertschoepfung,
        bruttowertschopfung""",
    "enterprise_id": """enterprise, enterprise id, firm, firm id, company, company id, parent |
        entreprise, siren, groupe | empresa, id empresa, nordemp, nit | unternehmen,
        unternehmensnummer, firma""",
    "sampling_weight": """sampling weight, sample weight, survey weight, weight, pweight | poids,
        ponderation | ponderador, factor de expansion, factor expansion, fexp | gewicht,
        hochrechnungsfaktor""",
    "hours": """hours, hours worked, total hours | heures, heures travaillees | horas,
        horas trabajadas | stunden, arbeitsstunden""",
}
_ENOUGH = 0.7  # below, two names only share some letters
_YEARS = range(1800, 2101)


@dataclass(frozen=True)
class Layout:
    """What a census looks like: columns with types, the years found, and its year folders."""

    census: str
    columns: Mapping[str, pa.DataType]
    year_folder: str | None
    years: tuple[int, ...]
    files: int


@dataclass(frozen=True)
class Proposal:
    """A proposed study: its text, the columns mapped, and the contract columns not found."""

    text: str
    layout: Layout
    columns: Mapping[str, str]
    not_found: tuple[str, ...]

    def summary(self) -> str:
        """What is proposed, for the terminal."""
        years = year_ranges(self.layout.years) or "not found"
        lines = [f"{self.layout.files:,} file(s), years {years}", ""]
        for name in COLUMNS:
            column = self.columns.get(name)
            if column is not None:
                type_ = self.layout.columns.get(column, "folder names")
                lines.append(f"  {name:<18}<- {column} ({type_})")
            elif name in REQUIRED_COLUMNS:
                lines.append(f"  {name:<18}<- ?  required: choose a column")
        unused = [name for name in self.layout.columns if name not in self.columns.values()]
        lines += ["", f"not used: {', '.join(unused) or 'none'}"]
        lines.append(f"choices that are yours to make: {self.text.count('TODO:')}, marked TODO")
        return "\n".join(lines)


def write_proposal(census: str, output: Path, *, force: bool = False) -> Proposal:
    """Propose a study of a census and write it.

    Args:
        census: Folder or file, local or a URI.
        output: The study file to write.
        force: Whether an existing file may be replaced.

    Raises:
        StudyError: The file is there already, or cannot be written.
        InputError: The census cannot be looked at.
    """
    if output.exists() and not force:
        cure = "choose another --output, or add --force to replace it"
        raise StudyError(Problem("the study file exists already", str(output), cure=cure))
    proposal = propose(census, output.parent)
    try:
        output.parent.mkdir(parents=True, exist_ok=True)
        output.write_text(proposal.text, encoding="utf-8")
    except OSError as error:
        what = f"the study file cannot be written ({error.strerror})"
        raise StudyError(Problem(what, str(output), cure="choose another --output")) from error
    return proposal


def propose(census: str, folder: Path) -> Proposal:
    """Propose a study of a census for a study file in `folder`."""
    place = locate(census)
    files, _ = find_files(place, "")
    layout = _look_at(place, files, census)
    columns = match_columns(layout.columns, layout.year_folder)
    if "year" in columns and not layout.year_folder:
        years = _years_inside(place, files, columns["year"])
        layout = Layout(census, layout.columns, None, years, layout.files)
    digits = _industry_digits(place, files, columns.get("industry"))
    text = _study_text(layout, columns, digits, _path_from(folder, census))
    return Proposal(text, layout, columns, tuple(name for name in COLUMNS if name not in columns))


def match_columns(types: Mapping[str, pa.DataType], year_folder: str | None) -> dict[str, str]:
    """File column of each contract column, by name and type; every file column at most once.

    Example:
        >>> match_columns({"planta": pa.int64(), "ciiu": pa.int32(), "ventas": pa.float64()}, "ano")
        {'establishment_id': 'planta', 'year': 'ano', 'industry': 'ciiu', 'sales': 'ventas'}
    """
    found = {} if year_folder is None else {"year": year_folder}
    scores = [
        (likeness(column, name), name, column)
        for name in COLUMNS
        for column, type_ in types.items()
        if accepts(CONTRACT_KINDS.get(name, "any"), file_type(type_).family)
    ]
    for score, name, column in sorted(scores, key=lambda scored: -scored[0]):
        if score >= _ENOUGH and name not in found and column not in found.values():
            found[name] = column
    return {name: found[name] for name in COLUMNS if name in found}


def likeness(column: str, name: str) -> float:
    """How much a file column's name resembles a contract column's, from 0 to 1.

    Example:
        >>> likeness("Año", "year"), likeness("EMP_TOTAL", "employment") > likeness("x", "sales")
        (1.0, True)
    """
    words = _words(column)
    synonyms = [_words(text) for text in re.split(r"[,|]", SYNONYMS[name])]
    return max(_word_likeness(words, synonym) for synonym in [*synonyms, _words(name)])


def _word_likeness(words: Sequence[str], synonym: Sequence[str]) -> float:
    joined, wanted = "".join(words), "".join(synonym)
    if joined == wanted:
        return 1.0
    if set(synonym) <= set(words):
        return 0.95 - 0.05 * (len(words) - len(synonym))
    # Short words resemble too many others: "an" is in "planta".
    return 0.85 * difflib.SequenceMatcher(None, joined, wanted).ratio() if len(wanted) > 4 else 0.0


def _words(name: str) -> list[str]:
    """Words of a name without accents, case, signs and digits."""
    spaced = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    plain = unicodedata.normalize("NFKD", spaced).encode("ascii", "ignore").decode().lower()
    return re.findall(r"[a-z]+", plain)


def _look_at(place: Location, files: Sequence[CensusFile], census: str) -> Layout:
    """Columns by the first and the last file; years by folder names."""
    read, problems = read_footers(place, [files[0], files[-1]])
    if problems:
        raise InputError(problems[:1] if len(files) == 1 else problems)
    columns = {field.name: field.type for file in read for field in file.schema or ()}
    folder, years = _year_folders(file.path for file in files)
    return Layout(census, columns, folder, years, len(files))


def _year_folders(paths: Iterable[str]) -> tuple[str | None, tuple[int, ...]]:
    """The `name=YYYY` folders of a census: their name and years; a year's name goes first."""
    values: dict[str, set[str]] = {}
    for path in paths:
        for part in path.split("/")[:-1]:
            name, equals, value = part.partition("=")
            if equals:
                values.setdefault(name, set()).add(value)
    candidates = [name for name, found in values.items() if all(map(_is_year, found))]
    if not candidates:
        return None, ()
    name = max(candidates, key=lambda candidate: likeness(candidate, "year"))
    return name, tuple(sorted(int(value) for value in values[name]))


def _is_year(text: str) -> bool:
    return text.isascii() and text.isdigit() and int(text) in _YEARS


def _years_inside(place: Location, files: Sequence[CensusFile], column: str) -> tuple[int, ...]:
    """First and last year by the footers' statistics, as all years between; none without them."""
    read, _ = read_footers(place, files)
    ends: list[int] = []
    for file in read:
        with place.system.open_input_file(file.absolute) as source:
            ends += _year_statistics(pq.ParquetFile(source), column)
    return tuple(range(min(ends), max(ends) + 1)) if ends else ()


def _year_statistics(parquet: pq.ParquetFile, column: str) -> list[int]:
    ends: list[int] = []
    for group in range(parquet.metadata.num_row_groups):
        row_group = parquet.metadata.row_group(group)
        for index in range(row_group.num_columns):
            chunk = row_group.column(index)
            if chunk.path_in_schema == column and chunk.is_stats_set:
                ends += [chunk.statistics.min, chunk.statistics.max]
    return [int(end) for end in ends if isinstance(end, int | float) and int(end) in _YEARS]


def _industry_digits(
    place: Location, files: Sequence[CensusFile], column: str | None
) -> int | None:
    """Length of the longest industry code in the first file; None where it cannot be told."""
    if column is None:
        return None
    with place.system.open_input_file(files[0].absolute) as source:
        parquet = pq.ParquetFile(source)
        if column not in parquet.schema_arrow.names:
            return None
        codes = parquet.read(columns=[column]).column(0).cast(pa.string())
    longest = pc.max(pc.utf8_length(pc.utf8_trim_whitespace(codes))).as_py()
    return longest or None


def _path_from(folder: Path, census: str) -> str:
    if "://" in census:
        return census
    return os.path.relpath(Path(census).absolute(), folder.absolute()).replace(os.sep, "/")


# --- the text -------------------------------------------------------------------------------------


def _study_text(layout: Layout, columns: Mapping[str, str], digits: int | None, path: str) -> str:
    digits_known = digits or 4
    first, last = (layout.years[0], layout.years[-1]) if layout.years else (0, 0)
    has_exports, has_value_added = "exports" in columns, "value_added" in columns
    unused = [name for name in layout.columns if name not in columns.values()]
    gaps = len(layout.years) != last - first + 1
    rules = ["both_ends", "domestic_both_ends"] + ["every_year"] * (not gaps)
    choices = {
        "census": toml_value(path),
        "digits": digits_known,
        "digits_note": "as found in the first file" if digits else "TODO: length of the codes",
        "group_digits": min(2, digits_known),
        "columns": _column_lines(columns),
        "unused": ", ".join(unused) or "none",
        "optional_rules": _optional_rules(has_exports=has_exports, has_value_added=has_value_added),
        "start": first,
        "end": last,
        "window_note": f"the census has {year_ranges(layout.years) or 'no year that was found'}",
        "years": f"[{first}, {last}]",
        "continuing": toml_value(rules),
        "annual": toml_value(not gaps),
        "numerator": toml_value("value_added" if has_value_added else "sales"),
        "imports": '["exports"]' if has_exports else "[]",
    }
    return Template(_TEMPLATE).substitute(choices)


def _column_lines(columns: Mapping[str, str]) -> str:
    lines = [
        f"{name} = {toml_value(columns[name])}"
        if name in columns
        else f'{name} = ""      # TODO: required; which column?'
        for name in REQUIRED_COLUMNS
    ]
    for name in OPTIONAL_COLUMNS:
        line = f"{name} = {toml_value(columns[name])}" if name in columns else f'# {name} = "..."'
        lines.append(line)
    return "\n".join(lines)


def _optional_rules(*, has_exports: bool, has_value_added: bool) -> str:
    lines = []
    if has_exports:
        lines += ['invalid_exports = "stop"', 'exports_above_sales = "stop"']
        lines.append('missing_exports = "stop"')
    if has_value_added:
        lines.append('invalid_value_added = "keep"')
    return "\n".join(lines)


_TEMPLATE = """\
# Proposed by `tradegains init`. Look at every line, settle what is marked TODO, then
#
#   tradegains check THIS_FILE          everything that is wrong, at once
#   tradegains run THIS_FILE --output DIR

[study]
name = "study"          # TODO: a short name (letters, digits, _)
title = "Study"         # TODO: as it should stand on the report
source = "TODO: where the census comes from"

[inputs]
census = $census
# Optional tables, Parquet or CSV; without one the results that need it are left out:
# imports = "imports.csv"           # industry, year, value
# tariff_cuts = "tariff_cuts.csv"   # industry, cut [percentage points]
# prices = "prices.csv"             # year, index and, for prices = "industry", industry
# elasticities = "elasticities.csv" # industry, sigma

[census]
money_unit = "TODO: thousand euros, ..."
industry_digits = $digits             # $digits_note
industry_group_digits = $group_digits       # industry groups are the first digits of a code
extra_columns = []              # for conditions; not used so far: $unused

[census.columns]
$columns

# "stop" the run, "quarantine" the row (it counts nowhere), or "keep" it.
[census.rules]                  # TODO: what becomes of rows that break a rule
missing_id = "stop"
duplicate = "stop"
invalid_employment = "stop"
invalid_sales = "stop"
invalid_industry = "stop"
$optional_rules

# Pairs of years to compare; $window_note.
[[windows]]
name = "whole"
start = $start                    # TODO: windows before and after the change you study
end = $end

# [[windows]]
# name = "before"
# start = ...
# end = ...
# scale_to_years = ...          # to compare windows of unequal length

[matching]
# both_ends: there in both years; domestic_both_ends: and selling at home in both; every_year: and
# in every year between. The first is the headline, the others a sensitivity table.
continuing = $continuing
industry_at = "own_year"        # or "start", "end": where establishments change industry
annual = $annual                   # demography between consecutive years; needs every year between

[productivity]
numerator = $numerator
denominator = "employment"
prices = "none"                 # TODO: "industry" or "economy" with a price index; "none": nominal
median_base = ["same_year", "base_year", "pooled"]
bin_width = 0.1                 # of histograms [log points]
years = $years

# [[populations]]               # groups to describe besides exporters, entrants, ...
# name = "large"
# where = "employment >= 200"
# title = "200 or more jobs"

[trade]
imports = $imports              # TODO: "table" with an imports table; "exports": balanced trade

[welfare]
windows = ["whole"]
# difference = ["after", "before"]
sigma = 3.72                    # TODO: elasticity of substitution; this is Hsieh et al. (2023)
trade_elasticity = 4.71         # TODO: trade elasticity of the ACR formula; likewise
levels = ["total", "industry2"]
"""
