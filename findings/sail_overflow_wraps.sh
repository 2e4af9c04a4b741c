#!/usr/bin/env bash
# Sail (pysail==0.7.2): whole numbers wrap around in sums and additions, with no error, also with
# spark.sql.ansi.enabled, which it reports as true. Expected, and Spark 4.2.0's answer:
# ArithmeticException for all three. A total of sales in hundredths turns negative.
source "$(dirname "$0")/environment"
prepare_sail
expected='(-9223372036854775808,)
(-2147483648,)
(-9223372036854775808,)
ansi: true'
observe <<'PROGRAM'
from sail import ask, spark

ask("SELECT sum(x) FROM VALUES (9223372036854775807L), (1L) AS t(x)")
ask("SELECT 2147483647 + 1")
ask("SELECT 9223372036854775807L + 1L")
print("ansi:", spark.conf.get("spark.sql.ansi.enabled"))
PROGRAM
