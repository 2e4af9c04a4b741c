#!/usr/bin/env bash
# povertyInequalityMeasures==1.1.1: the Gini coefficient of incomes that are all the same is 0.25 for two rows
# and 0.0625 for four, 1 of one row. The area under the Lorenz curve starts at the first row instead of the
# origin, so the square of the first row's share of people times its mean is left out. Expected: 0. Between
# groups (regions, industries, size classes, where rows are few and weighted) the error is largest.
source "$(dirname "$0")/environment"
prepare povertyInequalityMeasures==1.1.1 pandas==2.3.3 numpy==2.4.6
expected='1 equal rows: 1.0
2 equal rows: 0.25
4 equal rows: 0.0625
incomes 1 and 3 of 60 and 40 people: 0.46667, by hand 0.26667'
observe <<'PROGRAM'
import pandas as pd
from povertyInequalityMeasures import inequality


def gini(incomes, people):
    return inequality.get_gini(pd.DataFrame({"income": incomes, "people": people}), "income", "people")


for rows in (1, 2, 4):
    print(f"{rows} equal rows: {gini([100.0] * rows, [1] * rows)}")
print(f"incomes 1 and 3 of 60 and 40 people: {gini([1.0, 3.0], [60, 40])}, by hand {0.4 * 3 / 1.8 - 0.4:.5f}")
PROGRAM
