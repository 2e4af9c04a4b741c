"""The generative test once more, on what Melitz and Trefler 2012 estimate.

One case has enough establishments for regressions to be told; in the nasty ones beside it, and in
quartiles of all of them, many cannot, and both engines must say so for the same reason.
"""

import os
from dataclasses import replace
from itertools import count
from typing import Any

import pytest
from test_generative import case_list, check, publish_study, refine_bins, small_tables, study_dealt

from reference.dealing import Dealer, missed
from reference.nasty import Case, census_of
from reference.studies import RULES
from reference.welfare import Small
from tradegains.study import RegressionErrors, Regressions, Study, TariffEffects

ON_SPARK = os.environ.get("TRADEGAINS_TEST_ENGINE") == "spark"
EXAMPLES = 1 if ON_SPARK else 4
LARGE, OTHERS = 120, 12

EFFECTS = ("none", "industry2", "industry4")
GROWTH_CLUSTERS = ("establishment", "shift_share", "product", "industry2")
CONTROLS = (
    (),
    ("relative_productivity",),
    ("log_employment", "relative_productivity"),
    ("earlier_growth", "relative_productivity"),
)


def estimated_study(dealer: Dealer) -> Study:
    """Any study with regressions, but for the other optional sections."""
    deal = dealer.deal
    _, plant_cuts = deal("cuts", CUTS)
    regressions = Regressions(
        premium_years=deal("premium_years", ((2000,), (2000, 2004), (2001, 2002, 2003))),
        exit_windows=deal("exit_windows", (("pre",), ("post", "whole"), ())),
        exit_effects=deal("exit_effects", EFFECTS),
        entry_windows=deal("entry_windows", (("post",), ("pre", "whole"), ("whole",))),
        entry_effects=deal("entry_effects", EFFECTS),
        entry_controls=deal("entry_controls", CONTROLS),
        growth_effects=deal("growth_effects", EFFECTS),
        growth_controls=deal("growth_controls", CONTROLS),
        growth_clusters=deal("growth_clusters", GROWTH_CLUSTERS),
        plant_cuts=plant_cuts,
        adoptions=deal("adoptions", ((), ("adopted",))),
        without_products=deal("without_products", ("industry_cut", "leave_out")),
        products_year=deal("products_year", PRODUCTS_YEARS),
        exit_cuts=deal("exit_cuts", KINDS),
        entry_cuts=deal("entry_cuts", KINDS),
        growth_cuts=deal("growth_cuts", KINDS),
        history_from=deal("history_from", ((), (2002,), (2000, 2002))),
        errors=errors_dealt(dealer),
        exit_controls=deal("exit_controls", (None, ("earlier_growth",))),
    )
    if regressions.controls_trend:
        regressions = replace(regressions, trend_window="pre")
    tariffs = replace(
        study_dealt(dealer).tariffs,
        measure=deal("measure", ("points", "log_points")),
        change=deal("change", ("applied", "preference")),
        per=deal("per", ("window", "year")),
        product_kind=None,
        input_sources=deal("input_sources", (None, "all", "partner")),
    )
    sections = ("size_fits", "intra_industry_trade", "decomposition", "joint_distribution")
    study = replace(with_exports(study_dealt(dealer)), **dict.fromkeys(sections))
    study = replace(study, dispersion=None, job_flows=None, regressions=regressions)
    effects = TariffEffects(
        before="pre",
        after="post",
        kinds=deal("effect_kinds", (("home", "foreign"), ("foreign", "input"), ("home",))),
        industry_weights=deal("industry_weights", ("employment", "sales", "unweighted")),
        clusters=deal("effect_clusters", ("industry2", "industry4", "enterprise", "shift_share")),
        outcomes=deal("outcomes", (("employment", "establishments"), None, ("output",))),
        industry_controls=deal("controls", (None, ("demand",))),
        industry_errors=deal("industry_errors", (None, "cv3")),
    )
    if effects.outcomes and "home" in effects.kinds:
        effects = replace(effects, deepest=deal("deepest", (0.3, None, 0.9)))
    exits = deal("exit_by", EXIT_BY)
    if regressions.exit_windows and regressions.exit_cuts:
        effects = replace(effects, exit_by=exits)
    has_cuts = dealer.dealt["cuts"] != (None, None)
    study = replace(study, tariff_effects=effects if has_cuts else None)
    study = replace(study, tariffs=tariffs)
    return replace(study, welfare=replace(study.welfare, melitz_redding=None))


