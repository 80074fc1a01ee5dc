"""The population fit: the means that maximize L(μ) = E log Σ_k π_k N(x; μ_k, τ²) over the true mixture, at a fixed noise
level τ.

Fixed points of EM, μ_k = E[r_k x]/E[r_k] with r = softmax_k(log π_k - |x - μ_k|²/2τ²), are the stationary points of L. EM
crawls near the collapse, so each is found by Newton steps on L with its exact Hessian, in EM's own metric (EM is the step of
unit length there): it only ever climbs, and stops at a maximum. Expectations are lattice sums: a uniform grid converges
exponentially for the smooth integrand, and is halved until the means stop moving. Source: arXiv 2605.02448 for the setting;
derived in our own words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float
from scipy.special import logsumexp
from scipy.stats import norm, qmc

from ..errors import NotConverged
from .gaussian_mixture import (
    COLLAPSED_SPREAD,
    GaussianMixture,
    MixtureEstimate,
    checked_means,
    checked_positive,
    normalized_squared_error,
    squared_error,
)
from .hard_assignment import hard_means

COARSEST_STEP = {1: 0.1, 2: 0.25, 3: 0.4}
MOST_POINTS = 3_000_000
CHUNK = 32_768  # points of a lattice worked on at once: stays in cache
SOBOL_EXPONENT = 15  # 32,768 points, past three dimensions
RANDOM_STARTS = 3
SMALLEST_MASS = 1e-300
SMALLEST_RATIO = 1e-100  # far below what float64 can tell from hard assignment
ROUNDING = 1e-14  # of L, a sum over up to a million points: below it a nearly flat direction cannot be climbed
EXPLORED_GAIN = 1e-9  # of L: how far starts are climbed to be compared; the first of those that tie is kept
EXPLORED_RATIO = {1: 0.1, 2: 0.3, 3: 0.3}  # a sharper fit is explored here, where its lattice is coarse
FLAT_STEPS = 6
LEAST_DENSITY = 1e-14
HARD_RATIO = {1: 0.01, 2: 0.1, 3: 0.1}  # up to here hard cells are nearer than a lattice, or as near and far cheaper


@dataclass(frozen=True, eq=False)
class Lattice:
    """Points (d, q) and weights (q,) that stand for the true mixture, with σ = 1 and its center at the origin."""

    points: Float[np.ndarray, "dimension points"]
    weights: Float[np.ndarray, " points"]

    def chunks(self) -> Iterator[tuple[np.ndarray, np.ndarray]]:
        """Points and weights in pieces that fit the processor's cache."""
        for first in range(0, self.weights.size, CHUNK):
            yield self.points[:, first : first + CHUNK], self.weights[first : first + CHUNK]


@dataclass(frozen=True, eq=False)
class Problem:
    """A mixture in reduced coordinates: σ = 1, center at the origin, only the directions its fitted means can take."""

    means: Float[np.ndarray, "components reduced"]
    log_weights: Float[np.ndarray, " components"]
    basis: Float[np.ndarray, "reduced dimension"]
    ratio: float

    @property
    def collapsed_likelihood(self) -> float:
        """L where all fitted means sit at the center."""
        dimension = self.means.shape[1]
        second_moment = dimension + float(np.exp(self.log_weights) @ (self.means**2).sum(axis=1))
        return -0.5 * dimension * math.log(2 * math.pi * self.ratio**2) - 0.5 * second_moment / self.ratio**2


@dataclass(frozen=True, eq=False)
class Solution:
    """A maximum of L in reduced coordinates."""

    means: Float[np.ndarray, "components reduced"]
    likelihood: float
    residual: float
    step: float
    iterations: int
    quadrature_error: float = 0.0

    @property
    def spread(self) -> float:
        """The largest distance of a fitted mean from the center."""
        return float(np.sqrt((self.means**2).sum(axis=1)).max())


