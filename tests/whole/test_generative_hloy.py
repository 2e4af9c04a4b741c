"""The generative test once more, on studies that ask for all that HLOY 2023 print.

`test_generative` deals out every choice, so that few of its studies have all of them at once.
"""

import os
from dataclasses import replace
from itertools import count

import pytest
from test_generative import (
    MELITZ_REDDING,
    SIZE_FITS,
    case_list,
    check,
    publish_study,
    refine_bins,
    small_tables,
    study_dealt,
)

from reference.dealing import Dealer, missed, some_of
from reference.welfare import Small
from tradegains.study import Comparisons, Curves, Study, Tariffs

ON_SPARK = os.environ.get("TRADEGAINS_TEST_ENGINE") == "spark"
EXAMPLES = 1 if ON_SPARK else 3


def hloy_study(dealer: Dealer) -> Study:
    """Any study without sampling weights, with imports and every optional section of HLOY."""
    study = study_dealt(dealer)
    census = study.census
    columns = {name: name for name in census.columns if name != "sampling_weight"}
    sources = ("table", "exports") if "exports" in columns else ("table",)
    formulas = dealer.deal("all melitz_redding", MELITZ_REDDING)
    if study.matching.annual and dealer.deal("entry_counts", (True, False)):
        formulas = replace(formulas, entry_change=None, entry_counts="annual")
    curves = Curves(
        rank_by=dealer.deal("rank_by", some_of("tariff_cut", "sigma", "exposure")[:3]),
        elasticity_from=0.5,
        elasticity_to=dealer.deal("elasticity_to", (2.0, 2.2)),
        elasticity_step=0.5,
        published_elasticities=False,
    )
    return replace(
        study,
        census=replace(census, columns=columns),
        trade=replace(study.trade, imports=sources),
        welfare=replace(
            study.welfare,
            melitz_redding=formulas,
            curves=curves,
            comparisons=Comparisons(0.1, 0.05),
        ),
        tariffs=Tariffs(dealer.deal("leave_out", ((), ("03",)))),
        size_fits=dealer.deal("all size_fits", SIZE_FITS),
    )


def ranked_tables(dealer: Dealer) -> Small:
    """Small tables with tariff cuts of most industries, some of them tied or negative."""
    small, chance = small_tables(dealer), dealer.chance
    cuts = [-1.0, 0.0, 0.0, 2.5, 2.5, 3.0, 4.0, 4.0, 5.0, 6.0, 7.5, 9.0]
    chance.shuffle(cuts)
    digits = dealer.deal("cut digits", (2, 4))
    codes = [f"{number:02d}" + "01"[: digits - 2] for number in range(1, 13)]
    ranked = [{"industry": code, "cut": cut} for code, cut in zip(codes, cuts, strict=True)]
    exposed = [chance.choice((-2.0, 0.5, 0.5, 30.0)) for _ in range(chance.randint(1, 12))]
    rankings = [
        {"industry": code, "variable": name, "value": value + shift}
        for code, value in zip(codes, exposed, strict=False)
        for name, shift in (("exposure", 0.0), ("another", 1.0))
    ]
    return replace(small, tariff_cuts=ranked, rankings=rankings)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("generated_hloy")
    return (root / str(number) for number in count())


def test_three_examples_have_every_value_of_hloys_own_options():
    dealers = [Dealer("hloy", example) for example in range(3)]
    for dealer in dealers:
        hloy_study(dealer)
        ranked_tables(dealer)
    own = ("all melitz_redding", "rank_by", "elasticity_to", "leave_out", "all size_fits")
    assert [line for line in missed(dealers) if line.startswith(own)] == []


@pytest.mark.parametrize("example", range(EXAMPLES))
def test_a_run_agrees_with_the_reference_engine(engine, folders, example):
    dealer = Dealer("hloy", example)
    study, small = hloy_study(dealer), ranked_tables(dealer)
    check(engine, study, small, case_list(dealer), next(folders), publish_study)


@pytest.mark.only("embedded")
@pytest.mark.parametrize("example", range(3, 3 + EXAMPLES))
def test_refining_bins_to_the_end_changes_nothing(engine, folders, example):
    dealer = Dealer("hloy", example)
    study, small = hloy_study(dealer), ranked_tables(dealer)
    check(engine, study, small, case_list(dealer), next(folders), refine_bins)
