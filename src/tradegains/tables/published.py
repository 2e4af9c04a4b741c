"""The published tables: their columns, types, units and meanings.

Every table is long and tidy, and every row carries the `run_id` of the run that published it.
"""

from dataclasses import dataclass

from pyspark.sql.types import (
    ArrayType,
    DataType,
    DoubleType,
    IntegerType,
    LongType,
    StringType,
    StructField,
    StructType,
)


@dataclass(frozen=True)
class Column:
    """A column of a published table: its name, type, unit and meaning."""

    name: str
    type: DataType
    unit: str
    meaning: str


_TEXT, _COUNT, _NUMBER, _YEAR = StringType(), LongType(), DoubleType(), IntegerType()

_RUN = Column("run_id", _TEXT, "", "digest of study, inputs and code of the run")
_YEAR_COLUMN = Column("year", _YEAR, "year", "census year")
_WINDOW = Column("window", _TEXT, "", "name of the window; null where no window is involved")
_LEVEL = Column("level", _TEXT, "", "total, industry2 or industry4")
_INDUSTRY = Column("industry", _TEXT, "", "industry code; null at level total")
_ESTABLISHMENTS = Column("establishments", _COUNT, "establishments", "unweighted count of rows")
_EMPLOYMENT = Column("employment", _NUMBER, "jobs", "employment, times the sampling weight if any")
_CONTINUING = Column("continuing", _TEXT, "", "rule for continuing establishments")
_RESTRICTION = Column("restriction", _TEXT, "", "restricted continuing set; all when there is none")
_IMPORTS = Column("imports", _TEXT, "", "source of imports: table, exports or none")
_IDS = Column("ids", _TEXT, "", "raw, or repaired by the input successors")
_NOTE = Column("note", _TEXT, "", "why a number is null, or a label the reader needs")


def _money(name: str, meaning: str) -> Column:
    return Column(name, _NUMBER, "money unit of the study", meaning)


def _share(name: str, meaning: str) -> Column:
    return Column(name, _NUMBER, "share", meaning)


def _log_points(name: str, meaning: str) -> Column:
    return Column(name, _NUMBER, "log points", meaning)


QUALITY = (
    _RUN,
    _YEAR_COLUMN,
    Column("rule", _TEXT, "", "read, valid, quarantined, or the rule that flagged the rows"),
    Column("action", _TEXT, "", "stop, quarantine or keep; null for the three totals"),
    Column("rows", _COUNT, "rows", "rows counted"),
)

DEMOGRAPHY = (
    _RUN,
    Column("window", _TEXT, "", "window, or START-END for a pair of consecutive years"),
    Column("kind", _TEXT, "", "window or annual"),
    _CONTINUING,
    _IDS,
    _LEVEL,
    _INDUSTRY,
    Column("status", _TEXT, "", "continuing, entrant or exiter"),
    Column("year", _YEAR, "year", "end of the window at which the establishments are measured"),
    _ESTABLISHMENTS,
    _EMPLOYMENT,
    _money("sales", "sales"),
    _money("exports", "exports; null without an exports column"),
    _money("domestic_sales", "sales minus exports"),
    _money("value_added", "value added; null without a value added column"),
    _share("establishment_rate", "establishments over all of that year, level and industry"),
    _share("employment_rate", "employment over all of that year, level and industry"),
    _share("sales_rate", "sales over all of that year, level and industry"),
)

_STATES = "absent, nonexporter, exporter (present without an exports column), or dormant"

TRANSITIONS = (
    _RUN,
    Column("window", _TEXT, "", "window, or START-END for a pair of consecutive years"),
    Column("kind", _TEXT, "", "window or annual"),
    Column("level", _TEXT, "", "total or industry2"),
    _INDUSTRY,
    Column("state_at_start", _TEXT, "", f"{_STATES}; absent is entry"),
    Column("state_at_end", _TEXT, "", f"{_STATES}; absent is exit"),
    Column("establishments", _COUNT, "establishments", "that went from the one to the other"),
    Column("employment", _NUMBER, "jobs", "theirs at the start; at the end if they have none then"),
    _share("establishment_share", "of all establishments in the state at the start"),
    _share("employment_share", "of all employment of the state at the start"),
)

