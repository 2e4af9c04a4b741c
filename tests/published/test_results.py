"""Published results from Python: rows of one run, with what they are in and what they mean."""

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from made_run import EVERY_STUDY
from tradegains import open_results
from tradegains.errors import StudyError
from tradegains.published.results import Results
from tradegains.store.runs import RunRecord, publish
from tradegains.store.writers import open_delta
from tradegains.tables.published import TABLES

TOTAL = {"level": "total", "formula": "hloy", "imports": "table", "continuing": "both_ends"}
LATER = "ffff000000000000"


@pytest.fixture(scope="module")
def results(output) -> Results:
    return open_results(output)


def test_rows_are_chosen_by_values_and_columns(results: Results) -> None:
    found = results.table("welfare", where=TOTAL, columns=["window", "welfare_change"])
    assert list(found.columns) == ["window", "welfare_change"]
    values = dict(zip(found.window, found.welfare_change, strict=True))
    sigma, shares = 3.72, {"pre": 0.0297 + 0.0069, "post": 0.1203 - 0.2591}
    wanted = {name: -share / (sigma - 1) for name, share in shares.items()}
    wanted["post-pre"] = wanted["post"] - wanted["pre"]
    assert values == pytest.approx(wanted, abs=1e-12)


def test_all_rows_and_columns_without_a_choice(results: Results, tables) -> None:
    found = results.table("welfare")
    assert len(found) == tables["welfare"].num_rows
    assert tuple(found.columns) == EVERY_STUDY["welfare"]


def test_values_may_be_numbers_and_none_is_null(results: Results) -> None:
    years = results.table("size_fits", where={"year": 1996})
    assert set(years.year) == {1996}
    assert len(results.table("size_fits", where={"year": np.int64(1996)})) == len(years)
    assert len(results.table("size_fits", where={"year": "1996"})) == len(years)
    alone = results.table("size_fits", where={"window": None})
    assert len(alone) == 2
    assert alone.window.isna().all()
    with pytest.raises(StudyError, match="'last' is no number"):
        results.table("size_fits", where={"year": "last"})


def test_attributes_tell_units_meanings_and_the_run(results: Results) -> None:
    attributes = results.table("market_shares").attrs
    assert attributes["units"]["domestic_sales"] == "thousand dollars"
    assert attributes["units"]["continuing_share"] == "share"
    declared = TABLES["market_shares"]
    meanings = {name: declared.column(name).meaning for name in EVERY_STUDY["market_shares"]}
    assert attributes["meanings"] == meanings
    assert attributes["table"] == "market_shares"
    assert attributes["title"] == TABLES["market_shares"].title
    assert (attributes["run_id"], attributes["study"]) == ("3f9c1a7be2d04856", "cusfta")
    assert attributes["synthetic"] is True


def test_arrow_has_the_same_rows_with_units_in_its_fields(results: Results) -> None:
    rows = results.arrow("welfare", where=TOTAL, columns=["window", "welfare_change"])
    assert isinstance(rows, pa.Table)
    field = rows.schema.field("welfare_change")
    assert field.metadata[b"unit"] == b"log points"
    assert rows.schema.metadata[b"run_id"] == b"3f9c1a7be2d04856"
    frame = results.table("welfare", where=TOTAL, columns=["window", "welfare_change"])
    assert rows.to_pydict() == frame.to_dict("list")


def test_whole_numbers_with_gaps_stay_whole(results: Results) -> None:
    welfare = results.table("welfare")
    assert welfare.establishments.dtype == pd.Int64Dtype()
    assert welfare.establishments.isna().any()
    assert results.table("size_fits").year.dtype == "int32"


def test_tables_and_runs_are_listed(results: Results, tables) -> None:
    listed = results.tables()
    assert dict(listed.rows) == {name: table.num_rows for name, table in tables.items()}
    assert listed.title["welfare"] == TABLES["welfare"].title
    (run,) = results.runs().itertuples()
    assert (run.Index, run.study, run.tables) == ("3f9c1a7be2d04856", "cusfta", len(tables))
    assert run.published_at.tzinfo is not None


def test_the_table_of_runs_is_a_table_like_any_other(results: Results) -> None:
    (row,) = results.table("runs", where={"study": "cusfta"}).itertuples()
    assert row.study_toml.startswith("\n[study]")
    assert {each["name"] for each in row.tables} == set(results.tables().index)


def test_a_notebook_shows_what_there_is(results: Results) -> None:
    told = repr(results)
    assert "1 run; the latest, 3f9c1a7be2d04856, of study cusfta, synthetic data" in told
    assert "welfare_curves" in told
    page = results._repr_html_()
    assert page.count("<tr") == len(results.tables()) + 2
    assert "3f9c1a7be2d04856" in page


def test_a_run_is_named_by_its_first_characters(tables, tmp_path) -> None:
    store = open_delta(str(tmp_path / "tables"))
    record = RunRecord("small", '[study]\nname = "small"\n', "[]", "", "", "embedded", "[]")
    for run, rows in (("3f9c1a7be2d04856", 3), (LATER, 2)):
        fits = tables["size_fits"].slice(0, rows)
        place = fits.schema.get_field_index("run_id")
        fits = fits.set_column(place, "run_id", pa.array([run] * rows))
        publish(store, run, record, {"size_fits": fits})
    results = open_results(str(tmp_path))
    assert len(results.table("size_fits")) == 2
    assert len(results.table("size_fits", run="3f9c")) == 3
    assert list(results.runs().index) == [LATER, "3f9c1a7be2d04856"]
    assert results.tables(run="3f9c").rows["size_fits"] == 3
    with pytest.raises(StudyError, match="run ab is not published"):
        results.table("size_fits", run="ab")


def test_what_is_not_there_is_said_with_what_is(results: Results, tmp_path) -> None:
    with pytest.raises(StudyError, match=r"no column 'levl'.*\n.*did you mean level"):
        results.table("welfare", where={"levl": "total"})
    with pytest.raises(StudyError, match=r"no column 'wellfare_change'.*\n.*welfare_change"):
        results.table("welfare", columns=["wellfare_change"])
    with pytest.raises(StudyError, match=r"no table 'welfar'"):
        results.table("welfar")
    with pytest.raises(StudyError, match="no run is published"):
        open_results(tmp_path / "nothing")


@pytest.mark.parametrize("several", [["total", "industry2"], ("total",), {"total"}])
def test_several_values_are_refused_instead_of_matching_nothing(results: Results, several) -> None:
    with pytest.raises(StudyError, match="where gives level more than one value"):
        results.table("welfare", where={"level": several})


def test_a_condition_of_the_command_line_is_no_mapping(results: Results) -> None:
    with pytest.raises(StudyError, match=r"cure: write where=\{"):
        results.table("welfare", where="level=total")
