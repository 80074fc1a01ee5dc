"""Training recurrent models on irregular sequences: the recipe, its cell, losses, and accuracy on held-out sequences by epoch.

Batches are drawn with replacement; an epoch is as many of them as hold the number of training sequences.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any, Literal, get_args

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from ..engines.fitting import Fit, decaying, fit
from ..engines.neural_networks import Activation
from .closed_form import ClosedFormCell, LongShortTermCell, MixedMemoryCell
from .liquid_cell import LiquidCell
from .recurrence import IrregularSequences, SequenceModel
from .wiring import WiredCell, automatic_policy

Variant = Literal["default", "no-gate", "minimal", "mixed", "wired", "ltc", "lstm"]
Task = Literal["classes", "values"]
CHUNK = 1024


@dataclass(frozen=True)
class Recipe:
    """A cell's variant and sizes, and how it is trained. Raises ValueError for what lies outside the allowed values."""

    variant: Variant = "default"
    units: int = 64
    width: int = 64
    depth: int = 1
    activation: Activation = "relu"
    dropout: float = 0.0
    forget_bias: float = 1.0
    unfolds: int = 6
    method: Literal["adam", "adamw", "rmsprop"] = "adam"
    learning_rate: float = 0.005
    decay: float = 0.95
    clip: float | None = 1.0
    weight_decay: float = 0.0
    batch: int = 128
    epochs: int = 25

    def __post_init__(self) -> None:
        if self.variant not in get_args(Variant):
            raise ValueError(f"variant must be one of {', '.join(get_args(Variant))}; got {self.variant!r}")
        for name in ("units", "width", "unfolds", "batch", "epochs"):
            value = getattr(self, name)
            if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < 1:
                raise ValueError(f"{name} must be an integer of at least 1; got {value!r}")

    def cell(self, inputs: int, outputs: int, key: Array) -> Any:
        """An untrained cell for this number of features; a wired one has `outputs` motor neurons."""
        closed: dict[str, Any] = {
            "width": self.width,
            "depth": self.depth,
            "activation": self.activation,
            "dropout": self.dropout,
        }
        match self.variant:
            case "mixed":
                return MixedMemoryCell(inputs, self.units, forget_bias=self.forget_bias, key=key, **closed)
            case "wired":
                return WiredCell(automatic_policy(inputs, self.units, outputs, seed=0), key=key)
            case "ltc":
                return LiquidCell(inputs, self.units, unfolds=self.unfolds, key=key)
            case "lstm":
                return LongShortTermCell(inputs, self.units, forget_bias=self.forget_bias, key=key)
            case _:
                return ClosedFormCell(inputs, self.units, variant=self.variant, key=key, **closed)

    def model(self, inputs: int, outputs: int, *, every_step: bool, seed: int) -> SequenceModel:
        """An untrained model: the cell and a readout."""
        # In one compiled program: drawn one by one, each shape of weights would be compiled on its own.
        return _make(self, inputs, outputs, every_step, jax.random.key(seed))


@eqx.filter_jit
def _make(recipe: Recipe, inputs: int, outputs: int, every_step: bool, key: Array) -> SequenceModel:
    first, second = jax.random.split(key)
    return SequenceModel(recipe.cell(inputs, outputs, first), outputs, every_step=every_step, key=second)


@dataclass(frozen=True)
class Trained:
    """A trained model with the best weights on held-out sequences, and the curves of its training.

    `scores` (epochs,) are accuracies, or mean squared errors, on the held-out sequences after each epoch.
    """

    model: SequenceModel
    fit: Fit
    scores: Float[np.ndarray, " epochs"]


