"""Productivity relative to the median of the industry: medians, distributions and their spread."""

from functools import partial

from tradegains.tables.columns import (
    COUNT,
    EMPLOYMENT,
    ESTABLISHMENTS,
    INDUSTRY,
    LEVEL,
    NOTE,
    NUMBER,
    PRICES,
    RUN,
    TEXT,
    WEIGHTING,
    WEIGHTINGS,
    WHOLE,
    WINDOW_OR_NULL,
    YEAR,
    count,
    ends_of,
    errors_of,
    jobs,
    level,
    log_points,
    money,
    share,
)
from tradegains.tables.disclosure import (
    FREQUENCIES,
    INDUSTRIES,
    LINEAR,
    POSITION,
    SHAPE,
    Adds,
    Disclosure,
    Statistic,
    counts,
    described,
    linear,
    public,
)
from tradegains.tables.table import ABOVE_0, AT_LEAST_0, Column, Range, Table

INDUSTRY_MEDIANS = Table(
    name="industry_medians",
    title="Medians of log productivity by industry",
    family="distributions",
    key=("median_base", "window", "year", "industry"),
    columns=(
        RUN,
        Column("median_base", TEXT, "", "same_year or pooled", words=("same_year", "pooled")),
        WINDOW_OR_NULL,
        Column(
            "year",
            WHOLE,
            "year",
            "census year; null for the pooled median of a window",
            nullable=True,
        ),
        Column("industry", TEXT, "", "industry code"),
        ESTABLISHMENTS,
        Column("median", NUMBER, "log money unit per job", "unweighted median, interpolated"),
        log_points(
            "sd",
            "spread that standardises; null where it is too small, or not asked for",
            range=ABOVE_0,
        ),
    ),
)

_DISTRIBUTION_KEY = (
    RUN,
    YEAR,
    WINDOW_OR_NULL,
    Column("population", TEXT, "", "all, exporters, continuing, ... or a study predicate"),
    LEVEL,
    INDUSTRY,
    Column(
        "median_base",
        TEXT,
        "",
        "same_year, base_year or pooled",
        words=("same_year", "base_year", "pooled"),
    ),
    Column(
        "measure",
        TEXT,
        "",
        "relative, or standardised (assumed formula)",
        words=("relative", "standardised"),
    ),
)
_DISTRIBUTION = tuple(column.name for column in _DISTRIBUTION_KEY if column is not RUN)

QUANTILES = {
    "p01": 0.01,
    "p05": 0.05,
    "p10": 0.10,
    "p25": 0.25,
    "p50": 0.50,
    "p75": 0.75,
    "p90": 0.90,
    "p95": 0.95,
    "p99": 0.99,
}

_MOMENTS = ("mean", "sd", "skewness", "kurtosis")
_POPULATIONS = Adds("population", "exporters and the others make all; who continues is in all")


def _moments_by(weight: str) -> dict[str, Statistic]:
    """Moments and quantiles of a population, each counted once or by a weight."""
    of = partial(described, weight=weight)
    return {
        "mean": of(LINEAR, "population", power=1),
        "sd": of(SHAPE, "population", power=2),
        "skewness": of(SHAPE, "population", power=3),
        "kurtosis": of(SHAPE, "population", power=4),
        **{name: of(POSITION, "population", at=p) for name, p in QUANTILES.items()},
    }


