"""Pauli sums, states and chains beside brute force; rates, cones and rays; bad input."""

import numpy as np
import pytest
from scipy import linalg, sparse
from scipy.special import jv

from phasebook import quantum
from phasebook.quantum.cumulants import KINDS
from phasebook.quantum.pauli_sums import masks, rows_of
from phasebook.quantum.typical_state import propagate, root_mean_square_commutators

PAULI = {"I": np.eye(2), "X": np.array([[0, 1], [1, 0]]), "Y": np.array([[0, -1j], [1j, 0]]), "Z": np.diag([1, -1])}
Z, X = (lambda site, time=0.0, letter=letter: quantum.SpinObservable(letter, site, time) for letter in "ZX")


def kronecker(word):
    total = np.eye(1)
    for letter in word:
        total = np.kron(total, PAULI[letter])
    return total


def words(count, sites, seed=0):
    generator = np.random.default_rng(seed)
    return ["".join(generator.choice(list("IXYZ"), sites)) for _ in range(count)], generator.normal(size=count)


def brute_moment(hamiltonian, density, product):
    matrix, total = quantum.dense_matrix(hamiltonian), density
    for each in product:
        word = "".join(each.letter if site == each.site else "I" for site in range(hamiltonian.sites))
        moves = linalg.expm(1j * each.time * matrix)
        total = total @ moves @ kronecker(word) @ moves.conj().T
    return complex(np.trace(total))


def gibbs(hamiltonian, beta):
    density = linalg.expm(-beta * quantum.dense_matrix(hamiltonian))
    return density / np.trace(density)


def random_products(sites, count, seed, longest=4):
    generator = np.random.default_rng(seed)
    for _ in range(count):
        size = generator.integers(1, longest + 1)
        yield [
            quantum.SpinObservable(
                str(generator.choice(list("XYZ"))),
                int(generator.integers(sites)),
                float(generator.choice([0.0, 0.7, 1.3])),
            )
            for _ in range(size)
        ]


def test_pauli_sums_are_kronecker_products():
    texts, values = words(12, 4)
    operator = quantum.pauli_sum(zip(values, texts, strict=True))
    expected = sum(value * kronecker(text) for value, text in zip(values, texts, strict=True))
    assert np.allclose(quantum.dense_matrix(operator), expected, atol=1e-14)
    vectors = np.random.default_rng(1).normal(size=(16, 3)) + 1j
    assert np.allclose(operator @ vectors, expected @ vectors, atol=1e-13)
    assert np.allclose(operator @ vectors[:, 0], expected @ vectors[:, 0], atol=1e-13)
    assert operator.is_hermitian()
    assert len(masks(operator)[0]) == len(set(texts))


def test_products_of_strings_keep_their_phases():
    texts, _ = words(20, 3, seed=2)
    for first in texts[:10]:
        for second in texts[10:]:
            product = quantum.pauli_string(first, 3) @ quantum.pauli_string(second, 3)
            expected = kronecker(first) @ kronecker(second)
            assert np.allclose(quantum.dense_matrix(quantum.PauliSum(3, (product,))), expected, atol=1e-15)
            assert np.allclose(rows_of(product, np.eye(8)), expected, atol=1e-15)


def test_words_and_factors_name_the_same_operator():
    first, second = quantum.pauli_sum([(2.0, "IXZ")]), quantum.pauli_sum([(2.0, "X1 Z2")])
    assert first == second
    assert quantum.pauli_sum([(1.0, "XI"), (-1.0, "XI")]).strings == ()
    assert quantum.mixed_field_chain(3, periodic=True).sites == 3
    assert not quantum.pauli_sum([(1.0, "X0 Y1")]).is_real
    assert np.allclose(np.linalg.eigvalsh(quantum.dense_matrix(quantum.xxz_chain(2))), [-0.75, 0.25, 0.25, 0.25])


@pytest.mark.parametrize("own_density", [False, True])
def test_moments_at_all_times_are_those_of_brute_force(own_density):
    hamiltonian = quantum.mixed_field_chain(3)
    if own_density:
        generator = np.random.default_rng(3)
        density = generator.normal(size=(8, 8)) + 1j * generator.normal(size=(8, 8))
        density = density @ density.conj().T / np.trace(density @ density.conj().T)
        state = quantum.state_of_density(density, hamiltonian)
    else:
        density, state = gibbs(hamiltonian, 0.3), quantum.thermal_state(hamiltonian, 0.3)
    for product in random_products(3, 30, seed=4):
        assert state.moment(product) == pytest.approx(brute_moment(hamiltonian, density, product), abs=1e-12)