def population_fit(
    mixture: GaussianMixture,
    ratio: float,
    *,
    start: Float[np.ndarray, "components dimension"] | None = None,
    tolerance: float = 1e-9,
    seed: int = 0,
) -> MixtureEstimate:
    """The population maximum-likelihood means of `mixture` when the noise level is fixed at ratio·σ.

    Without `start` the truth, the collapsed point and three random starts are tried and the highest likelihood is kept; with
    `start`, shape (K, d), the maximum that is reached from there is returned. `tolerance` bounds the change of a mean, in
    units of σ, when the lattice is halved; `quadrature_error` tells what was reached (at ratios below 0.3 in the plane less,
    at ratios up to 0.1 there, and 0.01 on a line, ρ⁴, from sharp cells). Past three directions, 32,768 Sobol points stand in
    for the lattice, and the error is the difference of two sets of them.
    Raises ValueError on fewer than two components, a ratio that is not positive or a start of another shape; NotConverged
    where the quadrature or the climb misses its tolerance. Source: arXiv 2605.02448, derived in our own words.
    """
    problem = reduced_problem(mixture, ratio)
    checked_positive("tolerance", tolerance)
    if start is None:
        starts = starting_points(problem, seed)
    else:
        given = checked_means(start, "start")
        if given.shape != mixture.means.shape:
            raise ValueError(
                f"start must have shape {mixture.means.shape}, like the mixture's means; got {given.shape}"
            )
        starts = [((given - mixture.center) / mixture.noise_scale) @ problem.basis.T]
    solution = solve(problem, starts, tolerance=tolerance, seed=seed)
    return as_estimate(mixture, problem, solution)


def population_em_step(
    mixture: GaussianMixture, means: Float[np.ndarray, "components dimension"], ratio: float, *, step: float = 0.05
) -> Float[np.ndarray, "components dimension"]:
    """One step of the population EM map, on a lattice of spacing `step`·σ, from `means` of shape (K, d).

    A component without responsibility stays where it is. The lattice is coarser where it would exceed 3,000,000 points; past
    three directions (of the true and the given means together), Sobol points stand in for it. Raises ValueError as
    `population_fit` does.
    """
    problem, inner = _problem_at(mixture, means, ratio)
    checked_positive("step", step)
    sampled = problem.means.shape[1] > 3
    rule = _sobol_points(problem, 0) if sampled else lattice(problem, max(step, _finest_step(problem)))
    state = _climb_state(problem, rule, inner)
    return mixture.center + mixture.noise_scale * (inner + state.moves) @ problem.basis


def population_log_likelihood(
    mixture: GaussianMixture,
    means: Float[np.ndarray, "components dimension"],
    ratio: float,
    *,
    tolerance: float = 1e-11,
) -> float:
    """L(μ): the mean of log q(x) over the true mixture, for fitted means of shape (K, d) and the noise level ratio·σ.

    The lattice is halved until the value changes by less than `tolerance`. Raises ValueError as `population_fit` does,
    NotConverged where the tolerance is not met.
    """
    problem, inner = _problem_at(mixture, means, ratio)
    previous = math.inf
    for rule in _refinements(problem):
        value = _climb_state(problem, rule, inner).likelihood
        if abs(value - previous) <= tolerance * max(1.0, abs(value)):
            return value + _outside_likelihood(mixture, problem)
        previous = value
    raise NotConverged(f"the log-likelihood misses its tolerance {tolerance:g} at ratio={ratio:g}; raise tolerance")


def reduced_problem(mixture: GaussianMixture, ratio: float) -> Problem:
    """The mixture with σ = 1 about its center, in the at most K - 1 directions that its fitted means span.

    The noise is isotropic: in a subspace that holds the true means the fit decouples from the rest.
    """
    if mixture.components < 2:
        raise ValueError("components must be at least 2: one mean has no phase diagram, its fit is the sample mean")
    if not SMALLEST_RATIO < checked_positive("ratio", ratio) < 1 / SMALLEST_RATIO:
        raise ValueError(f"ratio must lie between {SMALLEST_RATIO:g} and {1 / SMALLEST_RATIO:g}; got {ratio!r}")
    centered = mixture.centered_means / mixture.noise_scale
    reduced = min(mixture.dimension, mixture.components - 1)
    # In the full space the user's own axes serve: the lattice then keeps their symmetries.
    directions = np.eye(reduced) if reduced == mixture.dimension else np.linalg.svd(centered, full_matrices=True)[2]
    basis = directions[:reduced]
    return Problem(centered @ basis.T, mixture.log_weights, basis, float(ratio))


def _problem_at(mixture: GaussianMixture, means: np.ndarray, ratio: float) -> tuple[Problem, np.ndarray]:
    """The mixture reduced to the directions that the true and the given means take together, and the given ones there."""
    given = checked_means(means)
    if given.shape != mixture.means.shape:
        raise ValueError(f"means must have shape {mixture.means.shape}, like the mixture's; got {given.shape}")
    problem = reduced_problem(mixture, ratio)
    truth = mixture.centered_means / mixture.noise_scale
    inner = (given - mixture.center) / mixture.noise_scale
    _, sizes, directions = np.linalg.svd(np.concatenate([truth, inner]), full_matrices=False)
    rank = max(1, int((sizes > 1e-12 * max(1.0, sizes[0])).sum()))
    basis = np.eye(rank) if rank == mixture.dimension else directions[:rank]
    return Problem(truth @ basis.T, problem.log_weights, basis, problem.ratio), inner @ basis.T


