"""exp, log and log1p on the driver: those whose bits an engine's have."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

import numpy as np

from tradegains.statistics import strict_math
from tradegains.statistics.arrays import FloatArray

Function = Callable[[FloatArray], FloatArray]


@dataclass(frozen=True)
class Elementary:
    """The functions that a probit needs, of every value of an array."""

    exp: Function
    log: Function
    log1p: Function


def _each(function: Callable[[float], float], values: FloatArray) -> FloatArray:
    return np.fromiter(map(function, values.tolist()), np.float64, len(values))


C_LIBRARY: Final = Elementary(*(partial(_each, each) for each in (math.exp, math.log, math.log1p)))
"""Those of the C library, as an engine in this process has them; NumPy's own differ in the last bit
between processors."""

STRICT_MATH: Final = Elementary(strict_math.exp, strict_math.log, strict_math.log1p)
"""Those of Java's StrictMath, as Spark has them."""
