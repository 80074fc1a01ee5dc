"""Recurrent cells over irregular, masked, padded batches of sequences: the data, the scan, and a model with a readout.

A masked step leaves the state unchanged. Projections of all inputs are one matrix product before the scan.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Any

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
from jaxtyping import Array, Bool, Float

from .closed_form import glorot

LONG_GAP = 100.0


class LongGaps(UserWarning):
    """Elapsed times so large that the gates of a cell are saturated."""


@dataclass(frozen=True, eq=False)
class IrregularSequences:
    """Inputs at irregular times, padded: the elapsed time before each step, and which steps are there.

    Raises ValueError for shapes that do not fit, a negative elapsed time (naming sequence and step), a sequence without any step,
    or a value that is not finite where the mask has a step. Warns LongGaps where the median elapsed time exceeds 100.
    """

    inputs: Float[np.ndarray, "sequences steps features"]
    elapsed: Float[np.ndarray, "sequences steps"]
    mask: Bool[np.ndarray, "sequences steps"]

    def __post_init__(self) -> None:
        inputs = np.asarray(self.inputs, dtype=np.float32)
        if inputs.ndim != 3 or not inputs.size:
            raise ValueError(f"inputs must be (sequences, steps, features), not empty; got shape {inputs.shape}")
        elapsed, mask = np.array(self.elapsed, dtype=np.float32), np.asarray(self.mask)
        for name, array in (("elapsed", elapsed), ("mask", mask)):
            if array.shape != inputs.shape[:2]:
                raise ValueError(f"{name} must have the shape {inputs.shape[:2]} of inputs; got {array.shape}")
        mask = mask.astype(bool)
        elapsed[~mask] = 0.0
        if not np.isfinite(elapsed).all():
            raise ValueError("elapsed must be finite wherever the mask has a step")
        if (elapsed < 0).any():
            row, step = np.argwhere(elapsed < 0)[0]
            raise ValueError(
                f"times must not fall; sequence {row} has an elapsed time of {elapsed[row, step]:g} at step {step}"
            )
        if not mask.any(axis=1).all():
            raise ValueError(f"every sequence needs a step; sequence {int(np.argmin(mask.any(axis=1)))} is all masked")
        if not np.isfinite(inputs[mask]).all():
            row = int(np.argwhere(~np.isfinite(np.where(mask[:, :, None], inputs, 0.0)).all(axis=2))[0, 0])
            raise ValueError(
                f"sequence {row} has a missing value under no mask: fill it (fill_missing) or mask the step"
            )
        median = float(np.median(elapsed[mask]))
        if median > LONG_GAP:
            warnings.warn(
                f"the median elapsed time is {median:g}, which saturates a gate: divide times by time_scale={median:g}",
                LongGaps,
                stacklevel=3,
            )
        object.__setattr__(self, "inputs", np.where(mask[:, :, None], inputs, np.float32(0.0)))
        object.__setattr__(self, "elapsed", elapsed)
        object.__setattr__(self, "mask", mask)

    @classmethod
    def from_times(
        cls, inputs: np.ndarray, times: np.ndarray, mask: np.ndarray | None = None, *, time_scale: float = 1.0
    ) -> IrregularSequences:
        """Sequences from times (sequences, steps) that do not fall; the first step of each has an elapsed time of 0."""
        if not time_scale > 0:
            raise ValueError(f"time_scale must be positive; got {time_scale!r}")
        inputs, times = np.asarray(inputs, dtype=float), np.asarray(times, dtype=float)
        if inputs.ndim != 3 or times.shape != inputs.shape[:2]:
            raise ValueError(f"times must have the shape {inputs.shape[:2]} of inputs; got {times.shape}")
        present = np.ones(times.shape, dtype=bool) if mask is None else np.asarray(mask, dtype=bool)
        # The time of the last step that is there, so that a masked one in between counts for nothing.
        held = np.where(present, np.arange(times.shape[1]), -1)
        last = np.maximum.accumulate(held, axis=1)
        before = np.concatenate([np.full((len(times), 1), -1), last[:, :-1]], axis=1)
        former = np.take_along_axis(times, np.maximum(before, 0), axis=1)
        elapsed = np.where(present & (before >= 0), times - former, 0.0) / time_scale
        return cls(inputs, elapsed, present)

    def __len__(self) -> int:
        return len(self.inputs)

    @property
    def features(self) -> int:
        """Number of features of a step."""
        return int(self.inputs.shape[2])

    def take(self, rows: Any) -> IrregularSequences:
        """The sequences at these places."""
        return IrregularSequences(self.inputs[rows], self.elapsed[rows], self.mask[rows])

    def scaled(self, time_scale: float) -> IrregularSequences:
        """The same sequences with elapsed times divided by `time_scale`."""
        return IrregularSequences(self.inputs, self.elapsed / time_scale, self.mask)

    def arrays(self) -> dict[str, Array]:
        """What a model reads, on the device in single precision."""
        return {
            "inputs": jnp.asarray(self.inputs),
            "elapsed": jnp.asarray(self.elapsed),
            "mask": jnp.asarray(self.mask),
        }


class SequenceModel(eqx.Module):
    """A cell and a dense readout of its last state, or of every state."""

    cell: Any
    weight: Float[Array, "units outputs"]
    bias: Float[Array, " outputs"]
    every_step: bool = eqx.field(static=True)

    def __init__(self, cell: Any, outputs: int, *, every_step: bool = False, key: Array) -> None:
        units = int(jax.eval_shape(cell.output, cell.start(1)).shape[1])
        self.cell, self.every_step = cell, every_step
        self.weight, self.bias = glorot(key, units, outputs, outputs), jnp.zeros(outputs)

    def __call__(
        self,
        inputs: Float[Array, "batch steps features"],
        elapsed: Float[Array, "batch steps"],
        mask: Bool[Array, "batch steps"],
        key: Array | None = None,
    ) -> Array:
        """Outputs (batch, outputs), or (batch, steps, outputs) of every step."""
        states, last = unroll(self.cell, inputs, elapsed, mask, every_step=self.every_step, key=key)
        return (states if self.every_step else self.cell.output(last)) @ self.weight + self.bias


def unroll(
    cell: Any,
    inputs: Float[Array, "batch steps features"],
    elapsed: Float[Array, "batch steps"],
    mask: Bool[Array, "batch steps"],
    *,
    state: Any = None,
    every_step: bool = True,
    key: Array | None = None,
) -> tuple[Any, Any]:
    """Run a cell along sequences: its outputs (batch, steps, units), None unless `every_step`, and the state after the last step.

    Where `mask` is False the state stays as it is. With a key, each step's dropout has a key of its own.
    """
    batch, steps = elapsed.shape
    projected = cell.project(jnp.swapaxes(inputs, 0, 1))
    begin = cell.start(batch) if state is None else state

    def step(state: Any, each: Any) -> tuple[Any, Any]:
        row, gap, present, index = each
        own = None if key is None else jax.random.fold_in(key, index)
        after = cell.advance(row, state, gap, own)
        state = jax.tree_util.tree_map(lambda new, old: jnp.where(present[:, None], new, old), after, state)
        return state, cell.output(state) if every_step else None

    last, outputs = jax.lax.scan(step, begin, (projected, elapsed.T, mask.T, jnp.arange(steps)))
    return (jnp.swapaxes(outputs, 0, 1) if every_step else None), last


def fill_missing(
    inputs: Float[np.ndarray, "sequences steps features"], *, since: np.ndarray | None = None
) -> Float[np.ndarray, "sequences steps filled"]:
    """Replace NaN by the feature's last value (0 before the first), and append which values were there.

    With `since` (the elapsed times, sequences by steps) the time since each feature was last seen is appended too.
    """
    inputs = np.asarray(inputs, dtype=float)
    there = np.isfinite(inputs)
    places = np.maximum.accumulate(np.where(there, np.arange(inputs.shape[1])[:, None], -1), axis=1)
    filled = np.take_along_axis(np.where(there, inputs, 0.0), np.maximum(places, 0), axis=1)
    parts = [np.where(places >= 0, filled, 0.0), there.astype(float)]
    if since is not None:
        times = np.cumsum(np.asarray(since, dtype=float), axis=1)[:, :, None]
        seen = np.take_along_axis(np.broadcast_to(times, inputs.shape), np.maximum(places, 0), axis=1)
        parts.append(np.where(places >= 0, times - seen, times))
    return np.concatenate(parts, axis=2)
