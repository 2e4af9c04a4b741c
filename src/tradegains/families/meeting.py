"""Whether inputs that name establishments or industries meet those of the census.

Ids are matched as they are written, but for blanks around them: 1003 does not meet 0001003. An
input of which nothing is met changes no number, and the results would look as if it had none to
change. So it is refused, and one of which little is met is told. Messages give counts, never ids.
"""

import logging
import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from tradegains.errors import InputError, Problem
from tradegains.families.context import RunContext
from tradegains.results.market_cells import MarketCells
from tradegains.results.regressions import CutCounts
from tradegains.study import Window
from tradegains.tables import working as w

if TYPE_CHECKING:  # a study may do without regressions, and then does not wait for their modules
    from tradegains.families.regression_context import RegressionContext

log = logging.getLogger("tradegains")

LITTLE = 0.05
"""Share below which it is told how much is met."""
SELECTED = 0.1
"""How far the shares with products may differ between outcomes before it is told ..."""
BY_CHANCE = 2.0
"""... and by how many standard errors, for few establishments differ by chance."""
HALF = 0.5
"""Share of the census's rows below which it is told how many a table by industry serves."""
BY_INDUSTRY = ("tariff_cuts", "elasticities", "control_totals", "imports")
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


def tell_industries(context: RunContext, cells: MarketCells) -> None:
    """Tell of tables by industry that have few of the census's rows that stay in the study.

    And of imports, what is of industries that the census has nobody in: the whole economy's market
    includes them.
    """
    rows = {
        code: amounts.establishments
        for code, amounts in cells.amounts_by_code(cells[w.INDUSTRY]).items()
        if code is not None
    }
    everyone = sum(rows.values())
    for name in BY_INDUSTRY if everyone else ():
        for kind in sorted({row.get("kind", "") for row in getattr(context.small, name)}):
            table = [r for r in getattr(context.small, name) if r.get("kind", "") == kind]
            codes = {row["industry"] for row in table}
            digits, where = len(next(iter(codes))), f"input {name}"
            named = f" of the kind {kind}" if kind else ""
            met = sum(count for code, count in rows.items() if code[:digits] in codes)
            if met < HALF * everyone:
                told = "%s: the industries of the table%s have %.2f percent of the census's rows"
                log.warning(told, where, named, 100 * met / everyone)
    _tell_imports_of_others(context, set(rows))


def _tell_imports_of_others(context: RunContext, codes: set[str]) -> None:
    """Say which share of imports is of industries without any establishment."""
    if "table" not in context.study.trade.imports:
        return
    of_all, of_others = 0.0, 0.0
    for (code, year), value in sorted(context.imports.items()):
        if year in context.study.years:
            of_all += value
            of_others += value * (not any(each.startswith(code) for each in codes))
    if of_others:
        told = "input imports: %.2f percent of imports are of industries that the census has no "
        told += "establishment in; the market of the whole economy includes them"
        log.warning(told, 100 * of_others / of_all)


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
    if context.plant_cuts is None or own > LITTLE * rows:
        return
    where = "input plant_products"
    having, met = context.met_by_products
    if not having:
        cure = "write the product codes as in product_tariffs, with the same length"
        what = "no product that is worth anything has a cut in product_tariffs"
        raise InputError(Problem(what, where, cure=cure))
    if not met:
        what = "no establishment with a product that has a cut is in the census"
        raise InputError(Problem(what, where, having, f"{_CURE}, or leave plant_products out"))
    told = "%s: of %s establishments with a product that has a cut, %s are in the census"
    told += "; in the window %s %s of %s establishments have a cut of their own"
    log.warning(told, where, *(f"{each:,}" for each in (having, met)), window.name, own, rows)


def selection_note(
    context: "RegressionContext",
    window: Window,
    outcomes: Mapping[str, CutCounts | None],
    kinds: Sequence[str],
) -> str:
    """What is said, and logged, where an industry's cut stands in for own ones by the outcome.

    Products are often known of a later year only. The survivors then have cuts of their own and
    the others their industry's, and any difference between the two becomes a slope: with products
    of survivors alone, one point on all product cuts made a slope of 0 one of -0.058 with t = -47.

    Args:
        context: regressions with the products, if the study has them.
        window: the window that is looked at.
        outcomes: what is explained, in words, and the cuts of those with each outcome.
        kinds: of tariff that the regression uses.

    Returns:
        Empty where nothing stands in, or where it does as often with either outcome.
    """
    told = {name: cuts for name, cuts in outcomes.items() if cuts is not None and cuts.complete}
    stands_in = context.plant_cuts is not None and context.choices.without_products != "leave_out"
    if not stands_in or len(told) < 2:
        return ""
    for kind in kinds:
        if _depends(*((cuts.own[kind], cuts.complete) for cuts in told.values())):
            counts = " and ".join(
                f"{cuts.own[kind]:,} of {cuts.complete:,} that {name}"
                for name, cuts in told.items()
            )
            what = f"{kind} cuts are of their own products for {counts}; the industry's cut stands "
            what += "in where the outcome is such, which makes a slope of its own"
            log.warning("window %s: %s", window.name, what)
            return what
    return ""


def _depends(first: tuple[int, int], second: tuple[int, int]) -> bool:
    """Whether so many of so many are another share than of the others, not only by chance."""
    (own, all_of), (other, others) = first, second
    whole = (own + other) / (all_of + others)
    error = math.sqrt(whole * (1.0 - whole) * (1.0 / all_of + 1.0 / others))
    apart = abs(own / all_of - other / others)
    return whole > 0.0 and apart > max(SELECTED, BY_CHANCE * error)
