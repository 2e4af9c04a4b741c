"""Words by which tables call the row that adds up the others: in one place, for all who look."""

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
