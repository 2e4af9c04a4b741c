"""Tables of the page on regressions: what the reader looks for, with its standard error.

Controls, first stages and the probit of starting to export stand in the data behind each table.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tradegains.published.printing import count, fixed, p_value, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.data import rows_csv
from tradegains.report.melitz_trefler import quoted_numbers
from tradegains.report.page_table import Cell, Footnotes, PageTable, names, plain, rate_cell
from tradegains.report.section import (
    Missing,
    Section,
    section_of,
)
from tradegains.tables.published import TABLES

NAME, ENTRY, TARIFFS = "regressions", "export_entry", "tariff_effects"
ADOPTIONS = "adoption_rates"
TITLES = {name: TABLES[name].title for name in (NAME, ENTRY)}
PREMIA = {"exporter_premium": "no", "exporter_premium_with_size": "yes"}
EXITS = {"exit_linear": "linear probability", "exit_probit": "probit"}
EFFECTS = {
    "raw_difference": "raw",
    "least_squares": "OLS",
    "two_stage": "2SLS",
}
PROBITS = ("exit_probit", "entry_probit")
STAGES = (*EFFECTS, "first_stage")
SAMPLES = ("all", "quartile_1", "quartile_2", "quartile_3", "quartile_4")
SAMPLE_NAMES = ("all", "Q1", "Q2", "Q3", "Q4")
EFFECT_WORDS = {
    "none": "no absorbed effects",
    "industry2": "effects of 2-digit industries",
    "industry4": "effects of 4-digit industries",
    "year_industry4": "effects of 4-digit industries by year",
}
ERROR_WORDS = {
    "robust": "robust standard errors (HC1)",
    "information": "standard errors from the information matrix",
    "establishment": "standard errors clustered by establishment",
    "enterprise": "standard errors clustered by enterprise",
    "product": "standard errors clustered by main product",
    "shift_share": "standard errors of cuts as sums of products' or industries' shares",
    "industry2": "standard errors clustered by 2-digit industry",
    "industry4": "standard errors clustered by 4-digit industry",
}
CUTS = ("home_cut", "foreign_cut", "input_cut", "tariff_cut")  # the last: of earlier versions
EXIT_TERMS = ("relative_productivity", "log_employment", "exporter", "earlier_growth", *CUTS)
Row = Mapping[str, Any]


def section(run: PublishedRun) -> Section:
    """Premia, exit, export entry and the effect of exporting."""
    return section_of(
        "regressions",
        "Exporters, exit and export entry",
        "Exporters",
        *regression_tables(run),
        *(Missing(name, title, run.reason_for(name)) for name, title in _absent(run)),
    )


def _absent(run: PublishedRun) -> Iterator[tuple[str, str]]:
    """Published tables without rows of which the run itself says nothing."""
    for name, title in TITLES.items():
        if not run.rows(name) and not run.tells_absence(name):
            yield name, title


def regression_tables(run: PublishedRun) -> list[PageTable]:
    """The tables that the run has rows for."""
    own = (_premia(run), _exits(run), _entries(run), _effects(run), _adoptions(run),
           _tariff_effects(run))  # fmt: skip
    found = (*own, quoted_numbers(run))
    return [table for table in found if table is not None]


def _premia(run: PublishedRun) -> PageTable | None:
    """How much more productive exporters are."""
    rows = _rows(run, PREMIA)
    shown = [row for row in rows if row["term"] == "exporter"]
    if not shown:
        return None
    marks = Footnotes()
    return PageTable(
        title="Exporters and the others",
        unit="log productivity on exporting; premium in percent; n in establishment-years",
        header=("weights", "size held", "years", "coefficient", "s.e.", "premium", "n"),
        rows=tuple(
            (
                *names([row["weighting"], PREMIA[row["model"]], row["years"]]),
                *_estimate(row, marks),
                plain(_or_none(row["premium_percent"], 1)),
                Cell(count(row["observations"])),
            )
            for row in shown
        ),
        stub=3,
        notes=marks.notes,
        remark=f"{_behind(shown)} Premium: 100 (exp(coefficient) - 1).",
        data=(rows_csv(run, NAME, rows, suffix="_premium"),),
    )


def _exits(run: PublishedRun) -> PageTable | None:
    """Who leaves during a window: a model's terms side by side."""
    rows = _rows(run, EXITS)
    if not rows:
        return None
    known = {row["term"] for row in rows}
    terms = [term for term in EXIT_TERMS if term in known]
    marks = Footnotes()
    found: dict[tuple[str, str], dict[str, Row]] = {}
    for row in rows:
        found.setdefault((row["years"], row["model"]), {})[row["term"]] = row
    return PageTable(
        title="Who exits",
        unit="exit by the window's last year on the first year; n in establishments",
        header=("window", "model", *(["coefficient", "s.e."] * len(terms)), "n"),
        groups=(("", 2), *((_words(term), 2) for term in terms), ("", 1)),
        rows=tuple(
            (
                *names([years, EXITS[model]]),
                *(cell for term in terms for cell in _term(by_term.get(term), marks)),
                Cell(count(next(iter(by_term.values()))["observations"])),
            )
            for (years, model), by_term in found.items()
        ),
        stub=2,
        notes=marks.notes,
        remark=" ".join([_behind(rows), *_cuts_of_exits(rows), *_placebo(rows), *_remarks(rows)]),
        data=(rows_csv(run, NAME, rows, suffix="_exit"),),
    )


