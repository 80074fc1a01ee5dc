"""Laws of diffusion-limited reactions against published constants, other roads to the same number, and the lattice."""

import math
import warnings

import numpy as np
import pytest
from scipy import integrate, special

from phasebook.engines import simulate_lattice
from phasebook.reactions import (
    WATSON_CONSTANT,
    UnequalDensities,
    annihilation_density,
    coagulation_density,
    decay_simulation,
    decay_theory,
    diffusion_constant,
    lattice_model,
    mean_field_decay,
    segregation_density,
)
from phasebook.reactions.diffusion_limited import FiniteSize
from phasebook.reactions.lattice_decay import standard_error


def test_watsons_constant_by_gamma_functions_and_by_bessel_functions():
    gammas = math.prod(math.gamma(n / 24) for n in (1, 5, 7, 11))
    assert pytest.approx(math.sqrt(6) / (32 * math.pi**3) * gammas, rel=1e-14) == WATSON_CONSTANT
    visits, _ = integrate.quad(lambda t: special.ive(0, t / 3) ** 3, 0, np.inf, limit=400)
    assert pytest.approx(visits, rel=1e-7) == WATSON_CONSTANT


def test_published_values_and_the_late_law_on_a_line():
    times = [1.0, 10.0, 100.0, 1000.0]
    assert annihilation_density(times, 1) == pytest.approx([0.26189, 0.08864, 0.02819, 0.00892], abs=5e-6)
    late = np.array([1e6])
    assert annihilation_density(late, 1) * np.sqrt(4 * np.pi * late) == pytest.approx(1, rel=1e-6)
    assert coagulation_density(late, 1, 0.8) * np.sqrt(np.pi * late) == pytest.approx(1, rel=1e-5)
    # The hop rate only scales time.
    assert annihilation_density(times, 1, 0.5, 2.0) == pytest.approx(annihilation_density([2, 20, 200, 2000], 1))


@pytest.mark.parametrize("density", [0.1, 0.3, 0.5, 0.9, 1.0])
def test_walls_of_any_density_solve_the_heat_equation(density):
    """The pair function of spins, by a matrix exponential on a long stretch: a second road to the sum of Bessel functions."""
    count, time = 160, 6.0
    start = (1 - 2 * density) ** np.arange(1.0, count + 1)
    change = np.diag(-2 * np.ones(count)) + np.diag(np.ones(count - 1), 1) + np.diag(np.ones(count - 1), -1)
    source = np.zeros(count)
    source[0] = 1.0
    solution = integrate.solve_ivp(lambda _, g: change @ g + source, (0, time), start, rtol=1e-10, atol=1e-12)
    assert annihilation_density([time], 1, density)[0] == pytest.approx((1 - solution.y[0, -1]) / 2, abs=1e-8)
    assert annihilation_density([0.0], 1, density)[0] == density


@pytest.mark.parametrize(("model", "density"), [("annihilation", 0.3), ("annihilation", 1.0), ("coagulation", 0.6)])
def test_lattices_follow_the_exact_laws_from_any_density(model, density):
    times = [0.5, 5.0, 50.0]
    runs = simulate_lattice(
        lattice_model(model), 100_000, times, initial={"A": density}, replicas=4, seed=11, blocks=100
    )
    law = (annihilation_density if model == "annihilation" else coagulation_density)(times, 1, density)
    for k in range(3):
        found = runs.block_estimate("A", k)
        assert abs(found.value - law[k]) < 4.5 * found.stderr


def test_three_dimensions_tend_to_watsons_law_and_two_to_the_logarithm():
    runs = simulate_lattice(
        lattice_model("annihilation"), (64,) * 3, [10.0, 100.0], initial={"A": 0.5}, replicas=4, seed=1
    )
    assert runs.of("A").mean(axis=0) * [10, 100] == pytest.approx([0.529, 0.663], abs=0.012)
    assert annihilation_density([7.0], 3) * 7 == pytest.approx(0.75819302957)
    plane = simulate_lattice(lattice_model("annihilation"), (300, 300), [300.0], initial={"A": 0.5}, replicas=4, seed=1)
    ratio = plane.of("A").mean() / annihilation_density([300.0], 2)[0]
    assert 1.0 < ratio < 1.25


def test_segregation_law_and_its_mean_field():
    assert segregation_density([100.0], 1, 0.25)[0] == pytest.approx(
        math.sqrt(0.25 / math.pi) * (400 * math.pi) ** -0.25
    )
    assert diffusion_constant(3, 2.0) == pytest.approx(1 / 3)
    assert mean_field_decay([3.0], 0.5, 2.0)[0] == pytest.approx(0.125)
    with pytest.warns(UnequalDensities, match=r"densities 0.3 and 0.2 differ"):
        segregation_density([10.0], 1, 0.3, other_density=0.2)


def test_two_species_decay_more_slowly_than_one():
    two = decay_simulation("two-species", 1, 20_000, 1000.0, 0.25, replicas=4, seed=2)
    one = decay_simulation("annihilation", 1, 20_000, 1000.0, 0.5, replicas=4, seed=2)
    assert float(two.local_exponent_simulation[-3:].mean()) == pytest.approx(-0.28, abs=0.03)
    assert float(one.local_exponent_simulation[-3:].mean()) == pytest.approx(-0.5, abs=0.03)
    law = decay_theory("two-species", 1, 20_000, 1000.0, 0.25)
    assert float(two.density_simulation[-1] / law.density_theory[-1]) == pytest.approx(1.08, abs=0.08)


def test_errors_over_replicas_are_those_of_the_mean():
    samples = np.random.default_rng(5).normal(3.0, 2.0, (4000, 2))
    assert standard_error(samples) == pytest.approx(2.0 / math.sqrt(4000), rel=0.08)
    data = decay_simulation("annihilation", 1, 2000, 10.0, 0.5, replicas=40, seed=3)
    scatter = simulate_lattice(
        lattice_model("annihilation"), 2000, data.time.values, initial={"A": 0.5}, replicas=40, seed=3
    ).of("A")
    assert data.density_stderr.values == pytest.approx(scatter.std(axis=0, ddof=1) / math.sqrt(40))


def test_what_a_small_lattice_cannot_show_is_masked():
    with pytest.warns(FiniteSize, match="masked"):
        data = decay_simulation("annihilation", 1, 40, 1000.0, 0.5, replicas=4, seed=1)
    theory = decay_theory("annihilation", 1, 40, 1000.0, 0.5)
    horizon = 10.0**2 / 0.5
    assert (np.isnan(theory.density_theory) == (theory.time > horizon)).all()
    assert np.isfinite(data.density_simulation).all()
    assert np.isnan(data.local_exponent_simulation[-1])
    assert np.isfinite(data.local_exponent_simulation[0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        decay_simulation("annihilation", 1, 400, 100.0, 0.5, replicas=2, seed=1)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: annihilation_density([1.0], 4), "dimension must be 1, 2 or 3"),
        (lambda: annihilation_density([1.0], 1, 0.0), r"density must lie in \(0, 1\]"),
        (lambda: annihilation_density([-1.0], 1), "time must be finite and not negative"),
        (lambda: annihilation_density([0.0], 2), "time must be positive"),
        (lambda: diffusion_constant(1, 0.0), "hop_rate must be positive"),
        (lambda: decay_theory("two-species", 1, 100, 10.0, 0.6), "must sum to at most 1"),
        (lambda: decay_theory("annihilation", 1, 100, 10.0, 0.6, 0.1), "applies to two-species alone"),
        (lambda: decay_theory("annihilation", 3, 1000, 10.0, 0.5), "at most 67108864 sites"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
