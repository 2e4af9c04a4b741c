#!/usr/bin/env bash
# laeken 0.5.2 (Debian): the quintile share ratio of 1 to 10, (9+10)/(1+2), is 1.67 instead of 6.33; of a
# hundred numbers it is 7.48 instead of 8.62. A quantile that falls between two values is the upper one of
# them, so the "lowest fifth" has three of the ten and the "highest" has one, and the median of 1 to 10 is 6.
# Expected: two of ten at each end, and 5.5. Of small cells (an industry in a region) every ratio is too low.
source "$(dirname "$0")/environment"
prepare_debian r-cran-laeken==0.5.2-1
expected='ten plants: 1.67, by hand 6.33
a hundred: 7.48, by hand 8.62
four alike and one: 0
quintile limits of ten: 3 9, median 6'
observe_r <<'PROGRAM'
suppressMessages(library(laeken))

by_hand <- function(x) sum(tail(sort(x), length(x) / 5)) / sum(head(sort(x), length(x) / 5))
cat(sprintf("ten plants: %.2f, by hand %.2f\n", qsr(1:10)$value, by_hand(1:10)))
cat(sprintf("a hundred: %.2f, by hand %.2f\n", qsr(1:100)$value, by_hand(1:100)))
cat("four alike and one:", qsr(c(1, 1, 1, 1, 5))$value, fill = TRUE)
limits <- paste(incQuintile(1:10), collapse = " ")
cat("quintile limits of ten: ", limits, ", median ", weightedMedian(1:10), "\n", sep = "")
PROGRAM
