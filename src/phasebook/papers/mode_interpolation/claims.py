"""Quick claims: exact and smoothed denoisers on a line."""

from __future__ import annotations

import math
from typing import Any, Literal

from ... import numerics, transport
from ...claims import Evidence, Measured
from .subject import DERIVED, PAPER, paper

LINES: tuple[tuple[float, ...], ...] = ((1.0, 2.0, 3.0), (1.0, 2.0, 4.0, 5.0))
FAR = 6 * 0.05
CHOICES: tuple[Literal["all", "random", "variance"], ...] = ("all", "random", "variance")


@paper.claim("exact-denoiser", tier="quick", origin="derived", source=DERIVED, statistical=True)
def exact_denoiser(seed: int) -> Evidence:
    """With the exact posterior mean no one of 50,000 samples of modes {1, 2, 3} lies beyond 6 standard deviations, and their
    variance about the modes is that of the exact law, 0.90 σ²."""
    import numpy as np

    data, diffusion = transport.gaussian_line(), transport.DiscreteDiffusion.linear()
    runs = transport.sample_smoothed(
        transport.SmoothedDenoiser(data, diffusion), 50_000, windows=(), seed=numerics.part_seed(seed, 1)
    )
    law = transport.sampled_law(data, diffusion)
    edges = np.linspace(-0.3, 0.3, 601)
    middles = 0.5 * (edges[:-1] + edges[1:])
    masses = np.sum([law.probability(mode + edges[:-1], mode + edges[1:]) for mode in data.modes[:, 0]], axis=0)
    predicted = float((masses * middles**2).sum() / masses.sum()) / data.stddev**2
    # Standard error 0.006; a sampler that keeps the modes' width would give 1.
    return Evidence.all_of(
        Evidence.exact(int(np.count_nonzero(data.hallucinated(runs.samples))), 0, label="samples beyond 6 σ"),
        Evidence.exact(law.outside(LINES[0], FAR), 0.0, 1e-7, label="probability of one, by the exact law"),
        Evidence.equal(
            numerics.mean_estimate(data.distances(runs.samples) ** 2), predicted, 0.045, label="variance / σ²"
        ),
    )


@paper.claim("posterior-mean", tier="quick", origin="textbook", source="Bayes' rule", statistical=True)
def posterior_mean(seed: int) -> Evidence:
    """The exact denoiser is the mean of the data given the noisy state, as weighted draws of the data find it between modes."""
    import numpy as np

    data, diffusion, pieces = transport.gaussian_line(), transport.DiscreteDiffusion.linear(), []
    exact = transport.staircase(data, diffusion, (10, 30), 0.1).predicted_data_exact
    drawn = transport.weighted_data(data, diffusion, (10, 30), 20_000, numerics.part_seed(seed, 2))
    for step, tolerance in ((10, 0.07), (30, 0.05)):
        for position in (1.4, 1.5, 1.6, 2.45):
            place = {"step": step, "position": float(exact.position.sel(position=position, method="nearest"))}
            measured = Measured(
                float(drawn.predicted_data_simulation.sel(place)),
                float(drawn.predicted_data_stderr.sel(place)),
                math.inf,
            )
            label = f"t = {step}, x/√ᾱ = {place['position']:.2f}"
            # The nearest mode in place of the mean would be off by up to 0.5.
            pieces.append(Evidence.equal(measured, float(exact.sel(place)), tolerance, label=label))
    ramp = np.diff(exact.sel(step=10, position=slice(1.4, 1.6)).values).min()
    return Evidence.all_of(*pieces, Evidence.exact(bool(ramp > 0), True, label="it rises everywhere on the ramp"))


@paper.claim("smoothing-hallucinates", tier="quick", origin="derived", source=DERIVED, statistical=True)
def smoothing_hallucinates(seed: int) -> Evidence:
    """Smoothing the denoiser over h = 0.1, 0.2, 0.3 puts 0.107%, 3.43% and 16.4% of the samples beyond 6 σ of the modes {1, 2, 3},
    as the law says that no sample enters, and nearly all of these lie between the modes."""
    import numpy as np

    data, diffusion, pieces = transport.gaussian_line(), transport.DiscreteDiffusion.linear(), []
    # Seven standard errors of 250,000 samples; smoothing by a rule of 21 nodes would give 0.20 at h = 0.3.
    for smoothing, tolerance, least in ((0.1, 5e-4, 0.97), (0.2, 2.8e-3, 0.99), (0.3, 5.6e-3, 0.99)):
        denoiser = transport.SmoothedDenoiser(data, diffusion, smoothing)
        runs = transport.sample_smoothed(
            denoiser, 250_000, windows=(), seed=numerics.part_seed(seed, 3, smoothing), threads=1
        )
        law = transport.sampled_law(data, diffusion, smoothing)
        far = runs.samples[data.hallucinated(runs.samples), 0]
        between = int(np.count_nonzero((far > 1) & (far < 3)))
        label = f"h = {smoothing}"
        pieces += [
            Evidence.rate(
                far.size, 250_000, predicted=law.outside(LINES[0], FAR), tolerance=tolerance, label=f"{label}: rate"
            ),
            Evidence.rate(between, far.size, at_least=least, label=f"{label}: between the modes"),
        ]
    return Evidence.all_of(*pieces)


