"""Inputs that name establishments and meet none are refused; such as meet few say how many."""

import logging
from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from reference.run import publish_study, with_inputs
from reference.studies import study_with
from reference.welfare import Small
from tradegains.engines.start import Engine
from tradegains.errors import InputError
from tradegains.inputs.reading import judge_inputs
from tradegains.study import Population, Regressions, Study, Window

PLAIN = study_with(
    windows=(Window("only", 2000, 2002),),
    matching={"continuing": ("both_ends",), "annual": False},
    productivity={"years": (2000, 2002)},
    welfare={"windows": ("only",), "difference": None},
    restrictions=(),
    report={"figure_years": (2000, 2002), "figure_windows": ("only",)},
)
REGRESSIONS = Regressions(
    premium_years=(),
    exit_windows=(),
    exit_effects="none",
    entry_windows=("only",),
    entry_effects="none",
    entry_controls=(),
    growth_effects="none",
    growth_controls=(),
    growth_clusters="establishment",
    plant_cuts="simple",
)
KINDS = {"1101": "home", "9999": "foreign"}
# Ids are texts with leading zeros; a spreadsheet drops them.
IDS = [f"{number:07}" for number in range(1000, 1040)]


def census() -> list[dict[str, Any]]:
    return [
        {
            "establishment_id": name,
            "year": year,
            "industry": "1101",
            "employment": 10.0 + number,
            "sales": 100.0 + number * number % 7,
            "exports": 5.0 if year == 2002 and number % 3 == 0 else 0.0,
            "value_added": 50.0 + number * number % 11,
        }
        for number, name in enumerate(IDS)
        for year in (2000, 2002)
    ]


def links(ids: Iterable[str]) -> list[dict[str, Any]]:
    return [{"old": each, "new": f"new of {each}", "year": 2001} for each in ids]


def publish_linked(engine: Engine, folder: Path, ids: Iterable[str]) -> Any:
    small = Small(successors=links(ids))
    asked = with_inputs(PLAIN, census(), folder, small=small)
    return publish_study(engine, asked, folder / "output", only={"quality", "welfare"})


def test_links_of_no_establishment_are_refused_with_their_number(
    engine: Engine, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="no id that the links replace") as refusal:
        publish_linked(engine, tmp_path, [f"9{each}" for each in IDS])
    (problem,) = refusal.value.problems
    assert (problem.where, problem.count) == ("input successors", len(IDS))
    assert "leading zeros" in problem.cure
    assert "1003" not in str(refusal.value)


def test_a_table_by_industry_of_none_of_the_census_is_refused(tmp_path: Path) -> None:
    """Each kind of tariff and each variable is a table of its own; the check says the same."""
    value = {"industry": "1101", "value": 1.0}
    tables = {
        "tariff_cuts": [{"industry": c, "cut": 1.0, "kind": k} for c, k in KINDS.items()],
        "control_totals": [{"industry": "12", "year": 2000, "sales": 1.0}],
        "imports": [{"industry": "12", "year": 2000, "value": 1.0}],
        "rankings": [value | {"variable": "near"}, value | {"variable": "far", "industry": "1102"}],
    }
    study = with_inputs(PLAIN, census(), tmp_path, small=Small(**tables))
    (error,) = judge_inputs(study).errors
    told = [f"{each.where}: {each.what}" for each in error.problems]
    nothing = "is one of the census, so that it changes nothing"
    assert told == [
        f"input tariff_cuts: no industry of the table of foreign {nothing}",
        f"input control_totals: no industry of the table {nothing}",
        f"input imports: no industry of the table {nothing}",
        f"input rankings: no industry of the table of far {nothing}",
    ]


def _of_inputs(caplog: pytest.LogCaptureFixture) -> list[str]:
    return [message for message in caplog.messages if message.startswith("input ")]


