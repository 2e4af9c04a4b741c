"""The passes over a run's rows, one module per family of published tables."""
