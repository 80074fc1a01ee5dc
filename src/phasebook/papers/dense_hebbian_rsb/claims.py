"""Quick claims: what seconds can measure."""

from __future__ import annotations

import math
from typing import Literal

from ... import numerics, spins
from ...claims import Evidence
from .subject import ABSTRACT, DERIVED, paper

Coupling = Literal["distinct", "all"]


@paper.claim(
    "symmetric-capacity", tier="quick", origin="textbook", source="Gardner 1987; Amit, Gutfreund, Sompolinsky 1985"
)
def symmetric_capacity(seed: int) -> Evidence:
    """With symmetric replicas retrieval at temperature 0 ends at load 0.13791 for P = 2, 0.37829 for P = 3, 0.39572 for P = 4."""
    published = {2: 0.13791, 3: 0.37829, 4: 0.39572}
    edges = [spins.retrieval_spinodal(order, 0.0) for order in published]
    found = [edge.network.load if edge else 0.0 for edge in edges]
    closed = [spins.symmetric_capacity(order)[0] for order in published]
    return Evidence.all_of(
        Evidence.exact(found, list(published.values()), 2e-4, label="fold of the branch"),
        Evidence.exact(found, closed, 1e-6, label="fold against the maximum of the closed form"),
    )


@paper.claim(
    "one-step-capacity",
    tier="quick",
    origin="derived",
    source="P = 2: Steffan and Kühn 1994, 0.138186; P > 2: " + DERIVED,
)
def one_step_capacity(seed: int) -> Evidence:
    """One step of breaking moves the capacity at temperature zero to 0.138186 for P = 2, 0.46121 for P = 3, 0.45834 for P = 4."""
    published = {2: 0.138186, 3: 0.46121, 4: 0.45834}
    edges = [spins.retrieval_spinodal(order, 0.0, breaking="1rsb") for order in published]
    found = [edge.network.load if edge else 0.0 for edge in edges]
    # For P = 2 the whole effect is 2.8e-4.
    return Evidence.all_of(
        *[
            Evidence.exact(load, expected, 2e-6 if order == 2 else 2e-4, label=f"P = {order}")
            for load, (order, expected) in zip(found, published.items(), strict=True)
        ]
    )


@paper.claim(
    "glass-transitions", tier="quick", origin="textbook", source="Gardner 1985; Derrida 1981 for P → ∞; " + DERIVED
)
def glass_transitions(seed: int) -> Evidence:
    """The 3-spin glass freezes at T_s = 0.6514 below T_d = 0.6816 (load 1), has ground state −0.81353, and P = 10 is nearly the
    random energy model."""
    static, dynamic = spins.static_glass_temperature(3), spins.dynamic_glass_temperature(3)
    ground = spins.one_step_glass(spins.DenseNetwork(3, 1.0), 0.0)
    below = spins.one_step_glass(spins.DenseNetwork(3, 1.0), static - 1e-3)
    return Evidence.all_of(
        Evidence.exact(static, 0.6514, 5e-4, label="static transition"),
        Evidence.exact(dynamic, 0.6816, 1e-3, label="dynamic transition"),
        Evidence.exact(ground.energy, -0.81353, 1e-4, label="ground state"),
        Evidence.exact(below.breakpoint, 1.0, 0.005, label="breakpoint just below the static transition"),
        Evidence.exact(
            spins.static_glass_temperature(10), 0.5 / math.sqrt(math.log(2)), 2e-4, label="P = 10, random energy model"
        ),
    )


@paper.claim("entropy-crisis", tier="quick", origin="paper", source=ABSTRACT)
def entropy_crisis(seed: int) -> Evidence:
    """At T = 0.3√α both symmetric states, paramagnet and glass, have negative entropies; one step of breaking makes it positive."""
    pieces = []
    for order, entropy in ((3, 0.0217), (4, 0.0088)):
        network = spins.DenseNetwork(order, 1.0)
        hot, symmetric = spins.paramagnet(network, 0.3), spins.symmetric_glass(network, 0.3)
        broken = spins.one_step_glass(network, 0.3)
        pieces += [
            Evidence.exact(hot.entropy, math.log(2) - 1 / 0.36, 1e-9, label=f"paramagnet, P = {order}"),
            Evidence.exact(symmetric.entropy < -0.1, True, label=f"symmetric glass is negative, P = {order}"),
            Evidence.exact(broken.entropy, entropy, 1e-3, label=f"one step, P = {order}"),
            Evidence.exact(broken.entropy > 0.0, True, label=f"one step is positive, P = {order}"),
        ]
    return Evidence.all_of(*pieces)


