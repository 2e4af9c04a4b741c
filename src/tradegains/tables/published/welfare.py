"""Market shares, the gains from trade that they tell, and how these move with a choice."""

from tradegains.tables.columns import (
    CONTINUING,
    ESTABLISHMENTS,
    IDS,
    IMPORTS,
    INDUSTRY,
    LEVEL_OF_GROUPS,
    NOTE,
    NUMBER,
    RESTRICTION,
    RUN,
    TEXT,
    WHOLE,
    WINDOW,
    WINDOW_OR_DIFFERENCE,
    count,
    errors_of,
    level,
    log_points,
    money,
    scale,
    share,
)
from tradegains.tables.disclosure import INDUSTRIES, Adds, Disclosure, counts, linear, public
from tradegains.tables.table import ABOVE_0, AT_LEAST_0, SHARE, Column, Table

SHARES = ("continuing_market_share", "continuing_share", "domestic_share")
CHANGES = (
    "welfare_change",
    "delta_ln_continuing_share",
    "delta_ln_domestic_share",
    "delta_ln_continuing_market_share",
    "domestic_share_term",
    "continuing_share_term",
)
GAINS = ("welfare_change", "liberalised_change", "rest_change")

MARKET_SHARES = Table(
    name="market_shares",
    title="Market shares behind the gains",
    family="markets",
    key=(
        "window",
        "level",
        "industry",
        "continuing",
        "restriction",
        "imports",
        "ids",
        "year",
    ),
    first=("continuing_share", "domestic_share", "continuing_market_share"),
    columns=(
        RUN,
        WINDOW,
        LEVEL_OF_GROUPS,
        INDUSTRY,
        CONTINUING,
        RESTRICTION,
        IMPORTS,
        IDS,
        Column("year", WHOLE, "year", "end of the window"),
        ESTABLISHMENTS,
        count("continuing_establishments", "establishments", "of the continuing set"),
        money("domestic_sales", "X: domestic sales of all establishments", range=None),
        money("continuing_domestic_sales", "X^c: domestic sales of the continuing set", range=None),
        money("imports_value", "M: imports", nullable=True),
        money("expenditure", "Y = X + M", nullable=True, range=None),
        share("continuing_share", "X^c / X", range=None),
        share("domestic_share", "lambda = X / Y", range=None),
        share("continuing_market_share", "lambda^c = X^c / Y", range=None),
        NOTE,
        *errors_of(*SHARES, unit="share"),
    ),
    uncertain=SHARES,
    disclosure=Disclosure(
        {
            "establishments": counts("everyone.establishments"),
            "continuing_establishments": counts("continuing.establishments"),
            "domestic_sales": linear("everyone.domestic_sales"),
            "continuing_domestic_sales": linear("continuing.domestic_sales"),
            "imports_value": linear("everyone.imports"),
            "expenditure": linear("everyone.domestic_sales", "everyone.imports"),
            "continuing_share": linear("continuing.domestic_sales", "everyone.domestic_sales"),
            "domestic_share": linear("everyone.domestic_sales", "everyone.imports"),
            "continuing_market_share": linear(
                "continuing.domestic_sales", "everyone.domestic_sales", "everyone.imports"
            ),
        },
        adds=(INDUSTRIES, Adds("restriction", "a restricted set is in that of all")),
    ),
)

_MARKET = ("everyone.domestic_sales", "everyone.imports")
_CONTINUING_SHARE = ("continuing.domestic_sales", "everyone.domestic_sales")
_ALL_OF_IT = ("continuing.domestic_sales", *_MARKET)

