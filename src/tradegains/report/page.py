"""The report: one HTML page that needs nothing else, and its figures with their data beside it.

Decision: the page holds its figures as inline SVG and their data as links that carry them, so it
can be mailed or archived alone. It has no script and loads nothing: its own policy header forbids
both. Nothing in it depends on when it was written, so the same run gives the same bytes.
"""

import base64
import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup, escape

from tradegains.figures.distributions import Missing
from tradegains.figures.drawing import BLUE, INK, MUTED, PAPER, RULE, VERMILION
from tradegains.published import printing
from tradegains.published.published_run import PublishedRun
from tradegains.published.reading import read_run
from tradegains.report import (
    accounting,
    answer,
    cutoff_tables,
    decomposition_tables,
    dispersion_table,
    entry_tables,
    evidence_tables,
    growth,
    joint_tables,
    regression_tables,
    sensitivity,
    welfare_tables,
)
from tradegains.report.elasticity_exhibits import elasticities_exhibit, welfare_elasticity_exhibit
from tradegains.report.exhibits import Exhibit, distribution_exhibits, welfare_exhibits
from tradegains.report.page_table import PageTable
from tradegains.report.ranked_exhibits import ranked_exhibits
from tradegains.report.size_exhibit import size_exhibit
from tradegains.report.table_1 import SideBySide, table_1, table_a1, table_c1
from tradegains.report.trade_exhibit import intra_industry_exhibit

# Where each figure of welfare stands; any other stands with productivity.
SECTIONS = {
    "figure_welfare": "welfare",
    "figure_hloy_3": "welfare",
    "figure_hloy_4": "within",
    "figure_hloy_5": "liberalised",
    "figure_industries": "industries",
    "figure_hloy_2": "formulas",
    "figure_hloy_1": "sizes",
    "figure_mt_1": "trade",
}
# Tables of the page that have one published table each behind them.
TITLES = {
    "dispersion": dispersion_table.TITLE,
    "joint_distribution": joint_tables.TITLE,
    "decompositions": decomposition_tables.TITLE,
    "regressions": "Exporters, exit and the effect of exporting",
    "export_entry": "Who starts to export",
}
FIGURE_FILES = "figure_*"
SVG_COLOURS = {
    INK: "--ink",
    MUTED: "--muted",
    RULE: "--rule",
    PAPER: "--paper",
    BLUE: "--blue",
    VERMILION: "--vermilion",
}


def write_report(output: Path, *, run_id: str | None = None) -> Path:
    """Write `OUTPUT/report/report.html` and `OUTPUT/report/figures/` for a published run.

    Figures of an earlier report that this run does not have are removed.

    Args:
        output: folder of the run, the one that holds `tables/`.
        run_id: which run; the latest when not given.

    Returns:
        Path of the page.

    Raises:
        StudyError: no such run.
    """
    run = read_run(output, run_id)
    exhibits, missing = report_exhibits(run)
    folder = Path(output) / "report"
    _write_figures(folder / "figures", exhibits)
    page = folder / "report.html"
    page.write_text(page_html(run, exhibits, missing), encoding="utf-8")
    return page


def report_exhibits(run: PublishedRun) -> tuple[list[Exhibit], list[Missing]]:
    """All figures of the report, and those that cannot be drawn."""
    welfare, no_welfare = welfare_exhibits(run)
    distributions, no_distributions = distribution_exhibits(run)
    made = [
        welfare_elasticity_exhibit(run),
        elasticities_exhibit(run),
        *ranked_exhibits(run),
        size_exhibit(run),
        intra_industry_exhibit(run),
    ]
    curves = [one for one in made if isinstance(one, Exhibit)]
    no_curves = [one for one in made if isinstance(one, Missing)]
    return in_order(welfare + curves + distributions), no_welfare + no_curves + no_distributions


def in_order(exhibits: Sequence[Exhibit]) -> list[Exhibit]:
    """Figures in the order of the page."""
    places = [*SECTIONS, None]
    return sorted(exhibits, key=lambda one: places.index(_place(one.key)))


def _place(key: str) -> str | None:
    """The figure of SECTIONS beside which a figure stands: itself, or one it is a variant of."""
    return next((known for known in SECTIONS if key == known or key.startswith(f"{known}_")), None)


def page_html(run: PublishedRun, exhibits: Sequence[Exhibit], missing: Sequence[Missing]) -> str:
    """The page as text; every name from the study or the data is escaped."""
    values: dict[str, Any] = {
        "run": run,
        "question": answer.question(run),
        "answer": answer.answer(run),
        "basis": answer.basis(run),
        "headlines": answer.headlines(run),
        "table_1": _beside(table_1(run), remark=_counted(run)),
        "table_c1": _beside(table_c1(run), remark=_counted(run)),
        "cutoffs": cutoff_tables.cutoffs(run),
        "growth": _beside(growth.growth(run), remark=growth.basis(run)),
        "one_choice": sensitivity.one_choice_at_a_time(run),
        "sensitivity": welfare_tables.sensitivity(run),
        "industries": welfare_tables.industries(run),
        "figures_of": _by_section(exhibits),
        "dispersion": dispersion_table.dispersion(run),
        "joint_distribution": joint_tables.joint_distribution(run),
        "decompositions": decomposition_tables.decompositions(run),
        "accounting": accounting.accounting(run),
        "demography": evidence_tables.demography(run),
        "entry_tables": entry_tables.entry_tables(run),
        "regressions": regression_tables.regression_tables(run),
        "coverage": entry_tables.coverage(run),
        "quality": evidence_tables.quality(run),
        "unbalanced_years": evidence_tables.unbalanced_years(run),
        "numbers": {one.key: number for number, one in enumerate(exhibits, start=1)},
        "spread": answer.spread(run),
        "absent": _absent(run, missing),
        "choices": evidence_tables.choices(run),
        "contents": evidence_tables.contents(run),
    }
    return _environment().get_template("report.html.j2").render(values)