@paper.claim("nearest-modes-only", tier="quick", origin="paper", source=f"{PAPER}, Fig. 3", statistical=True)
def nearest_modes_only(seed: int) -> Evidence:
    """Samples fall between nearest modes only: of {1, 2, 4, 5} at h = 0.2 at most 2% of the hallucinations lie in the wide gap."""
    import numpy as np

    data, diffusion = transport.gaussian_line(LINES[1]), transport.DiscreteDiffusion.linear()
    denoiser = transport.SmoothedDenoiser(data, diffusion, 0.2)
    runs = transport.sample_smoothed(denoiser, 300_000, windows=(), seed=numerics.part_seed(seed, 4), threads=1)
    line = runs.samples[:, 0]
    wide = int(np.count_nonzero((line > 2.3) & (line < 3.7)))
    far = int(np.count_nonzero(data.hallucinated(runs.samples)))
    law = transport.sampled_law(data, diffusion, 0.2)
    predicted = float(law.probability(2.3, 3.7))
    return Evidence.all_of(
        Evidence.rate(wide, far, at_most=0.02, label="in the wide gap, of the hallucinations"),
        # Standard error 1.5e-5.
        Evidence.rate(wide, 300_000, predicted=predicted, tolerance=1.05e-4, label="in the wide gap, of all samples"),
    )


@paper.claim(
    "trajectory-variance",
    tier="quick",
    core=True,
    origin="paper",
    source=f"{PAPER}, abstract, on networks; here the denoiser smoothed over h = 0.1",
    paper_value="more than 95% removed at 96% kept",
    statistical=True,
)
def trajectory_variance(seed: int) -> Evidence:
    """The variance of the predicted data over the last 10 steps finds hallucinations: a threshold that keeps 96% of the samples in
    support removes at least 90%, and the area under the ROC curve is at least 0.97, for {1, 2, 3} and {1, 2, 4, 5} at h = 0.1."""
    pieces = []
    for modes in LINES:
        data, runs = _smoothed_runs(modes, 150_000, (10,), numerics.part_seed(seed, 5, len(modes)))
        bad, good = data.hallucinated(runs.samples), data.in_support(runs.samples)
        removed = transport.removal(runs.variance(10), bad, good, 0.96).removed
        label = f"{len(modes)} modes"
        pieces += [
            Evidence.rate(
                removed.count,
                removed.total,
                at_least=0.9,
                label=f"{label}: removed (Wilson 95%: {removed.low:.3f} to {removed.high:.3f})",
            ),
            Evidence.at_least(transport.area_under_curve(runs.variance(10), bad, good), 0.97, label=f"{label}: area"),
        ]
    return Evidence.all_of(*pieces)


@paper.claim("window-matters", tier="quick", origin="own", source="same samples, two windows", statistical=True)
def window_matters(seed: int) -> Evidence:
    """Only the trajectory's end tells: over the last 100 steps instead of 10 the area under the ROC curve falls by 0.3 or more."""
    pieces = []
    for modes in LINES:
        data, runs = _smoothed_runs(modes, 100_000, (10, 100), numerics.part_seed(seed, 6, len(modes)))
        bad, good = data.hallucinated(runs.samples), data.in_support(runs.samples)
        difference = transport.area_difference(runs.variance(10), runs.variance(100), bad, good)
        pieces.append(Evidence.at_least(difference, 0.3, label=f"{len(modes)} modes: area(10) − area(100)"))
    return Evidence.all_of(*pieces)


@paper.claim(
    "filtered-descent",
    tier="quick",
    origin="paper",
    source=f"{PAPER}, recursive training, on networks; here on models without training",
    statistical=True,
)
def filtered_descent(seed: int) -> Evidence:
    """Models taught by their predecessors' samples hallucinate above 1% in the third generation, and so they do taught by a random
    fifth of a larger pool; taught by the fifth of smallest trajectory variance they stay below 0.5%, and hand on less than 0.1%."""
    import numpy as np

    data, diffusion, pieces = transport.gaussian_line(), transport.DiscreteDiffusion.linear(), []
    points = data.sample(8000, numerics.part_seed(seed, 7, 0))
    for place, choice in enumerate(CHOICES, start=1):
        [*_, last] = transport.recursive_generations(
            points, transport.line_sampler(diffusion, 0.1), 3, choice, seed=numerics.part_seed(seed, 7, place)
        )
        made, handed = (int(np.count_nonzero(data.hallucinated(each))) for each in (last.pool, last.chosen))
        if choice != "variance":
            pieces.append(Evidence.rate(made, len(last.pool), at_least=0.01, label=f"{choice}: made"))
        else:
            pieces += [
                Evidence.rate(made, len(last.pool), at_most=0.005, label="variance: made"),
                Evidence.rate(handed, len(last.chosen), at_most=0.001, label="variance: handed on"),
            ]
    return Evidence.all_of(*pieces)


def _smoothed_runs(modes: tuple[float, ...], samples: int, windows: tuple[int, ...], seed: int) -> tuple[Any, Any]:
    data = transport.gaussian_line(modes)
    denoiser = transport.SmoothedDenoiser(data, transport.DiscreteDiffusion.linear(), 0.1)
    return data, transport.sample_smoothed(denoiser, samples, windows=windows, seed=seed, threads=1)
