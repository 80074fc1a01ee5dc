"""Quick claims: the bound, the closed form's error, a solver's order, gates in time, a ceiling, speed, a peer's weights."""

from __future__ import annotations

import functools
import itertools
import math
import time
from collections.abc import Callable
from typing import Any

from ... import numerics, sequences
from ...claims import Evidence
from .subject import ABSTRACT, DERIVED, paper

# Errors of the fused solver at w = 0.7, A = 1.3, x0 = −0.5, f = 0.6, t = 1; derived from the recursion x ← (x/δ + p) / (1/δ + r).
UNFOLDS = (6, 12, 24, 48, 96)
FUSED_ERRORS = {
    "raw": (0.03934, 0.02036, 0.01036, 0.00523, 0.00263),
    "anchored": (0.06438, 0.03332, 0.01696, 0.00856, 0.00430),
}


@paper.claim("bound", tier="quick", core=True, origin="paper", source=ABSTRACT)
def bound(seed: int) -> Evidence:
    """The closed form's error never exceeds |x0 − A| exp(−w t) over 2000 random neurons and inputs, and reaches nine tenths of it;
    an input that switches on at the end reaches 99%."""
    import numpy as np

    random = np.random.default_rng(seed)
    pieces, ratios, solved = 2000, [], []
    for number in range(2000):
        neuron, horizon = _random_neuron(random)
        walk = random.normal(0, 2) + (number % 2) * np.cumsum(random.normal(0, 4 / math.sqrt(pieces), pieces))
        rates = np.broadcast_to(1 / (1 + np.exp(-walk)), pieces)
        integral = rates.sum() * horizon / pieces
        exact = (neuron.start - neuron.target) * math.exp(-neuron.leak * horizon - integral) + neuron.target
        if number < 10:
            steps = sequences.exact_states(neuron, rates, np.full(pieces, horizon / pieces))
            solved.append(float(abs(steps[-1] - exact)))
        ratios.append(_share_of_bound(neuron, float(rates[-1]), horizon, exact))
    switched, lasting, late = sequences.LiquidNeuron(0.5, 1.0, -1.0), np.array([3.0, 1e-9]), 1 - 1e-6
    exact = float(sequences.exact_states(switched, np.array([1e-6, late]), lasting)[-1])
    return Evidence.all_of(
        Evidence.exact(max(ratios), 0.975, 0.025 + 1e-6, label="largest error / bound"),
        Evidence.exact(
            _share_of_bound(switched, late, 3.0, exact), 0.995, 0.005 + 1e-6, label="switched on at the end"
        ),
        Evidence.exact(max(solved), 0.0, 1e-10, label="exponentials piece by piece, difference"),
    )


def _random_neuron(random: Any) -> tuple[sequences.LiquidNeuron, float]:
    """Leak in [0.01, 2], target and start normal with standard deviation 2; a time of at most 8."""
    target, start = random.normal(0, 2, 2)
    return sequences.LiquidNeuron(random.uniform(0.01, 2), float(target), float(start)), random.uniform(0.01, 8)


def _share_of_bound(neuron: sequences.LiquidNeuron, rate: float, horizon: float, exact: float) -> float:
    """The closed form's error in units of its bound."""
    import numpy as np

    closed = float(sequences.closed_form_states(neuron, np.array(rate), np.array(horizon)))
    return abs(closed - exact) / float(sequences.closed_form_bound(neuron, np.array(horizon)))


@paper.claim("constant-input", tier="quick", origin="derived", source=DERIVED)
def constant_input(seed: int) -> Evidence:
    """Under a constant input the closed form misses the adaptive solution by |x0 − A| exp(−(w + f) t) f."""
    import numpy as np

    random = np.random.default_rng(seed)
    excess, solved = [], []
    for number in range(100):
        neuron, horizon = _random_neuron(random)
        rate = 1 / (1 + math.exp(-random.normal(0, 2)))
        exact = float(sequences.exact_states(neuron, np.array([rate]), np.array([horizon]))[0])
        closed = float(sequences.closed_form_states(neuron, np.array(rate), np.array(horizon)))
        predicted = abs(neuron.start - neuron.target) * math.exp(-(neuron.leak + rate) * horizon) * rate
        # The difference cancels digits of the states: a relative test alone would see 3e-7 at late times.
        allowed = 1e-14 * max(1.0, abs(neuron.target), abs(neuron.start)) + 1e-12 * predicted
        excess.append(abs(abs(closed - exact) - predicted) / allowed)
        if number < 20:
            adaptive = sequences.adaptive_state(neuron, functools.partial(_constant, rate), horizon)
            solved.append(abs(adaptive - exact))
    return Evidence.all_of(
        Evidence.exact(max(excess), 0.5, 0.5, label="largest deviation / rounding allowed"),
        Evidence.exact(max(solved), 0.0, 1e-8, label="Runge-Kutta, difference"),
    )


