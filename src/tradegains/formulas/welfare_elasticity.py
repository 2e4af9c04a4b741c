"""How welfare responds to the domestic share in an economy without constant elasticities.

Decision: HLOY's figure 2 draws a hypothetical economy without stating it. Ours is stated: one
cutoff, lognormal productivity, no change of entry, log sales of all who draw a productivity with
standard deviation `LOG_SALES_SD`, and the cutoff at which the elasticity equals 1/epsilon. So the
curve and ACR agree for a small change, and part for a large one. It is an illustration, not a
result: no number of a census is in it but sigma, epsilon and the change that is marked.
"""

from dataclasses import dataclass, replace

from tradegains.formulas.bisection import bisect
from tradegains.formulas.melitz_redding import Lognormal, solve_melitz_redding_global
from tradegains.formulas.normal import normal_cdf

LOG_SALES_SD = 0.7
"""Standard deviation of log sales [log points]: a larger spread makes the curve flatter."""

FARTHEST = 0.6
"""Change of ln lambda at either end of a curve, where none is asked for [log points]."""

_STEPS = 100


@dataclass(frozen=True)
class WelfareElasticity:
    """An economy's elasticity of welfare by the distance from its domestic share.

    Attributes:
        sigma: elasticity of substitution, above 1.
        trade_elasticity: epsilon; at change 0 the elasticity of welfare is 1 / epsilon.
        distribution: of productivity.
        ln_cutoff: log productivity at change 0 below which nobody produces [log points].
        change: of ln lambda at each point of the curve, ascending [log points].
        elasticity: -d ln W / d ln lambda at each point, in (0, 1 / (sigma - 1)).
    """

    sigma: float
    trade_elasticity: float
    distribution: Lognormal
    ln_cutoff: float
    change: tuple[float, ...]
    elasticity: tuple[float, ...]

    @property
    def draws_below(self) -> float:
        """Share of the productivity draws under the cutoff, in (0, 1)."""
        return normal_cdf((self.ln_cutoff - self.distribution.location) / self.distribution.scale)

    def welfare_change(self, change: float) -> float:
        """Change of ln W that a change of ln lambda brings [log points].

        It is the area under the curve from 0 to the change, because the elasticity is that of
        eq. 2's solution.

        Example:
            >>> round(100 * lognormal_economy(3.72, 4.71).welfare_change(-0.2591), 2)
            5.26

        Source: HLOY, eq. 2.
        """
        return solve_melitz_redding_global(
            change,
            self.distribution,
            ln_cutoff=self.ln_cutoff,
            sigma=self.sigma,
            delta_ln_entry=0.0,
        )


def lognormal_economy(
    sigma: float, trade_elasticity: float, *, farthest: float = FARTHEST
) -> WelfareElasticity | None:
    """The stated economy; None where trade_elasticity is not above sigma - 1.

    Without an extensive margin the elasticity is 1 / (sigma - 1), and the margin only lowers it.

    Args:
        sigma: elasticity of substitution, above 1.
        trade_elasticity: epsilon of the constant-elasticity comparison.
        farthest: change of ln lambda at the ends of the curve, > 0 [log points].

    Returns:
        The economy, with a curve of 101 points.

    Example:
        >>> economy = lognormal_economy(3.72, 4.71)
        >>> round(economy.elasticity[50] * 4.71, 9), round(economy.draws_below, 3)
        (1.0, 0.582)

    Source: HLOY, figure 2 and equation 3; Head, Mayer and Thoenig (2014).
    """
    order = sigma - 1.0
    if trade_elasticity <= order:
        return None
    distribution = Lognormal(location=0.0, scale=LOG_SALES_SD / order)
    cutoff = _cutoff_of_hazard(distribution, trade_elasticity - order, order=order)
    half = _STEPS // 2
    change = tuple(farthest * (step - half) / half for step in range(_STEPS + 1))
    economy = WelfareElasticity(sigma, trade_elasticity, distribution, cutoff, change, ())
    gains = map(economy.welfare_change, change)
    elasticity = (1.0 / (order + distribution.hazard(cutoff + gain, order=order)) for gain in gains)
    return replace(economy, elasticity=tuple(elasticity))


def _cutoff_of_hazard(distribution: Lognormal, hazard: float, *, order: float) -> float:
    """Log productivity at which the hazard of log size has a value; the hazard rises with it."""

    def is_above(ln_cutoff: float) -> bool:
        return distribution.hazard(ln_cutoff, order=order) > hazard

    low, high = -1.0, 1.0
    while is_above(low):
        low *= 2.0
    while not is_above(high):
        high *= 2.0
    low, high = bisect(is_above, low, high)
    return 0.5 * (low + high)
