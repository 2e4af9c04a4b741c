"""The families of published tables, a module for each, and the passes that they are made of.

A family is a function of the run's context and its matched rows. It is called where the study has
what at least one of its tables is declared to need; it imports what it computes with only then, so
that no run waits for the modules of another study.
"""
