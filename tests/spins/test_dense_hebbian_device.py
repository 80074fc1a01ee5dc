"""The JAX program against an exact law: one pattern alone, whose overlap is a sum of independent classes."""

import math

import numpy as np
import pytest

from phasebook.spins import DenseNetwork, energy_table, simulate_on_device


def test_one_pattern_has_the_boltzmann_law():
    size, temperature = 40, 0.55
    network = DenseNetwork(3, 0.0)
    runs = simulate_on_device(network, size, np.full(120, temperature), 48, seed=3)
    agreeing = np.arange(size + 1)
    logs = np.array([math.log(math.comb(size, k)) for k in agreeing]) - size * energy_table(3, size) / temperature
    weights = np.exp(logs - logs.max()) / np.exp(logs - logs.max()).sum()
    overlaps = 2 * agreeing / size - 1
    inside = overlaps > 0.3  # a run does not leave the pattern's side of the barrier
    exact = weights[inside] @ overlaps[inside] / weights[inside].sum()
    means = runs.overlaps[:, 30:].mean(axis=1)
    assert means.mean() == pytest.approx(exact, abs=5 * means.std(ddof=1) / math.sqrt(48) + 0.002)
    assert runs.energies.shape == (48, 120)


def test_wrong_arguments_are_refused():
    with pytest.raises(MemoryError, match=r"need 2,?\d+\.\d+ GB|memory_limit"):
        simulate_on_device(DenseNetwork(4, 0.5), 1000, [0.1], 64, seed=1)
    with pytest.raises(ValueError, match="temperatures must be numbers of at least 0"):
        simulate_on_device(DenseNetwork(3, 0.1), 40, [-1.0], 2, seed=1)
    with pytest.raises(ValueError, match="replicas must be an integer of at least 1"):
        simulate_on_device(DenseNetwork(3, 0.1), 40, [1.0], 0, seed=1)
