"""Quick claims: what seconds can measure."""

from __future__ import annotations

from ... import networks, numerics
from ...claims import Evidence
from .subject import ABSTRACT, DERIVED, EULER_STEP, paper


@paper.claim("exact-limits", tier="quick", origin="derived", source="Lyapunov equations of linear networks")
def exact_limits(seed: int) -> Evidence:
    """For linear units and for the discrete map the predicted covariance of given couplings solves their Lyapunov equations, and
    the noise spectrum is self-consistent with the resolvent's trace."""
    import numpy as np
    from scipy import linalg

    pieces = []
    coupling = networks.random_coupling(200, 0.7, seed=numerics.part_seed(seed, 1))
    field = networks.solve_mean_field(networks.RecurrentNetwork(0.7, 1.0, "linear"))
    exact = linalg.solve_continuous_lyapunov(coupling - np.eye(200), -np.eye(200))
    # A finite matrix's own poles lie a little nearer to the axis than the mean field's: 64 nodes for 1e-8.
    found = networks.predict_covariance(coupling, field, nodes=64).equal_time
    error = float(np.abs(found - exact).max() / np.abs(exact).max())
    pieces.append(Evidence.exact(error, 0.0, 1e-6, label="linear, continuous time: largest relative error"))
    coupling = networks.random_coupling(200, 2.0, seed=numerics.part_seed(seed, 2))
    field = networks.solve_mean_field(networks.RecurrentNetwork(2.0, 1.0, "erf", 1.0))
    noise = field.activity_variance * (1 - field.effective_gain**2)
    exact = linalg.solve_discrete_lyapunov(field.mean_slope * coupling, noise * np.eye(200))
    found = networks.predict_covariance(coupling, field).equal_time
    error = float(np.abs(found - exact).max() / np.abs(exact).max())
    pieces.append(Evidence.exact(error, 0.0, 1e-8, label="discrete map: largest relative error"))
    coupling = networks.random_coupling(800, 1.0, seed=numerics.part_seed(seed, 3))
    response = 0.7 * np.exp(1j)
    [product] = networks.resolvent_sums(networks.decompose(coupling, "schur"), np.array([response]), np.ones((1, 1)))
    trace = float(np.trace(product)) / 800 * (1 - 0.7**2)
    # Without the factor 1 − g²|S|² the trace is off by 49%; at N = 800 it fluctuates by half a percent.
    pieces.append(Evidence.exact(trace, 1.0, 0.03, label="trace of the resolvent's square, (1 − g²|S|²)/N times"))
    return Evidence.all_of(*pieces)


@paper.claim(
    "chaos-onset",
    tier="quick",
    origin="textbook",
    source="Sompolinsky, Crisanti, Sommers, Phys. Rev. Lett. 61, 259 (1988)",
    paper_value=1.0,
)
def chaos_onset(seed: int) -> Evidence:
    """Without drive activity dies out below unit gain and is chaotic above it, with the published variance; with drive energy
    conservation gives the same variance as iteration of the mean-field equation."""
    import numpy as np

    pieces = []
    silent = networks.solve_mean_field(networks.RecurrentNetwork(0.8))
    pieces.append(Evidence.exact(silent.variance, 0.0, label="gain 0.8: variance"))
    pieces.append(Evidence.exact(silent.outcome.name, "silent", label="gain 0.8: outcome"))
    below = networks.RecurrentNetwork(0.8, 0.0, "erf", EULER_STEP)
    largest = []

    def last(activity: np.ndarray, state: np.ndarray, own: np.ndarray) -> None:
        largest.append(float(np.abs(state).max()))

    coupling = networks.random_coupling(400, 0.8, seed=numerics.part_seed(seed, 1))
    networks.simulate_activity(
        below, coupling, last, duration=100, trajectories=8, burn_in=0.0, seed=numerics.part_seed(seed, 2)
    )
    pieces.append(Evidence.exact(largest[-1] < 1e-5, True, label="gain 0.8: simulated activity has decayed below 1e-5"))
    chaotic = networks.solve_mean_field(networks.RecurrentNetwork(1.2))
    pieces.append(Evidence.exact(chaotic.variance, 0.28774, 1e-4, label="gain 1.2: variance"))
    pieces.append(Evidence.exact(chaotic.effective_gain, 0.99587, 1e-4, label="gain 1.2: effective gain"))
    exponents = [
        networks.lyapunov_exponent(networks.solve_mean_field(networks.RecurrentNetwork(g))) for g in (0.9, 1.1)
    ]
    pieces.append(
        Evidence.exact([value > 0 for value in exponents], [False, True], label="exponent positive at 0.9, 1.1")
    )
    for gain, sign in ((0.7, -1), (2.5, 1)):
        network = networks.RecurrentNetwork(gain, 0.0, "erf", EULER_STEP)
        rates = [
            networks.simulate_lyapunov_exponent(
                network,
                networks.random_coupling(300, gain, seed=numerics.part_seed(seed, 3, gain, index)),
                duration=50.0,
                trajectories=2,
                seed=numerics.part_seed(seed, 4, gain, index),
            ).value
            for index in range(6)
        ]
        compare = Evidence.at_most if sign < 0 else Evidence.at_least
        pieces.append(compare(numerics.mean_estimate(rates), 0.0, label=f"gain {gain}: simulated exponent"))
    for gain, noise, variance in ((2.0, 4.0, 3.47416), (1.0, 1.0, 0.69912), (2.0, 1.0, 2.21593)):
        network = networks.RecurrentNetwork(gain, noise)
        energy, iterated = (networks.solve_mean_field(network, method).variance for method in ("energy", "iteration"))
        label = f"gain {gain:g}, noise {noise:g}"
        pieces.append(Evidence.exact(energy, variance, 1e-5, label=f"{label}: variance by the energy"))
        # Cutting the noise's spectrum at the grid's highest frequency would lose 0.5 to 1.2% at a lag step of 0.1.
        pieces.append(Evidence.exact(iterated / energy, 1.0, 1e-3, label=f"{label}: iteration / energy"))
    return Evidence.all_of(*pieces)


