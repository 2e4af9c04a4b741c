"""`tradegains init`: look at someone's Parquet and propose a study file.

The proposal maps columns by name and type, in English, French, Spanish and German, finds the years
and the length of the industry codes, and leaves a TODO at every choice that only the researcher
can make, also where two columns could be meant. It reads footers, and of every row ids, industry
codes, sales and exports; no value of a row is printed.
"""

import difflib
import os
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path
from textwrap import wrap

import pyarrow as pa
import pyarrow.parquet as pq

from tradegains.command.first_look import first_look
from tradegains.command.study_text import TODO, CensusFacts, study_text
from tradegains.errors import InputError, Problem, StudyError
from tradegains.store.census_checks import year_ranges
from tradegains.store.census_files import CensusFile, find_files, read_footers
from tradegains.store.census_types import CONTRACT_KINDS, accepts, file_type
from tradegains.store.locations import Location, locate
from tradegains.study.model import COLUMNS, REQUIRED_COLUMNS

# English | French | Spanish | German. Accents and signs do not count.
SYNONYMS: Mapping[str, str] = {
    "establishment_id": """establishment, establishment id, estab, estab id, plant, plant id,
        factory, local unit, lbdnum, id | etablissement, usine, siret, identifiant |
        establecimiento, establec, planta, id planta, identificador, identificacion, nordest, nui |
        betrieb, betriebsnummer, betriebs nr, werk, betriebs id""",
    "year": """year, yr, reference year, ref year, survey year | annee, an, exercice |
        ano, anio, periodo | jahr, berichtsjahr""",
    "industry": """industry, industry code, sic, naics, isic, nace, sector, activity | secteur,
        branche, naf, ape, scian, activite | ciiu, cnae, rama, actividad, industria, cae |
        wirtschaftszweig, wz, industriezweig""",
    "employment": """employment, employees, emp, workers, jobs, persons engaged, headcount, labour,
        labor, staff | effectif, effectifs, emploi, salaries | empleo, personal, personal ocupado,
        ocupados, trabajadores, empleados | beschaeftigte, beschaftigte, mitarbeiter,
        taetige personen, tatige personen""",
    "sales": """sales, total sales, revenue, turnover, shipments, value of shipments, output,
        gross output, production | chiffre d affaires, ventes, livraisons | ventas, produccion,
        produccion bruta, ingresos, facturacion, cifra de negocios, importe neto |
        umsatz, gesamtumsatz, erloese, produktionswert""",
    "exports": """exports, export, export sales, exported sales, foreign sales | exportations,
        ventes a l etranger | exportaciones, ventas exterior, ventas al exterior, ventas
        en el exterior | ausfuhr, exporte,
        auslandsumsatz""",
    "value_added": """value added, va, gva, gross value added | valeur ajoutee |
        valor agregado, valor anadido, vab, vabpm | wertschoepfung, wertschopfung,
        bruttowertschoepfung, bruttowertschopfung""",
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
_WIDTH = 80


@dataclass(frozen=True)
class Layout:
    """What a census looks like: columns with types, the years found, and its year folders.

    `labels` are those that files keep with columns, as `convert` writes them.
    """

    census: str
    columns: Mapping[str, pa.DataType]
    year_folder: str | None
    years: tuple[int, ...]
    files: int
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Proposal:
    """A proposed study: its text, the columns mapped, and the contract columns not found."""

    text: str
    layout: Layout
    columns: Mapping[str, str]
    not_found: tuple[str, ...]
    rivals: Mapping[str, Sequence[str]]
    notes: tuple[str, ...]

    def summary(self) -> str:
        """What is proposed, for the terminal."""
        years = year_ranges(self.layout.years) or "not found"
        lines = [f"{self.layout.files:,} file(s), years {years}", ""]
        for name in COLUMNS:
            column = self.columns.get(name)
            if column is not None:
                type_ = self.layout.columns.get(column, "folder names")
                rivals = ", ".join(self.rivals.get(name, ()))
                or_ = f", or is it {rivals}?" if rivals else ""
                lines.append(f"  {name:<18}<- {column} ({type_}){or_}")
            elif name in REQUIRED_COLUMNS:
                lines.append(f"  {name:<18}<- ?  required: choose a column")
        lines += ["", *_wrapped(f"not used: {', '.join(self.unused) or 'none'}", "  ")]
        for note in self.notes:
            lines += _wrapped(f"note: {note}", "  ")
        lines.append(f"choices that are yours to make: {self.text.count(TODO)}, marked TODO")
        return "\n".join(lines)

    @property
    def unused(self) -> list[str]:
        """File columns that are not mapped, and could not be."""
        named = {*self.columns.values(), *chain(*self.rivals.values())}
        return [name for name in self.layout.columns if name not in named]


def _wrapped(text: str, indent: str) -> list[str]:
    return wrap(
        text, _WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


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
    columns = match_columns(layout.columns, layout.year_folder, layout.labels)
    if "year" in columns and not layout.year_folder:
        years = _years_inside(place, files, columns["year"])
        layout = replace(layout, years=years)
    rivals = rival_columns(layout.columns, columns, layout.labels)
    look = first_look(place, files, columns, rivals)
    years = layout.years or tuple(sorted(year for year in look.rows if year in _YEARS))
    layout = replace(layout, years=years)
    notes = (*_mapping_notes(layout, columns), *look.notes(columns))
    not_found = tuple(name for name in COLUMNS if name not in columns)
    proposal = Proposal("", layout, columns, not_found, rivals, notes)
    path = _path_from(folder, census)
    digits = None if look.other_codes else max(look.lengths, default=None)
    facts = CensusFacts(path, columns, rivals, proposal.unused, years, digits, look, notes)
    return replace(proposal, text=study_text(facts))


def match_columns(
    types: Mapping[str, pa.DataType],
    year_folder: str | None,
    labels: Mapping[str, str] | None = None,
) -> dict[str, str]:
    """File column of each contract column, by name or label and type; each at most once.

    Example:
        >>> match_columns({"planta": pa.int64(), "ciiu": pa.int32(), "ventas": pa.float64()}, "ano")
        {'establishment_id': 'planta', 'year': 'ano', 'industry': 'ciiu', 'sales': 'ventas'}
    """
    found = {} if year_folder is None else {"year": year_folder}
    scores = [
        (_likeness(column, name, labels or {}), name, column)
        for name in COLUMNS
        for column, type_ in types.items()
        if accepts(CONTRACT_KINDS.get(name, "any"), file_type(type_).family)
    ]
    for score, name, column in sorted(scores, key=lambda scored: -scored[0]):
        if score >= _ENOUGH and name not in found and column not in found.values():
            found[name] = column
    if "establishment_id" not in found and "enterprise_id" in found:
        found["establishment_id"] = found.pop("enterprise_id")
    return {name: found[name] for name in COLUMNS if name in found}


def rival_columns(
    types: Mapping[str, pa.DataType],
    columns: Mapping[str, str],
    labels: Mapping[str, str] | None = None,
) -> dict[str, list[str]]:
    """Of each mapped contract column, the other columns that it could be, the likest first.

    Example:
        >>> types = {"output": pa.float64(), "turnover": pa.float64(), "jobs": pa.int64()}
        >>> rival_columns(types, {"sales": "turnover", "employment": "jobs"})
        {'sales': ['output']}
    """
    rivals: dict[str, list[tuple[float, str]]] = {}
    for column, type_ in types.items():
        scores = {
            name: _likeness(column, name, labels or {})
            for name in columns
            if name != "year" and accepts(CONTRACT_KINDS.get(name, "any"), file_type(type_).family)
        }
        name = max(scores, key=lambda each: scores[each], default=None)
        if name and scores[name] >= _ENOUGH and column not in columns.values():
            rivals.setdefault(name, []).append((-scores[name], column))
    return {name: [column for _, column in sorted(found)] for name, found in rivals.items()}


def _mapping_notes(layout: Layout, columns: Mapping[str, str]) -> Iterator[str]:
    """What is to be known of the columns by their names and types."""
    id_ = columns.get("establishment_id", "")
    if id_ and likeness(id_, "enterprise_id") > likeness(id_, "establishment_id"):
        yield f"{id_} reads like an enterprise's: then enterprises stand for establishments"
    for name in REQUIRED_COLUMNS:
        for column, type_ in layout.columns.items():
            fits = accepts(CONTRACT_KINDS.get(name, "any"), file_type(type_).family)
            if name not in columns and not fits and likeness(column, name) >= _ENOUGH:
                yield (
                    f"{column} may be the {name.replace('_', ' ')}, but its type {type_} is none "
                    "of one; `tradegains convert` writes the files with another type"
                )
    if not layout.years and "year" in columns:
        yield (
            f"{columns['year']} has no year from {_YEARS[0]} to {_YEARS[-1]}; of two digits "
            "`tradegains convert` makes four (century_from)"
        )


def _likeness(column: str, name: str, labels: Mapping[str, str]) -> float:
    """As `likeness`, of the name or else of the label, which is longer and counts a little less."""
    label = labels.get(column, "")
    return max(likeness(column, name), 0.99 * likeness(label, name, word=0.02) if label else 0.0)


def likeness(column: str, name: str, *, word: float = 0.05) -> float:
    """How much a file column's name resembles a contract column's, from 0 to 1.

    Each word beside those that are meant takes `word` from it.

    Example:
        >>> likeness("Año", "year"), likeness("EMP_TOTAL", "employment") > likeness("x", "sales")
        (1.0, True)
    """
    words = _words(column)
    synonyms = [_words(text) for text in re.split(r"[,|]", SYNONYMS[name])]
    return max(_word_likeness(words, synonym, word) for synonym in [*synonyms, _words(name)])


def _word_likeness(words: Sequence[str], synonym: Sequence[str], word: float) -> float:
    joined, wanted = "".join(words), "".join(synonym)
    if joined == wanted:
        return 1.0
    if set(synonym) <= set(words):
        return 0.95 - word * (len(words) - len(synonym))
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
    fields = [each for file in read for each in file.schema or ()]
    columns = {each.name: each.type for each in fields}
    labels = {each.name: (each.metadata or {}).get(b"comment", b"").decode() for each in fields}
    folder, years = _year_folders(file.path for file in files)
    return Layout(census, columns, folder, years, len(files), labels)


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


def _path_from(folder: Path, census: str) -> str:
    if "://" in census:
        return census
    return os.path.relpath(Path(census).absolute(), folder.absolute()).replace(os.sep, "/")
