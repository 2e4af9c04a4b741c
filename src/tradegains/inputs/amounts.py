"""Columns mapped to amounts that hold none: a yes or no, or a share.

Decision: a column of 0 and 1 is refused, unless the study says that it is meant: exports of one
money unit look like any others, and welfare would hardly notice. Shares are told of: they may be
amounts in billions. Values are read until one is seen that decides.
"""

import logging
from collections.abc import Iterator

from tradegains.errors import Problem
from tradegains.store.amounts import all_flags, largest_within
from tradegains.store.census import CensusFiles
from tradegains.study import Study
from tradegains.study.model import AMOUNTS

log = logging.getLogger("tradegains")

_CURE = (
    "map the amount; or, where a yes or no is meant, state it in flags_as_amounts under [census]"
)
_HIGHEST = ((1.0, "from 0 to 1"), (100.0, "at most 100"))
_FAR = 100.0
"""How many times the bound of shares sales are, where they are amounts and exports may be none."""


def flag_problems(study: Study, census: CensusFiles) -> Iterator[Problem]:
    """Columns of amounts that are 0 or 1 in every row."""
    stated = study.census.flags_as_amounts or ()
    for name in AMOUNTS:
        if name in census.inside and name not in stated and all_flags(census, name):
            column = census.inside[name]
            what = f"column {column!r} ({name}) is 0 or 1 in every row: a yes or no, not an amount"
            yield Problem(what, "the census", cure=_CURE)


def tell_shares(study: Study, census: CensusFiles) -> None:
    """Say where exports look like shares of sales."""
    if "exports" not in census.inside or "exports" in (study.census.flags_as_amounts or ()):
        return
    for highest, told in _HIGHEST:
        if largest_within(census, "exports", highest) is None:
            continue
        if largest_within(census, "sales", highest * _FAR) is None:
            log.warning(
                "exports are %s in every row, and sales are not: are they shares? `tradegains "
                "convert` makes amounts of them (share_of)",
                told,
            )
        return
