"""Claims: the paper's statements, and what we found beside them."""

from __future__ import annotations

import math
from typing import Any

from ... import reactions
from ...claims import Evidence, Measured
from .subject import paper
from .systems import map_volumes, network_of

ABSTRACT = "abstract of arXiv 1407.8316; networks, rates and numbers are ours"
DERIVED = "derived from the moment equations of arXiv 1407.8316"
BRUSSELATOR = "documentation of MomentClosure.jl for the network; numbers ours"


@paper.claim("linear-exact", tier="quick", origin="textbook", source="Poisson law of immigration and death")
def linear_exact(seed: int) -> Evidence:
    """For linear reactions every closure at orders 2 to 4 gives the exact moments: a Poisson law for immigration and death."""
    import numpy as np

    system, rate = reactions.birth_death(), 10.0
    exact = [rate, rate**2 + rate, rate**3 + 3 * rate**2 + rate, rate**4 + 6 * rate**3 + 7 * rate**2 + rate]
    errors = []
    for closure in reactions.CLOSURES:
        for order in (2, 3, 4):
            equations = reactions.moment_equations(system, order, closure)
            state = reactions.solve_moments(equations, [60.0], [3.0]).states[-1]
            moments = [equations.raw_moment(state, (power,)) for power in range(1, order + 1)]
            errors.append(float(np.abs(np.array(moments) / exact[:order] - 1).max()))
    return Evidence.exact(errors, 0.0, 1e-8, label="largest relative error of a raw moment")


@paper.claim("schloegl-window", tier="quick", core=True, origin="paper", source=ABSTRACT)
def schloegl_window(seed: int) -> Evidence:
    """For a bistable network closed equations have one stable state only in a finite window of volumes; the exact law has one."""
    import numpy as np

    counts, modes = [], []
    for volume in (0.3, 1.0, 10.0, 50.0, 100.0, 300.0):
        system = reactions.schloegl(volume)
        starts = volume * np.array([[0.0], [0.5], [2.5], [4.0], [6.0]])
        counts.append(len(reactions.validity(system, "normal", 2, starts=starts).ends))
        modes.append(reactions.stationary_birth_death(system).mean / volume)
    return Evidence.all_of(
        Evidence.exact(counts, [2, 1, 1, 1, 2, 2], label="stable ends at volumes 0.3 to 300"),
        Evidence.exact(
            [modes[1], modes[2], modes[4], modes[5]],
            [1.0190, 1.6685, 2.8505, 3.9175],
            1e-4,
            label="exact mean / volume",
        ),
    )


@paper.claim("window-grows", tier="quick", origin="paper", source=ABSTRACT)
def window_grows(seed: int) -> Evidence:
    """Comparing orders exposes an artifact: at volume 100 the Schlögl network has two stable states at order 2, one at 3."""
    found = [reactions.validity(reactions.schloegl(100.0), "normal", order) for order in (2, 3)]
    return Evidence.all_of(
        Evidence.exact([len(each.ends) for each in found], [2, 1], label="stable ends at orders 2, 3"),
        Evidence.exact(float(found[1].ends[0].means[0]) / 100, 3.794, 0.002, label="mean / volume at order 3"),
        Evidence.exact(
            [float(end.means[0]) / 100 for end in found[0].ends],
            [1.073, 3.839],
            0.001,
            label="means / volume at order 2",
        ),
    )


@paper.claim("window-edges", tier="quick", origin="derived", source=DERIVED)
def window_edges(seed: int) -> Evidence:
    """The bistable network's window at order 2 lies between two folds of steady states, at volumes of 0.6093 and 65.23: where runs
    begin to end in two states."""
    branches = reactions.moment_branches(reactions.schloegl(10.0), low=0.1, high=1000.0)
    folds = sorted(float(volume) for branch in branches for volume in branch.special_volumes("fold"))
    stable = [int(sum(branch.stable.any() for branch in branches)), len(branches)]
    window = reactions.validity_window(reactions.schloegl(), inside=10.0, low=0.5, high=1000.0)
    edges = [edge if edge is not None else math.nan for edge in (window.low, window.high)]
    return Evidence.all_of(
        Evidence.exact(
            [fold / known for fold, known in zip(folds, (0.6093, 65.23), strict=True)],
            1.0,
            1e-3,
            label="volumes of the folds, over 0.6093 and 65.23",
        ),
        Evidence.exact(
            [edge / fold for edge, fold in zip(edges, folds, strict=True)],
            1.0,
            2e-3,
            label="edges by runs, over the folds",
        ),
        Evidence.exact(stable, [3, 3], label="branches with stable states, branches"),
    )


