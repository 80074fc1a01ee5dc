"""Quick claims: what seconds can measure."""

from __future__ import annotations

import math
from typing import Any

from ... import numerics, transport
from ...claims import Evidence, Measured
from .subject import DERIVED, paper

HORIZON = 3.0
AMPLITUDES = (0.05, 0.1, 0.2, 0.4)
# W2 of ODE and SDE for these amplitudes, from a program of ours that shares no code with this one.
GAPS = (0.0160, 0.0319, 0.0633, 0.1226)
COARSE: dict[str, Any] = {"horizon": HORIZON, "cells": 801, "steps": 300, "record": 1}
FLOOR_SIZES = (30_000, 100_000, 300_000, 1_000_000)
FLOOR_PAIRS = 40


@paper.claim("gap-bound", tier="quick", core=True, origin="derived", source=DERIVED)
def gap_bound(seed: int) -> Evidence:
    """Ripples of 0.05 to 0.4 on an exact log-density drive ODE and SDE apart by 0.5 to 0.95 of the bound and never beyond it, and
    without a ripple they agree to 1e-4."""
    pieces = []
    for amplitude, expected in zip(AMPLITUDES, GAPS, strict=True):
        potential, prior = _ripple(amplitude)
        laws = transport.reverse_laws(potential, transport.OrnsteinUhlenbeck(), prior, **COARSE)
        bound = transport.gap_bound(
            potential, transport.OrnsteinUhlenbeck(), prior, horizon=HORIZON, nodes=801, steps=300
        ).at_end
        gap = laws.distances(laws.scores)[0]
        label = f"a = {amplitude}"
        # Half the noise term in either sampler changes the distance by more than its own size.
        pieces += [
            Evidence.exact(gap, expected, 0.03 * expected, label=f"{label}: W2 of ODE and SDE"),
            Evidence.exact(gap / bound, 0.725, 0.225, label=f"{label}: W2 over its bound"),
        ]
    potential, prior = _ripple(0.0)
    laws = transport.reverse_laws(potential, transport.OrnsteinUhlenbeck(), prior, **COARSE)
    pieces.append(Evidence.exact(max(laws.distances(laws.scores)), 0.0, 1e-4, label="a = 0: largest W2"))
    return Evidence.all_of(*pieces)


@paper.claim("path-identity", tier="quick", origin="derived", source=DERIVED, statistical=True)
def path_identity(seed: int) -> Evidence:
    """The density of the reverse SDE's samples is e^φ times the mean, over forward paths, of the exponential of the integrated
    residual, within 2% at five points for a ripple of 0.4, and within 0.4% for 0.1."""
    import numpy as np

    points, pieces = (-1.5, -0.5, 0.0, 0.7, 1.8), []
    # Standard errors at most 0.0016 and 0.0004. Without the residual the ratio is off by up to 18% and 3%; for a = 0.4, without
    # the square of the ripple's slope by 7 to 10%, with its second derivative's sign wrong by up to 80%.
    for amplitude, tolerance in ((0.4, 0.02), (0.1, 0.004)):
        potential, prior = _ripple(amplitude)
        process = transport.OrnsteinUhlenbeck()
        laws = transport.reverse_laws(potential, process, prior, horizon=HORIZON, record=1)
        found = transport.path_log_density(
            potential,
            process,
            prior,
            np.array(points)[:, None],
            horizon=HORIZON,
            paths=12_000,
            steps=200,
            seed=numerics.part_seed(seed, amplitude),
        )
        ratios = np.exp(found.log_density) / np.interp(points, laws.sde.centers, laws.sde.density[-1])
        for point, ratio, stderr in zip(points, ratios, found.stderr, strict=True):
            measured = Measured(float(ratio), float(ratio * stderr), 5999.0)
            pieces.append(Evidence.equal(measured, 1.0, tolerance, label=f"a = {amplitude}, x = {point}"))
    return Evidence.all_of(*pieces)


@paper.claim("backward-equation", tier="quick", origin="derived", source=DERIVED)
def backward_equation(seed: int) -> Evidence:
    """The density that finite volumes give the reverse SDE is e^φ times the solution of a linear backward equation driven by the
    residual, to 0.1% for |x| < 3."""
    import numpy as np

    pieces = []
    for amplitude, frequency in ((0.4, 2.0), (0.3, 3.0)):
        potential, prior = _ripple(amplitude, frequency)
        process = transport.OrnsteinUhlenbeck()
        laws = transport.reverse_laws(potential, process, prior, horizon=HORIZON, record=1)
        bound = transport.gap_bound(potential, process, prior, horizon=HORIZON)
        inside = np.abs(laws.sde.centers) < 3
        ratio = np.exp(np.interp(laws.sde.centers, bound.x, bound.log_density)) / laws.sde.density[-1]
        worst = float(np.abs(ratio - 1)[inside].max())
        # Without the square of the slope in the residual, the ratio is off by 7 to 10% at a = 0.4.
        pieces.append(Evidence.exact(worst, 0.0, 1e-3, label=f"a = {amplitude}, k = {frequency}: largest difference"))
    return Evidence.all_of(*pieces)


