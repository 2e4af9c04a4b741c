"""Replicates behind the bands of HLOY's figures 3, 4 and 5, for `results.curves`'s rows."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from tradegains.formulas.welfare import acr_welfare_change, hloy_welfare_change
from tradegains.results.curves import (
    Ends,
    RankedEnd,
    Ranking,
    industry_at_start,
    ranked_codes,
    ranked_ends,
)
from tradegains.results.market import Amounts, add_up
from tradegains.results.market_cells import MarketCells, Whole
from tradegains.results.replicates import (
    GroupedCells,
    Replicates,
    differences_of,
    rows_with_errors,
    stated_of,
    sums_by_code,
)
from tradegains.results.sets import continuing_set
from tradegains.results.welfare import UNRESTRICTED, Choice
from tradegains.results.welfare_replicates import (
    MarketWithout,
    ReplicatedChanges,
    changes_without,
    domestic,
)
from tradegains.study import Study, Window
from tradegains.tables import working as w
from tradegains.tables.window_names import difference_window

Row = Mapping[str, Any]
Rows = list[dict[str, Any]]

_Codes = Mapping[str | None, Whole]


@dataclass(frozen=True)
class _EndWithout:
    """One end of a window: its sums, and sums of each group by code, in units of money."""

    end: RankedEnd
    everyone: _Codes
    continuing: _Codes
    exports: _Codes


def curve_rows_with_errors(
    study: Study,
    rows: Iterable[Row],
    changes: ReplicatedChanges,
    ranked: "RankedWithout",
) -> Rows:
    """Rows of `welfare_curves` with their errors.

    Args:
        study: that states how errors are told.
        rows: as `results.curves` gives them.
        changes: replicates of welfare changes, for figure 3.
        ranked: ends of windows by ranked industries without each group, for figures 4 and 5.
    """
    told = []
    for row in rows:
        if row["figure"] == "3":
            replicates = _of_elasticity(study, row, changes)
        else:
            replicates = ranked.gains(row)
        told.append((row, replicates, ""))
    return rows_with_errors("welfare_curves", told, stated_of(study))


def _of_elasticity(study: Study, row: Row, changes: ReplicatedChanges) -> dict[str, Replicates]:
    headline = study.headline
    choice = Choice("total", None, headline.continuing, UNRESTRICTED, str(headline.imports))
    deltas = changes.get((row["window"], choice, "hloy"), {})
    if not deltas or "delta_ln_domestic_share" not in deltas:
        return {}
    if row["curve"] == "acr":
        acr = acr_welfare_change(deltas["delta_ln_domestic_share"], row["elasticity"])
        return {"welfare_change": acr}
    together = deltas["delta_ln_continuing_market_share"]
    return {"welfare_change": hloy_welfare_change(together, row["elasticity"])}


class RankedWithout:
    """Gains of figures 4 and 5 without each group, at any point of any ranking."""

    def __init__(
        self,
        study: Study,
        cells: MarketCells,
        grouped: GroupedCells,
        *,
        imports: Mapping[tuple[str, int], float],
        rankings: Mapping[str, Ranking],
    ) -> None:
        """Take the sums of every ranking; the arguments are those of `curves.ranked_rows`."""
        self._study, self._grouped = study, grouped
        self._codes: dict[str, tuple[Ranking, Ranking]] = {}
        self._ends: dict[str, dict[str, tuple[_EndWithout, _EndWithout]]] = {}
        for variable, ranking in rankings.items():
            by_window = ranked_ends(study, cells, ranking, imports)
            digits = max(map(len, ranking), default=0)
            self._codes[variable] = ranked_codes(study, ranking, by_window)
            self._ends[variable] = {
                name: self._both_ends(study.window(name), ends, digits)
                for name, ends in by_window.items()
            }

    def _both_ends(
        self, window: Window, ends: Ends, digits: int
    ) -> tuple[_EndWithout, _EndWithout]:
        start, end = (
            self._of_groups(window, year, end, digits)
            for year, end in zip((window.start, window.end), ends, strict=True)
        )
        return start, end

    def _of_groups(self, window: Window, year: int, end: RankedEnd, digits: int) -> _EndWithout:
        cells = self._grouped.cells.of_year(year).known(window.name)
        kept = cells.inside(continuing_set(window.name, self._study.headline.continuing))
        sold = cells[w.SALES] - cells[w.EXPORTS]
        step = 10 ** (cells.digits - digits)
        codes = cells.industry_in(industry_at_start(self._study, window)) // step

        def by_code(amounts: Whole) -> _Codes:
            sums = sums_by_code(cells, codes, amounts, self._grouped.groups)
            return {cells.code(number, digits): each for number, each in sums.items()}

        continuing = by_code(np.where(kept, sold, 0))
        return _EndWithout(end, by_code(sold), continuing, by_code(cells[w.EXPORTS]))

    def gains(self, row: Row) -> dict[str, Replicates]:
        """Replicates of the numbers of a row of figure 4 or 5."""
        difference = self._study.welfare.difference
        if difference is not None and row["window"] == difference_window(*difference):
            post, pre = (self.gains({**row, "window": name}) for name in difference)
            return differences_of(post, pre)
        x, (every, compared) = row["x"], self._codes[row["variable"]]
        if row["figure"] == "4":
            kept = None if x is None else [code for code, value in every.items() if value < x]
            return {"welfare_change": self._gain(row, kept, None)}
        above = [code for code, value in compared.items() if value >= x]
        below = [code for code in compared if code not in above]
        liberalised, rest = self._gain(row, above, above), self._gain(row, below, below)
        return {
            "welfare_change": liberalised - rest,
            "liberalised_change": liberalised,
            "rest_change": rest,
        }

    def _gain(
        self, row: Row, continuing: Collection[str] | None, codes: Collection[str] | None
    ) -> Replicates:
        """HLOY of continuing establishments of some codes (None: all) on the market of some."""
        start, end = (
            self._market(each, continuing, codes)
            for each in self._ends[row["variable"]][row["window"]]
        )
        scale = self._study.window(row["window"]).scale
        deltas = changes_without(start, end, scale=scale)
        together = deltas.get("delta_ln_continuing_market_share")
        if together is None:
            return np.full(self._grouped.groups, np.nan)
        return np.asarray(hloy_welfare_change(together, self._study.welfare.sigma))

    def _market(
        self, each: _EndWithout, continuing: Collection[str] | None, codes: Collection[str] | None
    ) -> MarketWithout:
        money, end = self._grouped.money_without, each.end
        kept, everyone = _of_codes(end.continuing, continuing), _of_codes(end.everyone, codes)
        imports: Replicates | float | None
        if self._study.headline.imports == "exports":
            imports = money(everyone.exports, self._added(each.exports, codes))
        elif codes is None:
            imports = end.all_imports
        elif end.unknown(codes):
            imports = None
        else:
            imports = sum(end.imports.get(code, 0.0) for code in codes)
        return MarketWithout(
            money(domestic(kept), self._added(each.continuing, continuing)),
            money(domestic(everyone), self._added(each.everyone, codes)),
            imports,
        )

    def _added(self, sums: _Codes, codes: Collection[str] | None) -> Whole:
        found = [each for code, each in sums.items() if codes is None or code in codes]
        return sum(found, start=np.zeros(self._grouped.groups, int))


def _of_codes(amounts: Mapping[str | None, Amounts], codes: Collection[str] | None) -> Amounts:
    return add_up(each for code, each in amounts.items() if codes is None or code in codes)
