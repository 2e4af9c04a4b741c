#!/usr/bin/env bash
# pygini==1.0.1: a single negative number changes every number before the Gini coefficient is taken: the
# smallest is subtracted from all. Profits of -1, 10 and 20 are measured as 0, 11 and 21, and a loss of 100 nearly
# halves the coefficient. Expected: the coefficient by its formula, an error, or a warning. Whole numbers are
# refused altogether (UFuncTypeError: a small number is added to each in place).
source "$(dirname "$0")/environment"
prepare pygini==1.0.1 numpy==2.4.6
expected='[0.0, 10.0, 20.0]: 0.444, by hand 0.444
[-1.0, 10.0, 20.0]: 0.437, by hand 0.483
[0.0, 11.0, 21.0]: 0.437, by hand 0.438
[-100.0, 200.0, 210.0]: 0.339, by hand 0.667
whole numbers: UFuncTypeError'
observe <<'PROGRAM'
import numpy as np
from pygini import gini


def by_hand(values):
    differences = np.abs(np.subtract.outer(values, values))
    return differences.mean() / (2 * values.mean())


for values in ([0.0, 10.0, 20.0], [-1.0, 10.0, 20.0], [0.0, 11.0, 21.0], [-100.0, 200.0, 210.0]):
    array = np.array(values)
    print(f"{values}: {gini(array):.3f}, by hand {by_hand(array):.3f}")
try:
    gini(np.array([1, 2, 3]))
except Exception as error:
    print("whole numbers:", type(error).__name__)
PROGRAM
