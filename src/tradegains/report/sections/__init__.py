"""Sections of the report, a module each: `section(run)` gives what it shows and what it lacks."""
