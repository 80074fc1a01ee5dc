"""The trust report: exact where theory is, honest where it breaks down, with every method listed."""

import importlib
from pathlib import Path

import numpy as np
import pytest

from phasebook.reactions import (
    birth_death,
    linear_noise,
    michaelis_menten,
    pair_annihilation,
    parse_network,
    read_network,
    schloegl,
    trust_report,
)

MULTISTATE = Path(__file__).parent.parent / "data" / "bionetgen" / "multistate.net"
RATIONAL = "0 -> X, 5 \n degradation: X -> 0, propensity: X/(1 + X)"


@pytest.fixture
def without_projection(monkeypatch):
    """Forces simulation as the exact answer."""
    monkeypatch.setattr(importlib.import_module("phasebook.reactions.trust_report"), "MOST_STATES", 0)


def sentences(report):
    return " ".join(report.advice)


def test_linear_networks_can_be_trusted_to_every_method():
    report = trust_report(birth_death(2.0), 3.0)
    assert report.exact.kind == "finite state projection"
    assert report.times.tolist() == pytest.approx([0.6, 1.2, 1.8, 2.4, 3.0])
    rate = 20 * (1 - np.exp(-report.times))
    np.testing.assert_allclose(report.exact.means[:, 0], rate, rtol=1e-6)
    np.testing.assert_allclose(report.exact.standard_deviations[:, 0], np.sqrt(rate), rtol=1e-5)
    assert [each.order for each in report.methods] == [None, 2, 3, 4]
    for each in report.methods:
        assert each.trusted
        assert max(each.mean_error.value, each.deviation_error.value) < 1e-4
        assert each.mean_error.stderr == 0
        assert each.failure is None
    assert [each.check for each in report.methods[1:]] == ["valid"] * 3
    assert report.advice[0].startswith("Use linear noise for means and standard deviations")
    assert "Order 2, order 3 and order 4 agree with it and add nothing" in report.advice[1]
    assert len(report.advice) == 2


def test_errors_are_those_of_the_methods():
    network = pair_annihilation(4.0)
    report = trust_report(network, 4.0, orders=(3,), points=4)
    found = report.method(None)
    expected = linear_noise(network, report.times)
    np.testing.assert_allclose(found.means, expected.mean)
    error = np.abs(expected.mean - report.exact.means) / np.maximum(report.exact.means, 1.0)
    assert found.mean_error.value == pytest.approx(error.max())
    assert found.mean_error.time == report.times[error.argmax()]
    assert found.mean_error.exact == report.exact.means.ravel()[error.argmax()]
    assert found.mean_error.species == "X"


def test_closures_that_diverge_are_named():
    report = trust_report(pair_annihilation(2.0), 5.0)
    for order in (2, 3, 4):
        method = report.method(order)
        assert method.failure.startswith("diverges at time")
        assert (method.mean_error.value, method.mean_error.grade) == (np.inf, "off")
        assert method.check == "diverged"
    assert "Trust none of these theories" in report.advice[0]
    assert "molecules" in report.advice[0]
    assert "Take the finite state projection" in report.advice[1]
    assert "Do not use order 2, order 3 and order 4: on this very run they break down." in report.advice
    assert "Order 2: diverges at time" in report.text()


def test_closures_that_are_wrong_but_valid():
    report = trust_report(schloegl(3.0), 5.0, orders=(2,))
    method = report.method(2)
    assert (method.check, method.failure, method.mean_error.grade) == ("valid", None, "off")
    assert method.mean_error.value > 0.5
    assert "Trust none" in sentences(report)


def test_conservation_laws():
    report = trust_report(michaelis_menten(), 50.0)
    for each in report.methods:
        assert each.trusted
        np.testing.assert_allclose(each.means[:, 1] + each.means[:, 2], 10.0, rtol=1e-5)
        np.testing.assert_allclose(each.standard_deviations[:, 1], each.standard_deviations[:, 2], rtol=1e-4)
    assert report.method(3).deviation_error.value < report.method(2).deviation_error.value


def test_methods_without_an_answer_are_listed_with_the_reason():
    report = trust_report(parse_network(RATIONAL), 3.0)
    for order in (2, 3, 4):
        assert "'degradation' is not a polynomial" in report.method(order).failure
        assert np.isnan(report.method(order).means).all()
    assert report.method(None).failure is None
    assert "Order 2, order 3 and order 4: not applied: the rate law of reaction 'degradation'" in report.text()
    assert report.advice[0].startswith("Use linear noise")


