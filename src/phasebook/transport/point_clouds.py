"""From one cloud of points to another, both a user's own: an interpolant is trained between them, sampled, and asked for
likelihoods.

Both clouds are shifted and scaled alike, so that units do not matter to the networks: the interpolant's latent noise and
the noise ε of the sampler are in units of the clouds' common standard deviation. Files: `.npy` (n, d), `.csv` with or
without a header, `.parquet` (needs pyarrow). Nothing is unpickled.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal, get_args

import jax.numpy as jnp
import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike
from scipy.stats import gaussian_kde

from ..engines.fitting import Progress, adam, fit
from .couplings import checked_clouds, entropic_pairs, optimal_pairs
from .gaussian_mixture import as_points
from .interpolants import Interpolant, bridge_interpolant, two_sided
from .learned_fields import LearnedFields, new_fields
from .likelihoods import Likelihoods, ode_likelihoods
from .objectives import field_loss, independent_rows, paired_rows
from .samplers import Direction, check_noise, diffuse, flow

Coupling = Literal["independent", "optimal", "entropic"]
Cloud = Float[np.ndarray, "n d"]
PAIRS = 10_000  # of a minibatch coupling, made once before the training
MARGIN = 1e-3


@dataclass(frozen=True)
class CloudTransport:
    """A trained transport between two clouds: `fields` in the units of `center` (d,) and `scale`, and the training's losses."""

    fields: LearnedFields
    center: Float[np.ndarray, " d"]
    scale: float
    losses: Float[np.ndarray, " steps"]

    def sample(
        self, x: ArrayLike, *, noise: float = 0.0, steps: int = 200, seed: int = 0, direction: Direction = "forward"
    ) -> Cloud:
        """Carry points (n, d) of the start to the end, or back: by the ODE, or by the SDE of a noise above 0.

        Raises ValueError, ShapeError for wrong arguments; StateError for a noise without a latent network.
        """
        points = self._inward(x)
        ends = (0.0, 1.0) if direction == "forward" else (1.0, 0.0)
        if check_noise(noise) == 0:
            moved = flow(self.fields, points, start=ends[0], stop=ends[1], steps=steps, precision="single").points
        else:
            moved = diffuse(self.fields, points, noise=noise, steps=steps, seed=seed, direction=direction)
        return moved * self.scale + self.center

    def log_density(self, x: ArrayLike, start_log_density: Callable[[Cloud], ArrayLike]) -> Likelihoods:
        """Log densities at points (n, d) of the end under the ODE, from a log density of the start in its own units."""

        def inner(points: Cloud) -> np.ndarray:
            return np.asarray(start_log_density(points * self.scale + self.center))

        return ode_likelihoods(self.fields, self._inward(x), inner, tolerance=1e-5)

    def _inward(self, x: ArrayLike) -> Cloud:
        return (as_points(x, len(self.center)) - self.center) / self.scale


