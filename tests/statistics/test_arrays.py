"""Cells that many groups share, on the driver."""

import numpy as np

from tradegains.statistics.arrays import sum_by

NONE = np.array([], dtype=np.int64)


def test_no_cells_sum_to_no_groups():
    keys, sums = sum_by(NONE, {"establishments": NONE, "lowest": NONE})
    assert (keys.tolist(), {name: each.tolist() for name, each in sums.items()}) == (
        [],
        {"establishments": [], "lowest": []},
    )


def test_runs_are_added_up_and_their_ends_kept():
    keys, sums = sum_by(
        np.array([3, 1, 3]), {"n": np.array([1, 2, 4]), "lowest": np.array([5.0, 7.0, 4.0])}
    )
    assert (keys.tolist(), sums["n"].tolist(), sums["lowest"].tolist()) == ([1, 3], [2, 5], [7, 4])
