"""A release in plain words: what leaves, what does not and why, and what nobody guarantees."""

from collections.abc import Mapping

from tradegains.release.gate import GatedTable
from tradegains.release.protection import COMPLEMENT, DIFFERENCE, EARLIER
from tradegains.release.rules import Rules
from tradegains.release.samples import NO_EVIDENCE, OTHER_EVIDENCE

REASONS = {
    "contributors": "too few enterprises or establishments behind it",
    "dominance": "its largest contributors hold too much of it (n, k)",
    "prior_posterior": "a contributor could tell the largest too closely (p percent)",
    COMPLEMENT: "with it a number that is withheld could be computed",
    DIFFERENCE: "it differs from another by too few, or by somebody too large",
    EARLIER: "it differs from what left before by few, or by somebody large",
    "degrees_of_freedom": "a spread of too few, or a regression with too few to spare",
    "dominance_of_deviations": "an outlier, or a large one far out, has most of a spread",
    "dominance_of_squares": "one or two units have most of the squares of an error",
    "replicates": "no group moves it, or it tells how many groups have a unit",
    "explained": "a regression that explains nearly all of what is in it",
    "few_per_effect": "a regression with too few rows for each effect that it absorbs",
    "crosstab": "dummies of which too few, or too large ones, are on a side",
    "position": "too few are beyond the quantile, or no released bins tell it",
    "bins": "bins were brought together, or too many have too few in them",
    "other_base": "productivity of the year leaves under other medians",
    "group": "it says that nobody or everybody of a group does something",
    NO_EVIDENCE: "what it rests on is not known",
    OTHER_EVIDENCE: "the evidence is not of this number",
}
"""Why a number is withheld, in words."""


_GUARANTEE = """\
A number leaves only if every sum behind it leaves. A sum stays where it
breaks a rule or where, with what else leaves or has left, it would give such
a sum back: to an outsider, or to one contributor who knows its own amounts.
An error leaves only with its number, and an interval only with its error.

Not guaranteed: against who knows amounts from elsewhere, against several
contributors together, and against what somebody guesses from numbers that
are no sums.

cells/ has every number with its class, its rule and what it rests on; sums.csv
every sum, and differences.csv the nested sets that were looked at;
described.csv whom statistics that are no sums are of, squares.csv whose
squares errors are made of, samples.csv who is in regressions and
decompositions, and bins.csv the bins of histograms. Nothing here leaves.
"""


def table_lines(tables: Mapping[str, GatedTable]) -> list[str]:
    """For each table how many of its numbers leave, and why others do not."""
    lines = []
    for name, table in tables.items():
        withheld = sum(table.reasons.values())
        lines.append(f"{name}: {table.numbers - withheld:,} of {table.numbers:,} numbers leave")
        lines += [
            f"  {count:,} withheld: {REASONS.get(reason, reason)}"
            for reason, count in sorted(table.reasons.items(), key=lambda each: (-each[1], each))
        ]
    return lines


def memo(
    tables: Mapping[str, GatedTable], rules: Rules, *, run: str, changed: int | None, number: int
) -> str:
    """The memo to the checker."""
    since = (
        "It is the first release of this output."
        if changed is None
        else f"Since the release before, {changed:,} sums changed between leaving and staying."
    )
    return "\n".join(
        [
            f"Release {number} of this output, of run {run}, by the rules {rules.profile.name}",
            f"({rules.profile.purpose}).",
            "",
            since,
            "",
            *table_lines(tables),
            "",
            _GUARANTEE,
        ]
    )
