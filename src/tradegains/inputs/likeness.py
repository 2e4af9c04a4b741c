"""Ids and codes that would meet their counterparts, were they written alike: refused by name.

Matched as they are, such ids make entrants and exiters of establishments that stay, links that
repair nothing, and products without a cut. Messages give counts, never an id.
"""

import logging
from collections.abc import Iterator

from tradegains.errors import Problem
from tradegains.inputs.small import SmallInputs
from tradegains.store.alike import (
    ESTABLISHMENT_ID,
    DistinctTexts,
    all_of,
    almost,
    any_in,
    census_ids,
    distinct,
    shortened,
    words_among,
)
from tradegains.store.census import CensusFiles
from tradegains.store.product_rows import ProductRows
from tradegains.store.row_tables import PLANT_PRODUCTS
from tradegains.study import Study
from tradegains.study.words import MISSING_IDS, TOTALS_OF_IDS

log = logging.getLogger("tradegains")

MANY = 0.02
"""Share of a year's ids from which it is not a few establishments but the way of writing."""
_APART = "in case, blanks, signs, zeros in front or the form of accents only"
_CURE = "write ids alike everywhere; `tradegains convert` does (case, trim, digits)"


def likeness_problems(
    study: Study, census: CensusFiles | None, small: SmallInputs, products: ProductRows
) -> Iterator[Problem]:
    """Ids of years that are brought together, of links and of products, and codes of products."""
    pairs = compared_years(study)
    years = {year for pair in pairs for year in pair}
    if census is not None and census.types[ESTABLISHMENT_ID] == "string":
        known = census_ids(census, years)
        yield from _between_years(pairs, known, "")
        everyone = all_of(known.values())
        yield from _no_ids(everyone)
        links = distinct(each[end] for each in small.successors for end in ("old", "new"))
        yield from _side(links, everyone, "successors")
        yield from _side(products.ids, everyone, PLANT_PRODUCTS)
    if census is not None and census.types.get("enterprise_id") == "string":
        known = census_ids(census, years, "enterprise_id")
        yield from _between_years(pairs, known, " of enterprises")
    yield from _product_problems(small, products.codes)


def _product_problems(small: SmallInputs, codes: DistinctTexts) -> Iterator[Problem]:
    tariffs = distinct(each["product"] for each in small.product_tariffs)
    if not len(tariffs):
        return
    where = f"input {PLANT_PRODUCTS}"
    if count := almost(codes, tariffs, codes=True):
        what = "product codes differ from those of product_tariffs in case, dots, dashes, blanks "
        what += "or zeros in front only"
        yield Problem(what, where, count, "write the codes of both tables alike")
    elif len(codes) and not any_in(codes, tariffs):
        what = "no product that is worth anything has a cut in product_tariffs"
        cure = "write the product codes as in product_tariffs, with the same length"
        yield Problem(what, where, cure=cure)


def compared_years(study: Study) -> list[tuple[int, int]]:
    """Pairs of years whose ids are brought together: ends of windows, and years beside another."""
    pairs = {(window.start, window.end) for window in study.windows}
    if study.matching.annual or "every_year" in study.matching.continuing:
        years = {year for window in study.windows for year in range(window.start, window.end + 1)}
        pairs |= {(year, year + 1) for year in years if year + 1 in years}
    return sorted(pairs)


def _no_ids(ids: DistinctTexts) -> Iterator[Problem]:
    """Ids that are words for a total or for what is missing, and numbers that lost digits."""
    where = "the census"
    if names := words_among(ids, TOTALS_OF_IDS):
        what = f"an id is {' and '.join(names)}: a row that adds up "
        cure = "leave it out; `tradegains convert` does (absent)"
        yield Problem(f"{what}establishments counts as one", where, len(names), cure)
    if names := words_among(ids, MISSING_IDS):
        what = f"an id is {' and '.join(names)}: what is missing counts as an establishment"
        cure = "leave it out; `tradegains convert` does (missing, absent)"
        yield Problem(what, where, len(names), cure)
    if count := shortened(ids):
        what = "ids are numbers that a spreadsheet has shortened (as 1.2E+08): digits are lost"
        cure = "write the ids again from where they are whole, the column as text"
        yield Problem(what, where, count, cure)


def _between_years(
    pairs: list[tuple[int, int]], known: dict[int, DistinctTexts], of_whom: str
) -> Iterator[Problem]:
    for start, end in pairs:
        count = almost(known[start], known[end])
        if not count:
            continue
        where = f"the census, years {start} and {end}"
        what = f"ids{of_whom} of the two years differ {_APART}"
        if count >= MANY * min(len(known[start]), len(known[end])):
            yield Problem(f"{what}, and so match nothing", where, count, _CURE)
        else:
            log.warning("%s: %s %s, and count as different ones", where, count, what)


def _side(ids: DistinctTexts, known: DistinctTexts, name: str) -> Iterator[Problem]:
    if len(ids) and (count := almost(ids, known)):
        yield Problem(f"ids differ from the census's {_APART}", f"input {name}", count, _CURE)
