"""Entrants over all establishments by relative productivity, without each group of units.

One more pass over the rows of the years that entry rates are of: bins of the histogram by group.
"""

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from tradegains.formulas.distribution import BinsByGroup
from tradegains.statistics.collecting import collect
from tradegains.statistics.distributions import BasePopulation, DistributionTask, related_rows
from tradegains.statistics.replicated import DrawnGroups
from tradegains.tables import working as w
from tradegains.transforms.productivity import count_members_by_group, members_of


def count_by_group(
    task: DistributionTask, populations: Sequence[BasePopulation], drawn: DrawnGroups
) -> list[BinsByGroup]:
    """Bins of each population by group, in the order of populations.

    Args:
        task: whose rows and median bases the populations are of.
        populations: what is counted, at most some dozens.
        drawn: groups, of which the rows have theirs.
    """
    bases = sorted({each.base for each in populations})
    chosen = replace(task, bases=[task.bases[base] for base in bases], drawn=drawn)
    masks = [task.mask(each) for each in populations]
    cells = collect(count_members_by_group(related_rows(chosen), masks))
    columns = {name: cells[name].to_numpy() for name in cells.column_names}
    group = np.searchsorted(np.array(drawn.called, np.int64), columns[w.REPLICATE_GROUP])
    found = []
    for place, population in enumerate(populations):
        names = [members_of(place, amount) for amount in (w.ESTABLISHMENTS, w.EMPLOYMENT)]
        is_here = columns[w.BASE] == bases.index(population.base)
        is_here &= columns[names[0]] > 0
        numbers, at = np.unique(columns[w.BIN][is_here], return_inverse=True)
        sums = [np.zeros((len(numbers), len(drawn.called)), np.int64) for _ in names]
        for summed, name in zip(sums, names, strict=True):
            np.add.at(summed, (at, group[is_here]), columns[name][is_here])
        found.append(BinsByGroup(numbers, *sums))
    return found
