"""Closed-form cells with the weights of the package ncps (PyTorch): its `CfCCell`, by the names of its parameters.

There g = σ(+a Δt + b), so a changes its sign. `mixed_memory` of ncps replaces the state by the memory's output and is another cell.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from ..engines.neural_networks import Activation
from .closed_form import ClosedFormCell, GateVariant

STATES = Path(__file__).parent / "weights" / "ncps_cells.npz"


def ncps_reference() -> tuple[np.ndarray, np.ndarray, dict[str, dict[str, np.ndarray]]]:
    """Inputs (steps, batch, 3), gaps (steps, batch), and by cell its weights and, under `states`, what ncps 1.0.1 made of them.

    Cells are default, no_gate, pure, wired and ltc. Source: `benchmarks/ncps_states.py`, run with PyTorch 2.13.
    """
    with np.load(STATES, allow_pickle=False) as held:
        arrays = dict(held)
    cells: dict[str, dict[str, np.ndarray]] = {}
    for name, value in arrays.items():
        cell, bar, parameter = name.partition("|")
        if bar:
            cells.setdefault(cell, {})[parameter] = value
    return arrays["inputs"], arrays["gaps"], cells


def cell_from_ncps(
    weights: Mapping[str, np.ndarray], variant: GateVariant = "default", activation: Activation = "lecun-tanh"
) -> ClosedFormCell:
    """A cell from named parameters (`backbone.0.weight`, `ff1.weight`, `time_a.bias`, `w_tau`, `sparsity_mask`, ..).

    Variants no-gate and minimal are `no_gate` and `pure` there. Raises ValueError for a parameter that is missing.
    """
    names = ("ff1",) if variant == "minimal" else ("ff1", "ff2", "time_a", "time_b")
    needed = [f"{name}.{part}" for name in names for part in ("weight", "bias")]
    if lost := [name for name in needed if name not in weights]:
        raise ValueError(f"weights of a {variant} cell must hold {lost[0]}; got {', '.join(sorted(weights))}")
    signs = [-1.0 if name == "time_a" else 1.0 for name in names]
    heads = np.concatenate([s * weights[f"{name}.weight"].T for s, name in zip(signs, names, strict=True)], axis=1)
    offsets = np.concatenate([s * weights[f"{name}.bias"] for s, name in zip(signs, names, strict=True)])
    layers = sorted(
        (name.removesuffix(".weight") for name in weights if name.startswith("backbone.") and name.endswith(".weight")),
        key=lambda name: int(name.partition(".")[2]),
    )
    kernels = [*(weights[f"{layer}.weight"].T for layer in layers), heads]
    biases = [*(weights[f"{layer}.bias"] for layer in layers), offsets]
    units = len(weights["ff1.bias"])
    inputs = kernels[0].shape[0] - units
    mask = weights["sparsity_mask"].T[:inputs] if "sparsity_mask" in weights else None
    width = kernels[0].shape[1] if layers else 1
    cell = ClosedFormCell(
        inputs,
        units,
        variant=variant,
        width=width,
        depth=len(layers),
        activation=activation,
        mask=mask,
        key=jax.random.key(0),
    )
    arrays = [jnp.asarray(each, jnp.float32) for each in (kernels[0][:inputs], kernels[0][inputs:], biases[0])]
    rest = tuple(jnp.asarray(each, jnp.float32) for each in kernels[1:])
    offset = tuple(jnp.asarray(each, jnp.float32) for each in biases[1:])
    cell = eqx.tree_at(lambda c: (c.into, c.recurrent, c.bias, c.weights, c.biases), cell, (*arrays, rest, offset))
    if variant == "minimal":
        own = (
            jnp.asarray(weights["w_tau"], jnp.float32).reshape(-1),
            jnp.asarray(weights["A"], jnp.float32).reshape(-1),
        )
        cell = eqx.tree_at(lambda c: (c.decay, c.level), cell, own)
    return cell
