"""Liquid neurons and closed-form cells: exact limits, the peer's states, masks, wiring, protocols, estimators, files, bad input."""

import itertools
import math

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import sequences
from phasebook.engines.fitting import decaying
from phasebook.engines.neural_networks import ACTIVATIONS

INPUTS, GAPS, PEER = sequences.ncps_reference()
STATES = st.floats(-5, 5)


def make(kind, *sizes, **options):
    """A cell made in one compiled program."""
    return eqx.filter_jit(lambda key: kind(*sizes, key=key, **options))(jax.random.key(options.pop("seed", 0)))


def walk(cell):
    """States of a cell along the peer's inputs."""

    def step(state, each):
        state = cell(each[0], state, each[1])
        return state, state

    return eqx.filter_jit(lambda: jax.lax.scan(step, cell.start(2), (INPUTS, GAPS))[1])()


@pytest.mark.parametrize(("variant", "name"), [("default", "default"), ("no-gate", "no_gate"), ("minimal", "pure")])
def test_cells_with_the_peers_weights_give_its_states(variant, name):
    cell = sequences.cell_from_ncps(PEER[name], variant)
    np.testing.assert_allclose(walk(cell), PEER[name]["states"], atol=3e-6)


def test_wired_cells_with_the_peers_weights_give_its_states():
    weights = PEER["wired"]
    layers = tuple(
        sequences.cell_from_ncps(
            {
                name.removeprefix(f"layer_{number}."): value
                for name, value in weights.items()
                if name.startswith(f"layer_{number}.")
            }
        )
        for number in range(3)
    )
    wiring = sequences.neural_circuit_policy(
        3, inter=5, command=4, motor=2, sensory_fanout=2, inter_fanout=2, recurrent_synapses=3, motor_fanin=2, seed=1
    )
    cell = eqx.tree_at(lambda wired: wired.layers, make(sequences.WiredCell, wiring), layers)
    np.testing.assert_allclose(np.concatenate(walk(cell), axis=-1), weights["states"], atol=3e-6)


def test_liquid_neurons_with_the_peers_weights_give_its_states():
    weights = PEER["ltc"]
    cell = make(sequences.LiquidCell, 3, 6)
    places = {
        "gleak": lambda c: c.conductance,
        "vleak": lambda c: c.resting,
        "cm": lambda c: c.capacity,
        "w": lambda c: c.recurrent.weight,
        "sigma": lambda c: c.recurrent.steepness,
        "mu": lambda c: c.recurrent.midpoint,
        "erev": lambda c: c.recurrent.reversal,
        "sensory_w": lambda c: c.sensory.weight,
        "sensory_sigma": lambda c: c.sensory.steepness,
        "sensory_mu": lambda c: c.sensory.midpoint,
        "sensory_erev": lambda c: c.sensory.reversal,
    }
    for name, place in places.items():
        cell = eqx.tree_at(place, cell, jnp.asarray(weights[name]))
    np.testing.assert_allclose(walk(cell), weights["states"], atol=3e-6)


def test_fused_solver_approaches_the_adaptive_one():
    random = np.random.default_rng(2)
    inputs, state = random.normal(size=(4, 3)).astype("f"), random.normal(size=(4, 8)).astype("f")
    gaps = np.array([0.1, 0.5, 1.0, 2.0], dtype=np.float32)
    ask = eqx.filter_jit(lambda cell: cell(inputs, state, gaps))
    fine = ask(make(sequences.LiquidCell, 3, 8, unfolds=2000))
    adaptive = ask(make(sequences.LiquidCell, 3, 8, solver="adaptive", tolerance=1e-6))
    np.testing.assert_allclose(fine, adaptive, atol=2e-3)


