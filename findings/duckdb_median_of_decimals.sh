#!/usr/bin/env bash
# duckdb==2.0.1: the median and quantile_cont of decimals are decimals of the same scale, cut off: of jobs 1 and 2 kept
# as DECIMAL(18,0), as databases export whole numbers, the median is 1, of 1.00 and 1.01 it is 1.00; as INTEGER or
# DOUBLE it is 1.5 and 1.005, and avg() of the decimals is a DOUBLE. And sem(), the standard error of the mean, divides
# by n, 0.816 for 1, 2 and 3 over sqrt(3), where stddev() divides by n - 1. Expected: 1.5, 1.005 and 0.577.
source "$(dirname "$0")/environment"
prepare duckdb==2.0.1
expected='jobs as DECIMAL(18,0): median 1, third quarter 1, avg 1.5
jobs as INTEGER: median 1.5, third quarter 1.75, avg 1.5
pay as DECIMAL(10,2): median 1.00, third quarter 1.00, avg 1.005
sem of 1, 2, 3: 0.471; stddev / sqrt(n): 0.577'
observe <<'PROGRAM'
import duckdb

columns = {"jobs": (1, 2, "DECIMAL(18,0)"), "jobs ": (1, 2, "INTEGER"), "pay": (1.00, 1.01, "DECIMAL(10,2)")}
for name, (low, high, kind) in columns.items():
    values = f"(VALUES ({low}::{kind}), ({high}::{kind})) AS plants(x)"
    ((median, third, mean),) = duckdb.sql(f"SELECT median(x), quantile_cont(x, 0.75), avg(x) FROM {values}").fetchall()
    print(f"{name.strip()} as {kind}: median {median}, third quarter {third}, avg {mean}")
query = "SELECT sem(x), stddev(x) / sqrt(count(*)) FROM (VALUES (1.0), (2.0), (3.0)) AS plants(x)"
((sem, by_hand),) = duckdb.sql(query).fetchall()
print(f"sem of 1, 2, 3: {sem:.3f}; stddev / sqrt(n): {by_hand:.3f}")
PROGRAM
