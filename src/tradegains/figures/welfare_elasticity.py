"""HLOY's figure 2: how welfare responds to the domestic share in an economy without constant
elasticities.

Decision: the paper draws a hypothetical economy without stating it. Ours is stated: one cutoff,
lognormal productivity, no change of entry, log sales of all who draw a productivity with standard
deviation `LOG_SALES_SD`, and the cutoff at which the elasticity equals 1/epsilon. So the curve and
ACR agree for a small change, and part for a large one. It is an illustration, not a result: no
number of a census is in it but sigma, epsilon and the change that is marked.
"""

from dataclasses import dataclass

import numpy as np

from tradegains.formulas.melitz_redding import Lognormal, solve_melitz_redding_global
from tradegains.formulas.normal import normal_cdf

LOG_SALES_SD = 0.7  # a larger spread makes the curve flatter
FARTHEST = 0.6  # change of ln lambda at either end of the curve, or 1.5 times the one marked
POINTS = 101
_BISECTIONS = 200


@dataclass(frozen=True)
class WelfareElasticity:
    """An economy's elasticity of welfare by the distance from its domestic share.

    `change` and `elasticity` have one entry a point: change of ln lambda [log points] and
    -d ln W / d ln lambda there. At change 0 the elasticity is 1 / trade_elasticity.
    `draws_below` is the share of productivity draws under the cutoff.
    """

    sigma: float
    trade_elasticity: float
    draws_below: float
    change: np.ndarray
    elasticity: np.ndarray


def lognormal_economy(
    sigma: float, trade_elasticity: float, *, farthest: float = FARTHEST
) -> WelfareElasticity | None:
    """The stated economy; None where trade_elasticity is not above sigma - 1.

    Without an extensive margin the elasticity is 1 / (sigma - 1), and the margin only lowers it.

    Args:
        sigma: elasticity of substitution, above 1.
        trade_elasticity: epsilon of the constant-elasticity comparison.
        farthest: change of ln lambda at the ends of the curve [log points].

    Example:
        >>> economy = lognormal_economy(3.72, 4.71)
        >>> middle = len(economy.change) // 2
        >>> round(float(economy.elasticity[middle] * 4.71), 9), round(economy.draws_below, 3)
        (1.0, 0.582)

    Source: HLOY, figure 2 and equation 3; Head, Mayer and Thoenig (2014).
    """
    order = sigma - 1.0
    if trade_elasticity <= order:
        return None
    economy = Lognormal(location=0.0, scale=LOG_SALES_SD / order)
    cutoff = _cutoff_of_hazard(economy, trade_elasticity - order, order=order)
    change = np.linspace(-farthest, farthest, POINTS)
    change[POINTS // 2] = 0.0
    welfare = [
        solve_melitz_redding_global(
            step, economy, ln_cutoff=cutoff, sigma=sigma, delta_ln_entry=0.0
        )
        for step in change
    ]
    elasticity = [1.0 / (order + economy.hazard(cutoff + gain, order=order)) for gain in welfare]
    below = normal_cdf(cutoff / economy.scale)
    return WelfareElasticity(sigma, trade_elasticity, below, change, np.array(elasticity))


def area_to(economy: WelfareElasticity, change: float) -> float:
    """Welfare change of a change of ln lambda: the area under the curve [log points].

    Example:
        >>> economy = lognormal_economy(3.72, 4.71)
        >>> round(100 * area_to(economy, -0.2591), 2)
        5.26
    """
    steps = np.linspace(0.0, change, POINTS)
    heights = np.interp(steps, economy.change, economy.elasticity)
    return -float(np.trapezoid(heights, steps))


def _cutoff_of_hazard(economy: Lognormal, hazard: float, *, order: float) -> float:
    """Log productivity at which the hazard of log size has a value; the hazard rises with it."""
    low, high = -1.0, 1.0
    while economy.hazard(low, order=order) > hazard:
        low *= 2.0
    while economy.hazard(high, order=order) < hazard:
        high *= 2.0
    for _ in range(_BISECTIONS):
        middle = 0.5 * (low + high)
        low, high = (
            (low, middle) if economy.hazard(middle, order=order) > hazard else (middle, high)
        )
    return 0.5 * (low + high)
