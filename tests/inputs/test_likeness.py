"""Ids and codes that are one to a reader are refused, whichever input writes them another way."""

import unicodedata
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from pyarrow import csv

from small_study import ROWS, write_study, write_year
from tradegains.inputs.likeness import compared_years, likeness_problems
from tradegains.inputs.meeting import meeting_problems
from tradegains.inputs.reading import judge_inputs
from tradegains.inputs.small import SmallInputs
from tradegains.store.alike import census_ids, distinct
from tradegains.store.census import list_census
from tradegains.store.product_rows import product_row_problems, read_products
from tradegains.study import read_study

IDS = ("P0001", "P0002", "P0003")
WAYS = {
    "case": str.lower,
    "zeros": lambda text: f"00{text}",
    "tab": lambda text: f"{text}\t",
    "no-break space": lambda text: f"\u00a0{text}",
    "nul": lambda text: f"{text}\0",
    "dash": lambda text: f"{text[:2]}-{text[2:]}",
    "decimals": lambda text: f"{text}.0",
    "thousands": lambda text: f"{text[:2]},{text[2:]}",
    "quotes": lambda text: f"'{text}",
    "soft hyphen": lambda text: f"{text[:2]}\u00ad{text[2:]}",
    "accent": lambda text: unicodedata.normalize("NFD", text.replace("P", "\u00d1")),
}


def of_tariffs(small: SmallInputs) -> pa.Array:
    return distinct(row["product"] for row in small.product_tariffs)


def judged(folder: Path, *inputs: str, now: Any = IDS, then: Any = IDS) -> list[tuple[str, Any]]:
    """What is wrong with ids, and of how many, where the two years have these ids."""
    for year, ids in ((1990, then), (1991, now)):
        rows = {name: (values * len(ids))[: len(ids)] for name, values in ROWS.items()}
        write_year(folder, year, **rows | {"id": list(ids)})
    path = write_study(folder, ('census = "census"', "\n".join(['census = "census"', *inputs])))
    errors = judge_inputs(read_study(path)).errors
    return [(each.where, each.count) for error in errors for each in error.problems]


@pytest.mark.parametrize("way", WAYS)
def test_ids_that_only_look_alike_in_two_years_are_refused(tmp_path: Path, way: str) -> None:
    plain = [each.replace("P", "\u00d1") for each in IDS] if way == "accent" else IDS
    found = judged(tmp_path, then=[WAYS[way](each) for each in IDS], now=plain)
    assert found == [("the census, years 1990 and 1991", 3)]


def test_ids_that_differ_on_purpose_are_not(tmp_path: Path) -> None:
    assert judged(tmp_path, then=("12", "012", "a"), now=("12", "012", "0012")) == []
    assert judged(tmp_path, then=(1, 2, 3), now=(1, 2, 4)) == []


def test_links_and_products_are_written_as_the_census_is(tmp_path: Path) -> None:
    links = {"old": ["p0001", "P0002"], "new": ["P0003", "P9"], "year": [1991, 1991]}
    pq.write_table(pa.table(links), tmp_path / "links.parquet")
    assert judged(tmp_path, 'successors = "links.parquet"') == [("input successors", 1)]
    tariffs = SmallInputs(product_tariffs=[{"product": code} for code in ("010110", "22")])
    study = read_study(tmp_path / "study.toml")
    products = tmp_path / "products"
    study = replace(study, inputs=replace(study.inputs, plant_products=str(products)))
    census = judge_inputs(read_study(write_study(tmp_path))).census

    def told() -> list[int | None]:
        given = read_products(str(products), of_tariffs(tariffs), needs_value=False, year=None)
        return [each.count for each in likeness_problems(study, census, tariffs, given)]

    products.mkdir()
    rows = {"establishment_id": ["P0001", "1"], "product": pa.array([10110, 22])}
    pq.write_table(pa.table(rows), products / "0.parquet")
    assert told() == [1]  # a code that has lost its zero
    (products / "0.parquet").unlink()
    (products / "0.csv").write_text("establishment_id,product\np0002,22\nP0003,0101.10\nX,010110\n")
    assert told() == [1]  # an id; the code stands in both ways, so on purpose