MOMENTS = Table(
    name="moments",
    title="Moments and quantiles of relative productivity",
    family="distributions",
    key=(*_DISTRIBUTION, "weighting"),
    first=("p50", "establishments", "p10", "p90", "sd"),
    columns=(
        *_DISTRIBUTION_KEY,
        WEIGHTING,
        ESTABLISHMENTS,
        EMPLOYMENT,
        log_points("mean", "mean of relative productivity"),
        log_points(
            "sd",
            "standard deviation, divisor the total weight: n where unweighted, not n - 1",
            range=AT_LEAST_0,
        ),
        Column(
            "skewness",
            NUMBER,
            "",
            "third standardised moment; null as kurtosis",
            nullable=True,
        ),
        Column(
            "kurtosis",
            NUMBER,
            "",
            "fourth standardised moment (normal: 3); null where sd is 0, or so small that rounding "
            "may have moved it by more than 0.001, see note",
            nullable=True,
            range=AT_LEAST_0,
        ),
        *(log_points(name, f"quantile at {p:g}") for name, p in QUANTILES.items()),
        log_points(
            "kappa", "scale of standardised productivity; null for relative", range=AT_LEAST_0
        ),
        PRICES,
        NOTE,
        *errors_of(*_MOMENTS, without_unit=_MOMENTS[2:]),
        *ends_of(*QUANTILES, unit="log points"),
    ),
    uncertain=_MOMENTS,
    disclosure=Disclosure(
        {
            "establishments": counts("population.establishments"),
            "employment": linear("population.employment"),
            **_moments_by(""),
        },
        adds=(INDUSTRIES, _POPULATIONS),
        by="weighting",
        instead={"employment": _moments_by("employment")},
    ),
)

_OF_BINS = ("population.establishments", "population.employment")
"""What all bins of a histogram add up to."""

HISTOGRAMS = Table(
    name="histograms",
    title="Histograms of relative productivity",
    family="distributions",
    key=(*_DISTRIBUTION, "bin_start"),
    columns=(
        *_DISTRIBUTION_KEY,
        log_points("bin_width", "width of the bin", nullable=False, range=ABOVE_0),
        log_points("bin_start", "lower edge, included", nullable=False),
        log_points("bin_end", "upper edge, excluded", nullable=False),
        ESTABLISHMENTS,
        EMPLOYMENT,
        share("share", "employment of the bin over employment of the population"),
    ),
    disclosure=Disclosure(
        {
            "bin_width": public(),
            "bin_end": public(),
            "establishments": Statistic(FREQUENCIES, _OF_BINS, ("population",), "employment"),
            "employment": Statistic(LINEAR, _OF_BINS, ("population",), "employment"),
            "share": Statistic(LINEAR, _OF_BINS, ("population",), "employment"),
        },
        adds=(_POPULATIONS, Adds("bin_start", "bins make their population")),
    ),
)

_GAPS = ("d7525", "d9010", "d9990", "d1001")

_ENTRY_RATES = ("entry_rate", "share_of_entrants", "employment_rate")


def _spread_by(weight: str) -> dict[str, Statistic]:
    """Means over industries of spreads within them; those of single industries stay beside them."""
    spread = described(SHAPE, "population", weight=weight)
    return dict.fromkeys(("sd", *_GAPS, "theil"), spread)


ENTRY_RATES = Table(
    name="entry_rates",
    title="Entry rates by relative productivity",
    family="distributions",
    section="productivity.entry_rates",
    key=("window", "median_base", "part", "bin_start"),
    first=("entry_rate", "entrants", "establishments", "share_of_entrants"),
    columns=(
        RUN,
        Column("window", TEXT, "", "window, of whose last year everybody here is"),
        YEAR,
        Column(
            "median_base",
            TEXT,
            "",
            "same_year, or base_year: the first year of the earliest window of the table",
            words=("same_year", "base_year"),
        ),
        Column("median_year", WHOLE, "year", "whose industry medians productivity is relative to"),
        Column(
            "part",
            TEXT,
            "",
            "all, below_median, not_below_median, or one bin",
            words=("all", "below_median", "not_below_median", "bin"),
        ),
        log_points("bin_width", "width of the bins", nullable=False, range=ABOVE_0),
        log_points("bin_start", "lower edge of the bin, included; null for other parts"),
        log_points("bin_end", "upper edge of the bin, excluded; null for other parts"),
        count("entrants", "establishments", "of the part, absent in the window's first year"),
        ESTABLISHMENTS,
        share("entry_rate", "entrants over establishments of the part"),
        share("share_of_entrants", "entrants of the part over all of them"),
        jobs("entrants_employment", "employment of the part's entrants"),
        EMPLOYMENT,
        share("employment_rate", "their employment over that of the part"),
        PRICES,
        NOTE,
        *errors_of(*_ENTRY_RATES, unit="share"),
    ),
    uncertain=_ENTRY_RATES,
)