def errors_dealt(dealer: Dealer) -> RegressionErrors | None:
    """Errors other than those of a study that states none."""
    deal = dealer.deal
    stated = RegressionErrors(
        premium=deal("premium_errors", ("robust", "enterprise", "industry2", "industry4")),
        exit_linear=deal("exit_errors", ("enterprise", "shift_share", "product", "industry4")),
        exit_probit=deal("exit_probit", ("robust", "enterprise", "industry2", "information")),
        entry_probit=deal("entry_probit", ("information", "robust", "industry4", "enterprise")),
        variance=deal("variance", ("cv3", "cv1")),
        level=0.9,
        few_clusters=deal("few_clusters", (2, 20)),
    )
    return stated if deal("states_errors", (True, True, False)) else None


def with_exports(study: Study) -> Study:
    """The study of a census that knows exports: without, hardly anything is estimated."""
    census = study.census
    rules = {name: rule for name, rule in RULES.items() if "exports" in name}
    columns = {**census.columns, "exports": "exports", "enterprise_id": "enterprise_id"}
    return replace(study, census=replace(census, columns=columns, rules=rules | census.rules))


EXIT_BY = (("windows", "exporting", "quartiles"), ("all",), None, ("quartiles", "all"))
CUTS = (("industry2", None), ("industry4", "simple"), (None, "value_weighted"), (None, None))
"""Digits of the industries' cuts, and how products make an establishment's own."""
PRODUCTS_YEARS = (None, 2002, "start")
KINDS = (("home",), ("foreign", "home"), ("input", "foreign", "home"), ())


def large_cases(dealer: Dealer) -> list[Case]:
    """A large case whose establishments seldom export, and nasty ones."""
    large = Case(OTHERS + 1, frozenset({"seldom_exporters"}), LARGE, dealer.example)
    return [*case_list(dealer)[:OTHERS], large]


def cut_tables(dealer: Dealer) -> Small:
    """Tariff cuts by industry and by product, tied, negative and with holes."""
    industries, plant_cuts = dealer.deal("cuts", CUTS)
    small = replace(small_tables(dealer), product_trade=None, control_totals=None, concordance=None)
    sources = dealer.deal("input_sources", (None, "all", "partner"))
    kinds = ("home", "foreign") if sources and industries else ("home", "foreign", "input")
    cuts: list[dict[str, Any]] = []
    if industries == "industry2":
        cuts = [{"industry": f"{n:02d}", "cut": float(n % 5)} for n in range(2, OTHERS + 2)]
    if industries == "industry4":
        codes = [(n, m) for n in range(OTHERS + 2) for m in (1, 2)]
        cuts = [{"industry": f"{n:02d}{m:02d}", "cut": n * m / 7 - 1} for n, m in codes]
    if industries:
        small = replace(small, tariff_cuts=of_kinds(dealer, cuts, kinds))
    if dealer.deal("controls", (None, ("demand",))):
        small = replace(small, industry_controls=demand(dealer))
    if industries and sources:
        small = replace(small, input_output=inputs_bought(dealer, cuts))
    if plant_cuts:
        tariffs = {"a": 0.5, "b": 3.0, "c": 6.0, "d": -1 / 3}
        tariffs = [{"product": name, "cut": cut} for name, cut in tariffs.items()]
        given = [{**row, "kind": "home"} for row in tariffs]
        given += [{**row, "kind": "foreign", "cut": 4.0 - row["cut"] ** 2} for row in tariffs[1:]]
        given += [{**row, "kind": "input", "cut": 1.0 + row["cut"]} for row in tariffs[:3]]
        small = replace(small, product_tariffs=given, plant_products=plant_products(dealer))
    return small


