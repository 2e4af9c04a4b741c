#!/usr/bin/env bash
# Sail (pysail==0.7.2): the average of DECIMAL(10,2) 1, 2, 2 is cut to 1.666666 instead of rounded to
# 1.666667; a quotient keeps 6 decimals where Spark 4.2.0 keeps 20; a DECIMAL(38,10) becomes a double
# one unit in the last place off; a sum past 38 digits is returned with 39, not refused.
source "$(dirname "$0")/environment"
prepare_sail
expected="(Decimal('1.666666'),)
(Decimal('0.333333'),)
(123456789.12499999,)
(Decimal('100000000000000000000000000000000000000'),)"
observe <<'PROGRAM'
from sail import ask

ask("SELECT avg(wage) FROM (SELECT explode(array(1, 2, 2))::DECIMAL(10,2) AS wage)")
ask("SELECT CAST(1 AS DECIMAL(18,2)) / CAST(3 AS DECIMAL(18,2))")
ask("SELECT double(CAST(123456789.125 AS DECIMAL(38,10)))")
largest = "9" * 38
ask(f"SELECT sum(x) FROM VALUES (CAST({largest} AS DECIMAL(38,0))), (CAST(1 AS DECIMAL(38,0))) t(x)")
PROGRAM
