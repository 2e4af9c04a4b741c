"""Formulas that assume a productivity cutoff, beside those that do not (HLOY, section 2.2.2)."""

from collections.abc import Mapping

from tradegains.published.printing import fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.elasticities import welfare_elasticity_exhibit
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain
from tradegains.report.section import Missing, Section, section_of
from tradegains.report.side_by_side import as_page_table
from tradegains.report.table_1 import table_c1
from tradegains.report.welfare_rows import (
    DISTRIBUTIONS,
    MELITZ_REDDING,
    Row,
    counted,
    cutoff_rows,
    formula_name,
    measured,
    total_rows,
)
from tradegains.report.what_else import changes_of_windows, years_of_trade


def section(run: PublishedRun) -> Section:
    """Table C1, the formulas with a cutoff, and figure 2."""
    return section_of(
        "formulas",
        "Other imports, other formulas",
        "Imports, formulas",
        _sources(run),
        years_of_trade(run),
        changes_of_windows(run),
        cutoffs(run) or Missing("cutoffs", "Comparison with a productivity cutoff", reason(run)),
        welfare_elasticity_exhibit(run),
    )


def _sources(run: PublishedRun) -> PageTable | Missing:
    """The headline's window under both sources of imports."""
    table, window = table_c1(run), run.headline_window
    if table is None or window is None:
        why = "one source of imports: trade.imports does not list both"
        title = "Table of import sources (Table C1)"
        return Missing("table_c1", title, run.reason_for("welfare", why))
    return as_page_table(table, remark=counted(run, [window]))


def cutoffs(run: PublishedRun) -> PageTable | None:
    """Melitz-Redding local and global by distribution, after HLOY and ACR; None without them."""
    found = cutoff_rows(run)
    if not found:
        return None
    windows, footnotes = run.welfare_windows, Footnotes()
    base = total_rows(run)
    rows = []
    for formula in ("hloy", "acr"):
        by_window = {window: base.get((window, formula)) for window in windows}
        row = next((one for one in by_window.values() if one), None)
        if row:
            rows.append(_line(run, (formula_name(row), "none"), by_window, footnotes))
    for (formula, distribution), of_cutoff in found.items():
        name = (MELITZ_REDDING[formula], DISTRIBUTIONS.get(distribution, distribution))
        rows.append(_line(run, name, of_cutoff, footnotes))
    return PageTable(
        title="With a productivity cutoff: the Melitz-Redding formulas",
        unit="welfare change, 100 × Δ ln, in percent; hazard per log point of productivity",
        header=("formula", "distribution", *map(run.window_title, windows), "hazard γ"),
        rows=tuple(rows),
        stub=2,
        notes=footnotes.notes,
        remark=_assumptions(run) + _implied(run),
        strong=0,
    )


def reason(run: PublishedRun) -> str:
    """Why there is nothing to compare with."""
    if "melitz_redding" not in run.section("welfare"):
        return "the study has no section [welfare.melitz_redding]"
    return run.reason_for("welfare", "no row of a Melitz-Redding formula")


def _line(
    run: PublishedRun,
    name: tuple[str, str],
    by_window: Mapping[str, Row | None],
    footnotes: Footnotes,
) -> tuple[Cell, ...]:
    """One formula; the hazard is that of the headline window."""
    numbers = (measured(by_window.get(window), "welfare_change") for window in run.welfare_windows)
    row = by_window.get(run.headline_window or "")
    hazard = row.get("hazard") if row else None
    shown = None if hazard is None else fixed(hazard, 3)
    return (*names(name), *(footnotes.percent(number) for number in numbers), plain(shown))


def _assumptions(run: PublishedRun) -> str:
    """What the study states for these formulas, and what it means."""
    stated = run.section("welfare").get("melitz_redding") or {}
    cutoff, entry = stated.get("cutoff_percentile"), stated.get("entry_change")
    low, middle, high = (100 * share for share in stated.get("percentiles") or (0.2, 0.5, 0.8))
    parts = [
        "A comparison under assumptions that HLOY do without: one cutoff below which nobody "
        f"produces, and a distribution of productivity fitted to the {low:g}th, {middle:g}th and "
        f"{high:g}th percentiles of log domestic sales in the window's first year."
    ]
    if cutoff is not None:
        parts.append(f"Cutoff: the {cutoff:g} quantile of the same sales, or the fitted lower end.")
    if stated.get("upper_percentile") is not None:
        parts.append(
            f"Upper end of the truncated Pareto: the {stated['upper_percentile']:g} quantile."
        )
    if stated.get("tail_percentile") is not None:
        parts.append(
            f"Pareto from the tail: its index is that of sales above the "
            f"{stated['tail_percentile']:g} quantile (Hill), taken to hold at the cutoff, too."
        )
    if entry is not None:
        parts.append(f"Change of ln entry, M^e: {entry:g}.")
    elif stated.get("entry_counts"):
        parts.append(
            "Change of ln entry, M^e: of the number of entrants between consecutive years, the "
            "window's last pair against its first; who pays and never produces is not seen."
        )
    return " ".join(parts)


def _implied(run: PublishedRun) -> str:
    """The trade elasticity that would make ACR equal HLOY (HLOY, footnote 7)."""
    row = total_rows(run).get((run.headline_window or "", "hloy"))
    value = row.get("implied_trade_elasticity") if row else None
    if value is None:
        return ""
    years = run.window_years(run.headline_window or "")
    return f" ACR would equal HLOY over {years} at ε = {fixed(value, 4)} (HLOY, footnote 7)."
