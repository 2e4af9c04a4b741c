#!/usr/bin/env bash
# haven 2.5.1 (Debian): a missing code of SPSS (99, read with user_na = TRUE) is missing for is.na(), and counts as
# 99 in mean(na.rm = TRUE), sum and complete.cases; weighted.mean and lm leave it out. Binding two waves whose codes
# differ drops the codes of both, multiplying makes 198 of 99, and in a Stata or SAS file it is 99. Expected: one
# answer, that of is.na(). No warnings. Establishments that did not answer have 99 jobs in the total.
source "$(dirname "$0")/environment"
prepare_debian r-cran-haven==2.5.1-1 r-cran-dplyr==1.0.10-1
expected='is.na FALSE FALSE TRUE
mean 34, sum 102, weighted mean 1.5
complete cases 3, rows in lm 2
doubled 2 4 198, of which missing 0
two waves, of which missing 0: 1 99 98
written to dta 1 2 99, to xpt 1 2 99, to sav 1 2 NA'
observe_r <<'PROGRAM'
suppressMessages({ library(haven); library(dplyr) })
options(warn = 2)

write_sav(data.frame(jobs = labelled_spss(c(1, 2, 99), na_values = 99)), "plants.sav")
jobs <- read_sav("plants.sav", user_na = TRUE)$jobs
cat("is.na", is.na(jobs), fill = TRUE)
weighted <- weighted.mean(jobs, c(1, 1, 1), na.rm = TRUE)
cat("mean ", mean(jobs, na.rm = TRUE), ", sum ", sum(jobs, na.rm = TRUE), ", weighted mean ", weighted, "\n", sep = "")
plants <- data.frame(jobs, sales = c(3, 5, 4))
cat("complete cases ", sum(complete.cases(plants)), ", rows in lm ", nobs(lm(sales ~ jobs, plants)), "\n", sep = "")
cat("doubled ", paste(jobs * 2, collapse = " "), ", of which missing ", sum(is.na(jobs * 2)), "\n", sep = "")
second <- data.frame(jobs = labelled_spss(98, na_values = 98))
waves <- bind_rows(plants[c(1, 3), "jobs", drop = FALSE], second)$jobs
cat("two waves, of which missing ", sum(is.na(waves)), ": ", paste(waves, collapse = " "), "\n", sep = "")
write_dta(plants, "plants.dta")
write_xpt(plants, "plants.xpt")
written <- list(read_dta("plants.dta")$jobs, read_xpt("plants.xpt")$jobs, read_sav("plants.sav")$jobs)
cat("written", paste("to", c("dta", "xpt", "sav"), sapply(written, paste, collapse = " "), collapse = ", "), fill = 100)
PROGRAM
