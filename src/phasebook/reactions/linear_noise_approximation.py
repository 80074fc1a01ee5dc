"""Linear noise approximation: macroscopic rate equations, their fixed points, and Gaussian fluctuations around them.

With concentrations phi: d phi / dt = f(phi) = S^T rates(phi), dC / dt = J C + C J^T + D, D = sum_r S_r S_r^T rates_r(phi); counts
have the mean volume phi and the covariance volume C. Sources: van Kampen, Stochastic Processes in Physics and Chemistry, ch. X;
Elf and Ehrenberg, Genome Res. 13, 2475 (2003).
"""

import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.integrate import solve_ivp
from scipy.linalg import qr, solve_continuous_lyapunov

from ..errors import NotConverged
from .network import ReactionNetwork

_ATTEMPTS = 64
_SAME = 1e-5
_MOST_EVALUATIONS = 4_000
_DIVERGED = 1e25
_LEAST_ADVANCE = (
    1e-9  # of the whole time: a solver that does not get this far in so many evaluations runs into a divergence
)
_MOST_WITHOUT_ADVANCE = 20_000


@dataclass(frozen=True, eq=False)
class LinearNoise:
    """Counts against `times`, shape (times,): `mean` of shape (times, species), `covariance` (times, species, species)."""

    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class StationaryLinearNoise:
    """Counts at a fixed point: `mean` (species,), `covariance` (species, species), which is NaN where the point is not `stable`."""

    mean: NDArray[np.float64]
    covariance: NDArray[np.float64]
    stable: bool


@dataclass(frozen=True, eq=False)
class FixedPoints:
    """Macroscopic fixed points: `concentrations` (points, species); `stable` (points,), where what is conserved is held."""

    concentrations: NDArray[np.float64]
    stable: NDArray[np.bool_]