JOB_FLOWS = (
    _RUN,
    Column("window", _TEXT, "", "window, or START-END for a pair of consecutive years"),
    Column("kind", _TEXT, "", "window or annual"),
    _LEVEL,
    _INDUSTRY,
    Column("productivity_group", _TEXT, "", "all, quartile_1 to 4, lower_half or unmeasured"),
    Column("establishments", _COUNT, "establishments", "at the first year, and entrants"),
    Column("employment_start", _NUMBER, "jobs", "at the first year"),
    Column("employment_end", _NUMBER, "jobs", "of the same establishments and of entrants"),
    Column("entrant_creation", _NUMBER, "jobs", "of entrants; null by productivity group"),
    Column("expander_creation", _NUMBER, "jobs", "gained where there are more at the end"),
    Column("exiter_destruction", _NUMBER, "jobs", "of exiters"),
    Column("contractor_destruction", _NUMBER, "jobs", "lost where there are fewer at the end"),
    _share("creation_rate", "creation over the average of both years' employment"),
    _share("destruction_rate", "destruction over the average of both years' employment"),
    _share("destruction_share", "destruction over employment at the first year"),
    _NOTE,
)

INDUSTRY_MEDIANS = (
    _RUN,
    Column("median_base", _TEXT, "", "same_year or pooled"),
    _WINDOW,
    Column("year", _YEAR, "year", "census year; null for the pooled median of a window"),
    _INDUSTRY,
    _ESTABLISHMENTS,
    Column("median", _NUMBER, "log money unit per job", "unweighted median, interpolated"),
    _log_points("sd", "spread that standardises; null where it is too small, or not asked for"),
)

_DISTRIBUTION_KEY = (
    _RUN,
    _YEAR_COLUMN,
    _WINDOW,
    Column("population", _TEXT, "", "all, exporters, continuing, ... or a study predicate"),
    _LEVEL,
    _INDUSTRY,
    Column("median_base", _TEXT, "", "same_year, base_year or pooled"),
    Column("measure", _TEXT, "", "relative, or standardised (assumed formula)"),
)

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

MOMENTS = (
    *_DISTRIBUTION_KEY,
    Column("weighting", _TEXT, "", "employment or unweighted"),
    _ESTABLISHMENTS,
    _EMPLOYMENT,
    _log_points("mean", "mean of relative productivity"),
    _log_points("sd", "standard deviation, divisor the total weight"),
    Column("skewness", _NUMBER, "", "third standardised moment; null where sd is 0"),
    Column("kurtosis", _NUMBER, "", "fourth standardised moment (normal: 3); null where sd is 0"),
    *(_log_points(name, f"quantile at {p:g}") for name, p in QUANTILES.items()),
    _log_points("kappa", "scale of standardised productivity; null for relative"),
    Column("prices", _TEXT, "", "nominal, industry or economy: the deflator of productivity"),
    _NOTE,
)

HISTOGRAMS = (
    *_DISTRIBUTION_KEY,
    _log_points("bin_width", "width of the bin"),
    _log_points("bin_start", "lower edge, included"),
    _log_points("bin_end", "upper edge, excluded"),
    _ESTABLISHMENTS,
    _EMPLOYMENT,
    _share("share", "employment of the bin over employment of the population"),
)

MARKET_SHARES = (
    _RUN,
    _WINDOW,
    _LEVEL,
    _INDUSTRY,
    _CONTINUING,
    _RESTRICTION,
    _IMPORTS,
    _IDS,
    Column("year", _YEAR, "year", "end of the window"),
    _ESTABLISHMENTS,
    Column("continuing_establishments", _COUNT, "establishments", "of the continuing set"),
    _money("domestic_sales", "X: domestic sales of all establishments"),
    _money("continuing_domestic_sales", "X^c: domestic sales of the continuing set"),
    _money("imports_value", "M: imports"),
    _money("expenditure", "Y = X + M"),
    _share("continuing_share", "X^c / X"),
    _share("domestic_share", "lambda = X / Y"),
    _share("continuing_market_share", "lambda^c = X^c / Y"),
    _NOTE,
)