def test_many_times_at_once_are_the_same():
    state, times = quantum.thermal_state(quantum.mixed_field_chain(4), 0.3), (0.0, 0.4, 1.1)
    for product in (
        [Z(0), Z(2, times)],
        [Z(0), X(1, times), Z(2, times), X(0)],
        [Z(0), Z(2, times), X(0), Z(2, times)],
    ):
        together = np.broadcast_to(state.moment(product), 3)
        for place, time in enumerate(times):
            alone = state.moment([each if each.time == 0.0 else each.at(time) for each in product])
            assert together[place] == pytest.approx(alone, abs=1e-13)


def test_a_hamiltonian_with_y_and_matrices_of_ones_own():
    terms = [(0.7, "X0 Y1"), (0.3, "Y1 Z2"), (0.5, "Z0"), (-0.4, "X2")]
    hamiltonian = quantum.pauli_sum(terms, 3)
    for given in (hamiltonian, quantum.dense_matrix(hamiltonian), quantum.sparse_matrix(hamiltonian)):
        state = quantum.thermal_state(given, 0.8)
        for product in random_products(3, 6, seed=5):
            assert state.moment(product) == pytest.approx(
                brute_moment(hamiltonian, gibbs(hamiltonian, 0.8), product), abs=1e-12
            )


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", [2, 3, 4, 5])
def test_nothing_is_correlated_at_infinite_temperature(kind, order):
    state = quantum.thermal_state(quantum.mixed_field_chain(5), 0.0)
    product = quantum.moved_product("ZXYZZ"[:order], order - 1, 3)
    assert abs(quantum.cumulant(kind, state.moment, product)) < 1e-14


def test_the_order_of_operators_shows():
    state = quantum.thermal_state(quantum.mixed_field_chain(3), 0.0)
    product = quantum.observables("ZXY", [0, 0, 0])
    assert quantum.classical_cumulant(state.moment, product) == pytest.approx(1j, abs=1e-14)


def test_the_reference_chain():
    state = quantum.thermal_state(quantum.mixed_field_chain(9), 0.3)
    found = quantum.cumulant_decay(state.moment, lambda x: quantum.moved_product("ZZ", 1, x), range(1, 6))
    assert np.allclose(found, [0.256908, 0.0704196, 0.0193050, 0.00529280, 0.00145159], rtol=3e-6)
    assert quantum.fit_rate(range(1, 6), found).ratio == pytest.approx(0.2741, abs=5e-5)


def test_two_moved_observables_stay_correlated_freely():
    values = {}
    for beta in (0.0, 0.3):
        state = quantum.thermal_state(quantum.mixed_field_chain(9, periodic=True), beta)
        values[beta] = [quantum.free_cumulant(state.moment, (Z(0), X(x), Z(0), X(x))).real for x in range(1, 5)]
    assert np.allclose(values[0.0], 1.0, atol=1e-14)
    assert np.allclose(values[0.3], [0.8765, 0.8782, 0.8786, 0.8787], atol=6e-5)


@pytest.mark.parametrize(
    ("arguments", "rate"),
    [((0.3,), 0.2741), ((0.15,), 0.1469), ((0.3, 1.0, 0.9, 0.0), 0.2850), ((0.4, 1.0, 0.0, 0.3), 0.3682)],
)
def test_transfer_matrices_in_imaginary_time_give_the_chains_rates(arguments, rate):
    found = quantum.ising_decay_rate(*arguments)
    assert found.value == pytest.approx(rate, abs=6e-5)
    assert found.error < 1e-9


def test_the_critical_chain_at_low_temperature_has_the_conformal_rate():
    # ξ = v β 4/π with v = 2J: e^(-π/(8β)), the dimension of Z being 1/8.
    found = quantum.ising_decay_rate(4.0, 1.0, 1.0, 0.0)
    assert found.value == pytest.approx(np.exp(-np.pi / 32), abs=3e-3)


def test_antiferromagnets_alternate():
    model = quantum.clustering_model("mixed-field", 9, 0.3, coupling=-1.0)
    fitted = model.rate(2, model.cumulants(2, "classical"))
    assert fitted.ratio == pytest.approx(model.exact_rate(), abs=1e-3)
    assert fitted.ratio < 0


