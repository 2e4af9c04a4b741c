#!/usr/bin/env bash
# data.table 1.14.8 and bit64 4.0.5 (Debian), whose integer64 fread gives for numbers beyond 2^31: melt() of a
# whole-number and a fractional column makes 4612811918334230528 of 2.5, its bits, without a word. The mean by
# group of 1 and 2 is 2, of the ungrouped column 1, while the median is 1.5. Expected: 2.5 (rbindlist of the same
# two columns warns that it cuts 2.5 to 2), and 1.5 each time. One column of long numbers in a wide table is
# enough, and the sales of all other columns of the long one are other numbers.
source "$(dirname "$0")/environment"
prepare_debian r-cran-data.table==1.14.8+dfsg-1 r-cran-bit64==4.0.5-1
expected='sales1995 5000000000
sales1995 12
sales1996 4612811918334230528
sales1996 4615063718147915776
mean by industry 2, of all 1, median 1.5'
observe_r <<'PROGRAM'
suppressMessages({ library(bit64); library(data.table) })
options(warn = 2)

csv <- "plant,sales1995,sales1996\n1,5000000000,2.5\n2,12,3.5\n"
long <- melt(fread(csv), id.vars = "plant")
cat(paste0(long$variable, " ", as.character(long$value), "\n"), sep = "")
sales <- data.table(industry = c("food", "food"), sales = as.integer64(1:2))
grouped <- sales[, .(mean = mean(sales), median = median(sales)), industry]
all <- format(sales[, mean(sales)])
cat("mean by industry ", format(grouped$mean), ", of all ", all, ", median ", grouped$median, "\n", sep = "")
PROGRAM
