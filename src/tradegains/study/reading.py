"""Read a study file: all of its problems in one error, or a `Study` without open choices."""

import logging
import math
import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import fields, replace
from pathlib import Path
from typing import Any

from tradegains.errors import Problem, StudyError
from tradegains.formulas.fixed_point import COARSEST_DECIMALS, FINEST_DECIMALS
from tradegains.study import model
from tradegains.study.agreement import check_agreement
from tradegains.study.earlier import with_earlier_meaning
from tradegains.study.fields import (
    FLAG,
    NAME,
    RESULT,
    TEXT,
    YEAR,
    Findings,
    TomlTable,
    ValueKind,
    list_of,
    nearest,
    number,
    one_of,
    whole,
)
from tradegains.study.model import (
    LARGEST_ELASTICITY,
    SMALLEST_ELASTICITY,
    AccountingComponent,
    Census,
    Comparisons,
    Curves,
    Decomposition,
    Dispersion,
    Inputs,
    IntraIndustryTrade,
    JobFlows,
    JointDistribution,
    Matching,
    MeasurementError,
    MelitzRedding,
    Population,
    Productivity,
    RegressionErrors,
    Regressions,
    Report,
    Restriction,
    SizeFits,
    Study,
    TariffEffects,
    Tariffs,
    Trade,
    Uncertainty,
    Welfare,
    Window,
)

log = logging.getLogger("tradegains")

TODO = "TODO:"
"""What marks a choice in a study file that somebody still has to make."""
_URI = re.compile(r"[A-Za-z][A-Za-z0-9+.-]+://")
_INPUT_NAMES = tuple(field.name for field in fields(Inputs))
_COLUMN_OF_RULE = {
    "invalid_exports": "exports",
    "missing_exports": "exports",
    "exports_above_sales": "exports",
    "invalid_value_added": "value_added",
}
_MOST_BUCKETS = 100_000  # Spark refuses more, unless it is told otherwise
# A kept row without an id or with a second copy would be matched or counted twice.
_ACTIONS_OF_RULE = {
    "missing_id": ("stop", "quarantine"),
    "duplicate": ("stop", "quarantine"),
    "nonpositive_value_added": ("keep",),
}


def _year_or_start(value: object) -> int | str | None:
    return value if value == model.START and isinstance(value, str) else YEAR.read(value)


_PRODUCTS_YEAR: ValueKind[int | str] = ValueKind(
    'a year, or "start": the first year of each window', _year_or_start, 0
)
_ELASTICITY = number(least=SMALLEST_ELASTICITY, most=LARGEST_ELASTICITY)


LATEST = "latest"
"""What a study file may say for the newest year that the census has."""
Newest = Callable[[str, str], int]


def read_study(
    path: str | Path,
    overrides: Mapping[str, str] | None = None,
    *,
    newest: Newest | None = None,
) -> Study:
    """Read and check a study file.

    Paths under `[inputs]` are relative to the file; `overrides` (name to path) replace or add
    inputs and are relative to the working directory.

    Args:
        path: The study file (TOML).
        overrides: Input paths by name, as `--input NAME=PATH` gives them.
        newest: Tells a census's newest year, given its path and the name of its year; None: a
            study that says `latest` is refused.

    Returns:
        The study, every choice stated.

    Raises:
        StudyError: Every problem of the file in one message: place, cause and cure.
    """
    path = Path(path)
    text = _read_text(path)
    findings = Findings(str(path), text)
    document = _parse(text, path)
    root = TomlTable(document, "", findings)
    inputs = _read_inputs(root, path, overrides or {})
    if newest is not None:
        _name_latest(document, inputs.census, newest)
    study = replace(_read_sections(root, inputs), todo=text.count(TODO))
    study, told = with_earlier_meaning(study)
    findings.close_tables()
    check_agreement(study, findings)
    findings.raise_if_any()
    for line in told:
        log.warning("%s", line)
    return study


