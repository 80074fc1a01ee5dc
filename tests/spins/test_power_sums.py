"""Power sums against the tensor, the Krawtchouk tables, matrix products and enumeration; runs, noise tensors, and bad inputs."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.numerics import correlated_estimate
from phasebook.spins import (
    ExampleSet,
    HebbianMemory,
    PrototypeMemory,
    class_tensor,
    device_fields,
    field_noise,
    first_archetype_recall,
    local_fields,
    magnetizations_on_device,
    noise_tensor,
    plefka_magnetizations,
    prototype_fields,
    recall,
    recall_replicas,
    tensor_fields,
)
from phasebook.spins.crosstalk import HardGlass, Overlaps
from phasebook.spins.plefka import reaction


def signs(seed, *shape):
    return np.random.default_rng(seed).choice([-1, 1], shape).astype(np.int8)


@pytest.mark.parametrize("order", [2, 3, 4, 5, 6])
def test_all_roads_to_a_field_agree(order):
    size, classes = 11, 7
    taught = ExampleSet.random(classes, size, 9, 0.4, seed=order)
    memory = PrototypeMemory.of_examples(order, taught)
    for state in (signs(1, size), np.random.default_rng(2).uniform(-1, 1, size)):
        fields = prototype_fields(memory, state)
        np.testing.assert_allclose(fields, tensor_fields(class_tensor(memory.prototypes, order), state), atol=1e-9)
        np.testing.assert_allclose(fields, device_fields(memory, state), atol=1e-9)
    perfect = ExampleSet.random(classes, size, 1, 1.0, seed=order)
    plain = local_fields(HebbianMemory(order, perfect.archetypes), signs(3, size))
    np.testing.assert_allclose(
        prototype_fields(PrototypeMemory.of_examples(order, perfect), signs(3, size)), plain, atol=1e-9
    )


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 6), st.integers(8, 14), st.integers(1, 12), st.integers(0, 2**20))
def test_real_prototypes_against_the_tensor(order, size, classes, seed):
    generator = np.random.default_rng(seed)
    memory = PrototypeMemory(order, generator.normal(size=(size, classes)), 0.7)
    state = generator.choice([-1, 1], size)
    expected = tensor_fields(class_tensor(memory.prototypes, order), state)
    np.testing.assert_allclose(prototype_fields(memory, state), expected, atol=1e-9)


def test_fields_are_half_the_energy_that_a_turn_costs():
    size, order = 9, 3
    memory = PrototypeMemory(order, np.random.default_rng(0).normal(size=(size, 4)))

    def energy(spins):
        x = memory.prototypes * spins[:, None]
        sums = sum(x[list(sites)].prod(axis=0).sum() for sites in itertools.combinations(range(size), order))
        return -math.factorial(order) / (2 * size ** (order - 1)) * sums

    spins = signs(4, size).astype(float)
    turned = [energy(np.where(np.arange(size) == site, -spins, spins)) for site in range(size)]
    np.testing.assert_allclose(
        prototype_fields(memory, spins) * spins, 0.5 * (np.array(turned) - energy(spins)), atol=1e-12
    )


def test_heat_bath_samples_the_boltzmann_law():
    """All 512 configurations enumerated, with noise on the couplings."""
    size, temperature = 9, 0.9
    taught = ExampleSet.random(5, size, 4, 0.5, seed=2)
    memory = PrototypeMemory.of_examples(3, taught)
    noise = noise_tensor(size, 3, 1.5, seed=3)
    states = np.array(list(itertools.product([-1, 1], repeat=size)), dtype=float)
    tensor = class_tensor(memory.prototypes, 3) + noise
    fields = np.array([tensor_fields(tensor, state) for state in states])
    energies = -(fields * states).sum(axis=1) / 3  # each set of three spins stands in three fields
    weights = np.exp(-(energies - energies.min()) / temperature)
    weights /= weights.sum()
    overlaps = states @ taught.archetypes[:, 0] / size
    run = recall(memory, taught.archetypes[:, 0], np.full(150_000, temperature), noise=noise, seed=5)
    measured = correlated_estimate(run.overlaps[100:])
    assert measured.value == pytest.approx(weights @ overlaps, abs=4.5 * measured.stderr)
    assert measured.stderr < 0.01
    signal = correlated_estimate(run.signal_overlaps[100:])
    exact = weights @ (states @ memory.prototypes[:, 0]) / size
    assert signal.value == pytest.approx(exact, abs=4.5 * signal.stderr)


@pytest.mark.parametrize("real", [False, True])
def test_power_sums_do_not_drift(real):
    taught = ExampleSet.random(60, 40, 6, 0.6, seed=8)
    memory = PrototypeMemory.of_examples(4, taught)
    if real:
        memory = PrototypeMemory(4, memory.prototypes)
    run = recall(
        memory, taught.archetypes[:, 0], np.full(49, 1.5), seed=1
    )  # hot: many turns between two recomputations
    assert run.acceptance.mean() > 0.2
    exact = run.spins @ memory.prototypes[:, 0] / 40
    assert run.signal_overlaps[-1] == pytest.approx(exact, abs=1e-12)


def test_ties_of_an_even_number_of_examples_are_fair_coins():
    taught = ExampleSet.random(1, 10_000, 2, 0.3, seed=1)
    archetype = taught.archetypes[:, 0]
    memory = PrototypeMemory.of_examples(3, taught)
    tied = taught.sums[:, 0] == 0
    run = recall(memory, archetype, np.zeros(3), seed=2)
    assert tied.mean() == pytest.approx((1 - 0.09) / 2, abs=0.02)
    assert (run.spins[~tied] == np.sign(taught.sums[~tied, 0])).all()
    assert abs((run.spins * archetype)[tied].mean()) < 0.06
    assert first_archetype_recall(memory, archetype, seed=1) == pytest.approx(0.3, abs=0.04)


def test_a_majority_is_recalled_at_temperature_zero():
    taught = ExampleSet.random(1, 5001, 5, 0.4, seed=3)
    run = recall(PrototypeMemory.of_examples(4, taught), taught.archetypes[:, 0], np.zeros(3), seed=1)
    np.testing.assert_array_equal(run.spins, taught.majority(0)[:, 0])


def test_replicas_do_not_depend_on_threads():
    runs = [
        recall_replicas(3, 40, 20, 5, 0.6, np.full(10, 0.5), 4, seed=7, tensor_noise=2.0, threads=threads)
        for threads in (1, 3)
    ]
    np.testing.assert_array_equal(runs[0].overlaps, runs[1].overlaps)
    assert len({tuple(row) for row in runs[0].overlaps}) == 4
    images = signs(9, 40, 20)
    seen = recall_replicas(3, 40, 20, 50, 0.9, np.full(10, 0.2), 2, seed=1, archetypes=images)
    assert seen.overlaps.mean() > 0.9


@pytest.mark.parametrize("order", [2, 3, 4])
def test_a_noise_tensor_is_symmetric_with_its_deviation(order):
    tensor = noise_tensor(16, order, 2.5, seed=4)
    for axes in itertools.permutations(range(order)):
        np.testing.assert_array_equal(tensor, np.transpose(tensor, axes))
    distinct = np.ones(tensor.shape, bool)
    for first, second in itertools.combinations(range(order), 2):
        grid = np.indices(tensor.shape)
        distinct &= grid[first] != grid[second]
    assert (tensor[~distinct] == 0).all()
    assert tensor[distinct].std() == pytest.approx(2.5, rel=0.15)
    assert np.unique(tensor[distinct]).size == math.comb(16, order)


def test_one_step_with_a_noisy_tensor_follows_its_formula():
    size, deviation = 100, 40.0
    overlaps = []
    for seed in range(12):
        taught = ExampleSet.random(1, size, 1, 1.0, seed)
        memory = PrototypeMemory.of_examples(3, taught)
        noise = noise_tensor(size, 3, deviation, seed)
        overlaps.append(first_archetype_recall(memory, taught.archetypes[:, 0], noise=noise, seed=seed))
    predicted = field_noise(3, size, 0, tensor_noise=deviation).overlap
    assert np.mean(overlaps) == pytest.approx(predicted, abs=0.04)


def test_one_step_from_noisy_examples_follows_its_formula():
    overlaps = []
    for seed in range(16):
        taught = ExampleSet.random(6000, 300, 10, 0.6, seed)
        memory = PrototypeMemory.of_examples(3, taught)
        overlaps.append(first_archetype_recall(memory, taught.archetypes[:, 0], seed=seed))
    predicted = field_noise(3, 300, 6000, rho=8 / 45).overlap
    assert np.mean(overlaps) == pytest.approx(predicted, abs=0.04)


def test_the_iteration_in_float32_is_that_in_float64():
    taught = ExampleSet.random(300, 100, 12, 0.6, seed=2)
    memory = PrototypeMemory.of_examples(3, taught)
    exact = plefka_magnetizations(memory, taught.archetypes[:, 0], 0.5)
    quick = magnetizations_on_device(memory, taught.archetypes[:, 0], 0.5)
    np.testing.assert_allclose(quick.values, exact.values, atol=1e-3)
    assert exact.change < 1e-8
    signs_, beta = taught.archetypes[:, 0], 2.0
    inside = beta * prototype_fields(memory, exact.values)
    inside -= reaction(3, 6 * 300 / (2 * 100**2), beta, exact.self_overlap) * exact.values
    np.testing.assert_allclose(np.tanh(inside), exact.values, atol=1e-6)
    first = plefka_magnetizations(memory, signs_, 0.5, expansion="first")
    assert first.overlap > exact.overlap


def test_pairs_have_the_hopfield_reaction():
    assert reaction(2, 0.1, 2.0, 0.8) == pytest.approx(0.1 * 2 * 0.4 / 0.6)
    assert reaction(2, 0.1, 2.0, 0.4) == math.inf
    # To second order in the inverse temperature it is the general formula.
    beta = 1e-4
    assert reaction(2, 0.1, beta, 0.3) == pytest.approx(0.5 * beta**2 * 0.1 * 2 * 0.7, rel=1e-3)


@pytest.mark.parametrize("order", [3, 4, 6])
def test_the_reaction_is_the_response_of_the_noise_to_a_spin(order):
    """Onsager: b times what a change of Q changes the noise's variance by, times χ = b(1 - Q)."""
    overlaps = Overlaps(q1=0.8, chi=1.5 * 0.2, mu=1.0, temperature=1 / 1.5)
    expected = 1.5 * HardGlass(order, 0.3).stiffness(overlaps) * overlaps.chi
    assert reaction(order, 0.3, 1.5, 0.8) == pytest.approx(expected)


