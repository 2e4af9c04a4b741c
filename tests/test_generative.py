"""The real engine must agree with the reference engine on small nasty censuses.

Each example packs many cases into one census, each in an industry group of its own with a
population of its own, runs the study once for real (Parquet, matching, selection, sums) and once
in plain Python, and compares every row of every table.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from reference import measure
from reference.comparison import differences
from reference.engine import Tables
from reference.files import CENSUS_SCHEMA
from reference.nasty import QUIRKS, YEARS, Case, census_of
from reference.run import measure_piecemeal, publish_study, with_inputs
from reference.studies import BASE, RULES, populations, restrictions, study_with
from reference.welfare import Small
from tradegains.session import Engine
from tradegains.study import (
    Decomposition,
    Dispersion,
    IntraIndustryTrade,
    JobFlows,
    JointDistribution,
    MelitzRedding,
    SizeFits,
    Study,
    Window,
)

ON_SPARK = os.environ.get("TRADEGAINS_TEST_ENGINE") == "spark"
EXAMPLES = int(os.environ.get("TRADEGAINS_EXAMPLES", "2" if ON_SPARK else "5"))
MOST_CASES = 20
FEW_ROWS = 3

SCHEMA = CENSUS_SCHEMA
for extra, type_ in (("sampling_weight", "float64"), ("hours", "float64"), ("region", "string")):
    SCHEMA = SCHEMA.append(pa.field(extra, pa.type_for_alias(type_)))

CHOOSABLE_RULES = tuple(
    rule for rule in RULES if rule not in ("missing_id", "duplicate", "nonpositive_value_added")
)


@st.composite
def case_lists(draw: st.DrawFn) -> list[Case]:
    drawn = draw(
        st.lists(
            st.tuples(
                st.frozensets(st.sampled_from(QUIRKS), max_size=3),
                st.integers(1, 8),
                st.integers(0, 10**6),
            ),
            min_size=MOST_CASES,
            max_size=MOST_CASES,
        )
    )
    return [
        Case(number, quirks, establishments, seed)
        for number, (quirks, establishments, seed) in enumerate(drawn, start=1)
    ]


@st.composite
def census_choices(draw: st.DrawFn) -> dict[str, Any]:
    """Columns that the census has, and an action per rule that applies to them."""
    lost = draw(st.sets(st.sampled_from(("exports", "value_added"))))
    extra = draw(st.sets(st.sampled_from(("sampling_weight", "hours"))))
    kept = draw(st.sets(st.sampled_from(CHOOSABLE_RULES)))
    names = [*(name for name in BASE.census.columns if name not in lost), *sorted(extra)]
    rules = {
        rule: "keep" if rule in kept else action
        for rule, action in RULES.items()
        if rule == "nonpositive_value_added" or not any(name in rule for name in lost)
    }
    return {
        "columns": {name: name for name in names},
        "extra_columns": ("region",),
        "rules": rules,
    }


@st.composite
def some_of(draw: st.DrawFn, options: tuple[str, ...]) -> tuple[str, ...]:
    """At least one of the options, in any order: the first is often the headline."""
    return tuple(draw(st.permutations(options))[: draw(st.integers(1, len(options)))])


@st.composite
def studies(draw: st.DrawFn) -> Study:
    """The research choices, each drawn on its own."""
    census = draw(census_choices())
    has = census["columns"].keys()
    sources = [(), ("table",)]
    if "exports" in has:
        sources += [("exports",), ("table", "exports")]
    return study_with(
        census=census,
        windows=(
            Window("pre", 2000, 2002, draw(st.sampled_from((None, 1, 0.7)))),
            Window("post", 2002, 2004),
            Window("whole", 2000, 2004),
        ),
        matching={
            "continuing": draw(some_of(("both_ends", "domestic_both_ends", "every_year"))),
            "industry_at": draw(st.sampled_from(("own_year", "start", "end"))),
            "annual": draw(st.booleans()),
            "reactivation_years": draw(st.sampled_from((0, 1, 2))),
        },
        productivity={
            "numerator": draw(st.sampled_from(sorted({"sales", "value_added"} & has))),
            "denominator": draw(st.sampled_from(sorted({"employment", "hours"} & has))),
            "prices": draw(st.sampled_from(("none", "economy", "industry"))),
            "median_base": draw(some_of(("same_year", "base_year", "pooled"))),
            "levels": draw(st.sampled_from((("total",), ("total", "industry2", "industry4")))),
            "bin_width": draw(st.sampled_from((0.1, 0.25, 1.0, 0.003))),
            "standardised_by": draw(
                st.sampled_from((None, "unweighted_sd", "employment_weighted_sd"))
            ),
        },
        trade={"imports": draw(st.sampled_from(sources))},
        welfare={
            "windows": draw(st.sampled_from((("pre", "post"), ("post", "whole", "pre")))),
            "levels": draw(st.sampled_from((("total", "industry2"), ("total",)))),
            "melitz_redding": draw(MELITZ_REDDING),
        },
        size_fits=draw(SIZE_FITS),
        intra_industry_trade=draw(INTRA_INDUSTRY_TRADE),
        decomposition=draw(DECOMPOSITION),
        joint_distribution=draw(JOINT_DISTRIBUTION),
        dispersion=draw(st.sampled_from((None, Dispersion(1), Dispersion(3)))),
        restrictions=restrictions(
            small="employment < 50",
            northern_or_new="region = 'north' OR establishment_id LIKE '%-1'",
        ),
        job_flows=draw(st.sampled_from((JobFlows(True), JobFlows(False), None))),
    )


MELITZ_REDDING = st.one_of(
    st.none(),
    st.builds(
        MelitzRedding,
        distributions=some_of(("pareto", "truncated_pareto", "lognormal")),
        cutoff_percentile=st.sampled_from((0.01, 0.05, 0.3)),
        entry_change=st.sampled_from((0.0, 0.05, -0.1)),
        upper_percentile=st.sampled_from((0.99, 0.9)),
    ),
)

SIZE_FITS = st.one_of(
    st.none(),
    st.builds(
        SizeFits,
        year=st.sampled_from(YEARS),
        window=st.sampled_from(("pre", "post", "whole")),
        bin_width=st.sampled_from((0.25, 1.0)),
    ),
)

JOINT_DISTRIBUTION = st.one_of(
    st.none(),
    st.builds(
        JointDistribution,
        size_edges=st.sampled_from(((50.0,), (0.5, 1.0, 49.9, 200.0))),
        productivity_groups=st.sampled_from((2, 4, 7)),
        weighting=st.sampled_from(("employment", "unweighted")),
    ),
)

DECOMPOSITION = st.one_of(
    st.none(),
    st.builds(
        Decomposition,
        windows=some_of(("pre", "post", "whole")),
        shares=some_of(("employment", "sales")),
        methods=some_of(("bhc", "fhk", "gr", "bg", "df", "mp", "olley_pakes")),
        levels=some_of(("total", "industry2", "industry4")),
    ),
)

INTRA_INDUSTRY_TRADE = st.one_of(
    st.none(),
    st.builds(
        IntraIndustryTrade,
        levels=some_of((4, 3, 1)),
        matched=some_of(("by_partner", "together")),
        reporter=st.sampled_from((None, "home")),
    ),
)


@st.composite
def product_trade(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Flows with holes, one-way products, products without trade; of one country or of three."""
    reporters = draw(st.sampled_from(([], ["north", "south", "west"])))
    names = ("product", "year", "partner", "reporter")[: 4 if reporters else 3]
    codes = ("0111", "0112", "0120", "1111", "1211")
    keys = st.tuples(
        st.sampled_from(codes),
        st.sampled_from((1995, 2004)),
        st.sampled_from(("US", "EU", "rest of the world")),
        *([st.sampled_from(reporters)] if reporters else []),
    )
    amounts = st.sampled_from((0.0, 0.1, 0.2, 0.30000000000000004, 7.5, 1e9))
    return [
        {**dict(zip(names, key, strict=True)), "exports": draw(amounts), "imports": draw(amounts)}
        for key in draw(st.lists(keys, unique=True, max_size=12))
    ]


