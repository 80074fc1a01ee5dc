"""Quick claims: the generator, transitivity, plateaus and speeds of waves, acceleration, small worlds, shared recovery."""

from __future__ import annotations

import math
from typing import Any

from ... import networks, numerics
from ...claims import Evidence, Measured
from .subject import ABSTRACT, DERIVED, paper

# Kolmogorov's 99% band of a distribution function from N samples is this over the root of N.
BAND = 1.63
SAMPLED_NODES, TRIED_NODES, TRIALS = 20_000, 1500, 24


@paper.claim("generator-law", tier="quick", origin="derived", source=DERIVED, statistical=True)
def generator_law(seed: int) -> Evidence:
    """Generated networks have the mean degree, mixed Poisson degree law and edge-length law of the model, for four kernels, two
    degree laws, rings and tori."""
    import numpy as np

    pieces, all_degrees, all_lengths = [], [], []
    for dimension in (1, 2):
        kernels = (
            networks.gaussian_kernel(1.0, dimension),
            networks.exponential_kernel(1.0, dimension),
            networks.disc_kernel(1.0, dimension),
            networks.algebraic_kernel(1.0, 1.5, dimension),
        )
        for index, kernel in enumerate(kernels):
            for law in (networks.constant_degrees(5.0), networks.exponential_degrees(5.0)):
                model = networks.build_model(SAMPLED_NODES, 200.0 if dimension == 1 else 50.0, kernel, law)
                drawn = networks.generate_network(model, numerics.part_seed(seed, dimension, index, len(law.shares)))
                label = f"{kernel.parts[0].kind}, {law.name}, d = {dimension}"
                # Edges are independent given expected degrees whose mean is scaled to theirs, and scatters for the second law.
                spread = math.sqrt(2 * law.mean / SAMPLED_NODES)
                given = float(np.mean(np.asarray(drawn.expected_degrees)))
                mean = Measured(float(drawn.graph.degrees.mean()), spread, math.inf)
                pieces.append(Evidence.equal(mean, given, 0.16, label=f"mean degree: {label}"))
                top = np.arange(200)
                theory = np.cumsum(law.degree_probabilities(top))
                found = np.cumsum(np.bincount(drawn.graph.degrees, minlength=200)[:200]) / SAMPLED_NODES
                all_degrees.append(found - theory)
                lengths = np.sort(drawn.edge_lengths())
                grid = np.linspace(0, model.size / 2, 4001)
                theory = kernel.mass_within(grid) / model.mass
                all_lengths.append(float(np.abs(np.searchsorted(lengths, grid) / lengths.size - theory).max()))
    for name, distances, size in (
        ("degrees", [float(np.abs(each).max()) for each in all_degrees], SAMPLED_NODES),
        ("edge lengths", all_lengths, 2.5 * SAMPLED_NODES),
    ):
        # A Poisson law in place of the geometric one is 0.22 away; lengths 5% too long are 0.012 to 0.03 away.
        pieces += [
            Evidence.distribution(each, sampling_band=BAND / math.sqrt(size), tolerance=0.04, label=f"{name}, case {k}")
            for k, each in enumerate(distances)
        ]
    return Evidence.all_of(*pieces)


