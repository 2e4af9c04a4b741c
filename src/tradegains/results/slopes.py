"""Did industries that were liberalised more gain more, and did they before? (HLOY, section 3.4)

Decisions:
- An industry is an industry group, its gain the HLOY statistic on its own market under the headline
  choices, with the study's sigma for all of them: so a slope is of shares, not of elasticities.
- Its value of the variable is the mean over its codes that have one. Industries that figure 5
  leaves out are left out here.
- The slope of the earlier window is the test of a trend before the reform.
"""

from collections.abc import Mapping
from statistics import fmean
from typing import Any

from tradegains.formulas.market_shares import market_share_changes
from tradegains.formulas.slope import slope_over_industries
from tradegains.formulas.welfare import hloy
from tradegains.results.curves import Ranking
from tradegains.results.welfare import Choice, Ends
from tradegains.study import Study
from tradegains.tables.window_names import difference_window


def slope_rows(
    study: Study,
    markets: Mapping[tuple[str, Choice], Ends],
    rankings: Mapping[str, Ranking],
    level: float,
) -> list[dict[str, Any]]:
    """One row per ranking variable and window; with the difference of two windows.

    Args:
        study: whose windows and sigma are taken.
        markets: of each industry group under the headline choices.
        rankings: value of each variable by industry code.
        level: of the intervals.
    """
    gains = {name: _gains(study, name, markets) for name in study.welfare.windows}
    if study.welfare.difference is not None:
        post, pre = study.welfare.difference
        gains[difference_window(post, pre)] = {
            code: gain - gains[pre][code]
            for code, gain in gains[post].items()
            if code in gains[pre]
        }
    digits = study.census.industry_group_digits
    return [
        _row(variable, window, _by_group(study, ranking, digits), by_code, level)
        for variable, ranking in rankings.items()
        for window, by_code in gains.items()
    ]


def _gains(
    study: Study, window: str, markets: Mapping[tuple[str, Choice], Ends]
) -> dict[str, float]:
    found = {}
    for (of_window, choice), (start, end) in markets.items():
        if of_window != window or choice.industry is None:
            continue
        scale = study.window(window).scale
        changes = market_share_changes(start.market, end.market, scale=scale)
        gain = hloy(changes, study.welfare.sigma).welfare_change
        if gain is not None:
            found[choice.industry] = gain
    return found


def _by_group(study: Study, ranking: Ranking, digits: int) -> dict[str, float]:
    """Mean value of an industry group; a code shorter than a group's is that of all its groups."""
    left_out = study.tariffs.leave_out
    values: dict[str, list[float]] = {}
    for code, value in sorted(ranking.items()):
        if not any(code.startswith(group) for group in left_out):
            values.setdefault(code[:digits], []).append(value)
    return {code: fmean(each) for code, each in values.items()}


def _row(
    variable: str,
    window: str,
    values: Mapping[str, float],
    gains: Mapping[str, float],
    level: float,
) -> dict[str, Any]:
    longest = max(map(len, values), default=0)
    points = [
        (values[code[:longest]], gain)
        for code, gain in sorted(gains.items())
        if code[:longest] in values
    ]
    found = slope_over_industries(points, level=level)
    return {
        "variable": variable,
        "window": window,
        "slope": found.value,
        "standard_error": found.interval.standard_error,
        "ci_low": found.interval.low,
        "ci_high": found.interval.high,
        "t": found.t,
        "p_value": found.p_value,
        "industries": found.points,
        "note": found.note,
    }
