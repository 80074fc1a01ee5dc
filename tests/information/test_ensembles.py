"""Maximum entropy, path ensembles and the Perron root: exact limits, properties, wrong input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from phasebook import information

SIZES = st.integers(2, 7)


def kernels(size, seed):
    found = np.random.default_rng(seed).random((size, size)) + 0.02
    return found / found.sum(axis=1, keepdims=True)


def test_the_die_of_jaynes():
    """A die whose mean is 4.5: the published law."""
    found = information.maximum_entropy([[1, 2, 3, 4, 5, 6]], [4.5])
    np.testing.assert_allclose(found.probabilities, [0.05435, 0.07877, 0.11416, 0.16545, 0.23977, 0.34749], atol=1e-5)
    assert found.relative_entropy == pytest.approx(1.61358 - math.log(6), abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), count=st.integers(1, 5), states=st.integers(8, 60))
def test_averages_are_met_and_multipliers_found(seed, count, states):
    generator = np.random.default_rng(seed)
    functions, truth = generator.standard_normal((count, states)), generator.normal(0, 0.5, count)
    prior = generator.random(states) + 0.1
    weights = prior * np.exp(-truth @ functions)
    law = weights / weights.sum()
    found = information.maximum_entropy(functions, functions @ law, prior=prior)
    np.testing.assert_allclose(found.probabilities, law, atol=1e-8)
    np.testing.assert_allclose(found.multipliers, truth, atol=1e-6)
    assert found.free_energy == pytest.approx(-math.log(weights.sum() / prior.sum()), abs=1e-8)
    assert found.relative_entropy <= 1e-12


def test_redundant_constraints_are_met_and_told():
    functions = np.array([[0.0, 1.0, 2.0], [1.0, 2.0, 3.0]])
    found = information.maximum_entropy(functions, [0.8, 1.8])
    np.testing.assert_allclose(functions @ found.probabilities, [0.8, 1.8], atol=1e-9)
    assert found.null_space.shape == (1, 2)
    np.testing.assert_allclose(np.diff(found.null_space @ functions), 0, atol=1e-12)


@pytest.mark.parametrize("averages", [[2.5], [2.0], [-0.1]])
def test_impossible_averages_come_with_a_direction(averages):
    with pytest.raises(information.InfeasibleConstraints, match="no law") as caught:
        information.maximum_entropy([[0.0, 1.0, 2.0]], averages)
    direction = caught.value.direction
    assert direction @ averages >= (direction[:, None] * [[0.0, 1.0, 2.0]]).max() - 1e-9


@settings(max_examples=25, deadline=None)
@given(size=SIZES, seed=st.integers(0, 10**6))
def test_perron_pairs_are_the_eigensolvers(size, seed):
    matrix = np.random.default_rng(seed).random((size, size)) + 0.01
    value, vector = information.perron_pair(matrix)
    assert value == pytest.approx(float(np.abs(linalg.eigvals(matrix)).max()), rel=1e-10)
    np.testing.assert_allclose(matrix @ vector, value * vector, rtol=1e-9)
    assert information.perron_value(matrix) == pytest.approx(value, rel=1e-10)


@settings(max_examples=15, deadline=None)
@given(size=st.integers(2, 5), seed=st.integers(0, 10**6), force=st.floats(-5, 5))
def test_responses_are_conditional_correlations_and_differences(size, seed, force):
    generator = np.random.default_rng(seed)
    chain = information.DrivenChain(
        kernels(size, seed),
        generator.standard_normal((size, size)),
        np.array([force, 0.3, -force]),
        np.full(size, 1 / size),
    )
    observable = generator.standard_normal((size, size))
    exact = information.responses(chain, observable)
    np.testing.assert_allclose(information.correlations(chain, observable), exact, atol=1e-10)
    for step in range(3):
        values = []
        for sign in (1, -1):
            drive = chain.drive.copy()
            drive[step] += sign * 1e-5
            moved = information.DrivenChain(chain.prior, chain.function, drive, chain.start)
            laws = moved.laws()
            values.append([laws[t] @ (moved.kernel(t)[0] * observable).sum(axis=1) for t in range(3)])
        np.testing.assert_allclose((np.array(values[0]) - values[1]) / 2e-5, exact[:, step], atol=1e-7)


def test_free_energy_generates_currents():
    chain = information.driven_ring(0.5, 0.5, 6)
    assert chain.process_free_energy() < 0
    undriven = information.driven_ring(0.0, 0.0, 6)
    assert undriven.process_free_energy() == pytest.approx(0.0, abs=1e-12)


def test_maximum_caliber_is_the_causal_chain_where_partitions_are_equal_and_another_elsewhere():
    ring = information.driven_ring(0.0, 0.0, 1)
    chain, rate = information.caliber_chain(ring.prior, ring.function, 1.0)
    np.testing.assert_allclose(chain.sum(axis=1), 1, atol=1e-12)
    causal, partition = information.DrivenChain(ring.prior, ring.function, np.array([1.0]), ring.start).kernel(0)
    assert np.abs(chain - causal).max() > 0.01
    assert math.log(partition.min()) < rate < math.log(partition.max())
    flat = np.full((4, 4), 0.25)
    function = np.random.default_rng(1).standard_normal((1, 4)).repeat(4, axis=0)
    same, _rate = information.caliber_chain(flat, function, 0.7)
    np.testing.assert_allclose(
        same, information.DrivenChain(flat, function, np.array([0.7]), np.full(4, 0.25)).kernel(0)[0], atol=1e-12
    )


@pytest.mark.parametrize(("force", "current"), [(0.5, 0.065178), (1.0, 0.131686), (2.0, 0.270789)])
def test_the_ring_produces_force_times_current(force, current):
    ring = information.driven_ring(force, force, 1)
    kernel = ring.kernel(0)[0]
    law = information.stationary_law(kernel)
    flow = float((law[:, None] * kernel * 2 * ring.function).sum())
    assert flow == pytest.approx(current, abs=1e-6)
    assert information.information_loss(law, kernel) == pytest.approx(force * flow, rel=1e-10)


@settings(max_examples=40, deadline=None)
@given(size=SIZES, seed=st.integers(0, 10**6))
def test_information_is_lost_never_gained(size, seed):
    law = np.random.default_rng(seed).dirichlet(np.ones(size))
    assert information.information_loss(law, kernels(size, seed)) >= -1e-14


@pytest.mark.parametrize(
    ("call", "error", "message"),
    [
        (lambda: information.maximum_entropy([[1, 2]], [1.5, 1]), ValueError, "as many as constraints"),
        (lambda: information.maximum_entropy([[1, math.nan]], [1.5]), ValueError, "must be finite"),
        (lambda: information.maximum_entropy([[1, 2]], [1.5], prior=[1, 0]), ValueError, "positive numbers"),
        (lambda: information.check_kernel([[0.5, 0.4], [0, 1]]), ValueError, "row 0 sums to 0.9"),
        (lambda: information.check_kernel([[1.5, -0.5], [0, 1]]), ValueError, "none negative"),
        (
            lambda: information.information_loss([0.5, 0.5], [[0.5, 0.5], [0, 1]]),
            information.IrreversibleTransition,
            "0 to state 1",
        ),
        (
            lambda: information.correlations(information.driven_ring(0, 1, 2), np.ones((5, 5)), "x"),
            ValueError,
            "centering must be",
        ),
        (
            lambda: information.DrivenChain(np.eye(2), np.eye(2), np.zeros(0), np.array([1.0, 0.0])),
            ValueError,
            "at least one step",
        ),
    ],
)
def test_wrong_input_is_one_sentence(call, error, message):
    with pytest.raises(error, match=message):
        call()
