"""The fitting loop: minimizes a loss over the weights of any model (a JAX pytree) with an optax optimizer.

Many steps run in one compiled call; between calls the loop reports progress, checks that the loss is finite, measures a validation
loss, keeps the best weights, stops early, and writes a checkpoint from which a killed fit goes on bit for bit: the random key of
step i is a function of the seed and i alone.
"""

from __future__ import annotations

import functools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, NamedTuple

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import optax
from jaxtyping import Array, Float

from ..errors import PhasebookError
from .weight_files import InvalidWeights, model_arrays, read_weights, with_arrays, write_weights

Loss = Callable[[Any, Any, Array], Array]
Ending = Literal["finished", "stopped early", "out of time"]
CHECKPOINT_SECONDS = 5.0


class DivergedFit(PhasebookError, ArithmeticError):
    """The loss is not finite: the learning rate is too large, or the loss or its data hold a NaN."""


class ForeignCheckpoint(PhasebookError, ValueError):
    """A checkpoint that another fit has written."""


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a fit is, for whoever shows it."""

    step: int
    steps: int
    loss: float
    validation: float | None
    seconds: float


@dataclass(frozen=True)
class Fit:
    """What became of a fit.

    `model` has the best weights by validation, else the (averaged) weights after the last step; `last` those of the last step;
    `losses` (steps,) is the loss of each step's batch; `validations` (rounds, 2) holds steps and validation losses.
    """

    model: Any
    last: Any
    losses: Float[np.ndarray, " steps"]
    validations: Float[np.ndarray, "rounds 2"]
    best_step: int
    ending: Ending


def fit(
    model: Any,
    loss: Loss,
    data: Any = None,
    *,
    optimizer: optax.GradientTransformation,
    steps: int,
    seed: int,
    steps_per_call: int = 250,
    averaging: float | None = None,
    validation: Callable[[Any], Array] | None = None,
    patience: int | None = None,
    checkpoint: str | Path | None = None,
    identity: str = "",
    progress: Callable[[Progress], None] | None = None,
    seconds: float | None = None,
) -> Fit:
    """Minimize `loss(model, data, key)`, a scalar, over the floating-point arrays of `model`.

    The loss draws its own batch from `data` (arrays on the device, or None) with the step's key. `averaging` is the decay of an
    exponential moving average of the weights, which then is what is validated and returned. `validation(model)` is measured
    after every `steps_per_call` steps; the fit stops early after `patience` such rounds without a new minimum.
    `checkpoint` names a safetensors file: written at most every 5 s and at the end, resumed from where it exists, and refused
    where its seed, `identity` or shapes differ. `seconds` ends this call early, with what is done saved. Calls that share the
    same `loss`, `validation` and `optimizer` objects compile once.
    Raises ValueError for wrong arguments, DivergedFit for a loss that is not finite, ForeignCheckpoint.
    """
    _check(steps, steps_per_call, averaging, validation, patience, seed)
    weights, rest = eqx.partition(model, eqx.is_inexact_array)
    if not jax.tree_util.tree_leaves(weights):
        raise ValueError("model must hold at least one floating-point array; got none")
    state = _State(weights, optimizer.init(weights), weights if averaging is not None else None, weights)
    state = jax.tree_util.tree_map(
        lambda leaf: jnp.array(leaf), state
    )  # a copy of its own: the loop donates its buffers
    history = _History(seed, identity)
    path = None if checkpoint is None else Path(checkpoint)
    if path is not None and path.exists():
        state = history.read(path, state)
    key, begin, saved = jax.random.key(seed), time.monotonic(), time.monotonic()
    ending: Ending = "finished"
    while (done := len(history.losses)) < steps:
        if patience is not None and history.rounds_since_best() >= patience:
            ending = "stopped early"
            break
        if seconds is not None and time.monotonic() - begin >= seconds:
            ending = "out of time"
            break
        count = min(steps_per_call, steps - done)
        advanced, losses = _advance(
            (state.weights, state.optimizer, state.averaged),
            rest,
            loss,
            optimizer,
            data,
            key,
            (jnp.int32(done), jnp.int32(count), steps_per_call),
            None if averaging is None else jnp.float32(averaging),
        )
        state = _State(*advanced, state.best)
        history.add(np.asarray(losses)[:count])
        if validation is not None:
            current = state.weights if averaging is None else state.averaged
            if history.judge(float(_validate(current, rest, validation))):
                state = state._replace(best=current)
        if progress is not None:
            progress(history.progress(steps, time.monotonic() - begin))
        if path is not None and time.monotonic() - saved > CHECKPOINT_SECONDS:
            history.write(path, state)
            saved = time.monotonic()
    if path is not None:
        history.write(path, state)
    return _finished(state, rest, history, validation is not None, averaging is not None, ending)


@functools.cache
def adam(
    learning_rate: float, steps: int, *, schedule: Literal["constant", "cosine"] = "cosine", clip: float | None = None
) -> optax.GradientTransformation:
    """Adam with a constant learning rate or a cosine decay to zero over `steps`; `clip` bounds the gradient's norm.

    The same arguments give the same object, so that fits share their compiled programs. Source: Kingma, Ba, arXiv 1412.6980.
    """
    if not learning_rate > 0:
        raise ValueError(f"learning_rate must be positive; got {learning_rate!r}")
    rate = optax.cosine_decay_schedule(learning_rate, steps) if schedule == "cosine" else learning_rate
    parts = [optax.adam(rate)] if clip is None else [optax.clip_by_global_norm(clip), optax.adam(rate)]
    return optax.chain(*parts)


@functools.cache
def decaying(
    method: Literal["adam", "adamw", "rmsprop"],
    learning_rate: float,
    *,
    decay: float,
    every: int,
    clip: float | None = None,
    weight_decay: float = 0.0,
) -> optax.GradientTransformation:
    """Adam, AdamW or RMSprop whose learning rate is multiplied by `decay` after every `every` steps.

    `clip` bounds the gradient's norm; `weight_decay` adds to the gradient, and with AdamW to the step. The same arguments give the
    same object, as in `adam`.
    """
    if method not in ("adam", "adamw", "rmsprop"):
        raise ValueError(f"method must be one of adam, adamw, rmsprop; got {method!r}")
    if not learning_rate > 0:
        raise ValueError(f"learning_rate must be positive; got {learning_rate!r}")
    if not 0 < decay <= 1:
        raise ValueError(f"decay must be above 0 and at most 1; got {decay!r}")
    rate = optax.exponential_decay(learning_rate, every, decay, staircase=True)
    core = {
        "adam": lambda: optax.adam(rate),
        "adamw": lambda: optax.adamw(rate, weight_decay=weight_decay),
        "rmsprop": lambda: optax.rmsprop(rate),
    }[method]()
    parts = [] if clip is None else [optax.clip_by_global_norm(clip)]
    if weight_decay and method != "adamw":
        parts.append(optax.add_decayed_weights(weight_decay))
    return optax.chain(*parts, core)


class _State(NamedTuple):
    """The arrays of a fit: weights, the optimizer's memory, the moving average, the best so far."""

    weights: Any
    optimizer: Any
    averaged: Any
    best: Any


