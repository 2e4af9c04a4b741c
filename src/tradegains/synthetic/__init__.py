"""A synthetic census shaped like Canada 1978-1996, planted with the published results.

`write_synthetic_census` draws establishments from a seed, solves for the amounts that make a study
recover the published tables, and writes the census with the tables beside it. Everything in it is
invented; `economy` states what is assumed, `calibration` and `planting` what is planted.
"""

from tradegains.synthetic.census import SyntheticCensus, write_synthetic_census

__all__ = ["SyntheticCensus", "write_synthetic_census"]
