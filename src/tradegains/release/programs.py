"""The linear programs of an attack and of a defence, solved by HiGHS.

All are in changes of cells, in hundredths of what a target is to be moved by: the solver's
tolerances are absolute, and a small target among large sums must not be lost in them.

Decision: the sums of a problem are one program, made once. What a question differs in, such as
which sums leave, what an attacker holds and what is to be moved, are bounds and costs of it, and
the solver begins where the last question ended: a tenth of the time of a program made anew.
"""

import math
from collections.abc import Callable, Collection, Hashable
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

import highspy
import numpy as np
from numpy.typing import NDArray
from scipy import sparse

Numbers = NDArray[Any]
Key = TypeVar("Key", bound=Hashable)

HUNDRED = 100.0
SLACK = 1e-6
"""Of its level, by which a witness goes further: the solver's tolerance is not to matter."""
MULTIPLES = range(1, 7)
"""Of a solution in parts, among which one in whole numbers is looked for."""
STEP = 1e-7
"""What a step of a cell costs beside the dearest sum: next to nothing, so that the change is short
as well. It touches few cells then, and few contributors can see through it."""


@dataclass(frozen=True)
class Known:
    """What an attacker knows of the changes of cells.

    Attributes:
        lowest: the least change of each cell.
        closed: numbers of the sums that may change.
        fixed: numbers of sums that have left before and cannot be closed.
        at_least: the least change of each closed sum; None: none is known.
    """

    lowest: Numbers
    closed: Numbers
    fixed: Numbers
    at_least: Numbers | None = None


class Witnesses(Generic[Key]):
    """Changes found so far, by what they are witnesses of, the first found first."""

    def __init__(self, cells: int, sums_over: Callable[[Numbers], Numbers]) -> None:
        """None yet, of so many cells, over which sums are made."""
        self.sums_over = sums_over
        self.found: dict[Key, Numbers] = {}
        self._moving: list[Numbers] = []
        self._stack = np.zeros((0, cells))

    def __contains__(self, key: Key) -> bool:
        """Whether there is a witness."""
        return key in self.found

    def __getitem__(self, key: Key) -> Numbers:
        """The witness of something."""
        return self.found[key]

    def add(self, key: Key, changes: Numbers) -> None:
        """A further witness."""
        place = len(self.found)
        if place == len(self._stack):
            more = np.zeros((max(place, 16), self._stack.shape[1]))
            self._stack = np.concatenate([self._stack, more])
        self._stack[place] = changes
        self._moving.append(np.flatnonzero(changes))
        self.found[key] = changes

    def without(self, keys: Collection[Key]) -> "Witnesses[Key]":
        """Those of everything but `keys`; these here stay as they are."""
        kept = [place for place, key in enumerate(self.found) if key not in keys]
        made = Witnesses[Key](self._stack.shape[1], self.sums_over)
        made.found = {key: each for key, each in self.found.items() if key not in keys}
        made._moving = [self._moving[place] for place in kept]
        made._stack = self._stack[kept]
        return made

    def moving(self, cells: Numbers, tolerance: float) -> list[Key]:
        """What has a witness that moves the sum of some cells."""
        moved = np.abs(self._moved(cells)) > tolerance
        return [key for key, is_moved in zip(self.found, moved, strict=True) if is_moved]

    def _moved(self, cells: Numbers) -> Numbers:
        goal = np.zeros(self._stack.shape[1])
        goal[cells] = 1
        moved: Numbers = self._stack[: len(self.found)] @ goal
        return moved

    def reused(self, known: Known, cells: Numbers, change: float) -> Numbers | None:
        """A multiple, of either sign, of one of them that is a witness of this change too."""
        if not self.found:
            return None
        moved = self._moved(cells)
        if known.at_least is not None:
            return self._reused_whole(known, known.at_least, moved)
        must_rise = np.flatnonzero(known.lowest > 0)
        for place in np.flatnonzero(np.abs(moved) > abs(change) * 1e-3):
            factor = change * (1 + SLACK) / moved[place]
            for looked_at in (self._moving[place], must_rise):
                scaled = self._stack[place, looked_at] * factor
                if (scaled < known.lowest[looked_at]).any():
                    break
            else:
                return np.asarray(self._stack[place] * factor)
        return None

    def _reused_whole(self, known: Known, at_least: Numbers, moved: Numbers) -> Numbers | None:
        """One of them, or its opposite, that moves a count at all, however far."""
        for place in np.flatnonzero(np.abs(moved) > 0.5):
            changes = self._stack[place] * np.sign(moved[place])
            if (changes[self._moving[place]] < known.lowest[self._moving[place]]).any():
                continue
            if (self.sums_over(changes)[known.closed] >= at_least - 1e-6).all():
                return np.asarray(changes)
        return None


