"""The rules a census row is held to, and the bit each one sets in the column `flags`.

A flagged row never vanishes: the study's action for the rule (stop, quarantine, keep) decides
what becomes of it, and `quality` counts it.
"""

ROW_RULES = (
    "missing_id",
    "duplicate",
    "invalid_industry",
    "invalid_employment",
    "invalid_sales",
    "invalid_exports",
    "exports_above_sales",
    "invalid_value_added",
    "nonpositive_value_added",
    "missing_price",
)

PRODUCTIVITY_RULES = ("nonpositive_value_added", "missing_price")
"""Rules that take a row out of productivity only: it still counts in matching and in sales."""

FLAG_BITS = {rule: 1 << position for position, rule in enumerate(ROW_RULES)}


def flag_mask(rules: dict[str, str], action: str) -> int:
    """Bits of the rules that have this action.

    Example:
        >>> flag_mask({"missing_id": "quarantine", "duplicate": "stop"}, "stop")
        2
    """
    return sum(FLAG_BITS[rule] for rule, chosen in rules.items() if chosen == action)
