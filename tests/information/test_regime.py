"""The metric's weight, regimes and Fisher matrices: closed forms, properties, noise, wrong input."""

import math
import warnings

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import information

SPECTRA = st.lists(st.floats(-4, 4), min_size=2, max_size=12).map(lambda logs: np.exp(np.array(logs)))


@settings(max_examples=60, deadline=None)
@given(values=SPECTRA, power=st.floats(0.3, 5))
def test_minimizing_gives_the_closed_form(values, power):
    exact = information.closed_form_weight(values, power=power).value
    found = information.minimal_weight(values, power=power)
    assert found.value == pytest.approx(exact, abs=1e-5 * values.max())
    assert found.outcome == ("interior" if found.value > 0 else "zero")


@pytest.mark.parametrize(
    ("condition", "weight", "lowest", "highest"),
    [(4.0, 2.0, 2 / 3, 1 / 3), (10.0, 8.0, 8 / 9, 4 / 9), (2.0, 0.0, 0, 0)],
)
def test_directional_regimes(condition, weight, lowest, highest):
    best = information.closed_form_weight([1.0, condition])
    assert best.value == pytest.approx(weight, abs=1e-12)
    np.testing.assert_allclose(
        information.regime_parameter([1.0, condition], best.value), [lowest, highest], atol=1e-12
    )
    np.testing.assert_allclose(information.regimes_of_condition_number(condition), [lowest, highest], atol=1e-12)


@settings(max_examples=40, deadline=None)
@given(values=SPECTRA, scale=st.floats(1e-3, 1e3))
def test_regimes_do_not_know_the_scale_of_information(values, scale):
    first, second = (information.closed_form_weight(each) for each in (values, scale * values))
    assert second.value == pytest.approx(scale * first.value, rel=1e-9, abs=1e-12)
    for alpha in ("min", "max", "trace"):
        a, b = (information.regime_scalar(v, w.value, alpha) for v, w in ((values, first), (scale * values, second)))
        assert a == pytest.approx(b, abs=1e-9)


@pytest.mark.parametrize(
    ("name", "outcome"),
    [
        ("kappa", "infinite"),
        ("rho", "zero"),
        ("slowest-rate", "infinite"),
        ("kappa-rho-inverse", "infinite"),
        ("fisher-hessian", "infinite"),
        ("fisher-hessian-rho", "interior"),
        ("kappa-rho", "interior"),
    ],
)
def test_an_infinite_weight_is_no_optimum_at_the_bracket(name, outcome):
    values = np.array([1.0, 2.5, 7.0])
    found, exact = information.minimal_weight(values, name), information.closed_form_weight(values, name)
    assert found.outcome == exact.outcome == outcome
    assert math.isinf(found.value) == (outcome == "infinite")
    assert math.isfinite(found.value) == math.isfinite(exact.value)
    if math.isfinite(exact.value):
        assert found.value == pytest.approx(exact.value, abs=1e-5)


def test_a_functional_of_one_s_own():
    """κ² ρ written by hand has p = 2."""

    def own(metric, fisher):
        return 2 * math.log(metric.max() / metric.min()) + math.log(metric.max())

    assert information.minimal_weight([1.0, 5.0], own).value == pytest.approx(7.0, abs=1e-5)
    with pytest.raises(ValueError, match="functional must be finite"):
        information.minimal_weight([1.0, 5.0], lambda g, f: math.nan)


@pytest.mark.parametrize(("power", "expected"), [(0.5, 3.0), (1.0, 2.0), (2.0, 1.5), (4.0, 1.25)])
def test_thresholds(power, expected):
    assert information.threshold(power) == pytest.approx(expected, abs=1e-4)


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10**6), weight=st.floats(0, 10))
def test_the_trace_free_part_does_not_depend_on_the_weight(seed, weight):
    generator = np.random.default_rng(seed)
    root = generator.standard_normal((4, 6))
    fisher = root @ root.T + 0.1 * np.eye(4)
    found = information.trace_free_deviation(fisher, weight)
    np.testing.assert_allclose(
        found, fisher @ fisher - np.trace(fisher) / 4 * fisher, atol=1e-7 * np.abs(fisher).max() ** 2
    )
    assert np.trace(np.linalg.solve(fisher, found)) == pytest.approx(0, abs=1e-6 * np.trace(fisher))
    np.testing.assert_allclose(information.trace_free_deviation(3 * np.eye(3)), 0, atol=1e-12)


def test_fisher_from_scores_is_their_second_moment_and_is_found_again():
    scores = information.generated_scores([1.0, 4.0], 200_000, 3)
    found = information.fisher_from_scores(scores)
    np.testing.assert_allclose(found.matrix, scores.T @ scores / len(scores), rtol=1e-12)
    # Standard error of an eigenvalue λ is λ√(2/N), 0.3%.
    np.testing.assert_allclose(found.eigenvalues, [1.0, 4.0], rtol=0.03)
    assert found.beyond_noise
    assert information.fisher_from_scores(scores, damping=1.0).damped_condition_number == pytest.approx(2.5, rel=0.03)


