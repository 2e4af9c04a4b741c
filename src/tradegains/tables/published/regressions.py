"""Coefficients: the exporter premium, exit, export entry and the effect of exporting."""

from dataclasses import replace

from tradegains.tables.columns import (
    COUNT,
    NOTE,
    NUMBER,
    RUN,
    TEXT,
    WEIGHTING,
    WINDOW_OR_NULL,
    count,
    errors_of,
    share,
)
from tradegains.tables.disclosure import (
    FREQUENCIES,
    LINEAR,
    Adds,
    Disclosure,
    Statistic,
    linear,
    sampled,
)
from tradegains.tables.table import AT_LEAST_0, Column, Range, Table

_EFFECTS = ("year_industry4", "industry4", "industry2", "none")
_ERRORS = (
    "robust",
    "information",
    "establishment",
    "enterprise",
    "industry4",
    "industry2",
    "product",
    "shift_share",
)
_VARIANCES = ("information", "hc0", "hc1", "cv1", "cv3", "akm")
_STATED = "regressions.errors"
_SAMPLES = ("all", *(f"quartile_{number}" for number in (1, 2, 3, 4)))
_MODELS = (
    "exporter_premium",
    "exporter_premium_with_size",
    "exit_linear",
    "exit_probit",
    "entry_probit",
    "raw_difference",
    "least_squares",
    "first_stage",
    "two_stage",
)


def _number(name: str, unit: str, meaning: str, range: Range | None = None) -> Column:
    """An estimate; null where there is none."""
    return Column(name, NUMBER, unit, meaning, nullable=True, range=range)


def _stated(column: Column) -> Column:
    """The column, only of studies that state errors of regressions."""
    return replace(column, section=_STATED)


def _test_columns(of: str, unit: str, interval: str) -> tuple[Column, ...]:
    """What a stated way to errors adds beside an estimate: its test and interval."""
    degrees = count(
        "degrees_of_freedom",
        "degrees",
        "of Student's t; null for the normal distribution",
        nullable=True,
    )
    return (
        _stated(degrees),
        _stated(share("p_value", f"two-sided test that the {of} is 0")),
        _stated(_number("ci_low", unit, f"lower end of the {interval}")),
        _stated(_number("ci_high", unit, "upper end of the interval")),
    )


_CUTS = (
    count(
        "own_cuts",
        "establishments",
        "whose cut is the mean over their products; of the term's kind of tariff, or of the first "
        "that the model uses; null where it uses none",
        nullable=True,
    ),
    count("industry_cuts", "establishments", "likewise, their industry's cut", nullable=True),
    count("without_cut", "establishments", "left out for want of a cut", nullable=True),
)

_CUT_COUNTS = ("own_cuts", "industry_cuts", "without_cut")
_TESTS = ("degrees_of_freedom", "p_value", "ci_low", "ci_high")


def _of_regression(weight: str = "") -> dict[str, Statistic]:
    """What a regression tells of its sample, each row once or by a weight."""
    estimates = ("coefficient", "standard_error", "t", "premium_percent", "groups", "clusters")
    fits = ("r2", "log_likelihood", "first_stage_f")
    counted = ("observations", *_CUT_COUNTS)
    return {
        **dict.fromkeys((*estimates, *fits, *_TESTS), sampled(weight=weight)),
        **dict.fromkeys(counted, sampled(FREQUENCIES)),
    }


_NO_RELATION = "coefficients of samples do not add up; samples that differ by a few do not leave"

