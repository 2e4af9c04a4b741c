"""The rows regressions need, from the files alone: years, windows, and the sample of entry."""

from functools import cached_property

import numpy as np
import pyarrow.parquet as pq
from drawn_census import Drawn, by_industry

Columns = dict[str, np.ndarray]


class Panels:
    """A drawn census as a statistician would prepare it; every frame is columns of equal length."""

    def __init__(self, drawn: Drawn):
        self.drawn = drawn

    def year(self, year: int) -> Columns:
        """Rows with positive value added and employment, by establishment."""
        rows = self.drawn.year(year)
        kept = (rows["value_added"] > 0) & (rows["employment"] > 0)
        rows = {name: values[kept] for name, values in rows.items()}
        jobs = np.log(rows["employment"])
        return rows | {
            "industry": rows["industry"].astype(str),
            "jobs": jobs,
            "productivity": np.log(rows["value_added"]) - jobs,
            "exporter": (rows["exports"] > 0).astype(float),
        }

    @cached_property
    def _own_cuts(self) -> tuple[np.ndarray, np.ndarray]:
        """Establishments with known products, and the plain mean of their products' cuts."""
        tariffs = pq.read_table(self.drawn.paths.product_tariffs).to_pydict()
        links = pq.read_table(self.drawn.paths.plant_products).to_pydict()
        cut = dict(zip(tariffs["product"], tariffs["cut"], strict=True))
        cuts = np.array([cut[product] for product in links["product"]])
        known, places = np.unique(links["establishment_id"], return_inverse=True)
        return known, np.bincount(places, weights=cuts) / np.bincount(places)

    def own_cut(self, rows: Columns) -> np.ndarray:
        """The own cut, or the industry's where no product is known."""
        industry = by_industry(self.drawn.paths.tariff_cuts, "cut")
        found = np.array([industry[code[:2]] for code in rows["industry"]])
        known, cuts = self._own_cuts
        place = np.minimum(np.searchsorted(known, rows["establishment_id"]), len(known) - 1)
        return np.where(known[place] == rows["establishment_id"], cuts[place], found)

    def window(self, start: int, end: int) -> Columns:
        """Rows of the first year with `exits` and `own_cut`."""
        rows = self.year(start)
        present = self.drawn.year(end)["establishment_id"]
        exits = ~np.isin(rows["establishment_id"], present)
        return rows | {"exits": exits.astype(float), "own_cut": self.own_cut(rows)}

    @cached_property
    def entry(self) -> Columns:
        """Those who exported in no year until 1988 and report in 1988 and 1996."""
        columns = self.drawn.columns
        before = (columns["year"] <= 1988) & (columns["exports"] > 0)
        ever = columns["establishment_id"][before]
        start, end = self.year(1988), self.year(1996)
        ids, here, there = np.intersect1d(
            start["establishment_id"], end["establishment_id"], return_indices=True
        )
        never = ~np.isin(ids, ever)
        start = {name: values[here[never]] for name, values in start.items()}
        end = {name: values[there[never]] for name, values in end.items()}
        return start | {
            "starts": end["exporter"],
            "growth": end["productivity"] - start["productivity"],
            "adopts": end["adopted_technology"].astype(float),
            "own_cut": self.own_cut(start),
            "quartile": quartiles(start["productivity"], start["industry"]),
        }


def quartiles(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """0 to 3, by rank within the group."""
    found = np.zeros(len(values), int)
    for group in np.unique(groups):
        chosen = groups == group
        ranks = np.argsort(np.argsort(values[chosen]))
        found[chosen] = 4 * ranks // chosen.sum()
    return found
