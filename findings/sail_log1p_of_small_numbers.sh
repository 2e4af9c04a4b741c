#!/usr/bin/env bash
# pysail==0.7.2: log1p(x) is ln(1 + x), so it is 0 for small x. Expected: what Spark 4.2 and the C
# library give, x itself to the last digit; that is what the function is for. Growth rates and cuts in
# log points, ln(1 + tariff), lose digits from the start: of 1e-10 only seven are right.
source "$(dirname "$0")/environment"
prepare_sail
expected='(0.0,) and 1e-17
(1.000000082690371e-10,) and 9.999999999500001e-11
(0.0009995003330834232,) and 0.0009995003330835331'
observe <<'PROGRAM'
import math

from sail import spark

for x in (1e-17, 1e-10, 1e-3):
    (row,) = spark.sql(f"select log1p({x!r}D)").collect()
    print(tuple(row), "and", math.log1p(x))
PROGRAM
