"""Exact simulation under a network's names: the discrete stochastic test suite, errors in words, stop conditions."""

import csv
from pathlib import Path

import numpy as np
import pytest

from phasebook.engines import Explosion
from phasebook.reactions import NegativePropensity, brusselator, parse_network, read_network
from phasebook.reactions.simulation import jump_system, simulate, simulate_path, time_average

SUITE = Path(__file__).parent.parent / "data" / "dsmts"
CASES = sorted(path.name for path in SUITE.iterdir() if path.is_dir())


def suite_case(case):
    """The network and, by quantity, the exact means and standard deviations at t = 0, 1, ..., as the suite gives them."""
    folder = SUITE / case
    [model] = folder.glob("*.xml")
    with open(folder / f"{case}-results.csv") as file:
        rows = list(csv.DictReader(line.replace(" ", "") for line in file))
    times = np.array([float(row["time"]) for row in rows])
    columns = {name: np.array([float(row[name]) for row in rows]) for name in rows[0] if name != "time"}
    exact = {name[:-5]: (columns[name], columns[f"{name[:-5]}-sd"]) for name in columns if name.endswith("-mean")}
    return read_network(model), times, exact


@pytest.mark.parametrize("case", CASES)
def test_suite_case(case):
    """The suite's statistics, z of the mean in (-3, 3) and of the variance in (-5, 5), at 10,000 runs with false alarms allowed."""
    network, times, exact = suite_case(case)
    runs = 10_000
    result = simulate(network, times, trajectories=runs, seed=20, keep=True)
    observed = network.observe(result.counts)
    beyond = compared = 0
    for name, (mean, deviation) in exact.items():
        values = observed[name] if name in observed else result.counts[..., network.index(name)]
        varies = deviation > 0
        assert values.mean(axis=0)[~varies] == pytest.approx(mean[~varies], abs=1e-9)
        z = np.sqrt(runs) * (values.mean(axis=0) - mean)[varies] / deviation[varies]
        spread = values - mean
        y = np.sqrt(runs / 2) * ((spread**2).mean(axis=0)[varies] / deviation[varies] ** 2 - 1)
        beyond += np.count_nonzero(np.abs(z) >= 3) + np.count_nonzero(np.abs(y) >= 5)
        compared += z.size + y.size
        # At early times a rare count gives heavy tails: the bound on single values is wide.
        assert np.all(np.abs(z) < 5)
    assert beyond <= 3 + 0.02 * compared


def test_a_negative_law_names_the_reaction_and_the_state():
    network = parse_network("species X = 0\ngrowth: 0 -> X, propensity: 5.5 - X\n")
    with pytest.raises(NegativePropensity, match=r"'growth' is negative or undefined at time .*X = 6"):
        simulate(network, [100.0], trajectories=2, seed=1)


def test_an_explosive_network_is_an_error():
    with pytest.raises(Explosion):
        simulate(parse_network("species X = 10\nX + X -> X + X + X, 1.0\n"), [1.0], trajectories=1, seed=1)


def test_fractions_are_refused_by_name():
    network = brusselator().with_initial_counts(X=0.5)
    with pytest.raises(ValueError, match=r"'X' must be an integer; got 0\.5"):
        jump_system(network)


def test_a_trajectory_stops_at_a_count():
    network = parse_network("species X = 10\nX -> 0, 1.0\n")
    result = simulate(network, [0.0, 50.0], trajectories=50, seed=1, stop={"X": ("<=", 3)})
    assert result.mean[-1, 0] == 3
    with pytest.raises(ValueError, match="stop maps a species"):
        simulate(network, [1.0], seed=1, stop={"X": ("<", 3)})


def test_paths_and_averages_have_the_mean_of_the_law():
    network = parse_network("species X = 20\n0 -> X, 20.0\nX -> 0, 1.0\n")
    average = time_average(network, 2000.0, burn_in=10.0, seed=3)
    assert abs(average.mean[0] - 20.0) < 5 * average.mean_stderr[0]
    assert simulate_path(network, 10.0, seed=3).counts()[0, 0] == 20


def test_general_laws_agree_with_mass_action():
    plain = parse_network("species X = 30\nX + X -> 0, 0.05\n")
    general = parse_network("species X = 30\nX + X -> 0, propensity: if(X > 0, max(0.05 * X * (X - 1), 0), log10(1))\n")
    one, other = (
        simulate(network, [0.3], trajectories=3000, seed=seed) for seed, network in enumerate((plain, general))
    )
    assert abs(one.mean[0, 0] - other.mean[0, 0]) < 5 * np.hypot(one.mean_stderr, other.mean_stderr)[0, 0]
