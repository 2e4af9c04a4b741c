#!/usr/bin/env bash
# Sail (pysail==0.7.2): `regr_r2(y, x)` is 1.0 where x does not vary, a perfect fit of a regression
# that has none; and `regr_count` cannot be collected at all, because it comes as an unsigned 64-bit
# number, which PySpark's client refuses. Expected, and Spark 4.2.0's answer: NULL, and 2.
source "$(dirname "$0")/environment"
prepare_sail
expected='(None, 1.0)
PySparkTypeError
(2,)'
observe <<'PROGRAM'
from sail import ask

rows = "VALUES (1.0D, 2.0D), (1.0D, 4.0D) AS rows(x, y)"
ask(f"SELECT regr_slope(y, x), regr_r2(y, x) FROM {rows}")
ask(f"SELECT regr_count(y, x) FROM {rows}")
ask(f"SELECT bigint(regr_count(y, x)) FROM {rows}")
PROGRAM
