"""Foreign files to a census by year: all of it, or nothing.

Decision: every chunk is judged before anything is refused, so that one message names every fault
with its count; the census is written into a folder beside its place and renamed at the end.
"""

import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from tradegains.convert.by_year import YearFiles, split, writing, year_in, years_of
from tradegains.convert.opening import find_sources
from tradegains.convert.recipe import ColumnChoice, Recipe, read_recipe
from tradegains.convert.report import RECORD, write_record
from tradegains.convert.source import FoundColumn, Source
from tradegains.convert.statistical import APART
from tradegains.convert.tally import Tally
from tradegains.convert.values import CURES, Converter, Place
from tradegains.errors import InputError, Problem, StudyError
from tradegains.progress import Step

_EMPTY = {
    "text": pa.string(),
    "whole": pa.int64(),
    "number": pa.float64(),
    "date": pa.date32(),
    "time": pa.timestamp("us"),
    "boolean": pa.bool_(),
}


@dataclass(frozen=True)
class Part:
    """Columns of a file that make rows: all of them, or those of one year of a wide file."""

    year: int | None
    columns: tuple[tuple[ColumnChoice, FoundColumn], ...]


def convert(recipe_path: Path, output: Path, step: Step | None = None) -> str:
    """Write the census that a recipe describes.

    Args:
        recipe_path: the recipe.
        output: folder of the census, which must not be there.
        step: where the rows that were read are counted.

    Returns:
        The report, which is kept beside the census too.

    Raises:
        StudyError: the recipe is wrong, or there is something at the place of the census.
        InputError: the files do not fit the recipe; nothing is written.
    """
    recipe = read_recipe(recipe_path)
    if output.exists():
        cure = "name another folder, or remove it first"
        raise StudyError(
            Problem("there is something at this place already", str(output), cure=cure)
        )
    sources = find_sources(recipe)
    parts = _fitted(recipe, sources)
    building = output.parent / f".{output.name}.converting-{os.getpid()}"
    with writing(output):
        output.parent.mkdir(parents=True, exist_ok=True)
        building.mkdir()
    try:
        work = list(zip(sources, parts, strict=True))
        tally = _write(recipe, work, building, step or Step("convert"))
        with writing(output):
            text = write_record(tally, building / RECORD)
            building.rename(output)
    finally:
        shutil.rmtree(building, ignore_errors=True)
    return text


def _write(
    recipe: Recipe, work: list[tuple[Source, list[Part]]], folder: Path, step: Step
) -> Tally:
    tally = Tally(recipe)
    step.rows = 0
    with YearFiles(folder, _labels(work)) as files:
        for source, parts in work:
            rows, name = 0, named(recipe, source)
            step.doing = Path(name).name
            for chunk in source.chunks():
                place = Place(name, rows + 1)
                rows += chunk.num_rows
                step.rows += chunk.num_rows
                for part in parts:
                    for year, written in _written(tally, source, part, chunk, place):
                        tally.see(year, written)
                        files.add(year, written)
            tally.files[name] = (source.told, rows)
    if faults := list(_faults(tally)):
        raise InputError(faults)
    if not any(year.rows for year in tally.years.values()):
        where = f"{len(work)} files"
        raise InputError(Problem("there is no row to write", where, cure="look at the files"))
    tally.look(folder)
    return tally


def _labels(work: list[tuple[Source, list[Part]]]) -> dict[str, str]:
    """The label of each written column, of the first file that has one."""
    labels: dict[str, str] = {}
    for _, parts in work:
        for choice, found in (pair for part in parts for pair in part.columns):
            if found.label:
                labels.setdefault(choice.written, found.label)
    return labels


def _written(
    tally: Tally, source: Source, part: Part, chunk: pa.Table, place: Place
) -> Iterator[tuple[int, pa.Table]]:
    """Rows of a part of a chunk as they are written, by year."""
    recipe = tally.recipe
    columns: dict[str, pa.Array] = {}
    shares: dict[str, Converter] = {}
    years, is_sound, absent = None, True, pa.repeat(False, chunk.num_rows)
    for choice, found in part.columns:
        values = chunk.column(found.name).combine_chunks()
        counts = tally.of(choice.written).counts
        is_year = choice.name == recipe.year.column
        converter = Converter(found, choice, recipe.source, counts, is_year=is_year)
        if (gone := converter.absent(values)) is not None:
            absent = pc.or_(absent, gone)
        columns[choice.written] = converter.written(values, place)
        if choice.share_of:
            shares[choice.written] = converter
        if is_year:
            years = columns.pop(choice.written)
            is_sound = not counts.faults
        tally.meet(choice.written, found, place.file)
        if choice.apart:
            columns[f"{choice.written}{APART}"] = chunk.column(f"{found.name}{APART}")
    for name, converter in shares.items():
        whole = columns.get(converter.choice.share_of, pa.nulls(chunk.num_rows, pa.float64()))
        columns[name] = converter.amount(columns[name], whole)
    if part.year is not None and not recipe.year.column:
        absent = pc.or_(absent, _without_values(columns, part) if recipe.is_wide else absent)
        years = pa.repeat(pa.scalar(part.year, pa.int64()), chunk.num_rows)
    if years is None or not is_sound:
        return  # the fault is told at the end
    years = years_of(years, recipe.year, f"{place.file}, from row {place.first_row}")
    rows = _arranged(recipe, columns, chunk.num_rows)
    for name in rows.schema.names:
        values = rows.column(name).combine_chunks()
        tally.of(name).see(values, ranged=recipe.report.range)
    yield from _present(tally, rows, years, absent)