@paper.claim("monostable-threshold", tier="quick", origin="paper", source=ABSTRACT)
def monostable_threshold(seed: int) -> Evidence:
    """For a monostable network closed equations are valid above a threshold: a volume of 2.470 for pair annihilation."""

    def starts(volume: float) -> list[list[float]]:
        return [[0.0], [0.7 * volume], [3 * volume + 1]]

    verdicts = [
        reactions.validity(reactions.pair_annihilation(volume), starts=starts(volume)).reason
        for volume in (0.3, 1.0, 2.0, 2.5, 10.0, 100.0)
    ]
    window = reactions.validity_window(reactions.pair_annihilation(), inside=10.0, low=0.3, high=100.0, starts=starts)
    end = reactions.validity(reactions.pair_annihilation(100.0), starts=starts(100.0)).ends[0]
    exact = reactions.stationary_distribution(reactions.pair_annihilation(100.0))
    return Evidence.all_of(
        Evidence.exact(verdicts, ["diverged"] * 3 + ["valid"] * 3, label="verdicts at volumes 0.3 to 100"),
        Evidence.exact(window.low, 2.470, 0.01, label="threshold volume"),
        Evidence.exact(
            float(end.means[0] / exact.mean()[0]), 1.0, 1e-3, label="mean at volume 100, over the exact one"
        ),
        Evidence.exact(
            float(end.covariance[0, 0] / exact.covariance()[0, 0]), 1.0, 1e-2, label="variance, over the exact one"
        ),
    )


@paper.claim("brusselator-mean", tier="quick", origin="derived", source=DERIVED)
def brusselator_mean(seed: int) -> Evidence:
    """The Brusselator's stationary mean of X is volume·c3/c4 in the exact law and in every closure that settles, at any order."""
    system = reactions.brusselator(10.0)
    start = [10.0, 10.0]
    means = []
    for closure, order in (("normal", 2), ("normal", 3), ("normal", 4), ("poisson", 2), ("poisson", 3)):
        run = reactions.run_to_end(reactions.moment_equations(system, order, closure), start)
        means.append(float(run.steady.means[0]) if run.steady is not None else math.inf)
    exact = reactions.stationary_distribution(system, box=(149, 149), tolerance=1e-6)
    return Evidence.all_of(
        Evidence.exact(means, 10.0, 1e-6, label="closures"),
        Evidence.exact(float(exact.mean()[0]), 10.0, 1e-6, label="exact"),
        Evidence.exact(float(exact.mean()[1]), 25.1327, 1e-3, label="exact mean of Y"),
    )


@paper.claim("brusselator-hopf", tier="quick", origin="derived", source=DERIVED)
def brusselator_hopf(seed: int) -> Evidence:
    """At order 2 the normal closure's steady state of the Brusselator loses stability at a volume of 7150 and oscillates beyond."""
    from ...numerics import bracketed_root

    start = reactions.run_to_end(reactions.moment_equations(reactions.brusselator(1000.0))).steady
    if start is None:
        raise RuntimeError("the closed equations do not settle at volume 1000")

    def growth(volume: float) -> float:
        return reactions.steady_moments(
            reactions.moment_equations(reactions.brusselator(volume)), start.state
        ).growth_rate

    edge = float(bracketed_root(growth, 3000.0, 10_000.0, tolerance=1e-3).value)
    return Evidence.all_of(
        Evidence.exact(edge, 7150.0, 20.0, label="volume of the Hopf point"),
        Evidence.exact(growth(1000.0), -0.0194, 0.0005, label="growth rate at volume 1000"),
        Evidence.exact(growth(10_000.0), 0.00143, 0.0001, label="growth rate at volume 10,000"),
    )


