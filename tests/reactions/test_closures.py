"""Closures against laws whose moments are known: normal, Poisson, log-normal, and linear networks, for which all are exact."""

import math

import numpy as np
import pytest

from phasebook.reactions import CLOSURES, birth_death, moment_equations, parse_network, solve_moments
from phasebook.reactions.closures import central_moment, cumulant, product_closure
from phasebook.reactions.moment_indices import below, choose, difference, exponents_of_order


def closed(closure, order, species, means, moments, exponents, volume=1.0):
    """A high central moment from the means and the low central moments (by exponents), at the volume's scale."""
    values = [mean / volume for mean in means]
    cumulants = {}
    low = [each for k in range(2, order + 1) for each in exponents_of_order(species, k)]
    for each in low:
        values.append(moments[each] * volume ** (-sum(each) / 2))
        cumulants[each] = len(values) - 1
    for each in low:
        if sum(each) >= 4:
            values.append(evaluated(cumulant(each, cumulants[each], cumulants), values))
            cumulants[each] = len(values) - 1
    found = evaluated(central_moment(exponents, order, closure, cumulants, volume), values)
    return found * volume ** (sum(exponents) / 2)


def evaluated(polynomial, values):
    return sum(weight * math.prod(values[factor] for factor in product) for product, weight in polynomial.items())


def test_normal_closure_has_the_moments_of_a_normal_law():
    a, b, c = 2.0, 0.7, 1.5
    low = {(2, 0): a, (1, 1): b, (0, 2): c}
    for exponents, expected in {
        (3, 0): 0.0,
        (2, 1): 0.0,
        (4, 0): 3 * a**2,
        (3, 1): 3 * a * b,
        (2, 2): a * c + 2 * b**2,
        (6, 0): 15 * a**3,
        (3, 3): 9 * a * b * c + 6 * b**3,
    }.items():
        assert closed("normal", 2, 2, [5.0, 6.0], low, exponents) == pytest.approx(expected)


def test_normal_closure_keeps_the_third_cumulants():
    # A fifth central moment is 10 C_2 C_3 where cumulants four and five vanish; covariances alone would give 0.
    assert closed("normal", 3, 1, [5.0], {(2,): 2.0, (3,): 0.5}, (5,)) == pytest.approx(10.0)
    assert closed("normal", 3, 1, [5.0], {(2,): 2.0, (3,): 0.5}, (6,)) == pytest.approx(15 * 8 + 10 * 0.25)


@pytest.mark.parametrize("volume", [1.0, 40.0])
@pytest.mark.parametrize("order", [2, 3, 4])
def test_poisson_closure_has_the_moments_of_a_poisson_law(order, volume):
    rate = 3.7
    central = {2: rate, 3: rate, 4: rate + 3 * rate**2, 5: rate + 10 * rate**2, 6: rate + 25 * rate**2 + 15 * rate**3}
    low = {(k,): central[k] for k in range(2, order + 1)}
    for power in range(order + 1, 7):
        found = closed("poisson", order, 1, [rate], low, (power,), volume)
        assert found == pytest.approx(central[power])


def test_poisson_closure_has_no_mixed_cumulants():
    a, b, c = 2.0, 0.7, 1.5
    low = {(2, 0): a, (1, 1): b, (0, 2): c}
    for exponents, expected in {
        (3, 0): 5.0,
        (0, 3): 6.0,
        (2, 1): 0.0,
        (1, 2): 0.0,
        (3, 1): 3 * a * b,
        (2, 2): a * c + 2 * b**2,
        (4, 0): 3 * a**2 + 5.0,
    }.items():
        assert closed("poisson", 2, 2, [5.0, 6.0], low, exponents) == pytest.approx(expected)


def test_central_closure_drops_high_moments():
    assert closed("central", 2, 2, [5.0, 6.0], {(2, 0): 2.0, (1, 1): 0.7, (0, 2): 1.5}, (2, 2)) == 0


