"""Conditions of a study on columns of the census."""