def starting_points(problem: Problem, seed: int) -> list[np.ndarray]:
    """The truth, the collapsed point with a small disturbance, and random samples of the mixture."""
    generator = np.random.default_rng(seed)
    shape = problem.means.shape
    starts = [problem.means.copy(), 1e-2 * generator.standard_normal(shape)]
    scale = math.sqrt(1 + float((problem.means**2).sum(axis=1).mean()))
    starts += [scale * generator.standard_normal(shape) for _ in range(RANDOM_STARTS)]
    return starts


def solve(problem: Problem, starts: Sequence[np.ndarray], *, tolerance: float = 1e-9, seed: int = 0) -> Solution:
    """The highest maximum reached from `starts` on a coarse lattice, then polished while the lattice is halved."""
    if problem.ratio <= HARD_RATIO.get(problem.means.shape[1], 0.0):
        return _nearly_hard(problem, starts, seed)
    softer = EXPLORED_RATIO.get(problem.means.shape[1], 0.0)
    if problem.ratio < softer and len(starts) > 1:
        soft = replace(problem, ratio=softer)
        starts = [starts[0], _explored(soft, next(_refinements(soft)), starts).means]
    best: Solution | None = None
    change = math.inf
    for rule in _refinements(problem, seed):
        if best is None:
            best = _explored(problem, rule, starts)
            continue
        # Along a direction in which L changes by less than the lattice's own error, the lattice says nothing.
        lattice_error = abs(_climb_state(problem, rule, best.means).likelihood - best.likelihood)
        polished = climb(problem, rule, best.means, rounding=max(ROUNDING, min(EXPLORED_GAIN, lattice_error)))
        change = float(np.abs(polished.means - best.means).max())
        # A flat direction (rotations of pure noise) may drift without a change in what is measured.
        change = min(change, abs(polished.spread - best.spread) + abs(polished.likelihood - best.likelihood))
        best = Solution(
            polished.means, polished.likelihood, polished.residual, polished.step, polished.iterations, change
        )
        if change <= tolerance:
            return best
    # Sobol points are not refined: what two sets of them differ by is stated, not bounded.
    sampled = problem.means.shape[1] > 3
    if best is None or (change > max(tolerance, 1e-3) and not sampled):
        raise NotConverged(
            f"the lattice of {MOST_POINTS:,} points resolves the means only to {change:.1e} at ratio={problem.ratio:g}; "
            "take hard assignment (hard=True) or a larger ratio"
        )
    return best


def _explored(problem: Problem, rule: Lattice, starts: Sequence[np.ndarray]) -> Solution:
    """The highest of the maxima reached from `starts`; of those that tie, the first."""
    reached = [climb(problem, rule, start, rounding=EXPLORED_GAIN) for start in starts]
    highest = max(solution.likelihood for solution in reached)
    tie = EXPLORED_GAIN * (1 + abs(highest))
    return next(solution for solution in reached if solution.likelihood >= highest - tie)


def _nearly_hard(problem: Problem, starts: Sequence[np.ndarray], seed: int) -> Solution:
    """The fit at a small ratio by cells with sharp walls: what softness adds is of order ρ⁴, and is stated as the error."""
    offsets = problem.ratio**2 * problem.log_weights
    nudge = 1e-3 * np.random.default_rng(seed).standard_normal(problem.means.shape)
    means, distortion, residual, evaluations = hard_means(
        problem.means,
        np.exp(problem.log_weights),
        offsets,
        [start + nudge for start in starts],
        tolerance=1e-6,
        seed=seed,
    )
    likelihood = -0.5 * distortion / problem.ratio**2
    likelihood -= 0.5 * problem.means.shape[1] * math.log(2 * math.pi * problem.ratio**2)
    return Solution(means, likelihood, residual, residual, evaluations, problem.ratio**4 + 1e-6)