@paper.claim("coexisting-oscillation", tier="quick", origin="own", source="measured here")
def coexisting_oscillation(seed: int) -> Evidence:
    """At volume 3000 the Brusselator's closed equations hold a stable steady state and a sustained oscillation beside it."""
    import numpy as np

    equations = reactions.moment_equations(reactions.brusselator(3000.0))
    far = reactions.solve_moments(
        equations, np.concatenate([np.linspace(1000, 1100, 401), np.linspace(1900, 2000, 401)]), [1.0, 1.0]
    )
    swings = [float(np.ptp(part[:, 1]) / 3000) for part in (far.means[:401], far.means[401:])]
    near = reactions.run_to_end(equations, [3000.0, 6700.0])
    return Evidence.all_of(
        Evidence.exact(swings, 0.7277, 0.01, label="swing of Y / volume at times 1000 and 1900"),
        Evidence.exact(swings[1] / swings[0], 1.0, 1e-3, label="later over earlier swing"),
        Evidence.exact(near.ending, "steady", label="from near the steady state"),
    )


@paper.claim("cumulant-not-isserlis", tier="quick", origin="derived", source=DERIVED)
def cumulant_not_isserlis(seed: int) -> Evidence:
    """At order 3 the normal closure keeps the third cumulants that it solves for: ⟨Y⟩ = 22.117, Fano factor of X 5.546."""
    steady = reactions.run_to_end(reactions.moment_equations(reactions.brusselator(10.0), 3), [10.0, 10.0]).steady
    if steady is None:
        raise RuntimeError("the closed equations do not settle")
    return Evidence.all_of(
        Evidence.exact(float(steady.means[1]), 22.117, 0.01, label="mean of Y"),
        Evidence.exact(float(steady.covariance[0, 0] / steady.means[0]), 5.546, 0.01, label="Fano factor of X"),
    )


@paper.claim("combinatoric-order", tier="quick", origin="textbook", source=BRUSSELATOR)
def combinatoric_order(seed: int) -> Evidence:
    """With combinatoric propensities the Brusselator's mean oscillates without end at order 2 and settles at order 4."""
    import numpy as np

    swings = []
    for order in (2, 3, 4):
        equations = reactions.moment_equations(network_of("brusselator", 100.0, True), order)
        swings.append(float(np.ptp(reactions.solve_moments(equations, np.linspace(85, 100, 151)).means[:, 0])))
    return Evidence.all_of(
        Evidence.exact(swings[0] > 200, True, label="swing above 200 at order 2"),
        Evidence.exact(swings, [219.0, 107.0, 0.004], 1.0, label="swings at orders 2, 3, 4"),
        Evidence.exact(swings[2] < 0.1, True, label="swing below 0.1 at order 4"),
    )


@paper.claim("closed-values", tier="quick", origin="textbook", source=BRUSSELATOR)
def closed_values(seed: int) -> Evidence:
    """Order 2, volume 100, t = 100: the Brusselator's closed means and variances; central neglect makes the mean of Y negative."""
    import numpy as np

    system = reactions.brusselator(100.0)
    run = reactions.solve_moments(reactions.moment_equations(system, 2), [100.0])
    central = reactions.solve_moments(reactions.moment_equations(system, 2, "central"), [100.0])
    values = np.concatenate([run.means[-1], run.variances[-1]])
    published = np.array([100.016, 219.658, 1338.02, 2292.57])
    return Evidence.all_of(
        Evidence.exact((values / published).tolist(), 1.0, 1e-4, label="normal closure over published values"),
        Evidence.exact(central.least_mean < -500, True, label="central: least mean below −500"),
    )