class Program:
    """Changes up and down of cells, and of the sums over them, as one program.

    Its columns are what each cell goes up, what each goes down, and the same of each sum; its rows
    say that a sum changes by what its cells do, that identities stay as they are and, the last,
    how much the target moves.
    """

    def __init__(
        self, matrix: sparse.csr_matrix, identities: sparse.csr_matrix, *, whole: bool
    ) -> None:
        """Make the program.

        Args:
            matrix: 1 where a sum has a cell; a row a sum.
            identities: further combinations that do not change.
            whole: whether changes are whole numbers.
        """
        self.identities = identities
        self.matrix, (self.sums, self.cells) = matrix, matrix.shape
        self.whole = whole
        still = sparse.vstack([matrix, identities]).tocsr()
        moves = sparse.eye_array(still.shape[0], self.sums, format="csr")
        rows = sparse.hstack([still, -still, -moves, moves], format="csc")
        # Not highspy.Highs: that one prints a banner as soon as it is made.
        self.solver = highspy._Highs()  # type: ignore[attr-defined]
        for option, value in (("output_flag", False), ("threads", 1), ("random_seed", 0)):
            self.solver.setOptionValue(option, value)
        self.solver.passModel(_model(rows))
        self.columns = np.arange(rows.shape[1], dtype=np.int32)
        self.solver.addRow(0.0, 0.0, 0, np.zeros(0, np.int32), np.zeros(0))
        self.target_row = rows.shape[0]

    def witness(self, known: Known, cells: Numbers, change: float) -> Numbers | None:
        """Changes of cells that an attacker cannot tell from the truth and that move these.

        By `change`, all of them together; None where there are none.
        """
        return self._solve(known, cells, change, np.zeros(0, int), np.zeros(self.sums))[0]

    def closing_witness(
        self, known: Known, cells: Numbers, change: float, costs: Numbers
    ) -> tuple[Numbers | None, list[int]]:
        """The same where further sums may change, at a cost for each: and which to close."""
        can_close = np.ones(self.sums, bool)
        can_close[known.closed] = False
        can_close[known.fixed] = False
        return self._solve(known, cells, change, np.flatnonzero(can_close), costs)

    def _solve(
        self, known: Known, cells: Numbers, change: float, numbers: Numbers, costs: Numbers
    ) -> tuple[Numbers | None, list[int]]:
        """Changes of cells, and of the sums that may be closed, at the least cost."""
        unit = 1.0 if self.whole else abs(change) * (1 + SLACK) / HUNDRED
        wanted = change if self.whole else math.copysign(HUNDRED, change)
        self._bound(known, numbers, costs, unit)
        self._aim(cells, wanted)
        found = self._run()
        if found is not None and self.whole:
            found = self._in_whole_numbers(known, cells, numbers, costs)
        if found is None:
            return None, []
        count = self.cells
        changes = (found[:count] - found[count : 2 * count]) * unit
        return changes, numbers[self._moved(found)[numbers] > 1e-6].tolist()

    def _moved(self, found: Numbers) -> Numbers:
        """How far each sum moves."""
        moved: Numbers = found[2 * self.cells :].reshape(2, self.sums).sum(axis=0)
        return moved

    def _bound(self, known: Known, numbers: Numbers, costs: Numbers, unit: float) -> None:
        """How far each column may go, and what it costs."""
        most = np.zeros((2, self.sums))
        most[:, known.closed] = most[:, numbers] = np.inf
        if known.at_least is not None:
            most[1, known.closed] = -known.at_least / unit
        down = np.maximum(-known.lowest / unit, 0.0)
        self._limit(np.concatenate([np.full(self.cells, np.inf), down, *most]))
        price = np.zeros(self.sums)
        price[numbers] = costs[numbers] / (costs[numbers].max(initial=0.0) or 1.0)
        steps = np.full(2 * self.cells, STEP if len(numbers) else 1.0)
        costs_of_all = np.concatenate([steps, price, price])
        self.solver.changeColsCost(len(costs_of_all), self.columns, costs_of_all)

    def _limit(self, uppers: Numbers) -> None:
        """No column may go further than this."""
        self.uppers = uppers
        self.solver.changeColsBounds(len(uppers), self.columns, np.zeros(len(uppers)), uppers)

    def _aim(self, cells: Numbers, wanted: float) -> None:
        """Let the last row say that these cells move by so much together."""
        self.solver.deleteRows(1, np.array([self.target_row], np.int32))
        places = np.concatenate([cells, cells + self.cells]).astype(np.int32)
        signs = np.repeat([1.0, -1.0], len(cells))
        self.solver.addRow(wanted, wanted, len(places), places, signs)

    def _in_whole_numbers(
        self, known: Known, cells: Numbers, numbers: Numbers, costs: Numbers
    ) -> Numbers | None:
        """The same in whole numbers, where a program of its own can take minutes to end.

        A multiple of what was found, or one more in one cell and one less in another; a program
        only where further sums may be closed and neither is possible.
        """
        found = self._multiple(np.asarray(self.solver.getSolution().col_value))
        if found is None:
            found = self._exchange(known, cells, numbers, costs)
        if found is None and len(numbers):
            self._set_whole(highspy.HighsVarType.kInteger)
            found = self._run()
            self._set_whole(highspy.HighsVarType.kContinuous)
        return found

    def _multiple(self, found: Numbers) -> Numbers | None:
        """A multiple of a solution that is in whole numbers: a count must move, however far."""
        changes = found[: self.cells] - found[self.cells : 2 * self.cells]
        for times in MULTIPLES:
            scaled = np.round(changes * times)
            columns = self._columns_of(scaled)
            is_whole = np.allclose(scaled, changes * times, atol=1e-6)
            if is_whole and (columns <= self.uppers + 1e-6).all():
                return columns
        return None

    def _columns_of(self, changes: Numbers) -> Numbers:
        """Changes of cells as columns of the program, each up or down but not both."""
        both = (changes, self.matrix @ changes)
        return np.concatenate([np.maximum(sign * each, 0) for each in both for sign in (1, -1)])

    def _exchange(
        self, known: Known, cells: Numbers, numbers: Numbers, costs: Numbers
    ) -> Numbers | None:
        """One more in a cell of the target, and one less in another or nowhere: the cheapest."""
        price = np.full(self.sums, np.inf)
        price[known.closed] = 0.0
        price[numbers] = np.maximum(costs[numbers], STEP)
        can_fall = np.zeros(self.sums, bool)
        can_fall[known.closed[known.at_least <= -1] if known.at_least is not None else []] = True
        can_fall[numbers] = True
        gives = np.append(known.lowest <= -1, True)
        gives[cells] = False
        best: tuple[float, int, int] = (np.inf, 0, 0)
        for cell in cells.tolist():
            is_same = gives & (self.kinds == self.kinds[cell])
            has = self.has_cell[:, [cell]]
            rises, falls = has & ~self.has_cell, ~has & self.has_cell
            cost = np.where(rises, price[:, None], 0.0).sum(axis=0)
            down = np.where(can_fall, price, np.inf)[:, None]
            cost += np.where(falls, down, 0.0).sum(axis=0)
            other = int(np.argmin(np.where(is_same, cost, np.inf)))
            if is_same[other] and cost[other] < best[0]:
                best = float(cost[other]), cell, other
        if not np.isfinite(best[0]):
            return None
        _, cell, other = best
        changes = np.zeros(self.cells + 1)
        changes[cell], changes[other] = 1.0, -1.0
        return self._columns_of(changes[: self.cells])

    @cached_property
    def has_cell(self) -> Numbers:
        """Which sums have which cell; the last is no cell, and in none."""
        return np.hstack([self.matrix.toarray() > 0, np.zeros((self.sums, 1), bool)])

    @cached_property
    def kinds(self) -> Numbers:
        """Cells of the same kind are alike in all identities; the last is no cell, and in none."""
        if not self.identities.shape[0]:
            return np.zeros(self.cells + 1, int)
        nowhere = np.zeros((self.identities.shape[0], 1))
        columns = np.hstack([self.identities.toarray(), nowhere])
        return np.unique(columns, axis=1, return_inverse=True)[1].ravel()

    def _set_whole(self, kind: highspy.HighsVarType) -> None:
        """What cells change by; sums then change by whole numbers as well."""
        kinds = np.full(2 * self.cells, int(kind), np.uint8)
        self.solver.changeColsIntegrality(len(kinds), self.columns[: len(kinds)], kinds)

    def _run(self) -> Numbers | None:
        self.solver.run()
        if self.solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        return np.asarray(self.solver.getSolution().col_value)


def _model(rows: sparse.csc_matrix) -> highspy.HighsLp:
    """A program whose rows all are 0."""
    made = highspy.HighsLp()
    made.num_row_, made.num_col_ = rows.shape
    made.col_cost_ = made.col_lower_ = made.col_upper_ = np.zeros(rows.shape[1])
    made.row_lower_ = made.row_upper_ = np.zeros(rows.shape[0])
    made.a_matrix_.format_ = highspy.MatrixFormat.kColwise
    made.a_matrix_.start_ = rows.indptr.astype(np.int32)
    made.a_matrix_.index_ = rows.indices.astype(np.int32)
    made.a_matrix_.value_ = rows.data
    return made
