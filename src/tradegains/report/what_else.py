"""What else market shares say: HLOY in isolation, all domestic establishments, autarky, balance.

Source: Hsieh, Li, Ossa and Yang (2023), sections 2.2.2 and 3.2, footnotes 5 and 10.
"""

from collections.abc import Sequence

from tradegains.formulas.quantiles import PERCENTILES
from tradegains.published.printing import fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.welfare_rows import NumberOrReason, Row, measured

NAME = "welfare_comparisons"
LABELS = {
    "hloy_in_isolation": "HLOY / η: these goods in isolation",
    "all_domestic": "all domestic establishments, less Δ ln φ",
}
CUTOFF = "cutoff alone, Δ ln φd"
NO_PERCENTILE = "no percentile of all establishments by the median base base_year"


def changes_of_windows(run: PublishedRun) -> PageTable | None:
    """The changes beside HLOY, and the cutoff of footnote 5; None without the table."""
    rows = run.rows(NAME, imports=run.headline_choices["imports"])
    if not rows:
        return None
    footnotes, windows = Footnotes(), run.welfare_windows
    lines = []
    for quantity, label in LABELS.items():
        found = {row["window"]: row for row in rows if row["quantity"] == quantity}
        if found:
            numbers = [measured(found.get(window), "welfare_change") for window in windows]
            lines.append((*names([label]), *map(footnotes.percent, numbers)))
    cutoff = cutoff_changes(run)
    lines.append((*names([CUTOFF]), *(footnotes.percent(cutoff[window]) for window in windows)))
    return PageTable(
        title="Other readings of welfare",
        unit="100 × Δ ln, in percent",
        header=("reading", *map(run.window_title, windows)),
        rows=tuple(lines),
        notes=footnotes.notes,
        remark=(
            "All domestic establishments: −(Δ ln λ − Δ ln M)/(σ − 1), M their number; it leaves "
            "out the change of their mean productivity, which entry and exit move, and the paper "
            f"calls it not immediately implementable (section 2.2.2). {_cutoff_in_words(run)}"
        ),
    )


def cutoff_changes(run: PublishedRun) -> dict[str, NumberOrReason]:
    """Scaled change of the stated low percentile of log productivity, by window [log points].

    Source: HLOY, footnote 5: the local change of ln W is that of ln phi_d.
    """
    column = _percentile(run)
    found: dict[str, NumberOrReason] = {}
    for name, window in run.windows.items():
        ends = [
            rows[0].get(column)
            for year in (window.start, window.end)
            if (
                rows := run.rows(
                    "moments",
                    year=year,
                    window=name,
                    population="all",
                    level="total",
                    median_base="base_year",
                    weighting="unweighted",
                )
            )
        ]
        start, end = ends if len(ends) == 2 else (None, None)
        found[name] = (
            NumberOrReason(None, NO_PERCENTILE)
            if start is None or end is None
            else NumberOrReason(window.scale * (end - start))
        )
    if run.difference is not None:
        later, earlier = found[run.difference.later], found[run.difference.earlier]
        found[run.difference.name] = (
            NumberOrReason(None, later.note or earlier.note)
            if later.value is None or earlier.value is None
            else NumberOrReason(later.value - earlier.value)
        )
    return found


def _percentile(run: PublishedRun) -> str:
    stated = run.section("welfare").get("comparisons") or {}
    share = stated.get("cutoff_percentile", 0.05)
    return next(name for name, each in PERCENTILES.items() if float(each) == share)


def _cutoff_in_words(run: PublishedRun) -> str:
    deflated = run.section("productivity").get("prices", "none") != "none"
    nominal = "" if deflated else ", not deflated: inflation is in it"
    return (
        f"Cutoff: the unweighted percentile {_percentile(run)[1:]} of log productivity, relative "
        f"to the medians of the first year{nominal}; for small shocks, one cutoff and no entry "
        "(HLOY, footnote 5, who know of no attempt with data). Growth of productivity that all "
        "share is in it."
    )


def years_of_trade(run: PublishedRun) -> PageTable | None:
    """Trade over autarky and exports over imports, by year; None without the table."""
    rows = run.rows(NAME, window=None)
    if not rows:
        return None
    footnotes = Footnotes()
    sources = sorted({row["imports"] for row in rows}, reverse=True)
    years = sorted({row["year"] for row in rows})
    lines = []
    for year in years:
        worth = [_one(rows, "acr_over_autarky", year, source) for source in sources]
        balance = _one(rows, "trade_balance", year, "table")
        lines.append(
            (
                *names([str(year)]),
                *(footnotes.percent(measured(row, "welfare_change")) for row in worth),
                _ratio(balance, footnotes),
            )
        )
    far = sorted(
        {row["year"] for row in rows if row["quantity"] == "trade_balance" and row["note"]}
    )
    stated = (run.section("welfare").get("comparisons") or {}).get("balanced_within")
    return PageTable(
        title="Trade over autarky, and its balance",
        unit="ACR, −ln λ / ε, in percent; exports over imports as a ratio",
        header=("year", *(f"imports: {source}" for source in sources), "exports / imports"),
        rows=tuple(lines),
        notes=footnotes.notes,
        remark=(
            "Over autarky: equation 4 as a global formula, for one elasticity at every distance. "
            f"{_warning(far, stated)}"
        ),
    )


def _warning(far: Sequence[int], within: float | None) -> str:
    if not far:
        return ""
    years = ", ".join(map(str, far))
    return (
        f"Exports and imports are more than {within:g} log points apart, or one is not known, in "
        f"{years}: there imports = exports (Table C1) is no good stand-in."
    )


def _one(rows: Sequence[Row], quantity: str, year: int, source: str) -> Row | None:
    named = (quantity, year, source)
    return next(
        (row for row in rows if (row["quantity"], row["year"], row["imports"]) == named), None
    )


def _ratio(row: Row | None, footnotes: Footnotes) -> Cell:
    if row is None:
        return plain(None)
    value = row["ratio"]
    return footnotes.cell(None if value is None else fixed(value, 3), row["note"] or "")
