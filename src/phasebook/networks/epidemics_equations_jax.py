"""The epidemic equations in JAX, in double precision: grids that only an accelerator advances in reasonable time."""

from __future__ import annotations

import math
from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np
from numpy.typing import ArrayLike

from .epidemics import Rates
from .epidemics_equations import FLOOR, TIME_STEP, Field, _check
from .spatial_degrees import DegreeLaw
from .spatial_kernels import Kernel
from .spatial_model import kernel_on_grid


def solve_epidemic_on_device(
    kernel: Kernel,
    degrees: DegreeLaw,
    rates: Rates,
    start: ArrayLike,
    size: float,
    times: ArrayLike,
    *,
    step: float | None = None,
    row: bool = False,
) -> Field:
    """As `solve_epidemic` by Fourier transforms on the device that JAX sees, without seeding and without the recovered share.

    With `row`, only the middle row of a plane is kept at each time, (times, points): full fields would fill the memory. Raises as
    `solve_epidemic`.
    """
    first = np.array(start, dtype=float)
    grid = np.atleast_1d(np.asarray(times, dtype=float))
    _check(kernel, first, size, grid, "fft")
    longest = step if step is not None else TIME_STEP / (rates.transmission * degrees.branching)
    points = first.shape[0]
    kept, now = [], 0.0
    exponential = degrees.name == "exponential"
    with jax.enable_x64(True):
        spectrum = jnp.fft.rfftn(jnp.asarray(kernel_on_grid(kernel, size, points)))
        values = jnp.asarray([degrees.mean] if exponential else degrees.values)
        shares = jnp.asarray([1.0] if exponential else degrees.shares)
        h = jnp.asarray(first)
        for time in grid.tolist():
            steps = max(0, math.ceil((time - now) / longest - 1e-9))
            if steps:
                h = _advance(
                    h,
                    spectrum,
                    values,
                    shares,
                    rates.transmission,
                    rates.recovery,
                    (time - now) / steps,
                    steps,
                    exponential,
                )
            now = time
            kept.append(np.array(h[points // 2] if row and h.ndim == 2 else h))
    transmitted = np.array(kept)
    if not np.isfinite(transmitted).all():
        raise ValueError(f"step {longest:g} is too long: the solution left the numbers")
    positions = (np.arange(points) - points // 2) * (size / points)
    return Field(grid, positions, transmitted, degrees, None, np.zeros_like(transmitted[0]))


@partial(jax.jit, static_argnames=("steps", "exponential"))
def _advance(
    h: Any,
    spectrum: Any,
    values: Any,
    shares: Any,
    transmission: Any,
    recovery: Any,
    dt: Any,
    steps: int,
    exponential: bool,
) -> Any:
    mean = jnp.sum(values * shares)

    def loss(field: Any) -> Any:
        if exponential:
            x = values[0] * field
            return x * (2 + x) / (1 + x) ** 2

        def add(total: Any, pair: Any) -> tuple[Any, None]:
            value, share = pair
            return total - share * value / mean * jnp.expm1(-value * field), None

        return jax.lax.scan(add, jnp.zeros_like(field), (values, shares))[0]

    def slope(field: Any) -> Any:
        spread = jnp.fft.irfftn(jnp.fft.rfftn(loss(field)) * spectrum, s=field.shape)
        return transmission * spread - (transmission + recovery) * field

    def body(_: int, field: Any) -> Any:
        k1 = slope(field)
        k2 = slope(field + dt / 2 * k1)
        k3 = slope(field + dt / 2 * k2)
        k4 = slope(field + dt * k3)
        after = field + dt / 6 * (k1 + 2 * (k2 + k3) + k4)
        return jnp.where(after < FLOOR, 0.0, after)

    return jax.lax.fori_loop(0, steps, body, h)
