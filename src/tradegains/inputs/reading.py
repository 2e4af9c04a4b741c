"""What a study names, read and judged at once: a check lists what is wrong, a run raises it.

Decision: there is one judgement, `judge_inputs`. A check that had its own would one day pass what a
run refuses, after hours in a queue. No engine is started for it. Of the census the footers are
read, and codes and ids where something is compared with them; of plant_products and the small
tables everything. A run also reads all bytes of the census for their digests, and so finds a disk
that cannot give them.
"""

import logging
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial

from tradegains.errors import InputError, Problem, StudyError, TradegainsError
from tradegains.formulas.fixed_point import units_of_money
from tradegains.inputs.amounts import flag_problems, tell_shares
from tradegains.inputs.elasticities import census_elasticities
from tradegains.inputs.likeness import likeness_problems
from tradegains.inputs.meeting import meeting_problems
from tradegains.inputs.names import name_problems
from tradegains.inputs.small import (
    KeepIds,
    Rows,
    SmallInputs,
    codes_of_two_meanings,
    small_input_problems,
    tell_gaps,
    without_totals,
)
from tradegains.inputs.tariffs import told_cuts
from tradegains.inputs.unpriced import Unpriced, expected_loss
from tradegains.store.alike import distinct
from tradegains.store.census import CensusFiles, list_census
from tradegains.store.census_checks import some_of, year_ranges
from tradegains.store.industry_codes import codes_by_year
from tradegains.store.manifest import InputFile, ManifestEntry, row_files
from tradegains.store.product_rows import ProductRows, product_row_problems, read_products
from tradegains.store.row_tables import PLANT_PRODUCTS, ROW_TABLES, row_table_problems
from tradegains.store.small_tables import SMALL_TABLES, read_small_table
from tradegains.store.storage import is_below
from tradegains.study import Study

log = logging.getLogger("tradegains")


@dataclass(frozen=True)
class JudgedInputs:
    """A study's inputs as far as they can be read, and what is wrong with them.

    Attributes:
        census: its files; None where they are refused.
        small: the small tables that could be read.
        read: entries in the manifest of the small tables, from the bytes that were read.
        files: what an engine will read, of the census first; none where something is wrong.
        errors: what is wrong, an error for each kind with the exit code of that kind.
        told: what is not wrong but costs something.
    """

    census: CensusFiles | None
    small: SmallInputs
    read: tuple[ManifestEntry, ...]
    files: tuple[InputFile, ...]
    errors: tuple[TradegainsError, ...]
    told: tuple[str, ...] = ()

    def usable_census(self) -> CensusFiles:
        """The census, where nothing is wrong with any input.

        Raises:
            StudyError: a name or a condition in the study cannot stand.
            InputError: files are refused. Whichever comes first names the problems of both.
        """
        if self.errors or self.census is None:
            problems = [problem for error in self.errors for problem in error.problems]
            raise type(self.errors[0])(problems)
        return self.census


COARSE = 100_000
"""Units of the largest sales below which a unit is too much of an amount to pass without a word."""


def judge_inputs(study: Study, *, keep: KeepIds | None = None, tell: bool = False) -> JudgedInputs:
    """Read what a study names, without an engine, and find everything that is wrong with it.

    Args:
        study: the research choices.
        keep: keeps ids in a file and tells which, for a message names no ids; None where nothing
            may be written.
        tell: whether to look up also what the study accepts to lose.

    Returns:
        The inputs and their problems; nothing is raised for what is wrong with a file.
    """
    problems: list[Problem] = []
    census = _census(study, problems)
    small, read = _small_tables(study, problems)
    products = _products(study, small, problems)
    id_type = census.types["establishment_id"] if census else None
    problems += small_input_problems(study, small, id_type=id_type, keep=keep)
    problems += _revision_problems(study, census, small)
    problems += likeness_problems(study, census, small, products)
    problems += _zero_problems(study, census, small)
    tell_gaps(study, small)
    if census is not None and not problems:
        problems += meeting_problems(study, census, small, products)
        problems += flag_problems(study, census)
        tell_shares(study, census)
    loss = _loss(study, census, small, always=tell) if not problems else None
    if loss is not None and study.productivity.unpriced is None:
        problems.append(loss.problem)
    if census is not None and not problems:
        _tell_coarse_money(study, census)
    files = _files(study, census, problems)
    errors: list[TradegainsError] = []
    if in_study := [*name_problems(study), *_condition_problems(study, census)]:
        errors.append(StudyError(in_study))
    if problems:
        errors.append(InputError(problems))
    told = (f"input prices: {loss.told}",) if loss is not None and not errors else ()
    return JudgedInputs(census, small, read, files, tuple(errors), told)


def _tell_coarse_money(study: Study, census: CensusFiles) -> None:
    """Say where a study states fewer decimals than its money has use for."""
    decimals = study.census.money_decimals
    if decimals is None:
        return
    limit = COARSE / units_of_money(decimals)
    if is_below(census, "sales", limit):
        told = (
            "the largest sales are below %s in the money unit (%s), which counts to %d decimals: "
        )
        told += "numbers lose digits; state more money_decimals under [census], or none"
        log.warning(told, f"{limit:,g}", study.census.money_unit, decimals)


def _loss(
    study: Study, census: CensusFiles | None, small: SmallInputs, *, always: bool
) -> Unpriced | None:
    """What the prices leave out, looked up where nothing accepts it or somebody wants to know."""
    if census is None or not (always or study.productivity.unpriced is None):
        return None
    return expected_loss(study, census, small.prices)


