"""Quick claims: what seconds can measure, with fields that are known exactly."""

from __future__ import annotations

import math
from typing import Any, Literal

from ... import numerics, transport
from ...claims import Evidence, Measured
from .subject import DERIVED, PAPER, paper

PATHS: tuple[Literal["linear", "trigonometric", "encoding-decoding"], ...] = (
    "linear",
    "trigonometric",
    "encoding-decoding",
)
SAMPLES = 20_000


@paper.claim("transport-is-exact", tier="quick", origin="paper", source=PAPER)
def transport_is_exact(seed: int) -> Evidence:
    """The flow of the exact velocity keeps log ρ(t, X_t) + ∫∇·b dt constant to 1e-4 from every start, on three interpolants."""
    errors = [
        transport.log_density_error(
            transport.example_law(path), transport.EXAMPLE_START, seed=seed, starts=1000, tolerance=1e-8
        )
        for path in PATHS
    ]
    return Evidence.exact(errors, 0.0, 1e-4, label="largest error over 1000 starts: linear, trigonometric, encoding")


@paper.claim("one-law-many-samplers", tier="quick", origin="paper", source=PAPER, statistical=True)
def one_law_many_samplers(seed: int) -> Evidence:
    """The ODE and the SDEs of noise 0.5 and 5 end in the same mixture: weights 1/3, variances 0.5, 0.33 and 0.5 of its modes."""
    law, pieces = transport.example_law("linear"), []
    for noise, steps in ((0.0, 0), (0.5, 500), (5.0, 1000)):
        start = transport.EXAMPLE_START.sample(SAMPLES, numerics.part_seed(seed, 2, noise))
        if noise == 0:
            end = transport.flow(law, start, tolerance=1e-5, precision="single").points
        else:
            end = transport.diffuse(law, start, noise=noise, steps=steps, seed=numerics.part_seed(seed, 3, noise))
        pieces += _modes(end, f"noise {noise:g}")
    return Evidence.all_of(*pieces)


@paper.claim("losses-are-calibrated", tier="quick", origin="paper", source=PAPER, statistical=True)
def losses_are_calibrated(seed: int) -> Evidence:
    """With exact fields the objectives of velocity, score and latent mean have their known minima, and antithetic pairs at least
    halve the standard error of the score's."""
    law = transport.example_law("linear")
    found = transport.calibrate_objectives(
        law, transport.EXAMPLE_START, transport.EXAMPLE_END, pairs=1_600_000, seed=numerics.part_seed(seed, 4)
    )
    # Standard errors 0.010, 0.0021 and 0.00023. A sign of γγ' flipped costs the velocity 0.17, one of s = −η/γ the score above 1.
    return Evidence.all_of(
        Evidence.equal(found.velocity, 0.0, 0.075, label="L_b + ½ E|b|²"),
        Evidence.equal(found.score, 0.0, 0.016, label="L_s + ½ E|s|²"),
        Evidence.equal(found.latent, 0.0, 0.0018, label="E[(z − η)·η]"),
        Evidence.exact(
            found.score.stderr <= 0.5 * found.plain_score.stderr, True, label="antithetic error at most half"
        ),
    )


@paper.claim("likelihood-control", tier="quick", core=True, origin="paper", source=PAPER)
def likelihood_control(seed: int) -> Evidence:
    """At one and the same error of the velocity the divergence of the SDE stays below its bound A²(1 − e^(−2k²))/(8ε), and that of
    the ODE grows with the wavenumber, beyond 10 at k = 80."""
    waves, noises, pieces = (5.0, 20.0, 80.0), (0.25, 1.0, 4.0), []
    errors = [transport.SineError(0.2, k) for k in waves]
    flows = [error.flow_divergence() for error in errors]
    for error, published in zip(errors, (0.249, 2.653, 14.61), strict=True):
        measured = error.measured_flow_divergence(points_per_wave=32, tolerance=1e-7)
        label = f"ODE, k = {error.wavenumber:g}"
        pieces.append(
            Evidence.exact(
                measured, error.flow_divergence(), 0.02 * published, label=f"{label}: likelihood, closed form"
            )
        )
        pieces.append(Evidence.exact(error.flow_divergence(), published, 0.01 * published, label=label))
        pieces += [_diffusion(error, noise) for noise in noises]
    return Evidence.all_of(
        Evidence.exact(flows[0] < flows[1] < flows[2] and flows[2] >= 10, True, label="ODE: growing, beyond 10"),
        *pieces,
    )


