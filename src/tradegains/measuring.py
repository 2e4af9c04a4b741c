"""From prepared rows to the rows of every published table.

The order of the passes over the rows stands here and nowhere else: one pass matches and writes
the matched rows once; market sums, medians and distributions are each read from those.
"""

from collections import defaultdict
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, reduce
from itertools import chain
from typing import Any

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.errors import InputError, Problem
from tradegains.formulas.distribution import Distribution, IndustryScales
from tradegains.formulas.matching import SuccessorLink, resolve_successors
from tradegains.passes.regressing import REGRESSION_TABLES, regressions_of
from tradegains.preparing import flag_census, measure_rows, repair_ids, split_industries
from tradegains.progress import Progress
from tradegains.results.coverage import coverage_rows
from tradegains.results.curves import (
    curve_absences,
    elasticity_rows,
    industry_rankings,
    ranked_rows,
    start_industries,
)
from tradegains.results.decompositions import (
    decomposition_rows,
    panel_industries,
    panel_totals,
    panel_windows,
)
from tradegains.results.demography import demography_rows
from tradegains.results.distributions import (
    Medians,
    distribution_requests,
    histogram_rows,
    industry_median_rows,
    median_pools,
    medians_of_pool,
    moment_rows,
)
from tradegains.results.growth import productivity_growth_rows
from tradegains.results.industry_distributions import (
    dispersion_rows,
    industry_levels,
    industry_moment_rows,
    industry_populations,
)
from tradegains.results.intra_industry_trade import intra_industry_trade_rows
from tradegains.results.job_flows import job_flow_rows
from tradegains.results.joint_distribution import joint_rows
from tradegains.results.market import MarketCells
from tradegains.results.quality import quality_rows, refuse_stopping_rows, removing_bits
from tradegains.results.sizes import (
    SIZE_TABLES,
    Sizes,
    size_absences,
    size_fit_rows,
    size_groups,
    size_histogram_rows,
)
from tradegains.results.transitions import transition_rows
from tradegains.results.welfare import (
    market_share_rows,
    measure_markets,
    welfare_absences,
    welfare_rows,
)
from tradegains.selection.collecting import collect_in_order
from tradegains.selection.distributions import (
    MedianBase,
    Population,
    Relating,
    describe_distributions,
)
from tradegains.selection.industry_distributions import (
    IndustryAsking,
    IndustryGroup,
    describe_industries,
)
from tradegains.selection.joint_distribution import JointClasses, describe_joint
from tradegains.selection.medians import industry_medians
from tradegains.selection.moments import PowerCells, collect_power_cells
from tradegains.selection.panels import collect_panels
from tradegains.selection.quartiles import with_quartiles
from tradegains.selection.ranks import ROW_LIMIT
from tradegains.selection.regressions import Largest
from tradegains.selection.scales import industry_scales
from tradegains.selection.sizes import describe_sizes
from tradegains.sets import StudySets, employment_changes, study_sets
from tradegains.small_inputs import SmallInputs
from tradegains.study import Study
from tradegains.tables import working as w
from tradegains.transforms.cells import sum_market_cells
from tradegains.transforms.flagging import find_duplicates, flag_duplicates
from tradegains.transforms.matching import keep_part, match_establishments

MARKET_TABLES = (
    "quality",
    "demography",
    "transitions",
    "market_shares",
    "welfare",
    "welfare_curves",
    "productivity_growth",
)
TABLES_BY_IDS = ("demography", "market_shares", "welfare")
FLOW_TABLES = ("job_flows",)
DISTRIBUTION_TABLES = (
    "industry_medians",
    "moments",
    "histograms",
    "dispersion",
    "joint_distribution",
)
DECOMPOSITION_TABLES = ("decompositions",)
TRADE_TABLES = ("intra_industry_trade",)
COVERAGE_TABLES = ("coverage",)
TABLES_IN_ORDER = (
    *MARKET_TABLES,
    *FLOW_TABLES,
    *DISTRIBUTION_TABLES,
    *DECOMPOSITION_TABLES,
    *TRADE_TABLES,
    *COVERAGE_TABLES,
    *SIZE_TABLES,
    *REGRESSION_TABLES,
)

Rows = list[dict[str, Any]]
WorkFolder = Callable[[DataFrame, str], DataFrame]
"""Writes rows under a name in the run's work folder, and reads them back."""


