"""Solutions of closed moment equations: against time, at rest, and where a run ends.

Closed equations may diverge in finite time, oscillate for ever or pass through negative variances; none of that is an error here. A
run has limits on steps and size, and says how it ended. Stiff integration: LSODA (Hindmarsh, Petzold) through SciPy.
Source: arXiv 1407.8316 for what can happen; the tests derived in our own words.
"""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import LSODA
from scipy.optimize import root

from ..errors import NotConverged
from .moments import MomentEquations

RELATIVE, ABSOLUTE = 1e-8, 1e-10
MOST_STEPS = 60_000
DIVERGED = 1e6  # moments beyond it, in units of the volume and the start, never came back in any network we ran
WINDOWS = 60
SETTLED = 1e-3  # relative distance from a stable steady state at which linear theory says the rest
SUSTAINED = 0.995  # peak-to-peak amplitudes of successive windows closer than this do not decay
LEAST_AMPLITUDE = 1e-3  # of a mean, over the volume

UNPHYSICAL = 1e-8  # over the volume: a mean or variance below minus this is negative, and not rounding
PATIENCE = 2  # windows that an unphysical run is still followed, to see whether it diverges

Ending = Literal["steady", "oscillating", "diverged", "unphysical"]


@dataclass(frozen=True, eq=False)
class MomentTrajectory:
    """Moments at `times` (T,): `states` (T, size); fewer times than asked for where the run diverged, at `diverged_at`."""

    equations: MomentEquations
    times: NDArray[np.float64]
    states: NDArray[np.float64]
    diverged_at: float | None
    least_mean: float
    least_variance: float

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean counts, shape (T, species)."""
        return self.equations.means(self.states)

    @property
    def variances(self) -> NDArray[np.float64]:
        """Variances of the counts, shape (T, species)."""
        return self.equations.variances(self.states)


@dataclass(frozen=True, eq=False)
class SteadyMoments:
    """A steady state of closed equations: `state` (size,), largest |dy/dt| `residual`, and the eigenvalues' largest real part."""

    equations: MomentEquations
    state: NDArray[np.float64]
    residual: float
    growth_rate: float

    @property
    def stable(self) -> bool:
        """Whether small perturbations decay."""
        return self.growth_rate < 0

    @property
    def means(self) -> NDArray[np.float64]:
        """Mean counts, shape (species,)."""
        return self.equations.means(self.state)

    @property
    def covariance(self) -> NDArray[np.float64]:
        """Covariance of the counts, shape (species, species)."""
        return self.equations.covariances(self.state)


@dataclass(frozen=True, eq=False)
class Run:
    """How a run from one start ended, with the smallest mean and variance (in counts) and amplitude (in counts) it showed."""

    ending: Ending
    steady: SteadyMoments | None
    least_mean: float
    least_variance: float
    amplitude: float
    time: float


def solve_moments(
    equations: MomentEquations, times: ArrayLike, counts: ArrayLike | None = None, *, most_steps: int = MOST_STEPS
) -> MomentTrajectory:
    """Integrate from a start without noise at `counts` (the network's where omitted) and return the moments at `times`.

    Raises ValueError unless `times` increase from 0 or more.
    """
    grid = np.asarray(times, dtype=np.float64)
    if grid.ndim != 1 or grid.size == 0 or not np.isfinite(grid).all() or grid[0] < 0 or (np.diff(grid) <= 0).any():
        raise ValueError(f"times must be increasing numbers from 0 or more; got {times!r}")
    walk = _Walk(equations, equations.deterministic_state(counts), most_steps)
    states = walk.sample(grid)
    return MomentTrajectory(
        equations,
        grid[: len(states)],
        np.array(states).reshape(-1, equations.size),
        walk.time if walk.diverged else None,
        walk.least_mean,
        walk.least_variance,
    )


