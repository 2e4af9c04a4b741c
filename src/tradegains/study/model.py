"""A study: every research choice of a run, as frozen records.

Decision: a choice that can change a published number is stated in the study file, and
`resolved_toml` prints it with the results it shaped. The few keys that may be left out stand in
docs/study.md with what holds then, each one; a test compares that list with the reader.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields

from tradegains.formulas.fixed_point import USUAL_DECIMALS
from tradegains.formulas.outcomes import window_scale

REQUIRED_COLUMNS = ("establishment_id", "year", "industry", "employment", "sales")
AMOUNTS = ("employment", "sales", "exports", "value_added", "hours")
OPTIONAL_COLUMNS = ("exports", "value_added", "enterprise_id", "sampling_weight", "hours")
COLUMNS = REQUIRED_COLUMNS + OPTIONAL_COLUMNS
DERIVED_COLUMNS = ("domestic_sales", "exporter", "industry_group", "tariff_cut")
"""Columns a condition may use besides those of the census, where their inputs are there."""

RULES = (
    "missing_id",
    "duplicate",
    "invalid_employment",
    "invalid_sales",
    "invalid_exports",
    "missing_exports",
    "invalid_value_added",
    "exports_above_sales",
    "nonpositive_value_added",
    "invalid_industry",
)
ACTIONS = ("stop", "quarantine", "keep")
CONTINUING_RULES = ("both_ends", "domestic_both_ends", "every_year", "panel")
RESTRICTED_AT = ("start", "end", "both")
INDUSTRY_AT = ("own_year", "start", "end")
NUMERATORS = ("value_added", "sales")
DENOMINATORS = ("employment", "hours")
PRICES = ("none", "industry", "economy")
UNPRICED = ("leave_out",)
ENTRY_COUNTS = ("annual",)
MEDIAN_BASES = ("same_year", "base_year", "pooled")
IMPORTS = ("table", "exports")
WELFARE_LEVELS = ("total", "industry2")
LEVELS = ("total", "industry2", "industry4")
DECOMPOSITION_SHARES = ("employment", "sales")
DECOMPOSITION_METHODS = ("bhc", "bhc_relative", "fhk", "gr", "bg", "df", "mp", "olley_pakes")
DECOMPOSITION_GROUPS = ("exporting",)
MATCHED_FLOWS = ("by_partner", "together")
WEIGHTINGS = ("employment", "unweighted")
STANDARDISED_BY = ("unweighted_sd", "employment_weighted_sd")
SIZE_DISTRIBUTIONS = ("pareto", "truncated_pareto", "lognormal", "pareto_tail")
EFFECTS = ("none", "industry2", "industry4")
CLUSTERS = ("establishment", "enterprise", "industry2", "industry4", "product", "shift_share")
EFFECT_CLUSTERS = ("enterprise", "industry2", "industry4", "product", "shift_share")
PREMIUM_ERRORS = ("robust", "establishment", "enterprise", "industry2", "industry4")
EXIT_ERRORS = ("robust", "enterprise", "industry2", "industry4", "product", "shift_share")
PROBIT_ERRORS = ("information", "robust", "enterprise", "industry2", "industry4", "product")
CLUSTER_VARIANCES = ("cv1", "cv3")
EARLIER_GROWTH = "earlier_growth"
CONTROLS = ("relative_productivity", "log_employment", EARLIER_GROWTH)
PLANT_CUTS = ("simple", "value_weighted")
TARIFF_KINDS = ("home", "foreign", "input")
"""Whose tariff on what: the country's own on what an establishment makes, the partner's on its
exports of it, and the country's own on what the establishment buys."""
CUT_MEASURES = ("points", "log_points")
CUT_CHANGES = ("applied", "preference")
CUT_PERIODS = ("window", "year")
INDUSTRY_WEIGHTS = ("employment", "sales", "unweighted")
EXIT_BY = ("all", "exporting", "quartiles", "windows")
INDUSTRY_ERRORS = ("hc3", "cv3")
INDUSTRY_OUTCOMES = ("employment", "output", "establishments")
INPUT_SOURCES = ("all", "partner")
START = "start"
"""The products of each window's first year, in place of those of one year."""
WITHOUT_PRODUCTS = ("leave_out", "industry_cut")
REPLICATE_GROUPS = (20, 1000)
UNITS = ("establishment", "enterprise", "industry4", "industry2")
RANKINGS = {"tariff_cut": "tariff_cuts", "sigma": "elasticities"}
"""What curves may rank industries by beside the variables of the input `rankings`, and where."""

