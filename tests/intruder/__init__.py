"""An intruder against releases, written from the rules alone and not from the code that protects.

It draws small censuses, has the gate decide what leaves, and then concludes all that can be
concluded from what left: by linear programs, in the roles of an outsider, of a contributor who knows
its own amounts, and of somebody who kept the release before. `python -m intruder` repeats it as
often as asked; a few hundred releases are in the suite.
"""