@dataclass(frozen=True)
class Measured:
    """Rows of published tables by name, and what the study could not have, with the reason.

    A table that the study did not ask for, or that its inputs cannot give, is under `absent`
    as "table NAME" and not among `tables`.
    """

    tables: dict[str, Rows] = field(default_factory=dict)
    absent: dict[str, str] = field(default_factory=dict)

    def __or__(self, other: "Measured") -> "Measured":
        """Both together."""
        return Measured(self.tables | other.tables, self.absent | other.absent)


@dataclass(frozen=True)
class Measuring:
    """A study being measured: its choices, its sets and where its steps go."""

    study: Study
    small: SmallInputs
    sets: StudySets
    keep: WorkFolder
    progress: Progress
    row_limit: int = ROW_LIMIT
    products: DataFrame | None = None
    parts: int = 1

    @cached_property
    def splits(self) -> dict[str, dict[str, float]]:
        """Weights of the new industries of each old one that the concordance splits."""
        return split_industries(self.small.concordance)

    @cached_property
    def rules(self) -> Mapping[str, str]:
        """Action of each rule; a missing price or counterpart takes no row out by itself."""
        counted = {
            "missing_price": self.study.productivity.prices != "none",
            "no_counterpart": bool(self.small.concordance),
        }
        kept = {rule: "keep" for rule, applies in counted.items() if applies}
        return {**self.study.census.rules, **kept}


def measure(
    study: Study,
    census: DataFrame,
    small: SmallInputs,
    *,
    keep: WorkFolder,
    progress: Progress,
    wanted: Collection[str] = TABLES_IN_ORDER,
    rows_by_year: Mapping[int, int] | None = None,
    row_limit: int = ROW_LIMIT,
    products: DataFrame | None = None,
    parts: int = 1,
) -> Measured:
    """The wanted results of a study.

    Args:
        study: the research choices.
        census: rows of the study's years under contract names.
        small: the optional inputs.
        keep: keeps row-level tables in the run's work folder.
        progress: told of each step.
        wanted: names of published tables; a pass that none of them needs is left out.
        rows_by_year: rows by the files' footers, which the rows read must equal.
        row_limit: rows that may be collected to end an exact selection.
        products: products of establishments by row, where the study has them.
        parts: parts of all establishments that are matched one after the other.

    Raises:
        InputError: rows break a rule whose action is stop, or rows went missing.
    """
    run = Measuring(study, small, study_sets(study), keep, progress, row_limit, products, parts)
    flagged, matched, cells = _match(run, flag_census(study, census, small))
    quality = quality_rows(cells, run.rules, years=study.years)
    _require_every_row(quality, rows_by_year)
    refuse_stopping_rows(quality)
    _keep_quarantined(run, flagged, quality)
    found = Measured({"quality": quality})
    sizes = _describe_sizes(run, matched, wanted)
    if not set(wanted).isdisjoint(MARKET_TABLES):
        found |= _market_tables(run, cells, sizes)
        if small.successors:
            found = _with_repaired_ids(run, found, flagged, sizes)
    if not set(wanted).isdisjoint(SIZE_TABLES):
        found |= _size_tables(run, cells, sizes)
    if not set(wanted).isdisjoint(FLOW_TABLES):
        found |= _flow_tables(run, matched, cells)
    if not set(wanted).isdisjoint(DISTRIBUTION_TABLES):
        found |= _distribution_tables(run, matched, cells)
    if not set(wanted).isdisjoint(DECOMPOSITION_TABLES):
        found |= _decomposition_tables(run, matched, cells)
    if not set(wanted).isdisjoint(COVERAGE_TABLES):
        found |= _coverage_tables(run, cells)
    if not set(wanted).isdisjoint(TRADE_TABLES):
        found |= _trade_tables(run)
    if not set(wanted).isdisjoint(REGRESSION_TABLES):
        found |= _regression_tables(run, matched, cells)
    return found


def _match(run: Measuring, flagged: DataFrame) -> tuple[DataFrame, DataFrame, MarketCells]:
    """Matched rows and their sums; once more, with duplicates flagged, where there are any."""
    matched, cells = _match_once(run, flagged, "matched")
    if not cells.duplicated:
        return flagged, matched, cells
    with run.progress.step("find duplicates"):
        duplicates = run.keep(find_duplicates(flagged), "duplicates")
    flagged = flag_duplicates(flagged, duplicates, rules=run.rules)
    return flagged, *_match_once(run, flagged, "matched_without_duplicates")


