"""Covariances of given couplings: Lyapunov equations, three decompositions, the trace identity, warnings and refusals."""

import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import linalg

from phasebook.networks import (
    NearSingularWarning,
    RecurrentNetwork,
    SilentNetwork,
    circle_position,
    decompose,
    frequency_nodes,
    mean_field_of,
    naive_covariance,
    predict_covariance,
    random_coupling,
    residual_spectrum,
    resolvent_memory,
    resolvent_sums,
    solve_mean_field,
)


def difference(found, expected):
    return float(np.abs(found - expected).max() / np.abs(expected).max())


@pytest.mark.parametrize("method", ["auto", "eigenvectors", "schur", "inverse"])
def test_a_linear_network_in_continuous_time_obeys_the_lyapunov_equation(method):
    coupling = random_coupling(60, 0.7, seed=1)
    field = solve_mean_field(RecurrentNetwork(0.7, 2.0, "linear"))
    drift = coupling - np.eye(60)
    expected = linalg.solve_continuous_lyapunov(drift, -2.0 * np.eye(60))
    found = predict_covariance(coupling, field, (0.0, 1.5), state=True, method=method)
    assert difference(found.equal_time, expected) < 1e-8
    assert difference(found.state, expected) < 1e-8
    assert difference(found.activity[1], linalg.expm(1.5 * drift) @ expected) < 2e-4


@pytest.mark.parametrize("step", [0.1, 0.5, 1.0])
def test_a_linear_map_obeys_the_discrete_lyapunov_equation(step):
    coupling = random_coupling(60, 0.7, seed=1)
    field = solve_mean_field(RecurrentNetwork(0.7, 1.0, "linear", step))
    matrix = (1 - step) * np.eye(60) + step * coupling
    expected = linalg.solve_discrete_lyapunov(matrix, step * np.eye(60))
    found = predict_covariance(coupling, field, (0.0, 3 * step), state=True)
    assert difference(found.equal_time, expected) < 1e-9
    assert difference(found.state, expected) < 1e-9
    assert difference(found.activity[1], np.linalg.matrix_power(matrix, 3) @ expected) < 1e-8


def test_the_nonlinear_map_obeys_a_discrete_lyapunov_equation():
    coupling = random_coupling(80, 2.0, seed=3)
    field = solve_mean_field(RecurrentNetwork(2.0, 1.0, "erf", 1.0))
    noise = float(residual_spectrum(field, 0.0)[0])
    expected = linalg.solve_discrete_lyapunov(field.mean_slope * coupling, noise * np.eye(80))
    assert difference(predict_covariance(coupling, field).equal_time, expected) < 1e-8
    assert difference(naive_covariance(coupling, field), expected) < 1e-6
    # The next state is Jφ + σz, and the noise is independent of φ.
    state = predict_covariance(coupling, field, state=True).state
    assert difference(state, coupling @ expected @ coupling.T + np.eye(80)) < 1e-8


def test_thirty_two_nodes_reach_the_exact_limit():
    coupling = random_coupling(40, 0.7, seed=5)
    field = solve_mean_field(RecurrentNetwork(0.7, 1.0, "linear"))
    expected = linalg.solve_continuous_lyapunov(coupling - np.eye(40), -np.eye(40))
    assert difference(predict_covariance(coupling, field, nodes=32).equal_time, expected) < 1e-8


def test_the_trace_of_the_resolvent_is_self_consistent():
    # (1/N) tr (I − SJ)⁻¹(I − SJ)⁻† → 1/(1 − g²|S|²), free probability of independent couplings.
    coupling = random_coupling(600, 1.0, seed=2)
    response = 0.7 * np.exp(0.4j)
    [product] = resolvent_sums(decompose(coupling), np.array([response]), np.ones((1, 1)))
    assert np.trace(product) / 600 == pytest.approx(1 / (1 - 0.49), rel=0.03)


def test_the_naive_closure_is_wrong_in_continuous_time():
    coupling = random_coupling(120, 2.0, seed=4)
    field = solve_mean_field(RecurrentNetwork(2.0, 4.0, "erf", 0.1))
    naive, equivalent = naive_covariance(coupling, field), predict_covariance(coupling, field).equal_time
    off = ~np.eye(120, dtype=bool)
    assert np.corrcoef(naive[off], equivalent[off])[0, 1] < 0.6
    assert np.trace(naive) / 120 == pytest.approx(field.activity_variance, rel=0.1)