COVERAGE = (
    _RUN,
    _YEAR_COLUMN,
    Column("level", _TEXT, "", "total, or industry: the codes of the control totals"),
    _INDUSTRY,
    Column("measure", _TEXT, "", "establishments, employment, sales, exports or value_added"),
    Column("census", _NUMBER, "of the measure", "sum over the census; null where it has nobody"),
    Column("control", _NUMBER, "of the measure", "control total; null where there is none"),
    Column("ratio", _NUMBER, "", "census over control"),
    _NOTE,
)

WELFARE = (
    _RUN,
    _WINDOW,
    Column("level", _TEXT, "", "total, industry2 or industries_aggregated"),
    _INDUSTRY,
    _CONTINUING,
    _RESTRICTION,
    _IMPORTS,
    _IDS,
    Column("formula", _TEXT, "", "hloy, hloy_extended, acr, melitz_redding_local or _global"),
    Column("distribution", _TEXT, "", "of productivity, assumed by the Melitz-Redding formulas"),
    Column("elasticity", _NUMBER, "", "epsilon for acr, else sigma"),
    _log_points("delta_ln_continuing_share", "scaled change of ln X^c/X"),
    _log_points("delta_ln_domestic_share", "scaled change of ln lambda"),
    _log_points("delta_ln_continuing_market_share", "scaled change of ln lambda^c"),
    _log_points("domestic_share_term", "first term of eq. 5: -dln lambda / (sigma - 1)"),
    _log_points("continuing_share_term", "second term of eq. 5: -dln(X^c/X) / (sigma - 1)"),
    _log_points("welfare_change", "change of ln W, net of continuing establishments' own growth"),
    Column("scale", _NUMBER, "", "factor on every delta: scale_to_years / years of the window"),
    Column("establishments", _COUNT, "establishments", "continuing set at the window's end"),
    _share("weight", "Sato-Vartia weight of the industry in level industries_aggregated"),
    Column("hazard", _NUMBER, "", "of log size at the Melitz-Redding cutoff"),
    Column("implied_trade_elasticity", _NUMBER, "", "epsilon at which acr would equal hloy"),
    _NOTE,
)

WELFARE_CURVES = (
    _RUN,
    Column("figure", _TEXT, "", "figure of HLOY that the row belongs to: 3, 4 or 5"),
    Column("curve", _TEXT, "", "hloy or acr (figure 3), restricted (4), liberalised_over_rest (5)"),
    Column("point", _TEXT, "", "curve, marker (a published estimate), baseline or median"),
    Column("label", _TEXT, "", "citation of a marker; null elsewhere"),
    Column("window", _TEXT, "", "window, or LATER-EARLIER for the difference of two"),
    _CONTINUING,
    _IMPORTS,
    Column("variable", _TEXT, "", "sigma or trade_elasticity (3); what industries are ranked by"),
    Column(
        "x",
        _NUMBER,
        "unit of the variable",
        "place on the axis: sigma - 1 or epsilon (3), value of the ranking variable (4, 5); "
        "null beyond the largest value, where every continuing establishment counts (4)",
    ),
    Column("elasticity", _NUMBER, "", "sigma or epsilon behind the number"),
    _log_points("welfare_change", "gain (3, 4); gain of the liberalised minus the rest (5)"),
    _log_points("liberalised_change", "gain of industries at x or above, on their market (5)"),
    _log_points("rest_change", "gain of the other industries, on their own market (5)"),
    Column("industries", _COUNT, "industries", "ranked below x (4), at x or above (5)"),
    Column(
        "establishments",
        _COUNT,
        "establishments",
        "continuing ones of those industries at the window's end",
    ),
    Column("scale", _NUMBER, "", "factor on every delta: scale_to_years / years of the window"),
    _NOTE,
)

