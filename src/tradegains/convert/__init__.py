"""Files of Stata, SAS, SPSS, spreadsheets, text and Parquet to a census by year, by a recipe."""
