"""The verdict on closed moment equations at very many rates and volumes at once, on a GPU or a CPU.

The rules are those of `validity.validity`, over the ends of runs that advance side by side (`moment_lanes`).
Source: arXiv 1407.8316; derived here.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .closures import PRODUCT_CLOSURES
from .moment_dynamics import UNPHYSICAL
from .moment_family import MomentFamily
from .moment_lanes import LEFT, LOST, OSCILLATING, STEADY, RunEnds, run_side_by_side
from .validity import REASONS, SAME, Reason

UNDECIDED = len(REASONS)


@dataclass(frozen=True, eq=False)
class MomentSweep:
    """Verdicts at `codes.size` points: codes into `REASONS`, or `UNDECIDED`; `count` (points,) of distinct stable ends.

    `means` (points, species) and `covariances` (points, species, species) [molecules] of the end with the fewest molecules of the
    first species; NaN where no run ended in a steady state. `steps`: integration steps of all runs together.
    """

    codes: NDArray[np.int64]
    count: NDArray[np.int64]
    means: NDArray[np.float64]
    covariances: NDArray[np.float64]
    steps: int

    def share(self, reason: Reason) -> float:
        """Part of the points with this verdict."""
        return float(np.mean(self.codes == REASONS.index(reason)))


def sweep_validity(
    family: MomentFamily,
    constants: ArrayLike,
    volumes: ArrayLike,
    starts: ArrayLike,
    *,
    horizon: float = 50.0,
    chunk: int = 65_536,
    progress: Callable[[int, int], None] | None = None,
) -> MomentSweep:
    """Judge the closed equations at every point, from several starts without noise.

    `constants` (points, reactions): c_r as `ReactionNetwork.rate_constants` gives them at the point's volume; `volumes` (points,);
    `starts` (points, runs, species), counts. `chunk`: runs that advance side by side; `progress(done, runs)` is called now and
    then. Raises ValueError on shapes or numbers outside these, a closure that divides by means, or conserved sums.
    """
    rates, sizes, begin = (np.asarray(each, dtype=np.float64) for each in (constants, volumes, starts))
    _check(family, rates, sizes, begin, horizon, chunk)
    runs = run_side_by_side(family, rates, sizes, begin, float(horizon), chunk, progress)
    return _verdicts(family, runs, sizes, begin)


def _check(
    family: MomentFamily,
    rates: NDArray[np.float64],
    volumes: NDArray[np.float64],
    starts: NDArray[np.float64],
    horizon: float,
    chunk: int,
) -> None:
    network = family.network
    if family.closure in PRODUCT_CLOSURES:
        raise ValueError(f"closure={family.closure} divides by the means; sweeps take normal, poisson or central")
    change = network.change.toarray()
    if np.linalg.matrix_rank(change) < change.shape[1]:
        raise ValueError("the network conserves sums of counts; take it without conserved species")
    points = volumes.size
    if volumes.shape != (points,) or rates.shape != (points, len(network.reactions)) or points == 0:
        raise ValueError(
            f"constants must have the shape (points, {len(network.reactions)}) and volumes (points,); "
            f"got {rates.shape} and {volumes.shape}"
        )
    if starts.ndim != 3 or starts.shape[0] != points or starts.shape[2] != len(network.species) or starts.shape[1] == 0:
        raise ValueError(f"starts must have the shape ({points}, runs, {len(network.species)}); got {starts.shape}")
    for name, values, good in (
        ("constants", rates, rates >= 0),
        ("volumes", volumes, volumes > 0),
        ("starts", starts, starts >= 0),
    ):
        if not (np.isfinite(values) & good).all():
            raise ValueError(f"{name} must be finite and not negative (volumes: positive); got {values[~good][:1]}")
    if not (np.isfinite(horizon) and horizon > 0) or chunk < 1:
        raise ValueError(f"horizon must be a positive time and chunk at least 1; got {horizon!r} and {chunk}")


def _verdicts(
    family: MomentFamily, lanes: RunEnds, volumes: NDArray[np.float64], starts: NDArray[np.float64]
) -> MomentSweep:
    """The rules of `validity`, over all points at once."""
    points, runs, species = starts.shape
    rounding = UNPHYSICAL * np.maximum(volumes, starts.max(axis=(1, 2)))

    def of_runs(values: Any) -> Any:
        return np.asarray(values).reshape(points, runs, *np.shape(values)[1:])

    ending, steady = of_runs(lanes.ending), of_runs(lanes.steady)
    settled = ending == STEADY
    means = steady[..., :species] * volumes[:, None, None]
    covariances = _covariances(family, species, steady) * volumes[:, None, None, None]
    least = np.full((points, runs), np.inf)
    if family.low:
        least[settled] = np.linalg.eigvalsh(covariances[settled])[:, 0]
    count, distinct_first = _distinct(means, settled, volumes)
    found = {
        "diverged": (ending == LEFT).any(axis=1),
        "negative_mean": (of_runs(lanes.least_mean) < -rounding[:, None]).any(axis=1),
        "negative_variance": (of_runs(lanes.least_variance) < -rounding[:, None]).any(axis=1)
        | (least < -rounding[:, None]).any(axis=1),
        "oscillating": (ending == OSCILLATING).any(axis=1),
        "multistable": count > 1,
    }
    codes = np.full(points, REASONS.index("valid"))
    for reason in reversed(REASONS[:-1]):
        codes[found[reason]] = REASONS.index(reason)
    codes[(ending == LOST).any(axis=1)] = UNDECIDED
    rows = np.arange(points)
    return MomentSweep(
        codes, count, means[rows, distinct_first], covariances[rows, distinct_first], int(lanes.steps.sum())
    )


def _covariances(family: MomentFamily, species: int, states: NDArray[np.float64]) -> NDArray[np.float64]:
    matrix = np.zeros((*states.shape[:-1], species, species))
    for place, exponents in enumerate(family.low):
        if sum(exponents) == 2:
            (i, *rest) = [index for index, power in enumerate(exponents) if power]
            j = rest[0] if rest else i
            matrix[..., i, j] = matrix[..., j, i] = states[..., species + place]
    return matrix


def _distinct(
    means: NDArray[np.float64], settled: NDArray[np.bool_], volumes: NDArray[np.float64]
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """Number of distinct ends of each point, and the run that ended in the lowest of them."""
    _, runs, _ = means.shape
    new = settled.copy()
    for run in range(runs):
        for other in range(run):
            size = np.maximum(np.abs(means[:, run]), np.abs(means[:, other])) + 1e-6 * volumes[:, None]
            same = (np.abs(means[:, run] - means[:, other]) <= SAME * size).all(axis=1)
            new[:, run] &= ~(same & settled[:, other] & new[:, other])
    first = np.where(settled, means[:, :, 0], np.inf).argmin(axis=1)
    return new.sum(axis=1), first
