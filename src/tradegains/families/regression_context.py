"""What every family of regressions is made from, and the rows of what it estimates.

Every family reads the matched rows through a small frame of its own, so that a Newton step or a
second look at residuals does not read the whole census again: on the driver where its rows are few,
else kept in the work folder.
"""

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa
from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.families import work_folders
from tradegains.families.context import MatchedCensus, Rows, RunContext
from tradegains.families.first_years import FirstYears
from tradegains.formulas.least_squares import binary_places
from tradegains.inputs.small import Rows as SmallRows
from tradegains.inputs.small import SmallInputs
from tradegains.results.market_cells import MarketCells
from tradegains.results.regressions import (
    CutCounts,
    ErrorBasis,
    Labels,
    Linear,
    joined,
    probit_rows,
)
from tradegains.results.replicates import GroupedCells, UnitGroups
from tradegains.statistics.collected_rows import CollectedRows
from tradegains.statistics.collecting import collect
from tradegains.statistics.elementary import C_LIBRARY, STRICT_MATH
from tradegains.statistics.handing import as_rows
from tradegains.statistics.probits import Probit
from tradegains.statistics.regression_passes import RegressionRows, collect_sums, having
from tradegains.statistics.regressions import (
    Estimate,
    Largest,
    ProductCells,
    Variable,
    collect_products,
    largest_log,
)
from tradegains.study import Regressions, Study, Window
from tradegains.tables import working as w
from tradegains.transforms.exposures import CODE, SHARE, SHOCK, exposure_column
from tradegains.transforms.lookups import CODE as LOOKUP_CODE
from tradegains.transforms.plant_cuts import CUT, KIND, PRODUCT, mean_plant_cuts
from tradegains.transforms.regression_rows import (
    ACCELERATION,
    EARLIER_GROWTH,
    EXPORTER_GROWTH,
    GROWTH,
    LOG_EMPLOYMENT,
    RELATIVE_PRODUCTIVITY,
    WITH_CUTS,
    count_cuts,
    cut_column,
    own_column,
    weigh_cuts,
    with_earlier_growth,
    with_industry_cuts,
    with_own_cuts,
)
from tradegains.transforms.regression_sums import EFFECT

MOST_CUT_PLACES = 50
"""Binary places of a share times a cut: more than a double of that size has."""
NO_CUTS = "no tariff cuts: give tariff_cuts, or plant_products with product_tariffs"


