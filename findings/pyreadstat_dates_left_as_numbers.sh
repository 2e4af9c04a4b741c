#!/usr/bin/env bash
# pyreadstat==1.3.7: a date becomes a date only under some of its own formats. The same day shown as
# a month, quarter or week (SPSS MOYR, QYR, WKYR) or as a year (SAS YEAR, MONYY) comes as the raw count:
# seconds since 1582, days since 1960. Expected: a date under each, since the format says so. A year
# column read from such a file holds 13149, not 1996, and nothing marks it.
source "$(dirname "$0")/environment"
prepare pyreadstat==1.3.7 pandas==2.3.3
expected='SPSS DATE11 1996-01-01
SPSS MOYR8 13039833600.0
SPSS QYR8 13039833600.0
SAS DATE9 1996-01-01
SAS YEAR 13149.0
SAS MONYY 13149.0'
observe <<'PROGRAM'
import pandas as pd
import pyreadstat

DAYS = 13149.0  # from 1960-01-01 to 1996-01-01
SECONDS = 13039833600.0  # from 1582-10-14 to the same day
cases = [
    ("SPSS", pyreadstat.write_sav, pyreadstat.read_sav, SECONDS, ("DATE11", "MOYR8", "QYR8")),
    ("SAS", pyreadstat.write_xport, pyreadstat.read_xport, DAYS, ("DATE9", "YEAR", "MONYY")),
]
for program, write, read, value, formats in cases:
    for name in formats:
        write(pd.DataFrame({"day": [value]}), "day", variable_format={"day": name})
        print(program, name, read("day")[0]["day"].tolist()[0])
PROGRAM