@settings(max_examples=60, deadline=None)
@given(
    leak=st.floats(0.01, 3),
    target=STATES,
    start=STATES,
    rates=st.lists(st.floats(0, 1), min_size=1, max_size=6),
    piece=st.floats(0.01, 2),
)
def test_the_bound_holds_and_states_stay_between_start_and_target(leak, target, start, rates, piece):
    neuron = sequences.LiquidNeuron(leak, target, start)
    rates, durations = np.array(rates), np.full(len(rates), piece)
    exact = sequences.exact_states(neuron, rates, durations)
    times = np.cumsum(durations)
    closed = sequences.closed_form_states(neuron, rates, times)
    slack = 1e-13 * (1 + abs(start) + abs(target))
    assert (np.abs(closed - exact) <= sequences.closed_form_bound(neuron, times) + slack).all()
    assert (exact >= min(start, target) - slack).all()
    assert (exact <= max(start, target) + slack).all()
    fused = sequences.fused_states(neuron, rates, durations, 3)
    assert (np.abs(fused - target) <= abs(start - target) + 1e-6).all()


def test_exact_states_solve_the_equation():
    for kind in ("anchored", "raw"):
        neuron = sequences.LiquidNeuron(0.7, 1.3, -0.5, kind)
        state = sequences.exact_states(neuron, np.array([0.6, 0.6]), np.array([0.4, 0.6]))[-1]
        assert state == pytest.approx(sequences.adaptive_state(neuron, lambda _: 0.6, 1.0), abs=1e-9)
    # A raw neuron under f = 0.6 comes to rest at f A / (w + f).
    rest = sequences.exact_states(neuron, np.array([0.6]), np.array([90.0]))[0]
    assert rest == pytest.approx(0.6 * 1.3 / 1.3)


@pytest.mark.parametrize("variant", ["default", "minimal", "mixed", "wired", "ltc", "lstm"])
def test_masked_steps_leave_the_state_and_padding_changes_nothing(variant):
    random = np.random.default_rng(3)
    inputs, gaps = random.normal(size=(3, 6, 2)).astype("f"), random.uniform(0.1, 1, (3, 6)).astype("f")
    recipe = sequences.Recipe(variant, 8, width=8)
    model = recipe.model(2, 2, every_step=False, seed=1)
    run = eqx.filter_jit(lambda *data: model(*data))
    alone = run(inputs, gaps, np.ones((3, 6), bool))
    wide, late = np.full((3, 10, 2), 7.0, np.float32), np.ones((3, 10), np.float32)
    places, mask = np.array([0, 2, 3, 4, 7, 8]), np.zeros((3, 10), bool)
    wide[:, places], late[:, places], mask[:, places] = inputs, gaps, True
    np.testing.assert_allclose(run(wide, late, mask), alone, atol=1e-6)


def test_one_call_is_project_and_advance_and_dropout_needs_a_key():
    cell = make(sequences.ClosedFormCell, 3, 8, width=16, depth=2, dropout=0.5)
    inputs, state, gaps = jnp.ones((4, 3)), jnp.zeros((4, 8)), jnp.ones(4)
    assert np.array_equal(cell(inputs, state, gaps), cell.advance(cell.project(inputs), state, gaps))
    ask = eqx.filter_jit(cell)
    first, second = (ask(inputs, state, gaps, jax.random.key(seed)) for seed in (1, 2))
    assert not np.allclose(first, second)
    assert not np.allclose(first, cell(inputs, state, gaps))
    data = (jnp.ones((2, 5, 3)), jnp.ones((2, 5)), jnp.ones((2, 5), bool))
    outputs, _ = sequences.unroll(cell, *data, key=jax.random.key(1))
    assert not np.allclose(outputs[:, 3], outputs[:, 4])


