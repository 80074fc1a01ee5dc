"""Quick claims: what seconds can measure."""

from __future__ import annotations

import math
from itertools import pairwise

from ... import numerics, populations
from ...claims import Evidence
from .subject import DERIVED, SUMMARY, paper

LADDER = (0.5, 0.2, 0.1, 0.05)


@paper.claim("hybrid-prediction", tier="quick", core=True, origin="derived", source=DERIVED, statistical=True)
def hybrid_prediction(seed: int) -> Evidence:
    """On sampled graphs of some 1,700 agents the hybrid prediction of the epidemic deviates by less than 0.068 from the
    agents, and by 0.015 less than the core's own course."""
    solution = populations.solve_hybrid(populations.ContagionGame(), 0.05, learning="core")
    gaps = populations.sampled_deviations(solution, populations.Graphex(0.5), 100.0, 400, numerics.part_seed(seed, 5))
    # Standard errors 0.0011 and 0.0002; with neighbors redrawn at every step both predictions are one, and the difference zero.
    return Evidence.all_of(
        Evidence.at_most(numerics.mean_estimate(gaps[:, 0]), 0.068, label="deviation of the hybrid prediction"),
        Evidence.ordering(gaps[:, 1].tolist(), gaps[:, 0].tolist(), margin=0.015, label="core alone less hybrid"),
    )


@paper.claim(
    "sampled-degrees", tier="quick", origin="derived", source="Palm calculus of the graphex process", statistical=True
)
def sampled_degrees(seed: int) -> Evidence:
    """At σ = 0.5, 0.6 and 0.8 and ν = 200, sampled graphs have ν²/2 edges on average and ν ∫ Poisson(k; νξ) dα nodes of each
    degree k from 1 to 8."""
    import numpy as np

    k = np.arange(1, 9)
    # Seven standard errors; without edges inside the tail N₁ falls by 8% and the edges by 4% at σ = 0.8.
    relative = (0.024, 0.036, 0.049, 0.06, 0.073, 0.079, 0.084, 0.105)
    pieces = []
    for sigma, drawn, of_edges in ((0.5, 80, 0.066), (0.6, 80, 0.051), (0.8, 110, 0.021)):
        graphex = populations.Graphex(sigma)
        exact = graphex.expected_degree_counts(200.0, k)
        seeds = [numerics.part_seed(seed, sigma, index) for index in range(drawn)]
        graphs = [populations.sample_graph(graphex, 200.0, seed=each).graph for each in seeds]
        counts = np.array([populations.degree_counts(graph, k) for graph in graphs])
        for degree in k.tolist():
            ratio = numerics.mean_estimate(counts[:, degree - 1] / exact[degree - 1])
            label = f"σ = {sigma}: nodes of degree {degree} / exact mean"
            pieces.append(Evidence.equal(ratio, 1.0, relative[degree - 1], label=label))
        edges = numerics.mean_estimate(np.array([graph.edges for graph in graphs]) / graphex.expected_edges(200.0))
        pieces.append(Evidence.equal(edges, 1.0, of_edges, label=f"σ = {sigma}: edges / (ν²/2)"))
    return Evidence.all_of(*pieces)


@paper.claim(
    "indifference", tier="quick", origin="derived", source="indifference of the susceptible between their actions"
)
def indifference(seed: int) -> Evidence:
    """In mid-course the core of the epidemic game tends, as the temperature falls, to the infected share c_U δ/(τ(c_I −
    c_U)) at which the susceptible are indifferent."""
    import dataclasses

    first = populations.ContagionGame()
    second = dataclasses.replace(first, cost_protection=0.4, infection=0.9)
    warm, cold = (populations.solve_annealed(first.mean_field(), LADDER)[place] for place in (2, 3))
    protecting = float(cold.policy[20, 0, 1])
    other_warm, other_cold = populations.solve_annealed(second.mean_field(), LADDER)[2:]
    pieces = [
        Evidence.exact(float(cold.state_shares[20, 1]), 0.2566, 0.0005, label="infected at t = 20, temperature 0.05"),
        Evidence.exact(protecting, 0.663, 0.002, label="protecting at t = 20, temperature 0.05"),
    ]
    for game, one, two, tolerance in ((first, warm, cold, 0.003), (second, other_warm, other_cold, 0.006)):
        balance = game.cost_protection * game.recovery / (game.infection * (game.cost_infected - game.cost_protection))
        limit = 2.0 * float(two.state_shares[20, 1]) - float(one.state_shares[20, 1])
        label = f"infected extrapolated to temperature 0, indifference at {balance:.4f}"
        pieces.append(Evidence.exact(limit, balance, tolerance, label=label))
    return Evidence.all_of(*pieces)


@paper.claim(
    "solver-honesty", tier="quick", origin="own", source="convergence of the solvers on the default epidemic game"
)
def solver_honesty(seed: int) -> Evidence:
    """Along falling temperatures the regularized equilibrium is found to 1e-10 and its exploitability falls from 4.27 to
    0.14, while online mirror descent cycles above 0.3 after ten thousand steps, and says so."""
    game = populations.ContagionGame().mean_field()
    found = populations.solve_annealed(game, LADDER)
    pieces = [Evidence.exact(max(each.residual for each in found), 0.0, 1e-10, label="largest residual")]
    for each, expected in zip(found, (4.27, 1.22, 0.337, 0.143), strict=True):
        label = f"exploitability at temperature {each.temperature}"
        pieces.append(Evidence.exact(each.exploitability, expected, 0.05 * expected, label=label))
    for rate in (0.1, 0.01, 0.001):
        ended = populations.solve_equilibrium(game, rate=rate, max_steps=10_000, check_every=500, throw=False)
        stuck = ended.exploitability > 0.3 and ended.outcome is populations.EquilibriumOutcome.max_steps
        pieces.append(Evidence.exact(stuck, True, label=f"mirror descent of rate {rate}: above 0.3, not converged"))
    convex = populations.ContagionGame(power=2.0).mean_field()
    calm = populations.solve_equilibrium(convex, rate=0.1, max_steps=1000, check_every=100, tolerance=1e-4)
    pieces.append(Evidence.exact(calm.exploitability, 0.0, 1e-4, label="mirror descent, contagion by y²"))
    return Evidence.all_of(*pieces)