def _effects(run: PublishedRun) -> PageTable | None:
    """What starting to export changes, over all and by quartile of productivity."""
    rows = sorted(run.rows(NAME), key=lambda row: (row["outcome"], row["years"]))
    rows = [row for row in rows if row["model"] in STAGES]
    shown = [row for row in rows if row["model"] in EFFECTS and row["term"] == "export_start"]
    if not shown:
        return None
    marks = Footnotes()
    found: dict[tuple[str, str, str], dict[str, Row]] = {}
    for model in EFFECTS:
        for row in shown:
            if row["model"] == model:
                key = (row["outcome"], row["years"], model)
                found.setdefault(key, {})[row["sample"]] = row
    return PageTable(
        title="Starting to export, and what follows",
        unit="coefficient (standard error); n in establishments",
        header=("outcome", "window", "model", *SAMPLE_NAMES, "n", "F"),
        rows=tuple(
            (
                *names([_words(outcome).removeprefix("log "), years, EFFECTS[model]]),
                *(_with_error(by_sample.get(sample), marks) for sample in SAMPLES),
                *_size_and_strength(by_sample.get("all")),
            )
            for (outcome, years, model), by_sample in sorted(
                found.items(), key=lambda each: each[0][:2]
            )
        ),
        stub=3,
        notes=marks.notes,
        remark=(
            f"{_behind(shown)} Establishments that had never exported; Q1 to Q4: quartiles of "
            f"first-year productivity{_sizes(shown)}. n and F: all. Instrument of 2SLS: "
            "the tariff cut; F: squared t of the cut in the first stage. Log productivity growth "
            "in log points, 0/1 outcomes as probabilities. Raw and OLS compare starters with the "
            "others; 2SLS is an effect, on those whom the cut makes start, if the cut moves the "
            "outcome through starting alone."
        ),
        data=(rows_csv(run, NAME, rows, suffix="_exporting"),),
    )


def _entries(run: PublishedRun) -> PageTable | None:
    """Starters by quartile of productivity and what tariff cuts add."""
    rows = sorted(run.rows(ENTRY), key=lambda row: (row["window"], row["quartile"] or 5))
    if not rows:
        return None
    marks = Footnotes()
    return PageTable(
        title=TITLES[ENTRY],
        unit="n in establishments that never exported before; rates in percent",
        header=("window", "quartile", "n", "starters", "rate", "with cut", "s.e.", "ratio"),
        rows=tuple(_entry(run, row, marks) for row in rows),
        stub=2,
        notes=marks.notes,
        remark=(
            "Quartiles of first-year productivity, 1 the lowest. With cut: mean of the fitted "
            "probability of starting less the one fitted without the tariff cut, by a probit in "
            "each quartile, and by one with one slope for all of them; it is due to the cut only "
            "if nothing else that goes with the cut makes establishments start. Ratio: of these "
            "probabilities, over quartile 1's. "
            f"{_cuts(rows)}"
        ),
        data=(
            rows_csv(run, ENTRY, rows),
            rows_csv(run, NAME, run.rows(NAME, model="entry_probit"), suffix="_entry"),
        ),
    )


def _tariff_effects(run: PublishedRun) -> PageTable | None:
    """What goes with tariff cuts: productivity, exit, jobs, output and numbers."""
    rows = sorted(run.rows(TARIFFS), key=lambda row: (row["unit"], row["result"], row["kind"]))
    if not rows:
        return None
    marks, tested = Footnotes(), "p_value" in rows[0]
    header = ("result", "over", "tariff", "slope", "s.e.", "mean cut", "effect", "s.e.")
    header = (*header, *(("p",) if tested else ()), "share")
    return PageTable(
        title=TABLES[TARIFFS].title,
        unit="slopes in log points (exit: probability) per percentage point; effects and "
        "contributions in percent",
        header=(*header, "contribution", "s.e.", "n"),
        rows=tuple(_tariff_effect(row, marks) for row in rows),
        stub=3,
        notes=marks.notes,
        remark=(
            "Effect: 100 x slope x mean cut, the mean weighted by sales of the first year (by jobs "
            "and by establishments where the result is these); contribution: effect x share of "
            "all sales. Exit: the slope times the unweighted mean cut, as a part of the group's "
            "mean rate of exit; pooled: beyond the slope before the agreement. Double difference, "
            "employment, output, establishments: growth beyond the pace of the earlier window. An "
            "effect is what growth or exit goes with across industries or establishments of other "
            "cuts: what all of them share, such as demand, is not in it, and what goes with cuts "
            "is. A share of 1 takes an effect for that of all establishments, in its sample or "
            f"not. Errors take means, rates and shares as given.{_alone(rows)}"
        ),
        data=(rows_csv(run, TARIFFS, rows),),
    )


