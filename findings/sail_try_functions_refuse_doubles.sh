#!/usr/bin/env bash
# Sail (pysail==0.7.2): try_divide and its kin take whole numbers only; for doubles and decimals the
# query is refused when it is planned. Expected, and Spark 4.2.0's answer: NULL for 1.0 / 0.0, and
# (3.5, 3.0, -0.5). A condition guarded as Spark's own error message advises does not run at all.
source "$(dirname "$0")/environment"
prepare_sail
expected='(None,)
AnalysisException
AnalysisException
AnalysisException'
observe <<'PROGRAM'
from sail import ask

ask("SELECT try_divide(1, 0)")
ask("SELECT try_divide(1.0D, 0.0D)")
ask("SELECT try_divide(CAST(1 AS DECIMAL(10, 2)), CAST(2 AS DECIMAL(10, 2)))")
ask("SELECT try_add(x, y), try_multiply(x, y), try_subtract(x, y) FROM VALUES (1.5D, 2.0D) AS t(x, y)")
PROGRAM
