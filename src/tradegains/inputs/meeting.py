"""Whether inputs that name industries or establishments meet the census at all.

Decision: an input of which nothing is met is refused, whichever it is. It would change no number,
and results would look as if it had none to change. Read from the census's files without an engine,
so that a check refuses it too. A table that serves little is told of by `families/meeting.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tradegains.errors import Problem
from tradegains.inputs.small import Rows, SmallInputs
from tradegains.store.alike import distinct, have_common_ids, met_by
from tradegains.store.census import CensusFiles
from tradegains.store.industry_codes import codes_by_year
from tradegains.store.product_rows import ProductRows
from tradegains.store.row_tables import PLANT_PRODUCTS
from tradegains.study import Study

BY_INDUSTRY = (
    "prices", "tariff_cuts", "elasticities", "control_totals", "imports", "rankings",
    "industry_controls",
)  # fmt: skip
"""Small tables whose codes are compared with the first digits of the census's."""


def meeting_problems(
    study: Study, census: CensusFiles, small: SmallInputs, products: ProductRows
) -> Iterator[Problem]:
    """Tables by industry, or kinds and variables of one, links and products that meet nothing."""
    if any(getattr(small, name) for name in BY_INDUSTRY):
        codes = _codes(study, census, small)
        for name in BY_INDUSTRY if codes else ():
            yield from _industry_problems(name, getattr(small, name), codes)
    yield from _id_problems(census, small, products)
    for window in study.windows if not small.successors else ():
        if not have_common_ids(census, window.start, window.end):
            cure = "write ids alike in both years (`tradegains convert` does); where they were "
            cure += "numbered anew, link them by [inputs] successors"
            what = "no establishment is in both years of a window: no id is"
            yield Problem(what, f"the census, years {window.start} and {window.end}", cure=cure)


def _id_problems(
    census: CensusFiles, small: SmallInputs, products: ProductRows
) -> Iterator[Problem]:
    """Links and products of nobody: the ids of both are looked for at once."""
    replaced = distinct(row["old"] for row in small.successors)
    given = {
        name: ids
        for name, ids in (("successors", replaced), (PLANT_PRODUCTS, products.served))
        if len(ids)
    }
    if not given:
        return
    met = dict(zip(given, met_by(census, *given.values()), strict=True))
    if not met.get("successors", True):
        what = "no id that the links replace is in the years of the census that the study reads"
        cure = "write its ids as the census does (leading zeros, text or whole numbers), or leave "
        yield Problem(what, "input successors", len(small.successors), f"{cure}successors out")
    if not met.get(PLANT_PRODUCTS, True):
        what = "no establishment with a product that has a cut is in the census"
        cure = "write its ids as the census does, or leave plant_products out"
        yield Problem(what, f"input {PLANT_PRODUCTS}", len(products.served), cure)


def _codes(study: Study, census: CensusFiles, small: SmallInputs) -> set[str]:
    """Codes of the census, and what its concordance makes of them."""
    by_year = codes_by_year(census, digits=study.census.industry_digits)
    codes = set[str]().union(*by_year.values())
    return codes | {row["new"] for row in small.concordance if row["old"] in codes}


def _industry_problems(name: str, table: Rows, codes: set[str]) -> Iterator[Problem]:
    rows = [row for row in table if row.get("industry")]
    for part in sorted({_part(row) for row in rows}):
        named = {row["industry"] for row in rows if _part(row) == part}
        if not any(code.startswith(tuple(named)) for code in codes):
            of_part = f" of {part}" if part else ""
            what = f"no industry of the table{of_part} is one of the census, so that it changes "
            cure = "write its codes as the census's are, after its concordance; or leave it out"
            yield Problem(f"{what}nothing", f"input {name}", len(named), cure)


def _part(row: Mapping[str, Any]) -> str:
    """The rows that a table's row is used with: of a kind of tariff, or a variable."""
    return row.get("kind") or row.get("variable") or ""