def test_free_fermions_are_spins():
    sites, beta, field = 6, 0.7, 0.2
    terms = [(0.25, f"{letter}{i} {letter}{i + 1}") for i in range(sites - 1) for letter in "XY"]
    state = quantum.thermal_state(quantum.pauli_sum([*terms, *[(-field, f"Z{i}") for i in range(sites)]], sites), beta)
    chain = quantum.xx_fermions(sites, beta, 1.0, -2 * field)
    for places in (
        [(1, 0.3), (4, 0.9), (2, 1.7), (5, 2.2)],
        [(2, 0.0), (2, 0.0), (2, 0.0), (4, 0.6)],
        [(3, 1.0), (3, 0.0), (2, 0.0)],
    ):
        densities = [quantum.Density(*place) for place in places]
        spins = [Z(*place) for place in places]
        for kind in KINDS:
            expected = quantum.cumulant(kind, state.moment, spins)
            found = chain.cumulant(kind, densities) * (-2) ** len(places)
            assert found == pytest.approx(expected, abs=1e-13)
            assert quantum.cumulant(kind, chain.moment, densities) == pytest.approx(
                chain.cumulant(kind, densities), abs=1e-14
            )
    law = chain.occupation_law([1, 2, 5])
    triple = chain.moment([quantum.Density(site) for site in (1, 2, 5)])
    assert law[7] == pytest.approx(triple.real, abs=1e-14)
    hopping = 0.5 * (np.eye(sites, k=1) + np.eye(sites, k=-1))
    same = quantum.thermal_fermions(hopping, beta, -2 * field)
    assert same.moment([quantum.Density(1), quantum.Density(3, 0.5)]) == pytest.approx(
        chain.moment([quantum.Density(1), quantum.Density(3, 0.5)]), abs=1e-14
    )


def test_spins_at_infinite_temperature_spread_like_bessel_functions():
    times = np.linspace(0, 40, 21)
    chain = quantum.xx_fermions(200, 0.0)
    for x in (0, 3, 17):
        found = 4 * chain.classical_cumulant([quantum.Density(100), quantum.Density(100 + x, tuple(times))])
        assert np.allclose(found, jv(x, times) ** 2, atol=1e-12)


def test_densities_fall_by_the_fermi_functions_pole():
    # At half filling every other distance vanishes by particle-hole symmetry.
    chain = quantum.xx_ring_fermions(400, 2.0)
    far = [chain.classical_cumulant([quantum.Density(0), quantum.Density(x)]).real for x in (9, 11)]
    assert far[1] / far[0] == pytest.approx(quantum.xx_decay_rate(2.0) ** 2, rel=1e-3)
    assert abs(chain.classical_cumulant([quantum.Density(0), quantum.Density(1), quantum.Density(3)])) < 1e-15


def test_classical_chains():
    chain = quantum.TransferChain(0.4, 0.3)
    assert chain.decay_rate == pytest.approx(0.316434491953, abs=1e-12)
    ring, spins = quantum.TransferChain(0.4, 0.3, ring=5), np.array(np.meshgrid(*[[1, -1]] * 5)).reshape(5, -1)
    weights = np.exp(0.4 * (spins * np.roll(spins, 1, axis=0)).sum(axis=0) + 0.3 * spins.sum(axis=0))
    for sites in ((0,), (0, 2), (4, 0, 0, 3), (1, 2, 4)):
        expected = (weights * spins[list(sites)].prod(axis=0)).sum() / weights.sum()
        assert ring.moment(sites) == pytest.approx(expected, abs=1e-14)
    draws = chain.draws(4, 40_000, seed=1)
    products = draws[:, 0] * draws[:, 3]
    assert products.mean() == pytest.approx(chain.moment((0, 3)).real, abs=5 / 200)
    assert draws.mean() == pytest.approx(chain.magnetization, abs=5 / 200)


def test_what_does_not_cluster_is_told():
    ups, downs = lambda product: 1.0, lambda product: (-1.0) ** len(product)
    moment = quantum.mixture_moment(ups, downs)
    two = [quantum.classical_cumulant(moment, (0, x)) for x in range(1, 9)]
    four = [quantum.classical_cumulant(moment, (0, 0, 0, x)) for x in range(1, 9)]
    assert two == [1.0] * 8
    assert four == [-2.0] * 8
    assert quantum.same_rate(range(1, 9), np.array(two), np.array(four)).verdict == "hypothesis fails"


@pytest.mark.parametrize(("factor", "verdict"), [(0.3, "same rate"), (0.4, "slower"), (0.2, "faster")])
def test_verdicts_of_rates(factor, verdict):
    x = np.arange(1, 9)
    assert quantum.same_rate(x, 0.3**x, 0.5 * factor**x).verdict == verdict


