"""When all fitted means fall onto the overall mean: the local threshold, and the global one where the collapse is of first
order.

The collapsed point is a strict local maximum of the likelihood from ρ² = 1 + λ_max(Σ_B)/σ² on. Where the centered means are
lopsided (a third moment, as in a triangle or a skewed line), another maximum survives beyond, and stays the higher one up to
ρ_*² > ρ_loc²: it is found by following that maximum and comparing likelihoods. Source: arXiv 2605.02448 for the form; derived
in our own words.
"""

from __future__ import annotations

import math
from itertools import combinations

import numpy as np

from ..errors import NotConverged
from ..numerics import bracketed_root
from .gaussian_mixture import GaussianMixture, checked_positive
from .mixture_population import Problem, Solution, reduced_problem, solve, starting_points

ENDED_SPREAD = 1e-4  # in units of σ: a followed maximum below it has reached the collapsed point
ONSET = 1e-4  # relative distance in ρ² below the local threshold where the following begins
SUBTLEST = 1e-6  # a first-order window narrower than this, relative in ρ², is not told from a continuous collapse
FOLLOWED_STEPS = 24
TOLERANCE = 1e-8


def local_collapse_ratio(mixture: GaussianMixture) -> float:
    """ρ_loc = √(1 + λ·SNR): from this ratio τ/σ on, the collapsed point is a local maximum of the population likelihood."""
    largest = float(np.linalg.eigvalsh(mixture.between_class_covariance)[-1])
    return math.sqrt(1 + largest / mixture.noise_scale**2)


def collapse_ratio(mixture: GaussianMixture) -> float:
    """ρ_*: from this ratio τ/σ on, the collapsed point is the global maximum of the population likelihood; at least ρ_loc.

    Two equally likely means collapse continuously, at ρ_loc. Otherwise the spread maximum is followed upward and its likelihood
    compared with the collapsed one's, to a relative 1e-8 in ρ².
    Raises ValueError where there is no signal or only one mean, NotConverged where the branch cannot be followed.
    """
    checked_signal(mixture)
    local = local_collapse_ratio(mixture)
    if mixture.components == 2 and np.ptp(mixture.weights) == 0:
        return local
    low, high = local**2 * (1 - ONSET), local**2 * (1 + SUBTLEST)
    at_low = _global_solution(reduced_problem(mixture, math.sqrt(low)))
    branch = _Branch(mixture, at_low)
    if branch.gap(high) <= 0:
        return local
    step = ONSET * local**2
    for _ in range(FOLLOWED_STEPS):
        trial = high + step
        gap = branch.gap(trial)
        if gap > 0:
            high, step = trial, 2 * step
        elif branch.ended:
            step *= 0.25
            if step < 1e-9 * high:
                return math.sqrt(high)
        else:
            return math.sqrt(float(bracketed_root(branch.gap, high, trial, tolerance=1e-10 * high).value))
    raise NotConverged(f"the spread maximum was not lost up to ρ² = {high:g}; scale the geometry to a smaller SNR")


def likelihood_gap(mixture: GaussianMixture, ratio: float) -> float:
    """The log-likelihood per sample of the spread maximum minus that of the collapsed point, at a noise level ratio·σ.

    The spread maximum is followed from just below ρ_loc where `ratio` lies beyond; 0 where it has ended in the collapsed point.
    Raises ValueError where there is no signal, only one mean or a ratio that is not positive.
    """
    checked_signal(mixture)
    wanted = checked_positive("ratio", ratio) ** 2
    onset = local_collapse_ratio(mixture) ** 2 * (1 - ONSET)
    begin = min(wanted, onset)
    branch = _Branch(mixture, _global_solution(reduced_problem(mixture, math.sqrt(begin))))
    gap = 0.0
    for square in np.linspace(begin, wanted, 1 if wanted <= onset else 9):
        gap = branch.gap(float(square))
    return 0.0 if branch.ended else gap


def subgaussian_collapse_ratio(mixture: GaussianMixture) -> float:
    """A safe upper bound √(1 + s_G²/σ²) of ρ_*: s_G² is a proxy variance with which the means' distribution is sub-Gaussian.

    Taken from Hoeffding's lemma along each direction: a quarter of the squared diameter of the set of means; never below Σ_B.
    """
    pairs = combinations(np.asarray(mixture.means), 2)
    diameter = max((float(((first - second) ** 2).sum()) for first, second in pairs), default=0.0)
    return math.sqrt(1 + 0.25 * diameter / mixture.noise_scale**2)


def checked_signal(mixture: GaussianMixture) -> None:
    """ValueError where a mixture has one component, or coincident means and so no signal."""
    if mixture.components < 2:
        raise ValueError("components must be at least 2: one mean has no phase diagram, its fit is the sample mean")
    _ = mixture.leading_fraction


class _Branch:
    """The spread maximum, followed in ρ²: each solve starts from the last maximum that was still spread."""

    def __init__(self, mixture: GaussianMixture, start: Solution) -> None:
        self.mixture, self.last, self.ended = mixture, start, False

    def gap(self, square: float) -> float:
        """Its likelihood minus the collapsed one's; -1 where it has ended."""
        problem = reduced_problem(self.mixture, math.sqrt(square))
        solution = solve(problem, [self.last.means], tolerance=TOLERANCE)
        self.ended = solution.spread < ENDED_SPREAD
        if self.ended:
            return -1.0
        self.last = solution
        return solution.likelihood - problem.collapsed_likelihood


def _global_solution(problem: Problem) -> Solution:
    return solve(problem, starting_points(problem, 0), tolerance=TOLERANCE)