@paper.claim("generator-exact", tier="quick", origin="own", source="trying every pair of nodes", statistical=True)
def generator_exact(seed: int) -> Evidence:
    """On the same places and expected degrees the fast generator and the trial of all pairs draw edges of one law: number, length
    and product of degrees."""
    import numpy as np

    pieces = []
    for case, (dimension, fat, periodic) in enumerate(
        ((1, False, True), (1, True, False), (2, True, True), (2, False, False))
    ):
        kernel = networks.algebraic_kernel(1.0, 1.0, dimension) if fat else networks.gaussian_kernel(1.0, dimension)
        model = networks.build_model(TRIED_NODES, 20.0, kernel, networks.exponential_degrees(5.0))
        random = np.random.default_rng(numerics.part_seed(seed, case))
        places = random.random((TRIED_NODES, dimension)) * model.size
        kappa = model.degrees.sample(TRIED_NODES, random)
        weights = model.weights(kappa)
        roads: list[list[Any]] = []
        for road, draw in enumerate((networks.sample_edges, networks.sample_edges_by_pairs)):
            drawn = [
                draw(
                    places,
                    weights,
                    kernel,
                    model.size,
                    periodic=periodic,
                    seed=numerics.part_seed(seed, case, road, trial),
                )
                for trial in range(TRIALS)
            ]
            pairs = np.concatenate([graph.pairs() for graph in drawn])
            space = networks.SpatialNetwork(drawn[0], places, model.size if periodic else None)
            count = numerics.mean_estimate([graph.edges for graph in drawn])
            roads.append([count, space.edge_lengths(pairs), kappa[pairs].prod(axis=1)])
        (fast, *fast_samples), (slow, *slow_samples) = roads
        # About 3600 edges with a standard error of 17 for the difference; losing one offset of cells loses more than 4%.
        pieces.append(Evidence.equal(fast, slow, 120.0, label=f"edges, case {case}"))
        for name, one, other in zip(("lengths", "degree products"), fast_samples, slow_samples, strict=True):
            pooled = np.sort(np.concatenate((one, other)))
            ranks = [np.searchsorted(np.sort(part), pooled, side="right") / part.size for part in (one, other)]
            distance = float(np.abs(ranks[0] - ranks[1]).max())
            band = BAND * math.sqrt(1 / one.size + 1 / other.size)
            pieces.append(
                Evidence.distribution(distance, sampling_band=band, tolerance=0.03, label=f"{name}, case {case}")
            )
    return Evidence.all_of(*pieces)


@paper.claim("vanishing-clustering", tier="quick", origin="paper", source=ABSTRACT, statistical=True)
def vanishing_clustering(seed: int) -> Evidence:
    """Transitivity is J/ρ times ⟨κ²⟩²/⟨κ⟩³, within 8%, and so halves where density doubles; J = 1/(√(6π)σ) for a Gaussian kernel,
    3/(16ℓ) for an exponential one."""
    pieces = []
    constants = {"gaussian": 1 / math.sqrt(6 * math.pi), "exponential": 3 / 16}
    for index, kernel in enumerate((networks.gaussian_kernel(), networks.exponential_kernel())):
        kind = kernel.parts[0].kind
        for density, nodes in ((50.0, 100_000), (100.0, 240_000)):
            model = networks.build_model(nodes, density, kernel, networks.constant_degrees(5.0))
            drawn = networks.generate_network(model, numerics.part_seed(seed, index, density))
            predicted = 5.0 * constants[kind] / density
            pieces.append(
                Evidence.equal(
                    networks.transitivity_estimate(drawn.graph),
                    predicted,
                    0.08 * predicted,
                    label=f"{kind}, density {density:g}",
                )
            )
            formula = networks.expected_transitivity(model)
            pieces.append(Evidence.exact(formula, predicted, 1e-9, label=f"formula: {kind}, density {density:g}"))
    return Evidence.all_of(*pieces)


