#!/usr/bin/env bash
# pyreadstat==1.3.7: write_xport writes numbers that a SAS transport file cannot hold without a word:
# 1e76 is read back as infinity and 1e-80 as 0. (Its doubles are IBM's, from 5.4e-79 to 7.2e75.)
# Expected: the error that write_dta gives for a number beyond Stata's range.
source "$(dirname "$0")/environment"
prepare pyreadstat==1.3.7 pandas==2.3.3
expected='transport: [0.0, inf, 0.1]
Stata: ReadstatError'
observe <<'PROGRAM'
import pandas as pd
import pyreadstat

pyreadstat.write_xport(pd.DataFrame({"x": [1e-80, 1e76, 0.1]}), "numbers.xpt")
print("transport:", pyreadstat.read_xport("numbers.xpt")[0]["x"].tolist())
try:
    pyreadstat.write_dta(pd.DataFrame({"x": [1e308]}), "numbers.dta")
except Exception as error:
    print("Stata:", type(error).__name__)
PROGRAM
