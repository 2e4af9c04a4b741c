"""The report: one HTML page that needs nothing else, and its figures with their data beside it.

Decision: the page holds its figures as inline SVG and their data as links that carry them, so it
can be mailed or archived alone. It has no script and loads nothing: its own policy header forbids
both. Nothing in it depends on when it was written, so the same run gives the same bytes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from pathlib import Path

from tradegains.published.published_run import PublishedRun
from tradegains.published.reading import read_run
from tradegains.report import answer
from tradegains.report.drawing import Begin
from tradegains.report.markup import page_environment
from tradegains.report.section import Exhibit, Facts, Paragraph, Section, section_of
from tradegains.report.sections import (
    accounting,
    choices,
    continuing,
    decompositions,
    demography,
    formulas,
    industries,
    liberalised,
    productivity,
    quality,
    regressions,
    sensitivity,
    sizes,
    trade,
    welfare,
)
from tradegains.report.sections import run as the_run

# Sections in the order of the page; what none of them can show is listed before the last ones.
SECTIONS = (
    welfare,
    sensitivity,
    continuing,
    liberalised,
    industries,
    formulas,
    sizes,
    trade,
    productivity,
    decompositions,
    accounting,
    demography,
    regressions,
    quality,
)
LAST = (choices, the_run)
FIGURE_FILES = "figure_*"


def write_report(
    output: Path | str,
    *,
    run_id: str | None = None,
    to: Path | None = None,
    begin: Begin | None = None,
    compare: Path | str | None = None,
) -> Path:
    """Write `OUTPUT/report/report.html` and `OUTPUT/report/figures/` for a published run.

    Figures of an earlier report that this run does not have are removed.

    Args:
        output: folder of the run, the one that holds `tables/`.
        run_id: which run; the latest when not given.
        to: folder to write to instead of `OUTPUT/report`; needed where that is no local folder.
        begin: of `drawing_processes` that are started already; otherwise figures are drawn here,
            one after the other.
        compare: output whose latest run stands beside this one in HLOY's figure 1.

    Returns:
        Path of the page.

    Raises:
        StudyError: no such run.
    """
    run = read_run(output, run_id)
    if compare is not None:
        run = replace(run, beside=read_run(compare, None))
    sections = page_sections(run, begin)
    folder = Path(output) / "report" if to is None else to
    _write_figures(folder / "figures", figures_of(sections))
    page = folder / "report.html"
    page.write_text(page_html(run, sections), encoding="utf-8")
    return page


def page_sections(run: PublishedRun, begin: Begin | None = None) -> list[Section]:
    """All sections of the page in its order; with `begin`, their figures are being drawn."""
    found = [_begun(each.section(run), begin) for each in SECTIONS]
    return [*found, _absent(run, found), *(each.section(run) for each in LAST)]


def _begun(section: Section, begin: Begin | None) -> Section:
    """The section, its figures begun."""
    if begin is None:
        return section
    blocks = (
        replace(block, draw=begin(block.draw)) if isinstance(block, Exhibit) else block
        for block in section.blocks
    )
    return replace(section, blocks=tuple(blocks))


def released_page(run: PublishedRun, folder: Path, begin: Begin | None = None) -> None:
    """Write `report.html` and `figures/` of a released run, without vector drawings.

    What the run was made of, and the choices in the study's own words, are not on the page.
    """
    found = [_begun(each.section(run), begin) for each in SECTIONS]
    sections = [*found, _absent(run, found)]
    figures = folder / "figures"
    _write_figures(figures, figures_of(sections))
    for path in figures.glob("*.svg"):
        path.unlink()
    (folder / "report.html").write_text(page_html(run, sections), encoding="utf-8")


def figures_of(sections: Iterable[Section]) -> list[Exhibit]:
    """The figures in the order of the page."""
    return [figure for section in sections for figure in section.figures]


def page_html(run: PublishedRun, sections: Sequence[Section]) -> str:
    """The page as text; every name from the study or the data is escaped."""
    numbers = {one.key: number for number, one in enumerate(figures_of(sections), start=1)}
    template = page_environment().get_template("report.html.j2")
    return template.render(
        run=run,
        question=answer.question(run),
        answer=answer.answer(run),
        basis=answer.basis(run),
        headlines=answer.headlines(run),
        sections=[section for section in sections if section.blocks],
        numbers=numbers,
    )


def _absent(run: PublishedRun, sections: Iterable[Section]) -> Section:
    """Results, figures and tables that are absent, each with its reason."""
    missing = [(one.title, one.reason) for section in sections for one in section.missing]
    entries = (*((each.what, each.reason) for each in run.absent), *missing)
    none = Paragraph("Nothing: the run published every result it can compute.")
    shown = Facts(entries) if entries else none
    return section_of("absent", "What is absent, and why", "What is absent", shown)


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
