#!/usr/bin/env bash
# deltalake==1.6.6: rows with NaN vanish from filtered reads and survive deletions, because NaN is in
# none of the minima and maxima by which files are left out. Expected: the row is found by is_nan, and
# by `x > 5` in SQL and in delete(), where NaN counts as the largest number (it does as soon as the
# file holds a number above 5 as well).
source "$(dirname "$0")/environment"
prepare deltalake==1.6.6 pyarrow==26.0.1
expected='1 and NaN: is_nan 0 rows, x > 5 0 rows, left by delete("x > 5") 2
9 and NaN: is_nan 0 rows, x > 5 2 rows, left by delete("x > 5") 0'
observe <<'PROGRAM'
import math

import pyarrow as pa
import pyarrow.compute as pc
from deltalake import DeltaTable, QueryBuilder, write_deltalake

for number in (1.0, 9.0):
    folder = f"rows_{number:g}"
    write_deltalake(folder, pa.table({"x": [number, math.nan]}))
    table = DeltaTable(folder)
    is_nan = table.to_pyarrow_dataset().to_table(filter=pc.field("x").is_nan()).num_rows
    query = QueryBuilder().register("rows", table).execute("SELECT x FROM rows WHERE x > 5")
    above = pa.table(query.read_all()).num_rows
    table.delete("x > 5")
    left = table.to_pyarrow_table().num_rows
    told = f"is_nan {is_nan} rows, x > 5 {above} rows"
    print(f'{number:g} and NaN: {told}, left by delete("x > 5") {left}')
PROGRAM