def test_typical_states_agree_with_all_energies():
    hamiltonian = quantum.mixed_field_chain(8)
    exact, typical = (
        quantum.thermal_state(hamiltonian, 0.3),
        quantum.typical_state(hamiltonian, 0.3, vectors=48, seed=3),
    )
    scores = []
    for product in random_products(8, 24, seed=6):
        found = typical.estimate(typical.moment(product))
        scores.append(abs(found.value - exact.moment(product)) / max(found.stderr, 1e-12))
    # Complex errors have a mean square of 1 in units of the whole standard error.
    assert np.sqrt(np.mean(np.square(scores))) < 1.7
    matrix = quantum.sparse_matrix(hamiltonian)
    again = quantum.typical_state(matrix, 0.3, vectors=48, seed=3)
    product = [Z(0), X(1, 0.8), Z(0)]
    assert np.allclose(again.moment(product), typical.moment(product), atol=1e-12)


def test_the_accelerators_code_agrees_with_the_processors():
    import jax

    hamiltonian, product = quantum.pauli_sum([(0.4, "X0 Y1"), (0.3, "Z1 Z2"), (0.2, "Y2")], 3), [Z(0), X(2, 0.7), Z(1)]
    here = quantum.typical_state(hamiltonian, 0.5, vectors=4, seed=1)
    with jax.enable_x64(True):
        there = quantum.typical_state(hamiltonian, 0.5, vectors=4, seed=1, backend="jax")
        assert np.allclose(there.moment(product), here.moment(product), atol=1e-13)


def test_propagation_and_commutators():
    hamiltonian = quantum.mixed_field_chain(5)
    action, matrix = quantum.action_of(hamiltonian), quantum.dense_matrix(hamiltonian)
    moves = linalg.expm(-1j * 1.3 * matrix)
    vector = np.random.default_rng(1).normal(size=(32, 2)) + 0j
    assert np.allclose(propagate(action, vector, 1.3), moves @ vector, atol=1e-12)
    first, second = kronecker("ZIIII"), moves.conj().T @ kronecker("IIIZI") @ moves
    commutator = first @ second - second @ first
    norm = quantum.commutator_norm(action, Z(0), Z(3, 1.3))
    assert norm == pytest.approx(np.linalg.norm(commutator, 2), rel=2e-3)
    lengths = root_mean_square_commutators(action, Z(0), "Z", [3], 1.3, np.eye(32, dtype=complex))
    assert np.sqrt((lengths**2).sum()) == pytest.approx(np.linalg.norm(commutator), rel=1e-10)


def test_ray_averages_of_bessel_functions():
    table = {
        0.0: [0.041763, 0.012663, 0.003717],
        0.3: [0.041080, 0.012580, 0.003723],
        0.9: [0.081868, 0.024100, 0.007357],
    }
    durations = np.array([50.0, 200.0, 800.0])
    for velocity, expected in table.items():
        times, weights = quantum.ray_nodes(velocity, durations)
        totals = np.cumsum(weights * jv(np.floor(velocity * times), times) ** 2)
        assert np.allclose(totals[np.searchsorted(times, durations) - 1] / durations, expected, atol=6e-7)
    chain = quantum.xx_ring_fermions(160, 0.0)
    found = quantum.ray_average(chain, [0], 0.3, [50.0])
    assert 4 * found[0] == pytest.approx(table[0.3][0], abs=1e-6)


def test_hamiltonians_come_back_from_files(tmp_path):
    hamiltonian = quantum.mixed_field_chain(4)
    quantum.write_hamiltonian(hamiltonian, tmp_path / "own.csv")
    assert quantum.read_hamiltonian(tmp_path / "own.csv") == hamiltonian
    sparse.save_npz(tmp_path / "own.npz", quantum.sparse_matrix(hamiltonian))
    assert abs(quantum.read_hamiltonian(tmp_path / "own.npz") - quantum.sparse_matrix(hamiltonian)).max() == 0
    np.save(tmp_path / "state.npy", gibbs(hamiltonian, 0.3))
    assert np.allclose(quantum.read_density(tmp_path / "state.npy"), gibbs(hamiltonian, 0.3))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        ("-1,ZZ\n1j,XX\n", "must be Hermitian; a coefficient has the imaginary part 1"),
        ("a,ZZ\n", "line 1: the coefficient must be a number; got 'a'"),
        ("1,ZZ\n1,ZZZ\n", "must have 3 letters; got 'ZZ'"),
        ("1,__import__('os')\n", "a Pauli string is a word like XIZ"),
        ("1\n", "line 1: a term is coefficient,string; got 1 cells"),
        ("", "terms must hold at least one"),
    ],
)
def test_files_without_a_hamiltonian_are_refused(tmp_path, content, message):
    (tmp_path / "own.csv").write_text(content)
    with pytest.raises(ValueError, match=message.replace("(", r"\(").replace(")", r"\)")):
        quantum.read_hamiltonian(tmp_path / "own.csv")


