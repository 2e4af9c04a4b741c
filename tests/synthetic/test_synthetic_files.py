"""What is written: the same rows for the same arguments, labelled, readable, replaced whole."""

import hashlib

import numpy as np
import pyarrow.parquet as pq
import pytest
from drawn_census import ESTABLISHMENTS, SEED, read_drawn

from tradegains.errors import StudyError
from tradegains.synthetic import census, write_synthetic_census

DIGEST = "f482c92027caab0a674b3d84ba12b0f2f245af87236a9d951171c6a6a2674ddd"
# What a driver writes and refuses is plain Python: that both engines draw the same is enough.
in_python = pytest.mark.only("embedded")

FEW = {"establishments": 300, "years": (1994, 1996), "planted": False}


def digest(columns):
    found = hashlib.sha256()
    for name, values in columns.items():
        found.update(name.encode())
        found.update("|".join(values).encode() if values.dtype == object else values.tobytes())
    return found.hexdigest()


def files(folder):
    paths = sorted(path for path in folder.rglob("*") if path.is_file())
    return {
        str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest()
        for path in paths
    }


@in_python
def test_same_arguments_give_the_same_bytes(spark, tmp_path):
    once = write_synthetic_census(spark, tmp_path / "once", **FEW)
    again = write_synthetic_census(spark, tmp_path / "again", **FEW)
    assert files(once.folder) == files(again.folder)
    assert len(files(once.census)) == 3


def test_both_engines_and_every_machine_draw_the_planted_census(drawn):
    # Written down from one engine and met by the other; a change of the generator changes it.
    # Last bits of `ln` and `cos` are rounded away but for a tie, expected once in 1e9 amounts.
    assert digest(drawn.columns) == DIGEST


@in_python
def test_seed_changes_the_rows(spark, tmp_path):
    one = read_drawn(write_synthetic_census(spark, tmp_path / "one", **FEW))
    other = read_drawn(write_synthetic_census(spark, tmp_path / "other", seed=SEED + 1, **FEW))
    assert digest(one.columns) != digest(other.columns)


def test_engine_writes_the_rows_the_driver_writes(spark, tmp_path, monkeypatch):
    surveyed = FEW | {"years": (1987, 1988)}
    driver = read_drawn(write_synthetic_census(spark, tmp_path / "driver", **surveyed))
    monkeypatch.setattr(census, "DRIVER_ROWS", 0)
    paths = write_synthetic_census(spark, tmp_path / "engine", **surveyed)
    assert digest(read_drawn(paths).columns) == digest(driver.columns)
    # one file, as a study takes it, however many parts the engine wrote
    links, expected = (pq.read_table(each.plant_products) for each in (paths, driver.paths))
    order = [(name, "ascending") for name in expected.column_names]
    assert paths.plant_products.is_file()
    assert not paths.plant_products.with_suffix(".parts").exists()
    assert links.num_rows > 100
    assert links.sort_by(order).equals(expected.sort_by(order))
    assert links.schema.metadata[b"synthetic"] == b"tradegains"
    assert {path.name for path in paths.census.iterdir() if path.is_dir()} == {
        f"year={year}" for year in (1987, 1988)
    }


def test_engine_reads_it_back_with_a_declared_schema(spark, drawn):
    schema = (
        "establishment_id bigint, enterprise_id bigint, year int, industry string, "
        "employment double, sales double, exports double, value_added double"
    )
    rows = spark.read.schema(schema).parquet(str(drawn.paths.census))
    table = rows.where("year = 1988").toArrow().sort_by("establishment_id")
    expected = drawn.year(1988)
    for name in ("establishment_id", "year", "industry", "employment", "value_added"):
        assert (table[name].to_numpy() == expected[name]).all(), name


@in_python
def test_a_second_call_replaces_the_first(spark, tmp_path):
    write_synthetic_census(spark, tmp_path, **FEW)
    paths = write_synthetic_census(spark, tmp_path, **(FEW | {"years": (1990, 1991)}))
    assert set(read_drawn(paths).columns["year"]) == {1990, 1991}
    assert set(pq.read_table(paths.imports)["year"].to_pylist()) == {1990, 1991}


@in_python
def test_a_folder_with_anything_else_is_left_alone(spark, tmp_path):
    mine = tmp_path / "census" / "year=1978" / "mine.parquet"
    mine.parent.mkdir(parents=True)
    mine.write_bytes(b"confidential")
    with pytest.raises(StudyError, match="not a synthetic census"):
        write_synthetic_census(spark, tmp_path, **FEW)
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == [mine]


def test_everything_says_it_is_synthetic(drawn):
    notice = drawn.paths.notice.read_text()
    assert notice.startswith("SYNTHETIC DATA")
    assert "Tables 1, A1 and C1" in notice
    for path in (drawn.paths.imports, *drawn.paths.census.rglob("*.parquet")):
        assert pq.read_schema(path).metadata[b"synthetic"] == b"tradegains"


def test_tables_cover_every_industry_and_year(drawn):
    imports = pq.read_table(drawn.paths.imports)
    assert imports.num_rows == 22 * 19
    assert min(imports["value"].to_pylist()) > 0
    assert pq.read_table(drawn.paths.prices).num_rows == 19
    assert pq.read_table(drawn.paths.prices_by_industry).num_rows == 22 * 19
    assert pq.read_table(drawn.paths.elasticities).num_rows == 22
    cuts = pq.read_table(drawn.paths.tariff_cuts)
    assert cuts.num_rows == 44
    home, foreign = cuts["cut"].to_numpy()[:22], cuts["cut"].to_numpy()[22:]
    assert np.unique(home).size == 22
    assert 0.7 < np.corrcoef(home, foreign)[0, 1] < 0.9


@in_python
@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"establishments": 0, "planted": False}, "there is no establishment"),
        ({"years": (1990, 1980), "planted": False}, "first year"),
        ({"years": (1980, 1996)}, "years of the published windows"),
        ({"establishments": 200}, "too few establishments"),
    ],
)
def test_arguments_out_of_range_are_refused(spark, tmp_path, arguments, words):
    with pytest.raises(StudyError, match=words):
        write_synthetic_census(spark, tmp_path / "new", **arguments)
    assert not (tmp_path / "new" / "census").exists()


def test_the_first_year_has_the_number_asked_for(drawn):
    assert len(drawn.year(1978)["sales"]) == ESTABLISHMENTS
