"""Write a synthetic census, and the small tables beside it, with the cluster's engine.

    spark-submit --properties-file conf/spark/cluster.conf --py-files dist/tradegains.zip \\
        jobs/synthesize_census.py --output DIR [--establishments 1550000] [--unplanted]

DIR must lie on a file system that the driver and every executor share. Nothing in it is real.
"""

import argparse
import sys

from tradegains.engines.start import start_engine
from tradegains.errors import TradegainsError
from tradegains.synthetic import write_synthetic_census


def main() -> int:
    """Parse, write the census; return the exit code."""
    parser = argparse.ArgumentParser(description="write a synthetic census")
    parser.add_argument("--output", required=True, help="new or empty folder")
    parser.add_argument("--establishments", type=int, default=35_000, help="in the first year")
    parser.add_argument("--years", type=int, nargs=2, default=(1978, 1996))
    parser.add_argument("--seed", type=int, default=1988)
    parser.add_argument("--unplanted", action="store_true", help="without the published results")
    chosen = parser.parse_args()
    try:
        with start_engine("spark") as engine:
            census = write_synthetic_census(
                engine.spark,
                chosen.output,
                establishments=chosen.establishments,
                years=tuple(chosen.years),
                seed=chosen.seed,
                planted=not chosen.unplanted,
            )
    except TradegainsError as error:
        print(error, file=sys.stderr)
        return error.exit_code
    print(f"synthetic census: {census.census}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
