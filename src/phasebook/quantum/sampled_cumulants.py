"""Cumulants estimated from samples of observables that commute: unbiased k-statistics with bootstrap errors.

Each sample is a row with the values of all observables measured together. k-statistics of order 2 to 4 are polynomials of
the rows' central moments whose mean is the cumulant itself (R. A. Fisher, Proc. London Math. Soc. 30, 199 (1930)); the free
cumulant of order 4 adds the product of the crossing pairs' covariances, which is consistent with a bias of order 1/samples.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from jaxtyping import Float

from ..numerics.measured import Measured
from ..numerics.seeding import part_seed
from .cumulants import Kind, check_kind

FEWEST_SAMPLES = 8
RESAMPLES = 200
ENTRIES_AT_ONCE = 2_000_000


def sample_cumulant(kind: Kind, samples: Float[np.ndarray, "samples order"]) -> float:
    """The joint cumulant of the columns, in their order: a k-statistic.

    Raises `ValueError` for another kind, more than 4 columns or none, fewer than 8 rows, or values that are not finite.
    """
    check_kind(kind)
    rows = _checked(samples)
    return float(_statistic(kind, rows, np.ones((1, len(rows))))[0])


def measured_cumulant(
    kind: Kind, samples: Float[np.ndarray, "samples order"], *, seed: int, resamples: int = RESAMPLES
) -> Measured:
    """The k-statistic with the standard deviation over bootstrap resamples of the rows as its error.

    Raises `ValueError` as `sample_cumulant` does, and for fewer than 99 resamples.
    """
    if resamples < 99:
        raise ValueError(f"resamples must be at least 99; got {resamples}")
    check_kind(kind)
    checked = _checked(samples)
    # How often each different row is drawn is all that a resample changes; spins have few different rows.
    rows, counts = np.unique(checked, axis=0, return_counts=True)
    total = len(checked)
    generator = np.random.default_rng(part_seed(seed, rows.shape[1]))
    at_once = max(1, ENTRIES_AT_ONCE // len(rows))
    drawn: list[float] = []
    while len(drawn) < resamples:
        size = min(at_once, resamples - len(drawn))
        drawn += _statistic(kind, rows, generator.multinomial(total, counts / total, size=size)).tolist()
    value = float(_statistic(kind, rows, counts[None])[0])
    return Measured(value, float(np.std(drawn, ddof=1)), total - 1, seed)


def read_samples(path: str | Path) -> Float[np.ndarray, "samples observables"]:
    """Rows of observables measured together, from .csv (one header line, commas) or .npy without pickled objects.

    Raises `ValueError` naming the file for another ending, text among the numbers, rows of unequal length, NaN, or fewer
    than 8 rows.
    """
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"there is no file {file.name!r}")
    if file.suffix.lower() == ".npy":
        try:
            values = np.load(file, allow_pickle=False)
        except (ValueError, EOFError, OSError):
            raise ValueError(f"{file.name} is no NumPy array of numbers") from None
    elif file.suffix.lower() == ".csv":
        try:
            values = np.loadtxt(file, delimiter=",", skiprows=1, ndmin=2)
        except ValueError:
            raise ValueError(f"{file.name} must hold a header line and rows of equally many numbers") from None
    else:
        raise ValueError(f"samples must end in .csv or .npy; got {file.name!r}")
    if values.dtype.kind not in "biuf" or values.ndim != 2 or values.shape[1] < 1:
        raise ValueError(f"{file.name} must hold real numbers of shape (samples, observables); got {values.shape}")
    rows = values.astype(float)
    if len(rows) < FEWEST_SAMPLES or not np.isfinite(rows).all():
        raise ValueError(f"{file.name} must hold at least {FEWEST_SAMPLES} finite rows; got {len(rows)}")
    return rows


def _statistic(kind: Kind, rows: np.ndarray, counts: np.ndarray) -> np.ndarray:
    """k-statistics of rows (rows, order) that were seen `counts` (resamples, rows) times, as often in all resamples."""
    order, n = rows.shape[1], float(counts[0].sum())
    weights = counts.astype(float)
    means = weights @ rows / n
    if order == 1:
        return np.asarray(means[:, 0])
    columns = [rows[:, j] - means[:, j, None] for j in range(order)]

    def central(*places: int) -> np.ndarray:
        product = weights
        for place in places:
            product = product * columns[place]
        return np.asarray(product.sum(axis=1) / n)

    if order == 2:
        return np.asarray(n / (n - 1) * central(0, 1))
    if order == 3:
        return np.asarray(n**2 / ((n - 1) * (n - 2)) * central(0, 1, 2))
    pairs = [central(0, 1) * central(2, 3), central(0, 2) * central(1, 3), central(0, 3) * central(1, 2)]
    scale = n**2 / ((n - 1) * (n - 2) * (n - 3))
    classical = scale * ((n + 1) * central(0, 1, 2, 3) - (n - 1) * sum(pairs))
    return np.asarray(classical + (n / (n - 1)) ** 2 * pairs[1] if kind == "free" else classical)


def _checked(samples: np.ndarray) -> np.ndarray:
    rows = np.asarray(samples, dtype=float)
    if rows.ndim != 2 or not 1 <= rows.shape[1] <= 4:
        raise ValueError(f"samples must have shape (samples, order) with an order from 1 to 4; got {rows.shape}")
    if len(rows) < FEWEST_SAMPLES:
        raise ValueError(f"samples must have at least {FEWEST_SAMPLES} rows; got {len(rows)}")
    if not np.isfinite(rows).all():
        raise ValueError("samples must be finite; got NaN or infinity")
    return rows
