"""The quality table: rows read, valid and quarantined, and rows per rule, for each year."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradegains.errors import Problem
from tradegains.results.market_cells import MarketCells
from tradegains.study import Study
from tradegains.tables.flags import FLAG_BITS, ROW_RULES

BROKEN_WHEN = {
    "missing_id": "the id is missing or empty",
    "duplicate": "another row has the same id and year",
    "invalid_industry": "the code is not digits, as many as industry_digits says",
    "invalid_employment": "employment, or its weight, is missing, negative or too large",
    "invalid_sales": "sales are missing, negative or too large",
    "invalid_exports": "exports are negative or too large",
    "missing_exports": "exports are missing, so that nobody knows what was sold at home",
    "exports_above_sales": "exports are above sales",
    "invalid_value_added": "value added is no number or too large",
}
"""When a row breaks the rules that may stop a run, in a few words."""
_MEND = {
    "invalid_industry": "mend the rows; give codes with letters, dots or of another length theirs "
    "by a concordance (old C10.11, new 1011)",
    "missing_exports": "write 0 where nothing was exported",
}

NEVER_KEPT = ("missing_id", "duplicate")
"""Rules whose rows can only stop a run or leave it."""
_KEEP = '"keep", which leaves them in, an amount that is none as unknown, or to '
_KEEP_AS_0 = '"keep", which counts a missing amount as 0, or to '
_QUARANTINE = (
    '"quarantine", which takes them out of every result: an establishment without its row in a '
    "window's first or last year counts as one that enters or exits"
)


def bits_of_unknown(study: Study) -> dict[str, int]:
    """Bits of the rules that rows break which lack a measure; without its weight one lacks all."""
    rules = {
        "employment": ("invalid_employment",),
        "sales": ("invalid_sales",),
        "value_added": ("invalid_value_added", "missing_value_added"),
    }
    weightless = FLAG_BITS["invalid_employment"] if study.census.has("sampling_weight") else 0
    return {
        measure: sum(map(FLAG_BITS.__getitem__, broken)) | weightless
        for measure, broken in rules.items()
        if study.census.has(measure)
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


def stopping_rules(quality: Sequence[Mapping[str, Any]]) -> tuple[str, ...]:
    """The rules that rows broke and whose action is `stop`."""
    broken = [row["rule"] for row in quality if row["action"] == "stop" and row["rows"]]
    return tuple(dict.fromkeys(broken))


def stopping_problems(quality: Sequence[Mapping[str, Any]], kept: str = "") -> Iterator[Problem]:
    """One problem for each rule whose action is `stop` and that rows broke: years and number.

    Args:
        quality: rows of the table.
        kept: where the keys of these rows are kept; empty: nowhere.
    """
    for rule in stopping_rules(quality):
        rows = [row for row in quality if row["rule"] == rule and row["rows"]]
        years = ", ".join(str(row["year"]) for row in rows)
        cure = f"{_MEND.get(rule, 'mend the rows')}; or set census.rules.{rule} to "
        keep = _KEEP_AS_0 if rule == "missing_exports" else _KEEP
        cure += _QUARANTINE if rule in NEVER_KEPT else f"{keep}{_QUARANTINE}"
        cure += f"; their ids and years are in {kept} (Parquet)" if kept else ""
        where = f"the census, year {years}"
        what = f"rows break the rule {rule}: {BROKEN_WHEN[rule]}"
        yield Problem(what, where, _total(rows), cure)


def _total(rows: Sequence[Mapping[str, Any]]) -> int:
    return sum(row["rows"] for row in rows)


def _flagged(counted: Mapping[int, int], rule: str) -> int:
    return sum(n for flags, n in counted.items() if flags & FLAG_BITS[rule])


def _row(year: int, rule: str, action: str | None, rows: int) -> dict[str, Any]:
    return {"year": year, "rule": rule, "action": action, "rows": rows}
