"""Moment equations generated once: the same as generated anew at every volume and rate, without what rounding leaves of a sum."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from phasebook.reactions import (
    CLOSURES,
    brusselator,
    gene_feedback,
    michaelis_menten,
    moment_equations,
    moment_family,
    pair_annihilation,
    parse_network,
    schloegl,
    wilhelm,
)

NETWORKS = [brusselator(), schloegl(), pair_annihilation(), wilhelm(), michaelis_menten(), gene_feedback()]


@pytest.mark.parametrize("network", NETWORKS, ids=lambda network: "".join(network.species))
@pytest.mark.parametrize("closure", CLOSURES)
def test_generated_once_or_anew(network, closure):
    random = np.random.default_rng(0)
    for order in (2, 3, 4)[: 1 if len(network.species) > 3 else 3]:
        family = moment_family(network, order, closure)
        for volume in (0.1, 1.0, 4000.0):
            there = network.with_volume(volume)
            anew, once = moment_equations(there, order, closure), family.at(there)
            state = random.uniform(0.5, 1.5, anew.size)
            size = np.abs(anew.derivative(state)).max()
            np.testing.assert_allclose(once.derivative(state), anew.derivative(state), atol=1e-11 * size)
            assert once.size == anew.size
            assert once.low == anew.low


@given(st.lists(st.floats(0.01, 100.0), min_size=4, max_size=4), st.floats(0.01, 1e4), st.booleans())
def test_any_rates_and_volume(rates, volume, combinatoric):
    base = replace(brusselator(), combinatoric=combinatoric)
    network = base.with_parameters(**dict(zip(("c1", "c2", "c3", "c4"), rates, strict=True))).with_volume(volume)
    once, anew = moment_family(base, 3, "poisson").at(network), moment_equations(network, 3, "poisson")
    state = np.linspace(0.5, 1.5, anew.size)
    # What remains in the sum of terms that cancel grows like the root of the volume.
    size = (1 + np.sqrt(volume)) * max(rates) * (1 + 1 / volume)
    np.testing.assert_allclose(once.derivative(state), anew.derivative(state), atol=1e-10 * size)


def test_many_parameter_sets_at_once():
    family = moment_family(schloegl(), 2)
    volumes = np.array([0.5, 10.0])
    constants = np.stack([schloegl(volume).rate_constants() for volume in volumes])
    found = family.coefficients(constants, volumes)
    for row, volume in zip(found, volumes, strict=True):
        np.testing.assert_allclose(row, family.at(schloegl(volume)).polynomials.coefficients, rtol=1e-14)


def test_terms_that_cancel_are_not_there():
    # No term of the scaled equations grows with the volume, c_r = k_r volume^(1 - order) among its factors.
    for network in NETWORKS:
        family = moment_family(network, 3)
        orders = np.array([reaction.order for reaction in network.reactions])
        growth = family.powers[:, None] + 1.0 - orders
        assert growth[family.rate_weights != 0.0].max() <= 0.0


def test_a_law_of_its_own_is_refused():
    with pytest.raises(ValueError, match="reaction 'decay' has a law of its own"):
        moment_family(parse_network("X = 1 \n decay: X -> 0, propensity: 0.5*X*X"))
    with pytest.raises(ValueError, match="closure must be one of"):
        moment_family(schloegl(), 2, "gauss")