def linear_noise(network: ReactionNetwork, times: ArrayLike) -> LinearNoise:
    """Linear noise from the network's initial counts, without fluctuations at time 0, at `times`, shape (times,), increasing.

    Raises ValueError on such times as go down or are negative, or a network with events, and NotConverged where the rate equations
    diverge before the last time.
    """
    moments = np.atleast_1d(np.asarray(times, dtype=np.float64))
    if moments.ndim != 1 or not moments.size or not np.all(np.isfinite(moments)) or moments[0] < 0.0:
        raise ValueError(f"times must be finite and not negative, at least one; got {times!r}")
    if np.any(np.diff(moments) <= 0.0):
        raise ValueError(f"times must increase; got {times!r}")
    system = _RateEquations(network)
    size = len(network.species)
    upper = np.triu_indices(size)

    def derivative(_: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
        phi, covariance = state[:size], np.zeros((size, size))
        covariance[upper] = state[size:]
        covariance = covariance + np.triu(covariance, 1).T
        spread = system.jacobian(phi) @ covariance
        return np.concatenate([system.drift(phi), (spread + spread.T + system.diffusion(phi))[upper]])

    start = np.concatenate([network.initial_counts / network.volume, np.zeros(len(upper[0]))])
    solution = _solved(derivative, start, moments)
    phi = solution[:, :size]
    covariance = np.zeros((len(moments), size, size))
    covariance[:, upper[0], upper[1]] = covariance[:, upper[1], upper[0]] = solution[:, size:]
    return LinearNoise(moments, network.volume * phi, network.volume * covariance)


def stationary_linear_noise(network: ReactionNetwork, *, start: ArrayLike | None = None) -> StationaryLinearNoise:
    """Linear noise around the fixed point that the rate equations reach from `start`.

    `start`: counts of shape (species,), the network's initial counts by default; what a network conserves is taken from it. Where
    the equations settle nowhere, such as on a limit cycle, the unstable fixed point nearest to their end is taken, and `stable` is
    False. Raises ValueError on a `start` of another shape, and NotConverged where there is no fixed point.
    """
    system = _RateEquations(network)
    phi = network.initial_counts if start is None else np.asarray(start, dtype=np.float64)
    if phi.shape != (len(network.species),) or not np.all(np.isfinite(phi)) or np.any(phi < 0.0):
        raise ValueError(f"start must be {len(network.species)} counts that are not negative; got {start!r}")
    phi = system.settled(phi / network.volume)
    jacobian = system.reduced_jacobian(phi)
    stable = bool(np.all(np.linalg.eigvals(jacobian).real < 0.0))
    covariance = np.full((len(phi), len(phi)), np.nan)
    if stable:
        diffusion = system.directions.T @ system.diffusion(phi) @ system.directions
        reduced = solve_continuous_lyapunov(jacobian, -diffusion)
        covariance = system.directions @ reduced @ system.directions.T
        covariance = 0.5 * (covariance + covariance.T)
    return StationaryLinearNoise(network.volume * phi, network.volume * covariance, stable)


def deterministic_fixed_points(network: ReactionNetwork, *, seed: int = 0) -> FixedPoints:
    """Macroscopic fixed points without negative concentrations, found by Newton's method from many starts, sorted.

    What the network conserves has the value of its initial counts. The starts, from `seed`, spread over many
    orders of magnitude; a fixed point that none of them leads to is missed.
    """
    system = _RateEquations(network)
    generator = np.random.default_rng(seed)
    initial = network.initial_counts / network.volume
    found: list[NDArray[np.float64]] = []
    for attempt in range(_ATTEMPTS):
        guess = initial if attempt == 0 else np.exp(generator.uniform(np.log(1e-2), np.log(1e3), len(initial)))
        if attempt % 2 and initial.any():
            guess = guess * initial.max() / 10.0
        root = system.newton(system.projected(guess, initial))
        if root is not None and not any(np.allclose(root, other, rtol=_SAME, atol=_SAME) for other in found):
            found.append(root)
    points = np.array(sorted(found, key=lambda root: root.round(6).tolist())).reshape(-1, len(initial))
    stable = [bool(np.all(np.linalg.eigvals(system.reduced_jacobian(root)).real < 0.0)) for root in points]
    return FixedPoints(points, np.array(stable, dtype=np.bool_))


class _RateEquations:
    """Drift, its derivative and the diffusion matrix of a network, in concentrations."""

    def __init__(self, network: ReactionNetwork) -> None:
        if network.events:
            raise ValueError(
                f"the linear noise approximation has no events; remove event {network.events[0].name!r}, or simulate"
            )
        self.network = network
        self.change = network.change.toarray().astype(np.float64)
        left, _, _ = qr(self.change.T, mode="economic", pivoting=True)
        rank = int(np.linalg.matrix_rank(self.change)) if self.change.size else 0
        # Orthonormal directions in which reactions can move the state; what is conserved is orthogonal to them.
        self.directions = left[:, :rank]

    def drift(self, phi: NDArray[np.float64]) -> NDArray[np.float64]:
        """d phi / dt; shape (species,)."""
        return np.asarray(self.network.macroscopic_rates(phi) @ self.change)

    def diffusion(self, phi: NDArray[np.float64]) -> NDArray[np.float64]:
        """Covariance that fluctuations gain per unit time; shape (species, species)."""
        rates = self.network.macroscopic_rates(phi)
        return np.asarray((self.change * rates[:, None]).T @ self.change)

    def jacobian(self, phi: NDArray[np.float64]) -> NDArray[np.float64]:
        """Derivative of the drift by central differences, of shape (species, species); relative error near 1e-10."""
        steps = 6e-6 * np.maximum(np.abs(phi), 1e-3 * max(float(np.abs(phi).max(initial=0.0)), 1e-3))
        ahead = self.network.macroscopic_rates(phi + np.diag(steps))
        behind = self.network.macroscopic_rates(phi - np.diag(steps))
        return np.asarray((((ahead - behind) / (2.0 * steps[:, None])) @ self.change).T)

    def reduced_jacobian(self, phi: NDArray[np.float64]) -> NDArray[np.float64]:
        """The derivative along the directions in which reactions move; shape (rank, rank)."""
        return np.asarray(self.directions.T @ self.jacobian(phi) @ self.directions)

    def projected(self, guess: NDArray[np.float64], initial: NDArray[np.float64]) -> NDArray[np.float64]:
        """The point nearest to `guess` with everything conserved as in `initial`."""
        return np.asarray(initial + self.directions @ (self.directions.T @ (guess - initial)))

    def newton(self, phi: NDArray[np.float64]) -> NDArray[np.float64] | None:
        """A fixed point without negative concentrations, or None."""
        for _ in range(100):
            with np.errstate(all="ignore"):
                slopes, drift = self.reduced_jacobian(phi), self.directions.T @ self.drift(phi)
            if not (np.all(np.isfinite(slopes)) and np.all(np.isfinite(drift))):
                return None
            move = self.directions @ np.linalg.lstsq(slopes, -drift)[0]
            phi = phi + move
            scale = max(float(np.abs(phi).max(initial=0.0)), 1e-3)
            if np.abs(move).max(initial=0.0) <= 1e-12 * scale:
                break
        rates = self.network.macroscopic_rates(np.maximum(phi, 0.0))
        residual = np.abs(rates @ self.change).max(initial=0.0)
        if np.any(phi < -1e-9 * scale) or not residual <= 1e-8 * max(float(np.abs(rates).max(initial=0.0)), 1e-12):
            return None
        return np.maximum(phi, 0.0)

    def settled(self, phi: NDArray[np.float64]) -> NDArray[np.float64]:
        """The fixed point that the rate equations run into; where they run into none, the one that Newton's method finds."""
        end, evaluations = phi, 0
        horizon = 1.0 / max(float(np.abs(self.jacobian(phi)).max(initial=0.0)), 1e-12)

        def derivative(_: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
            nonlocal evaluations
            evaluations += 1
            return self.drift(state)

        # Near a stable point ever longer times cost next to nothing; on a limit cycle each turn costs the same.
        while True:
            end = _solved(derivative, end, np.array([horizon]))[0]
            root = self.newton(end)
            size = max(float(np.abs(end).max(initial=0.0)), 1e-3)
            if root is not None and np.abs(root - end).max(initial=0.0) <= 1e-4 * size:
                return root
            if evaluations > _MOST_EVALUATIONS:
                break
            horizon *= 3.0
        if root is None:
            raise NotConverged("the rate equations have no fixed point near where they lead; give another start")
        return root


def _solved(
    derivative: Callable[[float, NDArray[np.float64]], NDArray[np.float64]],
    start: NDArray[np.float64],
    times: NDArray[np.float64],
) -> NDArray[np.float64]:
    if times[-1] == 0.0:
        return start[None, :]
    message = f"the rate equations diverge or become too stiff before time {times[-1]:g}; ask for earlier times"

    mark, waited = 0.0, 0

    def bounded(time: float, state: NDArray[np.float64]) -> NDArray[np.float64]:
        # Towards a divergence in finite time the steps of the solver shrink without end.
        nonlocal mark, waited
        mark, waited = (time, 0) if time > mark + _LEAST_ADVANCE * times[-1] else (mark, waited + 1)
        if waited > _MOST_WITHOUT_ADVANCE or not np.abs(state).max() < _DIVERGED:
            raise NotConverged(message)
        return derivative(time, state)

    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        solution = solve_ivp(bounded, (0.0, times[-1]), start, method="LSODA", t_eval=times, rtol=1e-9, atol=1e-11)
    if solution.status != 0 or not np.all(np.isfinite(solution.y)):
        raise NotConverged(message)
    return np.asarray(solution.y.T)
