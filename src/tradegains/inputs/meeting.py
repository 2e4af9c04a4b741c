"""Whether inputs that name industries or establishments meet the census at all.

Decision: an input of which nothing is met is refused, whichever it is. It would change no number,
and results would look as if it had none to change. Read from the census's files without an engine,
so that a check refuses it too. A table that serves little is told of by `families/meeting.py`.
"""

from collections.abc import Iterator, Mapping
from typing import Any

from tradegains.errors import Problem
from tradegains.inputs.small import Rows, SmallInputs
from tradegains.store.alike import distinct, has_any
from tradegains.store.census import CensusFiles
from tradegains.store.industry_codes import codes_by_year
from tradegains.study import Study

BY_INDUSTRY = (
    "prices", "tariff_cuts", "elasticities", "control_totals", "imports", "rankings",
    "industry_controls",
)  # fmt: skip
"""Small tables whose codes are compared with the first digits of the census's."""


def meeting_problems(study: Study, census: CensusFiles, small: SmallInputs) -> Iterator[Problem]:
    """Tables by industry, or kinds and variables of one, and links that meet nothing."""
    if any(getattr(small, name) for name in BY_INDUSTRY):
        codes = _codes(study, census, small)
        for name in BY_INDUSTRY if codes else ():
            yield from _industry_problems(name, getattr(small, name), codes)
    replaced = distinct(row["old"] for row in small.successors)
    if small.successors and not has_any(census, replaced):
        what = "no id that the links replace is in the years of the census that the study reads"
        cure = "write its ids as the census does (leading zeros, text or whole numbers), or leave "
        yield Problem(what, "input successors", len(small.successors), f"{cure}successors out")


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
