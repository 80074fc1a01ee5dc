"""Quick claims: what seconds can measure."""

from __future__ import annotations

import math
from typing import Literal

from ... import numerics, spins
from ...claims import Evidence
from .subject import ABSTRACT, DERIVED, paper

Coupling = Literal["distinct", "all"]


@paper.claim("perfect-examples", tier="quick", origin="derived", source=f"{DERIVED}; capacities: Gardner 1987")
def perfect_examples(seed: int) -> Evidence:
    """With perfect examples (r = 1) it is the dense network: m = 0.96277 and q = 0.93004 at P = 3, load 0.1, temperature 0.6, and
    capacities 0.37829 and 0.39572 at temperature zero for P = 3 and 4."""
    taught = [spins.SupervisedNetwork.taught(3, 0.1, 1.0, 5), spins.SupervisedNetwork.with_entropy(3, 0.1, 0.0)]
    states = [spins.supervised_state(each, 0.6) for each in taught]
    edges = [spins.retrieval_edge(spins.SupervisedNetwork.with_entropy(order, 0.0, 0.0), 0.0)[0] for order in (3, 4)]
    return Evidence.all_of(
        *[
            Evidence.exact(
                [state.overlap, state.signal_overlap, state.self_overlap],
                [0.96277, 0.96277, 0.93004],
                1e-5,
                label=f"m, n, q, {law} law",
            )
            for state, law in zip(states, ("binomial", "Gaussian"), strict=True)
        ],
        Evidence.exact(edges, [0.37829, 0.39572], 2e-4, label="capacity"),
    )


