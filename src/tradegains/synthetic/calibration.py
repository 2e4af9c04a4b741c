"""Market sizes that give the published results: a small problem, solved once on the driver.

Per two-digit industry, Table A1 and the assumed sigma fix the change of the continuing
establishments' market share, T = -(sigma - 1) × welfare change. Free are its split into
Δln(X^c/X) and Δlnλ, and expenditure by industry at the outer years. They are chosen so that:

- total Δln(X^c/X) and Δlnλ are those of Table 1 (and hence both welfare formulas);
- the Sato-Vartia aggregate is that of Table A1;
- leaving the high-tariff industries out of the continuing set changes the gain by a stated, small
  number (figure 4), with the smallest change of expenditure shares that does all three.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from tradegains import literature
from tradegains.formulas.bisection import bisect
from tradegains.formulas.sato_vartia import sato_vartia_weights
from tradegains.synthetic.economy import INDUSTRIES
from tradegains.synthetic.solving import FloatArray, dot, least_norm_solution

SCALE = {"pre": 8 / 10, "post": 1.0}
SIGMA = 3.72

# Unrounded targets [percent] chosen within the rounding of Table 1 so that all fifteen of its
# printed numbers come back digit by digit: the printed inputs alone miss -26.61 and -17.55 by 0.01.
CONTINUING_SHARE = {"pre": 2.970, "post": 12.030}
DOMESTIC_SHARE = {"pre": 0.694, "post": -25.913}
DOMESTIC_SHARE_BY_EXPORTS = {"pre": 0.694, "post": -23.860}
# Gain with continuing establishments of the less liberalised half only: near the unrestricted gain.
RESTRICTED_GAIN = {"pre": -2.2, "post": 5.7}
LARGEST_SHARE = 0.96  # of X^c/X in the outer years
OWN_PART = 0.3


@dataclass(frozen=True)
class CalibrationTargets:
    """Changes of a window, in log points of its own length, one entry per industry."""

    market_share: FloatArray
    welfare: FloatArray
    aggregate_welfare: float
    continuing_share: float
    domestic_share: float
    restricted: float


@dataclass(frozen=True)
class Markets:
    """Market sizes at one year [money unit], one entry per industry."""

    expenditure: FloatArray
    domestic_sales: FloatArray
    continuing_sales: FloatArray

    @property
    def imports(self) -> FloatArray:
        """Expenditure less domestic sales."""
        return self.expenditure - self.domestic_sales

    def in_whole_units(self) -> "Markets":
        """The same, each rounded: no last digit of a processor's logarithm is left."""
        return Markets(
            *map(np.rint, (self.expenditure, self.domestic_sales, self.continuing_sales))
        )


def targets(window: str) -> CalibrationTargets:
    """What Tables 1 and A1 ask of a window, unscaled."""
    scale = 100.0 * SCALE[window]
    welfare = np.array([_unrounded(row)[window] for row in _industry_rows()]) / scale
    aggregate = next(row for row in literature.table_a1() if row.level == "industries_aggregated")
    return CalibrationTargets(
        market_share=-(_sigma() - 1.0) * welfare,
        welfare=welfare,
        aggregate_welfare=getattr(aggregate, window) / scale,
        continuing_share=CONTINUING_SHARE[window] / scale,
        domestic_share=DOMESTIC_SHARE[window] / scale,
        restricted=-(SIGMA - 1.0) * RESTRICTED_GAIN[window] / scale,
    )


def _industry_rows() -> tuple[literature.IndustryRow, ...]:
    rows = {row.industry: row for row in literature.table_a1()}
    return tuple(rows[industry.code] for industry in INDUSTRIES)


def _unrounded(row: literature.IndustryRow) -> dict[str, float]:
    """Pre and post moved by a third of 0.01 where their difference was rounded the other way."""
    gap = row.difference - (row.post - row.pre)
    return {"pre": row.pre - gap / 3, "post": row.post + gap / 3}


def _sigma() -> FloatArray:
    return np.array([industry.sigma for industry in INDUSTRIES])


def less_liberalised() -> NDArray[np.bool_]:
    """True for industries whose tariff cut is below the median cut."""
    cuts = np.array([industry.tariff_cut for industry in INDUSTRIES])
    found: NDArray[np.bool_] = cuts < np.median(cuts)
    return found


def solve_end(middle: Markets, total_expenditure: float) -> Markets:
    """Markets of the end year; `middle.continuing_sales` are those of the post window."""
    return _solve(middle, targets("post"), total_expenditure, sign=1.0)


def solve_start(middle: Markets, total_expenditure: float) -> Markets:
    """Markets of the start year; `middle.continuing_sales` are those of the pre window."""
    return _solve(middle, targets("pre"), total_expenditure, sign=-1.0)


