"""Figures and the HTML report, from published tables."""
