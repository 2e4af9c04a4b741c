#!/usr/bin/env bash
# deltalake==1.6.6: appending doubles to a column of whole numbers cuts their decimals off without a
# word: 2.7 becomes 2. Expected: the SchemaMismatchError that decimals of another scale get. A year in
# which employment comes as full-time equivalents is stored as whole jobs.
source "$(dirname "$0")/environment"
prepare deltalake==1.6.6 pyarrow==26.0.1
expected='doubles into whole numbers: [-2, 1, 2]
decimals of another scale: SchemaMismatchError'
observe <<'PROGRAM'
from decimal import Decimal

import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

write_deltalake("jobs", pa.table({"jobs": [1]}))
write_deltalake("jobs", pa.table({"jobs": [2.7, -2.7]}), mode="append")
found = DeltaTable("jobs").to_pyarrow_table()["jobs"].to_pylist()
print("doubles into whole numbers:", sorted(found))
write_deltalake("sales", pa.table({"sales": pa.array([Decimal("1.10")], pa.decimal128(10, 2))}))
finer = pa.table({"sales": pa.array([Decimal("1.12345")], pa.decimal128(10, 5))})
try:
    write_deltalake("sales", finer, mode="append")
except Exception as error:
    print("decimals of another scale:", type(error).__name__)
PROGRAM