def test_no_order_of_rows_hides_ids_that_look_alike(tmp_path: Path) -> None:
    """All rows count: such as are looked at first, or in the first file, are not enough."""
    for year, ids in ((1990, range(1_100_000)), (1991, range(3))):
        folder = tmp_path / f"year={year}"
        folder.mkdir()
        texts = pa.array(ids).cast(pa.string())
        last = pa.array([f"0{each}" for each in range(1_000_000, 1_000_003)])
        together = pa.concat_arrays([texts, last if year == 1990 else texts])
        pq.write_table(pa.table({"id": together}), folder / "0.parquet")
    names = {"establishment_id": "id", "year": "year"}
    known = census_ids(list_census(str(tmp_path), names, [1990, 1991]), [1990, 1991])
    assert [len(known[year]) for year in (1990, 1991)] == [1_100_003, 3]


def test_a_row_that_adds_up_establishments_is_refused(tmp_path: Path) -> None:
    assert judged(tmp_path, now=("P0001", "P0002", "Total ")) == [("the census", 1)]
    assert judged(tmp_path, now=("P0001", "P0002", "TOT")) == []


@pytest.mark.parametrize("word", ["-", "n/a", "NULL", "1.2E+08", "3,45E+11"])
def test_what_is_no_id_is_refused(tmp_path: Path, word: str) -> None:
    assert judged(tmp_path, now=("P0001", "P0002", word)) == [("the census", 1)]
    assert judged(tmp_path, now=("P0001", "12E4", "E+1")) == []


@pytest.mark.parametrize("kind", [str, int])
def test_two_years_without_a_common_establishment_are_refused(tmp_path: Path, kind: type) -> None:
    """Of few all may be gone; ids that were numbered anew are linked, or nothing is measured."""
    then = [kind(each) for each in range(1000, 1030)]
    renumbered = [kind(each) for each in range(2000, 2030)]
    assert judged(tmp_path, then=then, now=renumbered) == [
        ("the census, years 1990 and 1991", None)
    ]
    assert judged(tmp_path, then=then, now=renumbered[:29]) == []
    assert judged(tmp_path, then=then[:29], now=renumbered) == []
    assert judged(tmp_path, then=then, now=[*renumbered, then[0]]) == []
    rows = {"old": [str(then[0])], "new": [str(renumbered[0])], "year": [1991]}
    pq.write_table(pa.table(rows), tmp_path / "links.parquet")
    assert judged(tmp_path, 'successors = "links.parquet"', then=then, now=renumbered) == []


def test_links_of_nobody_are_refused_before_a_run(tmp_path: Path) -> None:
    for ids, links, count in ((IDS, ["P9", "P8"], 2), ((1, 2, 3), ["9", "0008"], 2)):
        rows = {"old": links, "new": ["P0003", "P0002"] if ids == IDS else ["3", "2"]}
        pq.write_table(pa.table({**rows, "year": [1991, 1991]}), tmp_path / "links.parquet")
        given = 'successors = "links.parquet"'
        assert judged(tmp_path, given, then=ids, now=ids) == [("input successors", count)]
    rows = {"old": ["0002", "9"], "new": ["3", "2"], "year": [1991, 1991]}
    pq.write_table(pa.table(rows), tmp_path / "links.parquet")
    assert judged(tmp_path, given, then=ids, now=ids) == []


