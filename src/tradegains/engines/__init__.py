"""How each engine starts, runs and ends; `tradegains.engines.start` is the door to it."""