REGRESSIONS = Table(
    name="regressions",
    title="Exporters, exit and starting to export",
    family="regressions",
    section="regressions",
    key=("window", "years", "model", "outcome", "sample", "weighting", "term"),
    brackets=(("coefficient", "standard_error"),),
    columns=(
        RUN,
        WINDOW_OR_NULL,
        Column("years", TEXT, "years", "years pooled, or first and last year of the window"),
        Column(
            "model",
            TEXT,
            "",
            "exporter_premium, exporter_premium_with_size, exit_linear, exit_probit, entry_probit, "
            "raw_difference, least_squares, first_stage or two_stage",
            words=_MODELS,
        ),
        Column("outcome", TEXT, "", "what is explained, in a first stage by its second stage"),
        Column(
            "sample",
            TEXT,
            "",
            "all, or quartile_1 (bottom) to quartile_4 of productivity",
            words=_SAMPLES,
        ),
        WEIGHTING,
        Column(
            "effects",
            TEXT,
            "",
            "absorbed effects: year_industry4, industry4, industry2 or none",
            words=_EFFECTS,
        ),
        Column(
            "errors",
            TEXT,
            "",
            "robust (HC1, of a probit HC0), information, what errors are clustered by, or "
            "shift_share (of terms that are sums of products' cuts)",
            words=_ERRORS,
        ),
        Column("term", TEXT, "", "regressor; home_cut, foreign_cut and input_cut are tariffs"),
        _number("coefficient", "outcome per unit of the term", "null where it is not told"),
        _number("standard_error", "as coefficient", "by the rule in `errors`", AT_LEAST_0),
        _number("t", "", "coefficient over standard error"),
        _number(
            "premium_percent",
            "percent",
            "100 (exp(coefficient) - 1), of the premium",
            Range(at_least=-100),
        ),
        count("observations", "rows", "rows used; groups of one row are left out"),
        count("groups", "effects", "effects absorbed; 1 is the constant"),
        count(
            "clusters",
            "clusters",
            "null where errors are not clustered; of shift_share, products or industries",
            nullable=True,
        ),
        share(
            "r2",
            "variation within effects that is explained; null for two_stage and probits",
            range=Range(at_most=1),
        ),
        _number("log_likelihood", "", "of a probit, at its maximum", Range(at_most=0)),
        _number("first_stage_f", "", "squared t of the instrument in the first stage", AT_LEAST_0),
        *_CUTS,
        Column(
            "variance",
            TEXT,
            "",
            "estimator of the error: information, hc0, hc1, cv1, cv3 (the cluster jackknife), akm",
            nullable=True,
            words=_VARIANCES,
            section=_STATED,
        ),
        *_test_columns("coefficient", "as coefficient", "interval of errors.level"),
        NOTE,
    ),
    disclosure=Disclosure(
        _of_regression(),
        why=_NO_RELATION,
        by="weighting",
        instead={"employment": _of_regression("employment")},
    ),
)

ENTRY_RATES = ("starter_rate", "output_share", "starter_output_share")

EXPORT_ENTRY = Table(
    name="export_entry",
    title="Who starts to export",
    family="regressions",
    section="regressions",
    key=("window", "quartile"),
    brackets=(
        ("cut_coefficient", "cut_standard_error"),
        ("probability_due_to_cut", "probability_standard_error"),
    ),
    columns=(
        RUN,
        Column("window", TEXT, "", "window; nobody here exported until its first year"),
        Column(
            "quartile",
            COUNT,
            "",
            "of first-year productivity, 1 the bottom; null for all",
            nullable=True,
            range=Range(at_least=1, at_most=4),
        ),
        count("establishments", "establishments", "that never exported and are there at end"),
        count("starters", "establishments", "of these, exporters in the window's last year"),
        share("starter_rate", "starters over establishments"),
        share("output_share", "of all sales of the window's first year"),
        share("starter_output_share", "likewise, of those that start"),
        Column("cut", TEXT, "", "kind of the tariff: home, foreign or input", nullable=True),
        _number("mean_tariff_cut", "percentage points", "mean over establishments with a cut"),
        count("own_cuts", "establishments", "whose cut is the mean over their products"),
        count("industry_cuts", "establishments", "whose cut is their industry's"),
        count("without_cut", "establishments", "left out of the probit for want of a cut"),
        count("probit_establishments", "establishments", "in the probit"),
        _number("cut_coefficient", "index per percentage point", "probit, on the cut"),
        _number(
            "cut_standard_error",
            "index per percentage point",
            "by the rule of the row's probit in `regressions`",
            AT_LEAST_0,
        ),
        share(
            "probability_due_to_cut",
            "mean of Phi(with the cut) - Phi(without)",
            range=Range(at_least=-1, at_most=1),
        ),
        share(
            "probability_standard_error",
            "its standard error, by the delta method",
            range=AT_LEAST_0,
        ),
        _number(
            "ratio_to_bottom",
            "",
            "probability_due_to_cut over that of quartile 1: not a ratio of starter rates",
        ),
        NOTE,
        *errors_of(*ENTRY_RATES, unit="share"),
    ),
    uncertain=ENTRY_RATES,
    disclosure=Disclosure(
        {
            **dict.fromkeys(
                ("establishments", "starters", "probit_establishments", *_CUT_COUNTS),
                sampled(FREQUENCIES),
            ),
            "starter_rate": sampled(FREQUENCIES),
            **dict.fromkeys(
                (
                    "mean_tariff_cut",
                    "cut_coefficient",
                    "cut_standard_error",
                    "probability_due_to_cut",
                    "probability_standard_error",
                    "ratio_to_bottom",
                ),
                sampled(),
            ),
        },
        adds=(Adds("quartile", "quartiles make all"),),
    ),
)

_REACHED = (
    "reached.domestic_sales",
    "reached.exports",
    "everyone.domestic_sales",
    "everyone.exports",
)
"""The output that an effect reaches, and all."""

