"""The regressions of a study: which rows, which models, and the rows of their tables.

Every family reads the matched rows through a small frame of its own, kept in the work folder, so
that a Newton step or a second look at residuals does not read the whole census again.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.distribution import IndustryMedian
from tradegains.formulas.least_squares import binary_places
from tradegains.formulas.membership import BOTH_ENDS
from tradegains.results.regressions import (
    EntryCounts,
    EntryProbit,
    Labels,
    Linear,
    export_entry_rows,
    joined,
    linear_rows,
    probit_rows,
    sample_name,
)
from tradegains.selection.medians import industry_medians
from tradegains.selection.probits import Probit, fit_probits
from tradegains.selection.quartiles import with_quartiles
from tradegains.selection.ranks import ROW_LIMIT
from tradegains.selection.regressions import (
    LARGEST_LOG,
    Estimate,
    Largest,
    LinearModel,
    ProductCells,
    Variable,
    collect_products,
    estimate,
)
from tradegains.sets import (
    EXPORTER as EXPORTER_SET,
)
from tradegains.sets import (
    StudySets,
    continuing_set,
    entry_windows,
    exporter_at_end_set,
    never_exported_set,
)
from tradegains.small_inputs import SmallInputs
from tradegains.study import Regressions, Study, Window
from tradegains.tables import working as w
from tradegains.transforms.plant_cuts import CUT, PRODUCT, mean_plant_cuts
from tradegains.transforms.regression_rows import (
    EXIT,
    EXPORT_START,
    EXPORTER,
    GROWTH,
    IS_PLANT_CUT,
    LOG_EMPLOYMENT,
    RELATIVE_PRODUCTIVITY,
    TARIFF_CUT,
    WITH_CUT,
    adoption_outcome,
    count_entries,
    entry_rows,
    exit_rows,
    never_exporters,
    premium_rows,
    with_own_cuts,
)
from tradegains.transforms.regression_sums import CLUSTER, EFFECT

Rows = list[dict[str, Any]]
MOST_CUT_PLACES = 50
"""Binary places of a share times a cut: more than a double of that size has."""
REGRESSION_TABLES = ("regressions", "export_entry")
NO_CUTS = "no tariff cuts: give tariff_cuts, or plant_products with product_tariffs"


@dataclass(frozen=True)
class Regressing:
    """What regressions are made from.

    Attributes:
        study: with a section for regressions.
        sets: of the study.
        matched: matched rows, with what `sets.carried` and `sets.later` ask for.
        largest: bounds of any industry's rows and employment in a year.
        keep: keeps rows in the work folder under a name.
        plant_cuts: establishment_id and its own cut; None without that input.
        largest_cut: bound of any tariff cut [percentage points]; None where there are none.
        row_limit: rows that may be collected to end an exact selection.
    """

    study: Study
    sets: StudySets
    matched: DataFrame
    largest: Largest
    keep: Callable[[DataFrame, str], DataFrame]
    plant_cuts: DataFrame | None
    largest_cut: float | None
    row_limit: int = ROW_LIMIT

    @property
    def choices(self) -> Regressions:
        """The study's section."""
        assert self.study.regressions is not None
        return self.study.regressions

    @property
    def has_exports(self) -> bool:
        """Whether the census knows exporters."""
        return self.study.census.has("exports")

    def bit(self, name: tuple[str, ...]) -> int:
        """A set's bit of the membership."""
        return self.sets.memberships.bit(name)

    def variable(self, name: str) -> Variable:
        """A variable with its bound."""
        logs = (w.LOG_PRODUCTIVITY, LOG_EMPLOYMENT)
        bounds = {TARIFF_CUT: self.largest_cut or 0.0, RELATIVE_PRODUCTIVITY: 2 * LARGEST_LOG}
        bounds |= {GROWTH: 2 * LARGEST_LOG, **dict.fromkeys(logs, LARGEST_LOG)}
        return Variable(name, bounds.get(name, 1.0))

    def group(self, effects: str) -> Callable[[int], int]:
        """The group of effects of an industry."""
        census = self.study.census
        step = 10 ** (census.industry_digits - census.industry_group_digits)
        groups: dict[str, Callable[[int], int]] = {
            "none": lambda industry: 0,
            "industry2": lambda industry: industry // step,
            "industry4": lambda industry: industry,
        }
        return groups[effects]

    @cached_property
    def found_medians(self) -> dict[tuple[str, int], IndustryMedian]:
        """Medians of the first years of all windows asked for, by year and industry, once."""
        choices = self.choices
        windows = (*map(self.study.window, choices.exit_windows), *entry_windows(self.study))
        years = sorted({window.start for window in windows})
        chosen = self.matched.filter(F.col(w.YEAR).isin(*years))
        pools = {str(year): (year,) for year in years}
        return industry_medians(chosen, pools, row_limit=self.row_limit)

    def medians(self, year: int) -> DataFrame:
        """Industry and its median log productivity in a window's first year."""
        found = {
            industry: each.median
            for (pool, industry), each in self.found_medians.items()
            if pool == str(year)
        }
        columns = {
            w.INDUSTRY: pa.array(list(found), pa.int64()),
            w.CENTRE: pa.array(list(found.values()), pa.float64()),
        }
        return self.matched.sparkSession.createDataFrame(pa.table(columns))

    def with_cuts(self, rows: DataFrame) -> DataFrame:
        """The rows with their establishments' cuts."""
        return with_own_cuts(rows, self.plant_cuts)

    def collect(self, rows: DataFrame, names: Sequence[str], *keys: str) -> ProductCells:
        """Plain sums of products of these variables, by effect and the keys."""
        return collect_products(
            rows,
            keys=(*keys, EFFECT),
            variables=[self.variable(name) for name in dict.fromkeys(names)],
            weightings=(),
            largest_effect=self.largest,
        )


