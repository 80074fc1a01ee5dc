"""Exact laws, agreement of the methods, and everything that may go wrong in a jump process."""

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from scipy import linalg

from phasebook.engines import (
    Bound,
    Explosion,
    InvalidEvent,
    InvalidPropensity,
    JumpSystem,
    NegativeCount,
    StateEvent,
    average_jumps,
    simulate_jumps,
    simulate_path,
)

EXACT = ("direct", "composition-rejection", "rejection-based")
# Standard errors: at fixed seeds, about 200 comparisons in this file, a false alarm by chance in 1 of 1,000 choices of the seeds.
Z = 5.0


def decay(count=50, rate=1.0):
    return JumpSystem([count], [rate], [((0, 1),)], [((0, -1),)])


def birth_death(birth=20.0, death=1.0, start=0):
    return JumpSystem([start], [birth, death], [(), ((0, 1),)], [((0, 1),), ((0, -1),)])


def dimerization(count=20):
    return JumpSystem([count, 0], [0.1, 1.0], [((0, 2),), ((1, 1),)], [((0, -2), (1, 1)), ((0, 2), (1, -1))])


def brusselator(volume=10.0):
    return JumpSystem(
        [10, 20],
        [0.9 / volume**2, 2.0, volume, 1.0],
        [((0, 2), (1, 1)), ((0, 1),), (), ((0, 1),)],
        [((0, 1), (1, -1)), ((0, -1), (1, 1)), ((0, 1),), ((0, -1),)],
    )


def assert_moments(statistics, mean, variance):
    """Mean and variance within Z standard errors; those of the variance from the kurtosis of a normal law, doubled for safety."""
    count = statistics.trajectories
    assert np.all(np.abs(statistics.mean - mean) <= Z * np.sqrt(variance / count) + 1e-12)
    assert np.all(np.abs(statistics.variance - variance) <= 2.0 * Z * variance * np.sqrt(2.0 / count) + 1e-12)


@pytest.mark.parametrize("method", EXACT)
def test_decay_is_binomial(method):
    times = np.array([0.0, 0.5, 1.0, 3.0])
    statistics = simulate_jumps(decay(), times, trajectories=8000, seed=1, method=method, threads=2)
    share = np.exp(-times)[:, None]
    assert_moments(statistics, 50 * share, 50 * share * (1 - share))


@pytest.mark.parametrize("method", EXACT)
def test_birth_and_death_are_poisson(method):
    times = np.array([0.3, 1.0, 4.0])
    statistics = simulate_jumps(birth_death(), times, trajectories=8000, seed=2, method=method, covariance=True)
    mean = 20 * (1 - np.exp(-times))[:, None]
    assert_moments(statistics, mean, mean)
    assert statistics.covariance[:, 0, 0] == pytest.approx(statistics.variance[:, 0])


@pytest.mark.parametrize("method", EXACT)
def test_dimerization_follows_the_master_equation(method):
    pairs = np.arange(11)
    free = 20 - 2 * pairs
    forward, backward = 0.1 * free * (free - 1), 1.0 * pairs
    generator = np.diag(-forward - backward) + np.diag(forward[:-1], -1) + np.diag(backward[1:], 1)
    law = linalg.expm(generator * 0.4)[:, 0]
    mean = law @ pairs
    variance = law @ (pairs - mean) ** 2
    statistics = simulate_jumps(dimerization(), [0.4], trajectories=8000, seed=3, method=method, covariance=True)
    assert_moments(statistics, np.array([20 - 2 * mean, mean]), np.array([4 * variance, variance]))
    assert statistics.covariance[0, 0, 1] == pytest.approx(-2 * statistics.variance[0, 1])


