"""Simulated covariances of large recurrent networks on an accelerator, by JAX: the same map as `recurrent_simulation`.

JAX's own random numbers, nonlinearities and products: it shares no code with the compiled kernels, so that either checks the other.
"""

from __future__ import annotations

import functools
import math
from collections.abc import Callable
from typing import Any

import numpy as np

from .coupling_matrices import checked_coupling
from .nonlinearity import TANH, Nonlinearity
from .recurrent_network import RecurrentNetwork
from .recurrent_simulation import (
    DivergedNetwork,
    SimulatedCovariances,
    checked_groups,
    default_burn_in,
    sampling_interval,
)

SAMPLES_AT_ONCE = 25


def simulate_covariances_on_device(
    network: RecurrentNetwork,
    coupling: Any,
    *,
    duration: float,
    trajectories: int = 256,
    seed: int,
    burn_in: float | None = None,
    sample_interval: float | None = None,
    groups: int = 8,
    progress: Callable[[float], None] | None = None,
) -> SimulatedCovariances:
    """Covariances of activity in groups of trajectories, on JAX's default device in single precision.

    Arguments as `simulate_covariances`; the nonlinearity must be erf, tanh or linear. Raises ValueError, DivergedNetwork likewise.
    """
    import jax
    import jax.numpy as jnp

    matrix = checked_coupling(coupling)
    checked_groups(trajectories, groups, len(matrix))
    interval = sampling_interval(network, sample_interval)
    start = default_burn_in(network) if burn_in is None else float(burn_in)
    samples = int(duration / interval + 1e-9) if math.isfinite(duration) else 0
    if samples < 1 or not start >= 0:
        raise ValueError(f"duration must hold at least one sample interval of {interval:g}; got {duration!r}")
    stride = max(1, round(interval / network.time_step))
    warm, sample = _program(_name(network.nonlinearity), stride, groups)
    parameters = tuple(
        jnp.float32(value) for value in (network.time_step, math.sqrt(network.time_step * network.noise))
    )
    weights = jnp.asarray(matrix, dtype=jnp.float32)
    key, first = jax.random.split(jax.random.key(seed))
    x = network.gain * jax.random.normal(first, (len(matrix), trajectories), dtype=jnp.float32)
    x, key = warm(x, key, weights, parameters, round(start / network.time_step))
    total = np.zeros((groups, len(matrix), len(matrix)))
    done = 0
    while done < samples:
        count = min(SAMPLES_AT_ONCE, samples - done)
        x, key, products = sample(x, key, weights, parameters, count)
        total += np.asarray(products, dtype=np.float64)
        done += count
        if progress is not None:
            progress(done / samples)
    if not np.isfinite(total).all():
        raise DivergedNetwork(
            f"the activity of a network of gain {network.gain:g} is not finite: the network is unstable"
        )
    each = samples * (trajectories // groups)
    return SimulatedCovariances((0.0,), total[None] / each, None, None, samples, trajectories)


def _name(nonlinearity: Nonlinearity) -> str:
    if type(nonlinearity) is Nonlinearity and nonlinearity is not TANH:
        raise ValueError(f"nonlinearity must be erf, tanh or linear on a device; got {nonlinearity.name}")
    return nonlinearity.name


@functools.cache
def _program(name: str, stride: int, groups: int) -> tuple[Any, Any]:
    """Compiled: advance (x, key) by a number of steps; advance and sum products of groups over a number of samples."""
    import jax
    import jax.numpy as jnp

    functions = {
        "erf": lambda x: jax.scipy.special.erf(np.float32(0.8862269254527579) * x),
        "tanh": jnp.tanh,
        "linear": lambda x: x,
    }
    apply = functions[name]

    def one_step(_: Any, carry: Any, weights: Any, parameters: Any) -> Any:
        x, key = carry
        step, amplitude = parameters
        key, fresh = jax.random.split(key)
        noise = jax.random.normal(fresh, x.shape, dtype=x.dtype)
        return (1 - step) * x + step * jnp.matmul(weights, apply(x), precision="high") + amplitude * noise, key

    @jax.jit
    def warm(x: Any, key: Any, weights: Any, parameters: Any, steps: Any) -> Any:
        return jax.lax.fori_loop(0, steps, lambda i, carry: one_step(i, carry, weights, parameters), (x, key))

    @jax.jit
    def sample(x: Any, key: Any, weights: Any, parameters: Any, count: Any) -> Any:
        def one_sample(_: Any, carry: Any) -> Any:
            x, key, products = carry
            x, key = jax.lax.fori_loop(0, stride, lambda i, inner: one_step(i, inner, weights, parameters), (x, key))
            activity = apply(x).reshape(x.shape[0], groups, -1)
            return x, key, products + jnp.einsum("igb,jgb->gij", activity, activity, precision="highest")

        zero = jnp.zeros((groups, x.shape[0], x.shape[0]), dtype=x.dtype)
        return jax.lax.fori_loop(0, count, one_sample, (x, key, zero))

    return warm, sample