@paper.claim(
    "several-equilibria", tier="quick", origin="own", source="damped best response on the default epidemic game"
)
def several_equilibria(seed: int) -> Evidence:
    """The default epidemic game has a second, pure equilibrium in which protection alternates in time, and the regularized
    one doubles its period between the temperatures 0.05 and 0.02."""
    import numpy as np

    game = populations.ContagionGame().mean_field()
    pure = populations.solve_equilibrium(game, method="damped-best-response", rate=0.1, max_steps=5000, tolerance=1e-9)
    mixing = float(np.minimum(pure.policy, 1.0 - pure.policy).max())
    swings = np.abs(np.diff(pure.state_shares[10:40, 1]))
    found = populations.solve_annealed(game, (*LADDER, 0.02))
    doubled = [float(np.abs(np.diff(each.policy[15:35, 0, 1])).mean()) for each in found[-2:]]
    return Evidence.all_of(
        Evidence.exact(pure.exploitability, 0.0, 1e-9, label="exploitability of the pure equilibrium"),
        Evidence.exact(mixing, 0.0, 1e-6, label="largest probability of the other action"),
        Evidence.exact(
            float(swings.min()) > 0.03, True, label="infected share changes by more than 0.03 at every step"
        ),
        Evidence.exact(float(pure.state_shares[10:40, 1].mean()), 0.25, 0.01, label="its mean over time"),
        Evidence.exact(doubled[0] < 0.01, True, label="protection settled at temperature 0.05"),
        Evidence.exact(doubled[1] > 0.3, True, label="protection alternates at temperature 0.02"),
    )


@paper.claim("many-neighbors", tier="quick", origin="derived", source=DERIVED)
def many_neighbors(seed: int) -> Evidence:
    """With lasting neighbors an agent of one neighbor is off the core's course by more than 0.05, one of twenty by less than 0.006;
    with neighbors redrawn at every step there is no difference at all."""
    import numpy as np

    game = populations.ContagionGame()
    core = populations.core_course(game, populations.solve_core(game, 0.05).policy)
    gaps = [float(np.abs(populations.periphery_course(core, k).shares - core.shares).max()) for k in (1, 2, 5, 10, 20)]
    redrawn = populations.periphery_course(core, 4, neighbors="annealed")
    return Evidence.all_of(
        Evidence.exact(gaps[0] > 0.05, True, label="one neighbor: largest gap above 0.05"),
        Evidence.exact(gaps[-1] < 0.006, True, label="twenty neighbors: largest gap below 0.006"),
        Evidence.exact(all(a > b for a, b in pairwise(gaps)), True, label="gap falls with the degree"),
        Evidence.exact(float(np.abs(redrawn.shares - core.shares).max()), 0.0, 1e-12, label="redrawn neighbors: gap"),
        Evidence.exact(float(core.shares[20, 1]), 0.2566, 0.0005, label="infected at t = 20: core"),
        Evidence.exact(
            float(populations.periphery_course(core, 1).shares[20, 1]), 0.2043, 0.0005, label="one neighbor"
        ),
        Evidence.exact(
            float(populations.periphery_course(core, 2).shares[20, 1]), 0.2286, 0.0005, label="two neighbors"
        ),
    )


@paper.claim(
    "finite-players",
    tier="quick",
    origin="textbook",
    source="law of large numbers for exchangeable players",
    statistical=True,
)
def finite_players(seed: int) -> Evidence:
    """N players of the well-mixed game stray from its limit like N^(−1/2), between a thousand and a hundred thousand players."""
    import numpy as np

    game = populations.ContagionGame().mean_field()
    policy = populations.solve_annealed(game, (0.5, 0.2))[-1].policy
    agents = [1_000, 10_000, 100_000]
    found = [
        populations.simulate_players(game, policy, count, runs=160, seed=numerics.part_seed(seed, place)).deviation
        for place, count in enumerate(agents)
    ]
    # Standard error 0.008; errors of single agents that do not average out would give a slope of zero.
    logs = np.log([each.value for each in found])
    errors = [each.stderr / each.value for each in found]
    slope = (logs[2] - logs[0]) / math.log(100.0)
    stderr = math.hypot(errors[0], errors[2]) / math.log(100.0)
    return Evidence.equal(numerics.Measured(slope, stderr, 159), -0.5, 0.06)


@paper.claim("learning-pays", tier="quick", origin="derived", source=SUMMARY)
def learning_pays(seed: int) -> Evidence:
    """In the limit an agent of one neighbor loses more than a fifth of its return by the core's policy, and less than 2% of
    it by its own policy at temperature 0.05, both against the best policy of its own state."""
    game = populations.ContagionGame()
    core = populations.core_course(game, populations.solve_core(game, 0.05).policy)
    best = populations.best_peripheral_policy(core, 1).earned
    follows = populations.periphery_course(core, 1).earned
    learned = populations.solve_periphery(core, 1, 0.05).earned
    return Evidence.all_of(
        Evidence.exact((best - follows) / abs(follows) > 0.2, True, label="lost by the core's policy, above 0.2"),
        Evidence.exact((best - learned) / abs(learned), 0.0, 0.02, label="lost by its own policy"),
    )
