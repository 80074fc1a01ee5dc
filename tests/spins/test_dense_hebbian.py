"""The Monte Carlo against the explicit tensor, exact enumeration, and files of a user's own patterns."""

import itertools
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.numerics import correlated_estimate
from phasebook.spins import (
    DenseNetwork,
    HebbianMemory,
    elementary_symmetric,
    energy_per_spin,
    energy_table,
    field_table,
    first_recall,
    local_fields,
    quench_schedule,
    random_memory,
    read_patterns,
    replica_estimate,
    simulate,
    simulate_replicas,
    write_patterns,
)
from phasebook.spins.krawtchouk import field_cubics


def random_signs(seed, *shape):
    return np.random.default_rng(seed).choice([-1, 1], shape).astype(np.int8)


@pytest.mark.parametrize("order", [0, 1, 2, 3, 5])
def test_elementary_symmetric_polynomials_of_signs(order):
    size = 7
    for agreeing, value in enumerate(elementary_symmetric(order, size)):
        signs = [1] * agreeing + [-1] * (size - agreeing)
        assert value == sum(math.prod(chosen) for chosen in itertools.combinations(signs, order))


@pytest.mark.parametrize(("order", "coupling"), [(2, "distinct"), (3, "distinct"), (4, "distinct"), (3, "all")])
def test_energy_and_fields_are_those_of_the_explicit_tensor(order, coupling):
    size = 9
    memory, spins = HebbianMemory(order, random_signs(order, size, 7), coupling), random_signs(7, size)
    products = memory.patterns * spins[:, None]
    if coupling == "all":
        energy = -0.5 * (products.mean(axis=0) ** order).sum()
    else:
        chosen = [products[list(sites)].prod(axis=0).sum() for sites in itertools.combinations(range(size), order)]
        energy = -math.factorial(order) * sum(chosen) / (2.0 * size**order)
    assert energy_per_spin(memory, spins) == pytest.approx(energy, abs=1e-14)
    turned = [energy_per_spin(memory, np.where(np.arange(size) == site, -spins, spins)) for site in range(size)]
    costs = 0.5 * size * spins * (np.array(turned) - energy)
    np.testing.assert_allclose(local_fields(memory, spins), costs, atol=1e-13)


@settings(max_examples=20)
@given(st.integers(2, 8), st.integers(8, 60))
def test_the_field_table_is_half_the_step_of_the_energy_table(order, size):
    steps = -0.5 * size * np.diff(energy_table(order, size))
    np.testing.assert_allclose(field_table(order, size), steps, rtol=1e-12, atol=1e-15)


@pytest.mark.parametrize("coupling", ["distinct", "all"])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_cubics_are_the_table_of_fields(order, coupling):
    size = 17
    total = np.arange(-size + 2, size, 2)  # of all spins; the others have one less or one more
    table = field_table(order, size, coupling)
    own, pull = (np.polynomial.polynomial.polyval(total, row) for row in field_cubics(order, size, coupling))
    np.testing.assert_allclose(own, 0.5 * (table[:-1] - table[1:]), atol=1e-13)
    np.testing.assert_allclose(pull, 0.5 * (table[:-1] + table[1:]), atol=1e-13)


@pytest.mark.parametrize(
    ("order", "coupling"), [(2, "distinct"), (3, "distinct"), (4, "distinct"), (4, "all"), (5, "distinct")]
)
def test_fields_stay_exact_while_spins_turn(order, coupling):
    """Cubics up to order 4, look-ups above: a frozen configuration is one of all fields computed anew."""
    memory = HebbianMemory(order, random_signs(order, 24, 40), coupling)
    run = simulate(memory, [2.0] * 15 + [0.0] * 25, start="random", seed=4)
    assert run.acceptance[:10].max() > 0.2
    assert run.acceptance[-1] == 0.0
    assert (local_fields(memory, run.spins) * run.spins >= 0).all()
    assert run.energies[-1] == pytest.approx(energy_per_spin(memory, run.spins), abs=1e-13)


def test_heat_bath_samples_the_boltzmann_law():
    """All 512 configurations enumerated."""
    size, temperature = 9, 0.8
    memory = HebbianMemory(3, random_signs(3, size, 5))
    states = np.array(list(itertools.product([-1, 1], repeat=size)), dtype=np.int8)
    energies = np.array([energy_per_spin(memory, state) for state in states])
    weights = np.exp(-size * (energies - energies.min()) / temperature)
    weights /= weights.sum()
    overlaps = states @ memory.patterns[:, 0] / size
    run = simulate(memory, np.full(200_000, temperature), seed=5)
    for series, exact in ((run.energies, weights @ energies), (run.overlaps[:, 0], weights @ overlaps)):
        measured = correlated_estimate(series[100:])
        assert measured.value == pytest.approx(exact, abs=4.5 * measured.stderr)
        assert measured.stderr < 0.01


def test_at_temperature_zero_energy_never_rises_and_ends_in_a_minimum():
    memory = random_memory(3, 60, 400, seed=2)
    run = simulate(memory, np.zeros(60), start="random", seed=9)
    assert (np.diff(run.energies) <= 1e-15).all()
    assert run.acceptance[-1] == 0.0
    assert (local_fields(memory, run.spins) * run.spins >= 0).all()


def test_a_single_pattern_is_recalled_and_tracked():
    memory = random_memory(4, 100, 3, seed=4)
    run = simulate(memory, np.full(50, 0.3), seed=1, tracked=3)
    assert run.overlaps.shape == (50, 3)
    assert run.overlaps[-1, 0] > 0.95
    np.testing.assert_allclose(run.overlaps[-1], run.spins @ memory.patterns / 100, atol=1e-15)
    assert run.energies[-1] == pytest.approx(energy_per_spin(memory, run.spins), abs=1e-14)
    assert first_recall(memory) == 1.0