def _census(study: Study, problems: list[Problem]) -> CensusFiles | None:
    try:
        return list_census(
            study.inputs.census,
            study.census.columns,
            study.years,
            extra_columns=study.census.extra_columns,
            buckets=study.census.buckets,
        )
    except InputError as error:
        problems += error.problems
        return None


def _condition_problems(study: Study, census: CensusFiles | None) -> tuple[Problem, ...]:
    """What is wrong with the conditions, which are about the columns of the census."""
    if census is None or not (study.populations or study.restrictions):
        return ()
    # Not loaded without need: most studies have no condition.
    from tradegains.conditions.judging import read_conditions

    try:
        read_conditions(study, census.types)
    except StudyError as error:
        return error.problems
    return ()


def _revision_problems(
    study: Study, census: CensusFiles | None, small: SmallInputs
) -> Iterator[Problem]:
    """Years in which a code may be an old or a new one, because new ones stand beside it."""
    concordance = small.concordance or ()
    doubtful = set(codes_of_two_meanings(concordance))
    if census is None or not doubtful:
        return
    new = {row["new"] for row in concordance} - {row["old"] for row in concordance}
    by_year = codes_by_year(census, digits=study.census.industry_digits)
    years = [year for year, codes in sorted(by_year.items()) if codes & new and codes & doubtful]
    if years:
        there = sorted(doubtful & set().union(*(by_year[year] for year in years)))
        yield Problem(
            "codes of the census are old ones and new ones of other industries "
            f"({some_of(there)}), in years that have new codes ({year_ranges(years)})",
            "input concordance",
            len(there),
            cure="give the concordance from_year and to_year, the years of the census in old codes",
        )


def _zero_problems(
    study: Study, census: CensusFiles | None, small: SmallInputs
) -> Iterator[Problem]:
    """Codes of zeros that no industry of the census has: totals that are not the others' sum."""
    for name in ("imports", "control_totals"):
        codes = {row["industry"] for row in getattr(small, name)}
        zeros = sorted(code for code in codes if not code.strip("0"))
        if census is None or not zeros or len(codes) == len(zeros):
            continue
        found = set[str]().union(
            *codes_by_year(census, digits=study.census.industry_digits).values()
        )
        found |= {row["new"] for row in small.concordance}
        if not any(code.startswith(tuple(zeros)) for code in found):
            what = (
                f"the industry {' and '.join(zeros)} is none of the census's, and no sum of others"
            )
            cure = "take its rows out if it is a total, which would count twice"
            yield Problem(what, f"input {name}", len(zeros), cure)


def _files(
    study: Study, census: CensusFiles | None, problems: list[Problem]
) -> tuple[InputFile, ...]:
    """What an engine will read; looked for where there is no problem yet."""
    if census is None or problems:
        return ()
    try:
        return row_files(census, given_row_tables(study))
    except InputError as error:
        problems += error.problems
        return ()


def _small_tables(
    study: Study, problems: list[Problem]
) -> tuple[SmallInputs, tuple[ManifestEntry, ...]]:
    tables: dict[str, Rows] = {}
    read: list[ManifestEntry] = []
    for name, path in _given(study, SMALL_TABLES).items():
        try:
            file = read_small_table(path, SMALL_TABLES[name])
        except InputError as error:
            problems += error.problems
            continue
        tables[name] = _parts(name, file.rows.to_pylist())
        read.append(file.entry)
    for of_its_own in (partial(told_cuts, study), census_elasticities):
        tables, found = of_its_own(tables)
        problems += found
    return SmallInputs(**tables), tuple(read)


def _parts(name: str, rows: Rows) -> Rows:
    """The rows of a table, of one that is added up over industries without its own totals."""
    if name == "concordance" and (codes := codes_of_two_meanings(rows)):
        told = "input concordance: old codes that are also new ones of others: %s (%s); rows under "
        told += "them count as the old ones; where the census changes its codes, say when in "
        log.warning(told + "from_year and to_year", f"{len(codes):,}", some_of(codes))
    if name not in ("imports", "control_totals"):
        return rows
    parts, totals = without_totals(rows)
    for code in totals:
        told = "input %s: industry %s is the sum of the others, and is left out"
        log.warning(told, name, code)
    return parts


def _products(study: Study, small: SmallInputs, problems: list[Problem]) -> ProductRows:
    """The rows of plant_products, and what a run would refuse of them."""
    path = study.inputs.given().get(PLANT_PRODUCTS)
    if path is None:
        return ProductRows()
    needs_value, year = has_product_values(study), products_year(study)
    if found := row_table_problems(path, needs_value=needs_value, year=year):
        problems += found
        return ProductRows()
    tariffs = distinct(row["product"] for row in small.product_tariffs)
    rows = read_products(path, tariffs, needs_value=needs_value, year=year)
    problems += product_row_problems(rows, path, year=year)
    return rows


def given_row_tables(study: Study) -> dict[str, str]:
    """The inputs with a row per establishment that an engine reads, by name."""
    return _given(study, ROW_TABLES)


def has_product_values(study: Study) -> bool:
    """Whether the study weights an establishment's products by their values."""
    return study.regressions is not None and study.regressions.plant_cuts == "value_weighted"


def products_year(study: Study) -> int | str | None:
    """The year of the products that an establishment's cut is the mean over, if they have any."""
    return None if study.regressions is None else study.regressions.products_year


def _given(study: Study, names: Mapping[str, object] | tuple[str, ...]) -> dict[str, str]:
    return {name: path for name, path in study.inputs.given().items() if name in names}