@paper.claim("dimension", tier="quick", origin="derived", source=DERIVED, statistical=True)
def dimension(seed: int) -> Evidence:
    """The activity of the discrete map fills D/N = 1 − (gγ)⁴ of its directions."""
    pieces = []
    for gain, noise, expected in ((1.2, 0.5, 0.7332), (2.0, 1.0, 0.6358)):
        network = networks.RecurrentNetwork(gain, noise, "erf", 1.0)
        theory = networks.dimension_ratio(networks.solve_mean_field(network))
        values = []
        for index in range(5):
            found = networks.simulate_covariances(
                network,
                networks.random_coupling(300, gain, seed=numerics.part_seed(seed, gain, index)),
                duration=200,
                trajectories=128,
                seed=numerics.part_seed(seed, gain, index, 1),
            )
            values.append(networks.dimension_estimate(found.activity[0]).value)
        label = f"gain {gain:g}, noise {noise:g}"
        pieces.append(Evidence.exact(theory, expected, 6e-5, label=f"{label}: closed form"))
        # Standard error 0.002; with (gγ)² in place of (gγ)⁴ the value is 0.25 lower.
        pieces.append(Evidence.equal(numerics.mean_estimate(values), theory, 0.03, label=f"{label}: simulated"))
    return Evidence.all_of(*pieces)


@paper.claim("given-couplings", tier="quick", core=True, origin="paper", source=ABSTRACT, statistical=True)
def given_couplings(seed: int) -> Evidence:
    """The covariance matrix of a driven nonlinear network of 200 units is, entry by entry, that of the linear network with the same
    couplings, and not that of the naive Gaussian closure."""
    network = networks.RecurrentNetwork(1.0, 1.0, "erf", EULER_STEP)
    field = networks.solve_mean_field(network)
    coupling = networks.random_coupling(200, 1.0, seed=numerics.part_seed(seed, 1))
    found = networks.simulate_covariances(
        network, coupling, duration=300, trajectories=64, seed=numerics.part_seed(seed, 2)
    )
    against = networks.agreement(networks.predict_covariance(coupling, field).equal_time, found.activity[0])
    foil = networks.agreement(networks.naive_covariance(coupling, field), found.activity[0])
    # The naive closure and J Jᵀ reach a correlation of 0.41, the average over couplings none.
    return Evidence.all_of(
        Evidence.at_least(
            against.correlation, 0.98, label="correlation of off-diagonal entries, without sampling noise"
        ),
        Evidence.equal(against.slope, 1.0, 0.08, label="slope of measured on predicted entries"),
        Evidence.at_most(foil.correlation, 0.6, label="correlation with the naive closure"),
    )
