"""Slopes of industries' gains on what they are ranked by: groups and differences by hand."""

import math

import pytest

from reference.studies import study_with
from tradegains.results.market import Amounts
from tradegains.results.slopes import slope_rows
from tradegains.results.welfare import Choice, MarketAtEnd
from tradegains.study import Tariffs, Window

STUDY = study_with(
    windows=(Window("pre", 2000, 2002, scale_to_years=1), Window("post", 2002, 2004)),
    tariffs=Tariffs(leave_out=("06",)),
)
CODES = ("01", "02", "03", "04", "05", "06")


def end(year: int, kept: float) -> MarketAtEnd:
    """A market of which the continuing ones sell `kept` of 100 units, without imports."""
    sold = Amounts(2, sales=10_000_000)
    return MarketAtEnd(year, sold, Amounts(1, sales=round(10_000_000 * kept)), 0.0)


def markets(falls: dict[str, dict[str, float]]) -> dict:
    """Each industry's continuing share falls from a half by a factor."""
    return {
        (window, Choice("industry2", code, "both_ends", "all", "table")): (
            end(2000, 0.5),
            end(2002, 0.5 * factor),
        )
        for window, by_code in falls.items()
        for code, factor in by_code.items()
    }


# HLOY with sigma = 3 is half the fall; the earlier window is scaled by a half.
FALLS = {
    "pre": dict(zip(CODES, (0.9, 0.8, 0.7, 0.6, 0.5, 0.4), strict=True)),
    "post": dict(zip(CODES, (0.9, 0.7, 0.8, 0.5, 0.4, 0.9), strict=True)),
}
CUTS = {"01": 1.0, "0201": 2.0, "0202": 4.0, "03": 2.0, "04": 5.0, "05": 6.0, "06": 90.0}


def slope(points: list[tuple[float, float]]) -> float:
    x, y = (sum(column) / len(points) for column in zip(*points, strict=True))
    return sum((a - x) * (b - y) for a, b in points) / sum((a - x) ** 2 for a, _ in points)


def test_slopes_of_both_windows_and_of_their_difference():
    rows = slope_rows(STUDY, markets(FALLS), {"tariff_cut": CUTS}, 0.95)
    found = {row["window"]: row for row in rows}
    cuts = (1.0, 3.0, 2.0, 5.0, 6.0)  # the second is the mean of its codes, the sixth is left out
    pre = [-0.25 * math.log(FALLS["pre"][code]) for code in CODES[:5]]
    post = [-0.5 * math.log(FALLS["post"][code]) for code in CODES[:5]]
    both = [later - earlier for later, earlier in zip(post, pre, strict=True)]
    for window, gains in (("pre", pre), ("post", post), ("post-pre", both)):
        expected = slope(list(zip(cuts, gains, strict=True)))
        assert found[window]["slope"] == pytest.approx(expected, abs=1e-7)
        assert found[window]["industries"] == 5
        assert found[window]["ci_low"] < found[window]["slope"] < found[window]["ci_high"]


def test_too_few_industries_have_a_reason():
    some = {"pre": FALLS["pre"], "post": {"01": 0.9, "02": 0.5}}
    rows = {row["window"]: row for row in slope_rows(STUDY, markets(some), {"x": CUTS}, 0.95)}
    assert rows["post"]["slope"] is None
    assert rows["post-pre"]["note"] == "no slope: 2 industries have both numbers, fewer than 4"