def lattice(problem: Problem, step: float) -> Lattice:
    """A uniform grid of spacing `step`, weighted by the true density, without the points that carry none of it."""
    reach = math.sqrt(-2 * math.log(LEAST_DENSITY)) + 0.5
    axes = [
        # Off the origin by an irrational share, so that no point sits on a mirror axis where two components tie.
        np.arange(low - reach, high + reach, step) + 0.381966 * step
        for low, high in zip(problem.means.min(axis=0), problem.means.max(axis=0), strict=True)
    ]
    points = np.stack(np.meshgrid(*axes, indexing="ij")).reshape(len(axes), -1)
    density = np.zeros(points.shape[1])
    for mean, log_weight in zip(problem.means, problem.log_weights, strict=True):
        density += np.exp(log_weight - 0.5 * ((points - mean[:, None]) ** 2).sum(axis=0))
    kept = density > LEAST_DENSITY
    return Lattice(np.ascontiguousarray(points[:, kept]), density[kept] / density[kept].sum())


def climb(
    problem: Problem,
    rule: Lattice,
    start: np.ndarray,
    *,
    tolerance: float = 1e-12,
    rounding: float = ROUNDING,
    steps: int = 300,
) -> Solution:
    """Newton steps on L from `start` until the next step is below `tolerance`; every accepted step climbs.

    Also done where several steps gained less than `rounding`, relative to L.
    """
    means, size = np.array(start), 1.0 + float(np.abs(problem.means).max())
    kicks, flat_steps = 0, 0
    state = _climb_state(problem, rule, means)
    for iteration in range(1, steps + 1):
        step, gain, lowest, direction = _newton_step(state, problem.ratio)
        length, residual = float(np.abs(step).max()), float(np.abs(state.moves).max())
        # Where a step gains less than L's rounding, L says nothing anymore: Newton's own convergence needs only a few more steps.
        # Along a truly flat direction (pure noise may be rotated) it has none, and there is nothing left to find.
        flat_steps += gain <= rounding * (1 + abs(state.likelihood))
        if length <= tolerance * size or flat_steps > FLAT_STEPS:
            if lowest < -1e-7 and kicks < 5:
                kicks, flat_steps = kicks + 1, 0
                means = means + 1e-2 * direction
                state = _climb_state(problem, rule, means)
                continue
            return Solution(
                means + (step if flat_steps <= FLAT_STEPS else 0), state.likelihood, residual, length, iteration
            )
        if length > size:
            step = step * (size / length)
        trial = _climb_state(problem, rule, means + step)
        halvings = 0
        allowed = state.likelihood - 1e-14 * (1 + abs(state.likelihood))
        while not trial.likelihood >= allowed and halvings < 8:
            step, halvings = 0.5 * step, halvings + 1
            trial = _climb_state(problem, rule, means + step)
        if not trial.likelihood >= allowed:
            step = state.moves
            trial = _climb_state(problem, rule, means + step)
        means, state = means + step, trial
    raise NotConverged(
        f"the climb of the likelihood did not settle in {steps} steps at ratio={problem.ratio:g}; its last step was {length:.1e}"
    )


def as_estimate(mixture: GaussianMixture, problem: Problem, solution: Solution) -> MixtureEstimate:
    """The solution in the mixture's own units and coordinates, with its errors against the truth."""
    sigma = mixture.noise_scale
    means = mixture.center + sigma * solution.means @ problem.basis
    has_signal = float((mixture.centered_means**2).sum()) > 0
    return MixtureEstimate(
        means=means,
        weights=mixture.weights,
        noise_scale=problem.ratio * sigma,
        ratio=problem.ratio,
        log_likelihood=solution.likelihood + _outside_likelihood(mixture, problem),
        spread=sigma * solution.spread,
        collapsed=solution.spread < COLLAPSED_SPREAD,
        residual=sigma * solution.residual,
        error=sigma * solution.step,
        iterations=solution.iterations,
        quadrature_error=sigma * solution.quadrature_error,
        squared_error=squared_error(means, mixture.means),
        normalized_squared_error=normalized_squared_error(means, mixture) if has_signal else None,
    )


@dataclass(frozen=True, eq=False)
class _ClimbState:
    likelihood: float
    mass: np.ndarray  # E[r_k]
    moves: np.ndarray  # what one EM step adds to the means
    curvature: np.ndarray  # E[∂²log q] without its diagonal part, (K d, K d), times τ⁴


