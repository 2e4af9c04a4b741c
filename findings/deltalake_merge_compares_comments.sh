#!/usr/bin/env bash
# deltalake==1.6.6: schema_mode="merge", which is there to add columns, refuses a write when the
# comment of a column that exists already is worded otherwise. Expected: the columns' types decide; a
# comment is kept or replaced. A table whose documentation was improved takes no new column.
source "$(dirname "$0")/environment"
prepare deltalake==1.6.6 pyarrow==26.0.1
expected="same comment: ['sales', 'exports']
other comment: SchemaMismatchError
no comment: ['sales', 'exports']"
observe <<'PROGRAM'
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake


def table(comment, *more):
    metadata = {"comment": comment} if comment else None
    fields = [pa.field("sales", pa.float64(), metadata=metadata)]
    fields += [pa.field(name, pa.float64()) for name in more]
    return pa.table({field.name: [1.0] for field in fields}, schema=pa.schema(fields))


for name, comment in (("same comment", "thousand"), ("other comment", "thousands"), ("no comment", "")):
    write_deltalake(name, table("thousand"))
    try:
        write_deltalake(name, table(comment, "exports"), mode="append", schema_mode="merge")
        print(f"{name}:", DeltaTable(name).to_pyarrow_table().column_names)
    except Exception as error:
        print(f"{name}:", type(error).__name__)
PROGRAM
