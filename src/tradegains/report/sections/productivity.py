"""Distributions of productivity, its dispersion, and who has the jobs and the output."""

from functools import partial

from tradegains.figures.comparison import Comparison, draw_comparison, histogram_csv, line_csv
from tradegains.figures.density import bandwidth
from tradegains.figures.histograms import axis_range, share_outside
from tradegains.published.printing import count, fixed, percent
from tradegains.published.published_run import PublishedRun
from tradegains.report import dispersion, joint_distribution
from tradegains.report.captions import data_label, data_words
from tradegains.report.comparisons import (
    comparisons,
    prices_in_words,
    shift_in_words,
    sizes_in_words,
)
from tradegains.report.entry_rates import entry_rates
from tradegains.report.page_table import Cell, PageTable, names, plain
from tradegains.report.section import Exhibit, Missing, Paragraph, Section, or_missing, section_of

LIKENESS = {
    key: f"In the manner of Melitz and Trefler (2012), figure 5{panel}."
    for key, panel in (("figure_5a", "A"), ("figure_5b", "B"), ("figure_5c", "C"))
}
SPREADS = {
    "unweighted_sd": "the unweighted standard deviation",
    "employment_weighted_sd": "the employment-weighted standard deviation",
}


def section(run: PublishedRun) -> Section:
    """Distributions, the dispersion inside industries, and the joint distribution with size."""
    figures = distribution_exhibits(run)
    drawn = any(isinstance(one, Exhibit) for one in figures)
    spread, shares = dispersion.dispersion(run), joint_distribution.joint_distribution(run)
    return section_of(
        "productivity",
        "Productivity",
        "Productivity",
        *_with_rates(figures, entry_rates(run)),
        None if drawn else Paragraph("No distribution is published."),
        *or_missing((spread,) if spread else (), run, dispersion.NAME, dispersion.TITLE),
        *or_missing(tuple(shares), run, joint_distribution.NAME, joint_distribution.TITLE),
    )


def _with_rates(figures: list[Exhibit | Missing], rates: Exhibit | None) -> list[Exhibit | Missing]:
    """The figures with entry rates after the densities of entrants, the other half of 5B."""
    if rates is None:
        return figures
    place = next((i for i, one in enumerate(figures) if one.key.startswith("figure_5c")), 0)
    return [*figures[:place], rates, *figures[place:]]


def distribution_exhibits(run: PublishedRun) -> list[Exhibit | Missing]:
    """The distribution figures that the run's tables allow, and those they do not."""
    return [
        _distribution_exhibit(run, one) if isinstance(one, Comparison) else one
        for one in comparisons(run)
    ]


def _distribution_exhibit(run: PublishedRun, comparison: Comparison) -> Exhibit:
    """A comparison of two distributions."""
    label = data_label(run)
    return Exhibit(
        key=comparison.key,
        title=comparison.title,
        draw=partial(draw_comparison, comparison, mark=run.mark),
        text=("On an assumed scale. " if comparison.standardised_by else "")
        + shift_in_words(comparison),
        caption=_distribution_caption(run, comparison),
        data={
            "": histogram_csv(comparison, data=label),
            "_line": line_csv(comparison, data=label),
        },
        table=quantiles(comparison),
    )


def _distribution_caption(run: PublishedRun, comparison: Comparison) -> str:
    """Measure, median, deflator, weighting, bins, smoothing, n and what the axis leaves out."""
    cells = [one.cells for one in comparison.series]
    low, high = axis_range(cells)
    widths = " and ".join(dict.fromkeys(fixed(bandwidth(one), 3) for one in cells))
    outside = " and ".join(percent(share_outside(one, low, high), 2) for one in cells)
    return (
        f"{data_words(run)}Log {comparison.measure}, {prices_in_words(comparison)}, less the "
        f"unweighted median of the establishment's {run.industry_digits}-digit industry in "
        f"{comparison.base} (median_base = {comparison.median_base}). "
        f"{_scaling_in_words(comparison)}Weighted by employment. "
        f"Steps: histogram, bins of {cells[0].bin_width:g} log points. Lines: the histogram "
        f"convolved with a normal density of standard deviation {widths} log points (Silverman's "
        "rule on the bins, at least one bin). Triangles: weighted medians. "
        f"{sizes_in_words(comparison)}. Beyond the axis: "
        f"{outside} percent of employment. {LIKENESS.get(comparison.panel, '')}"
    )


def _scaling_in_words(comparison: Comparison) -> str:
    """How standardised productivity is scaled, and whom that leaves out; empty for relative."""
    by = SPREADS.get(comparison.standardised_by or "")
    if by is None:
        return ""
    kappas = {one.member.label: fixed(one.kappa, 3) for one in comparison.series if one.kappa}
    shown = " and ".join(dict.fromkeys(kappas.values()))
    lacking = {one.left_out: one.member.label for one in comparison.series if one.left_out}
    left_out = "".join(f" {label}: {text}." for text, label in lacking.items())
    return (
        "Assumed scaling: times κ and over the industry's spread, because Melitz and Trefler "
        f"(footnote 4) cite a formula that they do not print. The spread is {by} of the "
        f"establishments that set the median, κ = {shown} log points its mean over industries, "
        f"weighted by employment.{left_out} "
    )


def quantiles(comparison: Comparison) -> PageTable:
    """The exact weighted quantiles and the counts behind one figure."""
    rows = tuple(
        (
            *names([one.member.label]),
            *(plain(None if q is None else fixed(q, 3)) for q in (one.p10, one.p50, one.p90)),
            Cell(count(one.establishments)),
            Cell(count(one.employment)),
        )
        for one in comparison.series
    )
    return PageTable(
        title="Employment-weighted quantiles",
        unit="log points; n in establishments, employment in jobs",
        header=("", "p10", "median", "p90", "n", "employment"),
        rows=rows,
    )
