#!/usr/bin/env bash
# Hmisc 4.8-0 (Debian): the weighted median depends on the unit of the weights: with 1, 3, 1, 2 and 1 jobs it is
# 2.5, with the same in tenths 10, the largest of all, with normwt=TRUE 3, whatever the unit. The variance with
# tenths is -28, with a warning; 10 comes without one. Expected: 2.5 each time, as of 8 single jobs. (By its
# manual weights count rows unless normwt=TRUE; with that, whole weights no longer give what the rows give.)
source "$(dirname "$0")/environment"
prepare_debian r-cran-hmisc==4.8-0-1
expected='every job a row: 2.5
jobs times 1: median 2.5, with normwt 3
jobs times 0.1: median 10, with normwt 3
jobs times 10: median 2.5, with normwt 3
variance, jobs in tenths: -28'
observe_r <<'PROGRAM'
suppressMessages(library(Hmisc))

size <- c(1, 2, 3, 4, 10)
jobs <- c(1, 3, 1, 2, 1)
cat("every job a row:", median(rep(size, jobs)), fill = TRUE)
for (unit in c(1, 0.1, 10)) {
  quantiles <- c(wtd.quantile(size, jobs * unit, 0.5), wtd.quantile(size, jobs * unit, 0.5, normwt = TRUE))
  cat(sprintf("jobs times %g: median %g, with normwt %g\n", unit, quantiles[1], quantiles[2]))
}
cat("variance, jobs in tenths:", suppressWarnings(wtd.var(size, jobs / 10)), fill = TRUE)
PROGRAM
