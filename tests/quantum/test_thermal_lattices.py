"""Thermal values: full spectra, typical states, the stochastic series expansion, and the classical Ising model."""

import math

import numpy as np
import pytest

from phasebook import quantum
from phasebook.quantum.kronecker_products import kronecker_spins, thermal_energy_of


def test_ring_of_eight_has_its_published_thermal_energy() -> None:
    ring = quantum.heisenberg_ring(8)
    values = quantum.thermal_values(quantum.full_spectrum(ring), 0.5)
    assert values.energy / 8 == pytest.approx(-0.343209299, abs=1e-9)
    assert values.energy == pytest.approx(thermal_energy_of(kronecker_spins(ring), 0.5), abs=1e-10)


def test_free_spins_have_curie_s_susceptibility() -> None:
    lattice = quantum.SpinLattice(4, ((0, 1),), (0.0,), (0.0,))
    values = quantum.thermal_values(quantum.full_spectrum(lattice), 2.0)
    assert values.susceptibility == pytest.approx(4 * 0.25 / 2)
    assert values.free_energy == pytest.approx(-2 * 4 * math.log(2))
    assert values.heat_capacity == 0


def test_heat_capacity_is_the_energy_s_derivative() -> None:
    spectrum = quantum.full_spectrum(quantum.frustrated_ring(6))
    step = 1e-5
    rise = [quantum.thermal_values(spectrum, 0.6 + sign * step).energy for sign in (-1, 1)]
    assert (rise[1] - rise[0]) / (2 * step) == pytest.approx(
        quantum.thermal_values(spectrum, 0.6).heat_capacity, rel=1e-6
    )


@pytest.mark.parametrize("temperature", [0.5, 2.0])
def test_typical_states_have_the_thermal_energy(temperature: float) -> None:
    ring = quantum.heisenberg_ring(10)
    exact = quantum.thermal_values(quantum.full_spectrum(ring), temperature).energy
    measured = quantum.typical_energy(ring, temperature, vectors=20, seed=1)
    assert measured.stderr < 0.03 * abs(exact)
    assert abs(measured.value - exact) < 4.5 * measured.stderr


def test_typical_states_of_a_ring_in_a_transverse_field() -> None:
    couplings, fields = (1.0,) * 7, (0.8,) * 8
    bonds = tuple((site, site + 1) for site in range(7))
    lattice = quantum.SpinLattice(8, bonds, (0.0,) * 7, (-4.0,) * 7, transverse=(1.6,) * 8)
    measured = quantum.typical_energy(lattice, 1.5, vectors=30, seed=2)
    assert abs(measured.value - quantum.ising_chain_energy(couplings, fields, 1.5)) < 4.5 * measured.stderr


@pytest.mark.parametrize("anisotropy", [1.0, 0.5, 0.0, -0.5, -1.0])
def test_series_has_the_thermal_energy_of_full_spectra(anisotropy: float) -> None:
    ring = quantum.heisenberg_ring(8, anisotropy=anisotropy)
    exact = quantum.thermal_values(quantum.full_spectrum(ring), 0.5)
    measured = quantum.series_expansion(ring, 0.5, sweeps=60_000, seed=3)
    assert measured.energy.stderr < 0.025
    assert abs(measured.energy.value - exact.energy) < 4 * measured.energy.stderr
    assert abs(measured.susceptibility.value - exact.susceptibility) < 4 * measured.susceptibility.stderr


def test_series_of_unequal_couplings_of_both_signs() -> None:
    bonds = ((0, 1), (1, 2), (2, 3), (3, 4), (0, 3))
    lattice = quantum.SpinLattice(5, bonds, (1.0, -0.7, 0.5, 2.0, 0.3), (0.3, 0.7, -0.5, 1.0, 0.1))
    with pytest.raises(ValueError, match="must not be frustrated"):
        quantum.series_expansion(lattice, 0.4, seed=1)
    lattice = quantum.SpinLattice(5, bonds, (1.0, -0.7, 0.5, 2.0, -0.3), (0.3, 0.7, -0.5, 1.0, 0.1))
    exact = quantum.thermal_values(quantum.full_spectrum(lattice), 0.4)
    measured = quantum.series_expansion(lattice, 0.4, sweeps=60_000, seed=4)
    assert abs(measured.energy.value - exact.energy) < 4 * measured.energy.stderr
    assert abs(measured.susceptibility.value - exact.susceptibility) < 4 * measured.susceptibility.stderr


def test_series_at_low_temperature_has_the_ground_energy() -> None:
    measured = quantum.series_expansion(quantum.heisenberg_torus(4, 4), 1 / 32, sweeps=8000, seed=5).energy
    assert abs(measured.value / 16 + 0.701780200527) < 4 * measured.stderr / 16
    assert measured.stderr / 16 < 0.0015


