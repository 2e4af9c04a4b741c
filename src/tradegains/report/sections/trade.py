"""MT's figure 1 from a run's tables: how much of trade is two-way, at each level of aggregation.

Source: Melitz and Trefler (2012), figure 1.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial

from tradegains.figures.trade import TradeLine, draw_intra_industry
from tradegains.published.printing import csv_text, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.captions import data_label, data_words
from tradegains.report.page_table import Footnotes, PageTable, names
from tradegains.report.section import Exhibit, Missing, Section, section_of
from tradegains.report.welfare_rows import Row
from tradegains.tables.published import TABLES

KEY, TABLE, WORLD = "figure_mt_1", "intra_industry_trade", "world"
TITLE = TABLES["intra_industry_trade"].title
MOST_YEARS = 12  # rows of the table; the figure and its data have every year
MATCHING = {
    "by_partner": "exports of a product to a partner meet its imports from that partner",
    "together": "exports of a product to all partners meet its imports from all of them",
}
CSV_COLUMNS = (
    "data",
    "product_digits",
    "matched",
    "reporter",
    "partner",
    "year",
    "grubel_lloyd",
    "one_way_share",
)


@dataclass(frozen=True)
class TradeSeries:
    """Rows of one level by year, years ascending."""

    digits: int
    rows: tuple[Row, ...]

    @property
    def label(self) -> str:
        """The level as a reader says it."""
        return f"{self.digits} digit{'s' * (self.digits != 1)}"

    @property
    def measured(self) -> list[Row]:
        """Rows of the years with trade."""
        return [row for row in self.rows if row["grubel_lloyd"] is not None]

    @property
    def line(self) -> TradeLine:
        """The index as the figure draws it [percent]."""
        index = (row["grubel_lloyd"] for row in self.rows)
        years = tuple(row["year"] for row in self.rows)
        percents = tuple(None if value is None else 100 * value for value in index)
        return TradeLine(self.label, years, percents)


def section(run: PublishedRun) -> Section:
    """Figure 1 of MT."""
    return section_of("trade", TITLE, TITLE, intra_industry_exhibit(run))


def intra_industry_exhibit(run: PublishedRun) -> Exhibit | Missing:
    """Figure 1: the index over time, a line for each level."""
    found = _series(run)
    if not any(one.measured for one in found):
        return Missing(KEY, TITLE, run.reason_for(TABLE, "no trade in any year"))
    return Exhibit(
        key=KEY,
        title=f"{TITLE} (MT, figure 1)",
        draw=partial(draw_intra_industry, [one.line for one in found], mark=run.mark),
        text=". ".join(_in_words(one) for one in found if one.measured) + ".",
        caption=_caption(run, found),
        data={"": _csv(run)},
        table=_table(found),
    )


def _series(run: PublishedRun) -> list[TradeSeries]:
    """The headline series of every level, in the order of the study."""
    choices = run.section(TABLE)
    rows = _headline_rows(run)
    return [
        TradeSeries(
            digits,
            tuple(
                sorted(
                    (
                        row
                        for row in rows
                        if row["product_digits"] == digits
                        and row["matched"] == choices["matched"][0]
                    ),
                    key=lambda row: int(row["year"]),
                )
            ),
        )
        for digits in choices.get("levels", [])
    ]


def _headline_rows(run: PublishedRun) -> Sequence[Row]:
    """Trade with the world: of all reporters together where there are several."""
    rows = run.rows(TABLE, partner=WORLD)
    pooled = [row for row in rows if row["reporter"] == WORLD]
    return pooled or rows


def _in_words(one: TradeSeries) -> str:
    """How far the index of a level went."""
    first, last = one.measured[0], one.measured[-1]
    start, end = (percent(row["grubel_lloyd"], 1) for row in (first, last))
    if first is last:
        return f"At {one.label} {end} percent of trade was two-way in {last['year']}"
    return (
        f"At {one.label} {start} percent of trade was two-way in {first['year']}, {end} percent "
        f"in {last['year']}"
    )


def _caption(run: PublishedRun, found: Sequence[TradeSeries]) -> str:
    """Whose trade, how flows are matched, what the levels are, and how many flows there are."""
    matched = run.section(TABLE)["matched"][0]
    last = [one.measured[-1] for one in found if one.measured]
    flows = "; ".join(
        f"{row['flows']:,} at {row['product_digits']} digits, {row['one_way_flows']:,} of them "
        "one-way"
        for row in last
    )
    return (
        f"{data_words(run)}Grubel-Lloyd index of {_reporter(last[0])} with all partners: the sum "
        "of X + M − |X − M| over the sum of X + M, X exports and M imports of a flow; "
        f"{MATCHING[matched]} (matched = {matched}). One-way flows stay in with index 0. Levels: "
        "first digits of the product codes; by its construction the index rises as digits fall. "
        f"Flows in {last[0]['year']}: {flows}."
    )


def _reporter(row: Row) -> str:
    if row["reporter"] == WORLD:
        return "all reporting countries"
    return row["reporter"] or "the reporting country"


def _table(found: Sequence[TradeSeries]) -> PageTable:
    """Index and one-way share by year, at most MOST_YEARS rows."""
    by_level = [{row["year"]: row for row in one.rows} for one in found]
    years = sorted({year for rows in by_level for year in rows})
    shown = _spread(years, MOST_YEARS)
    footnotes = Footnotes()
    rows = tuple(
        (
            *names([str(year)]),
            *(
                footnotes.cell(*_cell(rows.get(year), column))
                for rows in by_level
                for column in ("grubel_lloyd", "one_way_share")
            ),
        )
        for year in shown
    )
    return PageTable(
        title="Two-way trade by level of product codes",
        unit="percent of trade",
        header=("year", *(("index", "one-way") * len(found))),
        rows=rows,
        groups=(("", 1), *((one.label, 2) for one in found)),
        notes=footnotes.notes,
        remark="" if len(shown) == len(years) else "The data of the figure have every year.",
    )


def _cell(row: Mapping[str, object] | None, column: str) -> tuple[str | None, str]:
    if row is None:
        return None, "no flow in this year"
    value = row[column]
    if not isinstance(value, float):
        return None, str(row["note"] or "")
    return percent(value, 1), ""


def _spread(years: Sequence[int], most: int) -> list[int]:
    """At most so many of the years, evenly spread, the first and last among them.

    Example:
        >>> _spread(range(1962, 2007), 5)
        [1962, 1973, 1984, 1995, 2006]
    """
    if len(years) <= most:
        return list(years)
    last = len(years) - 1
    return [years[round(k * last / (most - 1))] for k in range(most)]


def _csv(run: PublishedRun) -> str:
    """Every row of the trade with the world, of all levels and ways of matching."""
    rows = [
        (
            data_label(run),
            row["product_digits"],
            row["matched"],
            row["reporter"] or "",
            row["partner"],
            row["year"],
            *("" if row[name] is None else row[name] for name in CSV_COLUMNS[-2:]),
        )
        for row in _headline_rows(run)
    ]
    return csv_text(CSV_COLUMNS, rows)