def regression_tables(run: Regressing) -> dict[str, Rows]:
    """Rows of `regressions` and `export_entry`; a family that was not asked for has none."""
    rows: Rows = []
    entries: Rows = []
    if run.has_exports and run.choices.premium_years:
        rows += _premium(run)
    for name in run.choices.exit_windows:
        rows += _exit(run, run.study.window(name))
    for window in entry_windows(run.study):
        found, entry = _entry(run, window)
        rows += found
        entries += entry
    return {"regressions": rows, "export_entry": entries}


def _linear(found: Estimate) -> Linear:
    return Linear(
        found.model.regressors,
        found.fit,
        found.errors,
        found.within.rows,
        found.within.groups,
        found.within.singletons,
        found.clusters,
        found.dropped,
        found.problem,
    )


def _years(window: Window) -> str:
    return f"{window.start}-{window.end}"


# --- the exporter premium ---------------------------------------------------------------------


def _premium(run: Regressing) -> Rows:
    years = run.choices.premium_years
    rows = premium_rows(run.matched, years=years, exporter=run.bit(EXPORTER_SET))
    names = (w.LOG_PRODUCTIVITY, EXPORTER, LOG_EMPLOYMENT)
    cells = collect_products(
        rows,
        keys=(EFFECT,),
        variables=[run.variable(name) for name in names],
        weightings=(False, True),
        largest_effect=run.largest,
    )
    models = [
        LinearModel(name, w.LOG_PRODUCTIVITY, regressors, is_weighted=is_weighted)
        for is_weighted in (False, True)
        for name, regressors in (
            ("exporter_premium", (EXPORTER,)),
            ("exporter_premium_with_size", (EXPORTER, LOG_EMPLOYMENT)),
        )
    ]
    estimates = estimate(
        rows,
        cells,
        models,
        by=(),
        effect_of=lambda effect: effect,
        rows_per_cluster=len(years),
    )
    return [row for found in estimates for row in _premium_rows(found, years)]


def _premium_rows(found: Estimate, years: Sequence[int]) -> Rows:
    labels = Labels(
        window=None,
        years=", ".join(map(str, years)),
        model=found.model.name,
        outcome=w.LOG_PRODUCTIVITY,
        sample="all",
        effects="year_industry4",
        errors="establishment",
        weighting="employment" if found.model.is_weighted else "unweighted",
    )
    return linear_rows(labels, _linear(found), premium=EXPORTER)


# --- exit -------------------------------------------------------------------------------------