def _match_once(run: Measuring, flagged: DataFrame, name: str) -> tuple[DataFrame, MarketCells]:
    with run.progress.step("match establishments") as step:
        parts = (
            run.keep(_match_part(run, keep_part(flagged, part, run.parts)), f"{name}/{part}")
            for part in range(run.parts)
        )
        matched = reduce(DataFrame.union, parts)
        cells = _market_cells(run, _sum_cells(run, matched))
        step.rows = sum(cells.rows_by_flags.values())
    return matched, cells


def _match_part(run: Measuring, flagged: DataFrame) -> DataFrame:
    return match_establishments(
        measure_rows(run.study, flagged),
        history=run.sets.history,
        memberships=run.sets.memberships,
        conditions=run.sets.conditions,
        window_industries=_industry_years(run.study),
        later=run.sets.later,
        carried=run.sets.carried,
        code_digits=run.study.census.industry_digits if run.splits else None,
    )


def _sum_cells(run: Measuring, matched: DataFrame, *keys: str) -> Rows:
    """Market cells as rows, by further keys if any."""
    industries = [w.INDUSTRY, *map(w.window_industry, _industry_years(run.study)), *keys]
    if run.splits:
        windows = map(w.window_industry, _industry_years(run.study))
        industries += map(w.parts_column, (w.INDUSTRY, *windows))
    changes = employment_changes(run.study)
    summed = collect_in_order(sum_market_cells(matched, industries=industries, changes=changes))
    rows: Rows = summed.to_pylist()
    return rows


def _market_cells(run: Measuring, rows: Rows) -> MarketCells:
    return MarketCells.of(
        rows,
        removing=removing_bits(run.rules),
        digits=run.study.census.industry_digits,
        windows=_industry_years(run.study),
        changes=employment_changes(run.study),
        splits=run.splits,
    )


def _industry_years(study: Study) -> dict[str, int]:
    """The year whose industry counts in each window or ranking, where it is not each row's own."""
    years = start_industries(study)
    if study.matching.industry_at != "own_year":
        at = study.matching.industry_at
        years |= {window.name: getattr(window, at) for window in study.windows}
    return years


def _require_every_row(quality: Rows, rows_by_year: Mapping[int, int] | None) -> None:
    read = {row["year"]: row["rows"] for row in quality if row["rule"] == "read"}
    short = [year for year, rows in (rows_by_year or {}).items() if rows != read.get(year, 0)]
    if short:
        years = ", ".join(str(year) for year in short)
        raise InputError(
            Problem(
                "the rows read are not the rows the files' footers count",
                f"the census, year {years}",
                len(short),
                "check that the files are whole and were not replaced during the run",
            )
        )


def _keep_quarantined(run: Measuring, flagged: DataFrame, quality: Rows) -> None:
    if any(row["rows"] for row in quality if row["rule"] == "quarantined"):
        with run.progress.step("keep quarantined rows") as step:
            run.keep(flagged.filter(~F.col(w.VALID)).drop(w.VALID), "quarantined")
            step.rows = sum(row["rows"] for row in quality if row["rule"] == "quarantined")


def _describe_sizes(run: Measuring, matched: DataFrame, wanted: Collection[str]) -> Sizes:
    """Log sizes of every group that one of the wanted tables compares or fits."""
    groups = size_groups(run.study, wanted)
    if not groups:
        return {}
    fits = run.study.size_fits
    with run.progress.step("describe sizes") as step:
        found = describe_sizes(
            matched,
            groups,
            bits=run.sets.memberships,
            removing=removing_bits(run.rules),
            bin_width=fits.bin_width if fits else 1.0,
            row_limit=run.row_limit,
        )
        step.rows = len(found)
    return dict(zip(groups, found, strict=True))


def _size_tables(run: Measuring, cells: MarketCells, sizes: Sizes) -> Measured:
    absent = size_absences(run.study)
    if f"table {SIZE_TABLES[0]}" in absent:
        return Measured(absent=absent)
    tables = {
        "size_fits": size_fit_rows(run.study, sizes, cells, run.sets.memberships),
        "size_histograms": size_histogram_rows(run.study, sizes),
    }
    return Measured(tables, absent)