SMALLEST_ELASTICITY, LARGEST_ELASTICITY = 0.001, 1_000.0
"""Bounds of sigma - 1 and epsilon: beyond them no estimate lies, and results need not be finite."""

BUILT_IN_POPULATIONS = (
    "all",
    "exporters",
    "nonexporters",
    "continuing",
    "entrants",
    "exiters",
)
BUILT_IN_RESTRICTIONS = ("all",)


@dataclass(frozen=True)
class Inputs:
    """Where each input lies: an absolute path or a URI; None where the study has none."""

    census: str
    imports: str | None = None
    tariff_cuts: str | None = None
    prices: str | None = None
    elasticities: str | None = None
    concordance: str | None = None
    successors: str | None = None
    plant_products: str | None = None
    product_tariffs: str | None = None
    product_trade: str | None = None
    input_output: str | None = None
    control_totals: str | None = None
    rankings: str | None = None
    industry_controls: str | None = None
    elasticity_concordance: str | None = None

    def given(self) -> dict[str, str]:
        """The inputs the study has, by name.

        Example:
            >>> Inputs("/data/census", prices="/data/prices.csv").given()
            {'census': '/data/census', 'prices': '/data/prices.csv'}
        """
        values = {field.name: getattr(self, field.name) for field in fields(self)}
        return {name: path for name, path in values.items() if path is not None}


@dataclass(frozen=True)
class Census:
    """How the census files are to be read.

    `columns` maps contract names to the file's columns; `extra_columns` keep the file's names and
    are for predicates. `rules` holds the rules that apply to the mapped columns, each with its
    action. `industry_group_digits` is the length of the codes behind the level `industry2`.
    `buckets` says into how many Spark has bucketed the files by the id; None: they are not.
    `money_decimals` are the digits behind the point that money counts to (-3 counts thousands);
    None: as many as the amounts need. `flags_as_amounts` are contract columns of amounts that hold
    0 and 1 on purpose.
    """

    columns: Mapping[str, str]
    extra_columns: tuple[str, ...]
    money_unit: str
    industry_digits: int
    industry_group_digits: int
    rules: Mapping[str, str]
    buckets: int | None = None
    money_decimals: int | None = USUAL_DECIMALS
    flags_as_amounts: tuple[str, ...] | None = None

    @property
    def decimals(self) -> int:
        """Digits behind the point that money counts to, where they are known."""
        return USUAL_DECIMALS if self.money_decimals is None else self.money_decimals

    def has(self, column: str) -> bool:
        """Whether the census has this contract column."""
        return column in self.columns


@dataclass(frozen=True)
class Window:
    """A pair of census years; `scale_to_years` states its changes over another length [years]."""

    name: str
    start: int
    end: int
    scale_to_years: float | None = None

    @property
    def scale(self) -> float:
        """Factor on every change of the window.

        Example:
            >>> Window("pre", 1978, 1988, scale_to_years=8).scale
            0.8
        """
        return window_scale(self.start, self.end, self.scale_to_years)


@dataclass(frozen=True)
class Matching:
    """Who continues (the first rule is the headline), and whose industry counts when.

    The rule `panel` asks for presence in all of `panel_years` and at the window's ends.
    """

    continuing: tuple[str, ...]
    industry_at: str
    annual: bool
    reactivation_years: int
    panel_years: tuple[int, ...] = ()