def train(
    recipe: Recipe,
    sequences: IrregularSequences,
    targets: np.ndarray,
    held_out: IrregularSequences,
    held_out_targets: np.ndarray,
    *,
    task: Task,
    classes: int = 0,
    class_weights: np.ndarray | None = None,
    seed: int,
    progress: Any = None,
    checkpoint: Any = None,
) -> Trained:
    """Train a model; targets are class numbers (sequences,), values (sequences, outputs) or values of every step.

    Raises DivergedFit where the loss is not finite, and ValueError where targets do not fit the sequences.
    """
    every_step = task == "values" and np.ndim(targets) == 3
    outputs = classes if task == "classes" else int(np.shape(targets)[-1])
    if len(targets) != len(sequences) or len(held_out_targets) != len(held_out):
        raise ValueError(f"targets must be one for each sequence; got {len(targets)} for {len(sequences)} sequences")
    kind = np.int32 if task == "classes" else np.float32
    data = {**sequences.arrays(), "targets": jnp.asarray(np.asarray(targets, dtype=kind))}
    weights = None if class_weights is None else jnp.asarray(class_weights, jnp.float32)
    held = {**held_out.arrays(), "targets": jnp.asarray(np.asarray(held_out_targets, dtype=kind))}
    steps = math.ceil(len(sequences) / recipe.batch)
    optimizer = decaying(
        recipe.method,
        recipe.learning_rate,
        decay=recipe.decay,
        every=steps,
        clip=recipe.clip,
        weight_decay=recipe.weight_decay,
    )
    found = fit(
        recipe.model(sequences.features, outputs, every_step=every_step, seed=seed),
        _Loss(weights, task, min(recipe.batch, len(sequences)), recipe.dropout > 0),
        data,
        optimizer=optimizer,
        steps=steps * recipe.epochs,
        seed=seed,
        steps_per_call=steps,
        validation=_HeldOut(held, task),
        progress=progress,
        checkpoint=checkpoint,
    )
    scores = found.validations[:, 1]
    return Trained(found.model, found, 1 - scores if task == "classes" else scores)


def predict(model: SequenceModel, sequences: IrregularSequences) -> Float[np.ndarray, "sequences ..."]:
    """Outputs of a model: a number for each class (its logarithmic odds up to a constant), or values."""
    parts = []
    for begin in range(0, len(sequences), CHUNK):
        rows = slice(begin, begin + CHUNK)
        parts.append(
            np.asarray(
                _outputs(
                    model, *(jnp.asarray(each[rows]) for each in (sequences.inputs, sequences.elapsed, sequences.mask))
                )
            )
        )
    return np.concatenate(parts)


@eqx.filter_jit
def _outputs(model: SequenceModel, inputs: Array, elapsed: Array, mask: Array) -> Array:
    return model(inputs, elapsed, mask)


class _Loss(eqx.Module):
    """Cross-entropy or mean squared error of a batch."""

    class_weights: Array | None
    task: Task = eqx.field(static=True)
    batch: int = eqx.field(static=True)
    dropout: bool = eqx.field(static=True)

    def __call__(self, model: SequenceModel, data: dict[str, Array], key: Array) -> Array:
        own, drops = jax.random.split(key)
        rows = jax.random.randint(own, (self.batch,), 0, data["mask"].shape[0])
        batch = {name: each[rows] for name, each in data.items()}
        found = model(batch["inputs"], batch["elapsed"], batch["mask"], drops if self.dropout else None)
        if self.task == "values":
            return _squared_error(found, batch["targets"], batch["mask"])
        losses = optax.softmax_cross_entropy_with_integer_labels(found, batch["targets"])
        return losses.mean() if self.class_weights is None else (losses * self.class_weights[batch["targets"]]).mean()


class _HeldOut(eqx.Module):
    """Share of wrong classes, or mean squared error, on held-out sequences."""

    data: dict[str, Array]
    task: Task = eqx.field(static=True)

    def __call__(self, model: SequenceModel) -> Array:
        found = model(self.data["inputs"], self.data["elapsed"], self.data["mask"])
        if self.task == "values":
            return _squared_error(found, self.data["targets"], self.data["mask"])
        return jnp.mean((jnp.argmax(found, axis=1) != self.data["targets"]).astype(jnp.float32))


def _squared_error(found: Array, targets: Array, mask: Array) -> Array:
    squares = ((found - targets) ** 2).mean(axis=-1)
    return squares.mean() if squares.ndim == 1 else (squares * mask).sum() / mask.sum()
