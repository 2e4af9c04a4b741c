#!/usr/bin/env bash
# acro==1.0.2: rows whose value is missing count as contributors of a sum or a mean: the threshold (10) is
# held against rows, not values. A cell of 12 rows of which 3 have a value is "ok"; after dropping the rows
# without one, the same cell with the same sum is marked MinimumThresholdCheck. Expected: marked both times.
# Exports and wage bills are missing for most establishments of a survey, so cells of three pass as safe.
source "$(dirname "$0")/environment"
prepare acro==1.0.2 pandas==2.3.3 numpy==2.4.6 statsmodels==0.15.0 scipy==1.17.1
expected='sum, all rows: [180.0, 666.0] ok, ok
sum, rows with a value: [180.0, 666.0] MinimumThresholdCheck, ok
mean, all rows: [60.0, 55.5] ok, ok
mean, rows with a value: [60.0, 55.5] MinimumThresholdCheck, ok'
observe <<'PROGRAM'
import logging

import numpy as np
import pandas as pd
from acro import ACRO

logging.disable(logging.CRITICAL)
values = [np.nan] * 9 + [59.0, 60.0, 61.0] + [50.0 + each for each in range(12)]
rows = pd.DataFrame({"industry": ["a"] * 12 + ["b"] * 12, "region": "x", "exports": values})
for kind in ("sum", "mean"):
    for words, taken in (("all rows", rows), ("rows with a value", rows.dropna())):
        acro = ACRO(suppress=False)
        table = acro.crosstab(taken.industry, taken.region, values=taken.exports, aggfunc=kind)
        marks = [mark.strip("; ") for mark in acro.results.get_index(-1).outcome["x"]]
        print(f"{kind}, {words}: {table['x'].tolist()} {', '.join(marks)}")
PROGRAM