@dataclass(frozen=True)
class Productivity:
    """How log productivity is measured and described; `bin_width` [log points].

    `standardised_by` says which spread within industries it is standardised by as well; None: it
    is not. `unpriced` is leave_out where rows without a price are left out of productivity; None
    refuses them. `entry_rates` names windows whose entrants are set over all establishments by
    relative productivity (MT, figure 5B); None: the table is left out.
    """

    numerator: str
    denominator: str
    prices: str
    median_base: tuple[str, ...]
    bin_width: float
    years: tuple[int, ...]
    levels: tuple[str, ...] = ("total",)
    standardised_by: str | None = None
    unpriced: str | None = None
    entry_rates: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Decomposition:
    """Windows whose productivity growth is split: by which shares, methods and levels.

    `groups` says whom terms come from, with shares of growth; None: the table is left out.
    """

    windows: tuple[str, ...]
    shares: tuple[str, ...]
    methods: tuple[str, ...]
    levels: tuple[str, ...]
    groups: tuple[str, ...] | None = None


@dataclass(frozen=True)
class Dispersion:
    """Dispersion by industry; the mean is over industries with `n_min` establishments or more."""

    n_min: int


@dataclass(frozen=True)
class JointDistribution:
    """Classes of size and of relative productivity.

    `size_edges` [jobs] are ascending; `productivity_groups` are cut at equally spaced quantiles,
    in which `weighting` counts jobs (employment) or establishments (unweighted).
    """

    size_edges: tuple[float, ...]
    productivity_groups: int
    weighting: str


@dataclass(frozen=True)
class JobFlows:
    """Gross job flows; `productivity_quartiles` of the first year within 4-digit industries."""

    productivity_quartiles: bool


@dataclass(frozen=True)
class Population:
    """Establishments of a year that meet a condition on that year's columns."""

    name: str
    where: str
    title: str


@dataclass(frozen=True)
class Restriction:
    """A restricted continuing set: a condition on columns of the window's start, end or both."""

    name: str
    where: str
    title: str
    at: str = "start"


@dataclass(frozen=True)
class Trade:
    """Where imports come from: the first source is the headline; none leaves lambda out."""

    imports: tuple[str, ...]


@dataclass(frozen=True)
class Tariffs:
    """What a cut of a tariff is, and the industry groups left out of comparisons by it.

    `measure` is points (of the rate, in percent) or log_points (100 times the change of
    ln(1 + rate)); `change` is applied (rates before and after) or preference (of other countries
    and of the partner); regressions take a cut `per` window, or per year of it. `product_kind` is
    the kind of `product_tariffs` without a column for it. `input_sources` says whether cuts of
    inputs are of all, or of those from the partner. None: not stated, for no result needs it.
    """

    # A study file has none of these defaults: they are what the code took before it asked.
    leave_out: tuple[str, ...] = ()
    measure: str | None = "points"
    change: str | None = "applied"
    per: str | None = "window"
    product_kind: str | None = "home"
    input_sources: str | None = None


@dataclass(frozen=True)
class MelitzRedding:
    """What the comparison with a productivity cutoff assumes.

    `cutoff_percentile` and `upper_percentile` are shares in (0, 1) of the start year's log
    domestic sales: where nobody sells below, and where a truncated Pareto ends; `tail_percentile`
    is that above which pareto_tail has its index from. `percentiles` are the three that the other
    distributions go through, one half between two as far from it; None: 0.2, 0.5 and 0.8.
    `entry_change` is the change of ln M^e over the scaled window [log points]; None where
    `entry_counts` counts it.
    """

    distributions: tuple[str, ...]
    cutoff_percentile: float
    entry_change: float | None
    upper_percentile: float | None = None
    entry_counts: str | None = None
    tail_percentile: float | None = None
    percentiles: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Curves:
    """Curves of the gain: by elasticity (HLOY figure 3) and by industry ranking (figures 4, 5).

    The axis of figure 3, sigma - 1 or epsilon, runs from `elasticity_from` to `elasticity_to` in
    steps of `elasticity_step`; `published_elasticities` marks those of Tables B1 and B2 on it.
    """

    rank_by: tuple[str, ...]
    elasticity_from: float
    elasticity_to: float
    elasticity_step: float
    published_elasticities: bool


