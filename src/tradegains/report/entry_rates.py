"""Figure 5B as rates: entrants over all establishments by relative productivity, from the run."""

from collections.abc import Sequence
from functools import partial
from typing import Any

import numpy as np

from tradegains.figures.entry_rates import (
    EntryRates,
    RatePanel,
    draw_entry_rates,
    entry_rates_csv,
)
from tradegains.published.printing import count, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.captions import data_label, data_words
from tradegains.report.errors import brackets_in_words
from tradegains.report.page_table import Cell, PageTable, names, rate_cell
from tradegains.report.section import Exhibit

KEY = "figure_5b_rates"
Rows = Sequence[dict[str, Any]]


def entry_rates(run: PublishedRun) -> Exhibit | None:
    """Entry rates of the earliest and the latest window of the table; None without them."""
    rows = [row for row in run.rows("entry_rates") if row["establishments"]]
    windows = sorted({row["window"] for row in rows}, key=lambda name: run.windows[name].end)
    if not windows:
        return None
    shown = list(dict.fromkeys((windows[0], windows[-1])))
    bins = [row for row in rows if row["part"] == "bin" and row["window"] in shown]
    years = " and ".join(run.windows[name].years for name in shown)
    return Exhibit(
        key=KEY,
        title=f"Entry rates by relative productivity, {years}",
        draw=partial(draw_entry_rates, _panels(run, bins, shown), mark=run.mark),
        text=" ".join(_in_words(run, rows, name) for name in shown),
        caption=_caption(run, bins),
        data={"": entry_rates_csv(bins, data=data_label(run))},
        table=_table(run, rows),
    )


def _panels(run: PublishedRun, bins: Rows, shown: Sequence[str]) -> list[RatePanel]:
    panels = []
    for base in ("same_year", "base_year"):
        of_base = [row for row in bins if row["median_base"] == base]
        titles = sorted({row["median_year"] for row in of_base})
        series = [
            _series(f"Entrants {run.windows[name].years}",
                    [row for row in of_base if row["window"] == name])
            for name in shown
        ]  # fmt: skip
        panels.append(RatePanel(" and ".join(map(str, titles)), series))
    return panels


def _series(label: str, bins: Rows) -> EntryRates:
    width = bins[0]["bin_width"]
    places = [round(row["bin_start"] / width) for row in bins]
    first, size = min(places), max(places) - min(places) + 1
    entrants, everyone = np.zeros(size), np.zeros(size)
    for place, row in zip(places, bins, strict=True):
        entrants[place - first], everyone[place - first] = row["entrants"], row["establishments"]
    return EntryRates(label, width * (first + np.arange(size + 1)), entrants, everyone)


def _in_words(run: PublishedRun, rows: Rows, window: str) -> str:
    below, above, everyone = (
        row
        for part in ("below_median", "not_below_median", "all")
        for row in rows
        if (row["window"], row["median_base"], row["part"]) == (window, "same_year", part)
    )
    share = below["share_of_entrants"]
    if share is None:
        return f"{run.windows[window].years}: no entrant."
    return (
        f"{run.windows[window].years}: {percent(everyone['entry_rate'], 1)} percent of the "
        f"establishments of {everyone['year']} entered, {percent(below['entry_rate'], 1)} below "
        f"the median of their industry and year and {percent(above['entry_rate'], 1)} at or above "
        f"it; {percent(share, 1)} percent of the entrants are below."
    )


def _caption(run: PublishedRun, bins: Rows) -> str:
    earliest = min(row["median_year"] for row in bins)
    return (
        f"{data_words(run)}Entrants: there in the window's last year, absent in its first. "
        "Counts over counts, unweighted; establishments without productivity, or of an industry "
        f"without a median in the base, are in neither. Left: medians of each window's last year; "
        f"right: medians of {earliest} for both, so that what moved everybody shows. Steps: bins "
        f"of {bins[0]['bin_width']:g} log points. In the manner of Melitz and Trefler (2012), "
        "figure 5B."
    )


def _table(run: PublishedRun, rows: Rows) -> PageTable:
    parts = {"all": "all", "below_median": "below the median", "not_below_median": "not below"}
    shown = [row for row in rows if row["part"] in parts]
    return PageTable(
        title="Entrants over all establishments",
        unit="percent; n in establishments",
        header=("window", "medians of", "", "entry rate", "share of entrants", "entrants", "n"),
        stub=3,
        rows=tuple(
            (
                *names([run.windows[row["window"]].years, str(row["median_year"])]),
                *names([parts[row["part"]]]),
                rate_cell(row["entry_rate"], row.get("standard_error")),
                rate_cell(row["share_of_entrants"], row.get("share_of_entrants_standard_error")),
                Cell(count(row["entrants"])),
                Cell(count(row["establishments"])),
            )
            for row in shown
        ),
        remark=brackets_in_words(run, shown).strip(),
    )