def test_random_signs_are_fair():
    patterns = random_memory(3, 100, 10_001, seed=1).patterns
    assert abs(patterns.mean()) < 4 / math.sqrt(patterns.size)
    assert abs((patterns[0] * patterns[1]).mean()) < 0.05
    assert set(np.unique(patterns)) == {-1, 1}


def test_replicas_do_not_depend_on_threads():
    network = DenseNetwork(3, 0.1)
    runs = [simulate_replicas(network, 50, np.full(20, 0.6), 4, seed=7, threads=threads) for threads in (1, 3)]
    np.testing.assert_array_equal(runs[0].overlaps, runs[1].overlaps)
    fewer = simulate_replicas(network, 50, np.full(20, 0.6), 1, seed=7)
    assert fewer.overlaps.shape == (1, 20)
    assert len({tuple(row) for row in runs[0].overlaps}) == 4


def test_estimates_and_schedules():
    assert quench_schedule([0.2, 0.1], 2, 1).tolist() == [0.2, 0.2, 0.1, 0.1, 0.0]
    measured = replica_estimate(np.array([[0.0, 1.0, 1.0], [0.0, 0.8, 0.8]]), 1)
    assert (measured.value, measured.dof) == (pytest.approx(0.9), 1)
    single = replica_estimate(np.random.default_rng(0).normal(size=(1, 400)), 100)
    assert single.stderr == pytest.approx(1 / math.sqrt(300), rel=0.3)


@settings(max_examples=10)
@given(st.integers(3, 12), st.integers(3, 40), st.integers(0, 2**20))
def test_patterns_come_back_from_their_file(tmp_path_factory, count, size, seed):
    path = tmp_path_factory.mktemp("patterns") / "own.npy"
    patterns = random_signs(seed, count, size)
    write_patterns(patterns.astype(float), path)
    np.testing.assert_array_equal(read_patterns(path), patterns)
    assert HebbianMemory(3, read_patterns(path).T).count == count


BAD = random_signs(0, 6, 5).astype(float)
BAD[2, 3] = 0.5


@pytest.mark.parametrize(
    ("call", "error", "sentence"),
    [
        (lambda: HebbianMemory(3, BAD), ValueError, "patterns must be 1 or -1; got 0.5 at spin 2, pattern 3"),
        (lambda: HebbianMemory(3, random_signs(0, 2, 5)), ValueError, "patterns must have P = 3 to 32766 spins; got 2"),
        (lambda: HebbianMemory(3, np.ones(4)), ValueError, "patterns must be a matrix of signs"),
        (lambda: HebbianMemory(3, random_signs(0, 5, 5), "pairs"), ValueError, "coupling must be distinct or all"),
        (lambda: random_memory(3, 4000, 10**7, seed=1), MemoryError, "need 37.35 GB; memory_limit is 4.00 GB"),
        (lambda: random_memory(3, 2, 5, seed=1), ValueError, "size must be an integer of at least 3; got 2"),
        (lambda: random_memory(3, 20, 0, seed=1), ValueError, "patterns must be an integer of at least 1; got 0"),
        (lambda: simulate(HebbianMemory(3, random_signs(0, 5, 5)), [-0.1], seed=1), ValueError, "temperatures must be"),
        (
            lambda: simulate(HebbianMemory(3, random_signs(0, 5, 5)), [0.1], seed=1, start=np.zeros(5)),
            ValueError,
            "spins must be 5 signs",
        ),
        (
            lambda: simulate(HebbianMemory(3, random_signs(0, 5, 5)), [0.1], seed=1, start="cold"),
            ValueError,
            "start must be pattern, random or a configuration",
        ),
        (
            lambda: simulate(HebbianMemory(3, random_signs(0, 5, 5)), [0.1], seed=1, tracked=6),
            ValueError,
            "tracked must be between 1 and the 5 patterns",
        ),
        (
            lambda: simulate_replicas(DenseNetwork(5, 0.3), 1000, [0.1], 2, seed=1),
            MemoryError,
            "lower size, load or threads",
        ),
        (lambda: simulate_replicas(DenseNetwork(3, 0.1), 50, [0.1], 0, seed=1), ValueError, "replicas must be"),
        (lambda: simulate_replicas(DenseNetwork(3, 0.1), 50, [0.1], 1, seed=-1), ValueError, "seed must be"),
        (lambda: replica_estimate(np.ones((2, 5)), 5), ValueError, "burn must be at least 0 and below the 5 sweeps"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call, error, sentence):
    with pytest.raises(error, match=sentence):
        call()


def test_files_that_are_no_patterns_are_refused(tmp_path):
    with pytest.raises(ValueError, match=r"path names no file: 'none\.npy'"):
        read_patterns(tmp_path / "none.npy")
    (tmp_path / "text.npy").write_text("1,-1\n")
    with pytest.raises(ValueError, match=r"text.npy must be a NumPy array file"):
        read_patterns(tmp_path / "text.npy")
    np.savez(tmp_path / "several.npz", a=np.ones(3))
    with pytest.raises(ValueError, match="must hold one array"):
        read_patterns(tmp_path / "several.npz")
    np.save(tmp_path / "grey.npy", np.full((3, 4), 2))
    with pytest.raises(ValueError, match="patterns must be 1 or -1; got 2 at pattern 0, spin 0"):
        read_patterns(tmp_path / "grey.npy")
