"""Ion channels: 100 points of the cumulant generating function at 8 sites, and maximum entropy beside SciPy's own
minimizer.

Each point takes two dense eigenvectors by some inverse iterations; a dense solve of 256 equations is 1.1e7
multiplications.
"""

import time
from functools import partial

import numpy as np
from scipy import linalg, optimize

from benchmarks.timing import Row, interleaved, row
from phasebook import information

SITES, POINTS = 8, 100
STATES, CONSTRAINTS = 256, 10


def measure() -> list[Row]:
    """Seconds of both tasks."""
    return [generating_function(), maximum_entropy()]


def generating_function() -> Row:
    """θ(s) at 100 values of s beside all eigenvalues of each tilted generator; the largest difference stands in the
    last column."""
    channel = information.IonChannel(tuple(np.linspace(-1, 1, SITES)), 1.0, 0.14, 0.005, 2.0, 2.0)
    tilts = np.linspace(-1, 1, POINTS)

    def theirs() -> list[float]:
        return [float(linalg.eigvals(information.generator(channel, s).toarray()).real.max()) for s in tilts]

    def ours() -> list[float]:
        return [information.cumulant_generating_function(channel, s) for s in tilts]

    difference = max(abs(a - b) for a, b in zip(ours(), theirs(), strict=True))
    mine, other = interleaved(ours, theirs, pairs=5)
    matrix = np.eye(2**SITES) + np.random.default_rng(1).random((2**SITES, 2**SITES)) / 2**SITES
    begin = time.perf_counter()
    for _ in range(20):
        np.linalg.solve(matrix, matrix[0])
    solve = (time.perf_counter() - begin) / 20
    limit = f"{min(mine) / POINTS / solve:.0f} dense solves of {1e3 * solve:.1f} ms a point; largest difference {difference:.0e}"
    return row(f"{POINTS} values of θ(s), {SITES} sites", "scipy eigvals", mine, other, aim=10, limit=limit)


def maximum_entropy() -> Row:
    """Ten averages over 256 states to a residual of 1e-8, beside BFGS on the same dual with its gradient."""
    generator = np.random.default_rng(1)
    functions = generator.standard_normal((CONSTRAINTS, STATES))
    weights = np.exp(-generator.normal(0, 0.7, CONSTRAINTS) @ functions)
    averages = functions @ (weights / weights.sum())

    def dual(multipliers: np.ndarray) -> tuple[float, np.ndarray]:
        exponents = -multipliers @ functions
        top = exponents.max()
        law = np.exp(exponents - top)
        total = law.sum()
        return top + np.log(total) + multipliers @ averages, averages - functions @ (law / total)

    theirs = partial(optimize.minimize, dual, np.zeros(CONSTRAINTS), jac=True, method="BFGS", options={"gtol": 1e-8})
    mine, other = interleaved(partial(information.maximum_entropy, functions, averages), theirs, pairs=15)
    limit = "Newton: one covariance of 10 functions over 256 states a step; the singular values that tell redundant averages"
    return row(
        f"{CONSTRAINTS} averages over {STATES} states", "scipy BFGS on the dual", mine, other, aim=1, limit=limit
    )
