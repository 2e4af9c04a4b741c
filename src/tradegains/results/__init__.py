"""Small collected cells into the rows of the published tables, one module per topic."""