_LOG_JOBS = "log jobs"

_SIZE_KEY = (
    _RUN,
    Column("year", _YEAR, "year", "census year, the window's first where there is a window"),
    _WINDOW,
    Column("population", _TEXT, "", "exporters, nonexporters, continuing or exiters"),
)

SIZE_FITS = (
    *_SIZE_KEY,
    Column("establishments", _COUNT, "establishments", "with employment above 0"),
    Column("without_size", _COUNT, "establishments", "left out: employment is 0"),
    *(
        Column(f"q{percent}", _NUMBER, _LOG_JOBS, f"unweighted {percent}th percentile of log size")
        for percent in (20, 50, 80)
    ),
    Column("mean", _NUMBER, _LOG_JOBS, "mean of the normal through the three percentiles"),
    _log_points("sd", "its standard deviation"),
    Column("overlap_with", _TEXT, "", "population whose curve it is compared with"),
    _share("overlap", "area under the lower of the two curves"),
    _NOTE,
)

SIZE_HISTOGRAMS = (
    *_SIZE_KEY,
    _log_points("bin_width", "width of the bin"),
    Column("bin_start", _NUMBER, _LOG_JOBS, "lower edge, included"),
    Column("bin_end", _NUMBER, _LOG_JOBS, "upper edge, excluded"),
    _ESTABLISHMENTS,
    _share("share", "establishments of the bin over those of the population"),
)

PRODUCTIVITY_GROWTH = (
    _RUN,
    Column("window", _TEXT, "", "window, or LATER-EARLIER for the difference of two"),
    _CONTINUING,
    Column("level", _TEXT, "", "total or industry2"),
    _INDUSTRY,
    Column("measure", _TEXT, "", "sales_per_worker or value_added_per_worker"),
    Column("prices", _TEXT, "", "nominal, industry or economy: the deflator"),
    Column("start", _NUMBER, "money unit per job", "deflated ratio of sums in the first year"),
    Column("end", _NUMBER, "money unit per job", "the same establishments in the last year"),
    _log_points("delta_ln", "scaled change of its logarithm"),
    Column("scale", _NUMBER, "", "factor on delta_ln: scale_to_years / years of the window"),
    Column("establishments", _COUNT, "establishments", "continuing set at the window's end"),
    _NOTE,
)

INTRA_INDUSTRY_TRADE = (
    _RUN,
    Column("product_digits", _YEAR, "digits", "first digits of a product's code that make a group"),
    Column("matched", _TEXT, "", "by_partner or together: which imports a product's exports meet"),
    Column("reporter", _TEXT, "", "country whose trade it is; world: all reporters of the table"),
    Column("partner", _TEXT, "", "other country; world: all of them"),
    Column("year", _YEAR, "year", "year of the trade"),
    _share("grubel_lloyd", "two-way trade over trade: sum of X + M - |X - M|, over sum of X + M"),
    _share("one_way_share", "trade of cells with exports or imports only, over trade"),
    _money("exports", "exports"),
    _money("imports", "imports"),
    Column("flows", _COUNT, "cells", "product groups with trade, by_partner times partners"),
    Column("one_way_flows", _COUNT, "cells", "those with exports or imports only"),
    _NOTE,
)

JOINT_DISTRIBUTION = (
    _RUN,
    _YEAR_COLUMN,
    Column(
        "weighting", _TEXT, "", "what the productivity groups are cut by: employment, unweighted"
    ),
    Column("productivity_group", _COUNT, "", "from 1, the lowest relative productivity"),
    _log_points("productivity_from", "cut below the group, not included; null: open"),
    _log_points("productivity_to", "cut above the group, included; null: open"),
    Column("size_from", _NUMBER, "jobs", "reported employment, included; null: open"),
    Column("size_to", _NUMBER, "jobs", "reported employment, not included; null: open"),
    _ESTABLISHMENTS,
    _EMPLOYMENT,
    _money("output", "the numerator of productivity"),
    _share("establishment_share", "establishments over those of the year with productivity"),
    _share("employment_share", "employment over theirs"),
    _share("output_share", "output over theirs"),
    Column("numerator", _TEXT, "", "value_added or sales: what output is"),
    _NOTE,
)

