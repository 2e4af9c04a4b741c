"""Dispersion inside industries as the US Dispersion Statistics on Productivity print it."""

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from tradegains.formulas.quantiles import quantile
from tradegains.published.printing import count, fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.data import rows_csv
from tradegains.report.page_table import Cell, Footnotes, PageTable, names
from tradegains.tables.published import TABLES

NAME = "dispersion"
TITLE = TABLES[NAME].title
MEASURES = ("sd", "d7525", "d9010", "d9990", "d1001", "theil")
HEADER = ("sd", "75–25", "90–10", "99–90", "10–1", "Theil")
SPREAD = "d9010"
Row = Mapping[str, Any]


def dispersion(run: PublishedRun) -> PageTable | None:
    """The simple mean over industries of every year, and how far industries differ."""
    means = run.rows(NAME, level="industries_mean")
    if not means:
        return None
    means.sort(key=lambda row: (row["weighting"] != "unweighted", row["year"]))
    marks = Footnotes()
    rows = tuple(_line(run, row, marks) for row in means)
    every = sorted(
        run.rows(NAME), key=lambda row: (row["year"], row["industry"] or "", row["weighting"])
    )
    return PageTable(
        title=TITLE,
        unit="log points, Theil without unit; means over industries; quarters of industries by "
        "their 90–10 spread",
        header=("weights", "year", "industries", "n", *HEADER, "lower", "upper"),
        groups=(("", 4), ("mean over industries", len(MEASURES)), ("quartiles of 90–10", 2)),
        rows=rows,
        stub=2,
        notes=marks.notes,
        remark=(
            f"Every {run.industry_digits}-digit industry with {means[0]['n_min']} establishments "
            "or more counts once; the quartiles are over the same industries. Weights are those "
            "inside an industry. Theil is Theil's index of the level of productivity, the other "
            "measures are of its logarithm. n in establishments. Layout of the Dispersion "
            "Statistics on Productivity."
        ),
        data=(rows_csv(run, NAME, every),),
    )


def _line(run: PublishedRun, row: Row, marks: Footnotes) -> tuple[Cell, ...]:
    """A year's means and the quartiles over industries."""
    reason = row["note"] or "not computed by the version that made this run"
    numbers = [*(row[name] for name in MEASURES), *_quartiles(run, row)]
    return (
        *names([row["weighting"], str(row["year"])]),
        Cell(count(row["industries"])),
        Cell(count(row["establishments"])),
        *(marks.cell(None if each is None else fixed(each, 3), reason) for each in numbers),
    )


def _quartiles(run: PublishedRun, mean: Row) -> Sequence[float | None]:
    """The spread that a quarter of the mean's industries stay below, and a quarter exceed."""
    alike = run.rows(NAME, level="industry4", year=mean["year"], weighting=mean["weighting"])
    values = [
        row[SPREAD]
        for row in alike
        if (row["establishments"] or 0) >= mean["n_min"] and row[SPREAD] is not None
    ]
    # In a release some may be withheld: quartiles of the others are not those of all.
    if not values or len(values) < mean["industries"]:
        return None, None
    return quantile(values, Fraction(1, 4)), quantile(values, Fraction(3, 4))
