"""Replica free energies written out once more, as plain sums over even grids: what the solvers are tested against."""

import numpy as np

NODES = np.linspace(-9.0, 9.0, 1201)
WEIGHTS = np.exp(-0.5 * NODES**2) / np.exp(-0.5 * NODES**2).sum()


def hard_one_step(order, load, temperature, m, q1, q2, theta):
    """A = E ln Z / N of a dense network (P > 2) at given overlaps and breakpoint."""
    b = 1.0 / temperature
    c = 0.5 * b * b * load
    outer = 0.5 * b * order * m ** (order - 1) + np.sqrt(c * order * q1 ** (order - 1)) * NODES
    return _site(outer, np.sqrt(c * order * (q2 ** (order - 1) - q1 ** (order - 1))), theta) + (
        0.5
        * c
        * (1.0 - order * q2 ** (order - 1) + (order - 1) * q2**order - (order - 1) * theta * (q2**order - q1**order))
        - 0.5 * b * (order - 1) * m**order
    )


def hopfield_one_step(load, temperature, m, q1, q2, theta):
    """A of the Hopfield network, from the determinant of the overlap matrix, with its conjugates at their saddle."""
    b = 1.0 / temperature
    first = 1.0 - b * (1.0 - q2)
    second = first - b * theta * (q2 - q1)
    r1 = q1 / second**2
    r2 = r1 + (q2 - q1) / (first * second)
    outer = b * m + b * np.sqrt(load * r1) * NODES
    trace = np.log(first) + np.log(second / first) / theta - b * q1 / second
    coupling = r2 * (1.0 - q2) + theta * (r2 * q2 - r1 * q1)
    return (
        _site(outer, b * np.sqrt(load * (r2 - r1)), theta)
        - 0.5 * load * trace
        - 0.5 * load * b
        - 0.5 * load * b * b * coupling
        - 0.5 * b * m * m
    )


def _site(outer, spread, theta):
    fields = outer[:, None] + spread * NODES[None, :]
    log_cosh = np.logaddexp(fields, -fields) - np.log(2.0)
    inner = np.log((WEIGHTS * np.exp(theta * (log_cosh - log_cosh.max()))).sum(axis=1)) / theta + log_cosh.max()
    return np.log(2.0) + WEIGHTS @ inner