DISPERSION = Table(
    name="dispersion",
    title="Dispersion of productivity within industries",
    family="distributions",
    section="dispersion",
    key=("year", "level", "industry", "weighting"),
    columns=(
        RUN,
        YEAR,
        level(
            "industry4, or industries_mean: the simple mean over industries",
            "industry4",
            "industries_mean",
        ),
        INDUSTRY,
        WEIGHTING,
        count("industries", "industries", "1, or how many are in the mean"),
        ESTABLISHMENTS,
        EMPLOYMENT,
        log_points(
            "sd",
            "standard deviation of productivity within the industry; divisor the total weight: n "
            "where unweighted, not n - 1",
            range=AT_LEAST_0,
        ),
        log_points("d7525", "quantile at 0.75 minus quantile at 0.25", range=AT_LEAST_0),
        log_points("d9010", "quantile at 0.90 minus quantile at 0.10", range=AT_LEAST_0),
        log_points("d9990", "quantile at 0.99 minus quantile at 0.90", range=AT_LEAST_0),
        log_points("d1001", "quantile at 0.10 minus quantile at 0.01", range=AT_LEAST_0),
        Column(
            "theil",
            NUMBER,
            "",
            "Theil index of the level of productivity within the industry",
            nullable=True,
            range=AT_LEAST_0,
        ),
        count("n_min", "establishments", "fewest with which an industry is in the mean"),
        NOTE,
        *errors_of("sd", *_GAPS, "theil", without_unit=("theil",)),
        *ends_of(*_GAPS, unit="log points"),
    ),
    uncertain=("sd", *_GAPS, "theil"),
    disclosure=Disclosure(
        {
            "industries": public(),
            "n_min": public(),
            **_spread_by(""),
        },
        adds=(Adds("industry", "their mean is that of level industries_mean"),),
        by="weighting",
        instead={"employment": _spread_by("employment")},
    ),
)

JOINT_DISTRIBUTION = Table(
    name="joint_distribution",
    title="Employment and output by productivity and size",
    family="distributions",
    section="joint_distribution",
    key=("year", "productivity_group", "size_from"),
    columns=(
        RUN,
        YEAR,
        Column(
            "weighting",
            TEXT,
            "",
            "what the productivity groups are cut by: employment, unweighted",
            words=WEIGHTINGS,
        ),
        Column(
            "productivity_group",
            COUNT,
            "",
            "from 1, the lowest relative productivity",
            range=Range(at_least=1),
        ),
        log_points("productivity_from", "cut below the group, not included; null: open"),
        log_points("productivity_to", "cut above the group, included; null: open"),
        Column(
            "size_from",
            NUMBER,
            "jobs",
            "reported employment, included; null: open",
            nullable=True,
            range=ABOVE_0,
        ),
        Column(
            "size_to",
            NUMBER,
            "jobs",
            "reported employment, not included; null: open",
            nullable=True,
            range=ABOVE_0,
        ),
        ESTABLISHMENTS,
        EMPLOYMENT,
        money("output", "the numerator of productivity"),
        share("establishment_share", "establishments over those of the year with productivity"),
        share("employment_share", "employment over theirs"),
        share("output_share", "output over theirs"),
        Column(
            "numerator",
            TEXT,
            "",
            "value_added or sales: what output is",
            words=("value_added", "sales"),
        ),
        NOTE,
    ),
)

TABLES = (INDUSTRY_MEDIANS, MOMENTS, HISTOGRAMS, ENTRY_RATES, DISPERSION, JOINT_DISTRIBUTION)
