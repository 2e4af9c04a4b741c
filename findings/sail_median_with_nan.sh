#!/usr/bin/env bash
# Sail (pysail==0.7.2): median() and percentile() of rows with a NaN among them differ from one call
# to the next, in one process, with nothing changed. Expected, and Spark 4.2.0's answer: NaN is the
# largest number, so the median of NaN, 1, 2 is 2.0 whenever it is asked.
source "$(dirname "$0")/environment"
prepare_sail
expected='median: more than one answer in 60 calls
percentile: more than one answer in 60 calls
without NaN: one answer'
observe <<'PROGRAM'
from sail import spark


def answers(statistic, values):
    rows = ", ".join(f"(double({value}))" for value in values)
    query = f"SELECT {statistic} FROM VALUES {rows} AS rows(x)"
    return {repr(spark.sql(query).collect()[0][0]) for _ in range(60)}


with_nan = ("'NaN'", 1, 2, 3, 4)
for name, statistic in (("median", "median(x)"), ("percentile", "percentile(x, 0.5)")):
    count = len(answers(statistic, with_nan))
    print(f"{name}: {'more than one answer' if count > 1 else 'one answer'} in 60 calls")
count = len(answers("median(x)", (1, 2, 3, 4)))
print("without NaN:", "one answer" if count == 1 else f"{count} answers")
PROGRAM
