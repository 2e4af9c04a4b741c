"""Which medians the productivity of a row is relative to, and which of them leave."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from tradegains.formulas.productivity import POOLED, RELATIVE, SAME_YEAR, median_years
from tradegains.published.published_run import PublishedRun
from tradegains.release.groups import Row

Pool = str
"""Years whose medians they are: one of them, or `pooled` and the name of a window."""


@dataclass
class MedianBases:
    """The medians of a run, and of each year those under which its numbers leave.

    Attributes:
        windows: years of each window, by name.
        first: the first median base of the study.
        medians: by pool, of each industry [log points].
        chosen: by year, the pool.
    """

    windows: Mapping[str, tuple[int, int]]
    first: str
    medians: Mapping[Pool, Mapping[int, float]]
    chosen: dict[int, Pool] = field(default_factory=dict)

    @staticmethod
    def of(run: PublishedRun, windows: Mapping[str, tuple[int, int]]) -> "MedianBases":
        """Those of a run; of each year the first under the study's first base."""
        medians: dict[Pool, dict[int, float]] = {}
        for row in run.tables["industry_medians"].to_pylist():
            is_pooled = row["median_base"] == POOLED
            pool = f"pooled {row['window']}" if is_pooled else str(row["year"])
            medians.setdefault(pool, {})[int(row["industry"])] = row["median"]
        stated = run.section("productivity").get("median_base") or [SAME_YEAR]
        found = MedianBases(windows, str(stated[0]), medians)
        found._choose(run.tables["moments"].to_pylist())
        return found

    def _choose(self, rows: Iterable[Row]) -> None:
        for row in rows:
            if row["median_base"] == self.first and row["measure"] == RELATIVE:
                self.chosen.setdefault(row["year"], self.pool(row))

    def pool(self, row: Row) -> Pool:
        """Whose medians a row is relative to."""
        start, end = self.windows.get(row["window"] or "", (row["year"], row["year"]))
        years = median_years(row["median_base"], row["year"], start=start, end=end)
        return str(years[0]) if len(years) == 1 else f"pooled {row['window']}"

    def is_chosen(self, row: Row) -> bool:
        """Whether a row is under the medians under which its year leaves."""
        of_study = row["median_base"] == self.first and row["measure"] == RELATIVE
        return of_study and self.chosen.get(row["year"]) == self.pool(row)

    def centres(self, row: Row) -> Mapping[int, float] | None:
        """The median of each industry that a row is relative to; None where there are none."""
        return self.medians.get(self.pool(row))
