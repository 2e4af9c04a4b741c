#!/usr/bin/env bash
# polars-io==0.5.0: a date of a Stata file comes as the number of days since 1960, a time as milliseconds, a
# month as the number of months, though a date of a SAS transport file is a date: the formats' names are looked
# up in a list of SAS's. And a file with a column of whole numbers (byte, int or long) cannot be read at all:
# the schema says Int8 for 16 bits, and the columns are Int64. Expected: dates, and whole numbers.
source "$(dirname "$0")/environment"
prepare polars-io==0.5.0 polars==2.1.0 pyarrow==26.0.1 pyreadstat==1.3.7 pandas==2.3.3
expected='Stata: day 13149.0, time 1136073600000.0, month 432.0
SAS: day 1996-01-01
16 bits, declared as Int8: SchemaError'
observe <<'PROGRAM'
import datetime

import pandas as pd
import polars_io
import pyreadstat

moments = pd.DataFrame(dict.fromkeys(("day", "time", "month"), [pd.Timestamp("1996-01-01")]))
moments.to_stata("m.dta", write_index=False, convert_dates={"day": "td", "time": "tc", "month": "tm"})
row = polars_io.read_dta("m.dta").row(0, named=True)
print("Stata:", ", ".join(f"{name} {value}" for name, value in row.items()))
pyreadstat.write_xport(pd.DataFrame({"day": [datetime.date(1996, 1, 1)]}), "m.xpt")
print("SAS: day", polars_io.read_xpt("m.xpt")["day"][0])
pd.DataFrame({"jobs": pd.Series([300], dtype="int16")}).to_stata("j.dta", write_index=False)
file = polars_io.scan_dta("j.dta")
try:
    answer = file.collect()
except Exception as error:
    answer = type(error).__name__
print(f"16 bits, declared as {file.collect_schema()['jobs']}: {answer}")
PROGRAM
