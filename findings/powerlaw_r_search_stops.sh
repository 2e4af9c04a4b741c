#!/usr/bin/env bash
# poweRlaw 0.70.6 (Debian): the search for the tail's lower limit stops at 100,000 whatever the data are, so
# the fit depends on the unit. Sales in thousands have an exponent of 3.51; the same sales in dollars have
# 1,001,002, which is their smallest value, and no limit; with smaller plants beside them, 1.46. Expected: 3.51
# each time; a power law has no unit. A message says that the search was cut; the fit that is returned does not.
source "$(dirname "$0")/environment"
prepare_debian r-cran-powerlaw==0.70.6-2
expected='in thousands: exponent 3.51, limit 1001, rows in the tail 200
in dollars: exponent 1001001.75, limit NA, rows in the tail NA
with smaller plants, in thousands: exponent 3.51, limit 1001, rows in the tail 200
with smaller plants, in dollars: exponent 1.46, limit 97236, rows in the tail 390'
observe_r <<'PROGRAM'
library(poweRlaw)

fit <- function(sales) {
  found <- suppressMessages(estimate_xmin(conpl$new(sales)))
  sprintf("exponent %.2f, limit %.0f, rows in the tail %.0f", found$pars, found$xmin, found$ntail)
}
tail <- (1 - (1:200 - 0.5) / 200)^(-1 / 2.5)
cat("in thousands:", fit(1000 * tail), fill = 200)
cat("in dollars:", fit(1e6 * tail), fill = 200)
body <- seq(0.05, 0.99, length.out = 200)
cat("with smaller plants, in thousands:", fit(1000 * c(body, tail)), fill = 200)
cat("with smaller plants, in dollars:", fit(1e6 * c(body, tail)), fill = 200)
PROGRAM
