"""Names in a study that only the tables can judge: refused by a check and by a run alike."""

from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace

import pytest

from tradegains.errors import StudyError
from tradegains.inputs.names import name_problems
from tradegains.pipeline import _work_folder, run
from tradegains.store.output import locate_output
from tradegains.study import Study, read_study
from tradegains.tables import working as w
from tradegains.tables.reserved import is_reserved

SHIPPED = Path(__file__).parents[2] / "conf" / "studies" / "cusfta.toml"
GROWTH = "productivity_growth.delta_ln where window=post, level=total, industry="


@pytest.fixture(scope="module")
def study() -> Study:
    return read_study(SHIPPED)


def naming(study: Study, **named: str) -> Study:
    """The study with a component whose numbers are named, not stated."""
    keys = {key: None if key in named else 1.0 for key in ("effect", "share")}
    keys |= {f"{key}_from": named.get(key) for key in keys}
    return replace(study, accounting=(replace(study.accounting[0], **keys),))


def told(study: Study) -> str:
    (problem,) = name_problems(study)
    return str(problem)


def test_shipped_study_has_no_such_problem(study: Study) -> None:
    assert list(name_problems(study)) == []


def test_more_sets_than_a_run_can_keep_are_told_by_a_check(study: Study) -> None:
    many = [replace(study.populations[0], name=f"p{number}") for number in range(70)]
    assert "at most 62" in told(replace(study, populations=tuple(many)))


@pytest.mark.parametrize(
    "reference",
    [
        GROWTH,
        "productivity_growth.delta_ln where window=post-pre",
        "demography.employment_rate where window=1978-1979",
        "regressions.coefficient where window=post, model=two_stage",
        "moments.p50 where year=1988, industry=",
    ],
)
def test_numbers_that_a_run_may_have_are_accepted(study: Study, reference: str) -> None:
    assert list(name_problems(naming(study, effect=reference))) == []


@pytest.mark.parametrize(
    ("reference", "parts"),
    [
        ("welfar.welfare_change", ("there is no table welfar", "did you mean welfare?")),
        (
            "welfare.welfare_chance where level=total",
            ("the table welfare has no column welfare_chance", "did you mean welfare_change?"),
        ),
        (
            "welfare.welfare_change where levl=total",
            ("the table welfare has no column levl", "did you mean level?"),
        ),
        (
            "welfare.establishments where level=total",
            ("welfare.establishments is in establishments, which is no effect", "welfare_change"),
        ),
        (
            "moments.p50 where year=last",
            ("year=last selects no row: year is a whole number", "correct the value"),
        ),
        (
            "welfare.welfare_change where level=totla",
            ("level=totla selects no row", "did you mean total?", "industries_aggregated"),
        ),
        (
            "welfare.welfare_change where continuing=",
            ("continuing= selects no row: continuing is never null", "leave it out"),
        ),
        (
            "welfare.welfare_change where window=pots",
            ("window=pots is no window of the study", "did you mean post?", "post-pre"),
        ),
    ],
)
def test_names_that_no_run_can_have_are_refused(
    study: Study, reference: str, parts: tuple[str, ...]
) -> None:
    text = told(naming(study, effect=reference))
    assert 'in effect_from of [[accounting]] "Export composition' in text
    for part in parts:
        assert part in text


def test_a_share_is_no_amount(study: Study) -> None:
    text = told(naming(study, share="market_shares.domestic_sales where window=post"))
    assert "is in money unit of the study, which is no share" in text
    assert "continuing_share" in text.split("cure:")[1]


def test_a_table_that_the_study_switches_off_is_refused(study: Study) -> None:
    without = replace(study, regressions=None)
    text = told(naming(without, effect="regressions.coefficient where model=two_stage"))
    assert "this study does not make the table regressions" in text
    assert "add [regressions], or state effect as a number" in text
    without = replace(study, welfare=replace(study.welfare, curves=None))
    text = told(naming(without, effect="welfare_curves.welfare_change where figure=3"))
    assert "add [welfare.curves], or state effect as a number" in text
    inputs = replace(study.inputs, product_trade=None)
    text = told(
        naming(
            replace(study, inputs=inputs), share="intra_industry_trade.grubel_lloyd where year=1988"
        )
    )
    assert "give the input product_trade, or state share as a number" in text


# --- further columns ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name",
    ["flags", "Valid", "history", "history_0", "membership", "population_0", "log_price",
     "no_counterpart", "has_duplicates", "sales_in_units", "lookup_code", "domestic",
     w.restriction_column("small"), w.window_industry("post"), w.parts_column(w.INDUSTRY),
     w.later_column(w.LOG_PRODUCTIVITY, "post"), w.jobs_gained("post"), w.jobs_lost("post"),
     "employment_thousandths_in_1996"],
)  # fmt: skip
def test_further_columns_with_names_that_a_run_makes_are_refused(study: Study, name: str) -> None:
    census = replace(study.census, extra_columns=("adopted_technology", name))
    text = told(replace(study, census=census))
    assert f'"{name}" has the name of a column that a run makes in [census] extra_columns' in text
    assert "give the column another name in the files" in text


@pytest.mark.parametrize("name", ["owner", "value", "region", "jobs_in_1990", "exit", "unit"])
def test_other_further_columns_are_not(name: str) -> None:
    assert not is_reserved(name)


def test_outcomes_of_regressions_have_further_names_to_avoid(study: Study) -> None:
    census = replace(study.census, extra_columns=("exit",))
    regressions = replace(study.regressions, adoptions=("exit",))
    assert 'extra column "exit"' in told(replace(study, census=census, regressions=regressions))


def test_processes_of_one_run_meet_behind_no_address(study: Study) -> None:
    near = _work_folder(locate_output("/data/out"), "0123", study)
    assert near._path("matched/0") == "/data/out/work/0123/matched/0"
    first, second = (
        _work_folder(locate_output("s3://bucket/out"), "0123", study) for _ in range(2)
    )
    for name in ("matched/0", "exit_rows_post"):
        assert first._path(name) != second._path(name)
    assert first._path("matched/0").startswith("s3://bucket/out/work/0123/matched-")
    assert first._path("matched/0").endswith("/0")
    assert first._path("quarantined") == second._path("quarantined")


def test_a_run_stops_before_it_touches_its_output(study: Study, tmp_path: Path) -> None:
    engine = SimpleNamespace(name="embedded", spark=None)
    with pytest.raises(StudyError, match="no table welfar"):
        run(engine, naming(study, effect="welfar.gain"), output=str(tmp_path / "out"))
    assert not (tmp_path / "out").exists()
