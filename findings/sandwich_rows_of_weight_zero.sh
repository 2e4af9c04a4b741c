#!/usr/bin/env bash
# sandwich 3.0-2 (Debian): rows of weight 0 make robust errors smaller. A regression with as many such rows as
# others has half the HC1, HC3 and clustered errors of the same regression without them, 0.105 for 0.214; its
# coefficients, nobs() and classical errors are the same. (Scores are averaged over all 60 rows, the bread is
# scaled by the 30 that count.) Expected: no change, which clubSandwich gives. Who switches rows off by weights
# (a subsample, a matched set, trimmed tails) doubles the t values.
source "$(dirname "$0")/environment"
prepare_debian r-cran-sandwich==3.0-2-1 r-cran-clubsandwich==0.5.8-1
expected='rows counted: 30 30
classical: 0.2128, without the rows 0.2128
HC1: 0.1051, without the rows 0.2139
HC3: 0.1102, without the rows 0.2259
clustered: 0.0467, without the rows 0.0942
clubSandwich: 0.0925, without the rows 0.0925'
observe_r <<'PROGRAM'
suppressMessages({ library(sandwich); library(clubSandwich) })

number <- 1:60
plants <- data.frame(id = rep(1:12, each = 5), x = sin(number), counts = number %% 2)
plants$y <- plants$x + cos(3 * number) + (plants$id %% 3) / 2
kept <- plants[plants$counts == 1, ]
with_zeros <- lm(y ~ x, plants, weights = counts)
without <- lm(y ~ x, kept)
show <- function(kind, covariance) {
  errors <- c(covariance(with_zeros, plants$id), covariance(without, kept$id))
  cat(sprintf("%s: %.4f, without the rows %.4f\n", kind, errors[1], errors[2]))
}
cat("rows counted:", nobs(with_zeros), nobs(without), fill = TRUE)
show("classical", function(fit, id) sqrt(vcov(fit)[2, 2]))
for (type in c("HC1", "HC3")) show(type, function(fit, id) sqrt(vcovHC(fit, type)[2, 2]))
show("clustered", function(fit, id) sqrt(vcovCL(fit, id)[2, 2]))
show("clubSandwich", function(fit, id) sqrt(vcovCR(fit, id, "CR1")[2, 2]))
PROGRAM