def _adoptions(run: PublishedRun) -> PageTable | None:
    """What part of new exporters, and of the others, has adopted what; None without rows."""
    rows = run.rows(ADOPTIONS)
    if not rows:
        return None
    return PageTable(
        title=TABLES[ADOPTIONS].title,
        unit="percent; difference in percentage points; n in establishments",
        header=("window", "outcome", "sample", "new exporters", "n", "others", "n", "difference"),
        rows=tuple(
            (
                *names([run.window_years(row["window"]), row["outcome"].replace("_", " ")]),
                *names([SAMPLE_NAMES[SAMPLES.index(row["sample"])]]),
                rate_cell(row["starter_rate"]),
                Cell(count(row["starters"])),
                rate_cell(row["other_rate"]),
                Cell(count(row["others"])),
                rate_cell(row["difference"]),
            )
            for row in rows
        ),
        stub=3,
        remark="Of establishments that exported in no year until the window's first and are there "
        "in its last: who exports then, and who does not. Raw rates: who starts may differ in all "
        "else as well. Q1 to Q4: quartiles of first-year productivity within the 4-digit industry, "
        "from the lowest. In the manner of Melitz and Trefler (2012), table 1.",
        data=(rows_csv(run, ADOPTIONS, rows),),
    )


def _tested(row: Row) -> tuple[Cell, ...]:
    """The p value of an effect, of studies that state errors."""
    if "p_value" not in row:
        return ()
    return (plain(None if row["p_value"] is None else p_value(row["p_value"])),)


def _alone(rows: Sequence[Row]) -> str:
    """What errors over industries take for granted."""
    if not any(row["errors"] == "hc3" for row in rows):
        return ""
    return (
        " Those over industries (HC3) take each 4-digit industry for one drawn on its own, also "
        'where many have one cut; industry_errors = "cv3" leaves out 2-digit industries instead.'
    )


def _tariff_effect(row: Row, marks: Footnotes) -> tuple[Cell, ...]:
    reason = row["note"] or "not estimated"
    slope = (row["slope"], row["slope_standard_error"])
    numbers = (row["effect"], row["standard_error"])
    added = (row["contribution"], row["contribution_standard_error"])
    return (
        *names([_words(row["result"]), row["unit"], _words(row["kind"])]),
        *(plain(_or_none(each, 4)) for each in slope),
        plain(_or_none(row["mean_cut"], 2)),
        *(marks.cell(_or_none(each, 1), reason) for each in numbers),
        *_tested(row),
        plain(_or_none(row["output_share"], 2)),
        *(plain(_or_none(each, 1)) for each in added),
        plain(count(row["observations"]) if row["observations"] else None),
    )


def _rows(run: PublishedRun, models: Iterable[str]) -> list[Row]:
    """Rows of some models, by weights, years and model."""
    order = list(models)
    rows = [row for row in run.rows(NAME, sample="all") if row["model"] in order]
    return sorted(
        rows,
        key=lambda row: (row["years"], row["weighting"] != "unweighted", order.index(row["model"])),
    )


def _entry(run: PublishedRun, row: Row, marks: Footnotes) -> tuple[Cell, ...]:
    due, error = row["probability_due_to_cut"], row["probability_standard_error"]
    reason, relative = row["note"] or "", row["ratio_to_bottom"]
    quartile = "all" if row["quartile"] is None else str(row["quartile"])
    return (
        *names([run.window_years(row["window"]), quartile]),
        Cell(count(row["establishments"])),
        Cell(count(row["starters"])),
        rate_cell(row["starter_rate"], row.get("standard_error")),
        marks.cell(None if due is None else percent(due, 1), reason),
        marks.cell(None if error is None else percent(error, 1), reason),
        plain(_or_none(relative, 2)),
    )


def _term(row: Row | None, marks: Footnotes) -> tuple[Cell, Cell]:
    """Coefficient and error of a term; dashes where the model has no such term."""
    return _estimate(row, marks) if row is not None else (plain(None), plain(None))


