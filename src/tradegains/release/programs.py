"""The linear programs of an attack and of a defence, solved by HiGHS.

All are in changes of cells, in hundredths of what a target is to be moved by: the solver's
tolerances are absolute, and a small target among large sums must not be lost in them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import optimize, sparse

Numbers = NDArray[Any]

HUNDRED = 100.0
SLACK = 1e-6
"""Of its level, by which a witness goes further: the solver's tolerance is not to matter."""


@dataclass(frozen=True)
class Known:
    """What an attacker knows of the changes of cells.

    Attributes:
        matrix: the sums; those that are not closed do not change.
        identities: further combinations that do not change.
        lowest: the least change of each cell.
        closed: numbers of the sums that may change.
        fixed: numbers of sums that have left before and cannot be closed.
        at_least: the least change of each closed sum; None: none is known.
        whole: whether changes are whole numbers.
    """

    matrix: sparse.csr_matrix
    identities: sparse.csr_matrix
    lowest: Numbers
    closed: Numbers
    fixed: Numbers
    at_least: Numbers | None = None
    whole: bool = False

    def among(self, cells: Numbers) -> "Known":
        """The same where no other cell changes."""
        return replace(
            self,
            matrix=self.matrix[:, cells],
            identities=self.identities[:, cells],
            lowest=self.lowest[cells],
        )

    @property
    def is_open(self) -> Numbers:
        """Which sums leave."""
        found = np.ones(self.matrix.shape[0], bool)
        found[self.closed] = False
        return found


def reused(known: Known, cells: Numbers, change: float, pool: Sequence[Numbers]) -> Numbers | None:
    """A multiple, of either sign, of a change found before that is a witness of this one too."""
    if not pool or known.at_least is not None:
        return None
    changes = np.asarray(pool)
    moved = changes[:, cells].sum(axis=1)
    can = np.abs(moved) > abs(change) * 1e-3
    if not can.any():
        return None
    scaled = changes[can] * (change * (1 + SLACK) / moved[can])[:, None]
    fits = np.flatnonzero((scaled >= known.lowest).all(axis=1))
    return scaled[fits[0]] if len(fits) else None


def witness(known: Known, cells: Numbers, change: float) -> Numbers | None:
    """Changes of cells that an attacker cannot tell from the truth and that move these by `change`.

    None where there are none. First among the cells of closed sums alone: they are few, and nearly
    always enough.
    """
    few = np.unique(known.matrix[known.closed].indices)
    if 0 < len(few) < known.matrix.shape[1] and np.isin(cells, few).all():
        found = _solve(
            known.among(few), np.searchsorted(few, cells), change,
            numbers=np.zeros(0, int), costs=np.zeros(0),
        )[0]  # fmt: skip
        if found is not None:
            everywhere = np.zeros(known.matrix.shape[1])
            everywhere[few] = found
            return everywhere
    return _solve(known, cells, change, numbers=np.zeros(0, int), costs=np.zeros(0))[0]


def closing_witness(
    known: Known, cells: Numbers, change: float, costs: Numbers
) -> tuple[Numbers | None, list[int]]:
    """The same where further sums may change, at a cost for each: a witness, and which to close."""
    can_close = known.is_open.copy()
    can_close[known.fixed] = False
    numbers = np.flatnonzero(can_close)
    found, moved = _solve(known, cells, change, numbers=numbers, costs=costs[numbers])
    return found, [int(numbers[each]) for each in moved]


def _solve(
    known: Known, cells: Numbers, change: float, *, numbers: Numbers, costs: Numbers
) -> tuple[Numbers | None, list[int]]:
    """Changes up and down of cells, and of the sums that may be closed, at the least cost."""
    unit = 1.0 if known.whole else abs(change) * (1 + SLACK) / HUNDRED
    wanted = change if known.whole else math.copysign(HUNDRED, change)
    count, sums = known.matrix.shape[1], len(numbers)
    target = np.zeros((1, count))
    target[0, cells] = 1
    constant = known.is_open
    constant[numbers] = False
    first = sparse.vstack([known.matrix[constant], known.identities]).tocsr()
    first = first[np.flatnonzero(np.diff(first.indptr))]
    still = sparse.vstack([first, known.matrix[numbers], target])
    moving = sparse.csr_matrix(
        (np.ones(sums), (still.shape[0] - 1 - sums + np.arange(sums), np.arange(sums))),
        shape=(still.shape[0], sums),
    )
    sides = np.zeros(still.shape[0])
    sides[-1] = wanted
    # A step of a cell costs next to nothing beside a sum, so that the change is short as well: it
    # touches few cells, and so few contributors can see through it.
    step = 1e-7 if sums else 1.0
    scale = float(costs.max(initial=0.0)) or 1.0
    objective = np.concatenate([np.full(2 * count, step), np.tile(costs / scale, 2)])
    down = np.maximum(-known.lowest / unit, 0.0)
    bounds = np.concatenate([np.full(count, np.inf), down, np.full(2 * sums, np.inf)])
    rows = sparse.hstack([still, -still, -moving, moving], format="csc")
    found = _minimise(known, objective, rows, sides, bounds=bounds, unit=unit)
    if found is None:
        return None, []
    changes = (found[:count] - found[count : 2 * count]) * unit
    moved = found[2 * count : 2 * count + sums] + found[2 * count + sums :]
    return changes, np.flatnonzero(moved > 1e-6).tolist()


def _minimise(
    known: Known,
    objective: Numbers,
    rows: sparse.csc_matrix,
    sides: Numbers,
    *,
    bounds: Numbers,
    unit: float,
) -> Numbers | None:
    """The least objective; of whole numbers only where the plain program finds no such."""
    below, limits = None, None
    if known.at_least is not None and len(known.closed):
        closed = known.matrix[known.closed]
        rest = sparse.csr_matrix((closed.shape[0], len(bounds) - 2 * closed.shape[1]))
        below, limits = sparse.hstack([-closed, closed, rest]), -known.at_least / unit
    for whole in (False, True) if known.whole else (False,):
        done = optimize.linprog(
            objective,
            A_ub=below,
            b_ub=limits,
            A_eq=rows,
            b_eq=sides,
            bounds=np.column_stack([np.zeros(len(bounds)), bounds]),
            method="highs",
            integrality=np.ones(len(bounds)) if whole else None,
        )
        if done.x is None or done.status != 0:
            return None
        if not known.whole or np.allclose(done.x, np.round(done.x), atol=1e-6):
            break
    return np.asarray(done.x)
