"""The Hubbard model: the dimer, published energies, Jordan-Wigner matrices, Bethe's ansatz, the infinite ring, wrong input."""

import math

import pytest

from phasebook import quantum
from phasebook.quantum.kronecker_products import kronecker_hubbard, lowest_energies


@pytest.mark.parametrize("interaction", [0.0, 1.3, -2.0, 40.0])
def test_dimer_has_its_closed_form(interaction: float) -> None:
    ring = quantum.hubbard_ring(2, interaction, 0.7)
    assert quantum.hubbard_ground_energy(ring) == pytest.approx(
        quantum.hubbard_dimer_energy(0.7, interaction), abs=1e-12
    )


def test_ring_of_six_has_its_published_energy() -> None:
    assert quantum.hubbard_ground_energy(quantum.hubbard_ring(6, 4.0)) == pytest.approx(-3.668706178873, abs=1e-9)


def test_free_ring_fills_its_lowest_levels() -> None:
    # Momenta 0, ±2π/6 of each spin: −2 − 2·1 each.
    assert quantum.hubbard_ground_energy(quantum.hubbard_ring(6, 0.0)) == pytest.approx(-8.0, abs=1e-10)


@pytest.mark.parametrize(("sites", "up", "down"), [(3, 2, 1), (4, 2, 2), (5, 3, 2), (5, 1, 3), (6, 4, 2)])
def test_any_filling_has_the_energy_of_jordan_wigner_matrices(sites: int, up: int, down: int) -> None:
    bonds = (*quantum.ring_bonds(sites), (0, 2))
    model = quantum.HubbardModel(sites, bonds, 1.1, 3.3, up, down)
    exact = lowest_energies(kronecker_hubbard(model))[0]
    assert quantum.hubbard_ground_energy(model) == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize(("sites", "interaction"), [(6, 0.5), (6, 4.0), (6, 20.0), (10, 4.0)])
def test_bethe_ansatz_has_the_half_filled_ring_s_energy(sites: int, interaction: float) -> None:
    exact = quantum.hubbard_ground_energy(quantum.hubbard_ring(sites, interaction))
    assert quantum.lieb_wu_ring_energy(sites, interaction) == pytest.approx(exact, abs=1e-9)


def test_infinite_ring_has_its_published_energies() -> None:
    assert quantum.lieb_wu_energy(4.0) == pytest.approx(-0.573729367898, abs=1e-11)
    assert quantum.lieb_wu_energy(8.0) == pytest.approx(-0.327530534380, abs=1e-11)
    # Strong repulsion is the spin chain of coupling 4/U, of energy −ln 2 a site beside its classical value.
    assert quantum.lieb_wu_energy(100.0) == pytest.approx(-4 * math.log(2) / 100, rel=3e-3)
    assert quantum.lieb_wu_energy(0.02) == pytest.approx(-4 / math.pi + 0.02 / 4, rel=1e-4)


@pytest.mark.parametrize("interaction", [1.0, 4.0, 8.0, 20.0])
def test_densities_and_large_rings_have_the_infinite_ring_s_energy(interaction: float) -> None:
    energy = quantum.lieb_wu_energy(interaction)
    assert quantum.lieb_wu_density_energy(interaction) == pytest.approx(energy, abs=1e-10)


def test_energy_of_rings_grows_to_the_infinite_one_as_the_inverse_square() -> None:
    excess = [quantum.lieb_wu_energy(4.0) - quantum.lieb_wu_ring_energy(sites, 4.0) / sites for sites in (30, 62)]
    assert excess[0] / excess[1] == pytest.approx((62 / 30) ** 2, rel=0.05)


def test_wrong_models_are_refused() -> None:
    with pytest.raises(ValueError, match="up must be an integer from 0 to 4"):
        quantum.HubbardModel(4, quantum.ring_bonds(4), 1.0, 1.0, 5, 1)
    with pytest.raises(ValueError, match="interaction must be finite"):
        quantum.hubbard_ring(4, math.nan)
    with pytest.raises(ValueError, match="bonds must join"):
        quantum.HubbardModel(2, ((0, 2),), 1.0, 1.0, 1, 1)
    with pytest.raises(quantum.ProblemTooLargeError, match="20 sites with 10 up and 10 down needs about"):
        quantum.hubbard_ground_energy(quantum.hubbard_ring(20, 4.0))
    with pytest.raises(ValueError, match="interaction must lie"):
        quantum.lieb_wu_energy(0.0)
    with pytest.raises(ValueError, match="sites must be 6, 10, 14"):
        quantum.lieb_wu_ring_energy(8, 4.0)