@eqx.filter_jit
def _advance(
    arrays: tuple[Any, Any, Any],
    rest: Any,
    loss: Loss,
    optimizer: optax.GradientTransformation,
    data: Any,
    key: Array,
    span: tuple[Array, Array, int],
    averaging: Array | None,
) -> tuple[tuple[Any, Any, Any], Array]:
    """Steps `begin` to `begin + count`; the losses stand in an array of room `room`, whatever the count, so one program serves."""
    begin, count, room = span

    def step(index: Array, carry: tuple[Any, Any, Any, Array]) -> tuple[Any, Any, Any, Array]:
        weights, memory, averaged, losses = carry
        own = jax.random.fold_in(key, begin + index)
        value, gradient = jax.value_and_grad(lambda held: loss(eqx.combine(held, rest), data, own))(weights)
        update, memory = optimizer.update(gradient, memory, weights)
        weights = optax.apply_updates(weights, update)
        if averaging is not None:
            # Short memory at first, so that the random initial weights are soon forgotten.
            keep = jnp.minimum(averaging, (1.0 + begin + index) / (10.0 + begin + index))
            averaged = jax.tree_util.tree_map(lambda old, new: keep * old + (1 - keep) * new, averaged, weights)
        return weights, memory, averaged, losses.at[index].set(value.astype(jnp.float32))

    weights, memory, averaged, losses = jax.lax.fori_loop(0, count, step, (*arrays, jnp.zeros(room, jnp.float32)))
    return (weights, memory, averaged), losses