def _estimate(row: Row, marks: Footnotes) -> tuple[Cell, Cell]:
    reason = row["note"] or "not estimated"
    return (
        marks.cell(_or_none(row["coefficient"], 4), reason),
        marks.cell(_or_none(row["standard_error"], 4), reason),
    )


def _with_error(row: Row | None, marks: Footnotes) -> Cell:
    """A coefficient with its standard error in brackets; a dash where there is no such row."""
    if row is None:
        return plain(None)
    coefficient, error = row["coefficient"], row["standard_error"]
    if coefficient is None or error is None:
        return _estimate(row, marks)[0]
    return Cell(f"{fixed(coefficient, 3)} ({fixed(error, 3)})")


def _sizes(rows: Sequence[Row]) -> str:
    """Establishments in each quartile, by window, in words."""
    found: dict[str, dict[str, str]] = {}
    for row in rows:
        if row["sample"] != "all" and row["model"] == "raw_difference":
            found.setdefault(row["years"], {}).setdefault(row["sample"], count(row["observations"]))
    told = "; ".join(
        f"{years}: {', '.join(by_sample[name] for name in SAMPLES if name in by_sample)}"
        for years, by_sample in found.items()
    )
    return f", Q1 the lowest (n in {told})" if told else ""


def _size_and_strength(row: Row | None) -> tuple[Cell, Cell]:
    """n and F of the whole sample."""
    if row is None:
        return plain(None), plain(None)
    return Cell(count(row["observations"])), plain(_or_none(row["first_stage_f"], 1))


def _behind(rows: Sequence[Row]) -> str:
    """Effects and errors of the models, as the study chose them."""
    made = dict.fromkeys((row["model"], row["effects"], _errors(row)) for row in rows)
    words = (
        f"{_words(model)}: {EFFECT_WORDS.get(effects, effects)}, {errors}"
        for model, effects, errors in made
    )
    text = "; ".join(words)
    return f"{text[0].upper()}{text[1:]}.{_fewest(rows)}"


def _errors(row: Row) -> str:
    """What stands beside a coefficient or under it in brackets."""
    if row["errors"] == "robust" and row["model"] in PROBITS:
        return "robust standard errors (HC0)"
    found = str(ERROR_WORDS.get(row["errors"], row["errors"]))
    return f"{found}, jackknife CV3" if row.get("variance") == "cv3" else found


def _fewest(rows: Sequence[Row]) -> str:
    """How many clusters errors rest on at least, where the study asks for intervals by t."""
    known = [row["clusters"] for row in rows if row["clusters"] is not None and "p_value" in row]
    return f" Clusters: {count(min(known))} at least; intervals and p values by t." if known else ""


def _remarks(rows: Sequence[Row]) -> list[str]:
    """What the rows say of numbers that are there, by years."""
    said = dict.fromkeys(
        (row["years"], row["note"])
        for row in rows
        if row["note"] and row["coefficient"] is not None
    )
    return [f"{years}: {note}." for years, note in said]


def _cuts(rows: Sequence[Row]) -> str:
    """Whose tariff cut establishments carry."""
    whole = [row for row in rows if row["quartile"] is None]
    names = ("own_cuts", "industry_cuts", "without_cut")
    own, industry, without = (sum(row.get(name) or 0 for row in whole) for name in names)
    kinds = sorted({kind for row in whole if (kind := row.get("cut"))})
    of_kind = f"{' and '.join(kinds)} " if kinds else ""
    return f"{of_kind}cuts: {_counts(own, industry, without)}.".capitalize()


def _placebo(rows: Sequence[Row]) -> list[str]:
    """What slopes on cuts are where several windows have the same ones."""
    years = {row["years"] for row in rows if row["term"] in CUTS}
    if len(years) < 2:
        return []
    return [
        "Every window has the same cuts beside it: in one that ends before they happened a slope "
        "is what went with them anyway."
    ]


def _cuts_of_exits(rows: Sequence[Row]) -> list[str]:
    """Whose cuts those of a window are, by kind of tariff."""
    told = {}
    for row in rows:
        if row["term"] in CUTS and row.get("own_cuts") is not None:
            counts = (row["own_cuts"], row["industry_cuts"], row["without_cut"])
            told[row["years"], row["term"]] = _counts(*counts)
    return [
        f"{_words(term).capitalize()}s {years}: {counts}." for (years, term), counts in told.items()
    ]


def _counts(own: int, industry: int, without: int) -> str:
    left = f", {count(without)} without one left out" if without else ""
    return f"{count(own)} of the establishment's products, {count(industry)} of its industry{left}"


def _or_none(value: float | None, digits: int) -> str | None:
    return None if value is None else fixed(value, digits)


def _words(name: str) -> str:
    return name.replace("_", " ")