@dataclass(frozen=True)
class RegressionContext:
    """What regressions are made from.

    Attributes:
        run_context: a study with a section for regressions.
        matched: matched rows, with what `sets.carried` and `sets.later` ask for.
        largest: bounds of any industry's rows and employment in a year.
        first_years: quantiles of productivity in the windows' first years.
        plant_cuts: establishment_id and its own cuts; None without that input.
        cells: sums by year, industry and membership.
        largest_cuts: bound of the tariff cuts of each kind that there are [percentage points].
        largest_log: bound of any log of a row [log points].
        groups: of units, where the study states `[uncertainty]`.
        grouped: the cells by group, there.
    """

    run_context: RunContext
    matched: DataFrame
    largest: Largest
    cells: MarketCells
    first_years: FirstYears
    plant_cuts: DataFrame | None
    largest_cuts: Mapping[str, float]
    largest_log: float
    groups: UnitGroups | None = None
    grouped: GroupedCells | None = None

    @staticmethod
    def of(context: RunContext, matched: MatchedCensus) -> "RegressionContext":
        """From the matched rows and the optional inputs of cuts."""
        small, largest = context.small, matched.cells.largest_industry
        bounds: dict[str, float] = {}
        for row in (*small.tariff_cuts, *small.product_tariffs):
            kind = row["kind"]
            bounds[kind] = max(bounds.get(kind, 0.0), abs(row["cut"]))
        return RegressionContext(
            context,
            matched.rows,
            Largest(largest.establishments, largest.employment),
            matched.cells,
            matched.first_years,
            _plant_cuts(context, matched.rows),
            bounds,
            largest_log(matched.rows),
            matched.groups,
            matched.grouped,
        )

    @property
    def study(self) -> Study:
        """The research choices."""
        return self.run_context.study

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
        return self.run_context.sets.memberships.bit(name)

    def variable(self, name: str) -> Variable:
        """A variable with its bound."""
        logs = (w.LOG_PRODUCTIVITY, LOG_EMPLOYMENT)
        between = 2 * self.largest_log
        bounds = {cut_column(kind): bound for kind, bound in self.largest_cuts.items()}
        bounds[RELATIVE_PRODUCTIVITY] = between
        bounds |= {GROWTH: between, EARLIER_GROWTH: between}
        bounds |= dict.fromkeys(logs, self.largest_log)
        if effects := self.study.tariff_effects:
            after, before = self.study.window(effects.after), self.study.window(effects.before)
            pace = (after.end - after.start) / (before.end - before.start)
            bounds |= {EXPORTER_GROWTH: between, ACCELERATION: between * (1.0 + pace)}
        return Variable(name, bounds.get(name, 1.0))

    @property
    def industries_per_group(self) -> int:
        """What the code of an industry is divided by for that of its group."""
        census = self.study.census
        return int(10 ** (census.industry_digits - census.industry_group_digits))

    def group(self, effects: str) -> Callable[[int], int]:
        """The group of effects of an industry."""
        step = self.industries_per_group
        groups: dict[str, Callable[[int], int]] = {
            "none": lambda industry: 0,
            "industry2": lambda industry: industry // step,
            "industry4": lambda industry: industry,
        }
        return groups[effects]

    def medians(self, year: int) -> DataFrame:
        """Industry and its median log productivity in a window's first year."""
        found = {
            industry: each.median
            for (pool, industry), each in self.first_years.medians.items()
            if pool == str(year)
        }
        columns = {
            w.INDUSTRY: pa.array(list(found), pa.int64()),
            w.CENTRE: pa.array(list(found.values()), pa.float64()),
        }
        return as_rows(pa.table(columns), beside=self.matched)

    @cached_property
    def met_by_products(self) -> tuple[int, int]:
        """How many establishments have products with a cut, and how many of them the census has."""
        if self.plant_cuts is None:
            return 0, 0
        having = self.plant_cuts.select(w.ESTABLISHMENT_ID).distinct()
        known = self.matched.select(w.ESTABLISHMENT_ID).distinct()
        met = having.join(known, on=w.ESTABLISHMENT_ID, how="left_semi")
        return having.count(), met.count()

    def kinds(self, asked: Sequence[str] | None) -> tuple[str, ...]:
        """Kinds of tariff that a regression asks for, where the study has any tariffs."""
        return tuple(asked or ()) if self.largest_cuts else ()

    def with_cuts(self, rows: DataFrame, kinds: Sequence[str], window: Window) -> DataFrame:
        """The rows with their establishments' cuts of these kinds."""
        # Looked up here, of few rows: before the match each was a join of all, and a column more.
        digits = self.study.census.industry_digits
        for length, table in cuts_by_length(self.run_context.small.tariff_cuts, kinds).items():
            if length <= digits:
                cuts = as_rows(table, beside=self.matched)
                rows = with_industry_cuts(rows, cuts, step=10 ** (digits - length))
        return with_own_cuts(
            rows,
            self.plant_cuts,
            kinds=kinds,
            leave_out=self.choices.without_products == "leave_out",
            years=window.end - window.start if self.study.tariffs.per == "year" else 1,
        )

    def with_earlier_growth(self, rows: DataFrame, *controls: str) -> DataFrame:
        """The rows with growth over the trend window, where it is among the controls."""
        name = self.choices.trend_window
        if EARLIER_GROWTH not in controls or name is None:
            return rows
        window = self.study.window(name)
        return with_earlier_growth(rows, self.matched, window=name, year=window.start)

    def trend_note(self, rows: RegressionRows, controls: Sequence[str]) -> str:
        """How many of the rows lack the growth that is held constant; empty where none is."""
        name = self.choices.trend_window
        if EARLIER_GROWTH not in controls or name is None:
            return ""
        of_all, kept = (
            sum(each.establishments for each in self.count_cuts(some, ()).values())
            for some in (rows, having_controls(rows, controls))
        )
        window = self.study.window(name)
        return f"{of_all - kept} without productivity at both ends of {years_of(window)} left out"

    def exposures_of_industries(self, kinds: Sequence[str]) -> dict[str, tuple[DataFrame, int]]:
        """Of each kind, the shares behind the cut of each industry that has one.

        With what the number of an industry is divided by for the code that the cuts are of.
        """
        digits = self.study.census.industry_digits
        found = {}
        for kind in kinds:
            shares = shares_of_industries(self.run_context.small, self.study, kind)
            length = max(map(len, shares), default=digits)
            pairs = [
                [{SHOCK: f"industry {code}", SHARE: share} for code, share in each.items()]
                for each in shares.values()
            ]
            table = pa.table(
                {
                    CODE: pa.array([int(code) for code in shares], pa.int64()),
                    exposure_column(kind): pa.array(pairs, EXPOSURE),
                }
            )
            step = int(10 ** (digits - length))
            found[kind] = (as_rows(table, beside=self.matched), step)
        return found

    def count_cuts(
        self, rows: RegressionRows, kinds: Sequence[str], *by: str
    ) -> dict[tuple[Any, ...], CutCounts]:
        """Whose cuts the rows of each value of the keys have, of `with_cuts`."""
        largest = max((self.largest_cuts[kind] for kind in kinds), default=1.0)
        places = binary_places((largest or 1.0) * max(self.largest.rows, 1) * 10**6)
        counted = collect_sums(count_cuts, rows, by=by, kinds=kinds, places=places)
        return {
            tuple(row[name] for name in by): CutCounts(
                row[w.ESTABLISHMENTS],
                row[WITH_CUTS],
                {kind: row[own_column(kind)] or 0 for kind in kinds},
                {kind: (row[cut_column(kind)] or 0) / 2.0**places for kind in kinds},
                row[w.SALES],
            )
            for row in counted
        }

    def sales_of(self, year: int, *sets: tuple[str, ...]) -> int:
        """Sales in a year of all establishments, or of those in all of these sets, in units."""
        cells = self.cells.of_year(year)
        for name in sets:
            cells = cells.where(cells.inside(name))
        return cells.total.sales

    def mean_cuts(
        self, rows: RegressionRows, kinds: Sequence[str], sales: int
    ) -> dict[str, float | None]:
        """The mean cut of each kind, weighted by sales, over rows that have all.

        `sales` is what the rows sell at most: a bound far above it would cost sums their places.
        """
        largest = max((self.largest_cuts[kind] for kind in kinds), default=0.0)
        places = binary_places(max(largest, 1.0) * max(sales, 1))
        sums = collect_sums(weigh_cuts, rows, kinds=kinds, places=places)
        sums = [row for row in sums if row[w.SALES]]  # an engine sums no rows to a row of nulls
        return {
            kind: math.ldexp(row[cut_column(kind)] / row[w.SALES], -places)
            for row in sums
            for kind in kinds
        }

    def held(self, rows: DataFrame, years: Sequence[int], folder: str | None) -> RegressionRows:
        """The rows of a family where all its passes read them.

        Args:
            rows: of these years.
            years: which bound how many rows there are.
            folder: in which many are kept, for more than two passes; None where fewer are asked
                for.
        """
        context = self.run_context
        are_few = sum(self.cells.rows_by_year.get(year, 0) for year in years) <= context.row_limit
        if are_few:
            functions = C_LIBRARY if context.is_in_process else STRICT_MATH
            return CollectedRows(collect(rows), functions)
        return rows if folder is None else context.keep(rows, folder)

    def collect(self, rows: RegressionRows, names: Sequence[str], *keys: str) -> ProductCells:
        """Plain sums of products of these variables, by effect and the keys."""
        return collect_products(
            rows,
            keys=(*keys, EFFECT),
            variables=[self.variable(name) for name in dict.fromkeys(names)],
            weightings=(),
            largest_effect=self.largest,
        )


