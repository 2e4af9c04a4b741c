"""What follows from released sums: the least and the most that a withheld amount can be."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from scipy.optimize import linprog

Combination = Mapping[Hashable, int]
"""Whole-number coefficients of unknown amounts."""

INFINITE = float("inf")


@dataclass
class Conclusions:
    """Equations over unknown amounts of 0 or more.

    Attributes:
        unknowns: Their names.
        equations: What is known: combinations of unknowns and their values.
        whole: True where the unknowns are whole numbers, as counts are.
    """

    unknowns: Sequence[Hashable]
    equations: Sequence[tuple[Combination, float]]
    whole: bool = False
    _place: dict[Hashable, int] = field(init=False)
    _matrix: np.ndarray = field(init=False)
    _values: np.ndarray = field(init=False)

    def __post_init__(self) -> None:
        self._place = {name: place for place, name in enumerate(self.unknowns)}
        rows = {tuple(sorted(self._row(what).items())): value for what, value in self.equations}
        self._matrix = np.zeros((len(rows), len(self.unknowns)))
        for number, row in enumerate(rows):
            for place, coefficient in row:
                self._matrix[number, place] = coefficient
        self._values = np.array(list(rows.values()), dtype=float)

    def ends(
        self, target: Combination, held: Mapping[Hashable, float], known: frozenset[Hashable]
    ) -> tuple[float, float]:
        """The least and the most that a combination can be.

        Args:
            target: The combination.
            held: A lower bound for unknowns of which the intruder holds a part itself.
            known: Unknowns of which nobody else holds a part.
        """
        bounds = [
            (held.get(name, 0.0), held[name] if name in known else None) for name in self.unknowns
        ]
        goal = np.zeros(len(self.unknowns))
        for place, coefficient in self._row(target).items():
            goal[place] = coefficient
        return self._least(goal, bounds), -self._least(-goal, bounds)

    def determined(
        self, targets: Sequence[Combination], known: frozenset[Hashable] = frozenset()
    ) -> np.ndarray:
        """Which combinations follow exactly by adding and taking away, one truth value each."""
        free = [place for name, place in self._place.items() if name not in known]
        wanted = np.zeros((len(targets), len(self.unknowns)))
        for number, target in enumerate(targets):
            for place, coefficient in self._row(target).items():
                wanted[number, place] = coefficient
        if not len(self._matrix) or not free:
            return ~wanted[:, free].any(axis=1)
        matrix = self._matrix[:, free]
        found, *_ = np.linalg.lstsq(matrix.T, wanted[:, free].T, rcond=None)
        return np.abs(matrix.T @ found - wanted[:, free].T).max(axis=0) < 1e-9

    def _least(self, goal: np.ndarray, bounds: list[tuple[float, float | None]]) -> float:
        if not goal.any():
            return 0.0
        equations = {"A_eq": self._matrix, "b_eq": self._values} if len(self._matrix) else {}
        equations["integrality"] = int(self.whole)
        for presolve in (True, False):
            # Numbers of very different size: without presolve the answer is found.
            options = {"presolve": presolve}
            answer = linprog(goal, bounds=bounds, options=options, **equations)
            if answer.status == 0:
                return float(answer.fun)
            if answer.status == 3:
                return -INFINITE
        raise ArithmeticError(f"no answer: {answer.message}")

    def _row(self, combination: Combination) -> dict[int, int]:
        # A cell without anybody is no unknown: everybody knows that it is empty.
        return {
            self._place[name]: value for name, value in combination.items() if name in self._place
        }
