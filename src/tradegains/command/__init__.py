"""The command `tradegains`: its arguments, what each command does, and what a check finds."""
