"""Partitions, cumulants of ordered operators and of sequences, and k-statistics."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from phasebook import quantum
from phasebook.quantum.cumulants import KINDS
from phasebook.quantum.partitions import classical_weights, free_weights, kreweras_complement

BELL = [1, 2, 5, 15, 52, 203, 877, 4140]
CATALAN = [1, 2, 5, 14, 42, 132, 429, 1430]
finite = st.floats(-2, 2, allow_nan=False)


def matrices(count, size=4, seed=0):
    generator = np.random.default_rng(seed)
    density = generator.normal(size=(size, size)) + 1j * generator.normal(size=(size, size))
    density = density @ density.conj().T
    density /= np.trace(density)
    operators = generator.normal(size=(count, size, size)) + 1j * generator.normal(size=(count, size, size))

    def moment(product):
        total = density
        for each in product:
            total = total @ operators[each]
        return complex(np.trace(total))

    return moment, operators, density


def test_partitions_are_counted_by_bell_and_catalan_numbers():
    assert (
        [len(quantum.all_partitions(n)) for n in range(1, 9)] == BELL == [quantum.bell_number(n) for n in range(1, 9)]
    )
    assert [len(quantum.noncrossing_partitions(n)) for n in range(1, 9)] == CATALAN
    assert [quantum.catalan_number(n) for n in range(1, 9)] == CATALAN
    assert len(set(quantum.all_partitions(6))) == BELL[5]


def test_the_first_crossing_partition_has_four_places():
    missing = set(quantum.all_partitions(4)) - set(quantum.noncrossing_partitions(4))
    assert missing == {((0, 2), (1, 3))}


@pytest.mark.parametrize("order", range(2, 9))
def test_weights_add_up_to_nothing(order):
    # A constant variable has the moments 1, and no cumulant beyond its mean.
    assert sum(weight for _, weight in classical_weights(order)) == 0
    assert sum(weight for _, weight in free_weights(order)) == 0


def test_complements_of_published_examples():
    assert kreweras_complement(((0, 1), (2, 3)), 4) == ((0,), (1, 3), (2,))
    assert kreweras_complement(((0, 1, 2, 3),), 4) == ((0,), (1,), (2,), (3,))
    assert all(len(each) + len(kreweras_complement(each, 6)) == 7 for each in quantum.noncrossing_partitions(6))


def test_known_sequences():
    coin = [0, 1] * 4
    assert quantum.free_sequence([0, 1, 0, 2, 0, 5, 0, 14]) == [0, 1, 0, 0, 0, 0, 0, 0]
    assert quantum.free_sequence(coin) == [0, 1, 0, -1, 0, 2, 0, -5]
    assert quantum.classical_sequence(coin) == [0, 1, 0, -2, 0, 16, 0, -272]
    # Free Poisson has all free cumulants 1, Poisson all classical ones.
    assert quantum.moments_of_sequence("free", [1] * 8) == CATALAN
    assert quantum.moments_of_sequence("classical", [1] * 8) == BELL


@pytest.mark.parametrize("kind", KINDS)
@given(moments=st.lists(finite, min_size=1, max_size=8))
@settings(max_examples=40, deadline=None)
def test_moments_come_back(kind, moments):
    found = (quantum.classical_sequence if kind == "classical" else quantum.free_sequence)(moments)
    back = quantum.moments_of_sequence(kind, found)
    scale = max(1.0, *map(abs, found)) ** 2
    assert np.allclose(back, moments, atol=1e-11 * scale**2, rtol=1e-9)


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("order", range(1, 7))
def test_both_roads_agree_for_operators_that_do_not_commute(kind, order):
    moment, _, _ = matrices(order)
    first = quantum.cumulant(kind, moment, tuple(range(order)))
    assert first == pytest.approx(quantum.recursive_cumulant(kind, moment, tuple(range(order))), rel=1e-11)


@pytest.mark.parametrize("kind", KINDS)
def test_means_do_not_matter_from_the_second_order_on(kind):
    moment, operators, density = matrices(5, seed=3)
    centered = [each - np.trace(density @ each) * np.eye(4) for each in operators]

    def centered_moment(product):
        total = density
        for each in product:
            total = total @ centered[each]
        return complex(np.trace(total))

    for order in range(2, 6):
        raw = quantum.cumulant(kind, moment, tuple(range(order)))
        assert quantum.cumulant(kind, centered_moment, tuple(range(order)), centered=True) == pytest.approx(
            raw, rel=1e-11
        )


def test_kinds_differ_by_the_crossing_pairs_from_order_four_on():
    moment, _, _ = matrices(4, seed=5)
    for order in (1, 2, 3):
        places = tuple(range(order))
        assert quantum.classical_cumulant(moment, places) == pytest.approx(
            quantum.free_cumulant(moment, places), rel=1e-12
        )
    difference = quantum.free_cumulant(moment, (0, 1, 2, 3)) - quantum.classical_cumulant(moment, (0, 1, 2, 3))
    crossing = quantum.classical_cumulant(moment, (0, 2)) * quantum.classical_cumulant(moment, (1, 3))
    assert difference == pytest.approx(crossing, rel=1e-10)


def test_the_order_of_operators_is_kept():
    moment, _, _ = matrices(3, seed=7)
    assert abs(quantum.classical_cumulant(moment, (0, 1, 2)) - quantum.classical_cumulant(moment, (1, 0, 2))) > 0.1


def test_nine_operators_are_refused_with_bells_number():
    with pytest.raises(ValueError, match="order must be at most 8; got 9, which has 21147 partitions"):
        quantum.classical_cumulant(lambda product: 1.0, tuple(range(9)))
    with pytest.raises(ValueError, match="order must be at least 1"):
        quantum.free_cumulant(lambda product: 1.0, ())
    with pytest.raises(ValueError, match="kind must be classical or free"):
        quantum.recursive_cumulant("boolean", lambda product: 1.0, (1,))


@pytest.mark.parametrize("moments", [[], [1.0] * 61, [float("nan")]])
def test_wrong_sequences_are_refused(moments):
    with pytest.raises(ValueError, match="moments must"):
        quantum.free_sequence(moments)


@pytest.mark.parametrize("order", [1, 2, 3, 4])
def test_k_statistics_of_one_variable_are_scipys(order):
    values = np.random.default_rng(2).exponential(size=(40, 1))
    expected = stats.kstat(values[:, 0], order)
    assert quantum.sample_cumulant("classical", np.repeat(values, order, axis=1)) == pytest.approx(expected, rel=1e-10)


def test_joint_k_statistics_are_unbiased():
    generator = np.random.default_rng(4)
    # The fourth cumulant of one coin is -2, also from ten throws.
    coins = generator.choice([-1.0, 1.0], size=(40_000, 10, 1))
    found = [quantum.sample_cumulant("classical", np.repeat(rows, 4, axis=1)) for rows in coins[:4000]]
    assert np.mean(found) == pytest.approx(-2, abs=5 * np.std(found) / np.sqrt(len(found)))


def test_bootstrap_errors_have_the_size_of_the_scatter():
    generator = np.random.default_rng(5)
    measured = [quantum.measured_cumulant("free", generator.normal(size=(400, 4)), seed=k) for k in range(60)]
    scatter = np.std([each.value for each in measured], ddof=1)
    assert np.mean([each.stderr for each in measured]) == pytest.approx(scatter, rel=0.3)


@pytest.mark.parametrize(
    ("samples", "message"),
    [
        (np.zeros((9, 5)), "order from 1 to 4"),
        (np.zeros((4, 2)), "at least 8 rows"),
        (np.full((9, 2), np.nan), "must be finite"),
        (np.zeros(9), "shape"),
    ],
)
def test_wrong_samples_are_refused(samples, message):
    with pytest.raises(ValueError, match=message):
        quantum.sample_cumulant("classical", samples)
    with pytest.raises(ValueError, match="resamples must be at least 99"):
        quantum.measured_cumulant("free", np.zeros((9, 2)), seed=0, resamples=9)


def test_samples_are_read_back(tmp_path):
    values = np.random.default_rng(1).normal(size=(20, 3))
    np.save(tmp_path / "rows.npy", values)
    np.savetxt(tmp_path / "rows.csv", values, delimiter=",", header="a,b,c", comments="", fmt="%.17g")
    assert np.array_equal(quantum.read_samples(tmp_path / "rows.npy"), values)
    assert np.allclose(quantum.read_samples(tmp_path / "rows.csv"), values, rtol=1e-15)


def test_files_that_hold_no_samples_are_refused(tmp_path):
    for name, content in (("text.csv", "a,b\n1,x\n"), ("ragged.csv", "a,b\n1,2\n3\n"), ("few.csv", "a\n1\n2\n")):
        (tmp_path / name).write_text(content)
        with pytest.raises(ValueError, match=name):
            quantum.read_samples(tmp_path / name)
    np.save(tmp_path / "objects.npy", np.array([{"a": 1}], dtype=object), allow_pickle=True)
    with pytest.raises(ValueError, match=r"objects.npy is no NumPy array of numbers"):
        quantum.read_samples(tmp_path / "objects.npy")
    with pytest.raises(ValueError, match="there is no file"):
        quantum.read_samples(tmp_path / "none.csv")
    (tmp_path / "rows.txt").write_text("1\n")
    with pytest.raises(ValueError, match=r"must end in .csv or .npy"):
        quantum.read_samples(tmp_path / "rows.txt")