def test_series_takes_lattices_that_no_word_holds() -> None:
    ring = quantum.heisenberg_ring(100)
    measured = quantum.series_expansion(ring, 2.0, sweeps=2000, seed=9).energy
    # At this temperature correlations are shorter than twelve sites.
    exact = 100 / 12 * quantum.thermal_values(quantum.full_spectrum(quantum.heisenberg_ring(12)), 2.0).energy
    assert abs(measured.value - exact) < 4.5 * measured.stderr
    assert measured.stderr < 0.05 * abs(exact)


def test_series_is_the_same_for_any_number_of_threads() -> None:
    ring = quantum.heisenberg_ring(6)
    one, two = (quantum.series_expansion(ring, 0.5, sweeps=600, seed=6, threads=threads) for threads in (1, 2))
    assert one == two


def test_series_refuses_what_has_a_sign_or_other_loops() -> None:
    for lattice, message in (
        (quantum.heisenberg_ring(7), "must not be frustrated"),
        (quantum.frustrated_ring(8), "must not be frustrated"),
        (quantum.ising_ring(6), "must be zero"),
        (quantum.heisenberg_ring(6, anisotropy=1.5), "ising must not exceed exchange"),
    ):
        with pytest.raises(ValueError, match=message):
            quantum.series_expansion(lattice, 0.5, seed=1)
    with pytest.raises(ValueError, match="temperature must be positive"):
        quantum.series_expansion(quantum.heisenberg_ring(6), 0.0, seed=1)
    with pytest.raises(ValueError, match="sweeps must be an integer from 256"):
        quantum.series_expansion(quantum.heisenberg_ring(6), 1.0, sweeps=10, seed=1)


def test_ising_torus_has_its_published_energy() -> None:
    assert quantum.enumerated_energy(4, 4, 2.0) == pytest.approx(-1.755380288777, abs=1e-11)


@pytest.mark.parametrize(("width", "height"), [(3, 3), (4, 3), (3, 5), (4, 5)])
def test_enumeration_and_transfer_matrix_agree(width: int, height: int) -> None:
    for temperature in (0.7, 2.0, 5.0):
        transferred = quantum.transferred_energy(width, height, temperature)
        assert quantum.enumerated_energy(width, height, temperature) == pytest.approx(transferred, abs=1e-10)


def test_clusters_have_the_energy_of_the_enumeration() -> None:
    measured = quantum.cluster_monte_carlo(4, 2.5, measurements=40_000, seed=7).energy
    assert abs(measured.value - quantum.enumerated_energy(4, 4, 2.5)) < 4 * measured.stderr


def test_infinite_lattice_has_its_published_values() -> None:
    assert quantum.onsager_energy(2.0) == pytest.approx(-1.745564575313, abs=1e-11)
    assert quantum.onsager_magnetization(2.0) == pytest.approx(0.911319377877, abs=1e-11)
    critical = quantum.CRITICAL_TEMPERATURE
    assert critical == pytest.approx(2.269185314213, abs=1e-12)
    assert quantum.onsager_energy(critical) == pytest.approx(-math.sqrt(2), abs=1e-8)
    assert quantum.onsager_energy(0.01) == pytest.approx(-2)
    assert quantum.onsager_energy(1000.0) == pytest.approx(-2 * math.tanh(1e-3), rel=1e-5)
    assert quantum.onsager_magnetization(2.3) == 0


@pytest.mark.parametrize("temperature", [1.7, 3.1])
def test_infinite_lattice_has_the_energy_of_its_free_energy(temperature: float) -> None:
    # Onsager's double integral for ln Z, differentiated under the integral; the sum over a torus converges exponentially.
    angles = 2 * np.pi * (np.arange(400) + 0.5) / 400
    doubled = 2 / temperature
    waves = np.cos(angles)[:, None] + np.cos(angles)[None, :]
    inner = math.cosh(doubled) ** 2 - math.sinh(doubled) * waves
    slope = 4 * math.cosh(doubled) * math.sinh(doubled) - 2 * math.cosh(doubled) * waves
    assert quantum.onsager_energy(temperature) == pytest.approx(-float((slope / inner).mean()) / 2, abs=1e-9)


def test_clusters_on_a_large_torus_have_onsager_s_values() -> None:
    measured = quantum.cluster_monte_carlo(32, 2.0, measurements=4000, seed=8)
    assert abs(measured.energy.value - quantum.onsager_energy(2.0)) < 4.5 * measured.energy.stderr
    assert abs(measured.magnetization.value - quantum.onsager_magnetization(2.0)) < 4.5 * measured.magnetization.stderr


def test_wrong_sizes_are_refused() -> None:
    with pytest.raises(ValueError, match="sites must be at most 25; got 30"):
        quantum.enumerated_energy(5, 6, 2.0)
    with pytest.raises(ValueError, match="width must be an integer from 3"):
        quantum.transferred_energy(2, 5, 2.0)
    with pytest.raises(ValueError, match="temperature must be positive"):
        quantum.onsager_energy(-1.0)
    with pytest.raises(ValueError, match="vectors must be"):
        quantum.typical_energy(quantum.heisenberg_ring(4), 1.0, vectors=1, seed=1)
