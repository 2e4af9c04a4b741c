"""How each engine starts, runs and ends; `tradegains.session` is the door to it."""
