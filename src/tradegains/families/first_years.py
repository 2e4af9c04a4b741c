"""Quantiles of productivity by industry in the windows' first years, searched once for all.

Job flows and effects on exit read the quartiles, every regression the median. A search is two
passes over the rows, so the first family that asks makes it and the others wait.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from fractions import Fraction

from pyspark.sql import DataFrame
from pyspark.sql import functions as F

from tradegains.formulas.distribution import IndustryMedian
from tradegains.formulas.quantiles import MEDIAN
from tradegains.statistics.collecting import Once
from tradegains.statistics.medians import QUARTILES, Quantiles, industry_quantiles
from tradegains.study import Study
from tradegains.tables import working as w


@dataclass(frozen=True)
class FirstYears:
    """The first years of all windows: what is searched in them, when somebody asks.

    Attributes:
        study: whose windows they are.
        rows: matched rows.
        row_limit: rows that may be collected to end the search.
    """

    study: Study
    rows: DataFrame
    row_limit: int
    _searched: Once[dict[tuple[str, int], Quantiles]] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_searched", Once(self._search))

    @property
    def quantiles(self) -> Mapping[tuple[str, int], Quantiles]:
        """By year and industry: establishments, and quartiles where the study has any use for them.

        Else the median alone.
        """
        return self._searched()

    @property
    def medians(self) -> dict[tuple[str, int], IndustryMedian]:
        """Medians by year and industry."""
        place = self._probabilities.index(MEDIAN)
        return {
            group: IndustryMedian(count, values[place])
            for group, (count, values) in self.quantiles.items()
        }

    @property
    def _probabilities(self) -> tuple[Fraction, ...]:
        flows, effects = self.study.job_flows, self.study.tariff_effects
        by_exit = effects is not None and "quartiles" in (effects.exit_by or ())
        has_quartiles = by_exit or (flows is not None and flows.productivity_quartiles)
        return QUARTILES if has_quartiles else (MEDIAN,)

    def _search(self) -> dict[tuple[str, int], Quantiles]:
        years = sorted({window.start for window in self.study.windows})
        chosen = self.rows.filter(F.col(w.YEAR).isin(*years))
        pools = {str(year): (year,) for year in years}
        return industry_quantiles(chosen, pools, self._probabilities, row_limit=self.row_limit)
