"""Words that claim more than their numbers hold, which a referee found once, stay away."""

import re
from pathlib import Path

import pytest

from tradegains.tables.published import TABLES

ROOT = Path(__file__).parents[2]
PAGES = (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))
SOURCES = tuple(
    path
    for room in ("report", "published", "figures", "tables", "results", "command")
    for path in sorted((ROOT / "src" / "tradegains" / room).rglob("*"))
    if path.suffix in (".py", ".j2")
)
CLAIMS = {
    "a cause, where other things moved welfare too": r"raised welfare by|answers this",
    "markups, quality and variety are left aside as well": r"net of (?:productivity|within-plant)",
    "terms of an identity": r"imports [+−-]?\d[\d.]*, entry and exit",
    "who buys the industry's goods gains": r"industries gain\b(?! more than the others)",
    "rows without controls": r"due to cuts\b",
    "a fall is no gain": r"gain more by\b",
    "Melitz and Redding's formula": r"HLOY in a lognormal",
    "gross destruction of all jobs is not the net effect of cuts": r"\b41\.8\b",
    "literature is quoted on the page": r"every number on this page comes from a generated census;",
    "one article is enough": r"\ba a\b",
    "there are levels now": r"only level total",
    "probabilities due to the cut, not rates of starters": r"rate over that of quartile 1",
    "Trefler's 12 percent are net": r"comparable figure is gross",
}
SAID = {
    ("moments", "sd"): "divisor the total weight",
    ("dispersion", "sd"): "divisor the total weight",
    ("export_entry", "ratio_to_bottom"): "not a ratio of starter rates",
}


@pytest.mark.parametrize("why", list(CLAIMS))
def test_no_page_and_no_sentence_of_the_report_claims_it_again(why):
    claim = re.compile(CLAIMS[why], re.IGNORECASE)
    found = [
        f"{path.relative_to(ROOT)}: {match.group()}"
        for path in (*PAGES, *SOURCES)
        for match in claim.finditer(" ".join(path.read_text(encoding="utf-8").split()))
    ]
    assert found == []


@pytest.mark.parametrize(("table", "column"), list(SAID))
def test_a_column_says_which_of_two_numbers_it_is(table, column):
    assert SAID[table, column] in TABLES[table].column(column).meaning


def test_every_claim_would_be_seen():
    said = (
        "CUSFTA raised welfare by 5.10. It is net of productivity growth: imports +9.53, entry "
        "and exit −4.42. 13 of 22 industries gain. Exit due to cuts. They gain more by −1.07. "
        "HLOY in a lognormal economy. 41.8 percent. Every number on this page comes from a "
        "generated census; no plant is in it. a a Pareto. Only level total so far. "
        "Ratio: rate over that of quartile 1. The comparable figure is gross destruction."
    )
    assert [why for why, each in CLAIMS.items() if not re.search(each, said, re.IGNORECASE)] == []
