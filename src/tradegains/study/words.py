"""Words by which tables say that a row adds up others, or that something is missing: one list."""

_SHORT = ("tot", "all", "alle", "tous", "sum", "wl", "wld", "w00", "wld00", "_t")
_LONG = (
    *("total", "totals", "totales", "totaux", "todos", "suma", "summe", "somme", "gesamt"),
    *("insgesamt", "ensemble", "world", "global", "mundo", "mundial", "monde", "welt"),
    *("all countries", "all industries", "all partners", "all plants", "all products"),
)

TOTALS = frozenset((*_SHORT, *_LONG))
"""In small letters. A code of nothing but zeros may be a total, too: of partners Comtrade's 0."""

TOTALS_OF_IDS = frozenset(_LONG)
"""Those that are no id of an establishment; a short one may be."""

MISSING = frozenset(
    {
        *("-", "--", ".", "..", "...", "NA", "N/A", "n/a", "na", "NULL", "null", "NaN", "nan"),
        *("#N/A", "#NULL!", "*", "?", "x"),
    }
)
"""Texts that stand for a missing number."""

MISSING_IDS = frozenset({word.lower() for word in MISSING} - {"x"})
"""Those that are no id, in small letters."""
