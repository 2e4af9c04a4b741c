#!/usr/bin/env bash
# Sail (pysail==0.7.2): `percentile(value, p, frequency)` ignores the frequency, without a word.
# Expected, and Spark 4.2.0's answer to the same two queries: (3.0,) and ([3.0, 3.0],), since ten of
# the twelve observations are 3. An employment-weighted median written so is the plain one.
source "$(dirname "$0")/environment"
prepare_sail
expected='(2.0,)
([2.0, 2.8],)'
observe <<'PROGRAM'
from sail import ask

plants = "VALUES (1.0D, 1), (2.0D, 1), (3.0D, 10) AS plants(productivity, jobs)"
ask(f"SELECT percentile(productivity, 0.5, jobs) FROM {plants}")
ask(f"SELECT percentile(productivity, array(0.5, 0.9), jobs) FROM {plants}")
PROGRAM
