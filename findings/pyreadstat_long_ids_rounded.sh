#!/usr/bin/env bash
# pyreadstat==1.3.7: whole numbers of 64 bits are written to Stata, SPSS and SAS transport files as
# doubles, those beyond 2^53 rounded, without a word: two ids become one. Expected: the ReadstatError that
# it gives for other numbers which a format cannot hold (2147483621 of 32 bits, 1e308).
source "$(dirname "$0")/environment"
prepare pyreadstat==1.3.7 pandas==2.3.3 numpy==2.4.6
expected='dta [9007199254740992, 9007199254740992]
sav [9007199254740992, 9007199254740992]
xport [9007199254740992, 9007199254740992]
2147483621 of 32 bits to dta: ReadstatError'
observe <<'PROGRAM'
import numpy as np
import pandas as pd
import pyreadstat

ids = pd.DataFrame({"id": np.array([2**53, 2**53 + 1], dtype="int64")})
for kind in ("dta", "sav", "xport"):
    getattr(pyreadstat, f"write_{kind}")(ids, f"ids.{kind}")
    read, _ = getattr(pyreadstat, f"read_{kind}")(f"ids.{kind}")
    print(kind, [int(value) for value in read["id"]])
try:
    pyreadstat.write_dta(pd.DataFrame({"id": np.array([2147483621], dtype="int32")}), "x.dta")
except Exception as error:
    print("2147483621 of 32 bits to dta:", type(error).__name__)
PROGRAM
