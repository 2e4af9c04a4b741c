#!/usr/bin/env bash
# Sail (pysail==0.7.2): 0.0 and -0.0 are equal for `=` and GROUP BY, but two values for IN, for
# NULLIF, for the partitions of a window and for ranks. Expected, and Spark 4.2.0's answer: one value
# everywhere ((True, True), (None,), sums (3,) (3,), ranks (1,) (1,)). A guard such as
# `exports / nullif(sales, 0)` lets -0.0 through, and -0.0 is what 0 * -1 or a rounded loss leaves.
source "$(dirname "$0")/environment"
prepare_sail
expected='(True, False)
(-0.0,)
(2,) (1,)
(1,) (2,)
(2,)'
observe <<'PROGRAM'
from sail import ask

ask("SELECT -0.0D = 0.0D, -0.0D IN (0.0D)")
ask("SELECT nullif(-0.0D, 0)")
zeros = "VALUES (0.0D, 1), (-0.0D, 2) AS rows(balance, jobs)"
ask(f"SELECT sum(jobs) OVER (PARTITION BY balance) FROM {zeros}")
ask(f"SELECT rank() OVER (ORDER BY balance) FROM {zeros}")
ask(f"SELECT max(jobs) FROM {zeros} GROUP BY balance")
PROGRAM
