"""Productivity groups by size classes, one establishment after the other."""

from collections import defaultdict
from typing import Any

from reference.distributions import Point, Productivity, interpolated_quantile
from reference.rows import Row, in_money, is_amount


def list_joint_distribution(
    rows: list[Row], study: Any, productivity: Productivity
) -> list[dict[str, Any]]:
    """Every pair of classes in every year with a value to cut at."""
    chosen = study.joint_distribution
    if chosen is None:
        return []
    found = []
    for year in study.productivity.years:
        medians = productivity.medians({year})
        values = {
            row: value - medians[row.industry]
            for row, value in productivity.of_row.items()
            if row.year == year
        }
        cuts = cuts_of(values, chosen)
        if cuts is None:
            continue
        inside = defaultdict(list)
        for row, value in values.items():
            group = 1 + sum(value > cut for cut in cuts)
            inside[group, size_class(row, chosen.size_edges)].append(row)
        for group in range(1, chosen.productivity_groups + 1):
            for size in range(len(chosen.size_edges) + 1):
                found.append(
                    {
                        "year": year,
                        "weighting": chosen.weighting,
                        "productivity_group": group,
                        "productivity_from": ([None, *cuts])[group - 1],
                        "productivity_to": ([*cuts, None])[group - 1],
                        "size_from": ([None, *chosen.size_edges])[size],
                        "size_to": ([*chosen.size_edges, None])[size],
                        **counted(inside[group, size], list(values), study),
                        "numerator": study.productivity.numerator,
                        "note": None,
                    }
                )
    return found


def cuts_of(values: dict[Row, float], chosen: Any) -> list[float] | None:
    groups = chosen.productivity_groups
    if chosen.weighting == "unweighted":
        ordered = sorted(values.values())
        # Percentages of 100 / groups need not be whole: ranks are cut by hand below 100.
        return [cut_unweighted(ordered, k, groups) for k in range(1, groups)] if ordered else None
    points = [Point(value, row.weight) for row, value in values.items()]
    whole = sum(point.weight for point in points)
    if not whole:
        return None
    return [cut_weighted(points, k, groups) for k in range(1, groups)]


def cut_unweighted(ordered: list[float], k: int, groups: int) -> float:
    """The quantile k / groups: interpolated_quantile of a list repeated to whole percentages."""
    if (100 * k) % groups == 0:
        found = interpolated_quantile(ordered, 100 * k // groups)
        assert found is not None
        return found
    whole, part = divmod((len(ordered) - 1) * k, groups)
    high = ordered[min(whole + 1, len(ordered) - 1)]
    return ordered[whole] + part / groups * (high - ordered[whole])


def cut_weighted(points: list[Point], k: int, groups: int) -> float:
    """Smallest value with k / groups of the jobs at or below it."""
    whole = sum(point.weight for point in points)
    return next(
        value
        for value in sorted({point.value for point in points})
        if groups * sum(p.weight for p in points if p.value <= value) >= k * whole
    )


def size_class(row: Row, edges: tuple[float, ...]) -> int:
    """How many edges the reported employment reaches; an invalid one reaches none."""
    reported = row.columns.get("employment")
    return sum(is_amount(reported) and reported >= edge for edge in edges)


def counted(inside: list[Row], everyone: list[Row], study: Any) -> dict[str, Any]:
    amounts = {
        "establishment": lambda row: 1,
        "employment": lambda row: row.weight,
        "output": lambda row: getattr(row, study.productivity.numerator),
    }
    part = {name: sum(map(of, inside)) for name, of in amounts.items()}
    whole = {name: sum(map(of, everyone)) for name, of in amounts.items()}
    return {
        "establishments": part["establishment"],
        "employment": part["employment"] / 1000,
        "output": in_money(part["output"], study.census.money_decimals),
        **{f"{name}_share": part[name] / whole[name] if whole[name] else None for name in amounts},
    }
