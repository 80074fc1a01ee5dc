"""Rate equations of predators, prey and cyclic rivals, their lattices, and the mean field of any rules."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.engines import ExtinctRuns, simulate_lattice
from phasebook.reactions import (
    LATTICE_RULES,
    CyclicCompetition,
    PredatorPrey,
    averaged_spectrum,
    coexistence,
    cyclic_eigenvalues,
    cyclic_rates,
    cyclic_simulation,
    exchange_rate,
    lattice_model,
    mean_field_rates,
    neutral_frequency,
    oscillation_frequency,
    peak_frequency,
    predator_prey_eigenvalues,
    predator_prey_rates,
    predator_prey_simulation,
    solve_cyclic,
    solve_mean_field,
    solve_predator_prey,
    symmetric_point,
)
from phasebook.reactions.oscillation_spectrum import peak_of_spectra

RATE = st.floats(0.05, 20.0)


@settings(max_examples=60)
@given(RATE, RATE, RATE)
def test_eigenvalues_of_predators_and_prey(predation, mortality, birth):
    system = PredatorPrey(predation, mortality, birth)
    point = np.array(coexistence(system))
    scale = max(predation, mortality, birth)
    assert predator_prey_rates(system, point) == pytest.approx([0, 0], abs=1e-12 * scale)
    jacobian = np.column_stack(
        [
            predator_prey_rates(system, point + step) - predator_prey_rates(system, point - step)
            for step in np.eye(2) / 2
        ]
    )
    found = np.sort_complex(np.array(predator_prey_eigenvalues(system)))
    assert found == pytest.approx(np.sort_complex(np.linalg.eigvals(jacobian)), abs=1e-6 * scale)
    assert (found.real <= 1e-12).all()


@settings(max_examples=40)
@given(RATE, RATE)
def test_eigenvalues_of_cyclic_rivals(selection, reproduction):
    system = CyclicCompetition(selection, reproduction)
    point = np.full(3, symmetric_point(system))
    assert cyclic_rates(system, point) == pytest.approx(np.zeros(3), abs=1e-12)
    jacobian = np.column_stack(
        [cyclic_rates(system, point + step) - cyclic_rates(system, point - step) for step in np.eye(3) / 2]
    )
    scale = max(selection, reproduction)
    found = np.sort_complex(np.array(cyclic_eigenvalues(system)))
    assert found == pytest.approx(np.sort_complex(np.linalg.eigvals(jacobian)), abs=1e-9 * scale)


def test_published_numbers():
    assert coexistence(PredatorPrey(2.0)) == pytest.approx((0.25, 0.25))
    assert coexistence(PredatorPrey(0.8)) == pytest.approx((0.208333, 0.625), abs=1e-6)
    assert coexistence(PredatorPrey(0.4)) == (0.0, 1.0)
    assert oscillation_frequency(PredatorPrey(2.0)) == pytest.approx(0.599, abs=5e-4)
    assert oscillation_frequency(PredatorPrey(5.0)) == pytest.approx(0.669, abs=5e-4)
    assert neutral_frequency(PredatorPrey(2.0, 0.25, 4.0)) == 1.0
    assert exchange_rate(2e-4, 100) == pytest.approx(1.0)


def test_rate_equations_settle_or_spiral_out():
    assert solve_predator_prey(PredatorPrey(2.0), [200.0], (0.1, 0.5))[0] == pytest.approx([0.25, 0.25], abs=1e-6)
    orbit = solve_cyclic(CyclicCompetition(), np.linspace(0, 100, 401), (0.3, 0.25, 0.2))
    assert (orbit >= -1e-9).all()
    assert (orbit.sum(axis=1) <= 1 + 1e-9).all()
    assert orbit[-100:].max() > 0.95


@settings(max_examples=40)
@given(st.lists(st.floats(0.0, 1.0), min_size=3, max_size=3))
def test_mean_field_of_the_rules_is_the_rate_equations(weights):
    total = max(1.0, sum(weights))
    a, b, c = (weight / total for weight in weights)
    hunters, cycle = PredatorPrey(1.7, 0.4, 0.9), CyclicCompetition(1.3, 0.7)
    pair = np.array([a, b])
    assert mean_field_rates(hunters.lattice, pair) == pytest.approx(predator_prey_rates(hunters, pair), abs=1e-12)
    three = np.array([a, b, c])
    assert mean_field_rates(cycle.lattice(1e-4, 50), three) == pytest.approx(cyclic_rates(cycle, three), abs=1e-12)


@pytest.mark.parametrize("name", LATTICE_RULES)
def test_mean_field_holds_for_a_first_moment(name):
    """Sites are independent at time zero, so that the first change of every density is the mean field's."""
    model = lattice_model(name)
    step, densities = 0.02, np.full(len(model.species), 0.25)
    initial = dict.fromkeys(model.species, 0.25)
    runs = simulate_lattice(model, (1000, 1000), [0.0, step], initial=initial, replicas=2, seed=8)
    change = runs.densities[:, 1] - runs.densities[:, 0]
    expected = solve_mean_field(model, [step], densities)[0] - densities
    assert change.mean(axis=0) == pytest.approx(expected, abs=3e-4)


