"""Attempts to break what is promised of publication: run them with `make stress`."""
