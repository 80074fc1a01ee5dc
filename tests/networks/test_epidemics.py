"""Epidemics in space: published constants, the event-driven simulation, the equations, fronts and patches."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import integrate

from phasebook import engines, networks
from phasebook.networks import epidemics_equations

LAW, RATES = networks.constant_degrees(5.0), networks.Rates(1.0, 1.0)


def ring(nodes, density=50.0, seed=1, kernel=None):
    drawn = networks.SpatialModel(nodes, density, kernel or networks.gaussian_kernel(), LAW, truncated=True)
    return networks.generate_network(drawn, seed)


def test_final_size_without_space_is_the_classical_one():
    # With constant degree κ in the limit of short edges (β → ∞, every edge transmits): 1 − S = 1 − exp(−κ(1 − S)).
    fast = networks.Rates(1e9, 1.0)
    attack = networks.final_size(networks.constant_degrees(2.0), fast)
    assert attack == pytest.approx(0.7968121300200200, abs=1e-7)  # the classical final size at R₀ = 2
    assert 1 - networks.final_transmitted(LAW, RATES) == pytest.approx(0.5536776231953955, abs=1e-12)


def test_wave_speeds():
    gauss = networks.wave(networks.gaussian_kernel(), LAW, RATES)
    assert (gauss.speed, gauss.decay_rate) == pytest.approx((6.0889490, 0.8491644), abs=1e-6)
    scaled = networks.wave(networks.gaussian_kernel(3.0), LAW, networks.Rates(2.0, 2.0))
    assert scaled.speed == pytest.approx(6 * gauss.speed, rel=1e-9)
    plane = networks.wave(networks.exponential_kernel(1.0, 2), LAW, RATES)
    line = networks.wave(networks.marginal_kernel(networks.exponential_kernel(1.0, 2)), LAW, RATES)
    assert plane.speed == pytest.approx(line.speed, rel=2e-3)
    # Near the threshold the law is Fisher's, c = 2√(rD) with D = β⟨κ²⟩σ²/(2⟨κ⟩).
    near = networks.constant_degrees(2.0002)
    rate = networks.growth_rate(near, RATES)
    fisher = 2 * math.sqrt(rate * near.branching / 2)
    assert networks.wave(networks.gaussian_kernel(), near, RATES).speed == pytest.approx(fisher, rel=1e-3)


def test_there_is_no_speed_for_fat_tails_and_no_wave_below_the_threshold():
    with pytest.raises(networks.NoFiniteSpeed, match="acceleration_rate"):
        networks.wave(networks.algebraic_kernel(), LAW, RATES)
    with pytest.raises(networks.NoEpidemic, match="must exceed 1"):
        networks.wave(networks.gaussian_kernel(), networks.constant_degrees(1.5), RATES)
    with pytest.raises(networks.NoEpidemic):
        networks.final_size(networks.constant_degrees(2.0), RATES)
    assert networks.acceleration_rate(networks.algebraic_kernel(1.0, 2.0), LAW, RATES) == pytest.approx(1.0)


def test_fronts_in_the_plane_are_later_and_accelerate_less_than_on_the_line():
    found = networks.Wave(6.0, 0.8)
    # Bramson 1978 and Gärtner 1982: the delay grows as (d + 2)/(2λ*) times the logarithm of time.
    assert found.speed_at(10.0) == pytest.approx(6 - 1.5 / 8)
    assert found.speed_at(10.0, dimension=2) == pytest.approx(6 - 2 / 8)
    fat = [networks.acceleration_rate(networks.algebraic_kernel(1.0, 2.0, d), LAW, RATES) for d in (1, 2)]
    assert fat == pytest.approx([1.0, 0.75])


def test_a_pair_of_nodes_has_the_textbook_chance_of_transmission():
    edges = [(2 * k, 2 * k + 1) for k in range(40_000)]
    graph = engines.graph_from_pairs(80_000, edges)
    rates = networks.Rates(2.0, 3.0)
    run = networks.simulate_outbreak(graph, rates, np.arange(0, 80_000, 2), seed=1)
    caught = np.isfinite(run.infection_times[1::2])
    assert caught.mean() == pytest.approx(2 / 5, abs=0.01)
    # Given transmission, its time is exponential with rate β + γ; recovery follows after 1/γ on average.
    assert run.infection_times[1::2][caught].mean() == pytest.approx(1 / 5, rel=0.03)
    assert (run.recovery_times[::2]).mean() == pytest.approx(1 / 3, rel=0.02)
    assert run.events == 2 * (40_000 + caught.sum())


def test_edges_of_a_node_share_its_recovery():
    # Of two neighbors at equal rates, both are infected with chance ∫₀¹ u² du = 1/3; independent edges would give 1/4.
    edges = [(3 * k, 3 * k + j) for k in range(30_000) for j in (1, 2)]
    graph = engines.graph_from_pairs(90_000, edges)
    run = networks.simulate_outbreak(graph, RATES, np.arange(0, 90_000, 3), seed=2)
    ill = np.isfinite(run.infection_times.reshape(-1, 3))
    assert (ill[:, 1] & ill[:, 2]).mean() == pytest.approx(1 / 3, abs=0.012)


def test_outbreaks_are_consistent_and_depend_on_the_seed_alone():
    drawn = ring(4000)
    starts = [networks.nearest_nodes(drawn, [0.0], 50)] * 4
    one = networks.simulate_outbreaks(drawn.graph, RATES, starts, seed=5, threads=1)
    two = networks.simulate_outbreaks(drawn.graph, RATES, starts, seed=5, threads=3)
    for first, second in zip(one, two, strict=True):
        assert np.array_equal(first.infection_times, second.infection_times)
    assert not np.array_equal(one[0].infection_times, one[1].infection_times)
    run = one[0]
    caught = np.flatnonzero(run.infectors >= 0)
    source = run.infectors[caught]
    assert (run.infection_times[caught] > run.infection_times[source]).all()
    assert (run.infection_times[caught] < run.recovery_times[source]).all()
    assert run.prevalence([run.end + 1])[0] == 0.0
    halfway = networks.simulate_outbreak(drawn.graph, RATES, starts[0], seed=5, share=0.25)
    assert np.isfinite(halfway.infection_times).sum() == 1000
    stopped = networks.simulate_outbreak(drawn.graph, RATES, starts[0], seed=5, until=2.0)
    assert np.array_equal(np.isfinite(stopped.infection_times), run.infection_times <= 2.0)


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), transmission=st.floats(0.01, 100.0), recovery=st.floats(0.01, 100.0))
def test_every_infection_has_a_cause(seed, transmission, recovery):
    drawn = ring(600, seed=seed % 7)
    run = networks.simulate_outbreak(drawn.graph, networks.Rates(transmission, recovery), [0, 1], seed=seed)
    ill = np.isfinite(run.infection_times)
    assert (np.isfinite(run.recovery_times) == ill).all()
    assert ((run.infectors >= 0) == (ill & (run.infection_times > 0))).all()


def test_the_equations_agree_with_networks_at_high_density():
    # With a uniform kernel there is no front to be late by the noise at its tip: 1% of all nodes are ill at time zero.
    for law in (LAW, networks.exponential_degrees(5.0)):
        model = networks.build_model(200_000, 20_000.0, networks.uniform_kernel(10.0), law)
        drawn = networks.generate_network(model, 3)
        run = networks.simulate_outbreak(drawn.graph, RATES, np.arange(2000) * 100, seed=3)
        field = networks.solve_epidemic(
            model.kernel, law, RATES, np.zeros(8), 10.0, [0.5, 1.0, 2.0, 4.0], seeded=np.full(8, 0.01), step=0.01
        )
        for time, infectious, ever in zip(field.times, field.infectious, field.ever_infected, strict=True):
            assert run.prevalence([time])[0] == pytest.approx(infectious[0], rel=0.04)
            assert run.infected_by(time).mean() == pytest.approx(ever[0], rel=0.04)


def test_direct_sums_and_fourier_transforms_agree():
    start = networks.patch(400, 40.0, 2.0, 0.2)
    lopsided = np.roll(start, 7)
    lopsided[3] = 0.1
    for kernel in (networks.gaussian_kernel(), networks.exponential_kernel(0.3), networks.disc_kernel(2.0)):
        for h in (start, lopsided):
            one = networks.solve_epidemic(kernel, LAW, RATES, h, 40.0, [1.0, 2.0], method="direct")
            two = networks.solve_epidemic(kernel, LAW, RATES, h, 40.0, [1.0, 2.0])
            assert np.abs(one.transmitted - two.transmitted).max() < 1e-9
            assert np.abs(one.infectious - two.infectious).max() < 1e-9


def test_the_device_computes_the_same():
    start = networks.patch(64, 20.0, 2.0, 0.2, 2)
    for law in (LAW, networks.exponential_degrees(4.0), networks.two_point_degrees(2.0, 9.0, 0.2)):
        one = networks.solve_epidemic(networks.gaussian_kernel(1.0, 2), law, RATES, start, 20.0, [0.5, 1.0])
        two = networks.solve_epidemic_on_device(networks.gaussian_kernel(1.0, 2), law, RATES, start, 20.0, [0.5, 1.0])
        assert np.abs(one.transmitted - two.transmitted).max() < 1e-12
        with pytest.raises(ValueError, match="without the share of recovered"):
            two.infectious  # noqa: B018


def test_recovered_nodes_follow_their_own_equation():
    # Without transmission to come, the seeded share decays as exp(−γt).
    rates = networks.Rates(1e-9, 2.0)
    ill = np.zeros(32)
    ill[14:18] = 1.0
    field = networks.solve_epidemic(
        networks.gaussian_kernel(),
        networks.constant_degrees(5.0),
        rates,
        np.zeros(32),
        16.0,
        [0.7],
        seeded=ill,
        step=0.05,
    )
    assert field.infectious[0, 15] == pytest.approx(math.exp(-1.4), abs=1e-6)


@pytest.mark.parametrize("decay", [0.05, 0.7, 3.0])
def test_a_step_of_recoveries_is_exact_where_infections_grow_as_a_parabola(decay):
    def ill(place):
        return 0.1 + 0.3 * place + 0.25 * place**2

    # R(1) = exp(−d) R(0) + d ∫ exp(−d (1 − s)) E(s) ds
    integral, _ = integrate.quad(lambda place: decay * math.exp(-decay * (1 - place)) * ill(place), 0, 1)
    first, middle, last = (np.array([ill(place)]) for place in (0.0, 0.5, 1.0))
    found = epidemics_equations._relax(np.array([0.05]), first, middle, last, decay)
    assert found[0] == pytest.approx(math.exp(-decay) * 0.05 + integral, abs=1e-12)


def test_patches_and_long_jumps():
    places = np.array([[0.5], [1.0], [30.0], [31.0], [98.0]])
    graph = engines.graph_from_pairs(5, [(0, 1), (1, 2), (2, 3), (3, 4)])
    space = networks.SpatialNetwork(graph, places, 100.0)
    everybody = np.ones(5, bool)
    assert networks.count_patches(space, everybody, 1.0) == 2  # around the seam, 98 and 0.5 are 2.5 apart
    assert networks.count_patches(networks.SpatialNetwork(graph, places, None), everybody, 1.0) == 3
    assert networks.count_patches(space, ~everybody, 1.0) == 0
    run = networks.Outbreak(np.arange(5.0), np.arange(5.0) + 9, np.array([-1, 0, 1, 2, 3], np.int32), 10, 14.0)
    assert networks.long_jump_share(space, run, 1.0) == pytest.approx(0.5)
    assert run.time_of_share(0.4) == 1.0


def test_front_speed_of_a_made_up_wave():
    random = np.random.default_rng(0)
    places = random.random((20_000, 2)) * 100
    graph = engines.Graph(np.zeros(20_001, np.int64), np.zeros(0, np.int32))
    space = networks.SpatialNetwork(graph, places, 100.0)
    times = space.distances_from([50.0, 50.0]) / 3.0 + random.exponential(0.1, 20_000)
    run = networks.Outbreak(times, times + 1, np.full(20_000, -1, np.int32), 0, 99.0)
    assert networks.front_speed(space, run, [50.0, 50.0], 5.0, 45.0, 2.0) == pytest.approx(3.0, rel=0.01)
    speeds = networks.angular_speeds(space, run, [50.0, 50.0], 5.0, 45.0, 2.0, 8)
    assert speeds == pytest.approx(np.full(8, 3.0), rel=0.03)
    centers, arrival = networks.arrival_map(space, run, 20)
    middle = np.hypot(centers[:, None] - 50, centers[None, :] - 50) / 3
    assert np.abs(arrival - middle).max() < 1.2


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: networks.Rates(0.0, 1.0), "transmission must be positive"),
        (lambda: networks.simulate_outbreak(ring(600).graph, RATES, [600], seed=0), "from 0 to 599"),
        (lambda: networks.simulate_outbreak(ring(600).graph, RATES, [], seed=0), "at least one"),
        (lambda: networks.simulate_outbreak(ring(600).graph, RATES, [3, 3], seed=0), "twice"),
        (
            lambda: networks.solve_epidemic(networks.gaussian_kernel(), LAW, RATES, np.zeros(9), 9.0, [1.0]),
            "even number",
        ),
        (
            lambda: networks.solve_epidemic(networks.gaussian_kernel(), LAW, RATES, np.full(8, 2.0), 9.0, [1.0]),
            r"\[0, 1\]",
        ),
        (
            lambda: networks.solve_epidemic(
                networks.algebraic_kernel(), LAW, RATES, np.zeros(8), 9.0, [1.0], method="direct"
            ),
            "thin kernels",
        ),
        (lambda: networks.patch(8, 4.0, 3.0, 0.1), "half_width"),
        (lambda: networks.outbreak_probability(networks.exponential_degrees(5.0), RATES), "constant law"),
    ],
)
def test_wrong_input_is_refused_in_one_sentence(call, message):
    with pytest.raises(ValueError, match=message):
        call()
