"""Welfare under a productivity cutoff: the Melitz-Redding formulas, global and local.

Both replace what HLOY measure, the market share of continuing establishments, by assumptions: a
single cutoff below which nobody produces, a distribution of productivity, and a stated change of
the number of entrants. They are a comparison and are labelled with their assumptions.

With k = sigma - 1, size is proportional to phi^k, and the hazard of log size at the cutoff is
gamma(a) = -d ln T(a) / d ln a, where T(a) is the tail moment: the integral of phi^k dG above a.

Decisions:
- Eq. 2 needs the change of ln T between two cutoffs, and the cutoff is not observed. The model
  itself closes it: welfare moves with the cutoff (HLOY, footnote 5), so the global change is the x
  with k x = -dln lambda + dln M^e + ln T(a e^x) - ln T(a). The left side rises and the right side
  does not, so there is exactly one, and for small changes it is eq. 3's.
- HLOY print the Pareto hazard as theta - sigma - 1; it is theta - (sigma - 1).
- A cutoff below the distribution's lower end cuts nothing off: the hazard is 0 there.
- What is assumed on data stands in `cutoff_on_data`.
"""

import math
from dataclasses import dataclass
from typing import Any, Protocol

from tradegains.formulas.bisection import bisect
from tradegains.formulas.normal import log_upper_tail, normal_hazard
from tradegains.formulas.size_distribution import FittedNormal


def melitz_redding_global(
    delta_ln_domestic_share: Any,
    *,
    sigma: Any,
    delta_ln_entry: Any,
    delta_ln_tail_moment: Any,
) -> Any:
    """Change of ln W for a shock of any size, when the change of the tail moment is known.

    Args:
        delta_ln_domestic_share: change of ln lambda [log points; float or Column].
        sigma: elasticity of substitution, above 1.
        delta_ln_entry: change of ln M^e, the number of entrants [log points].
        delta_ln_tail_moment: change of the log of the integral of phi^(sigma-1) dG [log points].

    Returns:
        Welfare change [log points].

    Example:
        >>> round(melitz_redding_global(
        ...     -0.2591, sigma=3.72, delta_ln_entry=0.0, delta_ln_tail_moment=-0.1094), 4)
        0.055

    Source: HLOY, eq. 2; Melitz and Redding (2015), eq. 32.
    """
    return (delta_ln_entry + delta_ln_tail_moment - delta_ln_domestic_share) / (sigma - 1.0)


def melitz_redding_local(
    delta_ln_domestic_share: Any, *, sigma: Any, hazard: Any, delta_ln_entry: Any
) -> Any:
    """Change of ln W for a small shock.

    Args:
        delta_ln_domestic_share: change of ln lambda [log points; float or Column].
        sigma: elasticity of substitution, above 1.
        hazard: gamma, the hazard of log size at the cutoff.
        delta_ln_entry: change of ln M^e, the number of entrants [log points].

    Returns:
        Welfare change [log points].

    Example:
        >>> round(melitz_redding_local(-0.2591, sigma=3.72, hazard=1.99, delta_ln_entry=0.0), 4)
        0.055

    Source: HLOY, eq. 3; Arkolakis, Costinot and Rodriguez-Clare (2009).
    """
    return (delta_ln_entry - delta_ln_domestic_share) / (sigma - 1.0 + hazard)


class ProductivityDistribution(Protocol):
    """A distribution of productivity phi. Cutoffs are ln a [log points]; order is k = sigma - 1."""

    def hazard(self, ln_cutoff: float, *, order: float) -> float:
        """Hazard of log size at the cutoff, >= 0; infinite where nothing lies above."""

    def ln_tail_moment(self, ln_cutoff: float, *, order: float) -> float:
        """Log of the integral of phi^order dG above the cutoff; -inf where nothing lies above."""


def _require_positive(**parameters: float) -> None:
    for name, value in parameters.items():
        if not 0.0 < value < math.inf:
            raise ValueError(f"{name} must be a positive number")


