"""The real engine must agree with the reference engine on small nasty censuses.

Each example packs many cases into one census, each in an industry group of its own with a
population of its own, runs the study once for real (Parquet, matching, selection, sums) and once
in plain Python, and compares every row of every table. The research choices are dealt out: five
examples have every value of every option (`reference.dealing`).
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from reference import measure
from reference.comparison import differences
from reference.dealing import Dealer, missed, some_of
from reference.engine import Tables
from reference.files import CENSUS_SCHEMA
from reference.nasty import QUIRKS, YEARS, Case, census_of, in_unit, that_split
from reference.run import measure_piecemeal, publish_study, with_inputs
from reference.studies import BASE, RULES, populations, restrictions, study_with
from reference.welfare import Small
from tradegains.engines.start import Engine
from tradegains.errors import InputError
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
for extra, type_ in (
    ("sampling_weight", "float64"),
    ("hours", "float64"),
    ("region", "string"),
    ("adopted", "int32"),
    ("enterprise_id", "string"),
):
    SCHEMA = SCHEMA.append(pa.field(extra, pa.type_for_alias(type_)))

CHOOSABLE_RULES = tuple(
    rule for rule in RULES if rule not in ("missing_id", "duplicate", "nonpositive_value_added")
)


def case_list(dealer: Dealer) -> list[Case]:
    """A case per quirk, with others beside it, and some without any or with a few."""
    cases = []
    for number in range(1, MOST_CASES + 1):
        own = QUIRKS[number - 1 : number]
        beside = dealer.chance.sample(QUIRKS, dealer.chance.randint(0, 3 - len(own)))
        size, seed = dealer.chance.randint(1, 8), dealer.chance.randrange(10**6)
        cases.append(Case(number, frozenset((*own, *beside)), size, seed))
    return cases


def census_choices(dealer: Dealer) -> dict[str, Any]:
    """Columns that the census has, and an action per rule that applies to them."""
    lost = dealer.deal("lost", LOST)
    extra = dealer.deal("extra", EXTRA)
    kept = dealer.deal("kept", KEPT)
    names = [*(name for name in BASE.census.columns if name not in lost), *extra]
    rules = {
        rule: "keep" if rule in kept else action
        for rule, action in RULES.items()
        if rule == "nonpositive_value_added" or not any(name in rule for name in lost)
    }
    return {
        "columns": {name: name for name in names},
        "extra_columns": ("region", "adopted"),
        "rules": rules,
        "money_decimals": dealer.deal("money_decimals", (2, None, None, 5, -1)),
    }


def money_of(dealer: Dealer) -> float:
    """What all money of a census is multiplied by; of powers of 2 equal ratios stay equal."""
    return dealer.deal("money", (1.0, 2.0**20, 2.0**-21))


LOST = ((), ("exports",), ("value_added",), ("exports", "value_added"))
EXTRA = ((), ("hours",), ("sampling_weight",), ("hours", "sampling_weight"))
KEPT = ((), CHOOSABLE_RULES, CHOOSABLE_RULES[::2], CHOOSABLE_RULES[1::2])


def study_dealt(dealer: Dealer) -> Study:
    """The research choices, each dealt on its own."""
    census = census_choices(dealer)
    deal, has = dealer.deal, census["columns"].keys()
    annual, reactivation = deal("annual", ((True, 0), (True, 1), (True, 2), (False, 0)))
    return study_with(
        census=census,
        windows=(
            Window("pre", 2000, 2002, deal("scale_to_years", (None, 1, 0.7))),
            Window("post", 2002, 2004),
            Window("whole", 2000, 2004),
        ),
        matching={
            "continuing": deal(
                "continuing", some_of("both_ends", "domestic_both_ends", "every_year", "panel")
            ),
            "panel_years": (2000, 2002, 2004),
            "industry_at": deal("industry_at", ("own_year", "start", "end")),
            "annual": annual,
            "reactivation_years": reactivation,
        },
        productivity=productivity_choices(dealer, has),
        trade={"imports": deal("imports", IMPORTS, lambda each: {*each} <= {"table", *has})},
        welfare={
            "windows": deal("windows", (("pre", "post"), ("post", "whole", "pre"))),
            "levels": deal("welfare levels", (("total", "industry2"), ("total",))),
            "melitz_redding": deal("melitz_redding", (None, *MELITZ_REDDING)),
        },
        size_fits=deal("size_fits", (None, *SIZE_FITS)),
        intra_industry_trade=deal("intra_industry_trade", INTRA_INDUSTRY_TRADE),
        decomposition=decomposition_dealt(dealer, has),
        joint_distribution=deal("joint_distribution", JOINT_DISTRIBUTION),
        dispersion=deal("dispersion", (None, Dispersion(1), Dispersion(3))),
        restrictions=restrictions(
            deal("restricted at", ("start", "end", "both")),
            small="employment < 50",
            northern_or_new="region = 'north' OR establishment_id LIKE '%-1'",
        ),
        job_flows=deal("job_flows", (JobFlows(True), JobFlows(False), None)),
    )


def decomposition_dealt(dealer: Dealer, has: Iterable[str]) -> Decomposition | None:
    """What is decomposed, and whether by groups, where the census knows exports."""
    chosen = dealer.deal("decomposition", DECOMPOSITION)
    groups = dealer.deal(
        "groups", (("exporting",), None), lambda each: not each or "exports" in has
    )
    has_total = chosen and "total" in chosen.levels
    groups = groups if has_total else None
    return replace(chosen, groups=groups) if chosen else None


IMPORTS = ((), ("table",), ("exports",), ("table", "exports"))


def productivity_choices(dealer: Dealer, has: Iterable[str]) -> dict[str, Any]:
    """What productivity is, and what is told of it."""
    deal = dealer.deal
    return {
        "numerator": deal("numerator", ("sales", "value_added"), has.__contains__),
        "denominator": deal("denominator", ("employment", "hours"), has.__contains__),
        "prices": deal("prices", ("none", "economy", "industry")),
        "median_base": deal("median_base", some_of("same_year", "base_year", "pooled")),
        "levels": deal("levels", (("total",), ("total", "industry2", "industry4"))),
        "bin_width": deal("bin_width", (0.1, 0.25, 1.0, 0.003)),
        "standardised_by": deal(
            "standardised_by", (None, "unweighted_sd", "employment_weighted_sd")
        ),
        "entry_rates": deal("entry_rates", (None, ("post",), ("whole", "pre"))),
    }


MELITZ_REDDING = (
    MelitzRedding(("pareto", "truncated_pareto", "lognormal"), 0.01, 0.0, 0.99),
    MelitzRedding(
        ("truncated_pareto", "pareto_tail"), 0.3, 0.05, upper_percentile=0.9, tail_percentile=0.25
    ),
    MelitzRedding(
        ("lognormal", "pareto", "truncated_pareto"), 0.05, -0.1, 0.99, percentiles=(0.1, 0.5, 0.9)
    ),
)

SIZE_FITS = (
    SizeFits(year=2000, window="whole", bin_width=0.25),
    SizeFits(2004, "pre", 1.0, percentiles=(0.1, 0.5, 0.9), weighting="employment"),
    SizeFits(year=2001, window="post", bin_width=0.25),
)

JOINT_DISTRIBUTION = (
    None,
    JointDistribution((50.0,), 7, "employment"),
    JointDistribution((0.5, 1.0, 49.9, 200.0), 2, "unweighted"),
    JointDistribution((0.5, 1.0, 49.9, 200.0), 4, "employment"),
    JointDistribution((50.0,), 7, "unweighted"),
)

METHODS = ("bhc", "bhc_relative", "fhk", "gr", "bg", "df", "mp", "olley_pakes")
DECOMPOSITION = (
    None,
    Decomposition(("pre", "post", "whole"), ("employment",), METHODS, ("total", "industry4")),
    Decomposition(("whole",), ("sales", "employment"), METHODS[::2], ("industry2",)),
    Decomposition(("post", "pre"), ("sales",), METHODS[::-1], ("industry4", "industry2", "total")),
)

INTRA_INDUSTRY_TRADE = (
    None,
    IntraIndustryTrade((4, 3, 1), ("by_partner", "together"), "home"),
    IntraIndustryTrade((3,), ("together",)),
    IntraIndustryTrade((1, 4), ("by_partner",)),
)


def product_trade(dealer: Dealer) -> list[dict[str, Any]]:
    """Flows with holes, one-way products, products without trade; of one country or of three."""
    reporters = dealer.deal("reporters", ((), ("north", "south", "west")))
    chance, amounts = dealer.chance, (0.0, 0.1, 0.2, 0.30000000000000004, 7.5, 1e9)
    names = ("product", "year", "partner", "reporter")[: 4 if reporters else 3]
    keys = {
        (
            chance.choice(("0111", "0112", "0120", "1111", "1211")),
            chance.choice((1995, 2004)),
            chance.choice(("US", "EU", "rest of the world")),
            *([chance.choice(reporters)] if reporters else []),
        ): None
        for _ in range(dealer.deal("flows", (0, 3, 14)))
    }
    return [
        {
            **dict(zip(names, key, strict=True)),
            "exports": chance.choice(amounts),
            "imports": chance.choice(amounts),
        }
        for key in keys
    ]


def concordance(dealer: Dealer) -> list[dict[str, Any]]:
    """Two codes of some groups become one or are split, codes of others stay or are lost; or none.

    What is split goes to industries of the group, of the next one, and to one that is split itself;
    so it says that all years of the census have old codes.
    """
    made = dealer.deal("concordance", (None, "merged", "split"))
    if made is None:
        return []
    groups = dealer.chance.sample(range(1, MOST_CASES + 1), dealer.chance.randint(4, MOST_CASES))
    kept = [{"old": f"{group:02d}09", "new": f"{group:02d}09"} for group in groups]
    kept.append({"old": "0001", "new": "0001"})
    if made == "merged":
        both = [{"old": f"{g:02d}{n:02d}", "new": f"{g:02d}02"} for g in groups for n in (1, 2)]
        return [*kept, *both]
    split = [
        {"old": old, "new": new, "weight": weight}
        for g in groups
        for old, parts in (
            (f"{g:02d}01", {f"{g:02d}01": 0.25, f"{g:02d}03": 0.5, f"{g:02d}02": 0.25}),
            (f"{g:02d}02", {f"{g + 1:02d}05": 0.5, f"{g:02d}05": 0.5}),
        )
        for new, weight in parts.items()
    ]
    years = {"from_year": min(YEARS), "to_year": max(YEARS)}
    return [{**row, **years} for row in (*({**row, "weight": 1.0} for row in kept), *split)]


def successors(dealer: Dealer) -> list[dict[str, Any]]:
    """Links between establishments of a case: chains and mergers, never a circle, or none."""
    chance, links = dealer.chance, {}
    for _ in range(dealer.deal("successors", (0, 14))):
        case, old, step = chance.randint(1, 8), chance.randint(0, 4), chance.randint(1, 3)
        links[f"{case:02d}-{old}"] = f"{case:02d}-{old + step}"
    return [{"old": old, "new": new, "year": 2002} for old, new in links.items()]


def control_totals(dealer: Dealer) -> list[dict[str, Any]]:
    """Totals of some industries and years, of codes of one length, or none."""
    chance, digits = dealer.chance, dealer.deal("control digits", (0, 1, 2, 3, 4))
    names = dealer.deal(
        "control totals",
        some_of("establishments", "employment", "sales", "exports", "value_added"),
    )
    codes = sorted({f"{number:02d}01"[:digits] for number in (0, 1, 2, 12, 95)})
    keys = [(code, year) for code in codes for year in (1999, *YEARS) if chance.random() < 0.4]
    return [
        {
            "industry": code,
            "year": year,
            **{name: chance.choice((0.0, 0.1, 7.5, 1e9)) for name in names},
        }
        for code, year in (keys if digits else [])
    ]


def elasticities(dealer: Dealer) -> dict[str, list[dict[str, Any]]]:
    """Sigma of a group; or of codes of another classification, some of which meet nothing."""
    made = dealer.deal("elasticity_concordance", (None, "plain", "weighted"))
    if made is None:
        return {"elasticities": [{"industry": "03", "sigma": 6.0}]}
    links = [("201", "03", 3.0), ("202", "03", 1.0), ("202", "01", 1.0), ("209", "02", 1.0)]
    weights = made == "weighted"
    return {
        "elasticities": [
            {"industry": code, "sigma": sigma}
            for code, sigma in (("201", 6.0), ("202", 2.5), ("203", 9.0))
        ],
        "elasticity_concordance": [
            {"code": code, "industry": industry} | ({"weight": weight} if weights else {})
            for code, industry, weight in links
        ],
    }


def small_tables(dealer: Dealer) -> Small:
    """Prices and imports with holes: a group may have none, an import may be 0."""
    digits, chance = dealer.deal("import digits", (2, 4)), dealer.chance
    codes = [f"{number:02d}" + "01"[: digits - 2] for number in range(MOST_CASES + 1)]
    known = chance.sample(codes, chance.randint(1, len(codes)))
    ends = dealer.deal("import years", ((2000, 2002, 2004), (2000, 2004)))
    by_year = dict(zip(YEARS, (1.0, 1.25, 1.7, 1.7, 2.0), strict=True))
    return Small(
        imports=[
            {"industry": code, "year": year, "value": chance.choice((0.0, 12.5, 1000.0, 3e6))}
            for code in known
            for year in ends
        ],
        prices=[{"year": year, "index": index} for year, index in by_year.items()],
        **elasticities(dealer),
        product_trade=product_trade(dealer),
        control_totals=control_totals(dealer),
        successors=successors(dealer),
        concordance=concordance(dealer),
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
    money: float = 1.0,
) -> list[str]:
    """Every difference between a run and the reference engine on these cases."""
    study, small = fitted(study, small, cases)
    rows = census_of(cases)
    if any("weight" in row for row in small.concordance or ()):
        rows = [that_split(row) for row in rows]
        study = replace(study, census=replace(study.census, money_decimals=2))
    else:
        rows = [in_unit(row, money) for row in rows]
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
    engine: Engine,
    study: Study,
    small: Small,
    cases: list[Case],
    folder: Path,
    run: Run,
    money: float,
) -> str:
    """The first case that differs on its own, with its rows; else all cases."""
    for case in cases:
        try:
            lines = compare(
                engine, study, small, [case], folder / f"alone_{case.number}", run, money
            )
        except InputError:  # alone it has no id that the links of successors name
            continue
        if lines:
            rows = "\n".join(str(row) for row in case.rows())
            return "\n".join([*lines[:10], repr(case), rows])
    return f"no case differs alone: {cases}"


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("generated")
    return (root / str(number) for number in count())


def check(
    engine: Engine,
    study: Study,
    small: Small,
    cases: list[Case],
    folder: Path,
    run: Run,
    money: float = 1.0,
):
    """Fail with the differences and the smallest case behind them."""
    lines = compare(engine, study, small, cases, folder, run, money)
    if lines:
        alone = smallest(engine, study, small, cases, folder, run, money)
        shown = "\n".join(lines[:25])
        pytest.fail(f"{len(lines)} differences\n{shown}\nsmallest case\n{alone}\n{study}", False)


def test_five_examples_have_every_value_of_every_option():
    dealers = [Dealer("any", example) for example in range(5)]
    for dealer in dealers:
        study_dealt(dealer)
        small_tables(dealer)
        money_of(dealer)
    assert missed(dealers) == []


@pytest.mark.parametrize("example", range(EXAMPLES))
def test_a_run_agrees_with_the_reference_engine(engine, folders, example):
    dealer = Dealer("any", example)
    study, small, money = study_dealt(dealer), small_tables(dealer), money_of(dealer)
    check(engine, study, small, case_list(dealer), next(folders), publish_study, money)


@pytest.mark.only("embedded")
@pytest.mark.parametrize("example", range(5, 5 + EXAMPLES))
def test_little_memory_changes_nothing(engine, folders, example):
    dealer = Dealer("any", example)
    study, small, money = study_dealt(dealer), small_tables(dealer), money_of(dealer)
    check(engine, study, small, case_list(dealer), next(folders), refine_bins, money)
