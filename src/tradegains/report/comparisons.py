"""Which published distributions each figure compares, and what they say in words.

Decision: years are compared with each other under `base_year` where the study has it, then
`pooled`, because `same_year` centres every year at 0. Groups (entrants, exporters, exiters) are
compared under `same_year` first: each establishment then stands against its rivals of that year.
"""

from collections.abc import Sequence
from math import exp
from typing import Any

from tradegains.figures.comparison import VARIANT, Comparison, Member, PublishedDistribution
from tradegains.figures.density import filled_cells
from tradegains.formulas.productivity import ASSUMED, RELATIVE, STANDARDISED
from tradegains.published.printing import count, fixed
from tradegains.published.published_run import PublishedRun, PublishedWindow
from tradegains.report.section import Missing

YEAR_BASES = ("base_year", "pooled", "same_year")
GROUP_BASES = ("same_year", "base_year", "pooled")
PRICES = {
    "nominal": "not deflated",
    "industry": "deflated by industry prices",
    "economy": "deflated by an economy-wide price index",
}
NOMINAL = "nominal "
WORDS = {"value_added": "value added", "sales": "sales", "employment": "job", "hours": "hour"}


def comparisons(run: PublishedRun) -> list[Comparison | Missing]:
    """The four comparisons in the manner of Melitz and Trefler's figure 5.

    Where the study standardises, each is followed by its standardised variant; one that cannot be
    drawn at all is named once.

    Source: Melitz and Trefler (2012), figure 5 and footnote 4.
    """
    found: list[Comparison | Missing] = []
    for compare in (_two_years, _entrants, _exporters, _exiters):
        found.append(compare(run, RELATIVE))
        if _standardised_by(run) and isinstance(found[-1], Comparison):
            found.append(compare(run, STANDARDISED))
    return found


def prices_in_words(comparison: Comparison) -> str:
    """How the productivity of both distributions was deflated."""
    words = [PRICES.get(one.prices, "deflation not stated") for one in comparison.series]
    told = " and ".join(dict.fromkeys(words))
    # Where years are compared, only whoever knows the money unit knows whether inflation is in it.
    is_nominal = comparison.measure.startswith(NOMINAL)
    return f"{told} (unless the money unit has constant prices)" if is_nominal else told


def _quantiles(one: PublishedDistribution) -> tuple[float, float, float] | None:
    """The weighted percentiles 10, 50 and 90; None where one is not published."""
    if one.p10 is None or one.p50 is None or one.p90 is None:
        return None
    return one.p10, one.p50, one.p90


def shift_in_words(comparison: Comparison) -> str:
    """How far the second distribution lies from the first at three weighted quantiles."""
    first, second = comparison.series
    before, after = _quantiles(first), _quantiles(second)
    if before is None or after is None:
        return "The weighted quantiles behind this figure are not published."
    low, median, high = (late - early for early, late in zip(before, after, strict=True))
    return (
        f"Employment-weighted median: {fixed(before[1], 3)} log points ({first.member.label}), "
        f"{fixed(after[1], 3)} ({second.member.label}): {fixed(median, 3, signed=True)}, "
        f"a factor of {fixed(exp(median), 2)}. 10th percentile: {fixed(low, 3, signed=True)}; "
        f"90th percentile: {fixed(high, 3, signed=True)} log points."
    )


def sizes_in_words(comparison: Comparison) -> str:
    """The number of establishments and jobs behind each distribution."""
    return "; ".join(
        f"{one.member.label}: n = {count(one.establishments)} establishments, "
        f"{count(one.employment)} jobs"
        for one in comparison.series
    )


def _two_years(run: PublishedRun, measure: str) -> Comparison | Missing:
    """Figure 5A: all establishments in two years."""
    key, years = "figure_5a", _years_compared(run)
    if len(years) < 2:
        reason = "the study names fewer than two years to compare"
        return Missing(key, "All establishments in two years", reason)
    ends = (years[0], years[-1])
    title = f"All establishments in {ends[0]} and {ends[1]}"
    window = next((w.name for w in run.windows.values() if (w.start, w.end) == ends), None)
    members = [Member(str(year), year, window, "all") for year in ends]
    return _compared(
        run, key, title, members, bases=_bases(run, "years_base", YEAR_BASES), measure=measure
    )


def _entrants(run: PublishedRun, measure: str) -> Comparison | Missing:
    """Figure 5B: entrants of an early and a late window, in the window's last year."""
    key = "figure_5b"
    windows = _windows_compared(run)
    if len(windows) < 2:
        reason = "the study names fewer than two figure_windows under [report]"
        return Missing(key, "Entrants of an earlier and a later window", reason)
    title = f"Entrants of {windows[0].years} and of {windows[-1].years}"
    members = [
        Member(f"Entrants {w.years}", w.end, w.name, "entrants") for w in (windows[0], windows[-1])
    ]
    return _compared(
        run, key, title, members, bases=_bases(run, "groups_base", GROUP_BASES), measure=measure
    )


def _exporters(run: PublishedRun, measure: str) -> Comparison | Missing:
    """Figure 5C: exporters and the others in the last year compared."""
    key, years = "figure_5c", _years_compared(run)
    if not years:
        return Missing(key, "Exporters and non-exporters", "the study names no year to compare")
    title = f"Exporters and non-exporters in {years[-1]}"
    members = [
        Member("Non-exporters", years[-1], run.headline_window, "nonexporters"),
        Member("Exporters", years[-1], run.headline_window, "exporters"),
    ]
    return _compared(
        run, key, title, members, bases=_bases(run, "groups_base", GROUP_BASES), measure=measure
    )


