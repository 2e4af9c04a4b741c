"""How much of the control totals a census covers: census sum over control total.

The rows of one side only are kept, with the other side null, because they are what a coverage
report is read for: an industry that the census lacks, or one that nobody publishes a total of.
"""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from tradegains.formulas.fixed_point import money
from tradegains.formulas.outcomes import rate
from tradegains.results.market import Amounts, sums_by
from tradegains.results.market_cells import MarketCells
from tradegains.study import Study
from tradegains.tables import working as w

TOTAL, INDUSTRY = "total", "industry"
MEASURES = ("establishments", "employment", "sales", "exports", "value_added")
NO_TOTAL, NO_ROWS = "no control total", "no establishment in the census"

Controls = Sequence[Mapping[str, Any]]


def coverage_rows(study: Study, cells: MarketCells, controls: Controls) -> list[dict[str, Any]]:
    """One row per study year, industry of either side, and measure; and per year in total.

    Args:
        study: whose years are compared, in the units of its census.
        cells: market cells of the run.
        controls: industry (codes of one length), year and one column per measure.
    """
    measures = [name for name in MEASURES if controls and name in controls[0]]
    digits = max((len(row["industry"]) for row in controls), default=0)
    rows: list[dict[str, Any]] = []
    for year in study.years:
        sums = _census_sums(cells, year, digits)
        own = [row for row in controls if row["year"] == year]
        for name in measures:
            rows += _rows(study, year, name, sums=sums, controls=own)
    return rows


_Sums = tuple[Amounts, dict[str, Amounts]]


def _rows(
    study: Study, year: int, measure: str, *, sums: _Sums, controls: Controls
) -> Iterator[dict[str, Any]]:
    known = {row["industry"]: row[measure] for row in controls}
    everyone, by_code = sums
    has = measure in ("establishments", *study.census.columns)
    missing, unknown = sorted(known.keys() - by_code.keys()), sorted(by_code.keys() - known.keys())
    sides = (_named("no establishment in", missing), _named("no control total of", unknown))
    note = "; ".join(side for side in sides if side) if known else NO_TOTAL
    control = math.fsum(known.values()) if known else None
    decimals = study.census.decimals
    census = _value(everyone, measure, decimals) if has else None
    yield _row(year, None, measure, census=census, control=control, note=note)
    for code in sorted(known.keys() | by_code.keys()) if known else ():
        census = _value(by_code[code], measure, decimals) if has and code in by_code else None
        note = NO_ROWS if code not in by_code else "" if code in known else NO_TOTAL
        yield _row(year, code, measure, census=census, control=known.get(code), note=note)


def _census_sums(cells: MarketCells, year: int, digits: int) -> _Sums:
    """All establishments of a year; and those of each code, cut to so many digits."""
    of_year = cells.of_year(year)
    by_code = sums_by(
        (code[:digits], amounts)
        for code, amounts in of_year.amounts_by_code(of_year[w.INDUSTRY]).items()
        if code is not None
    )
    return of_year.total, by_code


def _value(amounts: Amounts, measure: str, decimals: int) -> float:
    """A measure of some establishments, in the unit of the study."""
    if measure == "establishments":
        return float(amounts.establishments)
    if measure == "employment":
        return amounts.jobs
    return money(getattr(amounts, measure), decimals)


def _named(what: str, codes: Sequence[str]) -> str:
    return f"{what} {', '.join(codes)}" if codes else ""


def _row(
    year: int,
    industry: str | None,
    measure: str,
    *,
    census: float | None,
    control: float | None,
    note: str,
) -> dict[str, Any]:
    return {
        "year": year,
        "level": TOTAL if industry is None else INDUSTRY,
        "industry": industry,
        "measure": measure,
        "census": census,
        "control": control,
        "ratio": rate(census, control),
        "note": note,
    }
