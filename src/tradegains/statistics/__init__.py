"""Exact medians, quantiles and moments in a few passes: the room that runs actions."""