EXPOSURE = pa.list_(pa.struct([(SHOCK, pa.string()), (SHARE, pa.float64())]))


def shares_of_industries(
    small: SmallInputs, study: Study, kind: str
) -> dict[str, dict[str, float]]:
    """The industries whose cuts make that of each industry, and their shares: often itself alone.

    A cut of inputs that follows from a table of them is of the industries they are bought from.
    """
    codes = [row["industry"] for row in small.tariff_cuts if row["kind"] == kind]
    if kind != "input" or not small.input_output:
        return {code: {code: 1.0} for code in codes}
    home = {row["industry"] for row in small.tariff_cuts if row["kind"] == "home"}
    length = max(map(len, home), default=0)
    of_partner = study.tariffs.input_sources == "partner"
    shares: dict[str, dict[str, float]] = {code: {} for code in codes}
    for row in small.input_output:
        bought, part = row["input_industry"][:length], row["share"]
        part *= row["partner_share"] if of_partner else 1.0
        if row["industry"] in shares and bought in home and part:
            known = shares[row["industry"]]
            known[bought] = known.get(bought, 0.0) + part
    return shares


def cuts_by_length(cuts: SmallRows, kinds: Sequence[str]) -> dict[int, pa.Table]:
    """Cuts by industry, one table for all kinds whose codes have as many digits.

    Example:
        >>> rows = [{"industry": "0111", "kind": "home", "cut": 2.0},
        ...         {"industry": "0112", "kind": "foreign", "cut": 3.0}]
        >>> cuts_by_length(rows, ["home", "foreign"])[4].to_pylist()[0]
        {'lookup_code': 111, 'tariff_cut': 2.0, 'foreign_tariff_cut': None}
    """
    by_length: dict[int, dict[str, dict[int, float]]] = {}
    for kind in kinds:
        of_kind = {row["industry"]: row["cut"] for row in cuts if row["kind"] == kind}
        length = max(map(len, of_kind), default=0)
        # A code that is shorter than others of its table is of no industry.
        found = {
            int(code): cut
            for code, cut in of_kind.items()
            if len(code) == length and code.isascii() and code.isdecimal()
        }
        if found:
            by_length.setdefault(length, {})[kind] = found
    tables = {}
    for length, kept in by_length.items():
        codes = sorted(set[int]().union(*kept.values()))
        columns = {LOOKUP_CODE: pa.array(codes, pa.int64())}
        for kind, found in kept.items():
            columns[w.industry_cut(kind)] = pa.array(map(found.get, codes), pa.float64())
        tables[length] = pa.table(columns)
    return tables


