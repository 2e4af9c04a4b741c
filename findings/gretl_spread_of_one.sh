#!/usr/bin/env bash
# gretl 2022c (Debian): the standard deviation and the variance of a single value are 0, in sd(), var() and by
# group in aggregate(). Expected: missing, as R, Stata and pandas give, since n - 1 is 0. An industry
# with one plant in a region has no spread instead of an unknown one, and pulls the mean of the spreads down.
source "$(dirname "$0")/environment"
prepare_debian gretl==2022c-1
expected='spread of one plant: sd 0, var 0
spread by industry: 0, 1.41421
spread, mean of the two: 0.707107'
printf 'industry,jobs\n1,12\n2,3\n2,5\n' > "$folder/plants.csv"
observe_with bash -c 'gretlcli --batch --quiet "$1" | grep "^spread"' gretl <<'PROGRAM'
set verbose off
open plants.csv --quiet
series first = industry == 1 ? jobs : NA
printf "spread of one plant: sd %g, var %g\n", sd(first), var(first)
matrix groups = aggregate(jobs, industry, sd)
printf "spread by industry: %g, %g\n", groups[1,3], groups[2,3]
printf "spread, mean of the two: %g\n", meanc(groups[,3])
PROGRAM