def _solve(middle: Markets, target: CalibrationTargets, total: float, *, sign: float) -> Markets:
    """Markets of the year on the other side of `middle`: after it (sign 1) or before it (-1)."""
    share = middle.continuing_sales / middle.expenditure
    outer_share = share * np.exp(sign * target.market_share)
    weights = _expenditure_weights(middle, target, outer_share, sign=sign)
    expenditure = total * weights
    continuing = expenditure * outer_share
    domestic = _domestic_sales(middle, target, expenditure, continuing, sign=sign)
    return Markets(expenditure, domestic, continuing)


def _expenditure_weights(
    middle: Markets, target: CalibrationTargets, outer_share: FloatArray, *, sign: float
) -> FloatArray:
    """Expenditure shares nearest to the middle year's that meet the three aggregate targets."""
    base = middle.expenditure / middle.expenditure.sum()
    low = less_liberalised()
    market_share = math.log((middle.continuing_sales.sum()) / middle.expenditure.sum())
    restricted = math.log(middle.continuing_sales[low].sum() / middle.expenditure.sum())
    wanted = target.continuing_share + target.domestic_share

    def misses(tilt: FloatArray) -> FloatArray:
        weights = _tilted(base, tilt)
        return np.array(
            [
                math.log(dot(weights, outer_share)) - market_share - sign * wanted,
                math.log(dot(weights[low], outer_share[low]))
                - restricted
                - sign * target.restricted,
                dot(_weights(base, weights), target.welfare) - target.aggregate_welfare,
            ]
        )

    return _tilted(base, least_norm_root(misses, len(base)))


def _tilted(base: FloatArray, tilt: FloatArray) -> FloatArray:
    weights = base * np.exp(tilt)
    found: FloatArray = weights / weights.sum()
    return found


def _weights(before: FloatArray, after: FloatArray) -> FloatArray:
    codes = [industry.code for industry in INDUSTRIES]
    ends = [dict(zip(codes, shares.tolist(), strict=True)) for shares in (before, after)]
    weights = sato_vartia_weights(*ends) or {}
    return np.array([weights[code] for code in codes])


def least_norm_root(misses: Callable[[FloatArray], FloatArray], size: int) -> FloatArray:
    """A root of fewer equations than unknowns, near the origin, by Gauss-Newton steps.

    Which of the many roots is found depends on the path. Far from it the path is rounded, so that
    last digits, in which processors differ, do not lead elsewhere.

    Raises:
        ArithmeticError: the steps do not converge.
    """
    point = np.zeros(size)
    for _ in range(50):
        miss = misses(point)
        if np.abs(miss).max() < 1e-13:
            return point
        try:
            point = point - least_norm_solution(_jacobian(misses, point), miss)
        except ArithmeticError:
            break
        if np.abs(miss).max() > FAR:
            point = np.round(point, PATH_DIGITS)
    raise ArithmeticError("the planted totals cannot be reached from these market sizes")


FAR, PATH_DIGITS = 1e-5, 6


def _jacobian(misses: Callable[[FloatArray], FloatArray], point: FloatArray) -> FloatArray:
    step = (
        2.0**-10
    )  # wide, so that the quotients hardly feel last digits; steps only converge later
    return np.stack(
        [
            (misses(point + step * unit) - misses(point - step * unit)) / (2 * step)
            for unit in np.eye(len(point))
        ],
        axis=1,
    )


def _domestic_sales(
    middle: Markets,
    target: CalibrationTargets,
    expenditure: FloatArray,
    continuing: FloatArray,
    *,
    sign: float,
) -> FloatArray:
    """Domestic sales that give the total Δln(X^c/X), hence the total Δlnλ.

    The industry's own part of its change goes to this margin in the proportion OWN_PART, within
    bounds: no share passes LARGEST_SHARE. One shift common to all industries meets the total.
    """
    start = middle.continuing_sales / middle.domestic_sales
    smallest = np.log(continuing / (LARGEST_SHARE * expenditure) / start)
    largest = math.log(LARGEST_SHARE) - np.log(start)
    slope = OWN_PART * sign * (target.market_share - target.market_share.mean())
    wanted = (
        math.log(middle.continuing_sales.sum() / middle.domestic_sales.sum())
        + sign * target.continuing_share
    )

    def sales(shift: float) -> FloatArray:
        found: FloatArray = continuing / (start * np.exp(np.clip(shift + slope, smallest, largest)))
        return found

    def miss(shift: float) -> float:
        return math.log(continuing.sum() / sales(shift).sum()) - wanted

    return sales(_bisect(miss, -1.0, 1.0))


def _bisect(rising: Callable[[float], float], low: float, high: float) -> float:
    """Root of a rising function on [low, high], to the last bit.

    Raises:
        ArithmeticError: the function has one sign on the interval.
    """
    if not rising(low) <= 0.0 <= rising(high):
        raise ArithmeticError("the planted shares of continuing sales cannot be reached")
    low, high = bisect(lambda middle: rising(middle) > 0.0, low, high, halvings=80)
    return 0.5 * (low + high)