ADOPTION_RATES = Table(
    name="adoption_rates",
    title="Adoption by who starts to export and by the others",
    family="regressions",
    section="regressions.adoptions",
    key=("window", "outcome", "sample"),
    columns=(
        RUN,
        Column("window", TEXT, "", "window; nobody here exported until its first year"),
        Column("outcome", TEXT, "", "column of 0 and 1, in the window's last year"),
        Column(
            "sample",
            TEXT,
            "",
            "all, or the quartile of first-year productivity, 1 the bottom",
            words=_SAMPLES,
        ),
        count("starters", "establishments", "that export in the last year and have the column"),
        count("starters_adopting", "establishments", "of these, with 1"),
        share("starter_rate", "starters_adopting over starters"),
        count("others", "establishments", "that do not export then and have the column"),
        count("others_adopting", "establishments", "of these, with 1"),
        share("other_rate", "others_adopting over others"),
        share(
            "difference",
            "starter_rate less other_rate: the raw difference of `regressions`",
            range=Range(at_least=-1, at_most=1),
        ),
    ),
)

_RESULTS = (
    "double_difference",
    "industry_less_plant",
    "existing_exporters",
    "intermediate_inputs",
    "new_exporters",
    "export_composition",
    *(
        f"{outcome}{where}"
        for outcome in ("employment", "output", "establishments")
        for where in ("", "_deepest")
    ),
    "exit",
    "exit_exporters",
    "exit_nonexporters",
    *(f"exit_quartile_{number}" for number in (1, 2, 3, 4)),
    "exit_pooled",
)

TARIFF_EFFECTS = Table(
    name="tariff_effects",
    title="Tariff cuts, and productivity, exit and jobs",
    family="regressions",
    section="tariff_effects",
    key=("window", "result", "unit", "kind"),
    brackets=(
        ("slope", "slope_standard_error"),
        ("effect", "standard_error"),
        ("contribution", "contribution_standard_error"),
    ),
    columns=(
        RUN,
        Column("window", TEXT, "", "window of the growth that is explained"),
        Column("result", TEXT, "", ", ".join(_RESULTS), words=_RESULTS),
        Column(
            "unit",
            TEXT,
            "",
            "what a row of the regression is: a 4-digit industry or an establishment",
            words=("industry", "establishment"),
        ),
        Column(
            "kind",
            TEXT,
            "",
            "kind of tariff: home, foreign, input, or home_and_foreign together",
            words=("home", "foreign", "input", "home_and_foreign"),
        ),
        Column("outcome", TEXT, "", "growth that is explained [log points over the window]"),
        _number("slope", "log points per percentage point", "null where there is none"),
        _number("slope_standard_error", "as slope", "by the rule in `errors`", AT_LEAST_0),
        _number(
            "mean_cut",
            "percentage points",
            "weighted by sales of the first year; for the results employment and establishments "
            "by these, for those with _deepest over the industries with the deepest home cuts, and "
            "for exit unweighted",
        ),
        _number(
            "effect",
            "percent",
            "100 times slope times mean_cut, for exit over the mean rate of exit, or as `result` "
            "says",
        ),
        _number("standard_error", "percent", "of the effect, mean and share given", AT_LEAST_0),
        share("output_share", "of all sales that the effect reaches"),
        _number("contribution", "percent", "effect times output_share"),
        _number("contribution_standard_error", "percent", "likewise", AT_LEAST_0),
        count("observations", "rows", "of the regression"),
        count("clusters", "clusters", "null where errors are not clustered", nullable=True),
        Column(
            "errors",
            TEXT,
            "",
            "hc3, cv3 (by 2-digit industry), robust, information, or what errors are clustered by",
        ),
        Column("weights", TEXT, "", "of the regression's rows"),
        *_CUTS,
        Column(
            "accounting",
            TEXT,
            "",
            "row of Melitz and Trefler's Table 2 that it is an estimate of",
            nullable=True,
        ),
        *_test_columns("effect", "percent", "effect's interval of errors.level"),
        NOTE,
    ),
    disclosure=Disclosure(
        {
            **dict.fromkeys(("slope", "slope_standard_error", "mean_cut", "effect"), sampled()),
            **dict.fromkeys(("standard_error", "clusters", *_TESTS), sampled()),
            **dict.fromkeys(("observations", *_CUT_COUNTS), sampled(FREQUENCIES)),
            "output_share": linear(*_REACHED),
            **dict.fromkeys(
                ("contribution", "contribution_standard_error"), sampled(LINEAR, *_REACHED)
            ),
        },
        why=_NO_RELATION,
    ),
)

TABLES = (REGRESSIONS, EXPORT_ENTRY, ADOPTION_RATES, TARIFF_EFFECTS)
