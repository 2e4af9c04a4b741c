"""A window may end in the newest year that there is; a run records which that was."""

from pathlib import Path

import pytest

from small_study import write_small_study, write_study, write_year
from tradegains.command.check import check_study
from tradegains.errors import InputError, StudyError
from tradegains.inputs.latest import newest_year, read_study
from tradegains.study import read_study as read_stated
from tradegains.study import resolved_toml

LATEST = (
    ("end = 1991", 'end = "latest"'),
    ("years = [1990, 1991]", 'years = [1990, "latest"]'),
)


def test_the_newest_year_stands_for_it_and_is_recorded(tmp_path: Path) -> None:
    stated = resolved_toml(read_study(write_small_study(tmp_path)))
    said = write_study(tmp_path, *LATEST)
    assert resolved_toml(read_study(said)) == stated
    assert "latest" not in stated
    write_year(tmp_path, 1992)
    (window,) = read_study(said).windows
    assert (window.start, window.end) == (1990, 1992)
    assert read_study(said).productivity.years == (1990, 1992)
    assert check_study(said).errors == ()


def test_without_folders_of_years_it_is_refused(tmp_path: Path) -> None:
    write_small_study(tmp_path)
    said = write_study(tmp_path, *LATEST)
    files = sorted((tmp_path / "census").rglob("*.parquet"))
    for number, file in enumerate(files):
        file.rename(tmp_path / "census" / f"{number}.parquet")
        file.parent.rmdir()
    with pytest.raises(StudyError, match="has no folders of years") as refused:
        read_study(said)
    assert "write the year as a number" in str(refused.value)


def test_a_census_that_is_not_there_is_told(tmp_path: Path) -> None:
    said = write_study(tmp_path, *LATEST)
    with pytest.raises(InputError, match="does not exist"):
        read_study(said)
    assert check_study(said).exit_code == 3


def test_who_cannot_look_it_up_refuses_the_word(tmp_path: Path) -> None:
    write_small_study(tmp_path)
    with pytest.raises(StudyError, match="end"):
        read_stated(write_study(tmp_path, LATEST[0]))


def test_the_year_may_have_another_name(tmp_path: Path) -> None:
    for year in (1990, 2003):
        folder = tmp_path / "census" / f"ano={year}"
        folder.mkdir(parents=True)
        (folder / "a.parquet").write_bytes(b"any")
    assert newest_year(str(tmp_path / "census"), "ano") == 2003
    study = write_study(tmp_path, *LATEST, ('year = "year"', 'year = "ano"'))
    assert read_study(study).windows[0].end == 2003