def _name_latest(document: dict[str, Any], census: str, newest: Newest) -> None:
    """Put the newest year of the census where a window's end or a year says `latest`."""
    windows = document.get("windows")
    ends = [each for each in windows if isinstance(each, dict)] if isinstance(windows, list) else []
    table = document.get("productivity")
    years = table.get("years") if isinstance(table, dict) else None
    listed = years if isinstance(years, list) else []
    if LATEST not in [*(each.get("end") for each in ends), *listed]:
        return
    columns = document.get("census", {}).get("columns", {})
    column = columns.get("year", "year") if isinstance(columns, dict) else "year"
    year = newest(census, str(column))
    for each in ends:
        if each.get("end") == LATEST:
            each["end"] = year
    listed[:] = [year if each == LATEST else each for each in listed]


def _read_text(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        cure = "check the path; `tradegains init --census DIR` writes a first study file"
        raise StudyError(Problem("the study file does not exist", str(path), cure=cure)) from None
    except UnicodeDecodeError:
        cure = "save the file as UTF-8"
        raise StudyError(
            Problem("the study file is not UTF-8 text", str(path), cure=cure)
        ) from None
    except OSError as error:
        problem = Problem(
            f"the study file cannot be read ({error.strerror})",
            str(path),
            cure="give the path of a readable TOML file",
        )
        raise StudyError(problem) from None


def _parse(text: str, path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        problem = Problem(
            f"the study file is not valid TOML: {error}",
            str(path),
            cure="at that place: texts need quotes, lists brackets, sections a line [name]",
        )
        raise StudyError(problem) from None


def _read_inputs(root: TomlTable, path: Path, overrides: Mapping[str, str]) -> Inputs:
    table = root.section("inputs", required=False)
    found: dict[str, str | None] = {}
    for name in _INPUT_NAMES:
        value = table.nothing_or(name, TEXT)
        found[name] = _resolved(value, path.parent) if value else None
    for name, value in overrides.items():
        if name in _INPUT_NAMES and value:
            found[name] = _resolved(value, Path.cwd())
        else:
            _report_override(name, value, root.findings)
    if not found["census"]:
        what = "the study names no census"
        cure = "give --input census=DIR, or census under [inputs]"
        root.findings.add("inputs", what, cure)
    return Inputs(census=found.pop("census") or "", **found)


def _resolved(value: str, base: Path) -> str:
    if _URI.match(value):
        return value
    place = Path(value)
    try:
        place = place.expanduser()
    except RuntimeError:  # no such user: the name itself begins with ~
        place = Path(value)
    return str((base / place).resolve())


def _report_override(name: str, value: str, findings: Findings) -> None:
    guess = nearest(name, _INPUT_NAMES)
    cure = f"did you mean {guess}? " if guess and guess != name else ""
    cure += "write NAME=PATH, NAME one of " + ", ".join(_INPUT_NAMES)
    what = f"{name!r} is not the name of an input" if value else f"input {name} has no path"
    findings.add_elsewhere(Problem(what, f"--input {name}={value}", cure=cure))


def _read_sections(root: TomlTable, inputs: Inputs) -> Study:
    about = root.section("study", required=True)
    windows = tuple(_read_window(table) for table in root.sections("windows", at_least=1))
    productivity = _read_productivity(root.section("productivity", required=True))
    return Study(
        name=about.required("name", NAME),
        title=about.required("title", TEXT),
        source=about.required("source", TEXT),
        publication=about.nothing_or("publication", TEXT),
        synthetic=about.optional("synthetic", FLAG, False),
        draft=about.optional("draft", FLAG, False),
        inputs=inputs,
        census=_read_census(root.section("census", required=True)),
        windows=windows,
        matching=_read_matching(root.section("matching", required=True)),
        productivity=productivity,
        populations=tuple(
            Population(*_read_predicate(table))
            for table in root.sections("populations", at_least=0)
        ),
        trade=Trade(
            root.section("trade", required=True).required(
                "imports", list_of(one_of(model.IMPORTS), at_least=0)
            )
        ),
        tariffs=_read_tariffs(root.section("tariffs", required=False)),
        welfare=_read_welfare(root.section("welfare", required=True)),
        restrictions=tuple(
            Restriction(
                *_read_predicate(table), table.optional("at", one_of(model.RESTRICTED_AT), "start")
            )
            for table in root.sections("restrictions", at_least=0)
        ),
        report=_read_report(root.section("report", required=False), productivity, windows),
        decomposition=_read_decomposition(root.section_if_given("decomposition")),
        dispersion=_read_dispersion(root.section_if_given("dispersion")),
        joint_distribution=_read_joint_distribution(root.section_if_given("joint_distribution")),
        size_fits=_read_size_fits(root.section_if_given("size_fits")),
        job_flows=_read_job_flows(root.section_if_given("job_flows")),
        intra_industry_trade=_read_intra_industry_trade(
            root.section_if_given("intra_industry_trade")
        ),
        regressions=_read_regressions(root.section_if_given("regressions")),
        tariff_effects=_read_tariff_effects(root.section_if_given("tariff_effects")),
        accounting=tuple(
            _read_component(table) for table in root.sections("accounting", at_least=0)
        ),
        uncertainty=_read_uncertainty(root.section_if_given("uncertainty")),
    )


def _read_census(table: TomlTable) -> Census:
    columns = _read_columns(table.section("columns", required=True))
    return Census(
        columns=columns,
        extra_columns=table.optional("extra_columns", list_of(TEXT, at_least=0), ()),
        money_unit=table.required("money_unit", TEXT),
        industry_digits=table.required("industry_digits", whole(1, 12)),
        industry_group_digits=table.required("industry_group_digits", whole(1, 12)),
        rules=_read_rules(table.section("rules", required=True), columns),
        buckets=table.nothing_or("buckets", whole(1, _MOST_BUCKETS)),
        money_decimals=table.nothing_or(
            "money_decimals", whole(COARSEST_DECIMALS, FINEST_DECIMALS)
        ),
        flags_as_amounts=table.nothing_or(
            "flags_as_amounts", list_of(one_of(model.AMOUNTS), at_least=1)
        ),
    )


def _read_columns(table: TomlTable) -> dict[str, str]:
    columns = {name: table.required(name, TEXT) for name in model.REQUIRED_COLUMNS}
    for name in model.OPTIONAL_COLUMNS:
        if (column := table.nothing_or(name, TEXT)) is not None:
            columns[name] = column
    return columns


def _read_rules(table: TomlTable, columns: Mapping[str, str]) -> dict[str, str]:
    """Actions of the rules that apply; a rule of a column the census lacks may stay, unused.

    `nonpositive_value_added` always applies and always keeps: it takes rows out of productivity
    only, whichever numerator and denominator that has. Exports that are missing stop a run that
    does not say what becomes of them: they are unknown, not nothing.
    """
    rules: dict[str, str] = {}
    for rule in model.RULES:
        kind = one_of(_ACTIONS_OF_RULE.get(rule, model.ACTIONS))
        applies = _COLUMN_OF_RULE.get(rule, "sales") in columns
        if rule == "nonpositive_value_added":
            action: str | None = table.optional(rule, kind, "keep")
        elif rule == "missing_exports":
            action = table.optional(rule, kind, "stop")
        elif applies:
            action = table.required(rule, kind)
        else:
            action = table.nothing_or(rule, kind)
        if applies and action:
            rules[rule] = action
    return rules


def _read_window(table: TomlTable) -> Window:
    return Window(
        name=table.required("name", NAME),
        start=table.required("start", YEAR),
        end=table.required("end", YEAR),
        scale_to_years=table.nothing_or("scale_to_years", number(above=0)),
    )


def _read_matching(table: TomlTable) -> Matching:
    return Matching(
        continuing=table.required(
            "continuing", list_of(one_of(model.CONTINUING_RULES), at_least=1)
        ),
        industry_at=table.required("industry_at", one_of(model.INDUSTRY_AT)),
        annual=table.required("annual", FLAG),
        reactivation_years=table.optional("reactivation_years", whole(0, 10), 0),
        panel_years=_ascending(table.optional("panel_years", list_of(YEAR, at_least=0), ())),
    )


def _read_productivity(table: TomlTable) -> Productivity:
    return Productivity(
        numerator=table.required("numerator", one_of(model.NUMERATORS)),
        denominator=table.required("denominator", one_of(model.DENOMINATORS)),
        prices=table.required("prices", one_of(model.PRICES)),
        median_base=table.required("median_base", list_of(one_of(model.MEDIAN_BASES), at_least=1)),
        bin_width=table.required("bin_width", number(above=0, most=5)),
        years=_ascending(table.required("years", list_of(YEAR, at_least=1))),
        levels=table.optional("levels", list_of(one_of(model.LEVELS), at_least=1), ("total",)),
        standardised_by=table.nothing_or("standardised_by", one_of(model.STANDARDISED_BY)),
        unpriced=table.nothing_or("unpriced", one_of(model.UNPRICED)),
        entry_rates=table.nothing_or("entry_rates", list_of(NAME, at_least=1)),
    )


def _read_decomposition(table: TomlTable | None) -> Decomposition | None:
    if table is None:
        return None
    return Decomposition(
        windows=table.required("windows", list_of(NAME, at_least=1)),
        shares=table.required("shares", list_of(one_of(model.DECOMPOSITION_SHARES), at_least=1)),
        methods=table.required("methods", list_of(one_of(model.DECOMPOSITION_METHODS), at_least=1)),
        levels=table.optional("levels", list_of(one_of(model.LEVELS), at_least=1), ("total",)),
        groups=table.nothing_or("groups", list_of(one_of(model.DECOMPOSITION_GROUPS), at_least=1)),
    )


def _read_dispersion(table: TomlTable | None) -> Dispersion | None:
    return None if table is None else Dispersion(table.required("n_min", whole(1, 10**9)))


def _read_joint_distribution(table: TomlTable | None) -> JointDistribution | None:
    if table is None:
        return None
    return JointDistribution(
        size_edges=table.required("size_edges", list_of(number(above=0), at_least=1)),
        productivity_groups=table.required("productivity_groups", whole(2, 100)),
        weighting=table.required("weighting", one_of(model.WEIGHTINGS)),
    )


def _read_job_flows(table: TomlTable | None) -> JobFlows | None:
    return None if table is None else JobFlows(table.required("productivity_quartiles", FLAG))


def _read_regressions(table: TomlTable | None) -> Regressions | None:
    if table is None:
        return None
    names, effects = list_of(NAME, at_least=0), one_of(model.EFFECTS)
    controls = list_of(one_of(model.CONTROLS), at_least=0)
    kinds = list_of(one_of(model.TARIFF_KINDS), at_least=0)
    return Regressions(
        premium_years=_ascending(table.required("premium_years", list_of(YEAR, at_least=0))),
        exit_windows=table.required("exit_windows", names),
        exit_effects=table.required("exit_effects", effects),
        entry_windows=table.required("entry_windows", names),
        entry_effects=table.required("entry_effects", effects),
        entry_controls=table.required("entry_controls", controls),
        growth_effects=table.required("growth_effects", effects),
        growth_controls=table.required("growth_controls", controls),
        growth_clusters=table.required("growth_clusters", one_of(model.CLUSTERS)),
        plant_cuts=table.nothing_or("plant_cuts", one_of(model.PLANT_CUTS)),
        adoptions=table.optional("adoptions", list_of(TEXT, at_least=0), ()),
        without_products=table.nothing_or("without_products", one_of(model.WITHOUT_PRODUCTS)),
        products_year=table.nothing_or("products_year", _PRODUCTS_YEAR),
        exit_cuts=table.nothing_or("exit_cuts", kinds),
        entry_cuts=table.nothing_or("entry_cuts", kinds),
        growth_cuts=table.nothing_or("growth_cuts", kinds),
        history_from=_ascending(table.optional("history_from", list_of(YEAR, at_least=0), ())),
        errors=_read_regression_errors(table.section_if_given("errors")),
        exit_controls=table.nothing_or(
            "exit_controls", list_of(one_of((model.EARLIER_GROWTH,)), at_least=0)
        ),
        trend_window=table.nothing_or("trend_window", NAME),
    )


def _read_regression_errors(table: TomlTable | None) -> RegressionErrors | None:
    if table is None:
        return None
    probit = one_of(model.PROBIT_ERRORS)
    return RegressionErrors(
        premium=table.required("premium", one_of(model.PREMIUM_ERRORS)),
        exit_linear=table.required("exit_linear", one_of(model.EXIT_ERRORS)),
        exit_probit=table.required("exit_probit", probit),
        entry_probit=table.required("entry_probit", probit),
        variance=table.required("variance", one_of(model.CLUSTER_VARIANCES)),
        level=table.required("level", number(least=0.5, most=0.999)),
        few_clusters=table.required("few_clusters", whole(2, 10**6)),
    )


def _read_tariff_effects(table: TomlTable | None) -> TariffEffects | None:
    if table is None:
        return None
    return TariffEffects(
        before=table.required("before", NAME),
        after=table.required("after", NAME),
        kinds=table.required("kinds", list_of(one_of(model.TARIFF_KINDS), at_least=1)),
        industry_weights=table.required("industry_weights", one_of(model.INDUSTRY_WEIGHTS)),
        clusters=table.required("clusters", one_of(model.EFFECT_CLUSTERS)),
        outcomes=table.nothing_or("outcomes", list_of(one_of(model.INDUSTRY_OUTCOMES), at_least=1)),
        deepest=table.nothing_or("deepest", number(above=0, most=math.nextafter(1.0, 0.0))),
        industry_controls=table.nothing_or("industry_controls", list_of(NAME, at_least=1)),
        exit_by=table.nothing_or("exit_by", list_of(one_of(model.EXIT_BY), at_least=1)),
        industry_errors=table.nothing_or("industry_errors", one_of(model.INDUSTRY_ERRORS)),
    )


def _read_tariffs(table: TomlTable) -> Tariffs:
    return Tariffs(
        leave_out=table.optional("leave_out", list_of(TEXT, at_least=0), ()),
        measure=table.nothing_or("measure", one_of(model.CUT_MEASURES)),
        change=table.nothing_or("change", one_of(model.CUT_CHANGES)),
        per=table.nothing_or("per", one_of(model.CUT_PERIODS)),
        product_kind=table.nothing_or("product_kind", one_of(model.TARIFF_KINDS)),
        input_sources=table.nothing_or("input_sources", one_of(model.INPUT_SOURCES)),
    )


def _read_intra_industry_trade(table: TomlTable | None) -> IntraIndustryTrade | None:
    if table is None:
        return None
    return IntraIndustryTrade(
        levels=table.required("levels", list_of(whole(1, 12), at_least=1)),
        matched=table.required("matched", list_of(one_of(model.MATCHED_FLOWS), at_least=1)),
        reporter=table.nothing_or("reporter", TEXT),
    )


def _read_component(table: TomlTable) -> AccountingComponent:
    return AccountingComponent(
        name=table.required("name", TEXT),
        source=table.required("source", TEXT),
        effect=table.nothing_or("effect", number(above=-math.inf)),
        effect_from=table.nothing_or("effect_from", RESULT),
        share=table.nothing_or("share", number(above=0, most=1)),
        share_from=table.nothing_or("share_from", RESULT),
        group=table.nothing_or("group", TEXT),
        published=table.nothing_or("published", TEXT),
    )


def _read_predicate(table: TomlTable) -> tuple[str, str, str]:
    name = table.required("name", NAME)
    return name, table.required("where", TEXT), table.required("title", TEXT)


def _read_welfare(table: TomlTable) -> Welfare:
    difference = table.nothing_or("difference", list_of(NAME, at_least=2))
    if difference is not None and len(difference) > 2:
        table.problem(
            "difference",
            f"{table.label('difference')} names {len(difference)} windows",
            "name two: the later window, then the one subtracted from it",
        )
    return Welfare(
        windows=table.required("windows", list_of(NAME, at_least=1)),
        difference=(difference[0], difference[1]) if difference else None,
        sigma=table.required(
            "sigma", number(least=1 + SMALLEST_ELASTICITY, most=1 + LARGEST_ELASTICITY)
        ),
        trade_elasticity=table.required("trade_elasticity", _ELASTICITY),
        levels=table.required("levels", list_of(one_of(model.WELFARE_LEVELS), at_least=1)),
        expenditure_share=table.nothing_or("expenditure_share", number(above=0, most=1)),
        value_added_share=table.nothing_or("value_added_share", number(above=0, most=1)),
        melitz_redding=_read_melitz_redding(table.section_if_given("melitz_redding")),
        curves=_read_curves(table.section_if_given("curves")),
        comparisons=_read_comparisons(table.section_if_given("comparisons")),
    )


def _read_melitz_redding(table: TomlTable | None) -> MelitzRedding | None:
    if table is None:
        return None
    share = number(above=0, most=math.nextafter(1.0, 0.0))
    return MelitzRedding(
        distributions=table.required(
            "distributions", list_of(one_of(model.SIZE_DISTRIBUTIONS), at_least=1)
        ),
        cutoff_percentile=table.required("cutoff_percentile", share),
        entry_change=table.nothing_or("entry_change", number(above=-math.inf)),
        entry_counts=table.nothing_or("entry_counts", one_of(model.ENTRY_COUNTS)),
        upper_percentile=table.nothing_or("upper_percentile", share),
        tail_percentile=table.nothing_or("tail_percentile", share),
        percentiles=table.nothing_or("percentiles", list_of(share, at_least=3)),
    )


def _read_curves(table: TomlTable | None) -> Curves | None:
    if table is None:
        return None
    return Curves(
        rank_by=table.required("rank_by", list_of(NAME, at_least=0)),
        elasticity_from=table.required("elasticity_from", _ELASTICITY),
        elasticity_to=table.required("elasticity_to", _ELASTICITY),
        elasticity_step=table.required("elasticity_step", number(above=0)),
        published_elasticities=table.required("published_elasticities", FLAG),
    )


def _read_comparisons(table: TomlTable | None) -> Comparisons | None:
    if table is None:
        return None
    return Comparisons(
        balanced_within=table.required("balanced_within", number(above=0)),
        cutoff_percentile=table.required(
            "cutoff_percentile", number(above=0, most=math.nextafter(1.0, 0.0))
        ),
    )


def _read_size_fits(table: TomlTable | None) -> SizeFits | None:
    if table is None:
        return None
    return SizeFits(
        year=table.required("year", YEAR),
        window=table.required("window", NAME),
        bin_width=table.required("bin_width", number(above=0, most=5)),
        percentiles=table.nothing_or(
            "percentiles", list_of(number(above=0, most=math.nextafter(1.0, 0.0)), at_least=3)
        ),
        weighting=table.nothing_or("weighting", one_of(model.WEIGHTINGS)),
    )


def _read_uncertainty(table: TomlTable | None) -> Uncertainty | None:
    if table is None:
        return None
    stated = table.section_if_given("measurement_error")
    return Uncertainty(
        groups=table.required("groups", whole(*model.REPLICATE_GROUPS)),
        level=table.required("level", number(least=0.5, most=0.999)),
        unit=table.required("unit", one_of(model.UNITS)),
        salt=table.required("salt", TEXT),
        most_undefined=table.required("most_undefined", number(least=0, most=0.5)),
        measurement_error=None if stated is None else _read_measurement_error(stated),
    )


def _read_measurement_error(table: TomlTable) -> MeasurementError:
    return MeasurementError(
        imports=table.required("imports", number(least=0, most=1)),
        domestic_sales=table.required("domestic_sales", number(least=0, most=1)),
    )


def _read_report(
    table: TomlTable, productivity: Productivity, windows: tuple[Window, ...]
) -> Report:
    years = table.optional("figure_years", list_of(YEAR, at_least=1), productivity.years)
    names = tuple(window.name for window in windows)
    return Report(
        figure_years=_ascending(years),
        figure_windows=table.optional("figure_windows", list_of(NAME, at_least=0), names),
        headline_window=table.nothing_or("headline_window", NAME),
        years_base=table.nothing_or("years_base", one_of(model.MEDIAN_BASES)),
        groups_base=table.nothing_or("groups_base", one_of(model.MEDIAN_BASES)),
    )


def _ascending(years: tuple[int, ...]) -> tuple[int, ...]:
    return tuple(sorted(years))