def fit_transport(
    start: ArrayLike,
    end: ArrayLike,
    *,
    seed: int,
    interpolant: Interpolant | None = None,
    coupling: Coupling = "independent",
    bridge_noise: float = 0.5,
    steps: int = 2000,
    batch: int = 256,
    width: int = 64,
    depth: int = 3,
    learning_rate: float = 1e-2,
    score: bool = True,
    checkpoint: str | Path | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> CloudTransport:
    """Train a transport from a cloud (n, d) to a cloud (m, d) by the quadratic objectives; the weights are an average over steps.

    `coupling` pairs starts and ends: independent, optimal in minibatches, or entropic, which with the interpolant of its noise
    (`bridge_noise`, chosen where none is given) approaches the Schrödinger bridge. Without `score` no SDE can be sampled, at half
    the cost. `checkpoint` is a file from which a killed training goes on. Raises ValueError and ShapeError for wrong arguments.
    """
    first, second = checked_clouds(start, end)
    if coupling not in get_args(Coupling):
        raise ValueError(f"coupling must be one of {', '.join(get_args(Coupling))}; got {coupling!r}")
    if interpolant is None:
        interpolant = bridge_interpolant(bridge_noise) if coupling == "entropic" else two_sided("linear")
    if interpolant.kind != "two-sided":
        raise ValueError(f"interpolant must be two-sided between two clouds; got {interpolant.name}")
    together = np.concatenate([first, second])
    center, scale = together.mean(0), float(np.sqrt(together.var(0).mean()))
    if not scale > 0:
        raise ValueError("the points of both clouds are all the same")
    starts, ends = ((cloud - center) / scale for cloud in (first, second))
    if coupling == "optimal":
        starts, ends = optimal_pairs(starts, ends, PAIRS, seed=seed)
    elif coupling == "entropic":
        starts, ends = entropic_pairs(starts, ends, PAIRS, noise=bridge_noise, seed=seed)
    draw = independent_rows if coupling == "independent" else paired_rows
    model = new_fields(len(center), interpolant, seed=seed, latent=score, width=width, depth=depth, margin=MARGIN)
    found = fit(
        model,
        field_loss(interpolant, batch=batch, draw=draw, margin=MARGIN),
        tuple(jnp.asarray(cloud, dtype=jnp.float32) for cloud in (starts, ends)),
        optimizer=adam(learning_rate, steps),
        steps=steps,
        seed=seed,
        averaging=0.995,
        checkpoint=checkpoint,
        identity=f"{interpolant.name}, {coupling}, {first.shape}, {second.shape}, {batch}, {learning_rate:g}",
        progress=progress,
    )
    return CloudTransport(found.model, center, scale, found.losses)


def kernel_log_density(cloud: ArrayLike) -> Callable[[Cloud], Float[np.ndarray, " n"]]:
    """The log of a Gaussian kernel estimate of a cloud's density (Scott's bandwidth), where no better density is known."""
    points, _ = checked_clouds(cloud, cloud)
    estimate = gaussian_kde(points.T)
    return lambda x: estimate.logpdf(np.asarray(x, dtype=float).T)


def read_cloud(path: str | Path) -> Cloud:
    """Points (n, d) from a file: .npy, .csv or .parquet, a row each; rows with a NaN are counted and refused (ValueError)."""
    file = Path(path)
    suffix = file.suffix.lower()
    try:
        if suffix == ".npy":
            points = np.load(file, allow_pickle=False)
        elif suffix == ".csv":
            points = _read_csv(file)
        elif suffix == ".parquet":
            from pyarrow import parquet

            points = np.column_stack([column.to_numpy() for column in parquet.read_table(file).columns])
        else:
            raise ValueError("path must end in .npy, .csv or .parquet")
        points = np.asarray(points, dtype=float)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file.name} holds no points: {error}") from None
    points = points[:, None] if points.ndim == 1 else points
    if points.ndim != 2 or points.size == 0:
        raise ValueError(f"{file.name} must hold an array of shape (n, d); got {points.shape}")
    return as_points(points, points.shape[1])


def synthetic_clouds(count: int, seed: int) -> tuple[Cloud, Cloud]:
    """Two clouds in the plane to try things on: eight Gaussians on a circle, and two half moons (textbook examples)."""
    if count < 2:
        raise ValueError(f"count must be at least 2; got {count}")
    generator = np.random.default_rng(seed)
    angle = 2 * np.pi * generator.integers(0, 8, count) / 8
    start = 4 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.3 * generator.standard_normal((count, 2))
    turn, upper = np.pi * generator.random(count), generator.random(count) < 0.5
    moon = np.where(
        upper[:, None],
        np.stack([np.cos(turn), np.sin(turn)], axis=1),
        np.stack([1 - np.cos(turn), 0.5 - np.sin(turn)], axis=1),
    )
    return start, 3 * (moon - [0.5, 0.25]) + 0.2 * generator.standard_normal((count, 2))


def _read_csv(file: Path) -> np.ndarray:
    """Numbers with commas between; a first line that is no numbers is a header."""
    with file.open() as lines:
        first = lines.readline()
    try:
        skipped = 0 if [float(part) for part in first.split(",")] else 1
    except ValueError:
        skipped = 1
    return np.loadtxt(file, delimiter=",", skiprows=skipped, ndmin=2)
