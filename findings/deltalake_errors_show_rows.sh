#!/usr/bin/env bash
# deltalake==1.6.6: the error for rows that break a constraint, or lack what may not be missing, prints
# the rows themselves. Expected: the constraint and how many. Where rows are confidential, the text
# must not reach a log or a terminal as it is.
source "$(dirname "$0")/environment"
prepare deltalake==1.6.6 pyarrow==26.0.1
expected='constraint: DeltaError, quotes the id: True, quotes the amount: True'
observe <<'PROGRAM'
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

write_deltalake("plants", pa.table({"id": ["a"], "sales": [1.5]}))
DeltaTable("plants").alter.add_constraint({"positive": "sales > 0"})
try:
    wrong = pa.table({"id": ["plant 4711"], "sales": [-31415.5]})
    write_deltalake("plants", wrong, mode="append")
except Exception as error:
    text = str(error)
    told = f"quotes the id: {'plant 4711' in text}, quotes the amount: {'31415.5' in text}"
    print(f"constraint: {type(error).__name__}, {told}")
PROGRAM
