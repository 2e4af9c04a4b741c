#!/usr/bin/env bash
# acro==1.0.2: crosstab(aggfunc="std") marks every cell MinimumDoFCheck, of 40 contributors too, but for a
# cell of a single one, which is "ok". Expected: those with n-1 below safe_dof_threshold (10) are marked. In
# sdcchecks.py check_model_dof compares, and then answers the degrees of freedom, which serve as the mask:
# all but 0 count as true. The status says pass; with suppression every standard deviation of a table goes.
source "$(dirname "$0")/environment"
prepare acro==1.0.2 pandas==2.3.3 numpy==2.4.6 statsmodels==0.15.0 scipy==1.17.1
expected='11: MinimumDoFCheck, 13: MinimumDoFCheck, 40: MinimumDoFCheck; status pass
1: ok, 9: MinimumDoFCheck, 40: MinimumDoFCheck; status fail
left of the first after suppression: 0'
observe <<'PROGRAM'
import logging

import numpy as np
import pandas as pd
from acro import ACRO

logging.disable(logging.CRITICAL)


def ask(sizes, suppress=False):
    acro, n = ACRO(suppress=suppress), sum(sizes)
    industry = pd.Series(np.repeat(["a", "b", "c"], sizes), name="industry")
    region = pd.Series(["x"] * n, name="region")
    values = pd.Series([float(each % 7) for each in range(n)])
    table = acro.crosstab(industry, region, values=values, aggfunc="std")
    return table, acro.results.get_index(-1)


for sizes in ((11, 13, 40), (1, 9, 40)):
    _, record = ask(sizes)
    marks = [mark.strip("; ") for mark in record.outcome["x"]]
    print(*(f"{size}: {mark}" for size, mark in zip(sizes, marks)), sep=", ", end="; ")
    print("status", record.status)
table, _ = ask((11, 13, 40), suppress=True)
print("left of the first after suppression:", int(table.notna().to_numpy().sum()))
PROGRAM