@pytest.mark.parametrize("method", EXACT)
def test_a_law_gives_what_mass_action_gives(method):
    law = (("species", 0), ("species", 0), ("constant", 1.0), ("subtract",), ("multiply",))
    reactants = ((), ((1, 1),))
    system = JumpSystem([20, 0], [0.1, 1.0], reactants, dimerization().changes, [law, ()])
    with_law = simulate_jumps(system, [0.4], trajectories=4000, seed=4, method=method)
    plain = simulate_jumps(dimerization(), [0.4], trajectories=4000, seed=5, method=method)
    gap = np.abs(with_law.mean - plain.mean)
    assert np.all(gap <= Z * np.hypot(with_law.mean_stderr, plain.mean_stderr))


def test_leaps_are_close_and_report_their_error():
    system = JumpSystem([10_000], [1.0], [((0, 1),)], [((0, -1),)])
    statistics = simulate_jumps(system, [1.0], trajectories=1000, seed=6, method="tau-leaping", epsilon=0.03)
    share = np.exp(-1.0)
    assert statistics.mean[0, 0] == pytest.approx(10_000 * share, rel=0.01)
    assert statistics.variance[0, 0] == pytest.approx(10_000 * share * (1 - share), rel=0.25)
    assert abs(statistics.leap_error[0, 0]) < 0.01 * 10_000 * share
    # Two samples of one size and nearly one variance, each known to 4.5%.
    assert 1000 * statistics.leap_error_stderr[0, 0] ** 2 / statistics.variance[0, 0] == pytest.approx(2, abs=0.45)
    assert statistics.method == "tau-leaping"


def test_leaps_become_exact_jumps_for_few():
    times = np.array([0.5, 2.0])
    statistics = simulate_jumps(birth_death(), times, trajectories=4000, seed=7, method="tau-leaping")
    mean = 20 * (1 - np.exp(-times))[:, None]
    assert np.all(np.abs(statistics.mean - mean) <= Z * np.sqrt(mean / 4000) + 0.02 * mean)


@st.composite
def random_networks(draw):
    species = draw(st.integers(2, 5))
    index, few = st.integers(0, species - 1), st.integers(1, 2)
    reactants, changes, rates = [], [], []
    for _ in range(draw(st.integers(2, 8))):
        taken = draw(st.dictionaries(index, few, max_size=2))
        made = draw(st.integers(0, species - 1))
        # Never more molecules than before: no network explodes.
        change = {i: -order for i, order in taken.items()}
        if taken:
            change[made] = change.get(made, 0) + 1
        reactants.append(tuple(taken.items()))
        changes.append(tuple(change.items()))
        rates.append(draw(st.floats(0.01, 2.0)))
    counts = draw(st.lists(st.integers(0, 30), min_size=species, max_size=species))
    return JumpSystem(counts, rates, reactants, changes)