def test_dropout_keeps_the_mean_and_draws_anew_at_every_step():
    cell = make(sequences.ClosedFormCell, 3, 8, width=16, dropout=0.5)
    # Heads so weak that they are linear, in a middle gate: the mean over dropped units is what no dropout gives.
    cell = eqx.tree_at(lambda each: each.weights, cell, tuple(0.01 * each for each in cell.weights))
    inputs, rows = jnp.full((1, 3), 0.7), 20_000
    ask = eqx.filter_jit(cell)
    dropped = ask(jnp.broadcast_to(inputs, (rows, 3)), jnp.zeros((rows, 8)), jnp.zeros(rows), jax.random.key(1))
    whole = np.asarray(ask(inputs, jnp.zeros((1, 8)), jnp.zeros(1)))[0]
    stderr = np.asarray(dropped).std(axis=0) / math.sqrt(rows)
    assert np.abs(np.asarray(dropped).mean(axis=0) - whole).max() < 5 * stderr.max()
    assert np.abs(whole).max() > 50 * stderr.max()
    # Without a memory of the state, steps with the same input and gap differ by what they drop alone.
    forgetful = eqx.tree_at(lambda each: each.recurrent, cell, jnp.zeros_like(cell.recurrent))
    data = (jnp.ones((1, 6, 3)), jnp.ones((1, 6)), jnp.ones((1, 6), bool))
    outputs, _ = eqx.filter_jit(sequences.unroll)(forgetful, *data, key=jax.random.key(2))
    assert len(np.unique(np.asarray(outputs)[0, :, 0])) == 6


def test_memory_forgets_by_its_bias_and_is_told_the_time():
    cell = make(sequences.LongShortTermCell, 2, 4, forget_bias=1.5)
    still = jax.tree_util.tree_map(jnp.zeros_like, cell)
    memory, told = still((jnp.zeros((1, 2))), (jnp.full((1, 4), 0.8), jnp.zeros((1, 4))), jnp.ones(1))
    kept = 0.8 / (1 + math.exp(-1.5))
    np.testing.assert_allclose(memory, kept, rtol=1e-6)
    np.testing.assert_allclose(told, 0.5 * math.tanh(kept), rtol=1e-6)
    # A gap is one more input: what it adds to the gates is its weight times the gap.
    inputs, state = jnp.ones((1, 2)), (jnp.full((1, 4), 0.3), jnp.full((1, 4), 0.2))
    later = cell(inputs, state, jnp.full(1, 2.5))
    moved = eqx.tree_at(lambda each: each.bias, cell, cell.bias + 2.5 * cell.timing)
    np.testing.assert_allclose(later, moved(inputs, state, jnp.zeros(1)), rtol=1e-5)
    assert np.abs(np.asarray(later) - np.asarray(cell(inputs, state, jnp.zeros(1)))).max() > 0.01


def test_wirings_reach_everyone():
    wiring = sequences.automatic_policy(5, 20, 3, seed=2)
    sensory, matrix = wiring.adjacency()
    assert sensory.shape == (5, 20)
    assert matrix.shape == (20, 20)
    assert (sensory[:, 10:] != 0).any(axis=0)[-1]
    assert (wiring.inner != 0).any(axis=0).all()
    assert (wiring.motor != 0).any(axis=0).all()
    assert not matrix[:3].any(), "motor neurons lead nowhere"
    cell = make(sequences.wired_liquid_cell, wiring)
    assert cell.output(cell.start(2)).shape == (2, 3)
    # An input that an interneuron does not hear cannot move f₁ or f₂ of it; its gate may hear it.
    wired = make(sequences.WiredCell, wiring)
    silent = np.argwhere(wiring.sensory == 0)[0]
    project = eqx.filter_jit(wired.layers[0].project)
    projected = np.asarray(project(jnp.eye(5))) - np.asarray(project(jnp.zeros((5, 5))))
    assert projected[silent[0], silent[1]] == 0


def test_event_parity_is_the_published_protocol():
    values, counts = sequences.run_length_events(np.array([1, 1, 0, 0, 0, 1, 0, 0]))
    assert values.tolist() == [1, 0, 1, 0, 0]
    assert counts.tolist() == [1, 2, 3, 1, 1]
    found, labels = sequences.event_parity(200, 16, seed=sequences.TRAIN_SEED)
    assert found.inputs.shape == (200, 16, 1)
    lengths = np.rint(found.elapsed.sum(axis=1) * 16)
    assert lengths.min() >= 2
    assert lengths.max() <= 15
    assert abs(labels.mean() - 0.5) < 0.15
    assert np.allclose(sequences.event_parity(5, 16, seed=1, elapsed=False)[0].elapsed.max(), 1 / 16)


