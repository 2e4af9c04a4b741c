#!/usr/bin/env bash
# pyarrow==26.0.1: strptime with error_is_null=True makes 30 February the first of March and 31 April the
# first of May. Expected: null, as the option says, or an error: Python's strptime refuses them, and so does
# pyarrow's own cast of the same texts to date32. A wrong day in a business register becomes another day.
source "$(dirname "$0")/environment"
prepare pyarrow==26.0.1
expected='strptime: 2020-03-01 2020-05-01 1989-03-01 null
cast 2020-02-30: ArrowInvalid
cast 2020-04-31: ArrowInvalid
cast 1989-02-29: ArrowInvalid'
observe <<'PROGRAM'
import pyarrow as pa
import pyarrow.compute as pc

days = ["2020-02-30", "2020-04-31", "1989-02-29"]
read = pc.strptime([*days, "2020-13-01"], format="%Y-%m-%d", unit="s", error_is_null=True)
print("strptime:", *("null" if day is None else day.date() for day in read.to_pylist()))
for day in days:
    try:
        print(f"cast {day}:", pa.array([day]).cast(pa.date32())[0])
    except Exception as error:
        print(f"cast {day}:", type(error).__name__)
PROGRAM
