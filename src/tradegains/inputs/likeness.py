"""Ids and codes that would meet their counterparts, were they written alike: refused by name.

Matched as they are, such ids make entrants and exiters of establishments that stay, links that
repair nothing, and products without a cut. Messages give counts, never an id.
"""

import logging
from collections.abc import Iterator

from tradegains.errors import InputError, Problem
from tradegains.inputs.small import SmallInputs
from tradegains.store.alike import (
    DistinctTexts,
    all_of,
    almost,
    any_in,
    census_ids,
    distinct,
    has_any,
    product_texts,
    words_among,
)
from tradegains.store.census import CensusFiles
from tradegains.store.row_tables import PLANT_PRODUCTS
from tradegains.study import Study

log = logging.getLogger("tradegains")

MANY = 0.02
"""Share of a year's ids from which it is not a few establishments but the way of writing."""
SUMS = ("total", "totals", "totales", "suma", "insgesamt", "gesamt", "ensemble", "all plants")
"""Words that a table's last row has in the place of an id; shorter ones may be ids."""
_APART = "in case, blanks, zeros in front or the form of accents only"
_CURE = "write ids alike everywhere; `tradegains convert` does (case, trim, digits)"


def likeness_problems(
    study: Study, census: CensusFiles | None, small: SmallInputs
) -> Iterator[Problem]:
    """Ids of the ends of windows, of links and of products, and codes of products."""
    products = study.inputs.given().get(PLANT_PRODUCTS)
    ids, codes = _product_texts(products)
    if census is not None and census.types["establishment_id"] == "string":
        years = {year for window in study.windows for year in (window.start, window.end)}
        known = census_ids(census, years)
        yield from _between_years(study, known)
        everyone = all_of(known.values())
        yield from _totals(everyone)
        links = distinct(each[end] for each in small.successors for end in ("old", "new"))
        yield from _side(links, everyone, "successors")
        yield from _side(ids, everyone, PLANT_PRODUCTS)
    tariffs = distinct(each["product"] for each in small.product_tariffs)
    if census is not None and len(ids) and not has_any(census, ids):
        what = "no establishment with a product that has a cut is in the census"
        cure = "write its ids as the census does, or leave plant_products out"
        yield Problem(what, f"input {PLANT_PRODUCTS}", len(ids), cure)
    if len(tariffs) and (count := almost(codes, tariffs, signs=True)):
        what = "product codes differ from those of product_tariffs in case, dots, dashes, blanks "
        what += "or zeros in front only"
        cure = "write the codes of both tables alike"
        yield Problem(what, f"input {PLANT_PRODUCTS}", count, cure)
    elif len(tariffs) and len(codes) and not any_in(codes, tariffs):
        what = "no product that is worth anything has a cut in product_tariffs"
        cure = "write the product codes as in product_tariffs, with the same length"
        yield Problem(what, f"input {PLANT_PRODUCTS}", cure=cure)


def _totals(ids: DistinctTexts) -> Iterator[Problem]:
    """Ids that are words for a total: rows that add up the establishments, among them."""
    if names := words_among(ids, SUMS):
        what = f"an id is {' and '.join(names)}: a row that adds up "
        cure = "leave it out; `tradegains convert` does (absent)"
        yield Problem(f"{what}establishments counts as one", "the census", len(names), cure)


def _product_texts(path: str | None) -> tuple[DistinctTexts, DistinctTexts]:
    nothing = distinct(())
    if path is None:
        return nothing, nothing
    try:
        return product_texts(path)
    except InputError:  # told where the table is judged
        return nothing, nothing


def _between_years(study: Study, known: dict[int, DistinctTexts]) -> Iterator[Problem]:
    for start, end in sorted({(window.start, window.end) for window in study.windows}):
        count = almost(known[start], known[end])
        if not count:
            continue
        where = f"the census, years {start} and {end}"
        what = f"ids of the two years differ {_APART}"
        if count >= MANY * min(len(known[start]), len(known[end])):
            yield Problem(f"{what}, and so match nothing", where, count, _CURE)
        else:
            log.warning("%s: %s %s, and count as different establishments", where, count, what)


def _side(ids: DistinctTexts, known: DistinctTexts, name: str) -> Iterator[Problem]:
    if len(ids) and (count := almost(ids, known)):
        yield Problem(f"ids differ from the census's {_APART}", f"input {name}", count, _CURE)