def _constant(value: float, _time: float) -> float:
    return value


@paper.claim("fused-order", tier="quick", origin="derived", source=DERIVED)
def fused_order(seed: int) -> Evidence:
    """The fused solver of a liquid neuron is of first order: its errors at 6 to 96 unfolds are the predicted ones to 1%, the slope
    over raw ones −0.977."""
    import numpy as np

    pieces = []
    for kind, predicted in FUSED_ERRORS.items():
        neuron = sequences.LiquidNeuron(0.7, 1.3, -0.5, kind)  # type: ignore[arg-type]
        once = np.array([0.6]), np.array([1.0])
        exact = float(sequences.exact_states(neuron, *once)[0])
        errors = [abs(float(sequences.fused_states(neuron, *once, number)[0]) - exact) for number in UNFOLDS]
        ratios = [error / value for error, value in zip(errors, predicted, strict=True)]
        pieces.append(Evidence.exact(ratios, 1.0, 0.01, label=f"{kind}: errors / predicted"))
        if kind == "raw":
            slope = float(np.polyfit(np.log(UNFOLDS), np.log(errors), 1)[0])
            last = math.log(errors[-1] / errors[-2]) / math.log(2)
            pieces.append(Evidence.exact(slope, -0.977, 0.01, label="fitted slope"))
            pieces.append(Evidence.exact(last, -0.992, 0.005, label="slope of the last pair"))
    return Evidence.all_of(*pieces)


@paper.claim("time-in-the-gate", tier="quick", origin="derived", source=DERIVED)
def time_in_the_gate(seed: int) -> Evidence:
    """A cell asked after no time mixes f₁ and f₂ by σ(b) alone; after a long time it is f₁ where a is positive and f₂ elsewhere
    (minimal: its level); liquid neurons stay where they are after no time."""
    import equinox as eqx
    import jax
    import numpy as np

    key, random = jax.random.key(seed), np.random.default_rng(seed)
    inputs, state = (random.normal(size=(8, size)).astype(np.float32) for size in (5, 16))
    none, long = np.zeros(8, np.float32), np.full(8, 1e7, np.float32)
    cell, minimal, liquid = eqx.filter_jit(_three_cells)(key)
    first, second, speed, offset = _heads(cell, inputs, state)
    gate = 1 / (1 + np.exp(-offset))
    clear = np.abs(speed) > 1e-4
    ends = np.where(speed > 0, first, second)
    ask = eqx.filter_jit(lambda asked, gap: asked(inputs, state, gap))
    differences = {
        "after no time": np.asarray(ask(cell, none)) - (first * (1 - gate) + second * gate),
        "after a long time": np.where(clear, np.asarray(ask(cell, long)) - ends, 0.0),
        "minimal cell, after a long time": np.asarray(ask(minimal, long)) - np.asarray(minimal.level),
        "liquid neurons, after no time": np.asarray(ask(liquid, none)) - state,
    }
    # Single precision; a liquid neuron's shortest gap is 1e-6 of a time.
    return Evidence.all_of(
        *(
            Evidence.exact(
                float(np.abs(np.asarray(each)).max()), 0.0, 2e-6 if "liquid" not in label else 1e-3, label=label
            )
            for label, each in differences.items()
        )
    )


def _three_cells(key: Any) -> tuple[Any, Any, Any]:
    """A closed-form cell, a minimal one and liquid neurons; made in one compiled program."""
    return (
        sequences.ClosedFormCell(5, 16, activation="lecun-tanh", width=24, key=key),
        sequences.ClosedFormCell(5, 16, variant="minimal", key=key),
        sequences.LiquidCell(5, 16, key=key),
    )