def test_matrices_that_are_no_state_are_refused(tmp_path):
    with pytest.raises(quantum.OperatorError, match=r"trace 1; it deviates by 0\.5"):
        quantum.state_of_density(np.diag([1.0, 0.5]))
    with pytest.raises(quantum.OperatorError, match=r"positive; its lowest eigenvalue is -0\.5"):
        quantum.state_of_density(np.diag([1.5, -0.5]))
    with pytest.raises(quantum.OperatorError, match=r"Hermitian; it deviates from its adjoint by 0\.2"):
        quantum.state_of_density(np.array([[0.5, 0.2], [0.0, 0.5]]))
    with pytest.raises(quantum.OperatorError, match="power of two rows, 2\\^sites; got 3"):
        quantum.state_of_density(np.eye(3) / 3)
    with pytest.raises(quantum.OperatorError, match="of the Hamiltonian's 3 sites; got 1"):
        quantum.state_of_density(np.eye(2) / 2, quantum.mixed_field_chain(3))
    with pytest.raises(ValueError, match="time must be 0 for a state that was given without a Hamiltonian"):
        quantum.state_of_density(np.eye(2) / 2).moment([Z(0, 1.0)])
    np.save(tmp_path / "state.npy", np.eye(2))
    with pytest.raises(ValueError, match="trace 1"):
        quantum.read_density(tmp_path / "state.npy")
    sparse.save_npz(tmp_path / "own.npz", sparse.csr_array(np.array([[0.0, 1.0], [0.0, 0.0]])))
    with pytest.raises(ValueError, match="must be Hermitian; it deviates"):
        quantum.read_hamiltonian(tmp_path / "own.npz")


def test_wrong_input_to_chains():
    with pytest.warns(quantum.ThermalWarning, match=r"inverse_temperature -0\.1 is negative"):
        quantum.thermal_state(quantum.mixed_field_chain(2), -0.1)
    with pytest.raises(quantum.LatticeTooLarge, match="at most 12 sites; got 13: use typical_state"):
        quantum.thermal_state(quantum.mixed_field_chain(13), 0.1)
    with pytest.raises(quantum.LatticeTooLarge, match="at most 22 sites; got 23: use free fermions"):
        quantum.typical_state(quantum.mixed_field_chain(23), 0.1)
    with pytest.raises(ValueError, match="must be Hermitian; a coefficient has the imaginary part"):
        quantum.thermal_state(quantum.pauli_sum([(1j, "XX")]), 0.1)
    with pytest.raises(IndexError, match="site must be from 0 to 2 on 3 sites; got 3"):
        quantum.thermal_state(quantum.mixed_field_chain(3), 0.1).moment([Z(3)])
    with pytest.raises(IndexError, match="site must be from 0 to 3; got 4"):
        quantum.xx_fermions(4, 0.1).moment([quantum.Density(4)])
    with pytest.raises(ValueError, match="distance must not be 0: the moved observable's support must be disjoint"):
        quantum.moved_product("ZXZ", 2, 0)
    with pytest.raises(quantum.OperatorError, match="vectors must have 8 components on 3 sites"):
        quantum.mixed_field_chain(3) @ np.ones(4)
    with pytest.raises(ValueError, match="vectors must be at least 2"):
        quantum.typical_state(quantum.mixed_field_chain(3), 0.1, vectors=1)
    with pytest.raises(ValueError, match="letter must be X, Y or Z"):
        quantum.SpinObservable("Q", 0)
    with pytest.raises(ValueError, match="durations must be positive and ascending"):
        quantum.ray_nodes(0.3, [2.0, 1.0])


def test_rates_of_what_vanishes_are_undefined():
    state = quantum.thermal_state(quantum.mixed_field_chain(8, longitudinal=0.0), 0.3)
    odd = quantum.cumulant_decay(state.moment, lambda x: quantum.moved_product("ZXZZ", 2, x), range(1, 8))
    with pytest.raises(quantum.RateUndefined, match="below 1e-12 at distance 1, which a symmetry"):
        quantum.fit_rate(range(1, 8), odd)
    with pytest.raises(quantum.RateUndefined, match="needs at least 3 distances"):
        quantum.fit_rate(range(1, 5), 0.3 ** np.arange(1, 5))
    with pytest.raises(quantum.RateUndefined, match="nothing is correlated"):
        quantum.clustering_model("mixed-field", 8, 0.0).exact_rate()
