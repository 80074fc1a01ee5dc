"""How far the samples of a learned score's ODE and SDE lie from each other and from the data, with the floor of the measurement.

On the line both laws are computed (`reverse_laws`); in the plane both are sampled and compared as histograms. W2² is what the
tables of arXiv 2311.15996 hold, so it is what is given here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike

from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from ..numerics.wasserstein import grid_distance, histogram_counts, histogram_distance, sample_distance
from .fokker_planck import OrnsteinUhlenbeck, Potential, fokker_planck_residuals
from .reverse_laws import GaussianPrior, ReverseLaws, reverse_laws
from .reverse_sampling import sample_reverse

HALVES = 4
COLLOCATION = 4000


@dataclass(frozen=True)
class SamplerGap:
    """W2² between ODE and SDE, SDE and truth, ODE and truth; the floor of such a comparison; the largest share of mass left out."""

    ode_sde: float
    sde_truth: float
    ode_truth: float
    floor: Measured
    dropped: float


def line_gap(
    potential: Potential,
    process: OrnsteinUhlenbeck,
    truth: ArrayLike,
    *,
    horizon: float,
    reach: float,
    cells: int = 601,
    steps: int = 200,
    seed: int = 0,
) -> SamplerGap:
    """Squared distances of the laws on the line of both samplers, which start from the stationary law, and of data (n,).

    Quantiles beyond `reach` are set to it. The floor is the mean W2² of two halves of the data, what its own scatter is worth.
    """
    data = np.sort(np.ravel(np.asarray(truth, dtype=float)))
    laws = reverse_laws(
        potential,
        process,
        GaussianPrior(process.stationary_variance),
        horizon=horizon,
        low=-1.5 * reach,
        high=1.5 * reach,
        cells=cells,
        steps=steps,
        record=1,
        reach=reach,
    )
    one, two, three = laws.distances(sample_quantiles(data, laws))
    return SamplerGap(one**2, two**2, three**2, halves_floor(data, seed), max(laws.clipped))


def sample_quantiles(data: Float[np.ndarray, " n"], laws: ReverseLaws) -> Float[np.ndarray, " m"]:
    """Quantiles of sorted data at the levels of the laws' scores, linear between the middles of the data's own levels."""
    from scipy.special import ndtr

    own = (np.arange(len(data)) + 0.5) / len(data)
    return np.interp(ndtr(laws.scores), own, data)


def halves_floor(data: Float[np.ndarray, " n"], seed: int) -> Measured:
    """Mean W2² between random halves of the data."""
    generator = np.random.default_rng(seed)
    middle = len(data) // 2
    shuffled = [generator.permutation(data) for _ in range(HALVES)]
    return mean_estimate([sample_distance(each[:middle], each[middle : 2 * middle]) ** 2 for each in shuffled])


def plane_gap(
    potential: Potential,
    process: OrnsteinUhlenbeck,
    truth: Float[np.ndarray, "n 2"],
    *,
    horizon: float,
    samples: int,
    steps: int = 800,
    reach: float = 4.0,
    cells: int = 64,
    pairs: int = 4,
    seed: int = 0,
) -> SamplerGap:
    """Squared distances of histograms in the plane of both samplers and of data (n, 2), on cells × cells over [-reach, reach]².

    The floor is that of two samples of the ODE's and the SDE's law together; points off the grid are dropped and counted.
    """
    size = {"horizon": horizon, "samples": samples, "dimension": 2, "steps": steps}
    ode = sample_reverse(potential, process, "ode", seed=seed, **size)  # type: ignore[arg-type]
    sde = sample_reverse(potential, process, "sde", seed=seed + 1, **size)  # type: ignore[arg-type]
    gap = histogram_distance(ode, sde, reach=reach, cells=cells, pairs=pairs, seed=seed)
    spacing = (2 * reach / cells,) * 2
    (of_ode, _), (of_sde, _), (of_truth, off) = (
        histogram_counts(each, reach=reach, cells=cells) for each in (ode, sde, truth)
    )
    return SamplerGap(
        gap.squared_distance,
        grid_distance(of_sde, of_truth, spacing),
        grid_distance(of_ode, of_truth, spacing),
        gap.floor,
        max(off, *gap.dropped),
    )


def residual_over_box(
    potential: Potential, process: OrnsteinUhlenbeck, dimension: int, *, horizon: float, reach: float, seed: int = 0
) -> Measured:
    """Mean squared Fokker-Planck residual over points even in the box [-reach, reach]^d and in time, with its error."""
    generator = np.random.default_rng(seed)
    x = generator.uniform(-reach, reach, (COLLOCATION, dimension))
    t = generator.uniform(0, horizon, COLLOCATION)
    return mean_estimate(fokker_planck_residuals(potential, process, x, t) ** 2)
