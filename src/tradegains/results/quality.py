"""The quality table: rows read, valid and quarantined, and rows per rule, for each year."""

from collections.abc import Mapping, Sequence
from typing import Any

from tradegains.errors import InputError, Problem
from tradegains.results.market_cells import MarketCells
from tradegains.tables.flags import FLAG_BITS, ROW_RULES

BROKEN_WHEN = {
    "missing_id": "the id is missing or empty",
    "duplicate": "another row has the same id and year",
    "invalid_industry": "the code is not digits, as many as industry_digits says",
    "invalid_employment": "employment, or its weight, is missing, negative or too large",
    "invalid_sales": "sales are missing, negative or too large",
    "invalid_exports": "exports are negative or too large",
    "exports_above_sales": "exports are above sales",
    "invalid_value_added": "value added is no number or too large",
}
"""When a row breaks the rules that may stop a run, in a few words."""
_MEND = {
    "invalid_industry": "mend the rows; give codes with letters, dots or of another length theirs "
    "by a concordance (old C10.11, new 1011)",
}


def quality_rows(
    cells: MarketCells, rules: Mapping[str, str], *, years: Sequence[int]
) -> list[dict[str, Any]]:
    """One row per year and rule, and per year for read, valid and quarantined.

    read = valid + quarantined in every year, by construction and asserted against the files'
    own footers by the pipeline.
    """
    removing = removing_bits(rules)
    table = []
    for year in years:
        counted = {flags: n for (each, flags), n in cells.rows_by_flags.items() if each == year}
        read = sum(counted.values())
        quarantined = sum(n for flags, n in counted.items() if flags & removing)
        table += [
            _row(year, "read", None, read),
            _row(year, "valid", None, read - quarantined),
            _row(year, "quarantined", None, quarantined),
        ]
        table += [
            _row(year, rule, rules[rule], _flagged(counted, rule))
            for rule in ROW_RULES
            if rule in rules
        ]
    return table


def removing_bits(rules: Mapping[str, str]) -> int:
    """Bits of the rules whose rows leave the study.

    Example:
        >>> removing_bits({"missing_id": "quarantine", "exports_above_sales": "keep"})
        1
    """
    return sum(FLAG_BITS[rule] for rule, action in rules.items() if action != "keep")


def refuse_stopping_rows(quality: Sequence[Mapping[str, Any]]) -> None:
    """Stop where rows broke a rule whose action is `stop`.

    Raises:
        InputError: with one problem per rule: the years and the number of rows.
    """
    problems = []
    broken = [row for row in quality if row["action"] == "stop" and row["rows"]]
    for rule in dict.fromkeys(row["rule"] for row in broken):
        rows = [row for row in broken if row["rule"] == rule]
        years = ", ".join(str(row["year"]) for row in rows)
        cure = f'{_MEND.get(rule, "mend the rows")}; or set census.rules.{rule} to "quarantine", '
        cure += "which takes them out of every result"
        where = f"the census, year {years}"
        what = f"rows break the rule {rule}: {BROKEN_WHEN[rule]}"
        problems.append(Problem(what, where, _total(rows), cure))
    if problems:
        raise InputError(problems)


def _total(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(row["rows"] for row in rows)


def _flagged(counted: Mapping[int, int], rule: str) -> int:
    return sum(n for flags, n in counted.items() if flags & FLAG_BITS[rule])


def _row(year: int, rule: str, action: str | None, rows: int) -> dict[str, Any]:
    return {"year": year, "rule": rule, "action": action, "rows": rows}