def _exit(run: Regressing, window: Window) -> Rows:
    rows = exit_rows(
        run.matched,
        run.medians(window.start),
        year=window.start,
        continuing=run.bit(continuing_set(window.name, BOTH_ENDS)),
        exporter=run.bit(EXPORTER_SET) if run.has_exports else None,
    )
    terms = [RELATIVE_PRODUCTIVITY, LOG_EMPLOYMENT]
    terms += [EXPORTER] if run.has_exports else []
    extra = []
    if run.largest_cut is not None:
        terms.append(TARIFF_CUT)
        extra.append(IS_PLANT_CUT)
        rows = run.with_cuts(rows).filter(F.col(TARIFF_CUT).isNotNull())
    kept = run.keep(rows.select(EFFECT, EXIT, *terms, *extra), exit_name(window))
    cells = run.collect(kept, (EXIT, *terms, *extra))
    note = _cut_note(cells) if extra else NO_CUTS
    (linear,) = estimate(
        kept,
        cells,
        [LinearModel("exit_linear", EXIT, tuple(terms))],
        by=(),
        effect_of=run.group("industry4"),
    ) or (None,)
    if linear is None:
        return []
    labels = Labels(window.name, _years(window), "exit_linear", EXIT, "all", "industry4", "robust")
    effects = run.choices.exit_effects
    (probit,) = fit_probits(
        kept, cells, by=(), effect_of=run.group(effects), outcome=EXIT, regressors=terms
    )
    return [
        *linear_rows(labels, _linear(linear), note=note),
        *_probit_rows(window, "exit_probit", EXIT, terms, (None, probit), effects, note),
    ]


def _cut_note(cells: ProductCells) -> str:
    """Where the cuts of a regression's rows come from."""
    rows, own = _total(cells, IS_PLANT_CUT)
    return f"tariff cuts: {own} of the establishment's products, {rows - own} of its industry"


def _total(cells: ProductCells, name: str) -> tuple[int, int]:
    """Rows, and how many have 1 in a column of 0 and 1."""
    place = cells.variables.index(name)
    groups = cells.groups[False].values()
    ones = sum(group.sums[place] for group in groups)
    return sum(group.rows for group in groups), ones >> cells.places[False].sums[place]


def _probit_rows(
    window: Window,
    model: str,
    outcome: str,
    terms: Sequence[str],
    found: tuple[int | None, Probit],
    effects: str,
    note: str,
) -> Rows:
    quartile, probit = found
    labels = Labels(
        window.name, _years(window), model, outcome, sample_name(quartile), effects, "information"
    )
    alike = f"{probit.left_out} in effects with one outcome left out" if probit.left_out else ""
    values = zip(probit.coefficients, probit.errors, strict=True)
    return probit_rows(
        labels,
        terms,
        dict(zip(probit.regressors, values, strict=True)),
        observations=probit.rows,
        groups=probit.groups,
        log_likelihood=probit.log_likelihood,
        notes={"": joined(probit.problem, alike, note) or "", **probit.dropped},
    )


# --- export entry and the effect of exporting ---------------------------------------------------


def _entry(run: Regressing, window: Window) -> tuple[Rows, Rows]:
    rows = _kept_entry_rows(run, window)
    places = binary_places((run.largest_cut or 1.0) * max(run.largest.rows, 1) * 10**6)
    counts = {row[w.QUARTILE]: _counts(row, places) for row in
              count_entries(rows, places=places).toArrow().to_pylist()}  # fmt: skip
    if run.largest_cut is None:
        entries = export_entry_rows(window.name, counts, {}, NO_CUTS)
        return _growth(run, window, rows), entries
    rows = rows.filter(F.col(TARIFF_CUT).isNotNull())
    probits = _entry_probits(run, rows)
    terms = (TARIFF_CUT, *run.choices.entry_controls)
    found = [
        row
        for pair in probits.items()
        for row in _probit_rows(
            window, "entry_probit", EXPORT_START, terms, pair, run.choices.entry_effects, ""
        )
    ]
    entries = export_entry_rows(
        window.name, counts, {q: _entry_probit(each) for q, each in probits.items()}, ""
    )
    return [*found, *_growth(run, window, rows)], entries


def _kept_entry_rows(run: Regressing, window: Window) -> DataFrame:
    never = never_exporters(
        run.matched,
        year=window.start,
        never=run.bit(never_exported_set(window.name)),
        continuing=run.bit(continuing_set(window.name, BOTH_ENDS)),
    )
    kept = run.keep(never, never_name(window))
    ranked = with_quartiles(kept, [window.start], row_limit=run.row_limit)
    rows = entry_rows(
        ranked,
        run.medians(window.start),
        window=window.name,
        starter=run.bit(exporter_at_end_set(window.name)),
    )
    return run.keep(run.with_cuts(rows), entry_name(window))


