"""Market sizes: every published total comes back from the solved markets, in numpy alone."""

import os
import subprocess
import sys

import numpy as np
import pytest

from tradegains import literature
from tradegains.synthetic.calibration import (
    LARGEST_SHARE,
    Markets,
    least_norm_root,
    less_liberalised,
    solve_end,
    solve_start,
    targets,
)
from tradegains.synthetic.economy import INDUSTRIES

TOTAL = 1000.0
SHARES = np.array([industry.expenditure for industry in INDUSTRIES]) / 100.0
DOMESTIC = SHARES * [industry.domestic_share for industry in INDUSTRIES]
SOLVERS = {"pre": (solve_start, 0.71, -1), "post": (solve_end, 0.77, 1)}
# The solver stops at 1e-13; sums of 22 numbers lose a digit or two.
SOLVED = 1e-10


@pytest.fixture(params=SOLVERS)
def solved(request):
    solve, continuing, sign = SOLVERS[request.param]
    middle = Markets(SHARES, DOMESTIC, DOMESTIC * continuing)
    return request.param, middle, solve(middle, TOTAL), sign


def change(middle, outer, sign, numerator, denominator):
    """Δln of a ratio of totals over the window, in its own direction."""
    ratios = [getattr(m, numerator).sum() / getattr(m, denominator).sum() for m in (middle, outer)]
    return sign * np.log(ratios[1] / ratios[0])


def test_totals_are_those_of_table_1(solved):
    window, middle, outer, sign = solved
    scale = {"pre": 0.8, "post": 1.0}[window]
    row = {row.quantity: getattr(row, window) for row in literature.table_1()}
    continuing = change(middle, outer, sign, "continuing_sales", "domestic_sales")
    domestic = change(middle, outer, sign, "domestic_sales", "expenditure")
    assert 100 * scale * continuing == pytest.approx(row["delta_ln_continuing_share"], abs=0.005)
    assert 100 * scale * domestic == pytest.approx(row["delta_ln_domestic_share"], abs=0.005)
    assert outer.expenditure.sum() == pytest.approx(TOTAL)


def test_industries_and_aggregate_are_those_of_table_a1(solved):
    window, middle, outer, sign = solved
    target = targets(window)
    shares = [m.continuing_sales / m.expenditure for m in (middle, outer)]
    assert sign * np.log(shares[1] / shares[0]) == pytest.approx(target.market_share, abs=SOLVED)
    before, after = middle.expenditure / middle.expenditure.sum(), outer.expenditure / TOTAL
    means = (after - before) / np.log(after / before)
    aggregate = means @ target.welfare / means.sum()
    assert aggregate == pytest.approx(target.aggregate_welfare, abs=SOLVED)


def test_less_liberalised_half_has_its_stated_gain(solved):
    window, middle, outer, sign = solved
    low = less_liberalised()
    assert low.sum() == len(INDUSTRIES) / 2
    shares = [m.continuing_sales[low].sum() / m.expenditure.sum() for m in (middle, outer)]
    assert sign * np.log(shares[1] / shares[0]) == pytest.approx(targets(window).restricted)


def test_no_share_passes_its_bound(solved):
    _, _, outer, _ = solved
    assert (outer.imports > 0).all()
    assert (outer.continuing_sales <= outer.domestic_sales * LARGEST_SHARE * (1 + 1e-12)).all()


def test_least_norm_root_is_the_nearest_one():
    root = least_norm_root(lambda point: np.array([point.sum() - 3.0]), 3)
    assert root == pytest.approx([1.0, 1.0, 1.0])


def test_unreachable_totals_are_an_error():
    with pytest.raises(ArithmeticError, match="cannot be reached"):
        least_norm_root(lambda point: np.array([point @ point + 1.0]), 2)


OTHER_KERNELS = {
    # What OpenBLAS would choose on an old processor, and NumPy without its newest instructions.
    "OPENBLAS_CORETYPE": "Prescott",
    "NPY_DISABLE_CPU_FEATURES": "X86_V4 AVX512F AVX512_SKX AVX512_ICL AVX512_SPR",
}
SOLVE = """
import numpy as np
from tradegains.synthetic.calibration import Markets, solve_end, solve_start
from tradegains.synthetic.economy import INDUSTRIES
spent = np.array([1e11 * industry.expenditure for industry in INDUSTRIES])
domestic = spent * [industry.domestic_share for industry in INDUSTRIES]
for solve in (solve_start, solve_end):
    solved = solve(Markets(spent, domestic, 0.75 * domestic), 1e13).in_whole_units()
    print(solved.expenditure.tolist(), solved.domestic_sales.tolist())
"""


def test_another_processor_solves_the_same_markets():
    def solved(changes):
        environment = {**os.environ, **changes}
        for name in set(OTHER_KERNELS) - set(changes):
            environment.pop(name, None)
        return subprocess.check_output([sys.executable, "-c", SOLVE], env=environment, text=True)

    assert solved(OTHER_KERNELS) == solved({})