def _with_repaired_ids(
    run: Measuring, found: Measured, flagged: DataFrame, sizes: Sizes
) -> Measured:
    """The market tables of raw ids, and below their rows those of ids repaired by successors.

    Duplicates were found among the raw ids: establishments that merge share an id from then on.
    """
    last_ids = resolve_successors(SuccessorLink(**link) for link in run.small.successors)
    repaired = repair_ids(flagged, last_ids)
    plain = replace(run.sets, later=(), carried=())
    again = replace(run, study=replace(run.study, job_flows=None), sets=plain)
    _, cells = _match_once(again, repaired, "matched_with_repaired_ids")
    tables = _market_tables(run, cells, sizes).tables
    both = {
        name: found.tables[name] + [row | {"ids": "repaired"} for row in tables[name]]
        for name in TABLES_BY_IDS
    }
    return found | Measured(both)


def _market_tables(run: Measuring, cells: MarketCells, sizes: Sizes) -> Measured:
    imports = {(row["industry"], row["year"]): row["value"] for row in run.small.imports}
    sigma = {row["industry"]: row["sigma"] for row in run.small.elasticities}
    with run.progress.step("sum markets"):
        markets = measure_markets(run.study, cells, run.sets.memberships, imports)
        welfare = welfare_rows(run.study, markets, sigma, sizes)
        tables = {
            "demography": demography_rows(run.study, cells, run.sets.memberships),
            "transitions": transition_rows(run.study, cells, run.sets.memberships),
            "market_shares": market_share_rows(markets),
            "welfare": welfare,
            "productivity_growth": productivity_growth_rows(
                run.study, cells, run.sets.memberships, run.small.prices
            ),
        }
    absent = welfare_absences(run.study, welfare) | curve_absences(run.study)
    if "table welfare_curves" not in absent:
        rows = elasticity_rows(run.study, welfare)
        rankings = industry_rankings(run.study, vars(run.small))
        tables["welfare_curves"] = rows + ranked_rows(
            run.study, cells, run.sets.memberships, imports=imports, rankings=rankings
        )
    for name in TABLES_BY_IDS:
        tables[name] = [row | {"ids": "raw"} for row in tables[name]]
    return Measured(tables, absent)


def _coverage_tables(run: Measuring, cells: MarketCells) -> Measured:
    if not run.small.control_totals:
        return Measured(absent={"table coverage": "it needs the input control_totals"})
    return Measured({"coverage": coverage_rows(run.study, cells, run.small.control_totals)})


def _regression_tables(run: Measuring, matched: DataFrame, cells: MarketCells) -> Measured:
    if run.study.regressions is None:
        reason = "the study has no [regressions]"
        return Measured(absent={f"table {name}": reason for name in REGRESSION_TABLES})
    largest = cells.largest_industry
    with run.progress.step("estimate regressions") as step:
        tables, absent = regressions_of(
            run.study,
            run.sets,
            matched,
            largest=Largest(largest.establishments, largest.employment),
            keep=run.keep,
            small=run.small,
            products=run.products,
            row_limit=run.row_limit,
        )
        step.rows = sum(map(len, tables.values()))
    return Measured(tables, absent)


def _trade_tables(run: Measuring) -> Measured:
    """Intra-industry trade, from the table of product flows alone."""
    choices, flows = run.study.intra_industry_trade, run.small.product_trade
    if choices is None or not flows:
        reason = "it needs the input product_trade and [intra_industry_trade]"
        return Measured(absent={"table intra_industry_trade": reason})
    with run.progress.step("match product flows") as step:
        rows = intra_industry_trade_rows(choices, flows)
        step.rows = len(rows)
    return Measured({"intra_industry_trade": rows})


def _flow_tables(run: Measuring, matched: DataFrame, cells: MarketCells) -> Measured:
    asked = run.study.job_flows
    if asked is None:
        return Measured(absent={"table job_flows": "the study has no section [job_flows]"})
    by_quartile: defaultdict[int | None, Rows] = defaultdict(list)
    if asked.productivity_quartiles:
        with run.progress.step("select productivity quartiles"):
            years = sorted({window.start for window in run.study.windows})
            rows = with_quartiles(matched, years, row_limit=run.row_limit)
            for row in _sum_cells(run, rows, w.QUARTILE):
                by_quartile[row[w.QUARTILE]].append(row)
    with run.progress.step("sum job flows") as step:
        groups = {quartile: _market_cells(run, rows) for quartile, rows in by_quartile.items()}
        flows = job_flow_rows(run.study, cells, groups, run.sets.memberships)
        step.rows = len(flows)
    return Measured({"job_flows": flows})


