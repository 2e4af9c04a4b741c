"""What entrants' productivity needs for industries' productivity to follow tariff cuts as stated.

The double difference of Trefler (2004), as the study of the demonstration asks for it: over
four-digit industries, log value added per job, its growth 1988-1996 beyond the pace of 1978-1988,
on the home and the foreign cut, weighted by jobs of 1988. The two effects, slopes times the mean
cuts by sales of 1988, are two equations; who is born after 1988 has so much more productivity per
point of either cut of its industry, two unknowns.
"""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from tradegains.synthetic.calibration import least_norm_root
from tradegains.synthetic.economy import END, INDUSTRIES, MIDDLE, START
from tradegains.synthetic.solving import FloatArray, dot, solution
from tradegains.synthetic.truths import Truths

_PACE = (END - MIDDLE) / (MIDDLE - START)
CUTS = np.array([(one.tariff_cut, one.foreign_cut) for one in INDUSTRIES])
"""Home and foreign cut by two-digit industry [percentage points]."""


@dataclass(frozen=True)
class FourDigitIndustries:
    """Four-digit industries with output in all three years; arrays of equal length.

    Attributes:
        group: place of the two-digit industry among INDUSTRIES.
        value_added: by year, over the price index of the industry [any unit].
        of_entrants: of that in END, the part of who is born after MIDDLE.
        jobs: by year.
        sales: of MIDDLE, for the mean cut.
    """

    group: FloatArray
    value_added: Mapping[int, FloatArray]
    of_entrants: FloatArray
    jobs: Mapping[int, FloatArray]
    sales: FloatArray

    @property
    def mean_cuts(self) -> FloatArray:
        """Mean cut of each kind, by sales [percentage points]."""
        means = [dot(self.sales, cuts) / self.sales.sum() for cuts in CUTS[self.group].T]
        return np.array(means)

    def effects(self, lift: FloatArray) -> FloatArray:
        """Of the home and of both cuts, if entrants had this lift by two-digit industry."""
        grown = self.value_added[END] + self.of_entrants * np.expm1(lift[self.group])
        productivity = {
            year: np.log((grown if year == END else output) / self.jobs[year])
            for year, output in self.value_added.items()
        }
        later = productivity[END] - productivity[MIDDLE]
        growth = later - _PACE * (productivity[MIDDLE] - productivity[START])
        parts = self.mean_cuts * _slopes(growth, CUTS[self.group], self.jobs[MIDDLE])
        return np.array([parts[0], parts.sum()])


def _slopes(outcome: FloatArray, cuts: FloatArray, weights: FloatArray) -> FloatArray:
    """Weighted least squares with a constant."""
    columns = [np.ones(len(outcome)), *cuts.T]
    squares = [[dot(weights * one, other) for other in columns] for one in columns]
    products = [dot(weights * one, outcome) for one in columns]
    return solution(np.array(squares), np.array(products))[1:]


def entrants_lift(industries: FourDigitIndustries, truths: Truths) -> FloatArray:
    """What to add to log productivity of entrants, by two-digit industry [log points].

    At the mean cuts it is zero: entrants as a whole are as productive as they were drawn. Zero
    everywhere where the truths state no selection.

    Raises:
        ArithmeticError: entrants are too few, or too many, for the truths.

    Example:
        >>> six = np.array([1.0, 2.0, 3.0, 4.0, 5.0, 6.0])
        >>> years = {START: six, MIDDLE: six, END: six}
        >>> group = np.array([0, 3, 6, 9, 12, 15])
        >>> drawn = FourDigitIndustries(group, years, 0.4 * six, years, six)
        >>> wanted = Truths(selection_between_industries=0.03, productivity_by_cuts=0.05)
        >>> drawn.effects(entrants_lift(drawn, wanted)).round(9).tolist()
        [0.03, 0.05]
    """
    if truths.selection_between_industries is None:
        return np.zeros(len(CUTS))
    wanted = np.array([truths.selection_between_industries, truths.productivity_by_cuts])
    beyond = CUTS - industries.mean_cuts

    def misses(slopes: FloatArray) -> FloatArray:
        missed: FloatArray = industries.effects(_lift(beyond, slopes)) - wanted
        return missed

    return _lift(beyond, least_norm_root(misses, 2))


def _lift(cuts: FloatArray, slopes: FloatArray) -> FloatArray:
    found: FloatArray = cuts[:, 0] * slopes[0] + cuts[:, 1] * slopes[1]
    return found