def _counts(row: Mapping[str, Any], places: int) -> EntryCounts:
    return EntryCounts(
        row[w.ESTABLISHMENTS],
        row[EXPORT_START],
        row[WITH_CUT],
        row[IS_PLANT_CUT],
        (row[TARIFF_CUT] or 0) / 2.0**places,
    )


def _entry_probits(run: Regressing, rows: DataFrame) -> dict[int | None, Probit]:
    """The probit of all never-exporters, and of each quartile."""
    terms = (TARIFF_CUT, *run.choices.entry_controls)
    cells = run.collect(rows, (EXPORT_START, *terms), w.QUARTILE)
    found: dict[int | None, Probit] = {}
    for by in ((), (w.QUARTILE,)):
        for probit in fit_probits(
            rows,
            cells,
            by=by,
            effect_of=run.group(run.choices.entry_effects),
            outcome=EXPORT_START,
            regressors=terms,
            cut=TARIFF_CUT,
        ):
            found[probit.key[0] if by else None] = probit
    return found


def _entry_probit(probit: Probit) -> EntryProbit:
    place = probit.regressors.index(TARIFF_CUT) if TARIFF_CUT in probit.regressors else None
    return EntryProbit(
        probit.rows,
        None if place is None or probit.problem else probit.coefficients[place],
        None if place is None or probit.problem else probit.errors[place],
        probit.effect_of_cut,
        probit.effect_error,
        joined(probit.problem, probit.dropped.get(TARIFF_CUT, "")) or "",
    )


def _growth(run: Regressing, window: Window, rows: DataFrame) -> Rows:
    """Effects of starting to export on productivity growth and on every adoption."""
    found: Rows = []
    measured = rows.filter(F.col(GROWTH).isNotNull())
    found += _effects(run, window, measured, GROWTH)
    for column in run.choices.adoptions:
        found += _effects(run, window, adoption_outcome(rows, column, window.name), column)
    return found


def _effects(run: Regressing, window: Window, rows: DataFrame, outcome: str) -> Rows:
    controls = run.choices.growth_controls
    cut = () if run.largest_cut is None else (TARIFF_CUT,)
    clusters = run.choices.growth_clusters
    rows = rows.select(w.QUARTILE, EFFECT, outcome, EXPORT_START, *controls, *cut)
    if clusters != "establishment":
        rows = rows.withColumn(CLUSTER, _cluster(run, clusters))
    cells = run.collect(rows, (outcome, EXPORT_START, *controls, *cut), w.QUARTILE)
    raw = [LinearModel("raw_difference", outcome, (EXPORT_START,))]
    models = [LinearModel("least_squares", outcome, (EXPORT_START, *controls))]
    if cut:
        models += [
            LinearModel("first_stage", EXPORT_START, (TARIFF_CUT, *controls)),
            LinearModel("two_stage", outcome, (EXPORT_START, *controls), instrument=TARIFF_CUT),
        ]
    found: Rows = []
    for by in ((), (w.QUARTILE,)):
        for asked, effects in ((raw, "none"), (models, run.choices.growth_effects)):
            estimates = _estimates(run, rows, cells, asked, (by, effects))
            found += _effect_rows(estimates, window, outcome, (effects, clusters))
    return found


def _cluster(run: Regressing, clusters: str) -> Any:
    census = run.study.census
    step = 10 ** (census.industry_digits - census.industry_group_digits)
    industry = F.col(EFFECT)
    return F.floor(industry / step).cast("bigint") if clusters == "industry2" else industry


def _estimates(
    run: Regressing,
    rows: DataFrame,
    cells: ProductCells,
    models: Sequence[LinearModel],
    sample: tuple[tuple[str, ...], str],
) -> list[Estimate]:
    by, effects = sample
    clusters = run.choices.growth_clusters
    total = sum(group.rows for group in cells.groups[False].values())
    order = ("none", "industry2", "industry4")
    is_nested = clusters != "establishment" and order.index(effects) >= order.index(clusters)
    return estimate(
        rows,
        cells,
        models,
        by=by,
        effect_of=run.group(effects),
        rows_per_cluster=None if clusters == "establishment" else total,
        is_nested=is_nested,
    )


