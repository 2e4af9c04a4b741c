"""Drawings of published numbers, and the data behind each, in one style."""
