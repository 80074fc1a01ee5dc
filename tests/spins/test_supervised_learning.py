"""Supervised replica theory: exact limits, published constants, closed forms against general ones, Stein's identity, bad inputs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.spins import (
    DenseNetwork,
    ReplicaEquations,
    SupervisedNetwork,
    dataset_entropy,
    effective_load,
    examples_needed,
    field_noise,
    first_recall_overlap,
    frozen_overlaps,
    learning_curve,
    learning_threshold,
    load_of,
    replica_symmetric,
    retrieval_edge,
    signal_law,
    supervised_state,
    symmetric_capacity,
)
from phasebook.spins.supervised_learning import bracketed_edge


@pytest.mark.parametrize("order", [2, 3, 4])
def test_perfect_examples_are_the_plain_network(order):
    plain = replica_symmetric(DenseNetwork(order, 0.06), 0.4)
    for taught in (SupervisedNetwork.taught(order, 0.06, 1.0, 7), SupervisedNetwork.with_entropy(order, 0.06, 0.0)):
        state = supervised_state(taught, 0.4)
        assert state.overlap == pytest.approx(plain.overlap, abs=1e-11)
        assert state.self_overlap == pytest.approx(plain.self_overlap, abs=1e-11)
        assert state.free_energy == pytest.approx(plain.free_energy, abs=1e-11)


@pytest.mark.parametrize("order", [3, 4])
def test_without_example_noise_the_edge_is_the_published_capacity(order):
    edge = retrieval_edge(SupervisedNetwork.with_entropy(order, 0.0, 0.0), 0.0)
    assert edge == pytest.approx(symmetric_capacity(order), abs=1e-6)


@pytest.mark.parametrize("order", [2, 3, 4, 6])
@pytest.mark.parametrize("rho", [0.1, 0.5, 1.0])
def test_without_load_recall_is_the_majority_of_examples(order, rho):
    state = supervised_state(SupervisedNetwork.with_entropy(order, 0.0, rho), 0.0)
    assert state.overlap == pytest.approx(math.erf(1 / math.sqrt(2 * rho)), abs=1e-12)


@pytest.mark.parametrize("examples", [1, 3, 4, 9])
def test_without_load_a_binomial_majority_with_fair_ties(examples):
    chance = 0.5 * (1 + 0.4)
    law = [math.comb(examples, k) * chance**k * (1 - chance) ** (examples - k) for k in range(examples + 1)]
    majority = sum(weight * np.sign(2 * k - examples) for k, weight in enumerate(law))
    state = supervised_state(SupervisedNetwork.taught(3, 0.0, 0.4, examples), 0.0)
    assert state.overlap == pytest.approx(majority, abs=1e-12)


@pytest.mark.parametrize(
    ("order", "load", "quality", "examples", "temperature", "law", "expected"),
    [
        (3, 0.05, 0.5, 20, 0.4, "binomial", (0.92904, None, None)),
        (3, 0.05, 0.5, 20, 0.4, "gauss", (0.93380, None, None)),
        (3, 0.1, 0.8, 3, 0.3, "binomial", (0.88120, None, None)),
        (3, 0.1, 0.8, 3, 0.3, "gauss", (0.90646, None, None)),
        (4, 0.1, 0.5, 30, 0.4, "binomial", (0.96198, 0.93716, 0.95298)),
    ],
)
def test_overlaps_of_an_independent_program(order, load, quality, examples, temperature, law, expected):
    """A separate trapezoid of 401 nodes and plain iteration gave these."""
    state = supervised_state(SupervisedNetwork.taught(order, load, quality, examples, law), temperature)
    for value, wanted in zip((state.overlap, state.signal_overlap, state.self_overlap), expected, strict=True):
        if wanted is not None:
            assert value == pytest.approx(wanted, abs=6e-6)


@pytest.mark.parametrize(("order", "load", "entropy"), [(3, 0.2, 0.5258), (4, 0.1, 0.9318), (4, 0.2, 0.1944)])
def test_the_threshold_of_learning_at_temperature_zero(order, load, entropy):
    found, overlap = learning_threshold(order, load, 0.0)
    assert found == pytest.approx(entropy, abs=1e-4)
    assert overlap > 0.5
    beyond = supervised_state(SupervisedNetwork.with_entropy(order, load, found * 1.001), 0.0)
    assert beyond.overlap < 0.5


@pytest.mark.parametrize(("order", "load", "rho"), [(3, 0.2, 0.3), (4, 0.1, 0.6), (5, 0.05, 0.2), (3, 0.3, 2.0)])
def test_the_closed_form_at_zero_temperature(order, load, rho):
    taught = SupervisedNetwork.with_entropy(order, load, rho)
    state = supervised_state(taught, 0.0)
    assert frozen_overlaps(taught) == pytest.approx((state.overlap, state.signal_overlap), abs=1e-8)


@settings(max_examples=15, deadline=None)
@given(st.integers(2, 6), st.floats(0.01, 0.12), st.floats(0.05, 0.8), st.floats(0.15, 0.5))
def test_stein_s_identity(order, load, rho, temperature):
    """The Gaussian solver uses it; here the law is sampled on a grid instead and knows nothing of it."""
    taught = SupervisedNetwork.with_entropy(order, load, rho)
    gauss = supervised_state(taught, temperature)
    equations = ReplicaEquations(taught.network, temperature, signal_law(taught))
    grid = equations.state(np.array([gauss.signal_overlap, gauss.susceptibility]), "rs", 1)
    assert grid.residual < 1e-8
    assert grid.overlap == pytest.approx(gauss.overlap, abs=1e-8)


@settings(max_examples=6, deadline=None)
@given(st.integers(3, 5), st.floats(0.02, 0.2), st.floats(0.2, 0.9), st.floats(0.1, 0.4))
def test_many_examples_are_gaussian_and_more_of_them_are_better(order, load, quality, temperature):
    exact, gauss = (
        supervised_state(SupervisedNetwork.taught(order, load, quality, 200, law), temperature).overlap
        for law in ("binomial", "gauss")
    )
    assert exact == pytest.approx(gauss, abs=0.01)
    curve = learning_curve(order, load, quality, [3, 9, 27, 81], temperature)
    assert (np.diff(curve) > -1e-9).all()


def test_a_free_energy_is_stationary_in_its_order_parameters():
    """A written out again for the binomial law, with trapezoid sums."""
    order, load, quality, examples, temperature = 3, 0.1, 0.5, 8, 0.4
    taught = SupervisedNetwork.taught(order, load, quality, examples)
    state = supervised_state(taught, temperature)
    law, b = signal_law(taught), 1 / temperature
    c, z = 0.5 * b * b * load, np.linspace(-9, 9, 2001)
    weight = np.exp(-0.5 * z * z) / np.exp(-0.5 * z * z).sum()

    def log_partition(n, q):
        g = 0.5 * b * order * n ** (order - 1) * law.values[:, None] + z * math.sqrt(c * order * q ** (order - 1))
        site = law.weights @ (np.logaddexp(g, -g) @ weight)
        return (
            site + 0.5 * c * (1 - order * q ** (order - 1) + (order - 1) * q**order) - 0.5 * b * (order - 1) * n**order
        )

    n, q, step = state.signal_overlap, state.self_overlap, 1e-5
    assert log_partition(n, q) == pytest.approx(state.log_partition, abs=1e-10)
    assert (log_partition(n + step, q) - log_partition(n - step, q)) / (2 * step) == pytest.approx(0.0, abs=1e-7)
    assert (log_partition(n, q + step) - log_partition(n, q - step)) / (2 * step) == pytest.approx(0.0, abs=1e-7)


@pytest.mark.parametrize(("order", "examples", "temperature"), [(2, 64, 0.2), (3, 8, 0.2), (4, 30, 0.0)])
def test_the_fold_is_where_bisection_finds_it(order, examples, temperature):
    taught = SupervisedNetwork.taught(order, 0.0, 0.5, examples)
    edge, overlap = retrieval_edge(taught, temperature)
    assert bracketed_edge(taught, temperature) == pytest.approx(edge, rel=5e-3)
    assert overlap > 0.3


def test_examples_that_are_needed():
    needed = examples_needed(3, 0.2, 0.2, 0.2)
    enough, fewer = (
        supervised_state(SupervisedNetwork.taught(3, 0.2, 0.2, count), 0.2).overlap for count in (needed, needed - 1)
    )
    assert enough > 0.5 >= fewer
    assert examples_needed(3, 0.6, 0.5, 0.2) is None
    assert learning_threshold(3, 0.6, 0.2)[0] == 0.0


def test_noise_of_a_field_in_its_parts():
    plain = field_noise(3, 1000, 100_000)
    assert plain.overlap == pytest.approx(first_recall_overlap(DenseNetwork(3, load_of(3, 1000, 100_000))), abs=1e-12)
    assert (plain.examples, plain.tensor, plain.limit) == (0.0, 0.0, "storage")
    assert field_noise(3, 400, 0, rho=0.3).overlap == pytest.approx(math.erf(1 / math.sqrt(0.6)))
    assert field_noise(3, 400, 0, rho=0.3).limit == "examples"
    # Other classes weigh with (1 + ρ)^P: α(P-1)! = 2/15, ρ = 8/45.
    taught = field_noise(3, 300, 6000, rho=8 / 45)
    assert taught.storage == pytest.approx(2 / 15 * (53 / 45) ** 3)
    assert taught.overlap == pytest.approx(0.8881, abs=2e-4)
    both = field_noise(4, 100, 50, 0.2, tensor_noise=math.sqrt(50))
    assert both.storage == pytest.approx(both.tensor)
    assert field_noise(3, 120, 1, tensor_noise=60).limit == "tensor noise"
    assert field_noise(3, 120, 0).overlap == 1.0
    assert effective_load(3, 100, 30, 4.0) == pytest.approx(load_of(3, 100, 46))
    assert dataset_entropy(0.5, 3) == pytest.approx(1.0)


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: SupervisedNetwork.taught(3, 0.1, 0.0, 5), r"quality r must be in \(0, 1\]; got 0.0"),
        (lambda: SupervisedNetwork.taught(3, 0.1, 1.2, 5), r"quality r must be in \(0, 1\]; got 1.2"),
        (lambda: SupervisedNetwork.taught(3, 0.1, 0.5, 0), "examples M must be an integer of at least 1; got 0"),
        (lambda: SupervisedNetwork.with_entropy(3, 0.1, -0.1), "rho must be a number of at least 0"),
        (lambda: SupervisedNetwork(DenseNetwork(3, 0.1), 0.2, "binomial"), "law binomial needs quality and examples"),
        (lambda: SupervisedNetwork(DenseNetwork(3, 0.1), 0.2, "poisson"), "law must be binomial or gauss"),
        (lambda: supervised_state(SupervisedNetwork.taught(3, 0.1, 0.5, 5), -0.1), "temperature must be"),
        (lambda: learning_threshold(3, 0.1, 0.2, target=1.0), "target must be an overlap between 0 and 1"),
        (lambda: frozen_overlaps(SupervisedNetwork.with_entropy(2, 0.1, 0.5)), "P must be at least 3"),
        (lambda: dataset_entropy(0.5, 0), "examples M must be at least 1"),
        (lambda: effective_load(3, 100, 1, -1.0), "tensor_noise at least 0"),
        (lambda: field_noise(3, 2, 1), "size must be at least P = 3"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()
