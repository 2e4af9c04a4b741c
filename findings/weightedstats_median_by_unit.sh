#!/usr/bin/env bash
# weightedstats==0.4.1: the weighted median depends on the unit of the weights. With 1, 3, 1, 2, 1 jobs it
# is 2.5, between the fourth and the fifth of eight; with the same jobs in tenths (full-time shares) it is
# 2.0, because half of the sum and the running sum are compared as floats, equal in one unit and not in the
# other. Expected: one median. wquantiles 0.6 gives a third, 2.75 (it interpolates between midpoints), for
# which eight single jobs would have 2.5.
source "$(dirname "$0")/environment"
prepare weightedstats==0.4.1 wquantiles==0.6 numpy==2.4.6
expected='every job a row: 2.5
weightedstats, jobs: 2.5
weightedstats, jobs in tenths: 2.0
wquantiles, jobs: 2.75, in tenths 2.75, every job a row 2.5'
observe <<'PROGRAM'
import numpy as np
import weightedstats
import wquantiles

productivity, jobs = [1.0, 2.0, 3.0, 4.0, 10.0], [1, 3, 1, 2, 1]
tenths = [each / 10 for each in jobs]
rows = np.repeat(productivity, jobs)
print("every job a row:", np.median(rows))
print("weightedstats, jobs:", weightedstats.weighted_median(productivity, jobs))
print("weightedstats, jobs in tenths:", weightedstats.weighted_median(productivity, tenths))
x = np.array(productivity)
found = [round(float(wquantiles.median(x, np.array(w))), 9) for w in (jobs, tenths)]
single = round(float(wquantiles.median(rows, np.ones(8))), 9)
print(f"wquantiles, jobs: {found[0]}, in tenths {found[1]}, every job a row {single}")
PROGRAM
