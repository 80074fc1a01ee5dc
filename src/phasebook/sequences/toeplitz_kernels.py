"""Innovations of a stationary Gaussian series by Durbin and Levinson's recursion, compiled: O(n²), in memory O(n)."""

from __future__ import annotations

import numpy as np
from numba import njit
from numpy.typing import NDArray


@njit(cache=True, nogil=True)
def innovations(
    autocovariance: NDArray[np.float64], values: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Errors (n,) of predicting each value from all before it, and their variances: Durbin, Rev. ISI 28, 233 (1960)."""
    count = values.size
    errors, variances = np.empty(count), np.empty(count)
    weights, former = np.zeros(count), np.zeros(count)
    errors[0], variances[0] = values[0], autocovariance[0]
    for n in range(1, count):
        reflection = autocovariance[n]
        for j in range(n - 1):
            reflection -= former[j] * autocovariance[n - 1 - j]
        reflection /= variances[n - 1]
        for j in range(n - 1):
            weights[j] = former[j] - reflection * former[n - 2 - j]
        weights[n - 1] = reflection
        variances[n] = variances[n - 1] * (1.0 - reflection * reflection)
        predicted = 0.0
        for j in range(n):
            predicted += weights[j] * values[n - 1 - j]
            former[j] = weights[j]
        errors[n] = values[n] - predicted
    return errors, variances