def _climb_state(problem: Problem, rule: Lattice, means: np.ndarray) -> _ClimbState:
    components, dimension = means.shape
    variance = problem.ratio**2
    offsets = problem.log_weights - 0.5 * (means**2).sum(axis=1) / variance
    likelihood, mass = 0.0, np.zeros(components)
    first = np.zeros((components, dimension))
    curvature = np.zeros((components * dimension, components * dimension))
    for points, weights in rule.chunks():
        scores = (means / variance) @ points + offsets[:, None]
        top = scores.max(axis=0)
        responsibilities = np.exp(scores - top)
        total = responsibilities.sum(axis=0)
        responsibilities /= total
        likelihood += float(weights @ (top + np.log(total) - 0.5 * (points**2).sum(axis=0) / variance))
        weighted = responsibilities * weights
        pulls = (points[None] - means[:, :, None]) * responsibilities[:, None, :]
        mass += weighted.sum(axis=1)
        first += pulls @ weights
        flat = pulls.reshape(components * dimension, -1)
        curvature -= (flat * weights) @ flat.T
        for k in range(components):
            block = slice(k * dimension, (k + 1) * dimension)
            curvature[block, block] += (pulls[k] * weights) @ (points - means[k][:, None]).T
    alive = mass > SMALLEST_MASS
    moves = np.where(alive[:, None], first / np.where(alive, mass, 1.0)[:, None], 0.0)
    likelihood -= 0.5 * dimension * math.log(2 * math.pi * variance)
    return _ClimbState(likelihood, mass, moves, curvature)


def _newton_step(state: _ClimbState, ratio: float) -> tuple[np.ndarray, float, float, np.ndarray]:
    """The step to the maximum of L's quadratic model, what it gains, the lowest curvature in units of EM's, and its direction.

    In EM's metric, diag(E[r_k])/τ², minus the Hessian is 1 - (covariance part): its eigenvalues are 1 minus EM's rates. Taking
    their absolute values turns a saddle's descent into an ascent.
    """
    components, dimension = state.moves.shape
    alive = state.mass > SMALLEST_MASS
    root = np.sqrt(np.where(alive, state.mass, 1.0)).repeat(dimension)
    matrix = np.eye(components * dimension) - state.curvature / ratio**2 / np.outer(root, root)
    eigenvalues, vectors = np.linalg.eigh(0.5 * (matrix + matrix.T))
    slopes = vectors.T @ (state.moves.ravel() * root)
    lengths = slopes / np.maximum(np.abs(eigenvalues), 1e-9)
    gain = 0.5 * float(slopes @ lengths) / ratio**2
    step = vectors @ lengths
    step = (step / root).reshape(components, dimension)
    direction = (vectors[:, 0] / root).reshape(components, dimension)
    return step, gain, float(eigenvalues[0]), direction / np.abs(direction).max()


def _refinements(problem: Problem, seed: int = 0) -> Iterator[Lattice]:
    """Ever finer lattices while they stay within the largest number of points; two sets of Sobol points past three dimensions."""
    dimension = problem.means.shape[1]
    if dimension > 3:
        yield _sobol_points(problem, seed)
        yield _sobol_points(problem, seed + 1)
        return
    # A softmax between two means a distance Δ apart has its poles πτ²/Δ off the real axis.
    distance = 2.0 * max(1.0, float(np.abs(problem.means).max()))
    finest = _finest_step(problem)
    step = min(COARSEST_STEP[dimension], max(2 * math.pi**2 * problem.ratio**2 / distance / 12, 2.1 * finest))
    while step >= finest:
        yield lattice(problem, step)
        step *= 0.5


def _finest_step(problem: Problem) -> float:
    """The spacing at which a lattice holds at most MOST_POINTS."""
    extent = 2.0 * float(np.abs(problem.means).max()) + 16.0
    return extent / MOST_POINTS ** (1 / problem.means.shape[1])


def _sobol_points(problem: Problem, seed: int) -> Lattice:
    dimension = problem.means.shape[1]
    half = norm.ppf(qmc.Sobol(dimension, rng=seed).random_base2(SOBOL_EXPONENT - 1))
    noise = np.concatenate([half, -half])
    points = np.concatenate([mean + noise for mean in problem.means]).T
    weights = np.exp(problem.log_weights - logsumexp(problem.log_weights)).repeat(len(noise)) / len(noise)
    return Lattice(np.ascontiguousarray(points), weights)


def _outside_likelihood(mixture: GaussianMixture, problem: Problem) -> float:
    """What the directions without any mean add to L, and the change of units."""
    outside = mixture.dimension - problem.means.shape[1]
    per_direction = -0.5 * math.log(2 * math.pi * problem.ratio**2) - 0.5 / problem.ratio**2
    return outside * per_direction - mixture.dimension * math.log(mixture.noise_scale)