WELFARE = Table(
    name="welfare",
    title="Gains from trade",
    family="markets",
    key=(
        "window",
        "level",
        "industry",
        "continuing",
        "restriction",
        "imports",
        "ids",
        "formula",
        "distribution",
    ),
    first=("welfare_change", "elasticity"),
    columns=(
        RUN,
        WINDOW_OR_DIFFERENCE,
        level(
            "total, industry2 or industries_aggregated",
            "total",
            "industry2",
            "industries_aggregated",
        ),
        INDUSTRY,
        CONTINUING,
        RESTRICTION,
        IMPORTS,
        IDS,
        Column(
            "formula",
            TEXT,
            "",
            "hloy, hloy_extended, acr, melitz_redding_local or _global; with [uncertainty] also "
            "hloy_minus_acr",
            words=(
                "hloy",
                "hloy_extended",
                "acr",
                "hloy_minus_acr",
                "melitz_redding_local",
                "melitz_redding_global",
            ),
        ),
        Column(
            "distribution",
            TEXT,
            "",
            "of productivity, assumed by the Melitz-Redding formulas",
            nullable=True,
            words=("pareto", "truncated_pareto", "lognormal", "pareto_tail"),
        ),
        Column(
            "elasticity",
            NUMBER,
            "",
            "epsilon for acr, else sigma",
            nullable=True,
            range=ABOVE_0,
        ),
        log_points("delta_ln_continuing_share", "scaled change of ln X^c/X"),
        log_points("delta_ln_domestic_share", "scaled change of ln lambda"),
        log_points("delta_ln_continuing_market_share", "scaled change of ln lambda^c"),
        log_points("domestic_share_term", "first term of eq. 5: -dln lambda / (sigma - 1)"),
        log_points("continuing_share_term", "second term of eq. 5: -dln(X^c/X) / (sigma - 1)"),
        log_points(
            "welfare_change", "change of ln W, net of continuing establishments' own growth"
        ),
        scale("factor on every delta: scale_to_years / years of the window"),
        count(
            "establishments",
            "establishments",
            "continuing set at the window's end",
            nullable=True,
        ),
        share("weight", "Sato-Vartia weight of the industry in level industries_aggregated"),
        Column("hazard", NUMBER, "", "of log size at the Melitz-Redding cutoff", nullable=True),
        Column(
            "implied_trade_elasticity",
            NUMBER,
            "",
            "epsilon at which acr would equal hloy",
            nullable=True,
        ),
        NOTE,
        *errors_of(*CHANGES),
    ),
    uncertain=CHANGES,
    # Of a window that is a difference, and of industries that are aggregated, everyone and the
    # continuing are those of all its windows and industries.
    disclosure=Disclosure(
        {
            "elasticity": public(),
            "scale": public(),
            "delta_ln_continuing_share": linear(*_CONTINUING_SHARE),
            "delta_ln_domestic_share": linear(*_MARKET),
            "delta_ln_continuing_market_share": linear(*_ALL_OF_IT),
            "domestic_share_term": linear(*_MARKET),
            "continuing_share_term": linear(*_CONTINUING_SHARE),
            "welfare_change": linear(*_ALL_OF_IT),
            "establishments": counts("continuing_at_end.establishments"),
            "weight": linear("every_industry.domestic_sales", "every_industry.imports"),
            "implied_trade_elasticity": linear(*_ALL_OF_IT),
        },
        adds=(
            INDUSTRIES,
            Adds("window", "a difference of two windows is one less the other"),
        ),
        # ACR's gain is one of all domestic establishments, whoever continues.
        by="formula",
        instead={"acr": {"welfare_change": linear(*_MARKET)}},
    ),
)

_REST = ("rest_continuing.domestic_sales", "rest.domestic_sales", "rest.imports")

WELFARE_CURVES = Table(
    name="welfare_curves",
    title="How the gain moves with one thing at a time",
    family="markets",
    section="welfare.curves",
    key=("figure", "curve", "point", "label", "window", "variable", "x"),
    columns=(
        RUN,
        Column(
            "figure",
            TEXT,
            "",
            "figure of HLOY that the row belongs to: 3, 4 or 5",
            words=("3", "4", "5"),
        ),
        Column(
            "curve",
            TEXT,
            "",
            "hloy or acr (figure 3), restricted (4), liberalised_over_rest (5)",
            words=("hloy", "acr", "restricted", "liberalised_over_rest"),
        ),
        Column(
            "point",
            TEXT,
            "",
            "curve, marker (a published estimate), baseline or median",
            words=("curve", "marker", "baseline", "median"),
        ),
        Column("label", TEXT, "", "citation of a marker; null elsewhere", nullable=True),
        WINDOW_OR_DIFFERENCE,
        CONTINUING,
        IMPORTS,
        Column(
            "variable",
            TEXT,
            "",
            "sigma or trade_elasticity (3); what industries are ranked by",
        ),
        Column(
            "x",
            NUMBER,
            "unit of the variable",
            "place on the axis: sigma - 1 or epsilon (3), value of the ranking variable (4, 5); "
            "null beyond the largest value, where every continuing establishment counts (4)",
            nullable=True,
        ),
        Column("elasticity", NUMBER, "", "sigma or epsilon behind the number", range=ABOVE_0),
        log_points("welfare_change", "gain (3, 4); gain of the liberalised minus the rest (5)"),
        log_points("liberalised_change", "gain of industries at x or above, on their market (5)"),
        log_points("rest_change", "gain of the other industries, on their own market (5)"),
        count("industries", "industries", "ranked below x (4), at x or above (5)", nullable=True),
        count(
            "establishments",
            "establishments",
            "continuing ones of those industries at the window's end",
            nullable=True,
        ),
        scale("factor on every delta: scale_to_years / years of the window"),
        NOTE,
        *errors_of(*GAINS),
    ),
    uncertain=GAINS,
    # Of figure 4 the continuing are those of the industries below x, of figure 5 everyone and the
    # continuing are those of the industries at x or above, and the rest are the other ones.
    disclosure=Disclosure(
        {
            "elasticity": public(),
            "scale": public(),
            "industries": public(),
            "welfare_change": linear(*_ALL_OF_IT, *_REST),
            "liberalised_change": linear(*_ALL_OF_IT),
            "rest_change": linear(*_REST),
            "establishments": counts("continuing_at_end.establishments"),
        },
        adds=(
            Adds("x", "industries below a value are among those below a larger one"),
            Adds("window", "a difference of two windows is one less the other"),
        ),
        by="curve",
        instead={
            "hloy": {"welfare_change": linear(*_ALL_OF_IT)},
            "acr": {"welfare_change": linear(*_MARKET)},
            "restricted": {"welfare_change": linear(*_ALL_OF_IT)},
        },
    ),
)

