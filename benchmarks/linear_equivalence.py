"""Covariances of given couplings: predicted, beside direct simulation to the same accuracy and one plain inverse per frequency.

And the step of the simulation, beside NumPy's own random numbers and SciPy's error function.
"""

import time
from functools import partial

import numpy as np
from scipy import special

from benchmarks.timing import Row, interleaved, row
from phasebook.networks import (
    RecurrentNetwork,
    agreement,
    predict_covariance,
    random_coupling,
    simulate_covariances,
    solve_mean_field,
)

UNITS, GAIN, NOISE, STEP, TRAJECTORIES = 500, 2.0, 4.0, 0.1, 64
ACCURACY = 0.15  # r.m.s. error of off-diagonal entries over their r.m.s. size; the theory's own is below it
PILOT = 100.0
PAIRS = 5
SMALL = 300


def measure() -> list[Row]:
    """Seconds for one covariance matrix of 500 units, and for a short simulation of 300."""
    network = RecurrentNetwork(GAIN, NOISE, "erf", STEP)
    coupling, field = random_coupling(UNITS, GAIN, seed=1), solve_mean_field(network)
    return [
        simulated(network, coupling, field),
        plain("eigenvectors", coupling, field),
        plain("schur", coupling, field),
        stepping(),
    ]


def simulated(network: RecurrentNetwork, coupling: np.ndarray, field: object) -> Row:
    """Prediction beside a simulation as long as it takes to know off-diagonal entries as well."""
    predicted = predict_covariance(coupling, field).equal_time
    pilot = simulate_covariances(network, coupling, duration=PILOT, trajectories=TRAJECTORIES, seed=1)
    found = agreement(predicted, pilot.activity[0])
    own = np.sqrt(max(1 - found.correlation.value**2, 0.0))
    # Sampling noise over signal falls as the root of time.
    noise = np.sqrt((1 - found.reliability.value) / found.reliability.value)
    duration = PILOT * (noise / ACCURACY) ** 2
    mine, theirs = interleaved(
        partial(predict_covariance, coupling, field),
        partial(simulate_covariances, network, coupling, duration=duration, trajectories=TRAJECTORIES, seed=2),
        pairs=PAIRS,
    )
    rate = product_rate()
    flops = 2 * UNITS**2 * TRAJECTORIES * (duration + 30) / STEP
    limit = (
        f"the theory's own error is {own:.0%}; the simulation's products alone take {flops / rate:.0f} s at the "
        f"{rate / 1e9:.0f} Gflop/s of this machine"
    )
    what = (
        f"covariance of {UNITS} units to {ACCURACY:.0%} ({duration:.0f} time constants of {TRAJECTORIES} trajectories)"
    )
    return row(what, "direct simulation", mine, theirs, aim=10, limit=limit)


def plain(method: str, coupling: np.ndarray, field: object) -> Row:
    """One decomposition for all frequencies beside one dense inverse and product for each."""
    nodes = predict_covariance(coupling, field, method=method).nodes
    mine, theirs = interleaved(
        partial(predict_covariance, coupling, field, method=method),
        partial(predict_covariance, coupling, field, method="inverse", nodes=nodes),
        pairs=PAIRS,
    )
    begin = time.perf_counter()
    np.linalg.eigvals(coupling)
    bare = time.perf_counter() - begin
    limit = f"eigenvalues alone take {bare:.2f} s (LAPACK)"
    return row(f"{nodes} frequencies by {method}", "an inverse per frequency", mine, theirs, aim=2, limit=limit)


def stepping() -> Row:
    """Our step beside the same step with NumPy's normal numbers and SciPy's error function."""
    network, coupling = RecurrentNetwork(GAIN, NOISE, "erf", STEP), random_coupling(SMALL, GAIN, seed=2)
    mine, theirs = interleaved(
        partial(simulate_covariances, network, coupling, duration=100.0, trajectories=TRAJECTORIES, seed=3),
        partial(numpy_simulation, coupling, 1300),
    )
    share = 2 * SMALL**2 * TRAJECTORIES * 1300 / product_rate(SMALL) / min(mine)
    limit = f"matrix products alone take {share:.0%} of our time"
    return row(f"{SMALL} units, 1300 steps, covariances", "NumPy and SciPy", mine, theirs, aim=3, limit=limit)


def numpy_simulation(coupling: np.ndarray, steps: int) -> np.ndarray:
    """What one writes first: single precision, NumPy's ziggurat, SciPy's error function, a product every 20 steps."""
    generator = np.random.Generator(np.random.SFC64(0))
    matrix = coupling.astype(np.float32)
    x = generator.standard_normal((len(matrix), TRAJECTORIES), dtype=np.float32)
    total = np.zeros(matrix.shape)
    amplitude = np.float32(np.sqrt(STEP * NOISE))
    for step in range(steps):
        activity = special.erf(np.float32(0.8862269) * x)
        if step >= 300 and step % 20 == 0:
            total += activity @ activity.T
        noise = generator.standard_normal(x.shape, dtype=np.float32)
        x = np.float32(1 - STEP) * x + np.float32(STEP) * (matrix @ activity) + amplitude * noise
    return total


def product_rate(units: int = UNITS) -> float:
    """Floating-point operations per second of a single-precision product of this shape."""
    matrix, columns = np.ones((units, units), np.float32), np.ones((units, TRAJECTORIES), np.float32)
    matrix @ columns
    best = np.inf
    for _ in range(20):
        begin = time.perf_counter()
        matrix @ columns
        best = min(best, time.perf_counter() - begin)
    return 2 * units**2 * TRAJECTORIES / best
