#!/usr/bin/env bash
# foreign 0.8-84 (Debian): write.dta writes a missing text as the text "NA", a value in Stata that equals the other
# missing ones (an id, an industry, Namibia); whole numbers from 2,147,483,621 on as missing values, without a
# word; and of a date with its time the day alone, as a plain number without a date format. Expected: "", doubles
# or a refusal, and the moment, as haven does (last three lines).
source "$(dirname "$0")/environment"
prepare_debian r-cran-foreign==0.8.84-1 r-cran-haven==2.5.1-1
expected='foreign: name "a" "NA", of which missing 0
foreign: id 7 NA, of which missing 1
foreign: at 13149 13149, of which missing 0
haven: name "a" "", of which missing 0
haven: id refused
haven: at 1996-01-01 18:30:00 1996-01-01 18:30:00, of which missing 0'
observe_r <<'PROGRAM'
options(warn = 2)

written <- data.frame(
  name = c("a", NA), id = c(7L, 2147483647L), at = as.POSIXct("1996-01-01 18:30:00", tz = "UTC")
)
show <- function(package, column) {
  values <- haven::read_dta("file.dta")[[1]]
  texts <- if (is.character(values)) dQuote(values, FALSE) else trimws(format(c(values)))
  missing <- paste0(", of which missing ", sum(is.na(values)), "\n")
  cat(package, ": ", column, " ", paste(texts, collapse = " "), missing, sep = "")
}
for (column in names(written)) {
  foreign::write.dta(written[column], "file.dta")
  show("foreign", column)
}
for (column in names(written)) {
  tryCatch({
    haven::write_dta(written[column], "file.dta")
    show("haven", column)
  }, error = function(refusal) cat("haven:", column, "refused\n"))
}
PROGRAM