@paper.claim("final-size-behind-a-wave", tier="quick", origin="derived", source=DERIVED)
def final_size_behind_a_wave(seed: int) -> Evidence:
    """What a wave leaves behind is the final size of the epidemic without space, and with a uniform kernel the equations are the
    ordinary ones of a mixed Poisson network."""
    import numpy as np

    rates, pieces = networks.Rates(1.0, 1.0), []
    known = {"constant": (0.5536776231953955, 0.8926447536), "exponential": (None, None)}
    for law in (networks.constant_degrees(5.0), networks.exponential_degrees(5.0)):
        start = networks.patch(512, 60.0, 2.0, 0.1)
        field = networks.solve_epidemic(networks.gaussian_kernel(), law, rates, start, 60.0, [20.0], step=0.03)
        transmitted = networks.final_transmitted(law, rates)
        gap = float(np.abs(field.transmitted[-1] - transmitted).max())
        pieces.append(Evidence.exact(gap, 0.0, 1e-9, label=f"plateau, {law.name}"))
        if known[law.name][0] is not None:
            pieces.append(
                Evidence.exact(
                    [1 - transmitted, networks.final_size(law, rates)], list(known[law.name]), 1e-10, label="constants"
                )
            )
        times = np.linspace(1.0, 12.0, 12)
        uniform = networks.solve_epidemic(
            networks.uniform_kernel(10.0), law, rates, np.full(16, 1e-3), 10.0, times, step=0.004
        )
        ordinary = networks.mixed_poisson_epidemic(law, rates, 1e-3, times)
        gap = float(np.abs(uniform.transmitted[:, 0] - ordinary).max())
        pieces.append(Evidence.exact(gap, 0.0, 1e-8, label=f"uniform kernel, {law.name}"))
    return Evidence.all_of(*pieces)


@paper.claim("wave-speed", tier="quick", core=True, origin="paper", source=ABSTRACT)
def wave_speed(seed: int) -> Evidence:
    """Epidemics under thin kernels travel as waves whose speed in the equations is c* − 3/(2λ*t): 6.0105 at t = 22.5 for a Gaussian
    kernel (c* = 6.0889), 9.161 at t = 17.5 for an exponential one (c* = 9.3288)."""
    import numpy as np

    law, rates = networks.constant_degrees(5.0), networks.Rates(1.0, 1.0)
    level = networks.final_transmitted(law, rates) / 2
    amplitude = float(np.random.default_rng(seed).uniform(0.05, 0.4))
    pieces = []
    # Reading the speed as c* misses by 0.08 and 0.17; a floor for h at 1e-13 in place of none by 0.015 and 0.029.
    for kernel, first, last, tolerance, constants in (
        (networks.gaussian_kernel(), 20.0, 25.0, 0.01, (6.0889490, 0.8491644)),
        (networks.exponential_kernel(), 15.0, 20.0, 0.02, (9.3287609, 0.5102927)),
    ):
        found = networks.wave(kernel, law, rates)
        kind = kernel.parts[0].kind
        pieces.append(Evidence.exact([found.speed, found.decay_rate], list(constants), 1e-6, label=f"c*, λ*: {kind}"))
        start = networks.patch(4096, 400.0, 2.0, amplitude)
        field = networks.solve_epidemic(kernel, law, rates, start, 400.0, [first, last], method="direct", step=0.04)
        places = networks.level_positions(field, level)
        speed = float(places[1] - places[0]) / (last - first)
        predicted = float(found.speed_at((first + last) / 2))
        pieces.append(Evidence.exact(speed, predicted, tolerance, label=f"speed, t = {first:g} to {last:g}: {kind}"))
    return Evidence.all_of(*pieces)


@paper.claim("fat-tails-accelerate", tier="quick", origin="derived", source=DERIVED)
def fat_tails_accelerate(seed: int) -> Evidence:
    """Under an algebraic kernel with tail |x|^(−1−a) fronts accelerate as d ln x / dt = r/(1 + a): 1 for a = 2, 1.2 for a = 1.5."""
    import numpy as np

    law, rates = networks.constant_degrees(5.0), networks.Rates(1.0, 1.0)
    level = networks.final_transmitted(law, rates) / 2
    pieces = []
    # r/a in place of r/(1 + a) would be 1.5 and 2.
    for exponent, end, share in ((2.0, 8.0, 0.01), (1.5, 7.0, 0.02)):
        kernel = networks.algebraic_kernel(1.0, exponent)
        start = networks.patch(2**15, 2.0**15, 4.0, 0.1)
        field = networks.solve_epidemic(kernel, law, rates, start, 2.0**15, [end - 1, end], step=0.05)
        places = networks.level_positions(field, level)
        predicted = networks.acceleration_rate(kernel, law, rates)
        pieces.append(
            Evidence.exact(
                float(np.log(places[1] / places[0])), predicted, share * predicted, label=f"a = {exponent:g}"
            )
        )
    return Evidence.all_of(*pieces)


