#!/usr/bin/env bash
# deltalake==1.6.6: unsigned columns are declared as signed ones of the same width, so the upper half
# of their range is refused: an uint8 of 200, an uint32 of 3,000,000,000. Expected: the next wider
# signed type, as PyArrow and Spark choose for the same Parquet file. Polars writes counts as UInt32.
source "$(dirname "$0")/environment"
prepare deltalake==1.6.6 pyarrow==26.0.1
expected='uint8 100 comes back as int8
uint8 200 DeltaError
uint32 2000000000 comes back as int32
uint32 3000000000 DeltaError'
observe <<'PROGRAM'
import pyarrow as pa
from deltalake import DeltaTable, write_deltalake

for name, values in (("uint8", (100, 200)), ("uint32", (2_000_000_000, 3_000_000_000))):
    for value in values:
        folder = f"{name}_{value}"
        try:
            write_deltalake(folder, pa.table({"n": pa.array([value], name)}))
            read = DeltaTable(folder).to_pyarrow_table()["n"]
            print(name, value, "comes back as", read.type)
        except Exception as error:
            print(name, value, type(error).__name__)
PROGRAM
