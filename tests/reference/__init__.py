"""The reference engine: the whole study on a list of rows, in plain Python.

It shares no code with the engines it judges. Every rule is written as a statistician would say it:
lists, sets and exact fractions, one pass per sentence, and no thought for speed.
"""

from reference.engine import measure

__all__ = ["measure"]