def test_links_that_meet_few_are_told(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    absent = [f"gone {number}" for number in range(60)]
    with caplog.at_level(logging.WARNING, "tradegains"):
        publish_linked(engine, tmp_path / "few", [*IDS[:3], *absent])
    assert _of_inputs(caplog) == [
        "input successors: of 63 replaced ids, 3 are in the years of the census that the study "
        "reads"
    ]
    caplog.clear()
    with caplog.at_level(logging.WARNING, "tradegains"):
        publish_linked(engine, tmp_path / "more", [*IDS[:4], *absent])
    assert _of_inputs(caplog) == []


def study_of_products(folder: Path, products: list[dict[str, Any]], **choices: Any) -> Study:
    study = with_inputs(PLAIN, census(), folder)
    paths = {}
    tables = {
        "tariff_cuts": [{"industry": "1101", "cut": 2.0}],
        "product_tariffs": [{"product": "a", "cut": 1.0}, {"product": "b", "cut": 4.0}],
        "plant_products": products,
    }
    for name, rows in tables.items():
        paths[name] = str(folder / f"{name}.parquet")
        pq.write_table(pa.Table.from_pylist(rows), paths[name])
    regressions = replace(REGRESSIONS, **choices)
    return replace(study, inputs=replace(study.inputs, **paths), regressions=regressions)


def products_of(ids: Iterable[str], product: str = "a") -> list[dict[str, Any]]:
    return [{"establishment_id": each, "product": product} for each in ids]


def test_tables_that_serve_few_of_the_census_say_so(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    rows = [{**row, "industry": ("1101", "2202", "3303")[n % 3]} for n, row in enumerate(census())]
    cuts = [{"industry": "1101", "cut": 1.0, "kind": "home"}]
    imports = [{"industry": code, "year": 2000, "value": 1.0} for code in ("11", "22", "01", "33")]
    nobody = Population("nobody", "employment < 0", "Nobody")
    source = replace(PLAIN.trade, imports=("table",))
    study = replace(PLAIN, trade=source, populations=(nobody,))
    small = Small(tariff_cuts=cuts, imports=imports)
    asked = with_inputs(study, rows, tmp_path, small=small)
    with caplog.at_level(logging.WARNING, "tradegains"):
        publish_study(engine, asked, tmp_path / "output", only={"quality"})
    told = "; ".join(caplog.messages)
    assert "tariff_cuts: the industries of the table of the kind home have 33.75 percent" in told
    assert "input imports: 25.00 percent of imports are of industries" in told
    assert "population nobody: its condition holds for no row of the census" in told


BY_PRODUCTS = {"regressions", "export_entry"}
FAMILIES = pytest.mark.parametrize(
    "choices", [{}, {"entry_windows": (), "exit_windows": ("only",)}], ids=["entry", "exit"]
)


@FAMILIES
def test_products_of_no_establishment_are_refused(
    engine: Engine, tmp_path: Path, choices: dict[str, Any]
) -> None:
    rows = products_of(f"9{each}" for each in IDS)
    study = study_of_products(tmp_path, rows, **choices)
    with pytest.raises(InputError, match="no establishment with a product") as refusal:
        publish_study(engine, study, tmp_path / "output", only=BY_PRODUCTS)
    (problem,) = refusal.value.problems
    assert (problem.where, problem.count) == ("input plant_products", len(IDS))
    assert "1003" not in str(refusal.value)


def test_products_without_any_cut_are_refused_for_that(engine: Engine, tmp_path: Path) -> None:
    study = study_of_products(tmp_path, products_of(IDS, "c"))
    with pytest.raises(InputError, match="no product that is worth anything has a cut in product"):
        publish_study(engine, study, tmp_path / "output", only=BY_PRODUCTS)


@FAMILIES
def test_products_of_few_are_told(
    engine: Engine, tmp_path: Path, choices: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    rows = products_of([IDS[1], *(f"gone {number}" for number in range(9))])
    with caplog.at_level(logging.WARNING, "tradegains"):
        study = study_of_products(tmp_path, rows, **choices)
        publish_study(engine, study, tmp_path / "output", only=BY_PRODUCTS)
    assert _of_inputs(caplog) == [
        "input plant_products: of 10 establishments with a product that has a cut, 1 are in the "
        "census; in the window only 1 of 40 establishments have a cut of their own"
    ]


def test_products_of_many_say_nothing(
    engine: Engine, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING, "tradegains"):
        study = study_of_products(tmp_path, products_of(IDS[:20], "b"))
        publish_study(engine, study, tmp_path / "output", only=BY_PRODUCTS)
    assert _of_inputs(caplog) == []