@paper.claim("schrodinger-bridge", tier="quick", origin="derived", source=DERIVED, statistical=True)
def schrodinger_bridge(seed: int) -> Evidence:
    """Over all couplings of two Gaussians the action is least at κ = √(ac + ε²) − ε, below that of independent ends; simulated
    pairs say the same."""
    pieces = []
    for (a, c, noise), known, independent in (((1.0, 4.0, 0.5), 1.561553, 0.9245), ((1.0, 1.0, 1.0), 0.414214, 1.0)):
        label = f"a = {a:g}, c = {c:g}, ε = {noise:g}"
        found, action = transport.minimized_coupling(a, c, noise)
        closed = float(transport.gaussian_bridge_coupling(a, c, noise)[0, 0])
        pieces += [
            Evidence.exact(found, closed, 1e-6, label=f"{label}: κ minimized"),
            Evidence.exact(closed, known, 1e-6, label=f"{label}: κ"),
            Evidence.exact(action, transport.gaussian_bridge_action(a, c, noise), 1e-8, label=f"{label}: action"),
            Evidence.exact(
                transport.coupled_action(a, c, noise, 0.0), independent, 1e-4, label=f"{label}: independent"
            ),
            Evidence.exact(action < independent, True, label=f"{label}: below independent ends"),
        ]
        # Standard errors 0.006 and 0.003. Without the drift's −ε/γ z the least action is at another κ by more than 0.3.
        measured, _ = transport.simulated_coupling(
            a, c, noise, pairs=1_600_000, seed=numerics.part_seed(seed, 5, noise)
        )
        pieces.append(Evidence.equal(measured, closed, 0.05, label=f"{label}: κ of simulated pairs"))
    return Evidence.all_of(*pieces)


@paper.claim("mirror", tier="quick", origin="paper", source=PAPER, statistical=True)
def mirror(seed: int) -> Evidence:
    """From a law to itself the ODE returns every point to where it started, by way of modes wider by 1/4, and the SDE resamples:
    with noise 10 it forgets where in its mode it started."""
    law, mixture = transport.example_law("mirror"), transport.EXAMPLE_END
    start = mixture.sample(SAMPLES, numerics.part_seed(seed, 6))
    middle = transport.flow(law, start, stop=0.5, steps=200).points
    back = transport.flow(law, middle, start=0.5, steps=200).points
    pieces = [Evidence.exact(float(abs(back - start).max()), 0.0, 1e-4, label="ODE: largest distance from the start")]
    # A wrong sign of γγ's passes the identity too, since it is odd about t = 1/2; halfway it has 0.34, 0.19 and 0.34.
    pieces += _variances(middle, transport.EXAMPLE_END.covariances[:, 0, 0] + 0.25, "ODE halfway")
    little = transport.diffuse(law, start, noise=1.0, steps=500, seed=numerics.part_seed(seed, 7))
    pieces += _variances(little, transport.EXAMPLE_END.covariances[:, 0, 0], "noise 1")
    much = transport.diffuse(law, start, noise=10.0, steps=2000, seed=numerics.part_seed(seed, 8))
    pieces.append(Evidence.equal(_variance(much), 24.4433, 0.95, label="noise 10: overall variance"))
    pieces.append(
        Evidence.equal(_within(start, much), 0.0, 0.05, label="noise 10: correlation with the start within modes")
    )
    return Evidence.all_of(*pieces)


def _diffusion(error: Any, noise: float) -> Evidence:
    """The SDE's divergence below its bound, and near its leading order A²/(4ε²k²)."""
    found, leading = error.diffusion_divergence(noise), error.leading_divergence(noise)
    label = f"SDE, k = {error.wavenumber:g}, ε = {noise:g}"
    return Evidence.all_of(
        Evidence.exact(found <= error.bound(noise), True, label=f"{label}: below its bound"),
        Evidence.exact(found / leading, 1.0, 0.05, label=f"{label}: over A²/(4ε²k²)"),
    )


def _modes(points: Any, label: str) -> list[Evidence]:
    """Weights and variances of the modes: a drift b in place of b + ε s doubles the outer variances at noise 0.5."""
    found = transport.mode_statistics(points, transport.EXAMPLE_END)
    # Standard error 0.0033.
    weights = [
        Evidence.equal(Measured(value, stderr, math.inf), 1 / 3, 0.0235, label=f"{label}: weight at {mode:g}")
        for value, stderr, mode in zip(
            found.weights, found.weights_stderr, transport.EXAMPLE_END.means[:, 0], strict=True
        )
    ]
    return weights + _variances(points, transport.EXAMPLE_END.covariances[:, 0, 0], label)


def _variances(points: Any, exact: Any, label: str) -> list[Evidence]:
    """Within 13% each: seven standard errors and 1% for the steps."""
    found = transport.mode_statistics(points, transport.EXAMPLE_END)
    return [
        Evidence.equal(Measured(value, stderr, math.inf), truth, 0.13 * truth, label=f"{label}: variance at {mode:g}")
        for value, stderr, truth, mode in zip(
            found.variances, found.variances_stderr, exact, transport.EXAMPLE_END.means[:, 0], strict=True
        )
    ]


def _variance(points: Any) -> Measured:
    squares = (points[:, 0] - points[:, 0].mean()) ** 2
    return numerics.mean_estimate(squares)


def _within(start: Any, end: Any) -> Measured:
    """Mean correlation of start and end over pairs of modes, each centered in its own."""
    import numpy as np

    mixture = transport.EXAMPLE_END
    parts = []
    for points in (start, end):
        labels = transport.mode_labels(points, mixture)
        parts.append((points[:, 0] - mixture.means[labels, 0]) / np.sqrt(mixture.covariances[labels, 0, 0]))
    return numerics.mean_estimate(parts[0] * parts[1])
