"""Where productivity growth comes from: methods by terms, one table per window and share."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from tradegains.published.printing import count, fixed
from tradegains.published.published_run import PublishedRun
from tradegains.report.comparisons import PRICES
from tradegains.report.data import rows_csv
from tradegains.report.errors import brackets_in_words
from tradegains.report.page_table import Cell, Footnotes, PageTable, bracketed, names, plain
from tradegains.report.section import Section, or_missing, section_of
from tradegains.tables.published import TABLES

NAME = "decompositions"
TITLE = TABLES[NAME].title
ERRORS = TABLES[NAME].errors
METHODS = ("bhc", "bhc_relative", "fhk", "gr", "bg", "df", "mp")
LEVELS = ("total", "industry2_aggregated", "industry4_aggregated")
# Terms that stand in one column: what one method says of averages, another says of shares.
COLUMNS = {
    "within, or mean": ("within", "mean"),
    "between, or covariance": ("between", "covariance"),
    "cross": ("cross",),
    "entry": ("entry",),
    "exit": ("exit",),
    "between industries": ("between_industries",),
    "new industries": ("industry_entry",),
    "closed industries": ("industry_exit",),
    "not split": ("undecomposed",),
}
METHOD_NAMES = {"bhc_relative": "BHC, relative"}
AUTHORS = (
    "BHC: Baily, Hulten and Campbell, whose between, entry and exit hold productivity measured "
    "from 0 and so change with the money unit; BHC, relative: the same, measured from the mean of "
    "the first year (of the industry where terms are of industries), which does not; FHK: Foster, "
    "Haltiwanger and Krizan; GR: Griliches and Regev; BG: Baldwin and Gu; DF: Diewert and Fox; MP: "
    "Melitz and Polanec (mean and covariance)."
)
GROUPS = "decomposition_groups"
GROUPED = ("fhk", "gr", "bhc_relative", "mp", "olley_pakes")
OP = {"olley_pakes": "Olley and Pakes, change"}
SELDOM = ("new industries", "closed industries", "not split")
Row = Mapping[str, Any]
Terms = dict[tuple[str, str], dict[str, Row]]


def section(run: PublishedRun) -> Section:
    """A table per window and share, and the levels of Olley and Pakes."""
    found = or_missing(tuple(decompositions(run)), run, NAME, TITLE)
    return section_of("decompositions", "Growth and reallocation", "Growth, reallocation", *found)


def decompositions(run: PublishedRun) -> list[PageTable]:
    """A table per window and share, then the Olley-Pakes levels; none without rows."""
    rows = [row for row in run.rows(NAME, industry=None) if row["method"] in METHODS]
    found = {(row["window"], row["share"]) for row in rows}
    made = [
        _table(run, [row for row in rows if (row["window"], row["share"]) == (window, share)])
        for window in run.windows
        for share in sorted(name for of, name in found if of == window)
    ]
    levels = _olley_pakes(run)
    if made:
        made[0] = replace(made[0], remark=f"{made[0].remark} {AUTHORS}")
    made += _whom(run)
    return [*made, levels] if levels else made


def _whom(run: PublishedRun) -> Iterator[PageTable]:
    """Of each window and share: whom terms come from, and what part of growth they are."""
    rows = list(run.rows(GROUPS))
    for window in run.windows:
        for share in dict.fromkeys(row["share"] for row in rows):
            chosen = [row for row in rows if (row["window"], row["share"]) == (window, share)]
            if chosen:
                yield _groups_table(run, chosen)


def _groups_table(run: PublishedRun, rows: Sequence[Row]) -> PageTable:
    terms: Terms = {}
    for row in rows:
        if row["method"] in GROUPED:
            named = f"{_level(run, row['level'])}, {row['group']}"
            terms.setdefault((row["method"], named), {})[row["term"]] = row
    columns = tuple(list(COLUMNS)[:6])
    first, marks = rows[0], Footnotes()
    lines = tuple(
        (
            *names([METHOD_NAMES.get(method, OP.get(method, method.upper())), whose]),
            *(_share_cell(of, COLUMNS[name], marks) for name in columns),
            marks.cell(_hundredfold(next(iter(of.values()))["total"]), "no growth can be told"),
        )
        for (method, whose), of in sorted(terms.items(), key=lambda each: GROUPED.index(each[0][0]))
    )
    return PageTable(
        title=f"{TABLES[GROUPS].title}, {run.window_years(first['window'])}, "
        f"by shares of {first['share']}",
        unit="percent of growth; growth in 100 × log points",
        header=("method", "terms of", *columns, "growth"),
        rows=lines,
        stub=2,
        notes=marks.notes,
        remark=(
            "Each term as a part of the growth in its row: the terms of all add up to 100, and "
            "so do those of exporters and the others together. Exporters are those of the first "
            "year, entrants those that export in the last: who starts to export in between counts "
            "with the others. Decompositions say who accounts for growth, not what caused it; "
            "where growth is near 0 its parts are large and say little, and where it is below 0 a "
            "part above 0 lowers it. Reallocation in Pavcnik's sense is the covariance's part of "
            "the change of levels, here of the whole economy, which holds shifts between "
            "industries as well."
        ),
        data=(rows_csv(run, GROUPS, rows, suffix=f"_{first['window']}_{first['share']}"),),
    )


def _share_cell(of: Mapping[str, Row], terms: Sequence[str], marks: Footnotes) -> Cell:
    row = next((of[name] for name in terms if name in of), None)
    if row is None:
        return plain(None)
    share = row["share_of_total"]
    told = None if share is None else fixed(100 * share, 1)
    return marks.cell(told, row["note"] or "no share can be told")


def _table(run: PublishedRun, rows: Sequence[Row]) -> PageTable:
    """All methods of one window and share, at the level of all and summed over industries."""
    terms: Terms = {}
    for row in rows:
        terms.setdefault((row["level"], row["method"]), {})[row["term"]] = row
    shown = [key for key in COLUMNS if key not in SELDOM or _any(rows, COLUMNS[key])]
    marks, first = Footnotes(), rows[0]
    ordered = [
        (level, method) for level in LEVELS for method in METHODS if (level, method) in terms
    ]
    lines = tuple(_line(run, key, terms[key], shown=shown, marks=marks) for key in ordered)
    return PageTable(
        title=f"{TITLE}, {run.window_years(first['window'])}, by shares of {first['share']}",
        unit="100 × log points",
        header=("terms of", "method", *shown, "growth"),
        rows=lines,
        stub=2,
        notes=marks.notes,
        remark=_caption(run, rows) + brackets_in_words(run, rows),
        data=(rows_csv(run, NAME, rows, suffix=f"_{first['window']}_{first['share']}"),),
    )


def _line(
    run: PublishedRun,
    key: tuple[str, str],
    terms: Mapping[str, Row],
    *,
    shown: Sequence[str],
    marks: Footnotes,
) -> tuple[Cell, ...]:
    """The terms of a method; a dash where it has no such term."""
    level, method = key
    cells = []
    for column in shown:
        row = next((terms[name] for name in COLUMNS[column] if name in terms), None)
        if row is None:
            cells.append(plain(None))
        else:
            cells.append(_with_error(marks, row, "value", "no such term"))
    first = next(iter(terms.values()))
    return (
        *names([_level(run, level), METHOD_NAMES.get(method, method.upper())]),
        *cells,
        _with_error(marks, {**first, "note": ""}, "total", "no growth can be told"),
    )


def _with_error(marks: Footnotes, row: Row, name: str, absent: str) -> Cell:
    """A number with its standard error in brackets, or a dash marked with its reason."""
    value = _hundredfold(row[name])
    if value is None:
        return marks.cell(None, row["note"] or absent)
    return Cell(value, error=bracketed(row.get(ERRORS[name])))


def _hundredfold(value: float | None) -> str | None:
    return None if value is None else fixed(100 * value, 2)


def _shared_numerator(rows: Sequence[Row]) -> str:
    """What shares of sales have in common with productivity."""
    if all(row["share"] != "sales" for row in rows):
        return ""
    return (
        " Sales are (nearly) the numerator of productivity too: an error in them raises both, so "
        "that covariances and between and cross terms by shares of sales are partly mechanical."
    )


def _any(rows: Sequence[Row], terms: Sequence[str]) -> bool:
    """Whether a term that is seldom there is there."""
    return any(row["term"] in terms and row["establishments"] for row in rows)


def _level(run: PublishedRun, level: str) -> str:
    """Over what establishments are split."""
    digits = {"industry2_aggregated": run.group_digits, "industry4_aggregated": run.industry_digits}
    return f"{digits[level]}-digit industries" if level in digits else "the whole"


def _caption(run: PublishedRun, rows: Sequence[Row]) -> str:
    """Which establishments are behind it, deflation, and the methods' names."""
    first = rows[0]
    at_total = [row for row in rows if row["level"] == "total"] or list(rows)
    numbers = {row["term"]: row["establishments"] for row in at_total}
    inside = numbers.get("within", numbers.get("mean"))
    groups = {
        "continuing": inside,
        "entrants": numbers.get("entry"),
        "exiters": numbers.get("exit"),
    }
    n = ", ".join(f"{count(number)} {who}" for who, number in groups.items() if number is not None)
    moved = max(row["moved"] or 0 for row in rows)
    return (
        f"Growth of mean log productivity weighted by {first['share']}, "
        f"{PRICES.get(first['prices'], 'deflation not stated')}; terms add up to growth. n: {n}; "
        f"{count(first['left_out'] or 0)} with productivity or weight at one end only left out. "
        "Industries: terms inside each, weighted by the mean of its shares; up to "
        f"{count(moved)} establishments that changed industry count as leaving one and entering "
        f"the other. Single industries: table decompositions.{_shared_numerator(rows)}"
    )