DISPERSION = (
    _RUN,
    _YEAR_COLUMN,
    Column("level", _TEXT, "", "industry4, or industries_mean: the simple mean over industries"),
    _INDUSTRY,
    Column("weighting", _TEXT, "", "employment or unweighted"),
    Column("industries", _COUNT, "industries", "1, or how many are in the mean"),
    _ESTABLISHMENTS,
    _EMPLOYMENT,
    _log_points("sd", "standard deviation of productivity within the industry"),
    _log_points("d7525", "quantile at 0.75 minus quantile at 0.25"),
    _log_points("d9010", "quantile at 0.90 minus quantile at 0.10"),
    _log_points("d9990", "quantile at 0.99 minus quantile at 0.90"),
    _log_points("d1001", "quantile at 0.10 minus quantile at 0.01"),
    Column("n_min", _COUNT, "establishments", "fewest with which an industry is in the mean"),
    _NOTE,
)

DECOMPOSITIONS = (
    _RUN,
    _WINDOW,
    Column("year", _YEAR, "year", "year of an Olley-Pakes level; null for the change in a window"),
    Column("share", _TEXT, "", "employment or sales: the weight of an establishment"),
    Column("method", _TEXT, "", "bhc, fhk, gr, bg, df, mp or olley_pakes"),
    Column("level", _TEXT, "", "total, industry2, industry4, or those two with _aggregated"),
    _INDUSTRY,
    Column("term", _TEXT, "", "within, between, cross, entry, exit, ..., between_industries"),
    _log_points("value", "the term; null where the method has none, see note"),
    _log_points("total", "what the terms add up to: the change of Phi, or Phi of the year"),
    Column("establishments", _COUNT, "establishments", "the group that the term is of"),
    Column("left_out", _COUNT, "establishments", "continuing, with productivity at one end only"),
    Column("moved", _COUNT, "establishments", "continuing, counted as exits from and entries to"),
    Column("prices", _TEXT, "", "nominal, industry or economy: the deflator of productivity"),
    _NOTE,
)

REGRESSIONS = (
    _RUN,
    _WINDOW,
    Column("years", _TEXT, "years", "years pooled, or first and last year of the window"),
    Column(
        "model",
        _TEXT,
        "",
        "exporter_premium, exporter_premium_with_size, exit_linear, exit_probit, entry_probit, "
        "raw_difference, least_squares, first_stage or two_stage",
    ),
    Column("outcome", _TEXT, "", "what is explained, in a first stage by its second stage"),
    Column("sample", _TEXT, "", "all, or quartile_1 (bottom) to quartile_4 of productivity"),
    Column("weighting", _TEXT, "", "employment or unweighted"),
    Column("effects", _TEXT, "", "absorbed effects: year_industry4, industry4, industry2 or none"),
    Column("errors", _TEXT, "", "robust (HC1), information, or what errors are clustered by"),
    Column("term", _TEXT, "", "regressor"),
    Column("coefficient", _NUMBER, "outcome per unit of the term", "null where it is not told"),
    Column("standard_error", _NUMBER, "as coefficient", "by the rule in `errors`"),
    Column("t", _NUMBER, "", "coefficient over standard error"),
    Column("premium_percent", _NUMBER, "percent", "100 (exp(coefficient) - 1), of the premium"),
    Column("observations", _COUNT, "rows", "rows used; groups of one row are left out"),
    Column("groups", _COUNT, "effects", "effects absorbed; 1 is the constant"),
    Column("clusters", _COUNT, "clusters", "null where errors are not clustered"),
    _share("r2", "variation within effects that is explained; null for two_stage and probits"),
    Column("log_likelihood", _NUMBER, "", "of a probit, at its maximum"),
    Column("first_stage_f", _NUMBER, "", "squared t of the instrument in the first stage"),
    _NOTE,
)

