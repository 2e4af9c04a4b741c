"""A synthetic census shaped like Canada 1978-1996, planted with the published results."""