def raw_to_central(raw, means, exponents):
    return sum(
        choose(exponents, part)
        * raw(part)
        * math.prod((-mean) ** power for mean, power in zip(means, difference(exponents, part), strict=True))
        for part in below(exponents)
    )


@pytest.mark.parametrize(("closure", "order"), [("lognormal", 2), ("lognormal", 3), ("derivative-matching", 2)])
def test_product_closures_have_the_moments_of_a_log_normal_law(closure, order):
    center, spread = np.array([0.4, -0.2]), np.array([[0.3, 0.1], [0.1, 0.2]])

    def raw(exponents):
        powers = np.array(exponents, dtype=float)
        return math.exp(powers @ center + 0.5 * powers @ spread @ powers)

    means = np.array([raw((1, 0)), raw((0, 1))])
    low = [each for k in range(2, order + 1) for each in exponents_of_order(2, k)]
    high = [each for k in (order + 1, order + 2) for each in exponents_of_order(2, k)]
    central = np.array([1.0] + [raw_to_central(raw, means, each) for each in low])
    found = product_closure(2, low, high, closure)(means, central)
    np.testing.assert_allclose(found, [raw_to_central(raw, means, each) for each in high], rtol=1e-9)


def test_derivative_matching_of_third_order():
    # Singh and Hespanha: E n^4 = E[n]^4 E[n^3]^4 / E[n^2]^6 from three moments.
    raw = {0: 1.0, 1: 2.0, 2: 5.0, 3: 15.0}
    raw[4] = raw[1] ** 4 * raw[3] ** 4 / raw[2] ** 6
    means = np.array([raw[1]])
    low = [(2,), (3,)]
    central = np.array([1.0] + [raw_to_central(lambda part: raw[part[0]], means, each) for each in low])
    found = product_closure(1, low, [(4,)], "derivative-matching")(means, central)
    assert found[0] == pytest.approx(raw_to_central(lambda part: raw[part[0]], means, (4,)))


@pytest.mark.parametrize("closure", CLOSURES)
@pytest.mark.parametrize("order", [2, 3, 4])
def test_birth_and_death_are_exact(closure, order):
    """From 3 molecules: a binomial of survivors and a Poisson number of others, whose cumulants add up."""
    equations = moment_equations(birth_death(volume=2.0), order, closure)
    time, volume_rate = 0.7, 20.0
    run = solve_moments(equations, [time], [3.0])
    p = math.exp(-time)
    rate = volume_rate * (1 - p)
    variance = 3 * p * (1 - p) + rate
    third = 3 * p * (1 - p) * (1 - 2 * p) + rate
    fourth = 3 * p * (1 - p) * (1 - 6 * p * (1 - p)) + rate + 3 * variance**2
    expected = [variance, third, fourth][: order - 1]
    assert run.means[0, 0] == pytest.approx(3 * p + rate, rel=1e-7)
    central = run.states[0, 1:] * equations.network.volume ** (np.arange(2, order + 1) / 2)
    np.testing.assert_allclose(central, expected, rtol=1e-6)


@pytest.mark.parametrize("closure", CLOSURES)
def test_linear_conversion_of_conserved_molecules_is_multinomial(closure):
    network = parse_network(
        "species A = 12 \n species B = 0 \n species C = 0 \n A -> B, 1.0 \n A -> C, 2.0 \n C -> A, 0.5"
    )
    equations = moment_equations(network, 2, closure)
    assert equations.products is None
    run = solve_moments(equations, [0.4, 2.0])
    np.testing.assert_allclose(run.means.sum(axis=1), 12.0, rtol=1e-8)
    for means, covariance in zip(run.means, equations.covariances(run.states), strict=True):
        p = means / 12
        np.testing.assert_allclose(covariance, 12 * (np.diag(p) - np.outer(p, p)), atol=1e-6)