@paper.claim("majority-of-examples", tier="quick", origin="derived", source=DERIVED, statistical=True)
def majority_of_examples(seed: int) -> Evidence:
    """Without load, at temperature zero and for any P, the network recalls the majority of the examples: m = erf(1/√(2ρ)) for many,
    1 − 2·P(k < M/2) for M odd; a class of 10,000 spins does."""
    gaussian = [
        spins.supervised_state(spins.SupervisedNetwork.with_entropy(order, 0.0, rho), 0.0).overlap
        for rho in (0.1, 0.5, 1.0)
        for order in (2, 3, 4, 6)
    ]
    pieces = [
        Evidence.exact(
            gaussian,
            [math.erf(1 / math.sqrt(2 * rho)) for rho in (0.1, 0.5, 1.0) for _ in range(4)],
            1e-6,
            label="many examples",
        )
    ]
    size, networks = 10_000, 24
    for examples, quality in ((5, 0.4), (9, 0.3)):
        right = 0.5 * (1 + quality)
        wrong = sum(
            math.comb(examples, k) * right**k * (1 - right) ** (examples - k) for k in range((examples + 1) // 2)
        )
        exact = 1 - 2 * wrong
        theory = spins.supervised_state(spins.SupervisedNetwork.taught(3, 0.0, quality, examples), 0.0).overlap
        runs = spins.recall_replicas(
            3, size, 1, examples, quality, [0.0] * 3, networks, seed=numerics.part_seed(seed, 2, examples)
        )
        last = numerics.mean_estimate(runs.overlaps[:, -1])
        # Standard errors 0.0015; a majority by the Gaussian law is off by 0.023 and 0.016.
        pieces += [
            Evidence.exact(theory, exact, 1e-10, label=f"M = {examples}: binomial law"),
            Evidence.equal(last, exact, 0.011 if examples == 5 else 0.0115, label=f"M = {examples}: one class"),
        ]
    return Evidence.all_of(*pieces)


@paper.claim("few-examples", tier="quick", origin="derived", source=DERIVED, statistical=True)
def few_examples(seed: int) -> Evidence:
    """Three examples of quality 0.8 are a lattice, no Gaussian: at P = 3, load 0.02, temperature 0.1 networks recall 0.942 and not
    0.969, and at load 0.1, temperature 0.3 less than halfway from the binomial law's 0.881 to the Gaussian 0.906."""
    pieces = []
    for load, temperature, size, networks in ((0.02, 0.1, 400, 70), (0.1, 0.3, 300, 130)):
        exact, gauss = (
            spins.supervised_state(spins.SupervisedNetwork.taught(3, load, 0.8, 3, law), temperature).overlap
            for law in (None, "gauss")
        )
        runs = spins.recall_replicas(
            3,
            size,
            spins.DenseNetwork(3, load).patterns(size),
            3,
            0.8,
            [temperature] * 48,
            networks,
            seed=numerics.part_seed(seed, 3, load),
        )
        measured = spins.replica_estimate(runs.overlaps, 12)
        label = f"load {load}, N = {size}"
        if load == 0.02:
            # Standard error 0.0017; the two laws differ by 0.027.
            pieces += [
                Evidence.exact([exact, gauss], [0.94184, 0.96886], 1e-5, label="theory, binomial and Gaussian"),
                Evidence.equal(measured, exact, 0.0135, label=label),
            ]
        else:
            pieces += [
                Evidence.exact([exact, gauss], [0.88120, 0.90646], 1e-5, label="theory, binomial and Gaussian"),
                Evidence.at_most(measured, 0.5 * (exact + gauss), label=label),
            ]
    return Evidence.all_of(*pieces)


@paper.claim(
    "distinct-indices", tier="quick", origin="own", source="coincident indices of the energy", statistical=True
)
def distinct_indices(seed: int) -> Evidence:
    """At P = 4 and load 0.2 most networks of 80 spins with distinct indices recall more than 95%, and with the energy Σ n^P, which
    counts repeated ones, most recall less than 70%."""
    network, size = spins.DenseNetwork(4, 0.2), 80
    pieces = []
    # With all indices two of three networks recall less: the share takes more of them to be told from one half.
    samples: tuple[tuple[Coupling, int], ...] = (("distinct", 16), ("all", 44))
    for coupling, networks in samples:
        runs = spins.recall_replicas(
            4,
            size,
            network.patterns(size),
            1,
            1.0,
            [0.35] * 64,
            networks,
            seed=numerics.part_seed(seed, 4),
            coupling=coupling,
        )
        means = runs.overlaps[:, 40:].mean(axis=1)
        good = int((means > 0.95).sum()) if coupling == "distinct" else int((means < 0.7).sum())
        pieces.append(Evidence.rate(good, networks, at_least=0.5, label=f"{coupling} indices"))
    return Evidence.all_of(*pieces)


@paper.claim("stein-identity", tier="quick", origin="derived", source=DERIVED)
def stein_identity(seed: int) -> Evidence:
    """With many examples n = m/√(1+ρ) + ρ/(1+ρ)·(P/2T)·n^(P−1)·(1 − q) at twenty random points, to 1e-8."""
    import numpy as np

    generator = np.random.default_rng(numerics.part_seed(seed, 5))
    gaps, residuals = [], []
    for _ in range(20):
        order, load, rho = int(generator.integers(2, 7)), generator.uniform(0.01, 0.12), generator.uniform(0.05, 1.0)
        temperature = generator.uniform(0.15, 0.5)
        taught = spins.SupervisedNetwork.with_entropy(order, load, rho)
        solved = spins.supervised_state(taught, temperature)
        # The law of s on a grid, which does not know the identity.
        equations = spins.ReplicaEquations(taught.network, temperature, spins.signal_law(taught))
        grid = np.array([solved.signal_overlap, solved.susceptibility])
        state = equations.state(grid, "rs", 1)
        left, chi = grid + equations.symmetric(grid)
        field = 0.5 * order * solved.signal_overlap ** (order - 1)
        gaps.append(left - state.overlap / math.sqrt(1 + rho) - rho / (1 + rho) * field * chi)
        residuals.append(state.residual)
    return Evidence.all_of(
        Evidence.exact(gaps, [0.0] * 20, 1e-8, label="identity on a grid"),
        Evidence.exact(residuals, [0.0] * 20, 1e-8, label="the closed solution solves the equations on a grid"),
    )


@paper.claim("learning-from-examples", tier="quick", core=True, origin="paper", source=ABSTRACT, statistical=True)
def learning_from_examples(seed: int) -> Evidence:
    """Networks of 300 spins that see only noisy examples (P = 3, load 0.05, quality 0.4) recall the hidden archetype as theory
    says: 0.632 from 5 of them, 0.876 from 17, 0.982 from 49."""
    size = 300
    pieces = []
    for examples, predicted, networks in ((5, 0.632, 320), (17, 0.876, 80), (49, 0.982, 16)):
        taught = spins.SupervisedNetwork.taught(3, 0.05, 0.4, examples)
        theory = spins.supervised_state(taught, 0.2).overlap
        runs = spins.recall_replicas(
            3,
            size,
            taught.network.patterns(size),
            examples,
            0.4,
            [0.2] * 40,
            networks,
            seed=numerics.part_seed(seed, 6, examples),
        )
        # Standard errors 0.0035 and less, and finite size lowers the overlap from 5 examples by 0.011; one example fewer in three
        # changes the overlaps by 0.06, 0.06 and 0.01.
        pieces += [
            Evidence.exact(theory, predicted, 6e-4, label=f"theory, {examples} examples"),
            Evidence.equal(
                spins.replica_estimate(runs.overlaps, 15), theory, 0.03, label=f"{examples} examples, N = {size}"
            ),
        ]
    return Evidence.all_of(*pieces)


@paper.claim("storage-or-detection", tier="quick", origin="paper", source=ABSTRACT, statistical=True)
def storage_or_detection(seed: int) -> Evidence:
    """Noise τ on the couplings costs what τ² more classes cost: at P = 3, N = 90 and K + τ² = 1215 the first step recalls 0.932,
    whether 1215 classes, one class and τ = 35, or half of each."""
    size, budget = 90, 1215
    predicted = math.erf(1 / math.sqrt(4 * budget / size**2))
    pieces = []
    for classes in (budget, budget // 2, 1):
        first, _ = spins.detection_overlaps(
            3, size, classes, math.sqrt(budget - classes), 96, descend=False, seed=numerics.part_seed(seed, 7, classes)
        )
        # Standard error 0.004, finite size lowers the overlap by 0.005; without the noise K = 1 recalls 1.
        pieces.append(Evidence.equal(numerics.mean_estimate(first), predicted, 0.03, label=f"{classes} classes"))
    return Evidence.all_of(*pieces)


@paper.claim("plefka-reaction", tier="quick", origin="derived", source="Plefka 1982; " + DERIVED, statistical=True)
def plefka_reaction(seed: int) -> Evidence:
    """At P = 3, load 0.1, temperature 0.7 the first order of Plefka's expansion gives a larger overlap than the second in every
    network, by at least 0.006 on average, and the second converges within 120 steps."""
    gaps, steps = [], []
    for network in range(16):
        taught = spins.ExampleSet.random(3000, 300, 1, 1.0, numerics.part_seed(seed, 8, network))
        memory = spins.PrototypeMemory.of_examples(3, taught)
        archetype = memory.entries[:, 0]
        second = spins.plefka_magnetizations(memory, archetype, 0.7)
        first = spins.plefka_magnetizations(memory, archetype, 0.7, expansion="first")
        gaps.append(first.overlap - second.overlap)
        steps.append(second.iterations)
    # Standard error 0.0016; seen 0.011 to 0.016.
    return Evidence.all_of(
        Evidence.at_least(numerics.mean_estimate(gaps), 0.006, label="first minus second order"),
        Evidence.exact(min(gaps) > 0, True, label="positive in every network"),
        Evidence.exact(max(steps) < 120, True, label="steps"),
    )


@paper.claim("digits", tier="quick", origin="own", source="digits of Alpaydin and Kaynak 1998", statistical=True)
def digits(seed: int) -> Evidence:
    """On handwritten digits P = 4 recalls at least 0.2 more images than P = 2 and P = 10 more than 0.7, but the nearest class mean
    more than any; without centered prototypes P = 2 and 4 recall less than 0.35."""
    found = spins.digit_images()
    accuracy: dict[int | str, list[float]] = {2: [], 4: [], 10: [], "nearest": [], "raw": []}
    for repeat in range(10):
        part = numerics.part_seed(seed, 9, repeat)
        split = spins.split_images(found.X, found.y, examples=40, seed=part)
        for order in (2, 4, 10):
            recalled = spins.recognize(split, order, seed=part)
            accuracy[order].append(recalled.accuracy)
        accuracy["nearest"].append(recalled.nearest_mean)
        raw = spins.split_images(found.X, found.y, examples=40, center=False, seed=part)
        accuracy["raw"].append(max(spins.recognize(raw, order, centered=False, seed=part).accuracy for order in (2, 4)))
    return Evidence.all_of(
        Evidence.ordering(accuracy[4], accuracy[2], margin=0.2, label="P = 4 beyond P = 2"),
        Evidence.at_least(numerics.mean_estimate(accuracy[10]), 0.7, label="P = 10"),
        Evidence.ordering(accuracy["nearest"], accuracy[10], label="nearest class mean beyond P = 10"),
        Evidence.at_most(numerics.mean_estimate(accuracy["raw"]), 0.35, label="not centered, P = 2 or 4"),
    )