@pytest.mark.parametrize("padding", [4, 8])
def test_the_ceiling_is_that_of_all_strings(padding):
    strings = {}
    for length in range(2, padding):
        for bits in itertools.product((0, 1), repeat=length):
            values, _ = sequences.run_length_events(np.array(bits))
            strings.setdefault(tuple(values), [0.0, 0.0])[sum(bits) % 2] += 0.5**length / (padding - 2)
    assert sequences.parity_ceiling(padding) == pytest.approx(sum(map(max, strings.values())), abs=1e-12)


def test_the_floor_is_that_of_a_filter_on_samples():
    bank = sequences.OscillatorBank.random(features=4, oscillators=2, noise=0.3)
    found, targets = sequences.irregular_oscillators(bank, 400, 12, dropped=0.3, seed=3)
    observe = np.concatenate([bank.readout, np.zeros_like(bank.readout)], axis=1)
    total, count = 0.0, 0
    for row in range(len(found)):
        # Batch least squares with the prior, at every step anew: no filter.
        seen, times = [], np.cumsum(np.rint(found.elapsed[row]).astype(int)) - 1
        for step in np.flatnonzero(found.mask[row]):
            seen.append(observe @ bank.transition(int(times[step])))
            stacked = np.concatenate(seen)
            values = found.inputs[row, : step + 1].ravel()
            state = np.linalg.solve(stacked.T @ stacked + 0.09 * np.eye(4), stacked.T @ values)
            total += ((observe @ bank.transition(int(times[step]) + 1) @ state - targets[row, step]) ** 2).mean()
            count += 1
    assert total / count == pytest.approx(sequences.oscillator_floor(bank, found), rel=0.05)


def test_optimizers_decay_by_epoch():
    for method in ("adam", "adamw", "rmsprop"):
        optimizer = decaying(method, 0.1, decay=0.5, every=2)
        weights, sizes = jnp.zeros(1), []
        state = optimizer.init(weights)
        for _ in range(6):
            update, state = optimizer.update(jnp.ones(1), state, weights)
            sizes.append(float(-update[0]))
        assert sizes[4] < 0.6 * sizes[2]
    assert decaying("adam", 0.1, decay=0.5, every=2) is decaying("adam", 0.1, decay=0.5, every=2)
    assert float(ACTIVATIONS["lecun-tanh"](jnp.float32(1.0))) == pytest.approx(1.7159 * math.tanh(0.666), rel=1e-6)
    with pytest.raises(ValueError, match="method must be one of adam, adamw, rmsprop; got 'sgd'"):
        decaying("sgd", 0.1, decay=0.5, every=2)


@pytest.fixture(scope="module")
def classifier():
    data = sequences.tuned_sequences(400, 1)
    recipe = sequences.Recipe(units=16, width=16, activation="silu", batch=16, epochs=12, learning_rate=0.01)
    return sequences.SequenceClassifier(recipe, seed=2, balanced=True).fit(data.sequences, data.labels)


def test_a_classifier_learns_and_survives_a_file(classifier, tmp_path):
    fresh = sequences.tuned_sequences(200, 7)
    assert classifier.score(fresh.sequences, fresh.labels) > 0.7
    np.testing.assert_allclose(classifier.predict_proba(fresh.sequences).sum(axis=1), 1.0)
    assert set(classifier.predict(fresh.sequences)) <= {"slow", "middle", "fast"}
    before = classifier.predict_proba(fresh.sequences)
    classifier.save(tmp_path / "weights.safetensors")
    np.testing.assert_array_equal(
        classifier.load(tmp_path / "weights.safetensors").predict_proba(fresh.sequences), before
    )
    assert classifier.get_params()["seed"] == 2
    with pytest.raises(ValueError, match="parameters are"):
        classifier.set_params(depth=3)
    with pytest.raises(ValueError, match="sequences must have 2 features, as fitted; got 1"):
        classifier.predict(np.zeros((1, 3, 1)))