EXPORT_ENTRY = (
    _RUN,
    Column("window", _TEXT, "", "window; nobody here exported until its first year"),
    Column("quartile", _COUNT, "", "of first-year productivity, 1 the bottom; null for all"),
    Column("establishments", _COUNT, "establishments", "that never exported and are there at end"),
    Column("starters", _COUNT, "establishments", "of these, exporters in the window's last year"),
    _share("starter_rate", "starters over establishments"),
    Column("mean_tariff_cut", _NUMBER, "percentage points", "mean over establishments with a cut"),
    Column("own_cuts", _COUNT, "establishments", "whose cut is the mean over their products"),
    Column("industry_cuts", _COUNT, "establishments", "whose cut is their industry's"),
    Column("probit_establishments", _COUNT, "establishments", "in the probit"),
    Column("cut_coefficient", _NUMBER, "index per percentage point", "probit, on the cut"),
    Column("cut_standard_error", _NUMBER, "index per percentage point", "from the information"),
    _share("probability_due_to_cut", "mean of Phi(with the cut) - Phi(without)"),
    _share("probability_standard_error", "its standard error, by the delta method"),
    Column("ratio_to_bottom", _NUMBER, "", "probability due to the cut over that of quartile 1"),
    _NOTE,
)

PUBLISHED_TABLE = ArrayType(
    StructType(
        [
            StructField("name", StringType()),
            StructField("version", LongType()),
            StructField("rows", LongType()),
            StructField("digest", StringType()),
        ]
    )
)

RUNS = (
    _RUN,
    Column("study", _TEXT, "", "name of the study"),
    Column("published_at", _TEXT, "UTC, ISO 8601", "when the run was published"),
    Column("study_toml", _TEXT, "", "the resolved study file"),
    Column("inputs", _TEXT, "JSON", "input manifest: path, bytes, rows, fingerprint, sha256"),
    Column("input_digest", _TEXT, "", "sha256 of the input manifest"),
    Column("code_version", _TEXT, "", "version and digest of the code"),
    Column("engine", _TEXT, "", "engine and versions that computed the run"),
    Column("absent", _TEXT, "JSON", "results that are absent, each with the reason"),
    Column("tables", PUBLISHED_TABLE, "", "published tables: Delta version, rows, digest"),
)

TABLES: dict[str, tuple[Column, ...]] = {
    "runs": RUNS,
    "quality": QUALITY,
    "demography": DEMOGRAPHY,
    "transitions": TRANSITIONS,
    "job_flows": JOB_FLOWS,
    "industry_medians": INDUSTRY_MEDIANS,
    "moments": MOMENTS,
    "histograms": HISTOGRAMS,
    "market_shares": MARKET_SHARES,
    "welfare": WELFARE,
    "welfare_curves": WELFARE_CURVES,
    "productivity_growth": PRODUCTIVITY_GROWTH,
    "size_fits": SIZE_FITS,
    "size_histograms": SIZE_HISTOGRAMS,
    "intra_industry_trade": INTRA_INDUSTRY_TRADE,
    "dispersion": DISPERSION,
    "joint_distribution": JOINT_DISTRIBUTION,
    "decompositions": DECOMPOSITIONS,
    "coverage": COVERAGE,
    "regressions": REGRESSIONS,
    "export_entry": EXPORT_ENTRY,
}


def schema_of(name: str) -> StructType:
    """Schema of a published table.

    Example:
        >>> schema_of("quality").fieldNames()
        ['run_id', 'year', 'rule', 'action', 'rows']
    """
    return StructType([StructField(column.name, column.type) for column in TABLES[name]])
