#!/usr/bin/env bash
# haven 2.5.1 (Debian): 64-bit whole numbers (bit64, which data.table's fread gives for long ids) are written
# as the doubles in whose bits R keeps them: ids 7 and 123 are 3.5e-323 and 6.1e-322 in a Stata and an SPSS
# file, and both are 0 in a SAS transport file. Expected: whole numbers, or the error that it gives for types
# it does not know (complex numbers, last line). Every id of a file written by a colleague in R is lost.
source "$(dirname "$0")/environment"
prepare_debian r-cran-haven==2.5.1-1 r-cran-bit64==4.0.5-1
expected='dta 3.458460e-323 6.077007e-322
sav 3.458460e-323 6.077007e-322
xpt 0.000000e+00 0.000000e+00
Columns of type complex not supported yet'
observe_r <<'PROGRAM'
suppressMessages(library(bit64))
library(haven)

plants <- data.frame(id = as.integer64(c("7", "123")))
for (format in c("dta", "sav", "xpt")) {
  getFromNamespace(paste0("write_", format), "haven")(plants, "plants")
  read <- getFromNamespace(paste0("read_", format), "haven")("plants")
  cat(format, sprintf("%e", read$id), fill = TRUE)
}
tryCatch(
  write_dta(data.frame(x = 1i), "plants"),
  error = function(refusal) cat(trimws(conditionMessage(refusal)), fill = TRUE)
)
PROGRAM
