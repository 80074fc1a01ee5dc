"""Labelled results on neurons and cells: states beside their bound, accuracies by epoch, errors beside a Kalman filter's."""

from __future__ import annotations

import dataclasses
import math
from typing import TYPE_CHECKING, Any

import numpy as np

from ..numerics import about
from .event_protocols import (
    TEST_SEED,
    TRAIN_SEED,
    OscillatorBank,
    event_parity,
    irregular_oscillators,
    oscillator_floor,
    parity_ceiling,
    tuned_oscillators,
)
from .liquid import LiquidNeuron, closed_form_bound, closed_form_states, exact_states, fused_states
from .sequence_estimator import SequenceClassifier, SequenceEstimator, SequenceRegressor
from .sequence_files import LabeledSequences
from .sequence_training import Recipe, predict, train

if TYPE_CHECKING:
    import xarray as xr

TEST_SEQUENCES = 2000
STEPS = 32
PIECES = 16
FLOOR_SEED = 5


def neuron_theory(neuron: LiquidNeuron, strength: float, time: float) -> xr.Dataset:
    """The state at a time under a constant input, exactly; the closed form, its distance and the bound for an anchored neuron."""
    import xarray as xr

    exact = float(exact_states(neuron, [strength], [time])[0])  # type: ignore[arg-type]
    found = {"state_exact": ((), exact, about("1", "State: closed form, exact, fused solver"))}
    if neuron.kind == "anchored":
        closed = float(closed_form_states(neuron, np.array(strength), np.array(time)))
        bound = float(closed_form_bound(neuron, np.array(time)))
        found |= {
            "state_theory": ((), closed, about("1", "State: closed form, exact, fused solver")),
            "state_closed_form_theory": ((), closed, about("1", "State by the closed form")),
            "bound_theory": ((), bound, about("1", "Bound on the closed form's error")),
            "error_exact": ((), abs(closed - exact), about("1", "Error of the closed form under this input")),
            "error_theory": ((), bound, about("1", "Error of the closed form: bound, this input, random inputs")),
        }
    return xr.Dataset(found)


def neuron_simulation(
    neuron: LiquidNeuron, strength: float, time: float, unfolds: int, inputs: int, seed: int
) -> xr.Dataset:
    """The state by the fused solver; for an anchored neuron the closed form's largest error under random inputs.

    A random input has PIECES pieces of constant activation, logistic of a normal number with standard deviation 4.
    """
    import xarray as xr

    state = float(fused_states(neuron, [strength], [time], unfolds)[0])  # type: ignore[arg-type]
    found = {
        "state_simulation": ((), state, about("1", "State by the fused solver")),
        "state_fused_simulation": ((), state, about("1", "State by the fused solver")),
    }
    if neuron.kind == "anchored":
        random = np.random.default_rng(seed)
        errors = []
        for rates in 1 / (1 + np.exp(-4 * random.normal(size=(inputs, PIECES)))):
            exact = exact_states(neuron, rates, np.full(PIECES, time / PIECES))[-1]
            errors.append(abs(float(closed_form_states(neuron, rates[-1], np.array(time))) - exact))
        found["error_simulation"] = ((), max(errors), about("1", "Largest error under random inputs"))
    return xr.Dataset(found)


def parity_theory(padding: int, epochs: int) -> xr.Dataset:
    """The accuracy that nothing can exceed without elapsed times."""
    import xarray as xr

    ceiling = np.full(epochs, parity_ceiling(padding))
    return xr.Dataset(
        {"accuracy_exact": ("epoch", ceiling, about("1", "Accuracy; dashed: the best without elapsed times"))},
        {"epoch": _epochs(epochs)},
    )


def parity_simulation(
    recipe: Recipe, padding: int, sequences: int, networks: int, *, elapsed: bool, seed: int
) -> xr.Dataset:
    """Accuracies on fresh sequences after each epoch, of networks from different random weights."""
    import xarray as xr

    trained = event_parity(sequences, padding, seed=TRAIN_SEED, elapsed=elapsed)
    tested = event_parity(TEST_SEQUENCES, padding, seed=TEST_SEED, elapsed=elapsed)
    found = np.array(
        [
            train(recipe, *trained, *tested, task="classes", classes=2, seed=seed + number).scores
            for number in range(networks)
        ]
    )
    best = found.max(axis=1)
    error = _binomial(found, TEST_SEQUENCES)
    return xr.Dataset(
        {
            "accuracy_simulation": (("network", "epoch"), found, about("1", "Accuracy on fresh sequences")),
            "accuracy_stderr": (("network", "epoch"), error, about("1", "Standard error over fresh sequences")),
            "best_accuracy_simulation": ((), best.max(), about("1", "Best network's accuracy at its best epoch")),
            "median_accuracy_simulation": ((), np.median(best), about("1", "Median network's accuracy")),
        },
        {"epoch": _epochs(recipe.epochs), "network": [str(number + 1) for number in range(networks)]},
    )