@settings(max_examples=20)
@given(st.integers(0, 1000), st.sampled_from([0.0, 0.1, 1.0]), st.floats(0.3, 2.5), st.floats(0.5, 4.0))
def test_predictions_are_covariance_matrices_and_methods_agree(seed, step, gain, noise):
    coupling = random_coupling(24, gain, seed=seed)
    field = solve_mean_field(RecurrentNetwork(gain, noise, "erf", step))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NearSingularWarning)
        found = [
            predict_covariance(coupling, field, nodes=200, method=method, state=True)
            for method in ("eigenvectors", "schur", "inverse")
        ]
    for each in found:
        assert np.linalg.eigvalsh(each.equal_time).min() > 0
        assert np.linalg.eigvalsh(each.state).min() > 0
        assert difference(each.equal_time, each.equal_time.T) < 1e-9
        assert difference(each.equal_time, found[-1].equal_time) < 1e-7


@pytest.mark.parametrize("step", [0.0, 0.1, 1.0])
def test_nodes_converge_at_the_rate_of_the_nearest_pole(step):
    coupling = random_coupling(30, 0.8, seed=7)
    field = solve_mean_field(RecurrentNetwork(0.8, 1.0, "linear", step))
    exact = predict_covariance(coupling, field, nodes=400).equal_time
    eigenvalues = np.linalg.eigvals(coupling)
    rate = max(np.abs(circle_position(step, eigenvalues)).max(), 0.25 if step < 1 else 0.0)
    errors = [difference(predict_covariance(coupling, field, nodes=count).equal_time, exact) for count in (6, 10)]
    assert errors[1] / errors[0] == pytest.approx(rate**8, rel=1.0)


def test_frequency_nodes_integrate_rational_spectra():
    for step, exact in ((0.0, 0.5), (0.1, 1 / 1.9), (1.0, 1.0)):
        omega, weights = frequency_nodes(step, 16)
        response = 1 / (1 + 1j * omega) if step == 0 else step / (np.exp(1j * omega * step) - 1 + step)
        assert float(weights @ np.abs(response) ** 2) == pytest.approx(exact, abs=1e-12)


def test_defective_couplings_take_the_schur_form():
    chain = np.diag(np.full(49, 0.9), -1)
    field = mean_field_of(chain, 1.0)
    found = predict_covariance(chain, field, nodes=300)
    assert found.method == "schur"
    assert difference(found.equal_time, predict_covariance(chain, field, nodes=300, method="inverse").equal_time) < 1e-9
    with pytest.raises(ValueError, match="method eigenvectors needs independent eigenvectors"):
        predict_covariance(chain, field, method="eigenvectors")


@pytest.mark.parametrize("step", [0.0, 1.0])
def test_unstable_couplings_get_a_warning_with_the_eigenvalue(step):
    coupling = np.full((20, 20), 0.2)
    field = solve_mean_field(RecurrentNetwork(0.5, 0.1, "erf", step))
    with pytest.warns(NearSingularWarning, match=r"unstable: .* = 3\.\d+ >= 1 at the eigenvalue γλ = 3\.\d+\+0j"):
        found = predict_covariance(coupling, field)
    assert np.isfinite(found.equal_time).all()
    assert found.nearest_eigenvalue.real > 1


def test_nearly_unstable_couplings_get_a_warning_too():
    field = solve_mean_field(RecurrentNetwork(0.5, 1.0, "linear"))
    coupling = np.zeros((10, 10))
    coupling[0, 0] = 0.9999
    coupling[1, 2] = 0.1
    with pytest.warns(NearSingularWarning, match="nearly unstable: Re γλ = 0.9999"):
        predict_covariance(coupling, field, method="schur")


@pytest.mark.parametrize(
    ("given_arguments", "sentence"),
    [
        ({"lags": (-1.0,)}, "lags must be finite numbers of at least 0"),
        ({"lags": ()}, "lags must be finite numbers"),
        ({"lags": (0.25,)}, "lags must be multiples of the time step 0.1; got 0.25"),
        ({"method": "lu"}, "method must be auto, eigenvectors, schur, inverse, device; got 'lu'"),
        ({"nodes": 0}, "nodes must be a positive integer; got 0"),
        ({"memory_limit": 1000}, "coupling of 12 units with 1 lags needs .* GB, more than memory_limit"),
    ],
)
def test_arguments_outside_their_bounds_are_refused(given_arguments, sentence):
    field = solve_mean_field(RecurrentNetwork(1.0, 1.0, "erf", 0.1))
    with pytest.raises(ValueError, match=sentence):
        predict_covariance(random_coupling(12, 1.0, seed=0), field, **given_arguments)


def test_memory_is_stated():
    assert resolvent_memory(1000, 1) == 160_000_000


def test_a_silent_network_has_no_covariance():
    coupling = random_coupling(20, 0.8, seed=0)
    field = solve_mean_field(RecurrentNetwork(0.8))
    for function in (predict_covariance, naive_covariance):
        with pytest.raises(SilentNetwork, match="only the trivial fixed point; covariance is zero"):
            function(coupling, field)
