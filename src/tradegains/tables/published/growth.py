"""Growth of productivity: of continuing establishments, and what it is made of."""

from tradegains.tables.columns import (
    CONTINUING,
    DEFLATORS,
    INDUSTRY,
    LEVEL_OF_GROUPS,
    LEVELS,
    NOTE,
    NUMBER,
    PRICES,
    RUN,
    TEXT,
    WHOLE,
    WINDOW,
    WINDOW_OR_DIFFERENCE,
    WINDOW_OR_NULL,
    count,
    errors_of,
    level,
    log_points,
    scale,
)
from tradegains.tables.disclosure import (
    FREQUENCIES,
    INDUSTRIES,
    LINEAR,
    Adds,
    Disclosure,
    Statistic,
    counts,
    linear,
    public,
    sampled,
)
from tradegains.tables.table import Column, Table


def _per_worker(*amounts: str) -> dict[str, Statistic]:
    """Output of who continues over their jobs, at both ends of a window."""
    sums = [f"continuing.{amount}" for amount in ("employment", *amounts)]
    return dict.fromkeys(("start", "end", "delta_ln"), linear(*sums))


PRODUCTIVITY_GROWTH = Table(
    name="productivity_growth",
    title="Growth per worker of continuing establishments",
    family="markets",
    key=("window", "continuing", "level", "industry", "measure"),
    columns=(
        RUN,
        WINDOW_OR_DIFFERENCE,
        CONTINUING,
        LEVEL_OF_GROUPS,
        INDUSTRY,
        Column(
            "measure",
            TEXT,
            "",
            "sales_per_worker or value_added_per_worker",
            words=("sales_per_worker", "value_added_per_worker"),
        ),
        Column("prices", TEXT, "", "nominal, industry or economy: the deflator", words=DEFLATORS),
        Column(
            "start",
            NUMBER,
            "money unit per job",
            "deflated ratio of sums in the first year",
            nullable=True,
        ),
        Column(
            "end",
            NUMBER,
            "money unit per job",
            "the same establishments in the last year",
            nullable=True,
        ),
        log_points("delta_ln", "scaled change of its logarithm"),
        scale("factor on delta_ln: scale_to_years / years of the window"),
        count(
            "establishments",
            "establishments",
            "continuing set at the window's end",
            nullable=True,
        ),
        NOTE,
        *errors_of("delta_ln"),
    ),
    uncertain=("delta_ln",),
    disclosure=Disclosure(
        {
            **_per_worker("domestic_sales", "exports"),
            "scale": public(),
            "establishments": counts("continuing_at_end.establishments"),
        },
        adds=(INDUSTRIES,),
        by="measure",
        instead={"value_added_per_worker": _per_worker("value_added")},
    ),
)


def _terms(*further: str, amounts: tuple[str, ...] = ("employment",)) -> dict[str, Statistic]:
    """Terms of samples with productivity at both ends, weighted by what these amounts make."""
    of = sampled(LINEAR, *(f"among.{each}" for each in amounts), weight=amounts[0])
    counted = sampled(FREQUENCIES, "among.establishments")
    return {
        **dict.fromkeys(("value", "total"), of),
        "establishments": counted,
        **{name: of if name == "share_of_total" else counted for name in further},
    }


DECOMPOSITIONS = Table(
    name="decompositions",
    title="Where productivity growth comes from",
    family="decompositions",
    section="decomposition",
    key=("window", "year", "share", "method", "level", "industry", "term"),
    columns=(
        RUN,
        WINDOW_OR_NULL,
        Column(
            "year",
            WHOLE,
            "year",
            "year of an Olley-Pakes level; null for the change in a window",
            nullable=True,
        ),
        Column(
            "share",
            TEXT,
            "",
            "employment or sales: the weight of an establishment",
            words=("employment", "sales"),
        ),
        Column(
            "method",
            TEXT,
            "",
            "bhc, bhc_relative (less Phi of the first year), fhk, gr, bg, df, mp or olley_pakes",
            words=("bhc", "bhc_relative", "fhk", "gr", "bg", "df", "mp", "olley_pakes"),
        ),
        level(
            "total, industry2, industry4, or those two with _aggregated",
            *LEVELS,
            "industry2_aggregated",
            "industry4_aggregated",
        ),
        INDUSTRY,
        Column("term", TEXT, "", "within, between, cross, entry, exit, ..., between_industries"),
        log_points(
            "value",
            "the term; null where the method has none, see note. Another money unit changes "
            "between, entry and exit of bhc and the mean of olley_pakes, no other term",
        ),
        log_points(
            "total",
            "what the terms add up to: the change of Phi, or Phi of the year, which changes with "
            "the money unit",
        ),
        count("establishments", "establishments", "the group that the term is of"),
        count(
            "left_out",
            "establishments",
            "continuing, with productivity at one end only; or, see note, of unknown weight",
        ),
        count("moved", "establishments", "continuing, counted as exits from and entries to"),
        PRICES,
        NOTE,
        *errors_of("value", "total"),
    ),
    uncertain=("value", "total"),
    disclosure=Disclosure(
        _terms("left_out", "moved"),
        adds=(Adds("term", "terms make the total"),),
        by="share",
        instead={"sales": _terms("left_out", "moved", amounts=("domestic_sales", "exports"))},
    ),
)

DECOMPOSITION_GROUPS = Table(
    name="decomposition_groups",
    title="Whom productivity growth comes from",
    family="decompositions",
    section="decomposition.groups",
    key=("window", "share", "method", "level", "group", "term"),
    columns=(
        RUN,
        WINDOW,
        DECOMPOSITIONS.column("share"),
        DECOMPOSITIONS.column("method"),
        level(
            "total, or industry2_aggregated and industry4_aggregated: terms inside industries",
            "total",
            "industry2_aggregated",
            "industry4_aggregated",
        ),
        Column(
            "group",
            TEXT,
            "",
            "all, exporters (of the first year, entrants of the last) or nonexporters; groups at "
            "level total, of fhk, gr and bhc_relative",
            words=("all", "exporters", "nonexporters"),
        ),
        Column("term", TEXT, "", "as in decompositions; of olley_pakes mean and covariance"),
        log_points("value", "the term, or the group's part of it; groups add up to all"),
        log_points("total", "growth of all: what all terms of all groups add up to"),
        Column(
            "share_of_total",
            NUMBER,
            "share",
            "value over total, of any sign and size: large where growth is near 0",
            nullable=True,
        ),
        count("establishments", "establishments", "behind the term, of both years for olley_pakes"),
        PRICES,
        NOTE,
    ),
    disclosure=Disclosure(
        _terms("share_of_total"),
        adds=(Adds("group", "exporters and the others make all"),),
        by="share",
        instead={"sales": _terms("share_of_total", amounts=("domestic_sales", "exports"))},
    ),
)

TABLES = (PRODUCTIVITY_GROWTH, DECOMPOSITIONS, DECOMPOSITION_GROUPS)