@paper.claim("wrong-score-without-gap", tier="quick", origin="derived", source=DERIVED)
def wrong_score_without_gap(seed: int) -> Evidence:
    """A score that is exact for N(0.5, 0.49) instead of N(0, 1) has both samplers at W2 = √(0.5² + 0.3²) from the truth and within
    1e-3 of each other; started from the stationary law at T = 3 they are 0.0234 apart, at T = 10 less than 1e-4."""
    wrong = transport.MixturePotential([[0.5]], [0.7])
    process, stationary = transport.OrnsteinUhlenbeck(), transport.GaussianPrior(0.5)
    pieces = []
    own = transport.reverse_laws(wrong, process, transport.AtTime(wrong, HORIZON), **COARSE)
    gap, sde, ode = own.distances(own.scores)
    expected = math.hypot(0.5, 0.3)
    pieces += [
        Evidence.exact(gap, 0.0, 1e-3, label="W2 of ODE and SDE"),
        Evidence.exact([sde, ode], expected, 1e-3, label="W2 of SDE and of ODE from the truth"),
    ]
    for horizon, predicted, tolerance in ((3.0, 0.0234, 0.0007), (10.0, 0.0, 1e-4)):
        options = {**COARSE, "horizon": horizon, "steps": int(100 * horizon)}
        laws = transport.reverse_laws(wrong, process, stationary, **options)
        label = f"started from N(0, 1/2) at T = {horizon:g}"
        pieces.append(Evidence.exact(laws.distances(laws.scores)[0], predicted, tolerance, label=label))
    return Evidence.all_of(*pieces)


@paper.claim(
    "exact-residual", tier="quick", origin="textbook", source="Fokker-Planck equation of an Ornstein-Uhlenbeck process"
)
def exact_residual(seed: int) -> Evidence:
    """The log-density of nine Gaussians carried by the forward process has a residual below 1e-9 at 1000 points, and a change of
    its normalization over time leaves the residual's gradient at zero."""
    import jax.numpy as jnp
    import numpy as np

    generator = np.random.default_rng(seed)
    x, t = generator.uniform(-3.5, 3.5, (1000, 2)), generator.uniform(0.05, 10, 1000)
    blob, process = transport.cloud_mixture("blob"), transport.OrnsteinUhlenbeck()

    def shifted(y: Any, r: Any) -> Any:
        return blob(y, r) + jnp.log(1 + r)

    residual = transport.fokker_planck_residuals(blob, process, x, t)
    moved = transport.fokker_planck_residuals(shifted, process, x[:100], t[:100])
    slope = transport.fokker_planck_gradients(shifted, process, x[:100], t[:100])
    # Any term of the residual is of order one at these points.
    return Evidence.all_of(
        Evidence.exact(float(np.abs(residual).max()), 0.0, 1e-9, label="largest residual"),
        Evidence.exact(float(np.abs(moved - 1 / (1 + t[:100])).max()), 0.0, 1e-9, label="residual of the shift"),
        Evidence.exact(float(np.abs(slope).max()), 0.0, 1e-9, label="its gradient"),
    )


@paper.claim(
    "histogram-floor", tier="quick", origin="own", source="exact optimal transport between histograms", statistical=True
)
def histogram_floor(seed: int) -> Evidence:
    """The squared distance between two histograms of n samples of one law (two rings, 32 × 32 cells) falls as n^(−0.5 ± 0.15) from
    30,000 to 1,000,000 samples."""
    import numpy as np

    law = ring_shares(32, seed)
    floors = [
        transport_floor(law, count, FLOOR_PAIRS, numerics.part_seed(seed, index))
        for index, count in enumerate(FLOOR_SIZES)
    ]
    sizes = np.log(FLOOR_SIZES)
    centered = sizes - sizes.mean()
    weights = centered / (centered @ centered)
    values, errors = (np.array([getattr(each, name) for each in floors]) for name in ("value", "stderr"))
    # Standard error 0.011; a metric cost such as |x − y| falls with the same power, a squared one of smooth laws as 1/n.
    slope = Measured(
        float(weights @ np.log(values)),
        math.sqrt(float(weights**2 @ (errors / values) ** 2)),
        float(len(FLOOR_SIZES) * (FLOOR_PAIRS - 1)),
    )
    return Evidence.equal(slope, -0.5, 0.15, label="exponent")


def ring_shares(cells: int, seed: int) -> Any:
    """Shares of two rings in the cells of a grid over [-4, 4]², from two million points."""
    points = transport.sample_cloud("circles", 2_000_000, numerics.part_seed(seed, 7))
    counts, _ = numerics.histogram_counts(points, reach=4.0, cells=cells)
    return counts / counts.sum()


def transport_floor(law: Any, count: int, pairs: int, seed: int) -> Measured:
    """Mean W2² of pairs of histograms of `count` points on the grid over [-4, 4]²."""
    width = 8.0 / len(law)
    return numerics.histogram_floor(law, (count, count), (width, width), pairs=pairs, seed=seed)


def _ripple(amplitude: float, frequency: float = 2.0) -> tuple[Any, Any]:
    """The rippled potential of data N(0, 1), and the data's own law at the horizon."""
    potential = transport.MixturePotential([[0.0]], [1.0], amplitude=amplitude, frequency=frequency)
    return potential, transport.AtTime(transport.MixturePotential([[0.0]], [1.0]), HORIZON)
