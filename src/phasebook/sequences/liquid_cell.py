"""A layer of liquid time-constant neurons as a recurrent cell: synapses with sigmoid conductances, solved over each gap.

c_j dv_j/dt = −(g_j + d_j) v_j + g_j v^l_j + n_j, where n_j = Σ_i s_ij E_ij and d_j = Σ_i s_ij sum over the synapses
s_ij = W_ij σ(ς_ij (v_i − μ_ij)) of neurons and inputs. Solvers: the fused semi-implicit one with a number of unfolds, or an
adaptive Dormand-Prince method with its adjoint. Source: arXiv 2006.04439 (the neuron), 2106.13898 (as the comparison).
"""

from __future__ import annotations

from typing import Literal

import equinox as eqx
import jax
import jax.numpy as jnp
from jax.experimental.ode import odeint
from jaxtyping import Array, Float

from .closed_form import check_sizes

Solver = Literal["fused", "adaptive"]


class Synapses(eqx.Module):
    """Synapses from each of `sources` to each of `units`: weights W, steepness ς, midpoint μ, reversal level E."""

    weight: Float[Array, "sources units"]
    steepness: Float[Array, "sources units"]
    midpoint: Float[Array, "sources units"]
    reversal: Float[Array, "sources units"]
    present: Array | None

    def __init__(self, sources: int, units: int, key: Array, polarity: Array | None = None) -> None:
        keys, shape = jax.random.split(key, 4), (sources, units)
        self.weight = jax.random.uniform(keys[0], shape, jnp.float32, 0.001, 1.0)
        self.steepness = jax.random.uniform(keys[1], shape, jnp.float32, 3.0, 8.0)
        self.midpoint = jax.random.uniform(keys[2], shape, jnp.float32, 0.3, 0.8)
        signs = jax.random.rademacher(keys[3], shape, jnp.float32) if polarity is None else jnp.asarray(polarity)
        self.reversal = signs.astype(jnp.float32)
        self.present = None if polarity is None else jnp.asarray(polarity) != 0

    def __call__(self, levels: Float[Array, "batch sources"]) -> tuple[Float[Array, "batch units"], ...]:
        """Sums n and d over the sources; weights count by their size, so that no step of training can make them negative."""
        weight = jnp.abs(self.weight)
        if self.present is not None:
            weight = jnp.where(self.present, weight, 0.0)
        open_share = jax.nn.sigmoid(self.steepness * (levels[:, :, None] - self.midpoint))
        return (
            jnp.einsum("bij,ij->bj", open_share, weight * self.reversal),
            jnp.einsum("bij,ij->bj", open_share, weight),
        )