def _distribution_tables(run: Measuring, matched: DataFrame, cells: MarketCells) -> Measured:
    study = run.study
    requests = distribution_requests(study)
    pools = median_pools(study)
    described = matched.filter(F.col(w.YEAR).isin(*sorted({*chain(*pools.values())})))
    with run.progress.step("select industry medians") as step:
        medians = industry_medians(described, pools, row_limit=run.row_limit)
        step.rows = len(medians)
    powers = _collect_powers(run, described, cells)
    scales = _standardising_scales(study, powers)
    bases = tuple(dict.fromkeys(request.base for request in requests))
    with run.progress.step("describe distributions") as step:
        found = describe_distributions(
            Relating(
                described,
                [
                    MedianBase(
                        base.year,
                        medians_of_pool(medians, base.pool),
                        scales[base.pool] if base.standardised else None,
                    )
                    for base in bases
                ],
                [
                    Population(bases.index(each.base), each.inside, each.outside)
                    for each in requests
                ],
                run.sets.memberships,
                study.productivity.bin_width,
            ),
            powers,
            row_limit=run.row_limit,
        )
        step.rows = len(found)
    by_industry = _describe_industries(run, described, powers, medians)
    tables = {
        "industry_medians": industry_median_rows(study, medians, scales),
        "moments": [
            *moment_rows(study, requests, found, medians=medians, scales=scales),
            *industry_moment_rows(study, by_industry),
        ],
        "histograms": histogram_rows(study, requests, found),
    }
    if study.dispersion is None:
        dispersion = Measured(absent={"table dispersion": "the study has no section [dispersion]"})
    else:
        dispersion = Measured({"dispersion": dispersion_rows(study, by_industry)})
    return Measured(tables) | dispersion | _joint_tables(run, described, medians)


def _standardising_scales(study: Study, powers: PowerCells) -> dict[str, IndustryScales]:
    """Scales of every pool of years; none where the study does not standardise."""
    by = study.productivity.standardised_by
    if by is None:
        return {}
    return industry_scales(powers, median_pools(study), weighted=by == "employment_weighted_sd")


def _joint_tables(run: Measuring, described: DataFrame, medians: Medians) -> Measured:
    """Productivity by size: a selection of a few quantiles, then one light pass."""
    chosen, years = run.study.joint_distribution, run.study.productivity.years
    if chosen is None:
        reason = "the study has no section [joint_distribution]"
        return Measured(absent={"table joint_distribution": reason})
    classes = JointClasses(
        chosen.productivity_groups, chosen.weighting == "employment", chosen.size_edges
    )
    of_year = {year: medians_of_pool(medians, str(year)) for year in years}
    with run.progress.step("join productivity and size") as step:
        cuts, cells = describe_joint(described, of_year, classes, row_limit=run.row_limit)
        rows = joint_rows(run.study, cuts, cells)
        step.rows = len(rows)
    return Measured({"joint_distribution": rows})


def _collect_powers(run: Measuring, described: DataFrame, cells: MarketCells) -> PowerCells:
    """Power sums of log productivity, from which all moments follow."""
    largest = cells.largest_industry
    with run.progress.step("sum moments"):
        return collect_power_cells(
            described, employment=largest.employment, establishments=largest.establishments
        )


def _describe_industries(
    run: Measuring, described: DataFrame, powers: PowerCells, medians: Medians
) -> dict[IndustryGroup, Distribution]:
    levels = industry_levels(run.study)
    if not levels:
        return {}
    years = run.study.productivity.years
    asking = IndustryAsking(
        {year: medians_of_pool(medians, str(year)) for year in years},
        [(each.inside, each.outside) for each in industry_populations(run.study)],
        levels,
        run.sets.memberships,
    )
    with run.progress.step("describe industries") as step:
        found = describe_industries(described, asking, powers, row_limit=run.row_limit)
        step.rows = len(found)
    return found


def _decomposition_tables(run: Measuring, matched: DataFrame, cells: MarketCells) -> Measured:
    study = run.study
    if study.decomposition is None:
        return Measured(absent={"table decompositions": "the study has no [decomposition]"})
    with run.progress.step("decompose productivity") as step:
        panels = collect_panels(
            matched,
            panel_windows(study, run.sets),
            years=study.productivity.years,
            industries=panel_industries(study),
            totals=panel_totals(study, cells),
        )
        rows = decomposition_rows(study, panels)
        step.rows = len(rows)
    return Measured({"decompositions": rows})
