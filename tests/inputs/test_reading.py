"""One judgement of what a study names, and a manifest of the very bytes that were read."""

import hashlib
from dataclasses import fields, replace
from pathlib import Path
from types import ModuleType

import pytest

from small_study import YEARS, write_small_study, write_study, write_year
from tradegains.inputs import reading
from tradegains.inputs.reading import judge_inputs
from tradegains.inputs.small import SmallInputs
from tradegains.pipeline import read_inputs
from tradegains.store import small_tables
from tradegains.store.output import locate_output
from tradegains.store.row_tables import ROW_TABLES
from tradegains.store.small_tables import SMALL_TABLES
from tradegains.study import Inputs, Study, read_study
from tradegains.tables.absence import not_given

IMPORTS = (
    ("[census]\n", 'imports = "imports.csv"\n[census]\n'),
    ("imports = []", 'imports = ["table"]'),
)


@pytest.fixture
def study(tmp_path: Path) -> Study:
    """A study with a census and a table of imports."""
    write_small_study(tmp_path)
    (tmp_path / "imports.csv").write_text("industry,year,value\n0111,1990,3\n")
    return read_study(write_study(tmp_path, *IMPORTS))


def test_every_input_that_a_study_may_name_is_read() -> None:
    named = {field.name for field in fields(Inputs)}
    assert named == {"census", *ROW_TABLES, *SMALL_TABLES}


def test_small_inputs_are_the_declared_small_tables() -> None:
    assert all(getattr(SmallInputs(), name) == () for name in SMALL_TABLES)
    with pytest.raises(AttributeError, match="no small table is called tarif_cuts"):
        SmallInputs().tarif_cuts  # noqa: B018  looked up for its error
    with pytest.raises(TypeError, match="no small table is called tarif_cuts"):
        SmallInputs(tarif_cuts=())


@pytest.mark.parametrize(
    ("module", "name"), [(small_tables, "_parsed_file"), (reading, "small_input_problems")]
)
def test_a_table_replaced_after_it_was_read_keeps_the_digest_of_its_rows(
    study: Study, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, module: ModuleType, name: str
) -> None:
    path = tmp_path / "imports.csv"
    before = path.read_bytes()
    following = getattr(module, name)

    def replaced(*given, **choices):
        path.write_text("industry,year,value\n0111,1990,7777\n")
        return following(*given, **choices)

    monkeypatch.setattr(module, name, replaced)
    found = read_inputs(study, locate_output(str(tmp_path / "output")))
    assert [row["value"] for row in found.small.imports] == [3.0]
    (entry,) = (each for each in found.manifest if each.input == "imports")
    assert entry.sha256 == hashlib.sha256(before).hexdigest()
    assert (entry.path, entry.bytes, entry.rows) == ("imports.csv", len(before), None)


def test_manifest_names_census_files_first_and_other_inputs_by_name(
    study: Study, tmp_path: Path
) -> None:
    found = read_inputs(study, locate_output(str(tmp_path / "output")))
    assert [entry.input for entry in found.manifest] == ["census", "census", "imports"]
    assert not_given("prices") in found.absent
    assert "imports" not in {absence.name for absence in found.absent}


def test_what_can_be_read_is_there_beside_what_is_wrong(study: Study, tmp_path: Path) -> None:
    (tmp_path / "census/year=1991/part-0.parquet").write_bytes(b"")
    judged = judge_inputs(study)
    assert judged.census is None
    assert len(judged.small.imports) == 1
    assert [str(error.problems[0].what) for error in judged.errors] == ["the file has zero bytes"]


@pytest.mark.parametrize(
    ("sales", "is_told"),
    [
        ([0.02, 0.0004, 0.0101], True),  # billions
        ([999.0, 0.0, None], True),
        ([1000.0, 0.02, 0.01], False),
        ([900, 20, 1], False),  # whole numbers lose nothing
        ([None, None, None], False),
    ],
)
def test_money_that_hundredths_are_too_coarse_for_is_told(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, sales: list[float | None], is_told: bool
) -> None:
    write_small_study(tmp_path)
    for year in YEARS:
        write_year(tmp_path, year, sales=sales)
    study = read_study(tmp_path / "study.toml")
    assert study.census.money_decimals is None
    for decimals, is_stated in ((None, False), (2, True)):
        caplog.clear()
        judge_inputs(replace(study, census=replace(study.census, money_decimals=decimals)))
        told = [each for each in caplog.messages if "numbers lose digits" in each]
        assert len(told) == (is_told and is_stated)