def test_a_regressor_learns_values_of_every_step():
    bank = sequences.OscillatorBank.random(features=3, oscillators=1, noise=0.05)
    data, targets = sequences.irregular_oscillators(bank, 128, 12, seed=4)
    recipe = sequences.Recipe("lstm", 16, batch=32, epochs=8, learning_rate=0.02)
    regressor = sequences.SequenceRegressor(recipe).fit(data, targets)
    assert regressor.score(data, targets) > 0.5
    assert regressor.predict(data).shape == targets.shape
    np.testing.assert_allclose(regressor.value_mean_, targets[data.mask].mean(axis=0, dtype=float), rtol=1e-6)
    np.testing.assert_allclose(regressor.value_deviation_, targets[data.mask].std(axis=0, dtype=float), rtol=1e-6)
    # Padding counts in no score: the best one is the error of the held-out steps that are there.
    held = regressor.held_out_rows_
    errors = (regressor.predict(data)[held] - targets[held]) / regressor.value_deviation_
    assert not data.mask[held].all()
    assert regressor.trained_.scores.min() == pytest.approx((errors**2).mean(axis=2)[data.mask[held]].mean(), rel=1e-3)


def test_long_csv_round_trip_and_missing_values(tmp_path):
    file = tmp_path / "own.csv"
    file.write_text("id,time,pulse,oxygen,label\na,0,1,2,yes\na,1.5,,3,yes\nb,0,4,5,no\na,2,7,8,yes\n")
    found = sequences.read_sequences(file)
    assert found.names == ("a", "b")
    assert found.labels.tolist() == ["yes", "no"]
    assert found.features == ("pulse", "oxygen", "pulse is there", "oxygen is there")
    np.testing.assert_allclose(found.sequences.elapsed, [[0, 1.5, 0.5], [0, 0, 0]])
    np.testing.assert_allclose(found.sequences.inputs[0, 1], [1, 3, 0, 1])
    assert found.sequences.mask.tolist() == [[True] * 3, [True, False, False]]


def test_npz_round_trip(tmp_path):
    file = tmp_path / "own.npz"
    mask = np.array([[True, True, True], [True, False, True]])
    values, times = np.arange(12.0).reshape(2, 3, 2), np.array([[0.0, 1, 3], [2.0, 9, 5]])
    np.savez(file, x=values, t=times, mask=mask, y=np.array([0, 1]))
    found = sequences.read_sequences(file)
    np.testing.assert_allclose(found.sequences.elapsed, [[0, 1, 2], [0, 0, 3]])
    np.testing.assert_allclose(found.sequences.inputs[1, 2], values[1, 2])


def test_physionet_texts(tmp_path):
    (tmp_path / "132539.txt").write_text(
        "Time,Parameter,Value\n00:00,RecordID,132539\n00:00,Age,54\n00:07,HR,73\n00:07,Temp,35.1\n12:30,HR,77\n"
    )
    outcomes = tmp_path / "Outcomes.csv"
    outcomes.write_text("RecordID,SAPS-I,In-hospital_death\n132539,6,1\n")
    found = sequences.read_physionet(tmp_path, outcomes)
    assert found.labels.tolist() == [1]
    assert found.sequences.inputs.shape == (1, 2, 74)
    place = found.features.index("HR")
    np.testing.assert_allclose(found.sequences.inputs[0, :, place], [73, 77])
    assert found.sequences.elapsed[0, 1] == pytest.approx((12.5 - 7 / 60) / 48)
    (tmp_path / "1.txt").write_text("Time,Parameter,Value\n00:07,HRR,73\n")
    with pytest.raises(ValueError, match=r"1.txt row 2 names 'HRR', which is none of the 37 series"):
        sequences.read_physionet(tmp_path)


def test_images_become_events():
    found = sequences.image_events(np.array([[[0, 9], [9, 9]]]), threshold=8, padding=4)
    assert found.inputs[0, :, 0].tolist() == [0, 1, 1, 0]
    np.testing.assert_allclose(found.elapsed[0] * 4, [1, 1, 2, 0])
    with pytest.raises(ValueError, match="image 0 has 3 events"):
        sequences.image_events(np.array([[[0, 9], [9, 9]]]), threshold=8, padding=2)