@eqx.filter_jit
def _validate(weights: Any, rest: Any, validation: Callable[[Any], Array]) -> Array:
    return validation(eqx.combine(weights, rest))


class _History:
    """Losses so far and the best validation; reads and writes checkpoints."""

    def __init__(self, seed: int, identity: str) -> None:
        self.owner = {"seed": str(seed), "identity": identity}
        self.losses: np.ndarray = np.zeros(0, dtype=np.float32)
        self.validations: np.ndarray = np.zeros((0, 2))

    def add(self, losses: np.ndarray) -> None:
        if not np.isfinite(losses).all():
            step = len(self.losses) + int(np.argmin(np.isfinite(losses)))
            raise DivergedFit(
                f"the loss is not finite at step {step}: lower the learning rate, or look for NaN in the data"
            )
        self.losses = np.concatenate([self.losses, losses])

    def judge(self, value: float) -> bool:
        """Note a validation loss; whether it is the smallest so far."""
        if not np.isfinite(value):
            raise DivergedFit(f"the validation loss is not finite after {len(self.losses)} steps")
        best = value < self.validations[:, 1].min(initial=np.inf)
        self.validations = np.concatenate([self.validations, [[len(self.losses), value]]])
        return bool(best)

    def rounds_since_best(self) -> int:
        return len(self.validations) - 1 - int(np.argmin(self.validations[:, 1])) if len(self.validations) else 0

    def progress(self, steps: int, seconds: float) -> Progress:
        validation = float(self.validations[-1, 1]) if len(self.validations) else None
        return Progress(len(self.losses), steps, float(self.losses[-1]), validation, seconds)

    def write(self, path: Path, state: _State) -> None:
        arrays = {f"state{name}": array for name, array in model_arrays(state).items()}
        write_weights(path, {**arrays, "losses": self.losses, "validations": self.validations}, self.owner)

    def read(self, path: Path, like: _State) -> _State:
        arrays, owner = read_weights(path)
        for name, text in self.owner.items():
            if owner.get(name) != text:
                raise ForeignCheckpoint(
                    f"checkpoint {path.name} is of another fit: its {name} is {owner.get(name)!r}, this one's {text!r}"
                )
        try:
            self.losses, self.validations = arrays.pop("losses"), arrays.pop("validations")
            state = with_arrays(like, {name.removeprefix("state"): array for name, array in arrays.items()})
        except (KeyError, InvalidWeights) as error:
            raise ForeignCheckpoint(f"checkpoint {path.name} is of another fit: {error}") from None
        return state


def _finished(state: _State, rest: Any, history: _History, validated: bool, averaged: bool, ending: Ending) -> Fit:
    last = eqx.combine(state.weights, rest)
    if validated:
        model = eqx.combine(state.best, rest)
        best_step = int(history.validations[np.argmin(history.validations[:, 1]), 0]) if len(history.validations) else 0
    else:
        model = eqx.combine(state.averaged, rest) if averaged else last
        best_step = len(history.losses)
    return Fit(model, last, history.losses, history.validations, best_step, ending)


def _check(
    steps: int,
    steps_per_call: int,
    averaging: float | None,
    validation: Any,
    patience: int | None,
    seed: int,
) -> None:
    for name, value in (("steps", steps), ("steps_per_call", steps_per_call), ("patience", patience)):
        if value is not None and (isinstance(value, bool) or not isinstance(value, int) or value < 1):
            raise ValueError(f"{name} must be an integer of at least 1; got {value!r}")
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**32:
        raise ValueError(f"seed must be an integer from 0 to 4294967295; got {seed!r}")
    if averaging is not None and not 0 < averaging < 1:
        raise ValueError(f"averaging must lie strictly between 0 and 1; got {averaging!r}")
    if patience is not None and validation is None:
        raise ValueError("patience needs a validation loss; got none")
