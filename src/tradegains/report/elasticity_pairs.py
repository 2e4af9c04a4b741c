"""ACR less HLOY under every pair of published elasticities: Table B1 for sigma, B2 for epsilon.

Source: Hsieh, Li, Ossa and Yang (2023), section 3.2 and Tables B1 and B2.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from tradegains.formulas.welfare import acr_welfare_change, hloy_welfare_change
from tradegains.literature import table_b1, table_b2
from tradegains.published.printing import percent
from tradegains.published.published_run import PublishedRun
from tradegains.report.page_table import Footnotes, PageTable, names, plain
from tradegains.report.welfare_rows import NumberOrReason, Row, measured, total_rows


@dataclass(frozen=True)
class PairRange:
    """How far ACR lies above HLOY over all pairs: the least and the largest [log points].

    `lowest` and `highest` are their pairs of sigma and epsilon.
    """

    low: float
    high: float
    lowest: tuple[float, float]
    highest: tuple[float, float]
    pairs: int


def pair_range(
    delta_ln_domestic_share: float, delta_ln_continuing_market_share: float
) -> PairRange:
    """ACR less HLOY of a window under every sigma of Table B1 and every epsilon of Table B2.

    Args:
        delta_ln_domestic_share: scaled change of ln lambda [log points].
        delta_ln_continuing_market_share: scaled change of ln lambda^c [log points].

    Example:
        >>> found = pair_range(-0.2591, -0.1388)
        >>> round(100 * found.low, 2), round(100 * found.high, 2), found.pairs
        (-6.12, 8.79, 90)

    Source: HLOY, section 3.2: up to 9 percent higher and 6 percent lower.
    """
    gaps = [
        (
            acr_welfare_change(delta_ln_domestic_share, b2.estimate)
            - hloy_welfare_change(delta_ln_continuing_market_share, b1.estimate),
            (b1.estimate, b2.estimate),
        )
        for b1 in table_b1()
        for b2 in table_b2()
    ]
    (low, lowest), (high, highest) = min(gaps), max(gaps)
    return PairRange(low, high, lowest, highest, len(gaps))


def elasticity_pairs(run: PublishedRun) -> PageTable | None:
    """The range by window; None where no window has both changes."""
    rows, footnotes = total_rows(run), Footnotes()
    found = dict(_ranges(run, rows))
    if not found:
        return None
    lines = []
    for window in run.welfare_windows:
        each = found.get(window)
        row = rows.get((window, "hloy"))
        if each is None:
            reason = measured(row, "delta_ln_continuing_market_share").note
            missing = footnotes.percent(NumberOrReason(None, reason))
            lines.append(
                (*names([run.window_title(window)]), missing, plain(None), missing, plain(None))
            )
            continue
        lines.append(
            (
                *names([run.window_title(window)]),
                plain(percent(each.low, signed=True)),
                plain(_pair(each.lowest)),
                plain(percent(each.high, signed=True)),
                plain(_pair(each.highest)),
            )
        )
    pairs = next(iter(found.values())).pairs
    return PageTable(
        title="ACR less HLOY over all pairs of published elasticities",
        unit="percentage points",
        header=("window", "least", "at", "largest", "at"),
        rows=tuple(lines),
        notes=footnotes.notes,
        remark=f"{pairs} pairs: every σ of HLOY's Table B1 with every ε of Table B2.",
    )


def _ranges(
    run: PublishedRun, rows: Mapping[tuple[str, str], Row]
) -> Iterator[tuple[str, PairRange]]:
    for window in run.welfare_windows:
        row = rows.get((window, "hloy"))
        domestic = measured(row, "delta_ln_domestic_share").value
        continuing = measured(row, "delta_ln_continuing_market_share").value
        if domestic is not None and continuing is not None:
            yield window, pair_range(domestic, continuing)


def _pair(pair: tuple[float, float]) -> str:
    return f"σ = {pair[0]:g}, ε = {pair[1]:g}"