def _heads(cell: sequences.ClosedFormCell, inputs: Any, state: Any) -> list[Any]:
    """f₁, f₂, a and b of a cell of one layer with LeCun's tanh, computed here in double precision."""
    import numpy as np

    into, recurrent, weight = (np.asarray(each, float) for each in (cell.into, cell.recurrent, cell.weights[0]))
    hidden = 1.7159 * np.tanh(0.666 * (inputs @ into + state @ recurrent + np.asarray(cell.bias)))
    first, second, speed, offset = np.split(hidden @ weight + np.asarray(cell.biases[0]), 4, axis=1)
    return [np.tanh(first), np.tanh(second), speed, offset]


@paper.claim("parity-ceiling", tier="quick", origin="derived", source=DERIVED, statistical=True)
def parity_ceiling(seed: int) -> Evidence:
    """Whoever sees a string's events but not their times finds its parity in 60.6% of cases at best (padding 16); with the times
    it is certain."""
    import numpy as np

    strings: dict[tuple[int, ...], list[float]] = {}
    number = 30_000
    for length in range(2, 11):
        for bits in itertools.product((0, 1), repeat=length):
            values, _counts = sequences.run_length_events(np.array(bits))
            shares = strings.setdefault(tuple(values), [0.0, 0.0])
            shares[sum(bits) % 2] += 0.5**length / 9
    counted = sum(map(max, strings.values()))
    found, labels = sequences.event_parity(number, 16, seed=numerics.part_seed(seed, 1))
    counters = np.rint(found.elapsed * 16).astype(int)
    ones = _ones(found.inputs[:, :, 0], counters, found.mask)
    orders = found.mask.sum(axis=1) * 4 + (found.inputs[:, 0, 0] > 0) * 2 + _went_on(found)
    right = sum(max(int((labels[orders == order] == parity).sum()) for parity in (0, 1)) for order in np.unique(orders))
    predicted = sequences.parity_ceiling(16)
    return Evidence.all_of(
        Evidence.exact(sequences.parity_ceiling(11), counted, 1e-12, label="sum, against all strings of 2 to 10 bits"),
        Evidence.exact(float((ones % 2 == labels).mean()), 1.0, label="parities read off events and times"),
        # Choosing the better parity on the same strings gains less than 0.002.
        Evidence.rate(right, number, predicted=predicted, tolerance=0.02, label="best guess from the order of events"),
    )


def _ones(values: Any, counters: Any, mask: Any) -> Any:
    """Number of ones of each string: a counter holds the event's own bit and the rest of the run before (at the end: its own)."""
    import numpy as np

    before = np.concatenate([values[:, :1], values[:, :-1]], axis=1)
    flush = mask & (values == before) & (np.arange(values.shape[1]) > 0)
    own = np.where(flush, counters, 1)
    return ((values * own + before * (counters - own)) * mask).sum(axis=1)


def _went_on(found: sequences.IrregularSequences) -> Any:
    """Whether the last event repeats the bit of the one before."""
    import numpy as np

    last, rows = found.mask.sum(axis=1) - 1, np.arange(len(found))
    values = found.inputs[:, :, 0]
    return (last > 0) & (values[rows, last] == values[rows, np.maximum(last - 1, 0)])


@paper.claim("speed", tier="quick", origin="paper", source=f"{ABSTRACT}: one to five orders of magnitude")
def speed(seed: int) -> Evidence:
    """Without compilation, a training step of a closed-form cell takes a tenth or less of one of liquid neurons with 6 unfolds, and
    running it a fiftieth or less of an adaptive solver at a relative tolerance of 1e-4 (32 units, 16 sequences of 8 steps)."""
    names = ("closed", "liquid")
    steps = {name: training_step(name, 32, 16, 8, seed) for name in names}
    runs = {name: forward_pass(name, 32, 16, 8, seed) for name in ("closed", "adaptive")}
    return Evidence.all_of(
        Evidence.ratio(
            *timed_pairs(steps["liquid"], steps["closed"], 9), at_least=10, label="training step, fused / closed"
        ),
        Evidence.ratio(
            *timed_pairs(runs["adaptive"], runs["closed"], 7), at_least=50, label="forward, adaptive / closed"
        ),
    )


