"""Distributions of relative productivity: industry medians, moments, quantiles and histograms."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.families.context import (
    ComputedTables,
    MatchedCensus,
    Rows,
    RunContext,
    RunEvidence,
)
from tradegains.families.drawn_groups import with_drawn_groups
from tradegains.families.industry_distributions import (
    describe_wanted_industries,
    dispersion_tables,
)
from tradegains.families.joint_distribution import joint_tables
from tradegains.formulas.distribution import Distribution, IndustryScales
from tradegains.results.distributions import (
    Base,
    Medians,
    Request,
    distribution_requests,
    histogram_rows,
    industry_median_rows,
    median_pools,
    medians_of_pool,
    moment_rows,
)
from tradegains.results.entry_rates import entry_rate_requests, entry_rate_rows
from tradegains.results.industry_distributions import industry_moment_rows
from tradegains.results.market import Amounts
from tradegains.statistics.collecting import Once, compute_both
from tradegains.statistics.distributions import (
    BasePopulation,
    DescribedPopulations,
    DistributionTask,
    MedianBase,
    describe_distributions,
)
from tradegains.statistics.held_rows import HeldRows
from tradegains.statistics.medians import Years, industry_medians
from tradegains.statistics.moments import PowerCells, collect_power_cells
from tradegains.statistics.replicated import DrawnGroups
from tradegains.statistics.scales import industry_scales
from tradegains.study import Study
from tradegains.tables import working as w

MEDIANS = "select industry medians"
LIMITS_HELD = 2
"""Rows of the years described that are held, in the limit of rows that end a search: 80 MB."""

BINS = "bins"
"""Evidence of histograms, by median base."""


def distribution_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of the distribution tables; of industries and by size where the study asks for them."""
    study, pools = context.study, median_pools(context.study)
    described = matched.rows.filter(F.col(w.YEAR).isin(*sorted({*chain(*pools.values())})))
    grouped, drawn = with_drawn_groups(context, matched, described)
    # Neither needs the other, and both leave cores idle: a twentieth of a run of 30M rows.
    with context.progress.step(MEDIANS) as step:
        medians, powers = compute_both(
            partial(_select_medians, context, described, pools),
            partial(_collect_powers, context, described, matched.cells.largest_industry),
        )
        step.rows = len(medians)
    scales = _standardising_scales(study, powers)
    requests, of_entry = distribution_requests(study), entry_rate_requests(study)
    task = _distribution_task(
        context, grouped, [*requests, *of_entry], medians=medians, scales=scales
    )
    held = _held_rows(context, matched, grouped, drawn)
    of_industries = partial(describe_wanted_industries, context, grouped, powers, medians)
    told, by_industry = compute_both(
        partial(_describe_populations, context, replace(task, drawn=drawn, held=held), powers),
        partial(of_industries, drawn=drawn, held=held),
    )
    found = told.distributions
    found, entering = found[: len(requests)], found[len(requests) :]
    moments = moment_rows(study, requests, found, medians=medians, scales=scales)
    moments += industry_moment_rows(study, by_industry)
    if drawn is not None:
        from tradegains.results.distribution_errors import (
            industry_replicated,
            moment_rows_with_errors,
            replicated,
        )

        without = [*replicated(found), *industry_replicated(study, by_industry)]
        moments = moment_rows_with_errors(study, moments, without)
    tables = {
        "industry_medians": industry_median_rows(study, medians, scales),
        "moments": moments,
        "histograms": histogram_rows(study, requests, found),
    }
    if of_entry:
        tables["entry_rates"] = _entry_rates(
            context, replace(task, drawn=drawn), of_entry, found=entering, medians=medians
        )
    evidence = _evidence(context, [*requests, *of_entry], told.bins)
    return (
        ComputedTables(tables, evidence=evidence)
        | dispersion_tables(context, by_industry)
        | joint_tables(context, described, medians)
    )


def _held_rows(
    context: RunContext, matched: MatchedCensus, grouped: DataFrame, drawn: DrawnGroups | None
) -> Callable[[], HeldRows] | None:
    """Gives the rows of the years described, where there are few enough for the driver."""
    years = {*chain(*median_pools(context.study).values())}
    rows = sum(matched.cells.of_year(year).total.establishments for year in years)
    if drawn is None or rows > LIMITS_HELD * context.row_limit:
        return None
    return Once(partial(HeldRows.of, grouped, drawn.called))


def _entry_rates(
    context: RunContext,
    task: DistributionTask,
    requests: Sequence[Request],
    *,
    found: Sequence[Distribution],
    medians: Medians,
) -> Rows:
    """Rows of `entry_rates`, whose populations are the last of the task's."""
    rows = entry_rate_rows(context.study, requests, found, medians)
    if task.drawn is None:
        return rows
    from tradegains.results.entry_rate_replicates import entry_rates_with_errors
    from tradegains.statistics.entrants import count_by_group

    with context.progress.step("count entrants by group"):
        counted = count_by_group(task, task.populations[-len(requests) :], task.drawn)
    return entry_rates_with_errors(context.study, rows, requests, counted)


def _evidence(context: RunContext, requests: Sequence[Request], bins: pa.Table) -> RunEvidence:
    """What histograms rest on; nothing where a concordance splits industries, as `evidence` has it.

    `bases` says whose medians the number of a base stands for.
    """
    if context.splits:
        return RunEvidence()
    facts = {"bases": [list(base) for base in _bases(requests)]}
    return RunEvidence({BINS: bins}, facts)


def _bases(requests: Sequence[Request]) -> tuple[Base, ...]:
    return tuple(dict.fromkeys(request.base for request in requests))


def _describe_populations(
    context: RunContext, task: DistributionTask, powers: PowerCells
) -> DescribedPopulations:
    with context.progress.step("describe distributions") as step:
        found = describe_distributions(task, powers, row_limit=context.row_limit)
        step.rows = len(found.distributions)
    return found


def _select_medians(
    context: RunContext, described: DataFrame, pools: Mapping[str, Years]
) -> Medians:
    with context.progress.naming(MEDIANS):  # its own thread knows of no step
        return industry_medians(described, pools, row_limit=context.row_limit)


def _collect_powers(context: RunContext, described: DataFrame, largest: Amounts) -> PowerCells:
    """Power sums of log productivity, from which all moments follow; levels for `dispersion`."""
    with context.progress.naming(MEDIANS):
        return collect_power_cells(
            described,
            employment=largest.employment,
            establishments=largest.establishments,
            levels=context.makes("dispersion"),
        )


def _standardising_scales(study: Study, powers: PowerCells) -> dict[str, IndustryScales]:
    """Scales of every pool of years; none where the study does not standardise."""
    by = study.productivity.standardised_by
    if by is None:
        return {}
    return industry_scales(powers, median_pools(study), weighted=by == "employment_weighted_sd")


def _distribution_task(
    context: RunContext,
    described: DataFrame,
    requests: Sequence[Request],
    *,
    medians: Medians,
    scales: Mapping[str, IndustryScales],
) -> DistributionTask:
    """The populations asked for, each median base once."""
    bases = _bases(requests)
    return DistributionTask(
        described,
        [
            MedianBase(
                base.year,
                medians_of_pool(medians, base.pool),
                scales[base.pool] if base.standardised else None,
            )
            for base in bases
        ],
        [BasePopulation(bases.index(each.base), each.inside, each.outside) for each in requests],
        context.sets.memberships,
        context.study.productivity.bin_width,
    )