@dataclass(frozen=True)
class Pareto:
    """Pareto: G(phi) = 1 - (lower/phi)^shape. Its hazard of log size is the same everywhere.

    Example:
        >>> round(Pareto(shape=4.71, lower=1.0).hazard(0.5, order=2.72), 2)
        1.99

    Source: HLOY, section 2.2.2; Arkolakis, Costinot and Rodriguez-Clare (2012).
    """

    shape: float
    lower: float

    def __post_init__(self) -> None:
        _require_positive(shape=self.shape, lower=self.lower)

    def _excess(self, order: float) -> float:
        if not self.shape > order:
            raise ValueError("a Pareto needs a shape above sigma - 1, or sales are infinite")
        return self.shape - order

    def hazard(self, ln_cutoff: float, *, order: float) -> float:
        """Shape minus order at any cutoff from the lower end up, 0 below it."""
        excess = self._excess(order)
        return excess if ln_cutoff >= math.log(self.lower) else 0.0

    def ln_tail_moment(self, ln_cutoff: float, *, order: float) -> float:
        """Log of shape lower^shape a^(order - shape) / (shape - order)."""
        excess = self._excess(order)
        ln_lower = math.log(self.lower)
        start = max(ln_cutoff, ln_lower)
        return math.log(self.shape / excess) + self.shape * ln_lower - excess * start


def _tail_length(excess: float, log_distance: float) -> float:
    """(1 - exp(-excess L)) / excess, and its limit L where excess is 0."""
    if excess == 0.0:
        return log_distance
    return -math.expm1(-excess * log_distance) / excess


@dataclass(frozen=True)
class TruncatedPareto:
    """Pareto between a lower and an upper end; the shape may be below sigma - 1.

    The hazard rises to infinity at the upper end, and tends to the Pareto's as that end moves out.

    Example:
        >>> round(TruncatedPareto(4.25, lower=1.0, upper=2.85).hazard(0.5, order=3.0), 4)
        2.5228

    Source: Melitz and Redding (2015), section on truncated Pareto productivity.
    """

    shape: float
    lower: float
    upper: float

    def __post_init__(self) -> None:
        _require_positive(shape=self.shape, lower=self.lower, upper=self.upper)
        if not self.lower < self.upper:
            raise ValueError("the lower end must be below the upper end")

    def hazard(self, ln_cutoff: float, *, order: float) -> float:
        """(shape-order) a^(order-shape) / (a^(order-shape) - upper^(order-shape))."""
        if ln_cutoff < math.log(self.lower):
            return 0.0
        distance = math.log(self.upper) - ln_cutoff
        return 1.0 / _tail_length(self.shape - order, distance) if distance > 0.0 else math.inf

    def ln_tail_moment(self, ln_cutoff: float, *, order: float) -> float:
        """Log of shape lower^shape (a^-x - upper^-x) / (x (1 - (lower/upper)^shape)).

        x is shape minus order; where it is 0, (a^-x - upper^-x) / x is ln(upper / a).
        """
        ln_lower, ln_upper = math.log(self.lower), math.log(self.upper)
        start = max(ln_cutoff, ln_lower)
        if start >= ln_upper:
            return -math.inf
        excess = self.shape - order
        kept = -math.expm1(self.shape * (ln_lower - ln_upper))
        return (
            math.log(self.shape / kept)
            + self.shape * ln_lower
            - excess * start
            + math.log(_tail_length(excess, ln_upper - start))
        )