def test_lattices_differ_from_mean_field_as_is_known():
    data = predator_prey_simulation(PredatorPrey(2.0), 96, 300.0, (0.3, 0.3), replicas=3, ensemble="refuse", seed=1)
    assert data.stationary_density_simulation.values == pytest.approx([0.228, 0.328], abs=0.006)
    assert float(data.frequency_simulation) < 0.55
    crowded = predator_prey_simulation(PredatorPrey(5.0), 96, 120.0, (0.3, 0.3), replicas=2, ensemble="refuse", seed=1)
    # Were only occupied sites exchanged, predators would have a density of 0.130.
    assert crowded.stationary_density_simulation.values == pytest.approx([0.143, 0.149], abs=0.006)


def test_predators_die_out_where_mean_field_keeps_them():
    system = PredatorPrey(0.6)
    arguments = (system, 48, 600.0, (0.3, 0.3))
    assert coexistence(system)[0] > 0.1
    with pytest.raises(ExtinctRuns, match="of 3 runs have lost a species"):
        predator_prey_simulation(*arguments, replicas=3, ensemble="refuse", seed=1)
    data = predator_prey_simulation(*arguments, replicas=3, ensemble="all", seed=1)
    assert float(data.extinction_simulation) == 1.0
    assert data.density_simulation.values[-1] == pytest.approx([0.0, 1.0])


def test_spirals_grow_with_mobility():
    """And a site swings three times more slowly than the rate equations' spiral does."""
    narrow, wide = (
        cyclic_simulation(CyclicCompetition(), mobility, 256, 250.0, (0.25,) * 3, replicas=2, ensemble="refuse", seed=2)
        for mobility in (1e-5, 9e-5)
    )
    assert 1.35 < float(wide.wavelength_simulation) / float(narrow.wavelength_simulation) < 4.5
    for data in (narrow, wide):
        assert float(data.frequency_simulation) == pytest.approx(0.075, abs=0.025)
        assert data.stationary_density_simulation.values == pytest.approx([0.3] * 3, abs=0.03)


def test_the_error_of_a_peak_is_its_scatter():
    # Spectra of 60 replicas, exponential about a Lorentz line as those of noisy oscillations are; 120 such samples.
    frequency = np.linspace(0.02, 1.2, 60)
    line = 1 / ((frequency - 0.6) ** 2 + 0.05**2)
    power = line * np.random.default_rng(6).exponential(size=(120, 60, 60))
    found = [peak_of_spectra(frequency, each) for each in power]
    # The largest bin may change where one replica is left out, which makes some errors far too large: the middle one is compared.
    middle = np.median([each.stderr for each in found])
    assert np.std([each.value for each in found], ddof=1) / middle == pytest.approx(1.1, abs=0.4)


def test_rivals_are_removed_by_the_one_before():
    # A removes B, B removes C, C removes A: of B alone beside A, B falls and A grows into the room that is left.
    rates = cyclic_rates(CyclicCompetition(2.0, 1.0), np.array([0.3, 0.4, 0.0]))
    assert rates == pytest.approx([0.3 * 0.3, 0.4 * (0.3 - 2.0 * 0.3), 0.0])


def test_the_peak_of_a_noisy_wave():
    generator = np.random.default_rng(3)
    times = np.arange(0, 400, 0.5)
    waves = np.sin(0.7 * times + generator.uniform(0, 6, (6, 1))) + 0.5 * generator.normal(size=(6, times.size))
    found = peak_frequency(waves, 0.5, 100.0)
    assert found.value == pytest.approx(0.7, abs=0.01)
    frequency, power = averaged_spectrum(waves, 0.5, 100.0)
    assert power.shape == (6, frequency.size)
    with pytest.raises(ValueError, match="segment must hold at least 8 steps"):
        peak_frequency(waves, 0.5, 1000.0)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: PredatorPrey(-1.0), "predation must be positive"),
        (lambda: PredatorPrey(1.0, exchange=-1.0), "exchange must not be negative"),
        (lambda: CyclicCompetition(0.0), "selection must be positive"),
        (lambda: exchange_rate(-1e-4, 10), "mobility must not be negative"),
        (lambda: lattice_model("ising"), "name must be one of annihilation"),
        (lambda: lattice_model("annihilation", speed=1.0), "must be among those of the text"),
        (lambda: solve_predator_prey(PredatorPrey(1.0), [1.0], (0.8, 0.8)), "sum to at most 1"),
    ],
)
def test_wrong_input_is_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