def _exiters(run: PublishedRun, measure: str) -> Comparison | Missing:
    """Exiting and continuing establishments in the first year of a window.

    Of the headline window, unless the study names others under `figure_windows`: then of the last.
    """
    key, title = "figure_exit", "Exiting and continuing establishments"
    window, named = run.windows.get(run.headline_window or ""), _windows_compared(run)
    if named and window not in named:
        window = named[-1]
    if window is None:
        return Missing(key, title, "the study names no window to compare")
    members = [
        Member("Exiting", window.start, window.name, "exiters"),
        Member("Continuing", window.start, window.name, "continuing"),
    ]
    title = f"Establishments of {window.start} that exit by {window.end}, and those that continue"
    return _compared(
        run, key, title, members, bases=_bases(run, "groups_base", GROUP_BASES), measure=measure
    )


def _bases(run: PublishedRun, key: str, otherwise: Sequence[str]) -> Sequence[str]:
    """The median base that the study states for a figure, or those that are tried in turn."""
    stated = run.section("report").get(key)
    return (stated,) if stated else otherwise


def _windows_compared(run: PublishedRun) -> list[PublishedWindow]:
    """Windows whose groups the study compares, by their last year."""
    names = run.section("report").get("figure_windows") or ()
    return sorted((run.windows[n] for n in names if n in run.windows), key=lambda w: w.end)


def _years_compared(run: PublishedRun) -> tuple[int, ...]:
    """Years of the figures, ascending: `figure_years`, or the ends of the headline window."""
    years = run.section("report").get("figure_years")
    window = run.windows.get(run.headline_window or "")
    return tuple(sorted(years or ((window.start, window.end) if window else ())))


def _compared(
    run: PublishedRun,
    key: str,
    title: str,
    members: Sequence[Member],
    *,
    bases: Sequence[str],
    measure: str,
) -> Comparison | Missing:
    """The members under the first base for which every one of them is published."""
    is_standardised = measure == STANDARDISED
    if is_standardised:
        key, title = key + VARIANT, f"{title}, standardised (assumed scaling)"
    for base in bases:
        first, second = (_distribution(run, member, base, measure) for member in members)
        if first is not None and second is not None:
            return Comparison(
                key=key,
                title=title,
                median_base=base,
                measure=_measure(run, base, nominal="nominal" in (first.prices, second.prices)),
                base=_base_in_words(base, members, run),
                series=(first, second),
                standardised_by=_standardised_by(run) if is_standardised else None,
            )
    return Missing(key, title, _why_not(run, members, measure))


def _why_not(run: PublishedRun, members: Sequence[Member], measure: str) -> str:
    """Which histograms are not published, or have no shares."""
    wanted = " and ".join(f"{m.population} in {m.year}" for m in members)
    found = [_histogram(run, m, base, measure) for m in members for base in GROUP_BASES]
    if any(rows and _lacks_shares(rows) for rows, _ in found):
        return f"employment adds up to 0: no shares of it for {wanted}"
    return f"no histogram is published for {wanted}"


def _standardised_by(run: PublishedRun) -> str | None:
    """Which spread the study standardises by, if any."""
    return run.section("productivity").get("standardised_by")


def _distribution(
    run: PublishedRun, member: Member, base: str, measure: str
) -> PublishedDistribution | None:
    """The published distribution of one member; None when its histogram has no shares."""
    rows, where = _histogram(run, member, base, measure)
    if not rows or _lacks_shares(rows):
        return None
    moments = run.rows("moments", **where, weighting="employment")
    return _assembled(member, rows, moments[0] if moments else {})


def _histogram(
    run: PublishedRun, member: Member, base: str, measure: str
) -> tuple[list[dict[str, Any]], dict[str, Any]]:
    """Rows of a member's histogram, of its window or of none, and what they were found by."""
    for window in dict.fromkeys((member.window, None)):
        where = {
            "year": member.year,
            "window": window,
            "population": member.population,
            "level": "total",
            "median_base": base,
        }
        # Runs of an earlier version have no measure to ask for.
        if measure == STANDARDISED:
            where["measure"] = measure
        if rows := run.rows("histograms", **where):
            return rows, where
    return [], {}


def _lacks_shares(rows: list[dict[str, Any]]) -> bool:
    """Whether the employment of all bins together is too little to have shares."""
    return any(row["share"] is None for row in rows)


def _assembled(
    member: Member, rows: list[dict[str, Any]], moments: dict[str, Any]
) -> PublishedDistribution:
    """A distribution from its histogram rows and its row of weighted moments."""
    return PublishedDistribution(
        member=member,
        cells=filled_cells(rows),
        establishments=sum(row["establishments"] for row in rows),
        employment=sum(row["employment"] for row in rows),
        p10=moments.get("p10"),
        p50=moments.get("p50"),
        p90=moments.get("p90"),
        prices=moments.get("prices") or "",
        kappa=moments.get("kappa"),
        left_out=(moments.get("note") or "").removeprefix(ASSUMED).removeprefix("; "),
    )


def _measure(run: PublishedRun, base: str, *, nominal: bool) -> str:
    """What is measured: `value added per job`; nominal where inflation shifts later years."""
    choices = run.section("productivity")
    numerator = choices.get("numerator", "value_added")
    denominator = choices.get("denominator", "employment")
    warning = NOMINAL if nominal and base != "same_year" else ""
    return f"{warning}{WORDS.get(numerator, numerator)} per {WORDS.get(denominator, denominator)}"


def _base_in_words(base: str, members: Sequence[Member], run: PublishedRun) -> str:
    """Which median stands at 0 on the axis."""
    if base == "same_year":
        return "the same year"
    windows = {m.window: run.windows[m.window] for m in members if m.window in run.windows}
    if base == "base_year":
        return " and ".join(str(window.start) for window in windows.values())
    return " and ".join(f"{w.start} and {w.end} together" for w in windows.values())
