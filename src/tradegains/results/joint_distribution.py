"""The joint distribution of relative productivity and size as published rows."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from tradegains.formulas.fixed_point import EMPLOYMENT_UNITS, from_fixed_point, money
from tradegains.formulas.joint_distribution import JointCell
from tradegains.formulas.outcomes import rate
from tradegains.study import Study

Row = dict[str, Any]


def joint_rows(
    study: Study, cuts: Mapping[int, Sequence[float]], cells: Iterable[JointCell]
) -> list[Row]:
    """One row per year and pair of classes, empty ones too; shares of a year add up to 1.

    Args:
        study: the research choices.
        cuts: between the productivity groups, by year [log points].
        cells: those that have an establishment.
    """
    chosen = study.joint_distribution
    if chosen is None:
        return []
    by_class = {(each.year, each.productivity_class, each.size_class): each for each in cells}
    rows = []
    for year, of_year in sorted(cuts.items()):
        totals = [_amounts(study, each) for each in by_class.values() if each.year == year]
        whole = [sum(column) for column in zip(*totals, strict=True)]
        for group in range(chosen.productivity_groups):
            for size in range(len(chosen.size_edges) + 1):
                found = by_class.get((year, group, size), JointCell(year, group, size, 0, 0, 0, 0))
                rows.append(
                    {
                        "year": year,
                        "weighting": chosen.weighting,
                        "productivity_group": group + 1,
                        **_ends("productivity", of_year, group),
                        **_ends("size", chosen.size_edges, size),
                        **_counted(_amounts(study, found), whole, study.census.decimals),
                        "numerator": study.productivity.numerator,
                        "note": "",
                    }
                )
    return rows


def _amounts(study: Study, cell: JointCell) -> tuple[int, int, int]:
    """Establishments, employment and output, which is what productivity is the output of."""
    output = cell.sales if study.productivity.numerator == "sales" else cell.value_added
    return cell.establishments, cell.employment, output


def _ends(kind: str, edges: Sequence[float], position: int) -> Row:
    """Lower and upper end of a class; null where it is open."""
    return {
        f"{kind}_from": edges[position - 1] if position else None,
        f"{kind}_to": edges[position] if position < len(edges) else None,
    }


def _counted(amounts: tuple[int, int, int], whole: Sequence[int], decimals: int) -> Row:
    establishments, employment, output = amounts
    shares = map(rate, amounts, whole)
    return {
        "establishments": establishments,
        "employment": from_fixed_point(employment, EMPLOYMENT_UNITS),
        "output": money(output, decimals),
        **dict(
            zip(("establishment_share", "employment_share", "output_share"), shares, strict=True)
        ),
    }