@dataclass(frozen=True)
class Lognormal:
    """Lognormal: ln phi is normal with mean location and standard deviation scale [log points].

    The hazard rises with the cutoff without bound, so no elasticity is constant.

    Example:
        >>> round(Lognormal(location=0.0, scale=0.5).hazard(0.0, order=3.0), 4)
        0.2776

    Source: Head, Mayer and Thoenig (2014).
    """

    location: float
    scale: float

    def __post_init__(self) -> None:
        _require_positive(scale=self.scale)
        if not math.isfinite(self.location):
            raise ValueError("location must be a finite number")

    def _deviation(self, ln_cutoff: float, order: float) -> float:
        return (ln_cutoff - self.location) / self.scale - order * self.scale

    def hazard(self, ln_cutoff: float, *, order: float) -> float:
        """n(z) / (scale (1 - Phi(z))), z = (ln a - location)/scale - order scale."""
        return normal_hazard(self._deviation(ln_cutoff, order)) / self.scale

    def ln_tail_moment(self, ln_cutoff: float, *, order: float) -> float:
        """order location + order^2 scale^2 / 2 + ln(1 - Phi(z)), z as in the hazard."""
        mean = order * self.location + 0.5 * (order * self.scale) ** 2
        return mean + log_upper_tail(self._deviation(ln_cutoff, order))


def solve_melitz_redding_global(
    delta_ln_domestic_share: float,
    distribution: ProductivityDistribution,
    *,
    ln_cutoff: float,
    sigma: float,
    delta_ln_entry: float,
) -> float:
    """Change of ln W of eq. 2 with the tail moment that the change itself implies.

    Equal to ACR with epsilon = theta under a Pareto and no change of entry.

    Args:
        delta_ln_domestic_share: change of ln lambda [log points].
        distribution: of productivity, the same at both ends of the window.
        ln_cutoff: log productivity at the window's start below which nobody produces
            [log points].
        sigma: elasticity of substitution, above 1.
        delta_ln_entry: change of ln M^e [log points]; 0 is ACR's assumption.

    Returns:
        Welfare change, also the change of the log cutoff [log points].

    Raises:
        ValueError: sigma is not above 1, or the distribution has nothing above the cutoff.

    Example:
        >>> round(100 * solve_melitz_redding_global(
        ...     -0.2591, Pareto(4.71, 1.0), ln_cutoff=0.5, sigma=3.72, delta_ln_entry=0.0), 3)
        5.501

    Source: HLOY, eq. 2 and footnote 5.
    """
    order = _order(sigma)
    before = distribution.ln_tail_moment(ln_cutoff, order=order)
    if before == -math.inf:
        raise ValueError("the distribution has nothing above the cutoff")

    def surplus(change: float) -> float:
        after = distribution.ln_tail_moment(ln_cutoff + change, order=order)
        implied = melitz_redding_global(
            delta_ln_domestic_share,
            sigma=sigma,
            delta_ln_entry=delta_ln_entry,
            delta_ln_tail_moment=after - before,
        )
        return float(change - implied)

    # With the tail moment held still the change would be its largest in size: the other end is 0.
    bound = (delta_ln_entry - delta_ln_domestic_share) / order
    low, high = min(bound, 0.0), max(bound, 0.0)
    low, high = bisect(lambda change: surplus(change) > 0.0, low, high)
    return 0.5 * (low + high)


def _order(sigma: float) -> float:
    if not 1.0 < sigma < math.inf:
        raise ValueError("sigma must be above 1")
    return sigma - 1.0


def lognormal_of_log_sales(fit: FittedNormal, *, sigma: float) -> Lognormal:
    """Productivity when log domestic sales follow a fitted normal: k ln phi = log sales.

    Args:
        fit: of log domestic sales [log money unit], sd > 0.
        sigma: elasticity of substitution, above 1.

    Returns:
        The lognormal of phi.

    Raises:
        ValueError: sigma is not above 1, or the fit has no spread.

    Example:
        >>> lognormal_of_log_sales(FittedNormal(6.0, 1.5), sigma=4.0)
        Lognormal(location=2.0, scale=0.5)

    Source: Head, Mayer and Thoenig (2014).
    """
    order = _order(sigma)
    return Lognormal(location=fit.mean / order, scale=fit.sd / order)
