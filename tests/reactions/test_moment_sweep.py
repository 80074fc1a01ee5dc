"""Verdicts side by side: those of the path through SciPy, point by point."""

import jax
import jax.numpy as jnp
import numpy as np
import pytest

from phasebook.reactions import (
    REASONS,
    birth_death,
    brusselator,
    dimerisation,
    moment_equations,
    moment_family,
    pair_annihilation,
    schloegl,
    sweep_validity,
    validity,
)
from phasebook.reactions.moment_lanes import LEFT, LOST, OSCILLATING, STEADY, RunEnds, _is_stable, _program
from phasebook.reactions.moment_sweep import UNDECIDED, _verdicts


def test_the_verdicts_of_the_other_path():
    """Fifty random rates and volumes, sixteen runs at a time."""
    random = np.random.default_rng(4)
    volumes = np.exp(random.uniform(np.log(0.3), np.log(300.0), 50))
    networks = [
        pair_annihilation(volume).with_parameters(k1=k1, k2=k2)
        for volume, k1, k2 in zip(volumes.tolist(), *random.uniform(0.5, 2.0, (2, 50)).tolist(), strict=True)
    ]
    starts = volumes[:, None, None] * np.array([[0.0], [0.7], [3.0]])
    constants = np.array([network.rate_constants() for network in networks])
    seen = []
    found = sweep_validity(
        moment_family(pair_annihilation(), 2),
        constants,
        volumes,
        starts,
        chunk=16,
        progress=lambda done, runs: seen.append((done, runs)),
    )
    single = [validity(network, "normal", 2, starts=start) for network, start in zip(networks, starts, strict=True)]
    assert [REASONS[code] for code in found.codes] == [each.reason for each in single]
    assert set(found.codes.tolist()) >= {REASONS.index("valid"), REASONS.index("diverged")}
    assert found.count.tolist() == [len(each.ends) for each in single]
    for place, each in enumerate(single):
        if each.valid:
            np.testing.assert_allclose(found.means[place], each.ends[0].means, rtol=1e-6)
            np.testing.assert_allclose(found.covariances[place], each.ends[0].covariance, rtol=1e-6)
    assert seen[-1] == (150, 150)
    assert found.share("valid") == np.mean(found.codes == REASONS.index("valid"))


@pytest.mark.parametrize("order", [2, 3])
def test_the_same_equations_as_the_compiled_polynomials(order):
    family = moment_family(brusselator(), order, "poisson")
    equations = moment_equations(brusselator(30.0), order, "poisson")
    state = np.linspace(0.4, 1.3, equations.size)
    with jax.enable_x64(True):
        numbers = jnp.asarray(family.at(brusselator(30.0)).polynomials.coefficients)
        found = np.asarray(jax.jit(_program(family).derivative)(jnp.asarray(state), numbers))
    np.testing.assert_allclose(found, equations.derivative(state), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize("size", [1, 2, 5, 8])
def test_stability_without_eigenvalues(size):
    random = np.random.default_rng(size)
    matrices = random.normal(size=(400, size, size)) + random.uniform(-3.0, 1.0, (400, 1, 1)) * np.eye(size)
    rates = np.linalg.eigvals(matrices).real.max(axis=1)
    with jax.enable_x64(True):
        found = np.asarray(jax.jit(jax.vmap(_is_stable))(jnp.asarray(matrices)))
    clear = np.abs(rates) > 1e-6
    np.testing.assert_array_equal(found[clear], rates[clear] < 0.0)
    assert 0 < found.sum() < 400


def test_every_reason_has_its_code():
    """Runs that ended in every way there is, put together by hand: the worst decides."""
    family = moment_family(birth_death(), 2)
    good = [10.0, 10.0]
    cases = {
        "valid": ((STEADY, good, 0.0, 0.0), (STEADY, good, 0.0, 0.0)),
        "multistable": ((STEADY, good, 0.0, 0.0), (STEADY, [11.0, 10.0], 0.0, 0.0)),
        "oscillating": ((STEADY, good, 0.0, 0.0), (OSCILLATING, [np.nan] * 2, 0.0, 0.0)),
        "negative_variance": ((STEADY, good, 0.0, -1.0), (STEADY, good, 0.0, 0.0)),
        "negative_mean": ((STEADY, good, -1.0, -1.0), (STEADY, good, 0.0, 0.0)),
        "diverged": ((STEADY, good, -1.0, 0.0), (LEFT, [np.nan] * 2, 0.0, 0.0)),
        "undecided": ((LOST, [np.nan] * 2, 0.0, 0.0), (STEADY, good, 0.0, 0.0)),
        "at the end": ((STEADY, [10.0, -1.0], 0.0, 0.0), (STEADY, [10.0, -1.0], 0.0, 0.0)),
    }
    columns = zip(*(run for runs in cases.values() for run in runs), strict=True)
    ends = RunEnds(*(np.array(column) for column in columns), np.ones(2 * len(cases), dtype=int))
    found = _verdicts(family, ends, np.ones(len(cases)), np.ones((len(cases), 2, 1)))
    expected = {"undecided": UNDECIDED, "at the end": REASONS.index("negative_variance")}
    assert found.codes.tolist() == [
        expected.get(name, REASONS.index(name) if name in REASONS else -1) for name in cases
    ]
    assert found.count.tolist() == [1, 2, 1, 1, 1, 1, 1, 1]
    assert found.means[0] == pytest.approx([10.0])


def test_wrong_input():
    family = moment_family(schloegl(), 2)
    good = {"constants": schloegl().rate_constants()[None], "volumes": np.ones(1), "starts": np.ones((1, 2, 1))}
    for change, message in (
        ({"volumes": np.zeros(1)}, "volumes must be finite"),
        ({"constants": -good["constants"]}, "constants must be finite"),
        ({"starts": np.full((1, 2, 1), np.nan)}, "starts must be finite"),
        ({"starts": np.ones((2, 2, 1))}, r"starts must have the shape \(1, runs, 1\)"),
        ({"constants": np.ones((1, 3))}, r"constants must have the shape \(points, 4\)"),
        ({"horizon": 0.0}, "horizon must be a positive time"),
    ):
        with pytest.raises(ValueError, match=message):
            sweep_validity(family, **{**good, **change})
    with pytest.raises(ValueError, match="divides by the means"):
        sweep_validity(moment_family(schloegl(), 2, "lognormal"), **good)
    with pytest.raises(ValueError, match="conserves sums"):
        sweep_validity(
            moment_family(dimerisation(), 2), constants=np.ones((1, 2)), volumes=np.ones(1), starts=np.ones((1, 1, 2))
        )