@paper.claim("simulation-and-master-equation", tier="quick", origin="own", source="two exact roads", statistical=True)
def simulation_and_master_equation(seed: int) -> Evidence:
    """Exact simulation and the master equation agree on the Brusselator at volume 10: ⟨X⟩ = 10, ⟨Y⟩ = 25.133, Var Y = 133.39."""
    system = reactions.brusselator(10.0)
    exact = reactions.stationary_distribution(system, box=(149, 149), tolerance=1e-6)
    means, squares = exact.mean(), exact.covariance()[1, 1] + exact.mean()[1] ** 2
    average = reactions.time_average(system, 200_000.0, burn_in=100.0, batches=40, seed=seed)
    # Standard errors 0.010, 0.029 and 1.8 from 40 batches; X squared for X(X - 1) in the propensity moves ⟨Y⟩ by 2.
    rows = (
        ("⟨X⟩", average.mean[0], average.mean_stderr[0], means[0], 0.08),
        ("⟨Y⟩", average.mean[1], average.mean_stderr[1], means[1], 0.23),
        ("⟨Y²⟩", average.second_moment[1], average.second_moment_stderr[1], squares, 14.0),
    )
    return Evidence.all_of(
        *(
            Evidence.equal(Measured(float(value), float(stderr), 39.0), float(predicted), tolerance, label=label)
            for label, value, stderr, predicted, tolerance in rows
        ),
        Evidence.exact(
            [float(means[0]), float(means[1]), float(exact.covariance()[1, 1])],
            [10.0, 25.1327, 133.385],
            1e-3,
            label="⟨X⟩, ⟨Y⟩, Var Y of the master equation",
        ),
    )


@paper.claim("linear-noise-limit", tier="full", origin="derived", source=DERIVED)
def linear_noise_limit(seed: int) -> Evidence:
    """For a monostable network the closure's variance per volume tends to that of linear noise like 1/volume."""
    import numpy as np

    volumes = np.geomspace(30.0, 3000.0, 9)
    gaps = []
    for volume in volumes:
        system = reactions.pair_annihilation(float(volume))
        end = reactions.run_to_end(reactions.moment_equations(system), [float(volume)]).steady
        noise = reactions.stationary_linear_noise(system)
        gaps.append(abs(float(end.covariance[0, 0]) - float(noise.covariance[0, 0])) / volume)  # type: ignore[union-attr]
    slope = float(np.polyfit(np.log(volumes), np.log(gaps), 1)[0])
    return Evidence.exact(slope, -1.0, 0.1, label="slope of ln difference against ln volume")


@paper.claim("validity-map", tier="full", origin="paper", source=ABSTRACT)
def validity_map(seed: int) -> list[dict[str, Any]]:
    """On 40 volumes from 0.02 to 10,000 the normal closure of order 2 is valid in a window bounded on both sides for the bistable
    network, and above a threshold for the monostable one."""
    return [
        {"network": name, "closure": closure, "order": order}
        for name in ("schloegl", "pair-annihilation", "brusselator")
        for closure in ("normal", "poisson", "lognormal", "central")
        for order in (2, 3, 4)
    ]


@validity_map.unit
def validity_map_unit(network: str, closure: str, order: int, seed: int) -> dict[str, Any]:
    """Verdicts, coded by `reactions.REASONS`, on the volumes of the map; -1 where a run told nothing."""
    import numpy as np

    from ...errors import NotConverged

    codes = []
    for volume in map_volumes():
        system = network_of(network, float(volume), False)
        try:
            codes.append(reactions.REASONS.index(reactions.validity(system, closure, order, all_starts=False).reason))
        except NotConverged:
            codes.append(-1)
    return {"codes": np.array(codes)}


@validity_map.judged
def validity_map_judged(results: list[dict[str, Any]]) -> Evidence:
    """The valid sets of the normal closure at order 2."""
    import numpy as np

    valid = reactions.REASONS.index("valid")
    sets = {}
    for result in results:
        key = (str(result["network"]), str(result["closure"]), int(result["order"]))
        sets[key] = np.asarray(result["codes"]) == valid
    schloegl, pair = sets["schloegl", "normal", 2], sets["pair-annihilation", "normal", 2]
    brusselator = sets["brusselator", "normal", 2]
    return Evidence.all_of(
        Evidence.exact(
            bool(schloegl.any() and not schloegl[-1]), True, label="bistable: invalid at the largest volume"
        ),
        Evidence.exact(
            bool(not schloegl[map_volumes() < 0.6].all()), True, label="bistable: invalid at some volume below 0.6"
        ),
        Evidence.exact(
            bool(brusselator.any() and not brusselator[-1]), True, label="oscillatory: invalid at the largest volume"
        ),
        Evidence.exact(
            bool(pair[-1] and not pair[0]), True, label="monostable: invalid at the smallest, valid at the largest"
        ),
        Evidence.exact(bool(np.all(np.diff(pair.astype(int)) >= 0)), True, label="monostable: a single threshold"),
    )