@dataclass(frozen=True)
class Comparisons:
    """What else market shares say beside HLOY and ACR over windows.

    `balanced_within` [log points] is how far ln(exports / imports) may be from 0 where imports are
    set equal to exports. `cutoff_percentile` is the unweighted percentile of productivity that
    stands for the cutoff of HLOY's footnote 5.
    """

    balanced_within: float
    cutoff_percentile: float


@dataclass(frozen=True)
class Welfare:
    """Windows, elasticities and levels of the welfare formulas.

    `difference` is (post, pre), read "post minus pre". `expenditure_share` (mu) and
    `value_added_share` (eta) [0-1] come together and add the extended formula.
    """

    windows: tuple[str, ...]
    difference: tuple[str, str] | None
    sigma: float
    trade_elasticity: float
    levels: tuple[str, ...]
    expenditure_share: float | None = None
    value_added_share: float | None = None
    melitz_redding: MelitzRedding | None = None
    curves: Curves | None = None
    comparisons: Comparisons | None = None


@dataclass(frozen=True)
class SizeFits:
    """Size distributions by employment (HLOY figure 1).

    Exporters and the others in `year`, continuing establishments and exiters in the first year of
    `window`; `bin_width` [log points] is the histograms'. `percentiles` are the three shares in
    (0, 1) that curves go through, one half between two as far from it; None: 0.2, 0.5 and 0.8.
    `weighting` is what percentiles and histograms count, unweighted or employment; None: the first.
    """

    year: int
    window: str
    bin_width: float
    percentiles: tuple[float, ...] | None = None
    weighting: str | None = None


@dataclass(frozen=True)
class RegressionErrors:
    """Errors of regressions, and the tests and intervals that follow from them.

    `premium`, `exit_linear`, `exit_probit` and `entry_probit` say what errors of these are robust
    to or clustered by; of growth and of tariff effects, `growth_clusters` and `clusters` do.
    `variance` is that of clusters of industries and products: cv1, or the jackknife cv3. `level`
    of the intervals lies in (0, 1). Fewer clusters than `few_clusters` are told.
    """

    premium: str
    exit_linear: str
    exit_probit: str
    entry_probit: str
    variance: str
    level: float
    few_clusters: int


DEFAULT_ERRORS = RegressionErrors(
    "establishment", "robust", "information", "information", "cv1", 0.95, 2
)
"""Errors of a study without [regressions.errors], which then has no intervals."""


@dataclass(frozen=True)
class Regressions:
    """What is regressed on what (MT); an empty list leaves a family out.

    `premium_years` are pooled for the exporter premium. `exit_windows` have exit regressions, whose
    probit has effects of `exit_effects`. `entry_windows` have export entry, a probit with
    `entry_effects` and `entry_controls`, and the effect of starting to export on growth and on the
    0/1 columns `adoptions`, with effects, controls and clusters of their own. `plant_cuts` is how
    an establishment's cut is the mean over its products, of `products_year` where products have
    years (START: of each window's first); who has none is left out, or has the industry's cut
    (`without_products`); None without that input. `exit_cuts`, `entry_cuts` and `growth_cuts` are
    kinds of tariff; the first of `entry_cuts` has the probability due to it, the first of
    `growth_cuts` is the instrument, and the others are regressors beside it. None: the study has no
    cuts. Who exported in no year of `history_from` up to a window's first is said never to have
    exported. `exit_controls` and the other controls may have earlier_growth, that of productivity
    over `trend_window`. `errors`: None for those that held before they could be chosen
    (`DEFAULT_ERRORS`).
    """

    premium_years: tuple[int, ...]
    exit_windows: tuple[str, ...]
    exit_effects: str
    entry_windows: tuple[str, ...]
    entry_effects: str
    entry_controls: tuple[str, ...]
    growth_effects: str
    growth_controls: tuple[str, ...]
    growth_clusters: str
    plant_cuts: str | None = None
    adoptions: tuple[str, ...] = ()
    # As in `Tariffs`: a study file states them.
    without_products: str | None = "industry_cut"
    products_year: int | str | None = None
    exit_cuts: tuple[str, ...] | None = ("home",)
    entry_cuts: tuple[str, ...] | None = ("home",)
    growth_cuts: tuple[str, ...] | None = ("home",)
    history_from: tuple[int, ...] = ()
    errors: RegressionErrors | None = None
    exit_controls: tuple[str, ...] | None = None
    trend_window: str | None = None

    @property
    def controls_trend(self) -> bool:
        """Whether any regression holds growth before the reform constant."""
        controls = (self.exit_controls or (), self.entry_controls, self.growth_controls)
        return any(EARLIER_GROWTH in each for each in controls)

    @property
    def chosen_errors(self) -> RegressionErrors:
        """Those that are stated, else those of studies that state none."""
        return self.errors or DEFAULT_ERRORS

    @property
    def cut_kinds(self) -> tuple[str, ...]:
        """Every kind of tariff that a regression uses."""
        asked = (
            (self.exit_windows, self.exit_cuts),
            (self.entry_windows, self.entry_cuts),
            (self.entry_windows, self.growth_cuts),
        )
        named = {kind for windows, kinds in asked if windows for kind in kinds or ()}
        return tuple(kind for kind in TARIFF_KINDS if kind in named)


