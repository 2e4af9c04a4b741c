#!/usr/bin/env bash
# powerlaw==2.0.0: the exponent of a fitted power law is at most 3 unless parameter_ranges says otherwise,
# so a Pareto tail of more than 2 comes out as 2, whatever it is, with the standard error of that bound.
# Expected: the maximum likelihood estimate 1 + n / sum(log(x / xmin)), which the package gives below the
# bound. Productivity has tails of 2.5 to 8; all industries come out alike. A warning says that a
# parameter is "close to the edge"; the number stands beside it as any other.
source "$(dirname "$0")/environment"
prepare powerlaw==2.0.0 numpy==2.4.6 scipy==1.17.1
expected='tail 1.1: by hand 2.103, powerlaw 2.103
tail 1.9: by hand 2.912, powerlaw 2.912
tail 2.5: by hand 3.472, powerlaw 3.000
tail 4.0: by hand 5.000, powerlaw 3.000
tail 4.0, parameter_ranges={"alpha": [1, 50]}: powerlaw 5.000'
observe <<'PROGRAM'
import numpy as np
import powerlaw

draws = np.random.default_rng(1)
for tail in (1.1, 1.9, 2.5, 4.0):
    sizes = (1 - draws.random(20000)) ** (-1 / tail)
    by_hand = 1 + len(sizes) / np.log(sizes).sum()
    fitted = powerlaw.Fit(sizes, xmin=1, verbose=False).power_law.alpha
    print(f"tail {tail}: by hand {by_hand:.3f}, powerlaw {fitted:.3f}")
wide = {"alpha": [1, 50]}
fitted = powerlaw.Fit(sizes, xmin=1, parameter_ranges=wide, verbose=False).power_law.alpha
print(f'tail 4.0, parameter_ranges={{"alpha": [1, 50]}}: powerlaw {fitted:.3f}')
PROGRAM