def demand(dealer: Dealer) -> list[dict[str, Any]]:
    """A variable of most industry groups in every year, and one that no study asks for."""
    return [
        {"industry": f"{n:02d}", "year": year, "variable": name, "value": (n * year) % 7 / 3}
        for n in range(OTHERS + 2)
        for year in (2000, 2002, 2004)
        for name in ("demand", "weather")
        if n % 6
    ]


def of_kinds(
    dealer: Dealer, cuts: list[dict[str, Any]], kinds: tuple[str, ...]
) -> list[dict[str, Any]]:
    """Cuts of each kind, different ones, as cuts or as the rates that they follow from."""
    has_rates, chance = dealer.deal("has_rates", (False, True)), dealer.chance
    found = [{**row, "kind": kind} for kind in kinds for row in cuts if chance.random() < 0.95]
    for row in found:
        row["cut"] += {"home": 0.0, "foreign": chance.choice((-1.0, 0.5)), "input": 0.25}[
            row["kind"]
        ]
        if has_rates:
            cut = row.pop("cut")
            row |= {"before": 8.0 + cut, "after": 8.0, "mfn": 20.0, "preferential": 20.0 - 2 * cut}
    return found


def inputs_bought(dealer: Dealer, cuts: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """What each industry buys of some others, of which the codes may be longer, or unknown."""
    chance, codes = dealer.chance, [row["industry"] for row in cuts]
    found = []
    for code in codes:
        chosen = chance.sample(codes, 3)
        bought = [*(f"{each}{chance.choice(('', '1'))}" for each in chosen), "99"]
        found += [
            {
                "industry": code,
                "input_industry": each,
                "share": chance.choice((0.1, 0.25)),
                "partner_share": chance.choice((0.0, 0.5, 1.0)),
            }
            for each in bought
        ]
    return found


def plant_products(dealer: Dealer) -> list[dict[str, Any]]:
    """Up to three products of most establishments, some unknown, worthless or named twice."""
    chance, has_years = dealer.chance, dealer.deal("products_year", PRODUCTS_YEARS)
    ids = {row["establishment_id"] for row in census_of(large_cases(Dealer("mt", dealer.example)))}
    return [
        {
            "establishment_id": identifier,
            "product": chance.choice("abcdxy"),
            "value": chance.choice((0.0, 1.5, 20.0)),
            **({"year": chance.choice((2000, 2002, 2002))} if has_years else {}),
        }
        for identifier in sorted(each for each in ids if each and each.strip())
        for _ in range(chance.choice((0, 1, 1, 2, 3)))
    ]


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory):
    root = tmp_path_factory.mktemp("generated_melitz_trefler")
    return (root / str(number) for number in count())


def dealt(example: int) -> tuple[Study, Small, list[Case]]:
    """Study, small tables and cases of an example."""
    dealer = Dealer("mt", example)
    return estimated_study(dealer), cut_tables(dealer), large_cases(Dealer("mt", example))


def test_four_examples_have_every_value_of_every_option():
    dealers = [Dealer("mt", example) for example in range(4)]
    for dealer in dealers:
        estimated_study(dealer)
    others = [Dealer("mt", example) for example in range(4)]
    for dealer in others:
        study_dealt(dealer)
    assert [line for line in missed(dealers) if line not in missed(others)] == []


@pytest.mark.parametrize("example", range(EXAMPLES))
def test_a_run_agrees_with_the_reference_engine(engine, folders, example):
    check(engine, *dealt(example), next(folders), publish_study)


@pytest.mark.only("embedded")
@pytest.mark.parametrize("example", [EXAMPLES])
def test_little_memory_changes_nothing(engine, folders, example):
    check(engine, *dealt(example), next(folders), refine_bins)
