"""Logistic regression with a ridge penalty, fitted by Newton's method.

Sources
-------
Newton steps as iteratively reweighted least squares: T. Hastie, R. Tibshirani, J. Friedman, "The
Elements of Statistical Learning", 2nd edition, Springer 2009, section 4.4.1.
Ridge penalty: S. le Cessie, J. C. van Houwelingen, "Ridge estimators in logistic regression",
Applied Statistics 41 (1), 1992.

Notes
-----
The penalty makes the minimum unique and finite, also where the classes can be separated perfectly
or a column repeats another, and where the plain fit has no solution.
"""

from typing import NamedTuple

import numpy as np

__all__ = ['Fit', 'fit', 'fit_signed', 'probability']

_STEPS = 100
_HALVINGS = 40
# Of what a step gains, relative to the loss. Steps converge quadratically: the next is exact.
_TOLERANCE = 1e-12


class Fit(NamedTuple):
    """The minimum: coefficient per column, and the intercept."""

    coefficients: np.ndarray
    intercept: float


def fit(matrix, outcome, penalty=1.0):
    """Minimise the logistic loss plus half the penalty times the squared coefficients.

    The intercept is not penalised. The columns should be of equal scale.

    Parameters
    ----------
    matrix : numpy.ndarray, shape (rows, columns), float
    outcome : numpy.ndarray, shape (rows,), bool
        Both values must occur.
    penalty : float
        Above 0. 1 is a normal prior of deviation 1 on every coefficient.

    Returns
    -------
    Fit

    Raises
    ------
    ValueError
        When the outcomes are all the same, the penalty is not positive, or a number not finite.
    """
    outcome = np.asarray(outcome, dtype='float64')
    matrix = np.column_stack([np.ones(len(outcome)), np.asarray(matrix, dtype='float64')])
    _check(matrix, outcome, penalty)
    ridge = np.full(matrix.shape[1], float(penalty))
    ridge[0] = 0.0

    share = outcome.mean()
    weights = np.zeros(matrix.shape[1])
    weights[0] = np.log(share / (1 - share))
    loss = _loss(matrix, outcome, ridge, weights)
    for _step in range(_STEPS):
        fitted = _sigmoid(matrix @ weights)
        gradient = matrix.T @ (fitted - outcome) + ridge * weights
        curvature = (matrix * (fitted * (1 - fitted))[:, None]).T @ matrix + np.diag(ridge)
        direction = np.linalg.solve(curvature, gradient)
        weights, loss = _descend(matrix, outcome, ridge, weights, direction, loss)
        if gradient @ direction <= _TOLERANCE * loss:
            break
    return Fit(weights[1:], float(weights[0]))


def fit_signed(matrix, outcome, signs, penalty=1.0):
    """Fit, leaving out the columns whose coefficient contradicts what they mean.

    As long as there are such, the one that contradicts most is left out and the rest fitted anew.

    Parameters
    ----------
    matrix, outcome, penalty
        As for `fit`.
    signs : sequence of int, one per column
        1 where the coefficient may not be negative, -1 where not positive, 0 where it is free.

    Returns
    -------
    Fit
        The coefficients of the columns left out are 0.

    Raises
    ------
    ValueError
        As `fit` does.
    """
    signs = np.asarray(signs)
    kept = np.arange(len(signs))
    while True:
        part = fit(matrix[:, kept], outcome, penalty)
        against = -signs[kept] * part.coefficients
        if not (against > 0).any():
            coefficients = np.zeros(len(signs))
            coefficients[kept] = part.coefficients
            return Fit(coefficients, part.intercept)
        kept = np.delete(kept, against.argmax())


def probability(logit):
    """Give the probability of a logit, without overflow at either end."""
    return _sigmoid(np.asarray(logit, dtype='float64'))


def _descend(matrix, outcome, ridge, weights, direction, loss):
    """Halve the step until it is one down; a full one may overshoot far from the minimum."""
    step = 1.0
    for _halving in range(_HALVINGS):
        candidate = weights - step * direction
        candidate_loss = _loss(matrix, outcome, ridge, candidate)
        if candidate_loss <= loss:
            return candidate, candidate_loss
        step /= 2
    return weights, loss


def _loss(matrix, outcome, ridge, weights):
    logit = matrix @ weights
    return float(np.logaddexp(0, logit).sum() - outcome @ logit + (ridge * weights) @ weights / 2)


def _sigmoid(logit):
    # Of the negative half alone, where the exponential cannot overflow.
    small = np.exp(-np.abs(logit))
    return np.where(logit >= 0, 1.0, small) / (1 + small)


def _check(matrix, outcome, penalty):
    if not penalty > 0:
        raise ValueError(f"The penalty must be above 0, not {penalty}.")
    if not np.isfinite(matrix).all():
        raise ValueError("Every number of the matrix must be finite.")
    if not 0 < outcome.sum() < len(outcome):
        raise ValueError("Both outcomes must occur.")