def test_time_since_each_feature():
    inputs = np.array([[[1.0], [np.nan], [np.nan], [2.0]]])
    filled = sequences.fill_missing(inputs, since=np.array([[0.0, 1.0, 2.0, 1.0]]))
    assert filled[0].tolist() == [[1, 1, 0], [1, 0, 1], [1, 0, 3], [2, 1, 0]]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"elapsed": [[0, -1.0]]}, "times must not fall; sequence 0 has an elapsed time of -1 at step 1"),
        ({"mask": [[False, False]]}, "every sequence needs a step; sequence 0 is all masked"),
        ({"inputs": [[[1.0], [np.nan]]]}, "sequence 0 has a missing value under no mask"),
        ({"mask": [[True]]}, r"mask must have the shape \(1, 2\)"),
        ({"inputs": [1.0]}, r"inputs must be \(sequences, steps, features\)"),
    ],
)
def test_wrong_sequences_are_refused(change, message):
    given = {"inputs": [[[1.0], [2.0]]], "elapsed": [[0, 1.0]], "mask": [[True, True]]} | change
    with pytest.raises(ValueError, match=message):
        sequences.IrregularSequences(*(np.array(each) for each in given.values()))


def test_times_in_milliseconds_are_told():
    with pytest.warns(sequences.LongGaps, match="time_scale=500"):
        sequences.IrregularSequences.from_times(np.zeros((1, 3, 1)), np.array([[0, 500, 1000.0]]))
    scaled = sequences.IrregularSequences.from_times(
        np.zeros((1, 3, 1)), np.array([[0, 500, 1000.0]]), time_scale=500.0
    )
    assert scaled.elapsed.tolist() == [[0, 1, 1]]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: sequences.Recipe("gru"), "variant must be one of default, no-gate, minimal, mixed, wired, ltc, lstm"),
        (lambda: sequences.Recipe(units=0), "units must be an integer of at least 1; got 0"),
        (
            lambda: sequences.ClosedFormCell(1, 2, variant="full", key=jax.random.key(0)),
            "variant must be one of default, no-gate, minimal; got 'full'",
        ),
        (
            lambda: sequences.ClosedFormCell(1, 2, activation="swish", key=jax.random.key(0)),
            "activation must be one of silu, relu",
        ),
        (lambda: sequences.automatic_policy(3, 4, 3, seed=1), r"units must exceed outputs \(3\) by at least 2"),
        (lambda: sequences.LiquidNeuron(0.0, 1, 1), "leak must be positive"),
        (
            lambda: sequences.closed_form_bound(sequences.LiquidNeuron(1, 1, 1, "raw"), np.ones(1)),
            "the bound is the anchored neuron's own; got a raw neuron",
        ),
        (lambda: sequences.LiquidCell(1, 2, solver="euler", key=jax.random.key(0)), "solver must be one of fused"),
        (lambda: sequences.SequenceClassifier().predict(np.zeros((1, 2, 1))), "call fit first"),
        (
            lambda: sequences.SequenceClassifier().fit(np.zeros((4, 2, 1)), [0, 0.5, 1, 1]),
            "labels must be one class for each sequence",
        ),
        (lambda: sequences.SequenceClassifier().fit(np.zeros((4, 2, 1)), [0, 0, 0, 0]), "at least two classes"),
        (lambda: sequences.event_parity(1, 3, seed=1), "padding must be at least 4"),
    ],
)
def test_wrong_arguments_are_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("time,a\n0,1\n", "lacks column 'id'"),
        ("id,time,label\na,0,1\n", "has no feature beside id, time and label"),
        ("id,time,x\na,1,2\na,0,2\n", r"row 3: times of a sequence must not fall; 0 after 1"),
        ("id,time,x\na,zero,2\n", "row 2 must hold numbers in time and features"),
        ("id,time,x,label\na,0,2,p\na,1,2,q\n", "row 3: sequence 'a' has two labels"),
        ("id,time,x\n", "has no rows below its header"),
    ],
)
def test_wrong_files_are_refused_with_their_row(tmp_path, text, message):
    file = tmp_path / "own.csv"
    file.write_text(text)
    with pytest.raises(ValueError, match=message):
        sequences.read_sequences(file)
