"""Replica theory: published constants and closed forms, stationarity of free energies written out again, bad inputs."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.spins import (
    DenseNetwork,
    ReplicaEquations,
    SignalLaw,
    annealed_entropy,
    dynamic_glass_temperature,
    first_recall_overlap,
    gardner_temperature,
    load_of,
    one_step_breaking,
    one_step_glass,
    paramagnet,
    plain_temperature,
    replica_symmetric,
    retrieval_branch,
    retrieval_spinodal,
    site_averages,
    static_glass_temperature,
    symmetric_capacity,
    symmetric_glass,
    thermodynamic_point,
)
from phasebook.spins.dense_network import PLAIN_SIGNAL
from phasebook.spins.glass import RANDOM_ENERGY_TEMPERATURE
from phasebook.spins.phase_lines import phase_line
from tests.spins.free_energies import hard_one_step, hopfield_one_step


@pytest.mark.parametrize(
    ("order", "load", "overlap"),
    [(2, 0.137905566, 0.967417), (3, 0.378286, 0.838482), (4, 0.395720, 0.917922), (6, 0.473039, 0.961987)],
)
def test_the_symmetric_capacity_at_zero_temperature_is_the_fold_of_its_branch(order, load, overlap):
    """Hopfield: 0.138 of Amit, Gutfreund, Sompolinsky (1985)."""
    fold = retrieval_spinodal(order, 0.0)
    assert fold.network.load == pytest.approx(load, abs=1e-6)
    assert fold.overlap == pytest.approx(overlap, abs=1e-6)
    assert symmetric_capacity(order) == pytest.approx((fold.network.load, fold.overlap), abs=1e-8)


def test_the_hopfield_capacity_with_one_step_is_that_of_steffan_and_kuehn():
    """0.138186, Z. Phys. B 95, 249 (1994)."""
    assert retrieval_spinodal(2, 0.0, breaking="1rsb").network.load == pytest.approx(0.138186, abs=1e-6)


def test_the_hopfield_transition_at_zero_temperature_is_that_of_the_founders():
    """Retrieval is the ground state up to 0.051 with symmetric replicas (Amit, Gutfreund, Sompolinsky 1987)."""
    assert thermodynamic_point(2, 0.0).network.load == pytest.approx(0.0515, abs=5e-4)


@pytest.mark.parametrize(("order", "static", "dynamic"), [(3, 0.651, 0.682), (4, 0.617, 0.678)])
def test_glass_transitions_are_the_literature_s(order, static, dynamic):
    assert static_glass_temperature(order) == pytest.approx(static, abs=6e-4)
    assert dynamic_glass_temperature(order) == pytest.approx(dynamic, abs=6e-4)


def test_for_large_order_the_glass_is_the_random_energy_model():
    assert static_glass_temperature(20) == pytest.approx(RANDOM_ENERGY_TEMPERATURE, abs=1e-6)
    frozen = one_step_glass(DenseNetwork(20, 1.0), 0.0)
    assert -frozen.energy == pytest.approx(math.sqrt(math.log(2.0)), abs=1e-4)


def test_the_three_spin_glass_breaks_further_at_gardner_s_temperature():
    """0.24 (Gardner 1985)."""
    assert gardner_temperature(3) == pytest.approx(0.240, abs=5e-4)


@pytest.mark.parametrize(("order", "energy"), [(3, -0.8135), (4, -0.8255)])
def test_ground_states_of_the_glass_with_one_step(order, energy):
    state = one_step_glass(DenseNetwork(order, 1.0), 0.0)
    assert state.energy == pytest.approx(energy, abs=5e-5)
    assert state.energy > -math.sqrt(math.log(2.0))


def test_at_the_static_transition_both_roads_agree():
    """Planted single integrals beside the general solver."""
    critical = static_glass_temperature(3)
    below = one_step_glass(DenseNetwork(3, 1.0), critical - 1e-3)
    assert below.phase == "glass"
    assert below.breakpoint == pytest.approx(1.0, abs=4e-3)
    assert one_step_glass(DenseNetwork(3, 1.0), critical + 1e-3).phase == "paramagnet"


CASES = [(3, 0.35, 0.08), (3, 0.42, 0.1), (4, 0.4, 0.1)]


@pytest.mark.parametrize(("order", "load", "temperature"), CASES)
def test_one_step_states_are_stationary_in_the_free_energy_written_out_again(order, load, temperature):
    state = one_step_breaking(DenseNetwork(order, load), temperature)
    assert state.phase == "retrieval"
    point = np.array([state.overlap, state.outer_overlap, state.self_overlap, state.breakpoint])
    value = hard_one_step(order, load, temperature, *point)
    assert state.log_partition == pytest.approx(value, abs=1e-9)
    assert _gradient(lambda x: hard_one_step(order, load, temperature, *x), point) == pytest.approx(
        np.zeros(4), abs=2e-5
    )


def test_hopfield_one_step_states_are_stationary_in_theirs():
    load, temperature = 0.13, 0.005
    state = one_step_breaking(DenseNetwork(2, load), temperature)
    point = np.array([state.overlap, state.outer_overlap, state.self_overlap, state.breakpoint])
    assert state.self_overlap - state.outer_overlap > 0.0
    assert state.log_partition == pytest.approx(hopfield_one_step(load, temperature, *point), abs=1e-4)
    glass = one_step_glass(DenseNetwork(2, 0.5), 0.8)
    point = np.array([0.0, 1e-30, glass.self_overlap, glass.breakpoint])
    assert glass.log_partition == pytest.approx(hopfield_one_step(0.5, 0.8, *point), abs=1e-9)
    assert _gradient(lambda x: hopfield_one_step(0.5, 0.8, 0.0, 1e-30, *x), point[2:]) == pytest.approx(
        np.zeros(2), abs=1e-5
    )


@pytest.mark.parametrize(
    ("solve", "order", "load", "temperature"),
    [
        (replica_symmetric, 3, 0.1, 0.6),
        (replica_symmetric, 2, 0.05, 0.4),
        (one_step_breaking, 3, 0.35, 0.08),
        (one_step_glass, 3, 1.0, 0.3),
        (one_step_glass, 2, 0.5, 0.8),
    ],
)
def test_energy_and_entropy_are_derivatives_of_the_free_energy(solve, order, load, temperature):
    step, network = 1e-4, DenseNetwork(order, load)
    here, ahead, behind = (solve(network, temperature + shift) for shift in (0.0, step, -step))
    assert here.entropy == pytest.approx((behind.free_energy - ahead.free_energy) / (2 * step), abs=1e-6)
    assert here.energy == pytest.approx(here.free_energy + temperature * here.entropy, abs=1e-12)


@pytest.mark.parametrize(("order", "load"), [(3, 0.35), (4, 0.4)])
def test_zero_temperature_is_the_limit_of_low_temperatures(order, load):
    for solve in (replica_symmetric, one_step_breaking):
        frozen, cold = (solve(DenseNetwork(order, load), temperature) for temperature in (0.0, 1e-4))
        assert cold.overlap == pytest.approx(frozen.overlap, abs=5e-5)
        assert cold.outer_overlap == pytest.approx(frozen.outer_overlap, abs=1e-4)
        assert cold.energy == pytest.approx(frozen.energy, abs=1e-6)
        assert cold.entropy == pytest.approx(frozen.entropy, abs=3e-4)
        assert cold.replicon == pytest.approx(frozen.replicon, abs=1e-3)
        assert frozen.energy == pytest.approx(frozen.free_energy, abs=1e-12)


def test_entropies_of_the_cold_glass():
    """Symmetric replicas count fewer than one state; one step of breaking mends it."""
    for order, entropy in ((3, 0.0217), (4, 0.0088)):
        network = DenseNetwork(order, 1.0)
        assert paramagnet(network, 0.3).entropy == pytest.approx(math.log(2) - 1 / 0.36, abs=1e-10)
        assert annealed_entropy(0.3) == pytest.approx(paramagnet(network, 0.3).entropy, abs=1e-12)
        assert symmetric_glass(network, 0.3).entropy < -0.1
        assert one_step_glass(network, 0.3).entropy == pytest.approx(entropy, abs=1e-4)


def test_retrieval_with_one_step_survives_beyond_the_symmetric_capacity():
    for load, overlap in ((0.40, 0.87932), (0.44, 0.80006), (0.46, 0.6911)):
        assert replica_symmetric(DenseNetwork(3, load), 0.0).phase == "glass"
        assert one_step_breaking(DenseNetwork(3, load), 0.0).overlap == pytest.approx(overlap, abs=1e-4)
    assert one_step_breaking(DenseNetwork(3, 0.47), 0.0).phase == "glass"
    assert retrieval_spinodal(3, 0.0, breaking="1rsb").network.load == pytest.approx(0.46121, abs=1e-5)


def test_replicas_break_below_the_almeida_thouless_line_only():
    [line_load] = phase_line(3, "almeida_thouless", [0.2]).loads
    below, above = (one_step_breaking(DenseNetwork(3, line_load + shift), 0.2) for shift in (-0.003, 0.003))
    assert below.self_overlap == below.outer_overlap
    assert above.self_overlap - above.outer_overlap > 1e-3


def test_a_branch_can_be_followed_around_its_fold():
    curve = retrieval_branch(3, 0.2, 0.3, 1.0)
    [fold] = curve.of_kind("fold")
    assert fold.parameter == pytest.approx(retrieval_spinodal(3, 0.2).network.load, abs=1e-9)
    assert curve.parameters[0] == pytest.approx(0.3, abs=1e-9)
    assert curve.points[:, 0].min() < fold.point[0] < curve.points[:, 0].max()


def test_two_paths_to_the_symmetric_spinodal():
    """On the branch load and temperature are explicit in the two sizes of the field: a maximum over one of them."""
    from scipy import optimize

    temperature, order = 0.4, 3
    nodes = np.linspace(-9.0, 9.0, 3001)
    weights = np.exp(-0.5 * nodes**2) / np.exp(-0.5 * nodes**2).sum()

    def overlaps(signal, variance):
        tangent = np.tanh(signal + math.sqrt(variance) * nodes)
        return weights @ tangent, weights @ tangent**2

    def load(signal):
        def misfit(variance):
            return 0.5 * order * overlaps(signal, variance)[0] ** (order - 1) / temperature - signal

        variance = optimize.brentq(misfit, 1e-9, 50.0)
        return 2.0 * temperature**2 * variance / (order * overlaps(signal, variance)[1] ** (order - 1))

    best = optimize.minimize_scalar(
        lambda signal: -load(signal), bounds=(1.2, 3.4), method="bounded", options={"xatol": 1e-9}
    )
    assert -best.fun == pytest.approx(retrieval_spinodal(order, temperature).network.load, abs=1e-8)


def test_a_signal_of_two_values_is_the_average_over_them():
    law = SignalLaw(np.array([1.5, 0.5]), np.array([0.5, 0.5]))
    mixed = site_averages(0.8, law, 0.3, 0.05, 2.0, 0.2)
    single = [site_averages(0.8 * value, PLAIN_SIGNAL, 0.3, 0.05, 2.0, 0.2) for value in law.values]
    assert mixed.magnetization == pytest.approx(np.mean([each.magnetization for each in single]), abs=1e-12)
    assert mixed.signal_overlap == pytest.approx(
        np.mean([value * each.magnetization for value, each in zip(law.values, single, strict=True)]), abs=1e-12
    )
    state = replica_symmetric(DenseNetwork(3, 0.05), 0.3, law=law)
    assert state.converged
    assert state.signal_overlap != pytest.approx(state.overlap, abs=1e-3)


@settings(max_examples=25)
@given(st.integers(3, 8), st.floats(0.01, 0.3), st.floats(0.02, 0.6))
def test_solutions_obey_bounds_and_their_equations(order, load, temperature):
    state = replica_symmetric(DenseNetwork(order, load), temperature)
    assert state.converged
    assert state.residual < 1e-10
    assert 0.0 <= state.self_overlap <= 1.0
    assert state.overlap**2 <= state.self_overlap + 1e-12
    broken = one_step_glass(DenseNetwork(order, load), temperature)
    assert 0.0 < broken.breakpoint <= 1.0 + 1e-9
    # The glass' free energy is not below the paramagnet's: with replicas broken it is a maximum over the breakpoint.
    assert broken.free_energy >= paramagnet(DenseNetwork(order, load), temperature).free_energy - 1e-12


@settings(max_examples=20)
@given(st.floats(0.05, 3.0), st.floats(0.05, 1.0), st.floats(0.05, 1.0))
def test_temperature_scales_with_the_root_of_the_load_in_the_glass(load, temperature, scale):
    one, other = (
        one_step_glass(DenseNetwork(3, factor * factor * load), factor * temperature) for factor in (1.0, scale)
    )
    assert other.breakpoint == pytest.approx(one.breakpoint, abs=1e-6)
    assert other.free_energy == pytest.approx(scale * one.free_energy, rel=1e-9)


def test_conversions():
    assert DenseNetwork(3, 0.3).patterns(200) == 4000
    assert load_of(3, 400, 5333) == pytest.approx(0.1, abs=1e-4)
    assert plain_temperature(4, 0.6) == pytest.approx(0.05)
    assert first_recall_overlap(DenseNetwork(3, 0.3)) == pytest.approx(0.97465, abs=1e-5)
    assert first_recall_overlap(DenseNetwork(3, 0.0)) == 1.0


@pytest.mark.parametrize(
    ("call", "sentence"),
    [
        (lambda: DenseNetwork(1, 0.1), "interaction_order P must be an integer from 2 to 20; got 1"),
        (lambda: DenseNetwork(2.5, 0.1), "interaction_order P must be an integer from 2 to 20; got 2.5"),
        (lambda: DenseNetwork(3, -0.1), "load must be a number of at least 0; got -0.1"),
        (lambda: DenseNetwork(3, 0.1).patterns(2), "size must be an integer of at least P = 3; got 2"),
        (lambda: load_of(3, 10, 0), "patterns at least 1; got 10 and 0"),
        (lambda: replica_symmetric(DenseNetwork(3, 0.1), -0.5), "temperature must be a number of at least 0"),
        (lambda: one_step_glass(DenseNetwork(3, 0.0), 0.0), "load must be positive for a glass at temperature 0"),
        (lambda: static_glass_temperature(2), "interaction_order must be at least 3 for a P-spin glass"),
        (lambda: phase_line(3, "spinodal", [0.1]), "name must be one of retrieval_spinodal"),
        (lambda: retrieval_branch(3, 0.1, 0.9, 1.0), "low must be a load with retrieval"),
        (lambda: SignalLaw(np.ones(2), np.ones(2)), "weights must be positive with sum 1; got sum 2"),
    ],
)
def test_bad_inputs_are_refused_in_one_sentence(call, sentence):
    with pytest.raises(ValueError, match=sentence):
        call()


def test_pairs_never_meet_the_dense_formula():
    """The Hopfield noise is not a P-spin glass at P = 2: its soft part changes the overlap."""
    hopfield = ReplicaEquations(DenseNetwork(2, 0.1), 0.2).crosstalk
    assert type(hopfield).__name__ == "HopfieldGlass"
    assert replica_symmetric(DenseNetwork(2, 0.13), 0.0).overlap == pytest.approx(0.98721, abs=1e-5)


def _gradient(function, point):
    steps = 1e-5 * np.eye(len(point))
    return np.array([(function(point + step) - function(point - step)) / 2e-5 for step in steps])