def _absent(run: PublishedRun, missing: Sequence[Missing]) -> list[tuple[str, str]]:
    """Results, figures and tables that are absent, each with its reason."""
    tables = {
        "Table of industries (Table A1)": (table_a1(run), "welfare", "no row of an industry"),
        "Table of import sources (Table C1)": (
            table_c1(run),
            "welfare",
            "one source of imports: trade.imports does not list both",
        ),
        f"Table of {growth.TITLE}": (growth.growth(run), "productivity_growth", "no rows"),
    }
    tables |= {
        title: (run.tables[name].num_rows or None if name in run.tables else None, name, "no rows")
        for name, title in TITLES.items()
        if f"table {name}" not in dict(run.absent)
    }
    if cutoff_tables.cutoffs(run) is None:
        reason = cutoff_tables.reason(run)
        missing = [*missing, Missing("cutoffs", "Comparison with a productivity cutoff", reason)]
    undone = [
        (title, run.reason_for(name, otherwise))
        for title, (table, name, otherwise) in tables.items()
        if table is None
    ]
    return [*run.absent, *((one.title, one.reason) for one in missing), *undone]


def _beside(table: SideBySide | None, *, remark: str = "") -> PageTable | None:
    """Published beside recovered, as a table of the page; None where there is none."""
    if table is None:
        return None
    shown = welfare_tables.side_by_side(table)
    return replace(shown, remark=" ".join(filter(None, (remark, shown.remark))))


def _counted(run: PublishedRun) -> str:
    """How many establishments stand behind the headline."""
    counts = welfare_tables.continuing_counts(run)
    return f"Continuing establishments: {counts}." if counts else ""


def _by_section(exhibits: Sequence[Exhibit]) -> dict[str, list[Exhibit]]:
    """The figures of each section, in the order of the page."""
    found: dict[str, list[Exhibit]] = {
        section: [] for section in (*SECTIONS.values(), "productivity")
    }
    for one in exhibits:
        place = _place(one.key)
        found[SECTIONS[place] if place else "productivity"].append(one)
    return found


def inline_svg(svg: bytes, key: str, title: str) -> Markup:
    """A figure as an element of the page: own ids, colours of the page, a name for screen readers.

    Ids get the figure's key, because glyphs have the same ids in every figure; colours become
    variables of the page's light and dark style.
    """
    text = svg.decode("utf-8")
    text = text[text.index("<svg") :]
    text = re.sub(r"<metadata>.*?</metadata>\s*", "", text, flags=re.DOTALL)
    text = re.sub(r'\bid="', f'id="{key}-', text)
    text = re.sub(r'(href="#|url\(#)', rf"\g<1>{key}-", text)
    for colour, variable in SVG_COLOURS.items():
        text = text.replace(colour, f"var({variable})")
    name = Markup('<svg role="img" aria-label="{}" ').format(title)
    return Markup(re.sub(r'<svg (width|height)="[^"]*" ?', "<svg ", text).replace("<svg ", name, 1))


def typeset(text: str) -> Markup:
    """Printed text with a true minus, an en dash between years, and superscripts."""
    shown = printing.typeset(str(escape(text)))
    shown = re.sub(r"\d{4}–\d{4}", r'<span class="years">\g<0></span>', shown)
    return Markup(re.sub(r"\^(\w)", r"<sup>\1</sup>", shown))


def data_link(text: str) -> Markup:
    """CSV as an address that carries it."""
    return Markup("data:text/csv;base64,") + base64.b64encode(text.encode("utf-8")).decode("ascii")


def _environment() -> Environment:
    """Templates of this room; a name that a template misspells is an error."""
    environment = Environment(
        loader=PackageLoader("tradegains.report"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {"typeset": typeset, "data_link": data_link}
    environment.globals["inline_svg"] = inline_svg
    return environment


def _write_figures(folder: Path, exhibits: Sequence[Exhibit]) -> None:
    """Every figure as PNG, SVG and CSV, and nothing left of an earlier report."""
    folder.mkdir(parents=True, exist_ok=True)
    for stale in folder.glob(FIGURE_FILES):
        stale.unlink()
    for exhibit in exhibits:
        (folder / f"{exhibit.key}.png").write_bytes(exhibit.picture.png)
        (folder / f"{exhibit.key}.svg").write_bytes(exhibit.picture.svg)
        for suffix, text in exhibit.data.items():
            (folder / f"{exhibit.key}{suffix}.csv").write_text(text, encoding="utf-8", newline="")
