"""How fast random numbers alone can be drawn on one core: the limit of kernels that need some for each event."""

import time
from collections.abc import Callable

import numpy as np
from numba import njit

from phasebook.numerics.xoshiro import streams

DRAWS = 20_000_000


def draws_per_second(draw: Callable[[np.ndarray], float]) -> float:
    """Numbers per second of `draw`, a compiled function of a generator's state."""
    [state] = streams(0, 1)
    _total(draw, state, 10)
    begin = time.perf_counter()
    _total(draw, state, DRAWS)
    return DRAWS / (time.perf_counter() - begin)


@njit
def _total(draw: Callable[[np.ndarray], float], state: np.ndarray, count: int) -> float:
    total = 0.0
    for _ in range(count):
        total += draw(state)
    return total
