"""How wide a smooth line over a histogram is blurred."""

import math

SILVERMAN = 0.9
NORMAL_QUARTILE_GAP = 1.34
"""Distance of a normal's quartiles in standard deviations, rounded as Silverman prints it."""


def silverman_bandwidth(sd: float, quartile_gap: float, establishments: float) -> float:
    """0.9 min(sd, interquartile range / 1.34) n^(-1/5) [unit of the values].

    Args:
        sd: standard deviation, >= 0 [unit of the values].
        quartile_gap: 75th less 25th percentile, >= 0 [unit of the values].
        establishments: n, >= 1.

    Example:
        >>> round(silverman_bandwidth(1.0, 1.34, 32), 12)
        0.45

    Source: Silverman, Density Estimation for Statistics and Data Analysis (1986), eq. 3.31.
    """
    spread = min(sd, quartile_gap / NORMAL_QUARTILE_GAP)
    return SILVERMAN * spread * math.pow(establishments, -0.2)
