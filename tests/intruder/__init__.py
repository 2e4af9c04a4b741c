"""An intruder against releases, written from the rules alone and not from the code that protects.

It draws small censuses, has the gate decide what leaves, and then concludes all that can be
concluded from what left: by linear programs, as an outsider, as a contributor who knows its own
amounts, and as somebody who kept the release before. `make intruder` repeats it ten thousand
times; some are in the suite.
"""