GOOD = PrototypeMemory(3, np.ones((5, 2)))


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: PrototypeMemory(7, np.ones((9, 2))), ValueError, "P must be at most 6 with distinct indices; got 7"),
        (lambda: PrototypeMemory(3, np.ones((2, 2))), ValueError, "at least P = 3 spins"),
        (lambda: PrototypeMemory(3, np.full((5, 2), np.nan)), ValueError, "entries must be finite"),
        (lambda: PrototypeMemory(3, np.ones((5, 2)), 0.0), ValueError, "scale must be a positive number"),
        (lambda: PrototypeMemory(3, np.ones((5, 2)), 1.0, "some"), ValueError, "coupling must be distinct or all"),
        (lambda: prototype_fields(GOOD, np.full(5, 1.1)), ValueError, "values must be 5 numbers between -1 and 1"),
        (lambda: recall(GOOD, np.ones(4), [0.1], seed=1), ValueError, "archetype must be 5 signs"),
        (lambda: recall(GOOD, np.ones(5), [-0.1], seed=1), ValueError, "temperatures must be"),
        (
            lambda: recall(GOOD, np.ones(5), [0.1], noise=np.ones((5, 5)), seed=1),
            ValueError,
            "noise must be a tensor of shape",
        ),
        (lambda: recall_replicas(3, 50, 9, 5, 0.5, [0.1], 0, seed=1), ValueError, "replicas must be"),
        (lambda: recall_replicas(3, 50, 9, 5, 1.5, [0.1], 1, seed=1), ValueError, "quality r must be in"),
        (lambda: recall_replicas(4, 2000, 10**7, 5, 0.5, [0.1], 2, seed=1), MemoryError, "lower size, load or threads"),
        (
            lambda: recall_replicas(3, 1000, 9, 5, 0.5, [0.1], 1, seed=1, tensor_noise=1.0),
            MemoryError,
            r"needs 7\.45 GB",
        ),
        (lambda: class_tensor(np.ones((61, 2)), 3), ValueError, "with 3 to 60 spins"),
        (lambda: class_tensor(np.ones((60, 2)), 5), MemoryError, r"60\^5 couplings needs 5\.79 GB"),
        (lambda: noise_tensor(50, 3, -1.0, 1), ValueError, "deviation must be"),
        (lambda: plefka_magnetizations(GOOD, np.ones(5), 0.0), ValueError, "temperature must be a positive number"),
        (lambda: plefka_magnetizations(GOOD, np.ones(5), 0.5, expansion="third"), ValueError, "expansion must be"),
        (lambda: plefka_magnetizations(GOOD, np.zeros(5), 0.5), ValueError, "archetype must be 5 signs"),
        (lambda: magnetizations_on_device(GOOD, np.ones(5), -1.0), ValueError, "temperature must be a positive number"),
        (
            lambda: magnetizations_on_device(GOOD, np.ones(5), 1.0, memory_limit=10),
            MemoryError,
            "memory_limit is 0.00 GB",
        ),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()