def _olley_pakes(run: PublishedRun) -> PageTable | None:
    """Level of every year: the plain mean, and who has the shares."""
    found: dict[tuple[str, int], dict[str, Row]] = {}
    rows = run.rows(NAME, method="olley_pakes", level="total")
    for row in rows:
        found.setdefault((row["share"], row["year"]), {})[row["term"]] = row
    if not found:
        return None
    marks = Footnotes()
    return PageTable(
        title="Levels of productivity (Olley and Pakes)",
        unit="100 × log points; n in establishments",
        header=("shares", "year", "plain mean", "covariance", "level", "n"),
        rows=tuple(
            (
                *names([share, str(year)]),
                *(_term(terms.get(name), "value", marks) for name in ("mean", "covariance")),
                _term(terms.get("mean"), "total", marks),
                Cell(count(next(iter(terms.values()))["establishments"])),
            )
            for (share, year), terms in sorted(found.items())
        ),
        stub=2,
        notes=marks.notes,
        remark=(
            "Covariance: the mean weighted by shares less the plain one, above 0 where more "
            "productive establishments have the larger shares. Another money unit moves the means "
            "and the levels by one constant, and leaves the covariance and all differences between "
            f"years. {_deflated(rows)}{_shared_numerator(rows)}{brackets_in_words(run, rows)}"
        ),
        data=(rows_csv(run, NAME, rows, suffix="_olley_pakes"),),
    )


def _term(row: Row | None, column: str, marks: Footnotes) -> Cell:
    absent = "no establishment with productivity"
    return marks.cell(None, absent) if row is None else _with_error(marks, row, column, absent)


def _deflated(rows: Sequence[Row]) -> str:
    """How productivity was deflated, as a sentence."""
    words = PRICES.get(rows[0]["prices"], "deflation not stated")
    return f"{words[0].upper()}{words[1:]}."
