#!/usr/bin/env bash
# pyreadstat==1.3.7: usecols with a name that the file does not have is no error: the column is left
# out, names differ by case, and a file of which nothing matches is a frame without columns and rows.
# Expected: an error that names the column, as pandas and pyarrow give. Also, number_rows of the
# metadata is the rows that were read, not the rows of the file, once row_limit is given.
source "$(dirname "$0")/environment"
prepare pyreadstat==1.3.7 pandas==2.3.3
expected="['sales']
[] 0
rows in the file: 3, told after row_limit=2: 2"
observe <<'PROGRAM'
import pandas as pd
import pyreadstat

pyreadstat.write_dta(pd.DataFrame({"sales": [1.5, 2.5, 3.5]}), "plants.dta")
read = pyreadstat.read_dta
print(list(read("plants.dta", usecols=["sales", "exports"])[0]))
nothing = read("plants.dta", usecols=["Sales"])[0]
print(list(nothing), len(nothing))
whole = read("plants.dta", metadataonly=True)[1].number_rows
print(f"rows in the file: {whole}, told after row_limit=2:", read("plants.dta", row_limit=2)[1].number_rows)
PROGRAM
