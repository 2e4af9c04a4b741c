"""The files that a recipe names, each opened by the reader of its format."""

from collections.abc import Collection, Iterator
from functools import partial
from pathlib import Path

from tradegains.convert.beside import read_beside
from tradegains.convert.columnar import parquet_source
from tradegains.convert.delimited import delimited_source
from tradegains.convert.rdata import frame_source
from tradegains.convert.recipe import Recipe, SourceChoice
from tradegains.convert.sheets import EVERY_SHEET, every_sheet, sheet_source
from tradegains.convert.source import Source
from tradegains.convert.statistical import statistical_source
from tradegains.errors import InputError, Problem

SUFFIXES = {
    ".dta": "stata",
    ".sas7bdat": "sas",
    ".xpt": "sas",
    ".sav": "spss",
    ".zsav": "spss",
    ".rds": "r",
    ".rda": "r",
    ".rdata": "r",
    ".csv": "text",
    ".tsv": "text",
    ".tab": "text",
    ".txt": "text",
    ".xlsx": "xlsx",
    ".xlsm": "xlsx",
    ".parquet": "parquet",
}
NOT_READ = {
    ".xls": "save it as .xlsx in a spreadsheet program",
    ".ods": "save it as .xlsx in a spreadsheet program",
    ".por": "save it as .sav in SPSS",
}


def find_sources(recipe: Recipe) -> list[Source]:
    """Every file of a recipe, in the order of names."""
    apart = {
        name for choice in recipe.columns if choice.apart for name in (choice.name, *choice.also)
    }
    paths = find_files(recipe.path.parent, recipe.source.files, recipe.source.format)
    return [
        source for path, root in paths for source in open_sources(path, root, recipe.source, apart)
    ]


def find_files(base: Path, names: Collection[str], file_format: str) -> list[tuple[Path, Path]]:
    """Files by name, pattern or folder, each with the folder from which its own folders count.

    Raises:
        InputError: a name matches nothing.
    """
    found: dict[Path, Path] = {}
    for name in names:
        paths = list(_matched(base, name, file_format))
        if not paths:
            cure = "correct [source] files; paths are relative to the recipe"
            raise InputError(Problem("there is no such file", str(base / name), cure=cure))
        found |= dict(paths)
    return sorted(found.items())


def visible_files(folder: Path) -> Iterator[Path]:
    """Files of a folder and the folders in it, but for those whose names begin with _ or a dot."""
    for path in folder.rglob("*"):
        inside = path.relative_to(folder).parts
        if path.is_file() and not any(part.startswith((".", "_")) for part in inside):
            yield path


def _matched(base: Path, name: str, file_format: str) -> Iterator[tuple[Path, Path]]:
    place = base / name
    if place.is_dir():
        for path in visible_files(place):
            if SUFFIXES.get(path.suffix.lower()) == file_format:
                yield path, place
    elif place.is_file():
        yield place, place.parent
    elif any(sign in name for sign in "*?["):
        root = Path(place.anchor) if place.is_absolute() else Path()
        for path in root.glob(str(place.relative_to(root) if place.is_absolute() else place)):
            if path.is_file():
                yield path, path.parent


def format_of(path: Path) -> str:
    """The format that a file's name tells.

    Raises:
        InputError: it is none that is read.
    """
    suffix = path.suffix.lower()
    if suffix in SUFFIXES:
        return SUFFIXES[suffix]
    cure = NOT_READ.get(suffix, f"save it as one of {', '.join(SUFFIXES)}")
    raise InputError(Problem(f"files of this kind ({suffix}) are not read", str(path), cure=cure))


def open_sources(
    path: Path, root: Path, choice: SourceChoice, apart: Collection[str] = ()
) -> list[Source]:
    """A file, or every sheet of a workbook where all are chosen."""
    if choice.format == "xlsx" and choice.sheet == EVERY_SHEET:
        return every_sheet(path, choice)
    return [open_source(path, root, choice, apart)]


def open_source(
    path: Path, root: Path, choice: SourceChoice, apart: Collection[str] = ()
) -> Source:
    """A file by the reader of its format."""
    if choice.format == "text":
        return delimited_source(path, choice)
    if choice.format == "xlsx":
        return sheet_source(path, choice)
    if choice.format == "r":
        return frame_source(path, choice)
    if choice.format == "parquet":
        return parquet_source(path, root)
    return read_beside(partial(statistical_source, path, choice, frozenset(apart)))
