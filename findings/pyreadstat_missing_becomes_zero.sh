#!/usr/bin/env bash
# pyreadstat==1.3.7: a Stata file whose whole-number column has both a plain missing (.) and extended
# ones (.a, .z), read with user_missing=True so as to tell them apart: the plain missing comes back as
# 0. Expected: missing, as without user_missing, and as in a column of doubles. Employment that nobody
# reported becomes employment of nobody.
source "$(dirname "$0")/environment"
prepare pyreadstat==1.3.7 pandas==2.3.3
expected="whole, default: [12, nan, nan, nan, 7]
whole, user_missing: [12, 'a', 'z', 0, 7]
double, user_missing: [12.5, 'a', 'z', nan, 7.5]"
observe <<'PROGRAM'
import pandas as pd
import pyreadstat


def read(values, **choices):
    column = pd.DataFrame({"jobs": pd.Series(values, dtype=object)})
    pyreadstat.write_dta(column, "jobs.dta", missing_user_values={"jobs": ["a", "z"]})
    return pyreadstat.read_dta("jobs.dta", **choices)[0]["jobs"].tolist()


print("whole, default:", read([12, "a", "z", None, 7]))
print("whole, user_missing:", read([12, "a", "z", None, 7], user_missing=True))
print("double, user_missing:", read([12.5, "a", "z", None, 7.5], user_missing=True))
PROGRAM