@st.composite
def concordance(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Two codes of some groups become one, codes of others stay or have no counterpart; or none."""
    groups = draw(st.one_of(st.just([]), st.lists(st.integers(1, MOST_CASES), unique=True)))
    kept = [{"old": f"{group:02d}09", "new": f"{group:02d}09"} for group in groups]
    merged = [{"old": f"{g:02d}{n:02d}", "new": f"{g:02d}02"} for g in groups for n in (1, 2)]
    return [*kept, *merged, {"old": "0001", "new": "0001"}] if groups else []


@st.composite
def successors(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Links between establishments of a case: chains and mergers, never a circle, or none."""
    pairs = st.tuples(st.integers(1, 8), st.integers(0, 4), st.integers(1, 3))
    links = {
        f"{case:02d}-{old}": f"{case:02d}-{old + step}"
        for case, old, step in draw(st.lists(pairs, max_size=12))
    }
    return [{"old": old, "new": new, "year": 2002} for old, new in links.items()]


@st.composite
def control_totals(draw: st.DrawFn) -> list[dict[str, Any]]:
    """Totals of some industries and years, of codes of one length, or none."""
    digits = draw(st.integers(1, 4))
    codes = [f"{number:02d}01"[:digits] for number in (0, 1, 2, 12, 95)]
    keys = draw(st.sets(st.tuples(st.sampled_from(codes), st.sampled_from((1999, *YEARS)))))
    names = draw(some_of(("establishments", "employment", "sales", "exports", "value_added")))
    amounts = st.sampled_from((0.0, 0.1, 7.5, 1e9))
    return [
        {"industry": code, "year": year, **{name: draw(amounts) for name in names}}
        for code, year in sorted(keys)
    ]


@st.composite
def small_tables(draw: st.DrawFn) -> Small:
    """Prices and imports with holes: a group may have none, an import may be 0."""
    digits = draw(st.sampled_from((2, 4)))
    codes = [f"{number:02d}" + "01"[: digits - 2] for number in range(MOST_CASES + 1)]
    amounts = st.sampled_from((0.0, 12.5, 1000.0, 3e6))
    known = draw(st.lists(st.sampled_from(codes), unique=True, min_size=1))
    value = draw(st.lists(amounts, min_size=len(known) * 2, max_size=len(known) * 2))
    values = iter(value)
    ends = draw(st.sampled_from(((2000, 2002, 2004), (2000, 2004))))
    by_year = dict(zip(YEARS, (1.0, 1.25, 1.7, 1.7, 2.0), strict=True))
    return Small(
        imports=[
            {"industry": code, "year": year, "value": next(values, 7.0)}
            for code in known
            for year in ends
        ],
        prices=[{"year": year, "index": index} for year, index in by_year.items()],
        elasticities=[{"industry": "03", "sigma": 6.0}],
        product_trade=draw(product_trade()),
        control_totals=draw(control_totals()),
        successors=draw(successors()),
        concordance=draw(concordance()),
    )


def fitted(study: Study, small: Small, cases: Iterable[Case]) -> tuple[Study, Small]:
    """The study with a population per case, and prices as its choice needs them."""
    where = {f"case_{case.number}": f"industry_group = '{case.group}'" for case in cases}
    study = replace(study, populations=populations(**where))
    if study.productivity.prices == "industry":
        prices = [
            {**price, "industry": f"{number:02d}", "index": price["index"] + number / 64}
            for price in small.prices
            for number in range(MOST_CASES)
        ]
        small = replace(small, prices=prices)
    trade = study.intra_industry_trade
    if trade and any("reporter" in flow for flow in small.product_trade or ()):
        study = replace(study, intra_industry_trade=replace(trade, reporter=None))
    return study, small


Run = Callable[[Engine, Study, Path], Tables]


def refine_bins(engine: Engine, study: Study, output: Path) -> Tables:
    """A run with so little memory that it matches in parts and refines bins again and again."""
    return measure_piecemeal(engine, study, output, FEW_ROWS)


def compare(
    engine: Engine,
    study: Study,
    small: Small,
    cases: list[Case],
    folder: Path,
    run: Run = publish_study,
) -> list[str]:
    """Every difference between a run and the reference engine on these cases."""
    study, small = fitted(study, small, cases)
    rows = census_of(cases)
    read = (*study.census.columns, *study.census.extra_columns)
    named = [{name: row[name] for name in read} for row in rows]
    expected = measure(named, study, small)
    written = with_inputs(study, rows, folder, small=small, schema=SCHEMA)
    found = run(engine, written, folder / "output")
    return [
        line
        for table in sorted({*expected, *found})
        for line in differences(table, expected.get(table, []), found.get(table, []))
    ]


def smallest(
    engine: Engine, study: Study, small: Small, cases: list[Case], folder: Path, run: Run
) -> str:
    """The first case that differs on its own, with its rows; else all cases."""
    for case in cases:
        lines = compare(engine, study, small, [case], folder / f"alone_{case.number}", run)
        if lines:
            rows = "\n".join(str(row) for row in case.rows())
            return "\n".join([*lines[:10], repr(case), rows])
    return f"no case differs alone: {cases}"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("generated")
    return (root / str(number) for number in count())


def check(engine: Engine, study: Study, small: Small, cases: list[Case], folder: Path, run: Run):
    """Fail with the differences and the smallest case behind them."""
    lines = compare(engine, study, small, cases, folder, run)
    if lines:
        alone = smallest(engine, study, small, cases, folder, run)
        shown = "\n".join(lines[:25])
        pytest.fail(f"{len(lines)} differences\n{shown}\nsmallest case\n{alone}\n{study}", False)


def drawn(examples: int) -> settings:
    """Always the same examples; shrinking is left to `smallest`, which needs few runs."""
    return settings(
        max_examples=examples,
        derandomize=True,
        deadline=None,
        database=None,
        phases=(Phase.explicit, Phase.generate),
        suppress_health_check=list(HealthCheck),
    )


@drawn(EXAMPLES)
@given(study=studies(), small=small_tables(), cases=case_lists())
def test_a_run_agrees_with_the_reference_engine(engine, folders, study, small, cases):
    check(engine, study, small, cases, next(folders), publish_study)


@pytest.mark.only("embedded")
@drawn(EXAMPLES)
@given(study=studies(), small=small_tables(), cases=case_lists())
def test_little_memory_changes_nothing(engine, folders, study, small, cases):
    check(engine, study, small, cases, next(folders), refine_bins)
