"""The level of productivity: the plain mean, and how far larger establishments are above it.

Source: Olley and Pakes (1996).
"""

from typing import NamedTuple


class OlleyPakes(NamedTuple):
    """Level of productivity [log points]: Phi = mean + covariance.

    mean is unweighted; covariance is the sum of (share - 1/n) times (phi - mean), above 0 where
    larger establishments are more productive.
    """

    mean: float
    covariance: float


def olley_pakes(count: int, weight: float, weight_phi: float, phi: float) -> OlleyPakes:
    """Olley-Pakes decomposition of the level, from sums over establishments.

    Args:
        count: establishments, at least 1.
        weight: sum of weights (employment or sales), above 0.
        weight_phi: sum of weight times log productivity.
        phi: sum of log productivity [log points].

    Returns:
        Mean and covariance.

    Example:
        >>> olley_pakes(count=2, weight=4.0, weight_phi=7.0, phi=3.0)  # weights 3 and 1 at 2 and 1
        OlleyPakes(mean=1.5, covariance=0.25)

    Source: Olley and Pakes (1996).
    """
    mean = phi / count
    return OlleyPakes(mean, weight_phi / weight - mean)
