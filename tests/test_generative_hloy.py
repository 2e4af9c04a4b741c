"""The generative test once more, on studies that ask for all that HLOY 2023 print.

`test_generative` draws every choice, so that few of its studies have all of them at once.
"""

import os
from dataclasses import replace
from itertools import count

import pytest
from hypothesis import given
from hypothesis import strategies as st

from reference.welfare import Small
from test_generative import (
    YEARS,
    case_lists,
    check,
    drawn,
    publish_study,
    refine_bins,
    small_tables,
    studies,
)
from tradegains.study import Curves, MelitzRedding, SizeFits, Study, Tariffs

ON_SPARK = os.environ.get("TRADEGAINS_TEST_ENGINE") == "spark"
EXAMPLES = 1 if ON_SPARK else 3


@st.composite
def hloy_studies(draw: st.DrawFn) -> Study:
    """Any study without sampling weights, with imports and every optional section of HLOY."""
    study = draw(studies())
    census = study.census
    columns = {name: name for name in census.columns if name != "sampling_weight"}
    sources = ("table", "exports") if "exports" in columns else ("table",)
    return replace(
        study,
        census=replace(census, columns=columns),
        trade=replace(study.trade, imports=sources),
        welfare=replace(study.welfare, melitz_redding=draw(MELITZ_REDDING), curves=draw(CURVES)),
        tariffs=Tariffs(draw(st.sampled_from(((), ("03",))))),
        size_fits=draw(SIZE_FITS),
    )


MELITZ_REDDING = st.builds(
    MelitzRedding,
    distributions=st.permutations(("pareto", "truncated_pareto", "lognormal")).map(tuple),
    cutoff_percentile=st.sampled_from((0.01, 0.05, 0.3)),
    entry_change=st.sampled_from((0.0, 0.05, -0.1)),
    upper_percentile=st.sampled_from((0.99, 0.9)),
)

CURVES = st.builds(
    Curves,
    rank_by=st.permutations(("tariff_cut", "sigma", "exposure")).map(tuple),
    elasticity_from=st.just(0.5),
    elasticity_to=st.sampled_from((2.0, 2.2)),
    elasticity_step=st.just(0.5),
    published_elasticities=st.just(False),
)


@st.composite
def ranked_tables(draw: st.DrawFn) -> Small:
    """Small tables with tariff cuts of most industries, some of them tied or negative."""
    small = draw(small_tables())
    cuts = draw(st.permutations((-1.0, 0.0, 0.0, 2.5, 2.5, 3.0, 4.0, 4.0, 5.0, 6.0, 7.5, 9.0)))
    digits = draw(st.sampled_from((2, 4)))
    codes = [f"{number:02d}" + "01"[: digits - 2] for number in range(1, 13)]
    ranked = [{"industry": code, "cut": cut} for code, cut in zip(codes, cuts, strict=True)]
    exposed = draw(st.lists(st.sampled_from((-2.0, 0.5, 0.5, 30.0)), min_size=1, max_size=12))
    rankings = [
        {"industry": code, "variable": name, "value": value + shift}
        for code, value in zip(codes, exposed, strict=False)
        for name, shift in (("exposure", 0.0), ("another", 1.0))
    ]
    return replace(small, tariff_cuts=ranked, rankings=rankings)


SIZE_FITS = st.builds(
    SizeFits,
    year=st.sampled_from(YEARS),
    window=st.sampled_from(("pre", "post", "whole")),
    bin_width=st.sampled_from((0.25, 1.0)),
)


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("generated_hloy")
    return (root / str(number) for number in count())


@drawn(EXAMPLES)
@given(study=hloy_studies(), small=ranked_tables(), cases=case_lists())
def test_a_run_agrees_with_the_reference_engine(engine, folders, study, small, cases):
    check(engine, study, small, cases, next(folders), publish_study)


@pytest.mark.only("embedded")
@drawn(EXAMPLES)
@given(study=hloy_studies(), small=ranked_tables(), cases=case_lists())
def test_refining_bins_to_the_end_changes_nothing(engine, folders, study, small, cases):
    check(engine, study, small, cases, next(folders), refine_bins)
