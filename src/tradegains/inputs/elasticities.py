"""Elasticities of another classification, carried over to the industry groups of the census.

A run and a check read the table through `census_elasticities`: later code finds one sigma for each
industry group, whosever codes it was estimated in.
"""

import logging
from collections import defaultdict
from collections.abc import Mapping, Sequence
from typing import Any

from tradegains.errors import Problem
from tradegains.formulas.concordance import carried_over

log = logging.getLogger("tradegains")

Tables = dict[str, Sequence[Mapping[str, Any]]]


def census_elasticities(tables: Tables) -> tuple[Tables, list[Problem]]:
    """The tables with elasticities of the census's industry groups, and what is wrong with them.

    Args:
        tables: rows of the small tables that could be read, by name. Those of `elasticities` are
            of the census's groups already where there is no `elasticity_concordance`.
    """
    links, rows = tables.get("elasticity_concordance"), tables.get("elasticities")
    if not links or not rows:
        return tables, []
    sigma = {row["industry"]: row["sigma"] for row in rows}
    parts: defaultdict[str, list[tuple[float, float]]] = defaultdict(list)
    for link in links:
        if link["code"] in sigma:
            parts[link["industry"]].append((sigma[link["code"]], link.get("weight", 1.0)))
    if not parts:
        cure = "its column code must have the codes that the table elasticities has as industry"
        what = "no code is one that elasticities are of"
        return tables, [Problem(what, "input elasticity_concordance", len(links), cure)]
    _tell_unmatched(sigma, links)
    found = [{"industry": code, "sigma": carried_over(parts[code])} for code in sorted(parts)]
    return {**tables, "elasticities": found}, []


def _tell_unmatched(sigma: Mapping[str, float], links: Sequence[Mapping[str, Any]]) -> None:
    unused = len(sigma.keys() - {link["code"] for link in links})
    unknown = sum(link["code"] not in sigma for link in links)
    if unused or unknown:
        told = "input elasticity_concordance: %s of %s elasticities go to no industry, %s of %s "
        told += "rows name a code without one; both are left aside"
        log.warning(told, unused, len(sigma), unknown, len(links))