@paper.claim("small-world-without-clustering", tier="quick", origin="paper", source=ABSTRACT, statistical=True)
def small_world_without_clustering(seed: int) -> Evidence:
    """With one edge in a hundred thrown anywhere, paths are shorter than 0.35 of those without, while the median edge is at most 5%
    longer and transitivity stays below 0.03."""
    import numpy as np

    nodes, density, law = 20_000, 100.0, networks.constant_degrees(8.0)
    rows = []
    for trial in range(4):
        row = []
        for share in (0.0, 0.01):
            short, long = networks.gaussian_kernel(), networks.uniform_kernel(nodes / density)
            model = networks.build_model(
                nodes, density, networks.mixture_kernel((1 - share, share), (short, long)), law
            )
            part = numerics.part_seed(seed, trial, share)
            drawn = networks.generate_network(model, part)
            path = networks.mean_path_length(drawn.graph, seed=part).value
            row.append((path, float(np.median(drawn.edge_lengths())), networks.transitivity(drawn.graph)))
        rows.append(row)
    table = np.array(rows)
    # The ring of nearest neighbors that is the usual small world has a transitivity near 3/4.
    return Evidence.all_of(
        Evidence.at_most(numerics.mean_estimate(table[:, 1, 0] / table[:, 0, 0]), 0.35, label="path / path without"),
        Evidence.at_most(numerics.mean_estimate(table[:, 1, 1] / table[:, 0, 1]), 1.05, label="edge / edge without"),
        Evidence.at_most(numerics.mean_estimate(table[:, 1, 2]), 0.03, label="transitivity"),
    )


@paper.claim(
    "shared-recovery",
    tier="quick",
    origin="textbook",
    source="branching process with a shared infectious period",
    statistical=True,
)
def shared_recovery(seed: int) -> Evidence:
    """One ill node starts an epidemic with the chance of a branching process in which all edges of a node share its recovery: 0.735
    for five edges at equal rates, where recovery drawn for each edge would give 0.893; the attack rate is 0.8926 either way."""
    import numpy as np

    law, rates, nodes, trials = networks.constant_degrees(5.0), networks.Rates(1.0, 1.0), 10_000, 4800
    model = networks.build_model(nodes, 1.0, networks.uniform_kernel(float(nodes)), law)
    drawn = networks.generate_network(model, numerics.part_seed(seed, 1))
    random = np.random.default_rng(numerics.part_seed(seed, 2))
    starts = [[int(node)] for node in random.integers(0, nodes, trials)]
    large = 0
    for batch in range(0, trials, 400):
        part = numerics.part_seed(seed, 3, batch)
        runs = networks.simulate_outbreaks(
            drawn.graph, rates, starts[batch : batch + 400], seed=part, share=0.03, threads=1
        )
        large += sum(run.attack_rate > 0.029 for run in runs)
    attacks = []
    for net in range(16):
        # Networks differ by more than outbreaks on one of them: each attack rate is of a network of its own.
        part = numerics.part_seed(seed, 4, net)
        other = networks.generate_network(model, part)
        attacks.append(networks.simulate_outbreak(other.graph, rates, list(range(10)), seed=part).attack_rate)
    attack = numerics.mean_estimate(attacks)
    predicted = networks.outbreak_probability(law, rates)
    return Evidence.all_of(
        Evidence.exact(predicted, 0.7347, 5e-4, label="branching process"),
        Evidence.rate(large, trials, predicted=predicted, tolerance=0.06, label="outbreaks from one node"),
        Evidence.equal(attack, networks.final_size(law, rates), 0.01, label="attack"),
    )