@dataclass(frozen=True)
class TariffEffects:
    """What tariff cuts did to productivity (MT, footnote 8 and Table 2).

    Growth over the window `after` beyond the pace of the window `before` is explained by home and
    foreign cuts, over industries weighted by `industry_weights` and over establishments; growth
    over `after` by the cuts of `kinds`, over who exported in its first year and over all. Errors
    within establishments are clustered by `clusters`. Over industries the double difference is also
    of `outcomes`, and of these in the `deepest` share (0, 1) of industries, those with the deepest
    home cuts; with the variables `industry_controls` of the input of that name beside the cuts.
    `industry_errors` are hc3, or cv3 by 2-digit industry. None: no such rows, no such controls, and
    hc3. `exit_by` says of whom exit from `after` is explained by
    the `exit_cuts` of [regressions], relative to its mean rate.
    """

    before: str
    after: str
    kinds: tuple[str, ...]
    industry_weights: str
    clusters: str
    outcomes: tuple[str, ...] | None = None
    deepest: float | None = None
    industry_controls: tuple[str, ...] | None = None
    exit_by: tuple[str, ...] | None = None
    industry_errors: str | None = None


@dataclass(frozen=True)
class IntraIndustryTrade:
    """Grubel-Lloyd indices: digits of product codes, and how exports meet imports.

    `matched` is by_partner (a product's exports to a partner with its imports from there) or
    together (with all partners at once); the first is the headline. `reporter` names the country
    of a table that does not name it.
    """

    levels: tuple[int, ...]
    matched: tuple[str, ...]
    reporter: str | None = None


@dataclass(frozen=True)
class AccountingComponent:
    """One channel of productivity growth: its effect times the share of output it reaches.

    `effect` [percent] and `share` [0-1] are stated, or `effect_from` and `share_from` name a
    published result of the run; with `published` and none of them they are the study's own
    estimates, in the table `tariff_effects`. `source` says where stated numbers come from.
    `published` names the row of Melitz and Trefler's Table 2 to set beside; components of a `group`
    get a subtotal.
    """

    name: str
    source: str
    effect: float | None = None
    effect_from: str | None = None
    share: float | None = None
    share_from: str | None = None
    group: str | None = None
    published: str | None = None

    @property
    def is_estimated(self) -> bool:
        """Whether its numbers are the study's own estimates of a row of Table 2."""
        stated = (self.effect, self.effect_from, self.share, self.share_from)
        return self.published is not None and stated == (None,) * 4


@dataclass(frozen=True)
class Report:
    """What the report shows: years compared, windows whose groups are compared, and the headline's.

    `years_base` and `groups_base` are the median bases of the figures of productivity that compare
    years (5A) and groups (5B, 5C, exits); None: the first that is published, of base_year, pooled,
    same_year for years and of same_year, base_year, pooled for groups. `headline_window` is the
    later one of `difference`, or else the last, when it is not stated.
    """

    figure_years: tuple[int, ...]
    figure_windows: tuple[str, ...]
    headline_window: str | None = None
    years_base: str | None = None
    groups_base: str | None = None


