"""Who enters, exits and changes state, and which jobs that creates and destroys."""

from tradegains.tables.columns import (
    CONTINUING,
    EMPLOYMENT,
    ESTABLISHMENTS,
    IDS,
    INDUSTRY,
    LEVEL,
    LEVEL_OF_GROUPS,
    NOTE,
    NUMBER,
    PERIOD,
    RUN,
    TEXT,
    WHOLE,
    WINDOW_OR_PAIR,
    count,
    errors_of,
    jobs,
    money,
    share,
)
from tradegains.tables.disclosure import INDUSTRIES, Adds, Disclosure, counts, linear
from tradegains.tables.table import Column, Table

RATES = ("employment_rate", "establishment_rate", "sales_rate")
FLOW_RATES = ("destruction_share", "creation_rate", "destruction_rate")

DEMOGRAPHY = Table(
    name="demography",
    title="Continuing establishments, entrants and exiters",
    family="markets",
    key=("window", "kind", "continuing", "ids", "level", "industry", "status", "year"),
    first=("establishments", "establishment_rate", "employment", "employment_rate"),
    columns=(
        RUN,
        WINDOW_OR_PAIR,
        PERIOD,
        CONTINUING,
        IDS,
        LEVEL,
        INDUSTRY,
        Column(
            "status",
            TEXT,
            "",
            "continuing, entrant or exiter",
            words=("continuing", "entrant", "exiter"),
        ),
        Column("year", WHOLE, "year", "end of the window at which the establishments are measured"),
        ESTABLISHMENTS,
        EMPLOYMENT,
        money("sales", "sales"),
        money("exports", "exports; null without an exports column", nullable=True),
        money("domestic_sales", "sales minus exports", range=None),
        money(
            "value_added",
            "value added; null without a value added column",
            nullable=True,
            range=None,
        ),
        share("establishment_rate", "establishments over all of that year, level and industry"),
        share("employment_rate", "employment over all of that year, level and industry"),
        share("sales_rate", "sales over all of that year, level and industry"),
        *errors_of(*RATES, unit="share"),
        NOTE,
    ),
    disclosure=Disclosure(
        {
            "establishments": counts("status.establishments"),
            "employment": linear("status.employment"),
            "sales": linear("status.domestic_sales", "status.exports"),
            "exports": linear("status.exports"),
            "domestic_sales": linear("status.domestic_sales"),
            "value_added": linear("status.value_added"),
            "establishment_rate": counts("status.establishments", "everyone.establishments"),
            "employment_rate": linear("status.employment", "everyone.employment"),
            "sales_rate": linear(
                "status.domestic_sales",
                "status.exports",
                "everyone.domestic_sales",
                "everyone.exports",
            ),
        },
        adds=(INDUSTRIES, Adds("status", "all establishments of the year, under both_ends")),
    ),
    uncertain=RATES,
)

_STATES = "absent, nonexporter, exporter (present without an exports column), or dormant"
_STATE_WORDS = ("absent", "nonexporter", "exporter", "present", "dormant")

TRANSITIONS = Table(
    name="transitions",
    title="From which state to which",
    family="markets",
    key=("window", "kind", "level", "industry", "state_at_start", "state_at_end"),
    first=("establishments", "establishment_share", "employment", "employment_share"),
    columns=(
        RUN,
        WINDOW_OR_PAIR,
        PERIOD,
        LEVEL_OF_GROUPS,
        INDUSTRY,
        Column("state_at_start", TEXT, "", f"{_STATES}; absent is entry", words=_STATE_WORDS),
        Column("state_at_end", TEXT, "", f"{_STATES}; absent is exit", words=_STATE_WORDS),
        count("establishments", "establishments", "that went from the one to the other"),
        jobs("employment", "theirs at the start; at the end if they have none then"),
        share("establishment_share", "of all establishments in the state at the start"),
        share("employment_share", "of all employment of the state at the start"),
    ),
    disclosure=Disclosure(
        {
            "establishments": counts("state.establishments"),
            "employment": linear("state.employment"),
            "establishment_share": counts("state.establishments", "start.establishments"),
            "employment_share": linear("state.employment", "start.employment"),
        },
        adds=(INDUSTRIES, Adds("state_at_end", "all establishments in the state at the start")),
    ),
)

_FLOWS = (
    "start.employment",
    "exiters.employment",
    "entrants.employment",
    "continuing.jobs_gained",
    "continuing.jobs_lost",
)

JOB_FLOWS = Table(
    name="job_flows",
    title="Jobs created and destroyed",
    family="job_flows",
    section="job_flows",
    key=("window", "kind", "level", "industry", "productivity_group"),
    first=("destruction_share", "creation_rate", "destruction_rate", "establishments"),
    columns=(
        RUN,
        WINDOW_OR_PAIR,
        PERIOD,
        LEVEL,
        INDUSTRY,
        Column(
            "productivity_group",
            TEXT,
            "",
            "all, quartile_1 to 4, lower_half or unmeasured",
            words=("all", *(f"quartile_{n}" for n in (1, 2, 3, 4)), "lower_half", "unmeasured"),
        ),
        count("establishments", "establishments", "at the first year, and entrants"),
        jobs("employment_start", "at the first year"),
        Column("employment_end", NUMBER, "jobs", "of the same establishments and of entrants"),
        jobs("entrant_creation", "of entrants; null by productivity group", nullable=True),
        jobs("expander_creation", "gained where there are more at the end"),
        jobs("exiter_destruction", "of exiters"),
        jobs("contractor_destruction", "lost where there are fewer at the end"),
        share("creation_rate", "creation over the average of both years' employment", range=None),
        share(
            "destruction_rate", "destruction over the average of both years' employment", range=None
        ),
        share("destruction_share", "destruction over employment at the first year", range=None),
        NOTE,
        *errors_of(*FLOW_RATES, unit="share"),
    ),
    disclosure=Disclosure(
        {
            "establishments": counts("start.establishments", "entrants.establishments"),
            "employment_start": linear("start.employment"),
            "employment_end": linear(*_FLOWS),
            "entrant_creation": linear("entrants.employment"),
            "expander_creation": linear("continuing.jobs_gained"),
            "exiter_destruction": linear("exiters.employment"),
            "contractor_destruction": linear("continuing.jobs_lost"),
            "creation_rate": linear(*_FLOWS),
            "destruction_rate": linear(*_FLOWS),
            "destruction_share": linear(
                "start.employment", "exiters.employment", "continuing.jobs_lost"
            ),
        },
        adds=(INDUSTRIES, Adds("productivity_group", "all, without entrants")),
    ),
    uncertain=FLOW_RATES,
)

TABLES = (DEMOGRAPHY, TRANSITIONS, JOB_FLOWS)
