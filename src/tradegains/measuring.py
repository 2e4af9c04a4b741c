"""From prepared rows to the rows of every published table.

The order of the passes over the rows stands here and nowhere else: one pass matches and writes
the matched rows once; market sums, medians and distributions are each read from those.
"""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import replace
from itertools import chain

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.distribution import Distribution, IndustryScales
from tradegains.formulas.matching import SuccessorLink, resolve_successors
from tradegains.passes.matching import market_cells, match_census, match_once, sum_cells
from tradegains.passes.measured import Measured, Measuring, Rows, WorkFolder
from tradegains.passes.quality import quality_tables
from tradegains.passes.regressing import REGRESSION_TABLES, regressions_of
from tradegains.preparing import flag_census, repair_ids
from tradegains.progress import Progress
from tradegains.results.coverage import coverage_rows
from tradegains.results.curves import (
    curve_absences,
    elasticity_rows,
    industry_rankings,
    ranked_rows,
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
from tradegains.sets import study_sets
from tradegains.small_inputs import SmallInputs
from tradegains.study import Study
from tradegains.tables import working as w

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
    run = Measuring(
        study,
        small,
        study_sets(study),
        frozenset(wanted),
        keep,
        progress,
        row_limit,
        products,
        parts,
    )
    census_matched = match_census(run, flag_census(study, census, small))
    found = quality_tables(run, census_matched, rows_by_year)
    flagged, matched, cells = census_matched.flagged, census_matched.rows, census_matched.cells
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
            removing=run.removing,
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
    cells = match_once(again, repaired, "matched_with_repaired_ids").cells
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
            for row in sum_cells(run, rows, w.QUARTILE):
                by_quartile[row[w.QUARTILE]].append(row)
    with run.progress.step("sum job flows") as step:
        groups = {quartile: market_cells(run, rows) for quartile, rows in by_quartile.items()}
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
