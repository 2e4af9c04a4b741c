"""What a study names, read and judged: for a check, which lists, and for a run, which raises."""
