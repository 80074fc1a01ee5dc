"""Experiments: one neuron, parities told by times, oscillators seen irregularly, and a user's own sequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

from ... import sequences
from ...claims import Along, File, Help, Range, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

Variant = Annotated[
    Literal["default", "no-gate", "minimal", "mixed", "ltc"],
    Help(
        "the cell: closed form with its gate, without the gate's complement, minimal, behind an LSTM's memory, or liquid neurons"
    ),
]
AnyVariant = Annotated[
    Literal["default", "no-gate", "minimal", "mixed", "wired", "ltc", "lstm"],
    Help("the cell: closed form in five variants, liquid neurons, or an LSTM told the elapsed time"),
]
Epochs = Annotated[int, Range(1, 1000, "epochs of training")]
Units = Annotated[int, Range(1, 1024, "units of the cell")]
Rate = Annotated[float, Range(1e-6, 1.0, "learning rate of Adam, multiplied by 0.95 after each epoch")]
Batch = Annotated[int, Range(1, 4096, "sequences in a batch")]
SEQUENCES = File(
    "phasebook.sequences.sequence_files:read_sequences",
    "your sequences: .csv with columns id,time,features,label, or .npz with x, t or dt, mask, y",
    (".csv", ".npz"),
)
TIMES = {"elapsed times": "of parities: run length / padding; of a file: divided by their median"}


@paper.experiment(
    show=("state", "error"),
    along=Along("time", 0.0, 6.0, count=64, measured=8),
    conventions={"anchored": "the leak pulls to the target A", "raw": "the leak pulls to zero, and no bound is known"},
)
def neuron(
    leak: Annotated[float, Range(1e-3, 100.0, "leak w", "1/time")] = 0.4,
    target: Annotated[float, Range(-100.0, 100.0, "target A")] = 1.3,
    start: Annotated[float, Range(-100.0, 100.0, "state x0 at time 0")] = -0.5,
    input_strength: Annotated[float, Range(0.0, 1.0, "activation f by a constant input", "1/time")] = 0.6,
    time: Annotated[float, Range(0.0, 100.0, "time", "time")] = 1.5,
    neuron: Annotated[Literal["anchored", "raw"], Help("where the leak pulls to: the target, or zero")] = "anchored",
) -> xr.Dataset:
    """One liquid neuron under a constant input: its exact state, the closed form and the bound on its error, a solver's state.

    Variables: state_exact, state_closed_form_theory, bound_theory, error_exact (of the closed form, beside the bound in
    error_theory). dx/dt = −[w + f] (x − A); x̃ = (x0 − A) exp(−(w + f) t) (1 − f) + A. Source: arXiv 2106.13898, derived again here.
    """
    return sequences.neuron_theory(sequences.LiquidNeuron(leak, target, start, neuron), input_strength, time)


@neuron.measurement
def simulated_neuron(
    leak: float,
    target: float,
    start: float,
    input_strength: float,
    time: float,
    neuron: Literal["anchored", "raw"],
    *,
    unfolds: Annotated[int, Range(1, 10_000, "steps of the fused solver")] = 6,
    inputs: Annotated[
        int | None, Range(1, 10_000, "random inputs whose largest error is told, 200 where omitted; not with raw")
    ] = None,
    seed: int,
) -> xr.Dataset:
    """The state by the fused semi-implicit solver, as liquid networks take it, and the largest error under random inputs."""
    if neuron == "raw" and inputs is not None:
        raise ValueError("inputs is for the anchored neuron, which has a closed form; leave it out with raw")
    number = 200 if inputs is None else inputs
    return sequences.neuron_simulation(
        sequences.LiquidNeuron(leak, target, start, neuron), input_strength, time, unfolds, number, seed
    )


@paper.experiment(show=("accuracy",), conventions=TIMES)
def event_xor(
    padding: Annotated[Literal[8, 16, 32], Help("room for events; strings have 2 to padding − 1 bits")] = 8,
    epochs: Epochs = 16,
) -> xr.Dataset:
    """Parity of run-length encoded bits: what a cell learns of times, beside the best that is possible without them.

    Variables: accuracy_exact (epoch): the ceiling for whoever sees the events and not when they came; accuracy_simulation
    (network, epoch), best_accuracy_simulation, median_accuracy_simulation. Source: protocol of the authors' public code to
    arXiv 2106.13898; the ceiling Σ max(P(even), P(odd)) is derived here.
    """
    return sequences.parity_theory(padding, epochs)


@event_xor.measurement
def learned_parity(
    padding: int,
    epochs: int,
    *,
    variant: Variant = "default",
    sequences: Annotated[int, Range(64, 1_000_000, "training strings")] = 4000,
    elapsed: Annotated[
        bool, Help("whether the cell is told the elapsed times; false: every event comes at the same pace")
    ] = True,
    networks: Annotated[int, Range(1, 20, "networks from different random weights")] = 2,
    units: Units = 64,
    rate: Rate = 0.01,
    batch: Batch = 32,
    seed: int,
) -> xr.Dataset:
    """Accuracies of several networks on 2000 fresh strings after each epoch of training."""
    from ... import sequences as family

    recipe = family.Recipe(variant, units, batch=batch, epochs=epochs, learning_rate=rate)
    return family.parity_simulation(recipe, padding, sequences, networks, elapsed=elapsed, seed=seed)


@paper.experiment(show=("squared_error",), logarithmic=("squared_error",))
def irregular(
    noise: Annotated[float, Range(0.001, 10.0, "standard deviation of an observation's noise")] = 0.1,
    dropped: Annotated[float, Range(0.0, 0.9, "share of steps that are dropped")] = 0.1,
    epochs: Epochs = 8,
) -> xr.Dataset:
    """Irregular observations of a bank of oscillators, of which a cell predicts the next: a stand-in for a walking robot's joints.

    Variables: squared_error_exact (epoch), a Kalman filter's that knows the bank; squared_error_simulation (cell, epoch) of the
    chosen cell and of an LSTM told the elapsed time. 17 features mix six hidden oscillators. Source: own stand-in; the protocol of
    dropped steps is that of the authors' public code to arXiv 2106.13898.
    """
    return sequences.oscillator_theory(noise, dropped, epochs)


@irregular.measurement
def learned_oscillators(
    noise: float,
    dropped: float,
    epochs: int,
    *,
    variant: AnyVariant = "default",
    sequences: Annotated[int, Range(64, 1_000_000, "training sequences of 32 steps")] = 1000,
    units: Units = 32,
    rate: Rate = 0.01,
    batch: Batch = 64,
    seed: int,
) -> xr.Dataset:
    """Mean squared errors on fresh sequences after each epoch of training."""
    from ... import sequences as family

    recipe = family.Recipe(variant, units, batch=batch, epochs=epochs, learning_rate=rate, activation="silu")
    return family.oscillator_simulation(recipe, sequences, noise, dropped, seed)


@paper.experiment(theory="absent", show=("accuracy", "found", "unexplained"), conventions=TIMES)
def fit(
    file: Annotated[Literal["oscillators"] | UserFile, SEQUENCES] = "oscillators",
    sequences: Annotated[
        int | None, Range(50, 100_000, "generated sequences, 600 where omitted; not with your file")
    ] = None,
    variant: AnyVariant = "default",
    epochs: Epochs = 12,
    units: Units = 32,
    rate: Rate = 0.01,
    batch: Batch = 32,
    balanced: Annotated[bool, Help("weigh classes so that rare ones count as much as common ones")] = False,
    *,
    seed: int,
) -> xr.Dataset:
    """Train a cell on labeled sequences: yours, or oscillators of three frequencies seen at random times.

    Variables: accuracy_data (epoch) on a fifth held out, found_data (label), commonest_data; unexplained_data (epoch) where labels
    are numbers that are not whole; _simulation for generated sequences. Source: cells of arXiv 2106.13898.
    """
    from ... import sequences as family

    recipe = family.Recipe(variant, units, batch=batch, epochs=epochs, learning_rate=rate, activation="silu")
    if isinstance(file, UserFile):
        if sequences is not None:
            raise ValueError("sequences is for generated ones; leave it out with a file")
        return family.fitted_dataset(file.content, recipe, "data", balanced=balanced, seed=seed)
    data = family.tuned_sequences(600 if sequences is None else sequences, seed)
    return family.fitted_dataset(data, recipe, "simulation", balanced=balanced, seed=seed)
