"""Formulas of the method in plain Python: standard library only, one module per topic."""
