# Made the two files beside this one, with R 4.2.2 and bit64 4.0.5: Rscript plants_of_r.R
library(bit64)
rows <- data.frame(
  plant = as.integer64(c("9007199254740993", "9007199254740995", NA)),
  year = c(1990L, 1990L, 1991L),
  isic = factor(c("0111", "1511", "0111")),
  sales = c(0.1, NA, 3.5),
  exports = c(TRUE, NA, FALSE),
  opened = as.Date(c("1988-01-01", NA, "1950-01-01"))
)
rows$closed <- structure(c(6574L, NA, -7305L), class = c("IDate", "Date"))
rows$seen <- as.POSIXct(c("1988-06-01 12:00:00", NA, "1988-12-01 12:00:00"), tz = "America/Toronto")
rows$size <- structure(c(1, 2, 1),
  label = "Size class", labels = c(small = 1, large = 2),
  class = c("haven_labelled", "vctrs_vctr", "double")
)
town <- c("Orl\xe9ans", NA, "York")
Encoding(town) <- "latin1"
rows$town <- town
saveRDS(rows, "plants_of_r.rds", version = 3)
other <- data.frame(a = 1:3)
save(rows, other, file = "plants_of_r.RData", compress = "xz")