WELFARE_COMPARISONS = Table(
    name="welfare_comparisons",
    title="What else market shares say",
    family="markets",
    section="welfare.comparisons",
    key=("quantity", "window", "year", "imports"),
    columns=(
        RUN,
        Column(
            "quantity",
            TEXT,
            "",
            "acr_over_autarky, trade_balance, hloy_in_isolation or all_domestic",
            words=("acr_over_autarky", "trade_balance", "hloy_in_isolation", "all_domestic"),
        ),
        Column(
            "window",
            TEXT,
            "",
            "window, or LATER-EARLIER for the difference of two; null for a year",
            nullable=True,
        ),
        Column("year", WHOLE, "year", "end of a window; null for a change", nullable=True),
        IMPORTS,
        Column(
            "elasticity",
            NUMBER,
            "",
            "epsilon of acr_over_autarky, else sigma; null for trade_balance",
            nullable=True,
            range=ABOVE_0,
        ),
        log_points(
            "welfare_change",
            "-ln lambda / epsilon; HLOY over eta; -(dln lambda - dln M) / (sigma - 1), M the "
            "number of domestic establishments, less the change of their mean log productivity",
        ),
        Column(
            "ratio",
            NUMBER,
            "",
            "exports of the census over imports; null but for trade_balance",
            nullable=True,
            range=AT_LEAST_0,
        ),
        NOTE,
    ),
    disclosure=Disclosure(
        {
            "elasticity": public(),
            "welfare_change": linear(*_MARKET),
            "ratio": linear("everyone.exports", "everyone.imports"),
        },
        adds=(Adds("window", "a difference of two windows is one less the other"),),
        by="quantity",
        instead={
            "hloy_in_isolation": {"welfare_change": linear(*_ALL_OF_IT)},
            # Of their mean log productivity there is no evidence: it stays.
            "all_domestic": {"welfare_change": linear(*_MARKET, "productivity.establishments")},
        },
    ),
)

INFLUENCE = Table(
    name="influence",
    title="The gain without an industry, and without the largest",
    family="influence",
    section="uncertainty",
    key=("window", "left_out", "industry", "largest", "formula"),
    first=("welfare_change", "move"),
    columns=(
        RUN,
        WINDOW_OR_DIFFERENCE,
        Column(
            "left_out",
            TEXT,
            "",
            "industry2: all of an industry group and its imports; largest: the units of the "
            "continuing set that sell the most at home at both ends together",
            words=("industry2", "largest"),
        ),
        INDUSTRY,
        count("largest", "units", "that are left out; null where an industry is", nullable=True),
        Column(
            "formula",
            TEXT,
            "",
            "hloy, acr or hloy_minus_acr",
            words=("hloy", "acr", "hloy_minus_acr"),
        ),
        log_points("welfare_change", "without what is left out, under the headline choices"),
        log_points("move", "the same less the headline number"),
        NOTE,
    ),
)

_PER_UNIT = "log points per unit of the variable"

INDUSTRY_SLOPES = Table(
    name="industry_slopes",
    title="Did industries liberalised more gain more, and before?",
    family="influence",
    section="uncertainty",
    key=("window", "variable"),
    first=("slope", "standard_error", "p_value"),
    columns=(
        RUN,
        WINDOW_OR_DIFFERENCE,
        Column("variable", TEXT, "", "what industries are ranked by"),
        Column(
            "slope",
            NUMBER,
            _PER_UNIT,
            "of an industry group's HLOY gain on the variable, least squares",
            nullable=True,
        ),
        Column(
            "standard_error",
            NUMBER,
            _PER_UNIT,
            "cluster jackknife (CV3) by industry group",
            nullable=True,
            range=AT_LEAST_0,
        ),
        Column("ci_low", NUMBER, _PER_UNIT, "lower end of the interval", nullable=True),
        Column("ci_high", NUMBER, _PER_UNIT, "upper end of the interval", nullable=True),
        Column("t", NUMBER, "", "slope over its error", nullable=True),
        Column(
            "p_value",
            NUMBER,
            "share",
            "of a slope of 0, two-sided, Student's t with industries - 1 degrees of freedom",
            nullable=True,
            range=SHARE,
        ),
        count("industries", "industries", "with a gain and a value of the variable"),
        NOTE,
    ),
)

TABLES = (
    MARKET_SHARES,
    WELFARE,
    WELFARE_CURVES,
    WELFARE_COMPARISONS,
    INFLUENCE,
    INDUSTRY_SLOPES,
)
