"""The whole study on a list of rows: the same tables a run publishes, without `run_id`."""

from collections.abc import Iterable
from dataclasses import replace
from typing import Any

from reference.coverage import list_coverage
from reference.curves import codes_seen, list_curves
from reference.decompositions import list_decomposition_groups, list_decompositions
from reference.distribution_errors import dispersion_with_errors, moments_with_errors
from reference.distributions import (
    Prices,
    Productivity,
    distributions,
    industry_distributions,
    list_bins,
    list_dispersion,
    list_entry_rates,
    list_medians,
    list_moments,
)
from reference.growth import list_growth
from reference.influence import list_influence, list_slopes
from reference.joint_distribution import list_joint_distribution
from reference.matching import count_demography, list_job_flows, list_transitions, rates_of
from reference.regressions import list_regressions, list_starters, regressing
from reference.replicates import add_errors, groups_of, units_of
from reference.resolution import with_decimals
from reference.rows import Raw, Row, as_text, read_rows, under_new_codes
from reference.sizes import fits_with_errors, list_fits, list_size_bins
from reference.successors import with_last_ids
from reference.tariff_effects import list_tariff_effects
from reference.trade import list_intra_industry_trade
from reference.welfare import (
    Small,
    list_comparisons,
    list_market_shares,
    list_welfare,
    with_own_elasticities,
)
from tradegains.tables.published import TABLES

Tables = dict[str, list[dict[str, Any]]]


def measure(raws: Iterable[Raw], study: Any, small: Small | None = None) -> Tables:
    """Every published table of a study, from rows with the contract's columns.

    Args:
        raws: rows as the census holds them, columns already under their contract names.
        study: the study (`tradegains.study.Study`).
        small: the optional small tables.

    Returns:
        Rows of `quality`, `demography`, `industry_medians`, `moments`, `histograms`,
        `market_shares` and `welfare`, with the columns of `tradegains.tables.published`.
    """
    small = with_own_elasticities(small or Small())
    if small.concordance:
        study = replace(study, inputs=replace(study.inputs, concordance="given"))
        raws = under_new_codes(raws, study, small.concordance)
    prices = Prices(study, small.prices or ())

    def priced(raw: Raw) -> bool:
        code = as_text(raw.get("industry"), study.census.industry_digits)
        return prices.log(raw["year"], code) is not None

    raws = list(raws)
    study = with_decimals(raws, study)
    census = read_rows(raws, study, priced)
    productivity = Productivity(census.rows, prices)
    measured = list(distributions(census.rows, study, productivity))
    described = [*measured, *industry_distributions(census.rows, study, productivity)]
    found = {
        "quality": census.quality,
        "coverage": list_coverage(census.rows, study, small.control_totals),
        "transitions": list_transitions(census.rows, study),
        "job_flows": list_job_flows(census.rows, study, productivity.quartiles()),
        "industry_medians": list_medians(productivity, study),
        "moments": [row for found in described for row in list_moments(found, study)],
        "joint_distribution": list_joint_distribution(census.rows, study, productivity),
        "dispersion": list_dispersion(census.rows, study, productivity),
        "histograms": [row for found in measured for row in list_bins(found, study)],
        "entry_rates": list_entry_rates(census.rows, study, productivity),
        "decompositions": list_decompositions(census.rows, study, productivity),
        "intra_industry_trade": list_intra_industry_trade(study, small.product_trade),
    }
    found["decomposition_groups"] = list_decomposition_groups(
        census.rows, study, productivity, found["decompositions"]
    )
    found["productivity_growth"] = list_growth(census.rows, study, prices)
    found["size_fits"] = list_fits(census.rows, study)
    found["size_histograms"] = list_size_bins(census.rows, study)
    found |= list_regressions(census.rows, study, productivity, small)
    run = regressing(census.rows, study, productivity, small)
    found["tariff_effects"] = list_tariff_effects(run, found, prices) if run else []
    found |= by_ids(census.rows, study, small)
    raw = [row for row in found["welfare"] if row["ids"] == "raw"]
    found["welfare_curves"] = list_curves(census.rows, raw, study, small)
    shares = [row for row in found["market_shares"] if row["ids"] == "raw"]
    found["welfare_comparisons"] = list_comparisons(census.rows, shares, raw, study)
    if study.uncertainty:
        found["influence"] = list_influence(census.rows, study, small)
        found["industry_slopes"] = list_slopes(census.rows, study, small)
        drawn = groups_of(units_of(census.rows, study), study.uncertainty.groups)
        groups = [ids for ids, _ in drawn]
        found["moments"] = moments_with_errors(found["moments"], described, study, groups)
        found["dispersion"] = dispersion_with_errors(
            found["dispersion"], productivity, study, groups
        )
        found |= uncertain_tables(found, census.rows, study, small, productivity)
    return {name: [in_order(name, row) for row in rows] for name, rows in found.items()}