@pytest.mark.filterwarnings("ignore::phasebook.information.fisher_estimates.SamplingNoise")
def test_noise_makes_an_isotropic_observer_look_quantum():
    # Marchenko and Pastur at γ = 0.1: ((1 + √0.1)/(1 − √0.1))² = 3.7.
    scores = np.random.default_rng(1).standard_normal((2000, 200))
    found = information.fisher_from_scores(scores)
    assert found.isotropic_condition_number == pytest.approx(3.7050, abs=1e-3)
    assert found.condition_number == pytest.approx(3.705, rel=0.05)
    assert found.shrunk_condition_number < 1.3
    assert information.isotropic_condition_number(295, 10_000) > 2 > information.isotropic_condition_number(294, 10_000)


def test_few_samples_and_directions_without_information_are_told():
    generator = np.random.default_rng(1)
    with pytest.warns(information.SamplingNoise, match="take more than 6[78] samples"):
        information.fisher_from_scores(generator.standard_normal((20, 2)))
    flat = np.concatenate([generator.standard_normal((500, 2)), np.zeros((500, 1))], axis=1)
    with pytest.warns(information.SingularFisher, match="1 of 3 directions have no information"):
        found = information.fisher_from_scores(flat)
    assert found.condition_number < 1.5
    with pytest.raises(ValueError, match="must not be singular"):
        information.fisher_from_scores(flat, strict=True)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        information.fisher_from_scores(generator.standard_normal((100, 2)))


def test_bootstrap_errors_are_those_of_repeated_samples():
    draws = [
        information.fisher_from_scores(information.generated_scores([1, 3], 400, k)).condition_number for k in range(60)
    ]
    found = information.bootstrap_regime(information.generated_scores([1, 3], 400, 99), resamples=200, seed=1)
    assert found.condition_numbers.std() == pytest.approx(np.std(draws), rel=0.35)


@pytest.mark.parametrize("suffix", [".npy", ".npz", ".csv"])
def test_scores_in_files(tmp_path, suffix):
    scores = information.generated_scores([1.0, 2.0, 3.0], 50, 1)
    path = tmp_path / f"scores{suffix}"
    if suffix == ".npy":
        np.save(path, scores)
    elif suffix == ".npz":
        np.savez(path, scores=scores)
    else:
        np.savetxt(path, scores, delimiter=",", header="a,b,c", comments="")
    np.testing.assert_allclose(information.read_scores(path), scores, rtol=1e-15)


def test_files_without_scores(tmp_path):
    np.savez(tmp_path / "other.npz", a=np.ones((5, 2)))
    np.save(tmp_path / "short.npy", np.ones((2, 2)))
    (tmp_path / "text.csv").write_text("1,2\n3,x\n")
    for name, message in (
        ("other.npz", "lacks the array 'scores'"),
        ("short.npy", "at least 4 samples"),
        ("text.csv", "text.csv"),
        ("none.npy", "there is no file"),
    ):
        with pytest.raises(ValueError, match=message):
            information.read_scores(tmp_path / name)


def test_flow_takes_the_time_of_the_slowest_direction():
    """One direction alone: the time is λ² ln(1/fall) to the step's length, and one half-stable step a fall."""
    fisher = np.diag([1.0, 3.0])
    time = information.flow_time(fisher, 0.0, np.array([0.0, 1.0]), 1e-4)
    assert time == pytest.approx(9 * math.log(1e4), abs=0.5)
    assert information.descent_steps(fisher, 0.0, np.array([1.0, 0.0])) == 1


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: information.check_fisher([[1, 0], [0, -1]]), "smallest eigenvalue is -1"),
        (
            lambda: information.check_fisher([[1, 2], [0, 1]]),
            "must be symmetric; it is not, and its smallest eigenvalue is 1",
        ),
        (lambda: information.fisher_spectrum([[1, 2], [2, 1]]), "smallest eigenvalue is -1"),
        (lambda: information.check_fisher(np.ones((2, 3))), "must be square"),
        (lambda: information.metric_eigenvalues([1, 2], -0.1), "weight must not be negative"),
        (lambda: information.regime_parameter([1, 2], -1), "weight must not be negative"),
        (lambda: information.regimes_of_condition_number(0.9), "at least 1; got 0.9"),
        (lambda: information.regimes_of_condition_number(math.nan), "at least 1; got nan"),
        (lambda: information.minimal_weight([1, 0]), "positive finite numbers; the smallest is 0"),
        (lambda: information.minimal_weight([1, 2], "x"), "functional must be one of"),
        (lambda: information.minimal_weight([1, 2], "rho", 2.0), "power applies to kappa-rho alone"),
        (lambda: information.power_functional(0), "power must be positive"),
        (lambda: information.regime_scalar([1, 2], 1, "mean"), "alpha must be one of"),
        (lambda: information.regime_name(1.5), "alpha must lie in"),
        (lambda: information.fisher_from_scores(np.ones((3, 2))), "at least 4 samples"),
        (lambda: information.fisher_from_scores(np.full((5, 2), np.nan)), "must be finite; row 0"),
        (lambda: information.fisher_from_scores(np.ones((40, 1)), damping=-1), "damping must not be negative"),
        (lambda: information.bootstrap_regime(np.ones((40, 1)), resamples=1, seed=0), "resamples must be"),
        (lambda: information.isotropic_condition_number(0, 5), "must be positive"),
        (lambda: information.flow_time(np.eye(2), 0, np.zeros(2)), "start must be 2 numbers, not all zero"),
    ],
)
def test_wrong_input_is_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