def steady_moments(equations: MomentEquations, state: NDArray[np.float64], tolerance: float = 1e-10) -> SteadyMoments:
    """The steady state that Newton's method (Levenberg-Marquardt, exact Jacobian) reaches from a state (size,).

    Raises NotConverged where the scaled residual stays above `tolerance`.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", RuntimeWarning)
        # Conservation laws leave a family of steady states; this one keeps the sums of the given state.
        conserved = equations.invariants
        found = root(
            lambda y: np.concatenate([equations.derivative(y), conserved @ (y - state)]),
            state,
            jac=lambda y: np.concatenate([equations.jacobian(y), conserved]),
            method="lm",
            options={"xtol": 1e-14, "ftol": 1e-14},
        )
        residual = float(np.abs(equations.derivative(found.x)).max())
        if not residual <= tolerance * (1 + float(np.abs(found.x).max())):
            raise NotConverged(f"no steady state near this one: residual {residual:.1e}; start from another state")
        eigenvalues = np.linalg.eigvals(equations.jacobian(found.x))
    # Conserved quantities make eigenvalues that are zero up to rounding: they decide nothing.
    moving = eigenvalues[np.abs(eigenvalues) > 1e-9 * max(1.0, float(np.abs(eigenvalues).max()))]
    return SteadyMoments(equations, found.x, residual, float(moving.real.max()) if moving.size else 0.0)


def run_to_end(equations: MomentEquations, counts: ArrayLike | None = None, *, horizon: float = 50.0) -> Run:
    """Follow a run from a start without noise, in windows of length `horizon`, until it has shown how it ends.

    `steady`: it came within a thousandth of a stable steady state, ever nearer; `oscillating`: its amplitude does not decay from
    window to window; `diverged`; `unphysical`: a mean or a variance became negative, and in two more windows nothing
    else. Raises NotConverged where sixty windows tell nothing: take a longer horizon.
    """
    if not (np.isfinite(horizon) and horizon > 0):
        raise ValueError(f"horizon must be a positive time; got {horizon!r}")
    walk = _Walk(equations, equations.deterministic_state(counts), MOST_STEPS)
    before, sustained, last_distance, bad_windows = 0.0, 0, np.inf, 0
    for _ in range(WINDOWS):
        low, high = walk.window(horizon)
        if walk.diverged:
            return walk.ended("diverged", None, 0.0)
        amplitude = float((high - low).max())
        steady = _steady_near(equations, walk.state)
        if steady is not None and steady.growth_rate <= 0:
            distance = float(np.abs(walk.state - steady.state).max()) / (1 + float(np.abs(steady.state).max()))
            if distance < SETTLED and (distance < last_distance or distance < 1e-7):
                return walk.ended("steady", steady, amplitude)
            last_distance = distance
        decaying = amplitude < SUSTAINED * before
        sustained = 0 if decaying or amplitude < LEAST_AMPLITUDE or before == 0.0 else sustained + 1
        if sustained >= 4:
            return walk.ended("oscillating", None, amplitude)
        before = amplitude
        bad_windows += walk.unphysical
        if bad_windows > PATIENCE:
            return walk.ended("unphysical", None, amplitude)
    raise NotConverged(
        f"a run of {WINDOWS} windows of {horizon:g} neither settled nor kept its amplitude; raise horizon"
    )


def _steady_near(equations: MomentEquations, state: NDArray[np.float64]) -> SteadyMoments | None:
    try:
        return steady_moments(equations, state)
    except (NotConverged, np.linalg.LinAlgError, ValueError):
        return None


class _Walk:
    """An integration that remembers its smallest mean and variance, and whether it diverged."""

    def __init__(self, equations: MomentEquations, state: NDArray[np.float64], most_steps: int) -> None:
        self.equations, self.state, self.time, self.steps_left = equations, state, 0.0, most_steps
        self.diverged = False
        # Many molecules in a small volume make large moments that are no sign of divergence.
        size = max(1.0, float(state[: len(equations.network.species)].max(initial=0.0)))
        self.limits = DIVERGED * size**equations.orders
        self.rounding = UNPHYSICAL * equations.network.volume * size
        self.least_mean, self.least_variance = float(equations.means(state).min()), 0.0

    @property
    def unphysical(self) -> bool:
        return min(self.least_mean, self.least_variance) < -self.rounding

    def sample(self, times: NDArray[np.float64]) -> list[NDArray[np.float64]]:
        states = []
        for time in times:
            if time > self.time:
                self.window(float(time) - self.time)
            if self.diverged:
                break
            states.append(self.state)
        return states

    def window(self, length: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Advance; return the lowest and highest scaled means on the way."""
        species = len(self.equations.network.species)
        low, high = self.state[:species].copy(), self.state[:species].copy()
        stop = self.time + length
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a run that diverges overflows, and LSODA warns of what `diverged` says
            solver = LSODA(
                lambda time, state: self.equations.derivative(state),
                self.time,
                self.state,
                stop,
                rtol=RELATIVE,
                atol=ABSOLUTE,
                jac=lambda time, state: self.equations.jacobian(state),
            )
            while solver.status == "running":
                solver.step()
                self.steps_left -= 1
                state = solver.y
                stuck = solver.status == "failed" or (solver.status == "running" and self.steps_left <= 0)
                if stuck or not np.isfinite(state).all() or (np.abs(state) > self.limits).any():
                    self.diverged = True
                    self.time = float(solver.t)
                    return low, high
                np.minimum(low, state[:species], out=low)
                np.maximum(high, state[:species], out=high)
                self.least_variance = min(self.least_variance, float(self.equations.variances(state).min(initial=0.0)))
        self.least_mean = min(self.least_mean, float(low.min()) * self.equations.network.volume)
        self.time, self.state = stop, solver.y.copy()
        return low, high

    def ended(self, ending: Ending, steady: SteadyMoments | None, amplitude: float) -> Run:
        volume = self.equations.network.volume
        return Run(ending, steady, self.least_mean, self.least_variance, amplitude * volume, self.time)
