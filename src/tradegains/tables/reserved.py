"""Names of columns that a run makes beside the census's own: a further column may have none.

Decision: refused by name, not renamed on reading, because conditions of a study speak of further
columns under the names of the user's files.
"""

import re

from tradegains.tables import working as w
from tradegains.tables.flags import ROW_RULES

_ON_ROWS = frozenset(
    {
        *(w.FLAGS, w.VALID, w.HISTORY, w.MEMBERSHIP, w.DUPLICATED_ID, w.LOG_PRODUCTIVITY),
        *w.AMOUNTS,
        *ROW_RULES,
        *("domestic", "log_price", "last_id", "successor_link", "counterpart", "lookup_code"),
        *("is_duplicate", "has_duplicates", "rows_of_id"),
    }
)
# Made from the employment, productivity and so on of other years; engines tell no case apart.
_OWN = "|".join((*w.AMOUNTS, w.LOG_PRODUCTIVITY))
_PATTERN = re.compile(
    r"history_\d+|population_\d+|restriction_\w+|(stated_)?industry_in_\w+|parts_of_\w+|"
    rf"jobs_(gained|lost)_in_\w+|({_OWN})(_later)?_in_\w+|(foreign|input)_tariff_cut"
)
_KINDS = ("home", "foreign", "input")
_IN_REGRESSIONS = frozenset(
    {
        *("effect", "cluster", w.QUARTILE, w.CENTRE, "relative_productivity", "log_employment"),
        *("exit", "export_start", "log_productivity_growth"),
        "with_cuts",
        *(f"{before}{kind}_cut" for before in ("", "plant_", "is_own_") for kind in _KINDS),
    }
)


def is_reserved(name: str, *, is_outcome: bool = False) -> bool:
    """Whether a column that a run makes may have this name.

    Args:
        name: of a further column of the census.
        is_outcome: whether it is explained by regressions, too.

    Example:
        >>> is_reserved("Flags"), is_reserved("population_0"), is_reserved("owner")
        (True, True, False)
        >>> is_reserved("exit"), is_reserved("exit", is_outcome=True)
        (False, True)
    """
    lower = name.lower()
    taken = lower in _ON_ROWS or bool(_PATTERN.fullmatch(lower))
    return taken or (is_outcome and lower in _IN_REGRESSIONS)