def timed_cell(name: str, inputs: int, units: int, seed: int) -> Any:
    """The closed-form cell with a backbone of 1×128, liquid neurons with 6 unfolds, or solved adaptively to 1e-4."""
    import equinox as eqx
    import jax

    @eqx.filter_jit
    def make(key: Any) -> Any:
        if name == "closed":
            return sequences.ClosedFormCell(inputs, units, width=128, activation="lecun-tanh", key=key)
        return sequences.LiquidCell(inputs, units, solver="fused" if name == "liquid" else "adaptive", key=key)

    return make(jax.random.key(seed))


def timed_batch(inputs: int, batch: int, steps: int, seed: int) -> tuple[Any, Any, Any]:
    """Random inputs, gaps between 0.5 and 1.5, all steps there."""
    import jax.numpy as jnp
    import numpy as np

    random = np.random.default_rng(seed)
    values = random.normal(size=(batch, steps, inputs))
    gaps = random.uniform(0.5, 1.5, size=(batch, steps))
    return jnp.asarray(values, jnp.float32), jnp.asarray(gaps, jnp.float32), jnp.ones((batch, steps), bool)


def training_step(name: str, units: int, batch: int, steps: int, seed: int, inputs: int = 8) -> Callable[[], Any]:
    """Compile the gradient of a squared output and give a function that computes it once."""
    import equinox as eqx
    import jax

    @eqx.filter_jit
    @eqx.filter_grad
    def gradient(cell: Any, data: tuple[Any, Any, Any]) -> Any:
        return (cell.output(sequences.unroll(cell, *data, every_step=False)[1]) ** 2).mean()

    cell, data = timed_cell(name, inputs, units, seed), timed_batch(inputs, batch, steps, seed)
    jax.block_until_ready(gradient(cell, data))
    return lambda: jax.block_until_ready(gradient(cell, data))


def forward_pass(name: str, units: int, batch: int, steps: int, seed: int, inputs: int = 8) -> Callable[[], Any]:
    """Compile a run along sequences and give a function that does it once."""
    import equinox as eqx
    import jax

    @eqx.filter_jit
    def run(cell: Any, data: tuple[Any, Any, Any]) -> Any:
        return sequences.unroll(cell, *data, every_step=False)[1]

    cell, data = timed_cell(name, inputs, units, seed), timed_batch(inputs, batch, steps, seed)
    jax.block_until_ready(run(cell, data))
    return lambda: jax.block_until_ready(run(cell, data))


def timed_pairs(slower: Callable[[], Any], faster: Callable[[], Any], count: int) -> tuple[list[float], list[float]]:
    """Seconds of both in turns, each the least of several runs, which a busy machine disturbs less."""
    first, second = [], []
    for _ in range(count):
        first.append(_seconds(slower, 3))
        second.append(_seconds(faster, 15))
    return first, second


def _seconds(function: Callable[[], Any], runs: int) -> float:
    found = []
    for _ in range(runs):
        begin = time.perf_counter()
        function()
        found.append(time.perf_counter() - begin)
    return min(found)


@paper.claim("parity-with-ncps", tier="quick", origin="own", source="states that the package ncps 1.0.1 gave")
def parity_with_ncps(seed: int) -> Evidence:
    """With the same weights a closed-form cell gives over 100 random steps the states that the package ncps gave, in three
    variants, to 1e-5."""
    import equinox as eqx
    import jax
    import numpy as np

    inputs, gaps, cells = sequences.ncps_reference()

    @eqx.filter_jit
    def walk(cell: Any) -> Any:
        def step(state: Any, each: Any) -> tuple[Any, Any]:
            state = cell(each[0], state, each[1])
            return state, state

        return jax.lax.scan(step, cell.start(inputs.shape[1]), (inputs, gaps))[1]

    pieces = []
    names: tuple[tuple[Any, str], ...] = (("default", "default"), ("no-gate", "no_gate"), ("minimal", "pure"))
    for variant, name in names:
        states = np.asarray(walk(sequences.cell_from_ncps(cells[name], variant)))
        largest = float(np.abs(states - cells[name]["states"]).max())
        pieces.append(Evidence.exact(largest, 0.0, 1e-5, label=variant))
    return Evidence.all_of(*pieces)