class LiquidCell(eqx.Module):
    """Liquid neurons as a recurrent cell; `unfolds` steps of the fused solver a gap, or adaptive steps to a relative tolerance.

    `shift` is added to every gap of the fused solver (one port of the authors' code adds 1). Memory in a gradient is kept small by
    computing each gap again. Raises ValueError for an unknown solver or sizes below 1.
    """

    sensory: Synapses
    recurrent: Synapses
    conductance: Float[Array, " units"]
    resting: Float[Array, " units"]
    capacity: Float[Array, " units"]
    scale: Float[Array, " inputs"]
    offset: Float[Array, " inputs"]
    solver: Solver = eqx.field(static=True)
    unfolds: int = eqx.field(static=True)
    tolerance: float = eqx.field(static=True)
    shift: float = eqx.field(static=True)
    outputs: int = eqx.field(static=True)

    def __init__(
        self,
        inputs: int,
        units: int,
        *,
        solver: Solver = "fused",
        unfolds: int = 6,
        tolerance: float = 1e-4,
        shift: float = 0.0,
        sensory: Array | None = None,
        wiring: Array | None = None,
        outputs: int | None = None,
        key: Array,
    ) -> None:
        if solver not in ("fused", "adaptive"):
            raise ValueError(f"solver must be one of fused, adaptive; got {solver!r}")
        if not tolerance > 0:
            raise ValueError(f"tolerance must be positive; got {tolerance!r}")
        self.outputs = units if outputs is None else outputs
        check_sizes(inputs=inputs, units=units, unfolds=unfolds, outputs=self.outputs)
        keys = jax.random.split(key, 5)
        self.sensory = Synapses(inputs, units, keys[0], sensory)
        self.recurrent = Synapses(units, units, keys[1], wiring)
        self.conductance = jax.random.uniform(keys[2], (units,), jnp.float32, 0.001, 1.0)
        self.resting = jax.random.uniform(keys[3], (units,), jnp.float32, -0.2, 0.2)
        self.capacity = jax.random.uniform(keys[4], (units,), jnp.float32, 0.4, 0.6)
        self.scale, self.offset = jnp.ones(inputs), jnp.zeros(inputs)
        self.solver, self.unfolds, self.tolerance, self.shift = solver, unfolds, tolerance, shift

    def __call__(
        self,
        inputs: Float[Array, "batch inputs"],
        state: Float[Array, "batch units"],
        elapsed: Float[Array, " batch"],
        key: Array | None = None,
    ) -> Float[Array, "batch units"]:
        """The potentials after an observation that came `elapsed` after the one before, the input constant in between."""
        return self.advance(self.project(inputs), state, elapsed, key)

    def start(self, batch: int) -> Float[Array, "batch units"]:
        """Zeros."""
        return jnp.zeros((batch, self.conductance.shape[0]))

    def project(self, inputs: Float[Array, "*steps inputs"]) -> Float[Array, "*steps inputs"]:
        """Inputs scaled and shifted; their synapses wait for the step, as they need room for every pair."""
        return inputs * self.scale + self.offset

    def advance(
        self,
        projected: Float[Array, "batch inputs"],
        state: Float[Array, "batch units"],
        elapsed: Float[Array, " batch"],
        key: Array | None = None,
    ) -> Float[Array, "batch units"]:
        """The next potentials from scaled inputs."""
        if self.solver == "adaptive":
            return self._adaptive(projected, state, elapsed)
        return eqx.filter_checkpoint(LiquidCell._fused)(self, projected, state, elapsed)

    def output(self, state: Float[Array, "batch units"]) -> Float[Array, "batch outputs"]:
        """The first `outputs` potentials (the motor neurons of a wiring), all by default."""
        return state[:, : self.outputs]

    def rate(self, state: Array, driven: Array, damped: Array) -> Array:
        """dv/dt, given the sums over the inputs' synapses."""
        pushed, opened = self.recurrent(state)
        leak, capacity = jnp.abs(self.conductance), jnp.abs(self.capacity)
        return (leak * (self.resting - state) + pushed + driven - (opened + damped) * state) / capacity

    def _fused(self, projected: Array, state: Array, elapsed: Array) -> Array:
        driven, damped = self.sensory(projected)
        leak = jnp.abs(self.conductance)
        # A gap of zero must leave the state: the step's inverse stays finite and large.
        step = jnp.maximum(elapsed[:, None] + self.shift, 1e-6) / self.unfolds
        inertia = jnp.abs(self.capacity) / step

        def unfold(_: Array, potential: Array) -> Array:
            pushed, opened = self.recurrent(potential)
            top = inertia * potential + leak * self.resting + pushed + driven
            return top / (inertia + leak + opened + damped + 1e-8)

        return jax.lax.fori_loop(0, self.unfolds, unfold, state)

    def _adaptive(self, projected: Array, state: Array, elapsed: Array) -> Array:
        driven, damped = self.sensory(projected)
        weights, fixed = eqx.partition(self, eqx.is_inexact_array)

        def rate(potential: Array, _: Array, held: LiquidCell, gap: Array, driven: Array, damped: Array) -> Array:
            # Each row runs over its own gap while the solver's time runs from 0 to 1.
            return gap[:, None] * eqx.combine(held, fixed).rate(potential, driven, damped)

        times = jnp.array([0.0, 1.0])
        found = odeint(
            rate, state, times, weights, elapsed, driven, damped, rtol=self.tolerance, atol=self.tolerance, mxstep=1000
        )
        return found[-1]