@settings(max_examples=15, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(random_networks())
def test_methods_agree_on_random_networks(system):
    samples = [
        simulate_jumps(system, [0.1, 1.0], trajectories=1500, seed=8 + number, method=method, threads=1)
        for number, method in enumerate(EXACT)
    ]
    for other in samples[1:]:
        stderr = np.hypot(samples[0].mean_stderr, other.mean_stderr)
        # Where nearly all trajectories agree, the sample's own error is no guide: half a percent of one count is allowed.
        assert np.all(np.abs(samples[0].mean - other.mean) <= Z * stderr + 0.005)


def test_brusselator_over_time_agrees_with_its_master_equation():
    # Means and second moment by finite state projection on 150 x 150 states, to all digits given.
    averages = average_jumps(brusselator(), 2e4, burn_in=100.0, batches=40, seed=9)
    assert abs(averages.mean[1] - 25.1327) <= 4 * averages.mean_stderr[1]
    assert abs(averages.mean[0] - 10.0) <= 4 * averages.mean_stderr[0]
    assert abs(averages.second_moment[1] - 765.04) <= 4 * averages.second_moment_stderr[1]
    assert averages.mean_stderr[1] < 0.2


def test_errors_are_those_of_independent_trajectories():
    statistics = simulate_jumps(birth_death(), [0.5, 2.0], trajectories=4000, seed=21)
    mean = 20 * (1 - np.exp(-statistics.times))
    # The scatter of 4000 trajectories is known to 1.1%.
    assert statistics.mean_stderr[:, 0] == pytest.approx(np.sqrt(mean / 4000), rel=0.08)


def test_errors_of_time_averages_are_those_of_a_long_correlated_run():
    # n has variance λ and correlation e^(−t); n² is (2λ + 1)(n − λ) and a part of variance 2λ² that decays twice as fast.
    rate, duration, batches = 20.0, 40_000.0, 1000
    averages = average_jumps(birth_death(start=20), duration, burn_in=20.0, batches=batches, seed=22)
    # The ends of a batch of forty correlation times know of each other: 1/40 less, and 1/80 for the faster part.
    slow, fast = 2 * rate * (1 - 1 / 40), 2 * rate**2 * (1 - 1 / 80)
    second = np.sqrt((slow * (2 * rate + 1) ** 2 + fast) / duration)
    assert averages.mean_stderr[0] == pytest.approx(np.sqrt(slow / duration), rel=0.16)
    assert averages.second_moment_stderr[0] == pytest.approx(second, rel=0.16)


@pytest.mark.parametrize("method", EXACT)
def test_a_path_is_the_first_trajectory(method):
    times = np.linspace(0.0, 5.0, 23)
    path = simulate_path(brusselator(), 5.0, seed=10, method=method)
    kept = simulate_jumps(brusselator(), times, trajectories=3, seed=10, method=method, keep=True)
    assert np.array_equal(path.counts(times), kept.counts[0])
    assert np.all(np.diff(path.times) > 0)
    assert path.counts().shape == (path.times.size + 1, 2)


def test_threads_and_the_number_of_trajectories_change_nothing():
    one = simulate_jumps(brusselator(), [1.0, 2.0], trajectories=150, seed=11, threads=1, keep=True, covariance=True)
    three = simulate_jumps(brusselator(), [1.0, 2.0], trajectories=150, seed=11, threads=3, keep=True, covariance=True)
    more = simulate_jumps(brusselator(), [1.0, 2.0], trajectories=200, seed=11, threads=2, keep=True)
    assert np.array_equal(one.counts, three.counts)
    assert np.array_equal(one.mean, three.mean)
    assert np.array_equal(one.covariance, three.covariance)
    assert np.array_equal(one.counts, more.counts[:150])
    assert one.mean == pytest.approx(one.counts.mean(axis=0))
    assert one.variance == pytest.approx(one.counts.var(axis=0, ddof=1))
    assert one.covariance[1] == pytest.approx(np.cov(one.counts[:, 1].T))


def test_no_two_trajectories_are_equal():
    kept = simulate_jumps(birth_death(1e4), np.linspace(0.1, 1.0, 4), trajectories=300, seed=12, keep=True)
    assert np.unique(kept.counts.reshape(300, -1), axis=0).shape[0] == 300


def test_auto_takes_the_direct_method_for_few_reactions_and_another_for_many():
    assert simulate_jumps(birth_death(), [1.0], seed=1).method == "direct"
    ring = 300
    system = JumpSystem(
        np.full(ring, 100),
        np.ones(ring),
        [((i, 1),) for i in range(ring)],
        [((i, -1), ((i + 1) % ring, 1)) for i in range(ring)],
    )
    statistics = simulate_jumps(system, [1.0], trajectories=20, seed=13)
    assert statistics.method in ("composition-rejection", "rejection-based")
    assert statistics.mean.sum() == pytest.approx(100 * ring)
    assert statistics.mean.mean() == pytest.approx(100)


@pytest.mark.parametrize("method", [*EXACT, "tau-leaping"])
def test_nothing_happens_where_nothing_can(method):
    empty = JumpSystem([3, 0], np.zeros(0), [], [])
    zero = JumpSystem([3], [0.0], [((0, 1),)], [((0, -1),)])
    assert np.all(simulate_jumps(empty, [0.0, 5.0], trajectories=2, seed=1, method=method).mean == [3, 0])
    assert np.all(simulate_jumps(zero, [5.0], trajectories=2, seed=1, method=method).mean == 3)
    extinct = simulate_jumps(decay(5), [0.0, 1e3], trajectories=50, seed=1, method=method)
    assert np.all(extinct.mean == [[5], [0]])
    assert np.all(extinct.variance == 0)


@pytest.mark.parametrize("method", [*EXACT, "tau-leaping"])
def test_terminal_conditions_freeze_a_trajectory(method):
    stop = [Bound(0, at_most=2)]
    run = simulate_jumps(decay(10), [0.0, 0.1, 50.0], trajectories=400, seed=14, method=method, stop=stop, keep=True)
    assert np.all(run.counts[:, -1, 0] == 2)
    # The time from 10 to 2 is a sum of exponentials: mean sum 1/k, variance sum 1/k^2, k = 3..10.
    mean, variance = sum(1 / k for k in range(3, 11)), sum(1 / k**2 for k in range(3, 11))
    assert abs(run.stop_times.mean() - mean) <= Z * np.sqrt(variance / 400)
    at_once = simulate_jumps(decay(10), [1.0], seed=1, method=method, stop=[Bound(0, at_least=10)])
    assert at_once.stop_times[0] == 0.0
    assert at_once.mean[0, 0] == 10


@pytest.mark.parametrize("method", EXACT)
def test_an_explosion_is_an_error_and_no_hang(method):
    system = JumpSystem([10], [1.0], [((0, 2),)], [((0, 1),)])
    with pytest.raises(Explosion, match="explode"):
        simulate_jumps(system, [1.0], trajectories=4, seed=15, method=method, threads=2)


def test_an_explosion_by_leaps_is_an_error():
    system = JumpSystem([1000], [1.0], [((0, 2),)], [((0, 1),)])
    with pytest.raises(Explosion):
        simulate_jumps(system, [1.0], seed=15, method="tau-leaping")


def test_the_event_limit_is_an_error():
    with pytest.raises(Explosion, match="event_limit"):
        simulate_jumps(birth_death(1e6), [1e3], seed=1, event_limit=1e5)


@pytest.mark.parametrize("method", EXACT)
def test_a_negative_law_names_the_reaction_and_the_state(method):
    law = (("constant", 5.5), ("species", 0), ("subtract",))
    system = JumpSystem([0], [1.0, 1.0], [(), ()], [((0, 1),), ((0, 2),)], [(), law])
    with pytest.raises(InvalidPropensity, match=r"reaction 1 .* counts \[[67]\]") as caught:
        simulate_jumps(system, [100.0], seed=16, method=method)
    assert caught.value.reaction == 1
    undefined = JumpSystem([0], [1.0], [()], [((0, 1),)], [(("species", 0), ("species", 0), ("divide",))])
    with pytest.raises(InvalidPropensity, match="not a finite number"):
        simulate_jumps(undefined, [1.0], seed=1, method=method)


@pytest.mark.parametrize("method", EXACT)
def test_a_law_that_consumes_what_is_not_there_is_an_error(method):
    system = JumpSystem([1], [1.0], [()], [((0, -1),)], [(("constant", 1.0),)])
    with pytest.raises(NegativeCount, match="reaction 0"):
        simulate_jumps(system, [100.0], seed=1, method=method)


def test_events_fire_at_their_time_and_at_their_count():
    after = (("time",), ("constant", 1.0), ("greater_equal",))
    reset = StateEvent(after, ((0, (("constant", 50.0),)),))
    run = simulate_jumps(
        JumpSystem([50], [1.0], [((0, 1),)], [((0, -1),)], (), (reset,), (1.0,)),
        [0.5, 1.0, 2.0],
        trajectories=4000,
        seed=17,
    )
    share = np.exp(-0.5)
    assert_moments(
        run,
        np.array([[50 * share], [50], [50 * share**2]]),
        np.array([[50 * share * (1 - share)], [0], [50 * share**2 * (1 - share**2)]]),
    )
    low = (("species", 0), ("constant", 10.0), ("less_equal",))
    refill = StateEvent(low, ((0, (("species", 0), ("constant", 40.0), ("add",))),))
    run = simulate_jumps(
        JumpSystem([50], [1.0], [((0, 1),)], [((0, -1),)], (), (refill,)), [50.0], trajectories=200, seed=18, keep=True
    )
    assert run.counts.min() > 10
    half = StateEvent(low, ((0, (("constant", 0.5),)),))
    with pytest.raises(InvalidEvent, match="event 0"):
        simulate_jumps(JumpSystem([50], [1.0], [((0, 1),)], [((0, -1),)], (), (half,)), [50.0], seed=18)
    with pytest.raises(ValueError, match="direct"):
        simulate_jumps(JumpSystem([5], [1.0], [()], [((0, 1),)], (), (half,)), [1.0], seed=1, method="rejection-based")


def test_the_grid_has_edges():
    run = simulate_jumps(birth_death(start=7), [0.0], seed=1)
    assert run.mean[0, 0] == 7
    assert np.isnan(run.variance).all()
    for wrong in ([], [1.0, 1.0], [2.0, 1.0], [-1.0], [np.nan], [np.inf], [[1.0]]):
        with pytest.raises(ValueError, match="times"):
            simulate_jumps(birth_death(), wrong, seed=1)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"trajectories": 0}, "trajectories must be a positive integer"),
        ({"seed": -1}, "seed must be"),
        ({"seed": 1.5}, "seed must be"),
        ({"method": "fast"}, "method must be one of auto, direct"),
        ({"threads": 0}, "threads must be"),
        ({"event_limit": 0}, "event_limit"),
        ({"stop": [Bound(3, at_least=1)]}, "a Bound names species 3"),
        ({"method": "tau-leaping", "epsilon": 0.0}, "epsilon"),
        ({"trajectories": 10**9, "keep": True}, "the limit is"),
    ],
)
def test_wrong_arguments_are_named(change, words):
    with pytest.raises(ValueError, match=words):
        simulate_jumps(birth_death(), [1.0], **({"seed": 1} | change))