def _effect_rows(
    estimates: Sequence[Estimate], window: Window, outcome: str, choices: tuple[str, str]
) -> Iterator[dict[str, Any]]:
    effects, clusters = choices
    errors = "robust" if clusters == "establishment" else clusters
    strength = {
        found.key: _linear(found).t(TARIFF_CUT)
        for found in estimates
        if found.model.name == "first_stage"
    }
    for found in estimates:
        labels = Labels(
            window.name,
            _years(window),
            found.model.name,
            outcome,
            sample_name(found.key[0] if found.key else None),
            effects,
            errors,
        )
        t = strength.get(found.key) if found.model.name in ("first_stage", "two_stage") else None
        yield from linear_rows(
            labels,
            _linear(found),
            first_stage_f=None if t is None else t * t,
            is_instrumented=found.model.instrument is not None,
            note=f"explains {found.model.outcome}" if found.model.name == "first_stage" else "",
        )


# --- rows kept between passes -------------------------------------------------------------------


def exit_name(window: Window) -> str:
    """Work folder of a window's exit rows."""
    return f"exit_rows_{window.name}"


def never_name(window: Window) -> str:
    """Work folder of a window's never-exporters."""
    return f"never_exporters_{window.name}"


def entry_name(window: Window) -> str:
    """Work folder of a window's export entry rows."""
    return f"entry_rows_{window.name}"


def kept_names(study: Study) -> tuple[str, ...]:
    """Every work folder that regressions only pass rows through."""
    if study.regressions is None:
        return ()
    exits = (exit_name(study.window(name)) for name in study.regressions.exit_windows)
    names = (never_name, entry_name)
    return (*exits, *(name(window) for window in entry_windows(study) for name in names))


# --- a study's regressions ----------------------------------------------------------------------


def regressions_of(
    study: Study,
    sets: StudySets,
    matched: DataFrame,
    *,
    largest: Largest,
    keep: Callable[[DataFrame, str], DataFrame],
    small: SmallInputs,
    products: DataFrame | None,
    row_limit: int = ROW_LIMIT,
) -> tuple[dict[str, Rows], dict[str, str]]:
    """Tables of a study's regressions, and what it could not have, with the reason.

    Args:
        study: the research choices, with a section for regressions.
        sets: of the study.
        matched: matched rows.
        largest: bounds of any industry's rows and employment in a year.
        keep: keeps rows in the work folder under a name.
        small: the optional inputs.
        products: establishment_id, product and value by row; None without that input.
        row_limit: rows that may be collected to end an exact selection.
    """
    cuts = [abs(row["cut"]) for row in (*small.tariff_cuts, *small.product_tariffs)]
    run = Regressing(
        study,
        sets,
        matched,
        largest,
        keep,
        _plant_cuts(study, matched, small, products),
        max(cuts, default=None),
        row_limit,
    )
    found = regression_tables(run)
    absent = _absences(run)
    for table, rows in found.items():
        if not rows:
            absent[f"table {table}"] = absent.pop(table, "the study asks for none of its rows")
    return {table: rows for table, rows in found.items() if rows}, absent


def _absences(run: Regressing) -> dict[str, str]:
    """Families that were asked for and cannot be had."""
    reasons = {}
    if not run.has_exports:
        reason = "the census has no exports"
        if run.choices.premium_years:
            reasons["regression exporter_premium"] = reason
        if run.choices.entry_windows:
            reasons["regression export_entry"] = reasons["export_entry"] = reason
    if run.largest_cut is None and (run.choices.exit_windows or run.choices.entry_windows):
        reasons["term tariff_cut"] = NO_CUTS
    return reasons


def _plant_cuts(
    study: Study, matched: DataFrame, small: SmallInputs, products: DataFrame | None
) -> DataFrame | None:
    """Each establishment's own cut, its id as the census has it."""
    if products is None or study.regressions is None:
        return None
    tariffs = pa.table(
        {
            PRODUCT: pa.array([row[PRODUCT] for row in small.product_tariffs], pa.string()),
            CUT: pa.array([row[CUT] for row in small.product_tariffs], pa.float64()),
        }
    )
    bound = max(abs(row[CUT]) for row in small.product_tariffs)
    cuts = mean_plant_cuts(
        products,
        products.sparkSession.createDataFrame(tariffs),
        is_value_weighted=study.regressions.plant_cuts == "value_weighted",
        # The shares of an establishment's products add up to one; rounding adds a little.
        places=min(binary_places(2 * bound), MOST_CUT_PLACES),
    )
    id_type = dict(matched.dtypes)[w.ESTABLISHMENT_ID]
    return cuts.withColumn(w.ESTABLISHMENT_ID, F.col(w.ESTABLISHMENT_ID).try_cast(id_type))
