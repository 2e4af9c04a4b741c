"""The passes over a run's rows, one module per family of published tables.

Each is a function of the run's context and its matched rows. A pass that a study may do
without first asks for it, and says under `absent` why its tables are not there; it imports what
it computes with only then, so that no run waits for the modules of another study.
"""
