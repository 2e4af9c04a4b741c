#!/usr/bin/env bash
# haven 2.5.1 (Debian): a date that R keeps as a whole number is another day in an SPSS file: 1988-01-01 and
# 1995-01-01 both become 1514-09-25, because the seconds since 1582 that SPSS wants are written unmultiplied.
# The same dates kept as doubles are right, and Stata's and SAS's formats are right in both. A time of day and
# date kept so is wrong in Stata files too. Expected: the day, however R keeps it. data.table's IDate is
# of that kind, and dates print alike.
source "$(dirname "$0")/environment"
prepare_debian r-cran-haven==2.5.1-1
expected='sav, double: 1988-01-01 1995-01-01
sav, integer: 1514-09-25 1514-09-25
dta, integer: 1988-01-01 1995-01-01
xpt, integer: 1988-01-01 1995-01-01
dta, time, double: 1995-05-09 06:13:20
dta, time, integer: 1959-12-07 03:28:36
sav, time, integer: 1514-09-25 20:45:52
xpt, time, integer: 1995-05-09 06:13:20'
observe_r <<'PROGRAM'
library(haven)

show <- function(format, what, column) {
  getFromNamespace(paste0("write_", format), "haven")(data.frame(x = column), "file")
  read <- getFromNamespace(paste0("read_", format), "haven")("file")$x
  cat(paste0(format, what), format(read), fill = TRUE)
}

days <- c(6574L, 9131L)
show("sav", ", double:", structure(as.double(days), class = "Date"))
for (format in c("sav", "dta", "xpt")) show(format, ", integer:", structure(days, class = c("IDate", "Date")))
time <- function(seconds) structure(seconds, class = c("POSIXct", "POSIXt"), tzone = "UTC")
show("dta", ", time, double:", time(800000000))
for (format in c("dta", "sav", "xpt")) show(format, ", time, integer:", time(800000000L))
PROGRAM