@paper.claim("one-step-recall", tier="quick", origin="derived", source=DERIVED, statistical=True)
def one_step_recall(seed: int) -> Evidence:
    """After one parallel step from a pattern the overlap is erf(√(P/4α)), and with repeated indices (N·Σ m^P) it is lower."""
    size, networks = 400, 60
    network = spins.DenseNetwork(3, 0.3)
    share = network.patterns(size) / size**2
    # Standard errors 0.0017 and 0.0026; counting repeated indices lowers the overlap by 0.043, finite size by 0.004.
    predicted: dict[Coupling, float] = {
        "distinct": spins.first_recall_overlap(network),
        "all": math.erf(1 / math.sqrt(2 * 3 * share)),
    }
    pieces = []
    for coupling, expected in predicted.items():
        overlaps = [
            spins.first_recall(
                spins.random_memory(
                    3, size, network.patterns(size), numerics.part_seed(seed, 4, each), coupling=coupling
                )
            )
            for each in range(networks)
        ]
        measured = numerics.mean_estimate(overlaps)
        pieces.append(Evidence.equal(measured, expected, 0.02, label=f"{coupling} indices"))
    return Evidence.all_of(*pieces)


@paper.claim("retrieval-overlap", tier="quick", origin="derived", source=DERIVED, statistical=True)
def retrieval_overlap(seed: int) -> Evidence:
    """Where replicas are symmetric, networks of 400 spins have theory's overlap: 0.9727 at P = 3, load 0.2, temperature 0.4."""
    network = spins.DenseNetwork(3, 0.2)
    state = spins.replica_symmetric(network, 0.4)
    runs = spins.simulate_replicas(network, 400, [0.4] * 120, 24, seed=numerics.part_seed(seed, 5))
    # Standard error 0.0018; without the other patterns the overlap would be 0.9989.
    return Evidence.all_of(
        Evidence.exact(state.overlap, 0.97267, 1e-5, label="theory"),
        Evidence.exact(
            spins.replica_symmetric(spins.DenseNetwork(3, 0.1), 0.6).overlap,
            0.96277,
            1e-5,
            label="load 0.1, temperature 0.6",
        ),
        Evidence.exact(state.replicon > 0.0, True, label="replicas are symmetric"),
        Evidence.equal(spins.replica_estimate(runs.overlaps, 30), state.overlap, 0.013, label="N = 400"),
    )


@paper.claim(
    "distinct-indices", tier="quick", origin="own", source="coincident indices of the energy", statistical=True
)
def distinct_indices(seed: int) -> Evidence:
    """At P = 4 and load 0.2 nearly every network of 100 spins retrieves, and with repeated indices (N·Σ m^P) nearly none does."""
    network, networks = spins.DenseNetwork(4, 0.2), 32
    pieces = []
    couplings: tuple[Coupling, ...] = ("distinct", "all")
    for coupling in couplings:
        runs = spins.simulate_replicas(
            network, 100, [0.35] * 80, networks, seed=numerics.part_seed(seed, 6), coupling=coupling
        )
        retrieving = int((runs.overlaps[:, 30:].mean(axis=1) > 0.93).sum())
        # Seen: 64 of 64 with distinct indices, 3 of 64 with repeated ones.
        if coupling == "distinct":
            pieces.append(Evidence.rate(retrieving, networks, at_least=0.6, label="distinct indices: retrieving"))
        else:
            pieces.append(Evidence.rate(retrieving, networks, at_most=0.4, label="repeated indices: retrieving"))
    theory = spins.replica_symmetric(network, 0.35)
    return Evidence.all_of(*pieces, Evidence.exact(theory.overlap, 0.99458, 1e-5, label="theory of distinct indices"))


@paper.claim("retrieval-beyond-symmetry", tier="quick", core=True, origin="paper", source=ABSTRACT, statistical=True)
def retrieval_beyond_symmetry(seed: int) -> Evidence:
    """At P = 3, temperature 0 and load 0.41 symmetric replicas lose the pattern, one step of breaking keeps 0.8644 of it, and
    networks of 200 spins that are quenched from the pattern keep more than 0.8."""
    network = spins.DenseNetwork(3, 0.41)
    symmetric, broken = spins.replica_symmetric(network, 0.0), spins.one_step_breaking(network, 0.0)
    runs = spins.simulate_replicas(network, 200, spins.QUENCH, 96, seed=numerics.part_seed(seed, 7))
    # Standard error 0.0065; seen 0.87.
    last = numerics.mean_estimate(runs.overlaps[:, -1])
    lost = spins.simulate_replicas(spins.DenseNetwork(3, 2.0), 100, spins.QUENCH, 48, seed=numerics.part_seed(seed, 8))
    return Evidence.all_of(
        Evidence.exact(symmetric.overlap, 0.0, 1e-6, label="symmetric replicas"),
        Evidence.exact(broken.overlap, 0.8644, 1e-4, label="one step"),
        Evidence.at_least(last, 0.8, label="200 spins, quenched"),
        # Standard error 0.012: far above every capacity only a remanence of about a half is left.
        Evidence.at_most(numerics.mean_estimate(lost.overlaps[:, -1]), 0.62, label="100 spins at load 2, quenched"),
    )
