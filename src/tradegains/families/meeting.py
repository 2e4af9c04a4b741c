"""Whether inputs that name establishments meet those of the census.

Ids are matched as they are written, but for blanks around them: 1003 does not meet 0001003. An
input of which nothing is met changes no number, and the results would look as if it had none to
change. So it is refused, and one of which little is met is told. Messages give counts, never ids.
"""

import logging
from typing import TYPE_CHECKING

from tradegains.errors import InputError, Problem
from tradegains.families.context import RunContext
from tradegains.study import Window

if TYPE_CHECKING:  # a study may do without regressions, and then does not wait for their modules
    from tradegains.families.regression_context import RegressionContext

log = logging.getLogger("tradegains")

LITTLE = 0.05
"""Share below which it is told how much is met."""
_CURE = "write its ids as the census does (leading zeros, text or whole numbers)"


def judge_links(context: RunContext, met: int) -> None:
    """Refuse successors none of whose old ids is in the census, tell of such as have few there.

    Args:
        context: the run, with its links.
        met: how many of the replaced ids are in the years that the study reads.

    Raises:
        InputError: none is.
    """
    links, where = len(context.small.successors), "input successors"
    if not met:
        what = "no id that the links replace is in the years of the census that the study reads"
        raise InputError(Problem(what, where, links, f"{_CURE}, or leave successors out"))
    if met < LITTLE * links:
        told = "%s: of %s replaced ids, %s are in the years of the census that the study reads"
        log.warning(told, where, f"{links:,}", f"{met:,}")


def judge_own_cuts(context: "RegressionContext", window: Window, *, rows: int, own: int) -> None:
    """Refuse products that give no establishment a cut of its own, tell of such as give few.

    What is met is looked up only where a window has few such cuts.

    Args:
        context: regressions with the products, if the study has them.
        window: the window that is looked at.
        rows: its establishments.
        own: those of them with a cut of their own.

    Raises:
        InputError: no product has a cut, or no establishment with one is in the census.
    """
    if context.plant_cuts is None or own > LITTLE * rows or not rows:
        return
    where = "input plant_products"
    having, met = context.met_by_products
    if not having:
        cure = "write the product codes as in product_tariffs, with the same length"
        raise InputError(Problem("no product has a cut in product_tariffs", where, cure=cure))
    if not met:
        what = "no establishment with a product that has a cut is in the census"
        raise InputError(Problem(what, where, having, f"{_CURE}, or leave plant_products out"))
    told = "%s: of %s establishments with a product that has a cut, %s are in the census"
    told += "; in the window %s %s of %s establishments have a cut of their own"
    log.warning(told, where, *(f"{each:,}" for each in (having, met)), window.name, own, rows)
