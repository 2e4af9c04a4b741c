#!/usr/bin/env bash
# readr 2.1.4 and vroom 1.6.1 (Debian): ids such as 12D and 13F are guessed to be the numbers 12 and 13 (a letter that
# could begin an exponent or end a float), 1D02 is 100, while one other id among them keeps all as text. And of 10,000
# random numbers written with 17 digits 2,148 are read as others, up to 9e-14 of themselves away, where base R and
# data.table read each as it was. Expected: texts, as fread gives, and the numbers.
source "$(dirname "$0")/environment"
prepare_debian r-cran-readr==2.1.4-1 r-cran-vroom==1.6.1-1 r-cran-data.table==1.14.8+dfsg-1
expected='12D, 13F: readr numeric 12 13, fread character 12D 13F
1D02, 3D01: readr numeric 100 30, fread character 1D02 3D01
12D, A7: readr character 12D A7, fread character 12D A7
of 10000 numbers differ: readr 2148, fread 0, read.csv 0; at most 9.2e-14 of the number'
observe_r <<'PROGRAM'
suppressMessages({library(readr); library(data.table)})

show <- function(first, second) {
  text <- paste("id", first, second, "", sep = "\n")
  guessed <- read_csv(I(text), show_col_types = FALSE)$id
  kept <- fread(text = text)$id
  cat(sprintf("%s, %s: readr %s %s, fread %s %s\n", first, second, class(guessed), paste(guessed, collapse = " "),
              class(kept), paste(kept, collapse = " ")))
}
show("12D", "13F")
show("1D02", "3D01")
show("12D", "A7")
set.seed(1)
sales <- runif(10000)
writeLines(c("sales", sprintf("%.17g", sales)), "sales.csv")
guessed <- read_csv("sales.csv", show_col_types = FALSE)$sales
differ <- c(sum(guessed != sales), sum(fread("sales.csv")$sales != sales), sum(read.csv("sales.csv")$sales != sales))
cat(sprintf("of 10000 numbers differ: readr %d, fread %d, read.csv %d;", differ[1], differ[2], differ[3]))
cat(sprintf(" at most %.1e of the number\n", max(abs(guessed - sales) / sales)))
PROGRAM
