"""Least squares, probit and two-stage least squares in numpy alone, for the planted truths."""

import math
from dataclasses import dataclass

import numpy as np

_erf = np.vectorize(math.erf, otypes=[float])


@dataclass(frozen=True)
class Fit:
    """Coefficients and their standard errors, in the order of the regressors."""

    coefficients: np.ndarray
    errors: np.ndarray

    def misses(self, truth: float, place: int = 0) -> float:
        """How many standard errors a coefficient is from a truth."""
        return (self.coefficients[place] - truth) / self.errors[place]


def within(values: np.ndarray, groups: np.ndarray) -> np.ndarray:
    """Deviations from the means of groups, by column."""
    _, places = np.unique(groups, return_inverse=True)
    counts = np.bincount(places)
    columns = values.reshape(len(values), -1).T
    means = [np.bincount(places, weights=column) / counts for column in columns]
    found = np.stack([column - mean[places] for column, mean in zip(columns, means, strict=True)])
    return found.T.reshape(values.shape)


def least_squares(outcome: np.ndarray, regressors: list, groups: np.ndarray) -> Fit:
    """With effects of groups and errors robust to unequal variances."""
    return two_stages(outcome, regressors, regressors, groups)


def two_stages(outcome: np.ndarray, regressors: list, instruments: list, groups: np.ndarray) -> Fit:
    """Just identified, with effects of groups and errors robust to unequal variances."""
    x, z = (
        within(np.stack(columns, 1).astype(float), groups) for columns in (regressors, instruments)
    )
    y = within(outcome.astype(float), groups)
    inverse = np.linalg.inv(z.T @ x)
    coefficients = inverse @ z.T @ y
    residuals = y - x @ coefficients
    middle = (z * residuals[:, None] ** 2).T @ z
    return Fit(coefficients, np.sqrt(np.diag(inverse @ middle @ inverse.T)))


def probit(outcome: np.ndarray, regressors: list) -> Fit:
    """By Newton's method with the expected information; a constant comes last."""
    x = np.stack([*regressors, np.ones(len(outcome))], 1).astype(float)
    coefficients = np.zeros(x.shape[1])
    for _ in range(25):
        index = x @ coefficients
        density = np.exp(-0.5 * index**2) / math.sqrt(2 * math.pi)
        share = np.clip(normal_share(index), 1e-12, 1 - 1e-12)
        weight = density / (share * (1 - share))
        information = (x * (weight * density)[:, None]).T @ x
        coefficients = coefficients + np.linalg.solve(
            information, x.T @ (weight * (outcome - share))
        )
    return Fit(coefficients, np.sqrt(np.diag(np.linalg.inv(information))))


def normal_share(index: np.ndarray) -> np.ndarray:
    """The standard normal distribution function."""
    return 0.5 * (1.0 + _erf(index / math.sqrt(2.0)))
