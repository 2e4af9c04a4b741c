#!/usr/bin/env bash
# IneqPy==0.4.1: three incomes that are all 5 have a Hoover index of 1, total inequality; 1, 2 and 3 have 1 as well, and
# four times 1 with four times 2 have 3.5, of an index between 0 and 1. The Atkinson index with e=1 is 0.96 for equal
# incomes and grows with their number, since log(mean) is subtracted once a row. The Gini coefficient is n/(n-1) times
# its formula without weights, by the number of rows with weights, so 4 and 4 weights of 1 and 2 give 0.333 where eight
# rows give 0.190. Expected: 0 for equal incomes, and 0.167 by the formula that its documentation gives for Hoover.
source "$(dirname "$0")/environment"
prepare ineqpy==0.4.1 numpy==2.4.6 scipy==1.17.1 pandas==2.3.3
expected='hoover: equal 1.000, 1 to 3 1.000, eight rows 3.500
atkinson, e=1: equal 0.960, 1 to 3 0.773, eight rows 0.945
atkinson, e=0.999: equal 0.000, 1 to 3 0.091, eight rows 0.057
gini: eight rows 0.190, the same by weights 0.333'
observe <<'PROGRAM'
import numpy as np
from ineqpy import inequality

incomes = {"equal": [5, 5, 5], "1 to 3": [1, 2, 3], "eight rows": [1, 1, 1, 1, 2, 2, 2, 2]}
incomes = {name: np.array(values, dtype=float) for name, values in incomes.items()}


def show(name, measure):
    print(f"{name}:", ", ".join(f"{of} {abs(measure(values)):.3f}" for of, values in incomes.items()))


show("hoover", inequality.hoover)
show("atkinson, e=1", lambda values: inequality.atkinson(values, e=1))
show("atkinson, e=0.999", lambda values: inequality.atkinson(values, e=0.999))
weighted = inequality.gini(np.array([1.0, 2.0]), weights=np.array([4.0, 4.0]))
print(f"gini: eight rows {inequality.gini(incomes['eight rows']):.3f}, the same by weights {weighted:.3f}")
PROGRAM
