#!/usr/bin/env bash
# PSPP 1.6.2 (Debian): percentiles by weight depend on the unit of the weights. With 1, 3, 1, 2 and 1 jobs the
# median of 1, 2, 3, 4 and 10 is 2.5; with the same jobs in tenths FREQUENCIES says 0.9, below the smallest
# value, with a lower quartile (0.95) above the upper one (0.85); EXAMINE and AGGREGATE say 10, the largest.
# Expected: 2.5 in each, for quartiles 2 and 4. Weights that sum to 1 are what surveys and shares come with.
source "$(dirname "$0")/environment"
prepare_debian pspp==1.6.2-2
expected='Median,,2.50
Percentiles,25,2.00
,75,4.00
size,Weighted Average,2.00,2.50,4.00
2.50
Median,,.90
Percentiles,25,.95
,75,.85
size,Weighted Average,2.50,10.00,10.00
10.00'
observe_with bash -c 'pspp -O format=csv "$1" | grep -E "^(Median|Percentiles,25|,75|size,W|[0-9])"' pspp <<'PROGRAM'
DATA LIST LIST NOTABLE /industry size jobs tenths.
BEGIN DATA
7 1 1 0.1
7 2 3 0.3
7 3 1 0.1
7 4 2 0.2
7 10 1 0.1
END DATA.
WEIGHT BY jobs.
FREQUENCIES size /FORMAT=NOTABLE /STATISTICS=MEDIAN /PERCENTILES=25 75.
EXAMINE size /PERCENTILES(25,50,75)=HAVERAGE /STATISTICS=NONE.
AGGREGATE OUTFILE=* MODE=ADDVARIABLES /BREAK=industry /byjobs=MEDIAN(size).
LIST byjobs /CASES=FROM 1 TO 1.
WEIGHT BY tenths.
FREQUENCIES size /FORMAT=NOTABLE /STATISTICS=MEDIAN /PERCENTILES=25 75.
EXAMINE size /PERCENTILES(25,50,75)=HAVERAGE /STATISTICS=NONE.
AGGREGATE OUTFILE=* MODE=ADDVARIABLES /BREAK=industry /bytenths=MEDIAN(size).
LIST bytenths /CASES=FROM 1 TO 1.
PROGRAM