def uncertain_tables(
    found: Tables, rows: list[Row], study: Any, small: Small, productivity: Productivity
) -> Tables:
    """The tables that have standard errors, of raw ids and of repaired ones."""
    plain = replace(study, welfare=replace(study.welfare, melitz_redding=None))
    seen = codes_seen(rows, study)
    quartiles = productivity.quartiles()

    def again(left: list[Row], scaled: Small) -> Tables:
        unlinked = replace(scaled, successors=None)
        tables = by_ids(left, plain, unlinked)
        tables["demography"] = rates_of(of_ids("raw", "demography"), left, study)
        tables["productivity_growth"] = list_growth(left, study, productivity.prices)
        tables["welfare_curves"] = list_curves(left, tables["welfare"], study, scaled, seen)
        tables["export_entry"] = list_starters(rows, study, productivity, small, left)
        tables["job_flows"] = list_job_flows(left, study, quartiles)
        tables["decompositions"] = list_decompositions(left, study, productivity)
        tables["entry_rates"] = list_entry_rates(left, study, productivity)
        return tables

    def by_repaired(left: list[Row], scaled: Small) -> Tables:
        made = again(left, scaled)
        made["demography"] = rates_of(of_ids("repaired", "demography"), left, study)
        return {name: [{**row, "ids": "repaired"} for row in made[name]] for name in names[:3]}

    def of_ids(ids: str, name: str) -> list[dict[str, Any]]:
        return [row for row in found[name] if row.get("ids", ids) == ids]

    names = ("market_shares", "welfare", "demography", "productivity_growth", "welfare_curves",
             "decompositions", "job_flows", "export_entry", "entry_rates")  # fmt: skip
    raw = {name: of_ids("raw", name) for name in names}
    errors = add_errors(raw, rows, study, small, again=again)
    if found["size_fits"]:
        drawn = groups_of(units_of(rows, study), study.uncertainty.groups)
        groups = [ids for ids, _ in drawn]
        errors["size_fits"] = fits_with_errors(found["size_fits"], rows, study, groups)
    if small.successors:
        linked = {name: of_ids("repaired", name) for name in names[:3]}
        repaired = with_last_ids(rows, small.successors)
        more = add_errors(linked, repaired, study, small, again=by_repaired)
        errors |= {name: [*errors[name], *more[name]] for name in more}
    return errors


def by_ids(rows: list[Row], study: Any, small: Small) -> Tables:
    """Demography, market shares and welfare with the ids of the census and with repaired ones."""
    found: Tables = {"demography": [], "market_shares": [], "welfare": []}
    ids = {"raw": rows}
    if small.successors:
        ids["repaired"] = with_last_ids(rows, small.successors)
    for name, matched in ids.items():
        shares = list_market_shares(matched, study, small)
        tables = {
            "demography": count_demography(matched, study),
            "market_shares": shares,
            "welfare": list_welfare(shares, study, small, matched),
        }
        for table, counted in tables.items():
            found[table] += [{**row, "ids": name} for row in counted]
    return found


def in_order(table: str, row: dict[str, Any]) -> dict[str, Any]:
    """The row with exactly the table's columns, in their order."""
    sometimes = TABLES[table].sometimes - row.keys()
    names = [name for name in TABLES[table].names if name != "run_id" and name not in sometimes]
    if set(names) != set(row):
        raise KeyError(f"{table}: {sorted(set(names) ^ set(row))}")
    return {name: row[name] for name in names}
