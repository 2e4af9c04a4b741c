#!/usr/bin/env bash
# pyreadstat==1.3.7: a chunk of a compressed .sav file costs all rows before it. Expected: that
# row_offset skips, as it does in .dta, so that read_file_in_chunks costs what one reading costs. A census
# in SPSS read in small chunks to save memory takes time by the square of their number. CPU time of
# 10,000 rows at the end over the same at the beginning, of 500,000; the least of five tries each.
source "$(dirname "$0")/environment"
prepare pyreadstat==1.3.7 pandas==2.3.3 numpy==2.4.6
expected='.sav: the last chunk costs more than three times the first
.dta: the last chunk costs less than twice the first'
observe <<'PROGRAM'
import time

import numpy as np
import pandas as pd
import pyreadstat

draws = np.random.default_rng(1)
rows = pd.DataFrame({f"v{k}": draws.integers(0, 5000, 500_000).astype(float) for k in range(10)})
pyreadstat.write_sav(rows, "a.sav", compress=True)
pyreadstat.write_dta(rows, "a.dta")


def cost(read, path, offset):
    tries = []
    for _ in range(5):
        began = time.process_time()
        read(path, row_offset=offset, row_limit=10_000)
        tries.append(time.process_time() - began)
    return min(tries)


def ratio(read, path):
    return cost(read, path, 490_000) / cost(read, path, 0)


more = "more than three times" if ratio(pyreadstat.read_sav, "a.sav") > 3 else "less"
print(f".sav: the last chunk costs {more} the first")
less = "less than twice" if ratio(pyreadstat.read_dta, "a.dta") < 2 else "more"
print(f".dta: the last chunk costs {less} the first")
PROGRAM
