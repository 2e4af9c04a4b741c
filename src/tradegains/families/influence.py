"""What single industries and the largest units do to the answer, and slopes over industries."""

from dataclasses import replace

from tradegains.families.context import ComputedTables, MatchedCensus, RunContext
from tradegains.formulas.tail_index import tail_count
from tradegains.results.influence import LARGEST, UnitSales, influence_rows
from tradegains.results.sets import continuing_set, unknown_set
from tradegains.results.welfare import NO_SOURCE, measure_markets
from tradegains.statistics.collecting import collect_in_order
from tradegains.tables import working as w
from tradegains.tables.absence import Absence, without_section
from tradegains.transforms.largest_units import largest_units


def influence_tables(context: RunContext, matched: MatchedCensus) -> ComputedTables:
    """Rows of `influence` and `industry_slopes`, where the study has a source of imports."""
    study = context.study
    if study.headline.imports is None or study.uncertainty is None:
        names = ("influence", "industry_slopes")
        return ComputedTables(
            absent=tuple(Absence("table", name, None, NO_SOURCE) for name in names)
        )
    plain = replace(
        study,
        matching=replace(study.matching, continuing=(study.headline.continuing,)),
        trade=replace(study.trade, imports=(study.headline.imports,)),
        welfare=replace(study.welfare, levels=("total", "industry2")),
        restrictions=(),
    )
    with context.progress.step("find the largest units"):
        markets = measure_markets(plain, matched.cells, context.imports)
        units = sum(matched.groups.units) if matched.groups else 0
        largest = {name: _largest(context, matched, name, units) for name in study.welfare.windows}
        found = ComputedTables({"influence": influence_rows(plain, markets, largest, units)})
    if study.welfare.curves is None:
        return found | ComputedTables(
            absent=(without_section("table", "industry_slopes", "welfare.curves"),)
        )
    from tradegains.results.curves import industry_rankings
    from tradegains.results.slopes import slope_rows

    rankings = industry_rankings(study, context.small.by_name())
    rows = slope_rows(plain, markets, rankings, study.uncertainty.level)
    return found | ComputedTables({"industry_slopes": rows})


def _largest(context: RunContext, matched: MatchedCensus, name: str, units: int) -> list[UnitSales]:
    """The largest units of a window's continuing set, in descending order."""
    window = context.study.window(name)
    years = (window.start, window.end)
    bits = context.sets.memberships
    unknown = unknown_set("sales", name)
    mask = bits.mask(
        [continuing_set(name, context.study.headline.continuing)],
        [unknown] if unknown in bits.positions else [],
    )
    # The tail's index is told by the next one, too.
    most = max(*LARGEST, tail_count(units) + 1)
    found = collect_in_order(
        largest_units(matched.rows, years=years, mask=mask, most=most)
    ).to_pylist()
    numbered = [
        (
            row[w.REPLICATE_UNIT],
            UnitSales(*(_at_ends(row, amount, years) for amount in (w.SALES, w.EXPORTS))),
        )
        for row in found
    ]
    ordered = sorted(numbered, key=lambda one: (-one[1].domestic_sales, one[0]))
    return [unit for _, unit in ordered]


def _at_ends(row: dict[str, int], amount: str, years: tuple[int, int]) -> tuple[int, int]:
    start, end = (row[f"{amount}_{year}"] for year in years)
    return start, end
