"""Productivity distributions and welfare gains from trade, from an establishment census."""

__version__ = "0.1.0"