def test_wrong_systems_are_named():
    with pytest.raises(ValueError, match=r"initial count 0 must be a non-negative integer; got 0\.5"):
        JumpSystem([0.5], [1.0], [()], [()])
    with pytest.raises(ValueError, match="rate constant of reaction 1"):
        JumpSystem([1], [1.0, -2.0], [(), ()], [(), ()])
    with pytest.raises(ValueError, match="reactants of reaction 1 name species 4"):
        JumpSystem([1], [1.0, 1.0], [(), ((4, 1),)], [(), ()])
    with pytest.raises(ValueError, match="changes of reaction 0 name species 0 twice"):
        JumpSystem([1], [1.0], [()], [((0, 1), (0, 1))])
    with pytest.raises(ValueError, match="changes must list one entry per reaction"):
        JumpSystem([1], [1.0], [()], [])
    with pytest.raises(ValueError, match="unknown instruction"):
        JumpSystem([1], [1.0], [()], [()], [(("system",),)])
    with pytest.raises(ValueError, match="depends on time"):
        JumpSystem([1], [1.0], [()], [()], [(("time",),)])
    with pytest.raises(ValueError, match="either at_least or at_most"):
        Bound(0)


def test_progress_counts_up_and_its_exception_ends_the_work():
    seen = []
    simulate_jumps(
        birth_death(), [1.0], trajectories=100, seed=1, threads=2, progress=lambda done, of: seen.append((done, of))
    )
    assert seen[-1] == (100, 100)
    assert seen == sorted(seen)

    def interrupt(done, of):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        simulate_jumps(birth_death(), [1.0], trajectories=100, seed=1, threads=2, progress=interrupt)
