"""Columns that several published tables share, and short ways to declare the others.

Decision: a range is declared only where every study keeps to it. A study may keep rows whose
exports exceed their sales, so sales at home, and shares in them, have none; sums of employment and
money that a concordance splits are rounded one by one, so a difference of them has none either.
"""

from collections.abc import Collection

from pyspark.sql.types import DoubleType, IntegerType, LongType, StringType

from tradegains.tables.table import ABOVE_0, AT_LEAST_0, SHARE, STANDARD_ERROR, Column, Range

TEXT, COUNT, NUMBER, WHOLE = StringType(), LongType(), DoubleType(), IntegerType()

LEVELS = ("total", "industry2", "industry4")
CONTINUING_RULES = ("both_ends", "domestic_both_ends", "every_year", "panel")
WEIGHTINGS = ("employment", "unweighted")
DEFLATORS = ("nominal", "industry", "economy")
SOURCES_OF_IMPORTS = ("table", "exports", "none")
PERIODS = ("window", "annual")

RUN = Column("run_id", TEXT, "", "digest of study, inputs and code of the run")
YEAR = Column("year", WHOLE, "year", "census year")
WINDOW = Column("window", TEXT, "", "name of the window")
WINDOW_OR_NULL = Column(
    "window", TEXT, "", "name of the window; null where no window is involved", nullable=True
)
WINDOW_OR_PAIR = Column("window", TEXT, "", "window, or START-END for a pair of consecutive years")
WINDOW_OR_DIFFERENCE = Column(
    "window", TEXT, "", "window, or LATER-EARLIER for the difference of two"
)
PERIOD = Column("kind", TEXT, "", "window or annual", words=PERIODS)
INDUSTRY = Column("industry", TEXT, "", "industry code; null at level total", nullable=True)
ESTABLISHMENTS = Column(
    "establishments", COUNT, "establishments", "unweighted count of rows", range=AT_LEAST_0
)
EMPLOYMENT = Column(
    "employment", NUMBER, "jobs", "employment, times the sampling weight if any", range=AT_LEAST_0
)
CONTINUING = Column(
    "continuing", TEXT, "", "rule for continuing establishments", words=CONTINUING_RULES
)
RESTRICTION = Column("restriction", TEXT, "", "restricted continuing set; all when there is none")
IMPORTS = Column(
    "imports", TEXT, "", "source of imports: table, exports or none", words=SOURCES_OF_IMPORTS
)
IDS = Column("ids", TEXT, "", "raw, or repaired by the input successors", words=("raw", "repaired"))
WEIGHTING = Column("weighting", TEXT, "", "employment or unweighted", words=WEIGHTINGS)
PRICES = Column(
    "prices",
    TEXT,
    "",
    "nominal, industry or economy: the deflator of productivity",
    words=DEFLATORS,
)
NOTE = Column("note", TEXT, "", "why a number is null, or a label the reader needs", nullable=True)


def level(meaning: str, *words: str) -> Column:
    """The level that a row is of."""
    return Column("level", TEXT, "", meaning, words=words)


LEVEL = level("total, industry2 or industry4", *LEVELS)
LEVEL_OF_GROUPS = level("total or industry2", *LEVELS[:2])


def count(name: str, unit: str, meaning: str, *, nullable: bool = False) -> Column:
    """A number of things, 0 or more."""
    return Column(name, COUNT, unit, meaning, nullable, AT_LEAST_0)


def jobs(name: str, meaning: str, *, nullable: bool = False) -> Column:
    """Employment, 0 or more."""
    return Column(name, NUMBER, "jobs", meaning, nullable, AT_LEAST_0)


def money(
    name: str, meaning: str, *, nullable: bool = False, range: Range | None = AT_LEAST_0
) -> Column:
    """An amount of money."""
    return Column(name, NUMBER, "money unit of the study", meaning, nullable, range)


def share(name: str, meaning: str, *, range: Range | None = SHARE) -> Column:
    """A part of a whole; null where the whole is 0."""
    return Column(name, NUMBER, "share", meaning, nullable=True, range=range)


def log_points(
    name: str, meaning: str, *, nullable: bool = True, range: Range | None = None
) -> Column:
    """A difference of natural logarithms."""
    return Column(name, NUMBER, "log points", meaning, nullable, range)


def scale(meaning: str) -> Column:
    """The factor on changes that brings windows to a common length."""
    return Column("scale", NUMBER, "", meaning, range=ABOVE_0)


INTERVAL = ("ci_low", "ci_high")
REPLICATE_GROUPS = "replicate_groups"


def errors_of(
    *names: str, unit: str = "log points", without_unit: Collection[str] = ()
) -> tuple[Column, ...]:
    """Columns that tell how uncertain numbers are, only in studies with `[uncertainty]`.

    The first number has a standard error, the ends of its interval and how many groups they are
    from; each other one a standard error, which with as many groups gives its interval. Numbers
    `without_unit` have none.
    """
    main, *others = names
    return (
        _only_uncertain(STANDARD_ERROR, unit, f"of {main}", range=AT_LEAST_0),
        *(
            _only_uncertain(end, unit, f"{which} end of the interval of {main}")
            for end, which in zip(INTERVAL, ("lower", "upper"), strict=True)
        ),
        Column(
            REPLICATE_GROUPS,
            COUNT,
            "groups",
            "whose replicates have a number, each without one of them; null where none is told",
            nullable=True,
            range=AT_LEAST_0,
            section="uncertainty",
        ),
        *(
            _only_uncertain(
                f"{name}_{STANDARD_ERROR}",
                "" if name in without_unit else unit,
                f"of {name}",
                range=AT_LEAST_0,
            )
            for name in others
        ),
    )


def ends_of(*names: str, unit: str) -> tuple[Column, ...]:
    """Columns with the ends of quantiles' intervals, only in studies with `[uncertainty]`."""
    return tuple(
        _only_uncertain(f"{name}_{end}", unit, f"{which} end of the interval of {name}")
        for name in names
        for end, which in zip(INTERVAL, ("lower", "upper"), strict=True)
    )


def _only_uncertain(name: str, unit: str, meaning: str, range: Range | None = None) -> Column:
    return Column(name, NUMBER, unit, meaning, nullable=True, range=range, section="uncertainty")