def _plant_cuts(context: RunContext, matched: DataFrame) -> DataFrame | None:
    """Each establishment's own cuts of the kinds asked for, its id as the census has it."""
    products, asked, tariffs = (
        context.products,
        context.study.regressions,
        context.small.product_tariffs,
    )
    if products is None or asked is None:
        return None
    kinds = [kind for kind in context.study.cut_kinds if any(row[KIND] == kind for row in tariffs)]
    tariffs = [row for row in tariffs if row[KIND] in kinds]
    if not kinds:
        return None
    table = pa.table(
        {
            PRODUCT: pa.array([row[PRODUCT] for row in tariffs], pa.string()),
            KIND: pa.array([row[KIND] for row in tariffs], pa.string()),
            CUT: pa.array([row[CUT] for row in tariffs], pa.float64()),
        }
    )
    bound = max(abs(row[CUT]) for row in tariffs)
    cuts = mean_plant_cuts(
        products,
        as_rows(table, beside=products),
        kinds=kinds,
        is_value_weighted=asked.plant_cuts == "value_weighted",
        # The shares of an establishment's products add up to one; rounding adds a little.
        places=min(binary_places(2 * bound), MOST_CUT_PLACES),
        main_products=kinds if context.study.clusters_by("product") else (),
        exposed=kinds if context.study.clusters_by("shift_share") else (),
    )
    id_type = dict(matched.dtypes)[w.ESTABLISHMENT_ID]
    known = cuts.withColumn(w.ESTABLISHMENT_ID, F.col(w.ESTABLISHMENT_ID).try_cast(id_type))
    # Each family and window joins them to its rows.
    return context.keep(known, work_folders.PLANT_CUTS)


def having_cuts(rows: RegressionRows, kinds: Sequence[str]) -> RegressionRows:
    """The rows of `with_cuts` that have a cut of every kind."""
    for kind in kinds:
        rows = having(rows, cut_column(kind))
    return rows


def having_controls(rows: RegressionRows, controls: Sequence[str]) -> RegressionRows:
    """The rows that have every control: growth over an earlier window is not known of all."""
    return having(rows, EARLIER_GROWTH) if EARLIER_GROWTH in controls else rows


def linear_of(found: Estimate) -> Linear:
    """An estimate as its published rows take it."""
    return Linear(
        terms=found.model.regressors,
        fit=found.fit,
        standard_errors=found.errors,
        observations=found.within.rows,
        groups=found.within.groups,
        singletons=found.within.singletons,
        clusters=found.clusters,
        dropped=found.dropped,
        problem=joined(found.problem, found.told) or "",
        degrees=found.degrees,
        variance=found.variance,
        shocks=found.shocks,
    )


def years_of(window: Window) -> str:
    """First and last year, as the tables name them."""
    return f"{window.start}-{window.end}"


def rows_of_probit(
    labels: Labels,
    terms: Sequence[str],
    probit: Probit,
    note: str,
    *,
    cuts: CutCounts | None = None,
) -> Rows:
    """Rows of `regressions`, one per term, and why a term or the probit is missing."""
    alike = f"{probit.left_out} in effects with one outcome left out" if probit.left_out else ""
    values = zip(probit.coefficients, probit.errors, strict=True)
    return probit_rows(
        labels,
        terms,
        dict(zip(probit.regressors, values, strict=True)),
        observations=probit.rows,
        groups=probit.groups,
        log_likelihood=probit.log_likelihood,
        notes={"": joined(probit.problem, probit.told, alike, note) or "", **probit.dropped},
        cuts=cuts,
        basis=ErrorBasis(probit.clusters, probit.degrees, probit.variance),
    )
