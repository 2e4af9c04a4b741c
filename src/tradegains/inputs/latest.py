"""A study as of today: the newest year that there is stands where the file says `latest`.

Decision: the year is looked up when the study is read, by the names of the census's year folders,
and the study then has a number like any other. So a run records which year it was, a rerun on the
same census is the same run, and a new year makes a new one.
"""

from collections.abc import Mapping
from pathlib import Path

from tradegains.errors import Problem, StudyError
from tradegains.study import Study
from tradegains.study import read_study as read_stated


def read_study(path: str | Path, overrides: Mapping[str, str] | None = None) -> Study:
    """Read and check a study file, which may say `end = "latest"`.

    Args:
        path: The study file (TOML).
        overrides: Input paths by name, as `--input NAME=PATH` gives them.

    Returns:
        The study, every choice stated and every year a number.

    Raises:
        StudyError: Every problem of the file in one message: place, cause and cure; or the census
            has no folders that tell its years.
        InputError: The census cannot be looked at for its newest year.
        StorageError: The store that it is on does not answer, or refuses.
    """
    return read_stated(path, overrides, newest=newest_year)


def newest_year(census: str, column: str) -> int:
    """The newest year of a census with a folder for each year.

    Args:
        census: Its folder, local or a URI.
        column: What the year is called in the folders' names.

    Raises:
        StudyError: No folder is that of a year.
        InputError: It is not there, or has no files.
        StorageError: The store does not answer, or refuses.
    """
    from tradegains.store.census_files import find_files
    from tradegains.store.locations import locate

    files, _ = find_files(locate(census), column)
    years = [file.year for file in files if file.year is not None]
    if not years:
        cure = f"write the year as a number, or keep the census in folders {column}=YYYY"
        what = "which year is the latest cannot be told: the census has no folders of years"
        raise StudyError(Problem(what, census, cure=cure))
    return max(years)
