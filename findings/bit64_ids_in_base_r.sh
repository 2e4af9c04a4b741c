#!/usr/bin/env bash
# bit64 4.0.5 (Debian) with R's own functions: merge() of ids in integer64 (as fread reads them) with the same ids
# as doubles has no row, and 7 %in% ids is false where ids %in% 7 is true; cut() puts 3 into (0,2]; colSums, lm and
# tapply work on the doubles in whose bits the numbers are kept (1e-323), and so does ifelse, whose answer is no
# integer64 any more. Expected: the matching rows, (2,4], the numbers, or an error. No warnings.
source "$(dirname "$0")/environment"
prepare_debian r-cran-bit64==4.0.5-1
expected='rows of merge: 0, of both in integer64: 2
ids %in% 7: TRUE, 7 %in% ids: FALSE
cut of 1, 2, 3: (0,2] (0,2] (0,2], as doubles (0,2] (0,2] (2,4]
colSums 3.458e-323
slope of 1, 2, 4 9.881e-324
tapply 4.941e-324
ifelse 3.458e-323'
observe_r <<'PROGRAM'
suppressMessages(library(bit64))
options(warn = 2)

ids <- as.integer64(c(7, 8))
jobs <- data.frame(id = c(7, 8), jobs = c(12, 5))
sales <- data.frame(id = ids, sales = c(1.5, 2.5))
both <- merge(sales, transform(jobs, id = ids))
cat("rows of merge: ", nrow(merge(sales, jobs)), ", of both in integer64: ", nrow(both), "\n", sep = "")
cat("ids %in% 7: ", (ids %in% 7)[1], ", 7 %in% ids: ", 7 %in% ids, "\n", sep = "")
classes <- function(numbers) paste(cut(numbers, c(0, 2, 4)), collapse = " ")
cat("cut of 1, 2, 3: ", classes(as.integer64(1:3)), ", as doubles ", classes(c(1, 2, 3)), "\n", sep = "")
numbers <- as.integer64(c(1, 2, 4))
results <- c(colSums = colSums(data.frame(numbers))[[1]],
  "slope of 1, 2, 4" = coef(lm(y ~ x, data.frame(y = numbers, x = 1:3)))[[2]],
  tapply = tapply(numbers, c(1, 2, 2), sum)[[1]],
  ifelse = ifelse(TRUE, as.integer64(7), NA))
cat(paste(names(results), sprintf("%.3e", results)), sep = "\n")
PROGRAM
