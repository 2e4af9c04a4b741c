#!/usr/bin/env bash
# pyarrow==26.0.1: a column of ids such as 0x12 and 0X1F in a CSV file is inferred as whole numbers, read as
# hexadecimal: 18 and 31, and so is a cast of such texts to int64. Expected: texts, as Polars 2.1.0 and
# pandas 2.3.3 give. An id that happens to begin so meets another plant's, or none of the other year's,
# where one id with another letter makes the whole column text.
source "$(dirname "$0")/environment"
prepare pyarrow==26.0.1 polars==2.1.0 pandas==2.3.3
expected='pyarrow int64 [18, 31]
cast [18, 31]
pandas object ['"'0x12', '0X1F'"']
polars String ['"'0x12', '0X1F'"']'
observe <<'PROGRAM'
import io

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.csv

FILE = b"id,jobs\n0x12,3\n0X1F,4\n"
ids = pyarrow.csv.read_csv(io.BytesIO(FILE))["id"]
print("pyarrow", ids.type, ids.to_pylist())
print("cast", pa.array(["0x12", "0X1F"]).cast(pa.int64()).to_pylist())
ids = pd.read_csv(io.BytesIO(FILE))["id"]
print("pandas", ids.dtype, ids.tolist())
ids = pl.read_csv(io.BytesIO(FILE))["id"]
print("polars", ids.dtype, ids.to_list())
PROGRAM
