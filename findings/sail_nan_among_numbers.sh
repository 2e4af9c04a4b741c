#!/usr/bin/env bash
# Sail (pysail==0.7.2): with NaN among the numbers, min() and max() by group depend on the order of
# the rows: 1, NaN, 2 has a smallest and a largest value of 2, and NaN, 1, 2 has 1 and 2. Without
# groups the answers are those of Spark 4.2.0, for which NaN is the largest number: 1 and NaN always.
source "$(dirname "$0")/environment"
prepare_sail
expected='by group (2.0, 2.0)
by group (1.0, 2.0)
by group (nan, nan)
without (1.0, nan)
without (1.0, nan)
without (1.0, nan)'
observe <<'PROGRAM'
from sail import ask

orders = [("1", "'NaN'", "2"), ("'NaN'", "1", "2"), ("1", "2", "'NaN'")]
for word, end in (("by group", "GROUP BY industry"), ("without", "")):
    for order in orders:
        rows = ", ".join(f"(3711, double({value}))" for value in order)
        print(word, end=" ")
        ask(f"SELECT min(x), max(x) FROM VALUES {rows} AS rows(industry, x) {end}")
PROGRAM
