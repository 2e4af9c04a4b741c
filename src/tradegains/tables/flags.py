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
    "no_counterpart",
    "division_by_zero",
    "missing_exports",
    "money_rounded",
    "missing_value_added",
    "employment_rounded",
)

UNMEASURED_RULES = ("nonpositive_value_added", "missing_price", "invalid_industry")
"""Rules that take a row out of productivity even where the study keeps the row."""

RARE_RULES = ("money_rounded", "missing_value_added", "employment_rounded")
"""Rules that no study states, and of which `quality` has rows only where a census has some."""

FLAG_BITS = {rule: 1 << position for position, rule in enumerate(ROW_RULES)}