@dataclass(frozen=True)
class MeasurementError:
    """Stated relative standard errors of imports and of domestic sales, 0 to 1 (uncertain data)."""

    imports: float
    domestic_sales: float


@dataclass(frozen=True)
class Uncertainty:
    """Standard errors and intervals beside aggregates, by leaving out groups of units.

    Units are dealt into `groups` by a hash of their id and `salt`; `unit` is what was drawn:
    establishment, enterprise, industry4 or industry2. `level` of the intervals lies in (0, 1).
    Where more than `most_undefined` of the replicates have no number there is no interval.
    """

    groups: int
    level: float
    unit: str
    salt: str
    most_undefined: float
    measurement_error: MeasurementError | None = None


@dataclass(frozen=True)
class Headline:
    """The choices behind a study's first number: the first of each list, nobody left out.

    `imports` is None where the study has no source of imports.
    """

    continuing: str
    imports: str | None


@dataclass(frozen=True)
class Study:
    """One study, resolved: nothing in it is left to a default of the code that runs it.

    `todo` counts the choices that its file still marks as TODO: with some it runs as a draft only.
    """

    name: str
    title: str
    source: str
    publication: str | None
    synthetic: bool
    inputs: Inputs
    census: Census
    windows: tuple[Window, ...]
    matching: Matching
    productivity: Productivity
    populations: tuple[Population, ...]
    trade: Trade
    tariffs: Tariffs
    welfare: Welfare
    restrictions: tuple[Restriction, ...]
    report: Report
    decomposition: Decomposition | None = None
    dispersion: Dispersion | None = None
    joint_distribution: JointDistribution | None = None
    size_fits: SizeFits | None = None
    job_flows: JobFlows | None = None
    intra_industry_trade: IntraIndustryTrade | None = None
    accounting: tuple[AccountingComponent, ...] = ()
    regressions: Regressions | None = None
    uncertainty: Uncertainty | None = None
    draft: bool = False
    todo: int = 0
    tariff_effects: TariffEffects | None = None

    @property
    def cut_kinds(self) -> tuple[str, ...]:
        """Every kind of tariff that a result of the study uses."""
        named = {*(self.regressions.cut_kinds if self.regressions else ())}
        named |= {*(self.tariff_effects.kinds if self.tariff_effects else ())}
        return tuple(kind for kind in TARIFF_KINDS if kind in named)

    def clusters_by(self, choice: str) -> bool:
        """Whether errors of a regression are clustered by this, or are those of shares."""
        regressions = self.regressions
        if regressions is None:
            return False
        stated = regressions.chosen_errors
        asked = {stated.premium, stated.exit_linear, stated.exit_probit, stated.entry_probit}
        asked |= {regressions.growth_clusters}
        asked |= {self.tariff_effects.clusters} if self.tariff_effects else set()
        return choice in asked

    @property
    def years(self) -> tuple[int, ...]:
        """Census years the run reads, ascending.

        The ends of every window and the productivity years; also every year between the ends
        when annual demography or the rule `every_year` asks for it.
        """
        between = self.matching.annual or "every_year" in self.matching.continuing
        wanted = {*self.productivity.years, *self.matching.panel_years}
        if self.size_fits is not None:
            wanted.add(self.size_fits.year)
        if self.regressions is not None:
            wanted.update(self.regressions.premium_years)
            wanted.update(self.regressions.history_from)
        for window in self.windows:
            step = 1 if between else window.end - window.start
            wanted.update(range(window.start, window.end + 1, step))
        return tuple(sorted(wanted))

    @property
    def headline(self) -> Headline:
        """What the other continuing rules and sources of imports are compared with."""
        imports = self.trade.imports
        return Headline(self.matching.continuing[0], imports[0] if imports else None)

    def has_section(self, name: str) -> bool:
        """Whether the study has an optional section, or key that may be left out, by its path."""
        found: object = self
        for part in name.split("."):
            found = getattr(found, part, None)
        return found is not None

    def window(self, name: str) -> Window:
        """The window of that name.

        Raises:
            KeyError: No window has that name.
        """
        for window in self.windows:
            if window.name == name:
                return window
        raise KeyError(name)
