"""Neural circuit policies: sparse wiring from sensors over interneurons and command neurons to motor neurons, and wired cells.

Each sensor reaches some interneurons, each interneuron some command neurons; command neurons are wired among each other, and each
motor neuron listens to some of them. Nobody is left without a source. Source: Lechner et al., Nature Machine Intelligence 2, 642
(2020); the package ncps.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Float, Int

from .closed_form import ClosedFormCell, check_sizes
from .liquid_cell import LiquidCell


@dataclass(frozen=True, eq=False)
class Wiring:
    """Polarities ±1 of synapses, 0 where there is none, between the layers of a circuit."""

    sensory: Int[np.ndarray, "inputs inter"]
    inner: Int[np.ndarray, "inter command"]
    recurrent: Int[np.ndarray, "command command"]
    motor: Int[np.ndarray, "command motor"]

    @property
    def layers(self) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """The masks between successive layers."""
        return self.sensory, self.inner, self.motor

    def adjacency(self) -> tuple[np.ndarray, np.ndarray]:
        """Polarities (inputs, units) and (units, units); units are motor, command and interneurons in this order."""
        inter, command, motor = self.sensory.shape[1], self.inner.shape[1], self.motor.shape[1]
        units = inter + command + motor
        sensory, matrix = np.zeros((self.sensory.shape[0], units), int), np.zeros((units, units), int)
        middle = slice(motor, motor + command)
        sensory[:, motor + command :] = self.sensory
        matrix[motor + command :, middle] = self.inner
        matrix[middle, middle] = self.recurrent
        matrix[middle, :motor] = self.motor
        return sensory, matrix


def neural_circuit_policy(
    inputs: int,
    *,
    inter: int,
    command: int,
    motor: int,
    sensory_fanout: int,
    inter_fanout: int,
    recurrent_synapses: int,
    motor_fanin: int,
    seed: int,
) -> Wiring:
    """A random wiring of the given sizes. Raises ValueError where a fan-out or fan-in exceeds the layer that it leads to."""
    check_sizes(inputs=inputs, inter=inter, command=command, motor=motor)
    for name, value, most in (
        ("sensory_fanout", sensory_fanout, inter),
        ("inter_fanout", inter_fanout, command),
        ("recurrent_synapses", recurrent_synapses, command * command),
        ("motor_fanin", motor_fanin, command),
    ):
        if not 1 <= value <= most:
            raise ValueError(f"{name} must lie between 1 and {most}; got {value}")
    random = np.random.default_rng(seed)
    recurrent = np.zeros(command * command, int)
    places = random.choice(command * command, recurrent_synapses, replace=False)
    recurrent[places] = _signs(random, recurrent_synapses)
    return Wiring(
        _fan_out(random, inputs, inter, sensory_fanout),
        _fan_out(random, inter, command, inter_fanout),
        recurrent.reshape(command, command),
        _fan_out(random, motor, command, motor_fanin).T,
    )


def automatic_policy(inputs: int, units: int, outputs: int, *, sparsity: float = 0.5, seed: int) -> Wiring:
    """A wiring of `units` neurons with `outputs` motor neurons: two fifths of the others are command neurons.

    Raises ValueError where fewer than two neurons are left beside the motor neurons. Source: as AutoNCP in ncps.
    """
    check_sizes(inputs=inputs, units=units, outputs=outputs)
    if outputs > units - 2:
        raise ValueError(f"units must exceed outputs ({outputs}) by at least 2 in a wiring; got {units}")
    if not 0 <= sparsity < 1:
        raise ValueError(f"sparsity must be at least 0 and below 1; got {sparsity!r}")
    density = 1 - sparsity
    command = max(int(0.4 * (units - outputs)), 1)
    inter = units - outputs - command
    return neural_circuit_policy(
        inputs,
        inter=inter,
        command=command,
        motor=outputs,
        sensory_fanout=max(int(inter * density), 1),
        inter_fanout=max(int(command * density), 1),
        recurrent_synapses=min(max(int(2 * command * density), 1), command * command),
        motor_fanin=max(int(command * density), 1),
        seed=seed,
    )


class WiredCell(eqx.Module):
    """Closed-form cells in sequence, one a layer of a wiring; a state is a tuple of the layers' states, the output the last."""

    layers: tuple[ClosedFormCell, ...]

    def __init__(self, wiring: Wiring, *, variant: Any = "default", key: Array) -> None:
        keys = jax.random.split(key, 3)
        self.layers = tuple(
            ClosedFormCell(*mask.shape, variant=variant, depth=0, mask=mask, key=own)
            for mask, own in zip(wiring.layers, keys, strict=True)
        )

    def __call__(self, inputs: Array, state: Any, elapsed: Array, key: Array | None = None) -> Any:
        """The state after an observation that came `elapsed` after the one before."""
        return self.advance(self.project(inputs), state, elapsed, key)

    def start(self, batch: int) -> tuple[Array, ...]:
        """Zeros."""
        return tuple(layer.start(batch) for layer in self.layers)

    def project(self, inputs: Float[Array, "*steps inputs"]) -> Float[Array, "*steps first"]:
        """The first layer's share of the inputs."""
        return self.layers[0].project(inputs)

    def advance(self, projected: Array, state: Any, elapsed: Array, key: Array | None = None) -> tuple[Array, ...]:
        """The next state, layer after layer."""
        states = [self.layers[0].advance(projected, state[0], elapsed, key)]
        for layer, own in zip(self.layers[1:], state[1:], strict=True):
            states.append(layer(states[-1], own, elapsed, key))
        return tuple(states)

    def output(self, state: Any) -> Float[Array, "batch motor"]:
        """The motor layer's state."""
        return state[-1]


def wired_liquid_cell(wiring: Wiring, *, key: Array, **options: Any) -> LiquidCell:
    """A layer of liquid neurons that has the wiring's synapses alone; its outputs are the motor neurons."""
    sensory, matrix = wiring.adjacency()
    return LiquidCell(
        *sensory.shape,
        sensory=jnp.asarray(sensory),
        wiring=jnp.asarray(matrix),
        outputs=wiring.motor.shape[1],
        key=key,
        **options,
    )


def _fan_out(random: np.random.Generator, sources: int, targets: int, count: int) -> np.ndarray:
    """`count` targets for each source, and one source for each target that would be left alone."""
    found = np.zeros((sources, targets), int)
    for row in found:
        row[random.choice(targets, count, replace=False)] = _signs(random, count)
    for target in np.flatnonzero(~found.any(axis=0)):
        found[random.integers(sources), target] = _signs(random, 1)[0]
    return found


def _signs(random: np.random.Generator, count: int) -> np.ndarray:
    return random.choice([-1, 1], count)
