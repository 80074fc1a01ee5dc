"""Spins 1/2 diagonalized sector by sector: published values, Kronecker products, Bethe's ansatz, free fermions, wrong input."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook import quantum
from phasebook.quantum.kronecker_products import kronecker_bilinear_chain, kronecker_spins, lowest_energies

# Exact or published to the digits given: E0(6) = −(2 + √13)/2; the others are those of arXiv 2510.05228's reference problems.
RINGS = {4: -2.0, 6: -(2 + math.sqrt(13)) / 2, 12: -5.387390917445}


@pytest.mark.parametrize(("sites", "energy"), RINGS.items())
def test_ring_has_its_published_energy(sites: int, energy: float) -> None:
    assert quantum.ground_energy(quantum.heisenberg_ring(sites)) == pytest.approx(energy, abs=1e-9)


def test_chain_and_torus_have_their_published_energies() -> None:
    assert quantum.ground_energy(quantum.heisenberg_chain(16)) == pytest.approx(-6.911737145575, abs=1e-9)
    assert quantum.ground_energy(quantum.heisenberg_torus(4, 4)) / 16 == pytest.approx(-0.701780200527, abs=1e-9)


def test_first_excitation_is_a_triplet() -> None:
    low = quantum.low_states(quantum.heisenberg_ring(12), 4)
    assert low.gap == pytest.approx(0.355847513703, abs=1e-9)
    assert sorted(low.magnetizations[1:]) == [-1, 0, 1]
    assert low.degeneracy == 1


@pytest.mark.parametrize("sites", [8, 12])
def test_dimer_point_has_two_exact_ground_states(sites: int) -> None:
    low = quantum.low_states(quantum.frustrated_ring(sites), 3)
    assert low.degeneracy == 2
    assert low.energies[0] == pytest.approx(-3 * sites / 8, abs=1e-10)


@pytest.mark.parametrize("sites", [3, 6, 8])
def test_aklt_chain_has_four_ground_states(sites: int) -> None:
    low = quantum.chain_low_states(quantum.aklt_chain(sites), 5)
    assert low.energies[:4] == pytest.approx(-2 / 3 * (sites - 1), abs=1e-9)
    assert low.degeneracy == 4
    assert low.gap > 0.3


def test_ferromagnet_is_found_in_its_largest_sectors() -> None:
    low = quantum.low_states(quantum.heisenberg_ring(6, -1.0, 1.3), 3)
    assert low.degeneracy == 2
    assert set(low.magnetizations[:2]) == {-3, 3}
    assert quantum.ground_energy(quantum.heisenberg_ring(6, -1.0)) == pytest.approx(-1.5)


@pytest.mark.parametrize("anisotropy", [-0.9, -0.5, 0.0, 0.3, 1.0, 1.2, 5.0])
@pytest.mark.parametrize("sites", [4, 6, 12])
def test_bethe_ansatz_has_the_ring_s_energy(sites: int, anisotropy: float) -> None:
    diagonalized = quantum.ground_energy(quantum.heisenberg_ring(sites, anisotropy=anisotropy))
    assert quantum.bethe_ring_energy(sites, anisotropy) == pytest.approx(diagonalized, abs=1e-10)


def test_corrections_have_central_charge_one() -> None:
    infinite = 0.25 - math.log(2)
    scaled = [12 * n**2 * (infinite - quantum.bethe_ring_energy(n) / n) / math.pi**2 for n in (8, 12, 16, 400)]
    assert scaled[:3] == pytest.approx([1.0302, 1.0158, 1.0105], abs=5e-5)
    assert scaled == sorted(scaled, reverse=True)
    assert 1 < scaled[3] < 1.002


def test_ising_ring_is_free_fermions() -> None:
    for sites, coupling, field in ((12, 1.0, 1.0), (7, 1.0, 0.6), (8, 0.8, 1.5)):
        even, odd = quantum.ising_ring_energies(sites, coupling, field)
        low = quantum.low_states(quantum.ising_ring(sites, coupling, field), 2)
        assert low.energies == pytest.approx([even, odd], abs=1e-10)
    even, odd = quantum.ising_ring_energies(12)
    assert even == pytest.approx(-2 / math.sin(math.pi / 24), abs=1e-12)
    assert odd - even == pytest.approx(2 * math.tan(math.pi / 48), abs=1e-12)


def test_open_chains_are_free_fermions() -> None:
    couplings, fields = (0.7, 1.1, 0.4, 1.6), (0.5, 1.2, 0.3, 0.9, 1.0)
    bonds = tuple((site, site + 1) for site in range(4))
    ising = tuple(-4 * each for each in couplings)
    lattice = quantum.SpinLattice(5, bonds, (0.0,) * 4, ising, transverse=tuple(2 * each for each in fields))
    low = quantum.low_states(lattice, 2)
    assert low.energies[0] == pytest.approx(quantum.ising_chain_energy(couplings, fields), abs=1e-12)
    assert low.gap == pytest.approx(quantum.ising_chain_modes(couplings, fields)[0], abs=1e-12)
    thermal = quantum.thermal_values(quantum.full_spectrum(lattice), 0.8)
    assert thermal.energy == pytest.approx(quantum.ising_chain_energy(couplings, fields, 0.8), abs=1e-12)
    flip = quantum.SpinLattice(5, bonds, couplings, (0.0,) * 4)
    assert quantum.ground_energy(flip) == pytest.approx(quantum.xx_chain_energy(couplings), abs=1e-12)


@pytest.mark.parametrize("sites", [5, 7, 8, 10])
def test_xx_ring_is_free_fermions(sites: int) -> None:
    ring = quantum.heisenberg_ring(sites, anisotropy=0.0)
    assert quantum.xx_ring_energy(sites) == pytest.approx(quantum.ground_energy(ring), abs=1e-11)


numbers = st.floats(-2, 2, allow_nan=False)


@st.composite
def lattices(draw: st.DrawFn) -> quantum.SpinLattice:
    sites = draw(st.integers(2, 6))
    pairs = st.tuples(st.integers(0, sites - 1), st.integers(0, sites - 1)).filter(lambda pair: pair[0] != pair[1])
    bonds = draw(st.lists(pairs, min_size=1, max_size=7))
    each_bond = st.tuples(*[numbers] * len(bonds))
    each_site = st.one_of(st.just(()), st.tuples(*[numbers] * sites))
    return quantum.SpinLattice(sites, tuple(bonds), draw(each_bond), draw(each_bond), draw(each_site), draw(each_site))


@settings(max_examples=40, deadline=None)
@given(lattices())
def test_any_lattice_has_the_energies_of_its_kronecker_products(lattice: quantum.SpinLattice) -> None:
    exact = np.linalg.eigvalsh(kronecker_spins(lattice).toarray())
    found = np.sort(quantum.full_spectrum(lattice).energies)
    assert found == pytest.approx(exact, abs=1e-10)
    assert quantum.ground_energy(lattice) == pytest.approx(exact[0], abs=1e-10)
    count = min(3, exact.size)
    assert quantum.low_states(lattice, count).energies == pytest.approx(exact[:count], abs=1e-10)


def test_lanczos_agrees_with_arpack_on_sectors_that_are_not_dense() -> None:
    bonds = (*quantum.ring_bonds(11), (0, 4), (2, 9))
    exchange = tuple(0.5 + 0.1 * bond for bond in range(13))
    lattice = quantum.SpinLattice(11, bonds, exchange, (0.3,) * 13, longitudinal=(0.4,) * 11)
    exact = lowest_energies(kronecker_spins(lattice), 4)
    assert quantum.low_states(lattice, 4).energies == pytest.approx(exact, abs=1e-9)


@pytest.mark.parametrize(("twice_spin", "sites"), [(1, 5), (2, 4), (3, 3)])
def test_bilinear_chains_have_the_energies_of_their_kronecker_products(twice_spin: int, sites: int) -> None:
    chain = quantum.BilinearChain(sites, 0.7, -0.4, twice_spin)
    exact = lowest_energies(kronecker_bilinear_chain(sites, 0.7, -0.4, twice_spin), 5)
    assert quantum.chain_low_states(chain, 5).energies == pytest.approx(exact, abs=1e-10)


def test_ground_state_of_four_spins_is_the_known_vector() -> None:
    energy, vector = quantum.ground_state(quantum.heisenberg_ring(4), 0.0)
    assert energy == pytest.approx(-2)
    words = quantum.sector_words(4, 0.0)
    neel = np.abs(vector[np.isin(words, [0b0101, 0b1010])])
    assert neel == pytest.approx(1 / math.sqrt(3), abs=1e-12)
    assert np.abs(vector[~np.isin(words, [0b0101, 0b1010])]) == pytest.approx(1 / math.sqrt(12), abs=1e-12)


def test_too_large_is_refused_before_memory_is_taken() -> None:
    with pytest.raises(quantum.ProblemTooLargeError, match=r"40 sites needs about [\d,]+ bytes"):
        quantum.ground_energy(quantum.heisenberg_ring(40))
    with pytest.raises(quantum.ProblemTooLargeError, match="bytes"):
        quantum.full_spectrum(quantum.heisenberg_ring(20))
    with pytest.raises(quantum.ProblemTooLargeError, match="bytes"):
        quantum.chain_low_states(quantum.aklt_chain(30))
    with pytest.raises(quantum.ProblemTooLargeError, match="bytes"):
        quantum.ground_energy(quantum.heisenberg_ring(100), 49.0)
    with pytest.raises(quantum.ProblemTooLargeError, match="bytes"):
        quantum.sector_words(40, 0.0)


@pytest.mark.parametrize(("sites", "magnetization"), [(7, 0.0), (6, 0.5), (4, 3.0), (4, 0.3)])
def test_a_sector_that_does_not_exist_is_refused(sites: int, magnetization: float) -> None:
    with pytest.raises(ValueError, match=rf"magnetization .* sites = {sites}; got {magnetization}"):
        quantum.ground_energy(quantum.heisenberg_ring(sites), magnetization)


def test_wrong_lattices_are_refused() -> None:
    with pytest.raises(ValueError, match="bonds must join"):
        quantum.SpinLattice(3, ((0, 3),), (1.0,), (1.0,))
    with pytest.raises(ValueError, match="exchange must hold 1"):
        quantum.SpinLattice(3, ((0, 1),), (), (1.0,))
    with pytest.raises(ValueError, match="transverse must hold 3"):
        quantum.SpinLattice(3, ((0, 1),), (1.0,), (1.0,), transverse=(1.0,))
    with pytest.raises(ValueError, match="sites must be an integer from 3"):
        quantum.heisenberg_ring(2)
    with pytest.raises(ValueError, match="magnetization must be None"):
        quantum.ground_energy(quantum.ising_ring(4), 0.0)
    with pytest.raises(ValueError, match="count must be"):
        quantum.low_states(quantum.heisenberg_ring(4), 0)
    with pytest.raises(ValueError, match="the gap needs more states"):
        _ = quantum.low_states(quantum.frustrated_ring(8), 2).gap
    with pytest.raises(ValueError, match="sites must be even"):
        quantum.bethe_ring_energy(7)
    with pytest.raises(ValueError, match="anisotropy above -1"):
        quantum.bethe_ring_energy(8, -1.0)


def test_a_list_of_bonds_is_read_and_refused(tmp_path) -> None:
    file = tmp_path / "bonds.csv"
    file.write_text("first,second,coupling,anisotropy\n0,1,1.5,0.5\n1,2,-1,\n")
    lattice = quantum.read_spin_lattice(file)
    assert lattice == quantum.SpinLattice(3, ((0, 1), (1, 2)), (1.5, -1.0), (0.75, -1.0))
    for text, message in (
        ("first,second\n0,1\n", "coupling is missing"),
        ("first,second,coupling\n0,x,1\n", "line 2"),
        ("first,second,coupling\n0,0,1\n", "line 2: a bond joins two"),
        ("first,second,coupling\n0,1,nan\n", "must be finite"),
        ("first,second,coupling\n", "at least one bond"),
    ):
        file.write_text(text)
        with pytest.raises(ValueError, match=message):
            quantum.read_spin_lattice(file)
    with pytest.raises(ValueError, match="names no file"):
        quantum.read_spin_lattice(tmp_path / "absent.csv")