def oscillator_data(sequences: int, noise: float, dropped: float, seed: int) -> tuple[Any, ...]:
    """Training sequences and targets, then those of a quarter as many fresh sequences."""
    bank = OscillatorBank.random(noise=noise)
    first = irregular_oscillators(bank, sequences, STEPS, dropped=dropped, seed=seed)
    fresh = irregular_oscillators(bank, max(sequences // 4, 16), STEPS, dropped=dropped, seed=seed + 1)
    return (*first, *fresh)


def oscillator_theory(noise: float, dropped: float, epochs: int) -> xr.Dataset:
    """The mean squared error of a Kalman filter that knows the bank, over 200 patterns of dropped steps."""
    import xarray as xr

    bank = OscillatorBank.random(noise=noise)
    patterns, _targets = irregular_oscillators(bank, 200, STEPS, dropped=dropped, seed=FLOOR_SEED)
    floor = np.full(epochs, oscillator_floor(bank, patterns))
    return xr.Dataset(
        {"squared_error_exact": ("epoch", floor, about("1", "Mean squared error; dashed: the best filter"))},
        {"epoch": _epochs(epochs)},
    )


def oscillator_simulation(recipe: Recipe, sequences: int, noise: float, dropped: float, seed: int) -> xr.Dataset:
    """Mean squared errors of the next observation after each epoch: of the chosen cell, and of an LSTM told the elapsed time."""
    import xarray as xr

    data = oscillator_data(sequences, noise, dropped, seed)
    recipes = {recipe.variant: recipe}
    if recipe.variant != "lstm":
        recipes["lstm"] = dataclasses.replace(recipe, variant="lstm")
    curves, finals, errors = [], [], []
    for each in recipes.values():
        trained = train(each, *data, task="values", seed=seed)
        value, error = squared_error(predict(trained.model, data[2]), data[3], data[2].mask)
        curves.append(trained.scores)
        finals.append(value)
        errors.append(error)
    return xr.Dataset(
        {
            "squared_error_simulation": (("cell", "epoch"), curves, about("1", "Mean squared error, fresh sequences")),
            "best_squared_error_simulation": ("cell", finals, about("1", "Mean squared error at the best epoch")),
            "best_squared_error_stderr": ("cell", errors, about("1", "Standard error over fresh sequences")),
        },
        {"epoch": _epochs(recipe.epochs), "cell": list(recipes)},
    )


def squared_error(found: np.ndarray, targets: np.ndarray, mask: np.ndarray) -> tuple[float, float]:
    """Mean squared error over steps that are there, and its standard error over sequences."""
    squares = ((found - targets) ** 2).mean(axis=2) * mask
    weights = mask.sum(axis=1)
    mean = float(squares.sum() / weights.sum())
    spread = squares.sum(axis=1) - mean * weights
    return mean, float(math.sqrt((spread**2).sum()) / weights.sum())


def tuned_sequences(sequences: int, seed: int) -> LabeledSequences:
    """Oscillators of three frequencies as a user's data would be."""
    found, labels = tuned_oscillators(sequences, seed=seed)
    names = np.array(["slow", "middle", "fast"])[labels]
    return LabeledSequences(found, names, ("sine", "cosine"), tuple(map(str, range(sequences))))


def fitted_dataset(data: LabeledSequences, recipe: Recipe, road: str, *, balanced: bool, seed: int) -> xr.Dataset:
    """Scores on held-out sequences after each epoch: accuracies and each class's share found, or the unexplained variance."""
    import xarray as xr

    if data.labels is None:
        raise ValueError("the file has no labels (column label, or array y), which training needs")
    values = as_values(data.labels)
    if values is not None:
        if balanced:
            raise ValueError("balanced is for classes; the labels are values")
        regressor = SequenceRegressor(recipe, seed=seed).fit(data.sequences, values)
        curve = ("epoch", regressor.trained_.scores, about("1", "Unexplained share of the values' variance, held out"))
        return xr.Dataset({f"unexplained_{road}": curve}, {"epoch": _epochs(recipe.epochs)})
    classifier = SequenceClassifier(recipe, seed=seed, balanced=balanced).fit(data.sequences, data.labels)
    held = classifier.held_out_rows_
    labels, guesses = data.labels[held], classifier.predict(data.sequences.take(held))
    counts = np.array([(labels == name).sum() for name in classifier.classes_])
    hits = np.array([((labels == name) & (guesses == name)).sum() for name in classifier.classes_])
    shares = hits / np.maximum(counts, 1)
    scores = classifier.trained_.scores
    return xr.Dataset(
        {
            f"accuracy_{road}": ("epoch", scores, about("1", "Accuracy on held-out sequences")),
            "accuracy_stderr": ("epoch", _binomial(scores, len(held)), about("1", "Standard error")),
            f"found_{road}": ("label", shares, about("1", "Share of each class that is found, held out")),
            "found_stderr": ("label", _binomial(shares, np.maximum(counts, 1)), about("1", "Standard error")),
            f"commonest_{road}": ((), counts.max() / len(held), about("1", "Accuracy of always the commonest class")),
        },
        {"epoch": _epochs(recipe.epochs), "label": [str(name) for name in classifier.classes_]},
    )


def as_values(labels: np.ndarray) -> np.ndarray | None:
    """Labels as numbers where they are numbers that are not all whole, else None: classes."""
    try:
        values = np.asarray(labels, dtype=float)
    except ValueError:
        return None
    return None if values.ndim == 1 and np.equal(values, np.round(values)).all() else values


def fitted_estimator(data: LabeledSequences, recipe: Recipe, *, seed: int) -> SequenceEstimator:
    """A classifier or a regressor fitted to a user's sequences, as their labels ask for."""
    if data.labels is None:
        raise ValueError("the sequences have no labels, which training needs")
    values = as_values(data.labels)
    if values is not None:
        return SequenceRegressor(recipe, seed=seed).fit(data.sequences, values)
    return SequenceClassifier(recipe, seed=seed).fit(data.sequences, data.labels)


def _binomial(shares: np.ndarray, count: Any) -> np.ndarray:
    """Standard errors of shares of independent cases; half a case where all or none are right."""
    return np.sqrt(np.maximum(shares * (1 - shares), 0.25 / np.asarray(count)) / count)


def _epochs(count: int) -> tuple[str, np.ndarray, dict[str, str]]:
    return ("epoch", np.arange(1, count + 1), about("1", "epoch"))