def _present(
    tally: Tally, rows: pa.Table, years: pa.Array, absent: pa.Array
) -> Iterator[tuple[int, pa.Table]]:
    """Rows of each year without those whose establishment is absent, which are counted."""
    if not pc.any(absent).as_py():
        yield from split(rows, years)
        return
    for counted in pc.value_counts(years.filter(absent)).to_pylist():
        tally.of_year(counted["values"]).absent += counted["counts"]
    kept = pc.invert(absent)
    if pc.any(kept).as_py():
        yield from split(rows.filter(kept), years.filter(kept))


def _without_values(columns: dict[str, pa.Array], part: Part) -> pa.Array:
    """Rows of a wide file in which a year has no value at all."""
    empty = [pc.is_null(columns[choice.written]) for choice, _ in part.columns if choice.years]
    return reduce(pc.and_, empty)


def _arranged(recipe: Recipe, columns: dict[str, pa.Array], rows: int) -> pa.Table:
    """The columns of the recipe in its order, those that a file lacks as missing, and constants."""
    arranged = {}
    for choice in recipe.columns:
        if choice.type == "left_out" or choice.name == recipe.year.column:
            continue
        kept = [(choice.written, _EMPTY[choice.type])]
        if choice.apart:
            kept.append((f"{choice.written}{APART}", pa.string()))
        for name, type_ in kept:
            arranged[name] = columns[name] if name in columns else pa.nulls(rows, type_)
    for constant in recipe.constants:
        arranged[constant.name] = pa.repeat(pa.scalar(constant.value), rows)
    return pa.table(arranged)


def _faults(tally: Tally) -> Iterator[Problem]:
    for written, column in tally.columns.items():
        for what, (count, file, row) in column.counts.faults.items():
            where = f"column {written}, first in {file}, row {row:,}"
            yield Problem(f"values of {written} {what}", where, count, CURES[what])


# --- which column of a file is which of the recipe ------------------------------------------------


def _fitted(recipe: Recipe, sources: list[Source]) -> list[list[Part]]:
    """For each file, its parts.

    Raises:
        InputError: columns that the recipe does not name, or that no file has; a file has no year.
    """
    problems: list[Problem] = []
    fitted = [_parts(recipe, source, problems) for source in sources]
    met = {choice.name for parts in fitted for part in parts for choice, _ in part.columns}
    kept = [choice for choice in recipe.columns if choice.type != "left_out"]
    if lost := [choice.name for choice in kept if choice.name not in met]:
        cure = "correct their names (upper and lower case count), or take them out of the recipe"
        what = f"no file has these columns of the recipe: {', '.join(lost)}"
        problems.append(Problem(what, f"{len(sources)} files", len(lost), cure))
    if problems:
        raise InputError(problems)
    return fitted


def _parts(recipe: Recipe, source: Source, problems: list[Problem]) -> list[Part]:
    plain: list[tuple[ColumnChoice, FoundColumn]] = []
    wide: dict[int, list[tuple[ColumnChoice, FoundColumn]]] = {}
    unknown = []
    for found in source.columns:
        choice = _choice_of(recipe, found.name)
        if choice is None:
            unknown.append(found.name)
        elif choice.type != "left_out" and choice.years:
            year = year_in(choice.years, found.name, recipe.year)
            if year is None:
                unknown.append(found.name)
            else:
                wide.setdefault(year, []).append((choice, found))
        elif choice.type != "left_out":
            plain.append((choice, found))
    problems += _misfits(recipe, source, unknown, plain)
    if recipe.is_wide:
        return [Part(year, (*plain, *wide[year])) for year in sorted(wide)]
    year = recipe.year.value or None
    if recipe.year.file_pattern:
        year = year_in(recipe.year.file_pattern, named(recipe, source), recipe.year)
        if year is None:
            cure = "correct [year] file_pattern, or century_from for two digits"
            problems.append(Problem("the file's name has no year", str(source.path), cure=cure))
    return [Part(year, tuple(plain))]


def named(recipe: Recipe, source: Source) -> str:
    """A file as the recipe sees it: from its own folder; with its sheet, where all are read."""
    place = Path(os.path.relpath(source.path, recipe.path.parent)).as_posix()
    return f"{place}{source.suffix}"


def _choice_of(recipe: Recipe, name: str) -> ColumnChoice | None:
    for choice in recipe.columns:
        if choice.years and re.fullmatch(choice.years, name):
            return choice
        if not choice.years and name in (choice.name, *choice.also):
            return choice
    return None


def _misfits(
    recipe: Recipe,
    source: Source,
    unknown: list[str],
    plain: list[tuple[ColumnChoice, FoundColumn]],
) -> Iterator[Problem]:
    if unknown:
        cure = 'name each in [[columns]], with type = "left_out" where it is not wanted'
        what = f"the recipe does not name these columns: {', '.join(unknown)}"
        yield Problem(what, str(source.path), len(unknown), cure)
    written = [choice.written for choice, _ in plain]
    if twice := sorted({name for name in written if written.count(name) > 1}):
        cure = "leave one of the two out, or write it under another name"
        what = f"the file has two columns for {', '.join(twice)}"
        yield Problem(what, str(source.path), len(twice), cure)
    year = recipe.year.column
    if year and year not in [choice.name for choice, _ in plain]:
        cure = 'state [year] file_pattern, or also = ["..."] for another name'
        yield Problem(f"the file has no year column {year}", str(source.path), cure=cure)