def test_products_that_meet_nothing_are_refused_before_a_run(tmp_path: Path) -> None:
    assert judged(tmp_path) == []
    study = read_study(tmp_path / "study.toml")
    census = judge_inputs(study).census
    assert census is not None
    path = tmp_path / "products.parquet"
    tariffs = SmallInputs(product_tariffs=[{"product": "11"}])
    told = []
    for ids, codes in ((["P0001", "P9"], ["11", "2"]), (["P9", "P1"], ["11", "2"]), (IDS, ["2"])):
        rows = {"establishment_id": ids[:2], "product": (codes * 2)[:2]}
        pq.write_table(pa.table(rows), path)
        given = read_products(str(path), of_tariffs(tariffs), needs_value=False, year=None)
        problems = [
            *likeness_problems(study, census, tariffs, given),
            *meeting_problems(study, census, tariffs, given),
        ]
        told.append([each.what[:12] for each in problems])
    assert told == [[], ["no establish"], ["no product t"]]


@pytest.mark.parametrize("suffix", ["parquet", "csv"])
@pytest.mark.parametrize(
    ("column", "values", "wanted"),
    [
        ("value", ["1.5", " +2e3 ", ".5"], []),
        ("value", ["1,5", "2", "-1"], [("rows without an", 2)]),
        ("value", ["1", "", "1e28"], [("rows without an", 2)]),
        ("value", ["0", "0.0", "0"], [("no product is w", 3)]),
        ("establishment_id", ["P0001", " ", "P0002"], [("rows without an", 1)]),
        ("product", ["11", "11", ""], [("rows without an", 1)]),
        ("year", ["1990", "1990.0", "x"], [("rows whose year", 2)]),
        ("year", ["1991", "1992", "1993"], [("no row is of pro", None)]),
        ("year", ["1990", "1990", "1991"], []),
    ],
)
def test_rows_of_products_that_a_run_refuses_are_told_before(
    tmp_path: Path, suffix: str, column: str, values: list[str], wanted: list[tuple[str, int]]
) -> None:
    rows = {"establishment_id": IDS, "product": ["11"] * 3, "value": ["1"] * 3}
    table = pa.table({**rows, "year": ["1990"] * 3, column: values})
    path = tmp_path / f"products.{suffix}"
    (pq.write_table if suffix == "parquet" else csv.write_csv)(table, path)
    found = read_products(str(path), of_tariffs(SmallInputs()), needs_value=True, year=1990)
    problems = product_row_problems(found, str(path), year=1990)
    assert [(each.what[: len(wanted[0][0])], each.count) for each in problems] == wanted


def test_a_folder_names_products_where_files_do_not(tmp_path: Path) -> None:
    place = tmp_path / "products" / "year=1990" / "product=11"
    place.mkdir(parents=True)
    pq.write_table(pa.table({"establishment_id": IDS, "year": [1990, 1990, 1991]}), place / "0.pq")
    tariffs = of_tariffs(SmallInputs(product_tariffs=[{"product": "11"}]))
    found = read_products(str(tmp_path / "products"), tariffs, needs_value=False, year=1990)
    assert (found.rows, found.of_year, found.codes.to_pylist()) == (3, 2, ["11"])
    assert found.served.to_pylist() == list(IDS[:2])


def test_ids_of_enterprises_and_of_years_between_are_written_alike(tmp_path: Path) -> None:
    for year in (1990, 1991):
        owners = [f"e{each}" if year == 1990 else f"E{each}" for each in range(3)]
        write_year(tmp_path, year, id=list(IDS), firm=owners)
    mapped = ('sales = "sales"', 'sales = "sales"\nenterprise_id = "firm"')
    study = read_study(write_study(tmp_path, mapped))
    ((problem,),) = [error.problems for error in judge_inputs(study).errors]
    assert (problem.what[:18], problem.count) == ("ids of enterprises", 3)
    windows = (replace(study.windows[0], start=1990, end=1993),)
    apart = replace(study, windows=windows)
    assert compared_years(apart) == [(1990, 1993)]
    annual = replace(apart, matching=replace(apart.matching, annual=True))
    assert compared_years(annual) == [(1990, 1991), (1990, 1993), (1991, 1992), (1992, 1993)]