def test_networks_with_events_are_only_simulated():
    report = trust_report(parse_network("X = 5 \n X -> 0, 1 \n event reset: time >= 1, X = 50"), 2.0, trajectories=200)
    assert report.exact.kind == "exact simulation"
    assert all("event 'reset'" in each.failure for each in report.methods)
    assert report.advice == (
        f"No theory gives an answer for this network: take the exact simulation, which took"
        f" {report.exact.seconds:.1f} s.",
    )


def test_too_many_equations():
    text = "\n".join(f"0 -> X{i}, 10 \n X{i} -> 0, 1" for i in range(12))
    report = trust_report(parse_network(text), 1.0, orders=(2, 4), trajectories=200, tolerance=0.5)
    assert report.exact.kind == "exact simulation"
    assert "1819 equations are too many here (at most 1000)" in report.method(4).failure
    assert report.method(2).failure is None
    assert report.method(2).check == "valid"


def test_hundreds_of_species_are_simulated_and_the_rest_is_said():
    report = trust_report(read_network(MULTISTATE.with_name("egfr_net.net")), 0.01, trajectories=100, points=1)
    assert report.exact.kind == "exact simulation"
    assert "63902 means and covariances are too many here" in report.method(None).failure
    assert all("equations are too many here" in report.method(order).failure for order in (2, 3, 4))
    assert report.advice[0].startswith("No theory gives an answer")


def test_closures_that_cannot_start():
    report = trust_report(pair_annihilation(2.0), 1.0, closure="lognormal", orders=(2,))
    assert "closure=lognormal divides by the means, and X starts at 0" in report.method(2).failure


@pytest.mark.usefixtures("without_projection")
def test_simulation_as_the_exact_answer():
    report = trust_report(birth_death(2.0), 3.0, seed=3)
    assert report.exact.text.startswith("2000 exact simulations")
    rate = 20 * (1 - np.exp(-report.times))
    exact = report.exact
    assert (np.abs(exact.means[:, 0] - rate) < 4 * exact.mean_stderr[:, 0]).all()
    assert (np.abs(exact.standard_deviations[:, 0] - np.sqrt(rate)) < 4 * exact.deviation_stderr[:, 0]).all()
    # Of a Poisson law: fourth central moment rate + 3 rate^2.
    expected = np.sqrt((rate + 2 * rate**2) / 2000) / (2 * np.sqrt(rate))
    np.testing.assert_allclose(exact.deviation_stderr[:, 0], expected, rtol=0.15)
    assert "no more than the simulation's own sampling error" in report.advice[0]
    assert " ± " in report.text()


@pytest.mark.usefixtures("without_projection")
def test_too_few_trajectories_to_tell():
    report = trust_report(birth_death(2.0), 3.0, trajectories=100, tolerance=0.01, orders=(2,))
    assert {each.deviation_error.grade for each in report.methods} == {"undecided"}
    assert "times as many trajectories to decide" in report.advice[-1]
    assert "? too few trajectories to tell" in report.text()


def test_nine_species_read_like_advice():
    report = trust_report(read_network(MULTISTATE), 1.0, orders=(2, 4), trajectories=400, tolerance=0.2)
    assert [each.failure for each in report.methods] == [None] * 3
    assert all(each.trusted for each in report.methods)
    assert report.method(4).check == "not judged"
    assert "209 equations from several starts" in report.method(4).check_text
    assert 2 <= len(report.advice) <= 5
    assert "Use linear noise" in report.advice[0]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"time": 0.0}, "time must be finite and positive; got 0.0"),
        ({"time": np.inf}, "time must be finite and positive; got inf"),
        ({"tolerance": 1.0}, "tolerance must lie between 0 and 1; got 1.0"),
        ({"points": 0}, "points must be at least 1"),
        ({"trajectories": 10}, "trajectories at least 100"),
        ({"orders": ()}, "orders must name one order at least"),
        ({"orders": (2, 9)}, "order must be an integer from 1 to 8; got 9"),
        ({"closure": "gauss"}, "closure must be one of normal, poisson"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        trust_report(birth_death(), **{"time": 1.0, **arguments})


def test_wrong_networks_and_orders():
    with pytest.raises(ValueError, match=r"initial count of 'X' must be an integer; got 0\.5"):
        trust_report(birth_death().with_initial_counts(X=0.5), 1.0)
    with pytest.raises(ValueError, match="order must be one that was tried; got 5"):
        trust_report(birth_death(), 1.0, orders=(2,)).method(5)
