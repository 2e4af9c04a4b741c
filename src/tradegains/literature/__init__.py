"""Published numbers with their citations, for comparison only."""
