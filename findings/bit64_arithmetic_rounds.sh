#!/usr/bin/env bash
# bit64 4.0.5 (Debian; data.table's fread and arrow give its integer64 for numbers beyond 2^31): products and sums
# with a fraction are whole, 3 * 0.5 is 2, 3 * 1.9 is 6, 3 + 0.7 is 3, 3^0.5 is 2; 3 == 3.4 is true and 3 < 3.5
# false; mean(1, 2) is 1, where 3 / 2 is 1.5. A text beyond 2^63 is 9223372036854775807. Expected: doubles, as R
# gives for its own whole numbers, and NA for what does not fit, as it gives for the number 1e20. No warnings.
source "$(dirname "$0")/environment"
prepare_debian r-cran-bit64==4.0.5-1
expected='sales 3: half 2, deflated by 1.9 6, plus 0.7 3, root 2, over two 1.5
3 == 3.4 TRUE, 3 < 3.5 FALSE
mean of 1 and 2: 1, as integers 1.5
12345678901234567890: 9223372036854775807, 99999999999999999999: 9223372036854775807'
observe_r <<'PROGRAM'
suppressMessages(library(bit64))
options(warn = 2)

sales <- as.integer64(3)
results <- c(half = format(sales * 0.5), "deflated by 1.9" = format(sales * 1.9), "plus 0.7" = format(sales + 0.7),
  root = format(sales^0.5), "over two" = format(sales / 2))
cat("sales 3: ", paste(names(results), results, collapse = ", "), "\n", sep = "")
cat("3 == 3.4 ", sales == 3.4, ", 3 < 3.5 ", sales < 3.5, "\n", sep = "")
cat("mean of 1 and 2: ", format(mean(as.integer64(1:2))), ", as integers ", mean(1:2), "\n", sep = "")
texts <- c("12345678901234567890", "99999999999999999999")
cat(paste0(texts, ": ", as.character(as.integer64(texts)), collapse = ", "), "\n", sep = "")
PROGRAM
