#!/usr/bin/env bash
# PSPP 1.6.2 (Debian): 0/0 is 0. Sales per job of a plant without sales and jobs is a valid 0, counts in the
# mean, and meets the condition "productivity below 1", while 5/0 is missing as it should be. Expected: both
# missing, so that the mean is of one plant, 1.50. (That 0 over a missing value is 0 is in its manual.)
source "$(dirname "$0")/environment"
prepare_debian pspp==1.6.2-2
expected='sales,jobs,productivity,low
0,0,.00,1.00
5,0,.  ,.  
6,4,1.50,.00
productivity,2,.75'
observe_with bash -c 'pspp -O format=csv "$1" | grep -E "^(sales|[0-9]|productivity)"' pspp <<'PROGRAM'
DATA LIST LIST NOTABLE /sales jobs.
BEGIN DATA
0 0
5 0
6 4
END DATA.
COMPUTE productivity = sales / jobs.
COMPUTE low = productivity < 1.
FORMATS sales jobs (F1.0).
LIST.
DESCRIPTIVES productivity /STATISTICS=MEAN.
PROGRAM
