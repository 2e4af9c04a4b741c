"""Columns of the tables a run makes on its way: never published, never read by a user.

Employment is in thousandths of a job and money in units of a power of ten of the study's, most
often hundredths, all as whole numbers: their sums do not depend on the order of rows, so the same
input gives the same bytes on any cluster.
"""

from functools import cache

ESTABLISHMENT_ID = "establishment_id"
YEAR = "year"
INDUSTRY = "industry"
INDUSTRY_GROUP = "industry_group"

FLAGS = "flags"
VALID = "valid"
HISTORY = "history"
MEMBERSHIP = "membership"
DUPLICATED_ID = "duplicated_id"

EMPLOYMENT = "employment_thousandths"
SALES = "sales_in_units"
EXPORTS = "exports_in_units"
VALUE_ADDED = "value_added_in_units"
AMOUNTS = (EMPLOYMENT, SALES, EXPORTS, VALUE_ADDED)
DOMESTIC_SALES = "domestic_sales_in_units"

LOG_PRODUCTIVITY = "log_productivity"
LOG_PRODUCTIVITY_BITS = 20
"""Binary places of log productivity where it is a whole number, as in the evidence."""
KNOWN = "known_of_productivity"
"""What is known of a row: 2 its log productivity, 1 its employment alone, 0 not even that."""

CONTRIBUTOR = "contributor"
"""A number for the enterprise of a row, null where the census names none."""

ESTABLISHMENTS = "establishments"
BASE = "base"
CENTRE = "centre"
INDUSTRY_SD, KAPPA = "industry_sd", "kappa"
BIN = "bin"
LOWEST = "lowest"
HIGHEST = "highest"
VALUE = "value"
QUARTILE = "productivity_quartile"
POPULATION = "population"

PHI, UNIT = "phi", "unit"
"""Of the sums over panels: log productivity, and the weight of 1 of every establishment."""
COARSE, FINE = "coarse", "fine"
"""The two whole numbers that a sum of weight times log productivity is held in."""

NONE = -1
"""No industry or no quartile, in columns of numbers that are never negative."""

REPLICATE_UNIT, REPLICATE_GROUP = "replicate_unit", "replicate_group"
"""What was drawn, as a hash of its id, and the group that is left out with it."""


MOVED_MOST = "moved_most"
"""Of each uncertain number, in order, the shares of the two groups of units that move it the most:
in the squares that its error is made of."""


@cache  # few, asked for again and again
def industry_code(number: int | None, digits: int) -> str | None:
    """An industry as published: the number that matched rows carry, with its leading zeros.

    Example:
        >>> industry_code(111, 4), industry_code(None, 4)
        ('0111', None)
    """
    return None if number is None else f"{number:0{digits}d}"


def twin(amount: str) -> str:
    """The DOUBLE sum that is carried beside a whole-number sum to catch a wrap.

    Example:
        >>> twin("sales_in_units")
        'sales_in_units_as_double'
    """
    return f"{amount}_as_double"


def size_of(amount: str) -> str:
    """The sum of an amount whatever its sign.

    Example:
        >>> size_of("exports_in_units")
        'exports_in_units_size'
    """
    return f"{amount}_size"


def largest_of(amount: str) -> str:
    """The largest contribution to an amount, whatever its sign.

    Example:
        >>> largest_of("exports_in_units")
        'exports_in_units_largest'
    """
    return f"{amount}_largest"


def second_of(amount: str) -> str:
    """The second largest contribution to an amount.

    Example:
        >>> second_of("exports_in_units")
        'exports_in_units_second'
    """
    return f"{amount}_second"


def lacking_column(weight: str) -> str:
    """Whether a row's weight is unknown in its own year.

    Example:
        >>> lacking_column("sales_units")
        'sales_units_is_unknown'
    """
    return f"{weight}_is_unknown"


def unknown_column(measure: str) -> str:
    """Boolean column of rows whose amount is unknown, and the kind of its history mark.

    Example:
        >>> unknown_column("sales")
        'unknown_sales'
    """
    return f"unknown_{measure}"


def population_column(position: int) -> str:
    """Boolean column of the study population at this position.

    Example:
        >>> population_column(0)
        'population_0'
    """
    return f"population_{position}"


def restriction_column(name: str) -> str:
    """Boolean column of a restriction, and the kind of its history mark.

    Example:
        >>> restriction_column("low_tariff")
        'restriction_low_tariff'
    """
    return f"restriction_{name}"


def window_industry(window: str) -> str:
    """Industry an establishment is counted in for one window.

    Example:
        >>> window_industry("post")
        'industry_in_post'
    """
    return f"industry_in_{window}"


def industry_cut(kind: str) -> str:
    """A tariff cut of an establishment's industry, of a kind; conditions read the home cut.

    Example:
        >>> industry_cut("home"), industry_cut("foreign")
        ('tariff_cut', 'foreign_tariff_cut')
    """
    return "tariff_cut" if kind == "home" else f"{kind}_tariff_cut"


def parts_column(industry: str) -> str:
    """Beside an industry column: which old industry is split, where a concordance splits any.

    Below the digits of a code it is the number of the industry itself.

    Example:
        >>> parts_column("industry")
        'parts_of_industry'
    """
    return f"parts_of_{industry}"


def later_column(column: str, name: str) -> str:
    """A column of the same establishment in the later year of a pair of years.

    Example:
        >>> later_column("log_productivity", "post")
        'log_productivity_later_in_post'
    """
    return f"{column}_later_in_{name}"


def jobs_gained(name: str) -> str:
    """Employment gained by the later year of a pair of years, where it is not less.

    Example:
        >>> jobs_gained("post")
        'jobs_gained_in_post'
    """
    return f"jobs_gained_in_{name}"


def jobs_lost(name: str) -> str:
    """Employment lost by the later year of a pair of years, where it is less.

    Example:
        >>> jobs_lost("post")
        'jobs_lost_in_post'
    """
    return f"jobs_lost_in_{name}"


def layer_column(column: str, layer: int) -> str:
    """A later value, whichever window of the layer it is of.

    Example:
        >>> layer_column("phi", 0)
        'phi_in_layer_0'
    """
    return f"{column}_in_layer_{layer}"


def panel_product(weight: str, phi: str, part: str) -> str:
    """Column of one part of the sum of weight times log productivity.

    Example:
        >>> panel_product("sales_in_units", "phi_in_layer_0", "fine")
        'sales_in_units_x_phi_in_layer_0_fine'
    """
    return f"{weight}_x_{phi}_{part}"


def measured_column(phi: str) -> str:
    """Whether there is log productivity in a year.

    Example:
        >>> measured_column("phi")
        'is_measured_phi'
    """
    return f"is_measured_{phi}"
