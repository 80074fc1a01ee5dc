"""Ensembles from constraints: the law nearest to a prior under given averages, by Newton's method on the convex dual.

p(c) = p₀(c) exp(−λ·f(c)) / Z(λ), and λ minimizes ln Z(λ) + λ·F: Jaynes's principle, as arXiv 1105.5662 starts from it
(textbook). The gradient is F − ⟨f⟩, the Hessian is the covariance of f. Averages that no law can have are told with a
separating direction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import linalg, optimize

from ..errors import NotConverged, PhasebookError

MOST_STEPS = 200
RESIDUAL = 1e-10
REDUNDANT = 1e-10  # of the largest singular value of the constraints
RIDGE = 1e-14
LONGEST, EDGE, HOPELESS = 1e4, 18.0, 500.0  # differences of exponents over the states
INNER = 1e-9  # of a uniform chance


class InfeasibleConstraints(PhasebookError, ValueError):
    """No law has these averages. `direction` separates them: direction·F exceeds direction·f(c) for every state c."""

    def __init__(self, message: str, direction: NDArray[np.float64]) -> None:
        super().__init__(message)
        self.direction = direction


@dataclass(frozen=True, eq=False)
class Ensemble:
    """The law of maximum entropy.

    `probabilities` (states,), `averages` and `multipliers` λ (constraints,), `log_partition` ln Z, `covariance` of
    the functions; `null_space` (redundant, constraints) spans the combinations of functions that are constant over
    all states.
    """

    probabilities: NDArray[np.float64]
    averages: NDArray[np.float64]
    multipliers: NDArray[np.float64]
    log_partition: float
    covariance: NDArray[np.float64]
    null_space: NDArray[np.float64]

    @property
    def free_energy(self) -> float:
        """−ln Z, in units of kT."""
        return -self.log_partition

    @property
    def relative_entropy(self) -> float:
        """−Σ p ln(p / prior) = ln Z + λ·F: zero or less."""
        return self.log_partition + float(self.multipliers @ self.averages)


def maximum_entropy(functions: ArrayLike, averages: ArrayLike, *, prior: ArrayLike | None = None) -> Ensemble:
    """The law over states with averages F (constraints,) of functions f (constraints, states), nearest to a prior
    (states,).

    The prior is uniform by default and need not be normalized. Raises ValueError for wrong shapes,
    InfeasibleConstraints for averages outside what the states can have (or on its edge, where multipliers are
    infinite), NotConverged.
    """
    f, wanted, log_prior = _checked(functions, averages, prior)
    center = f.mean(axis=1, keepdims=True)
    left, values, _right = linalg.svd(f - center, full_matrices=True)
    rank = int((values > REDUNDANT * max(values.max(initial=0.0), 1e-300)).sum())
    basis, null = left[:, :rank], left[:, rank:].T
    target = wanted - center[:, 0]
    if np.abs(null @ target).max(initial=0.0) > RESIDUAL * max(1.0, float(np.abs(wanted).max())):
        _refuse_infeasible(f, wanted)
    reduced = basis.T @ (f - center)
    multipliers = basis @ _minimize_dual(reduced, basis.T @ target, log_prior, f, wanted)
    value, _residual, covariance, law = _dual(multipliers, f, wanted, log_prior)
    return Ensemble(law, wanted, multipliers, value - float(multipliers @ wanted), covariance, null)


def _minimize_dual(
    reduced: NDArray[np.float64],
    target: NDArray[np.float64],
    log_prior: NDArray[np.float64],
    f: NDArray[np.float64],
    wanted: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Damped Newton steps for independent functions (rank, states); a step moves no exponent by more than LONGEST."""
    multipliers = np.zeros(target.size)
    value, residual, covariance, _law = _dual(multipliers, reduced, target, log_prior)
    known_feasible = False
    for _ in range(MOST_STEPS):
        spread = float(np.ptp(multipliers @ reduced)) if target.size else 0.0
        if np.abs(residual).max(initial=0.0) < RESIDUAL / 10:
            if spread > EDGE and not known_feasible:
                _refuse_infeasible(f, wanted)
            return multipliers
        if spread > HOPELESS and not known_feasible:
            _refuse_infeasible(f, wanted)
            known_feasible = True
        ridge = RIDGE * float(np.trace(covariance)) + 1e-300
        step = linalg.solve(covariance + ridge * np.eye(target.size), -residual, assume_a="pos")
        length = min(1.0, LONGEST / max(float(np.ptp(step @ reduced)), 1e-300))
        while True:
            trial = _dual(multipliers + length * step, reduced, target, log_prior)
            enough = value + 1e-4 * length * float(residual @ step)
            if trial[0] <= enough + 1e-13 * max(1.0, abs(value)) or length < 1e-10:
                break
            length /= 2
        multipliers = multipliers + length * step
        value, residual, covariance, _law = trial
    _refuse_infeasible(f, wanted)
    raise NotConverged(
        f"averages are met to {np.abs(residual).max():.2g} only after {MOST_STEPS} Newton steps; they may lie near the edge of "
        "what is possible"
    )


def separating_direction(functions: ArrayLike, averages: ArrayLike) -> tuple[NDArray[np.float64], float]:
    """The direction along which the averages stand out most from all states, and by how much (0 or less: they are
    possible).

    A linear program: maximize d·F − max_c d·f(c) over directions with components in [−1, 1].
    """
    f, wanted = np.atleast_2d(np.asarray(functions, dtype=float)), np.asarray(averages, dtype=float)
    count = wanted.size
    bound = np.hstack([f.T, -np.ones((f.shape[1], 1))])
    found = optimize.linprog(
        np.append(-wanted, 1.0),
        A_ub=bound,
        b_ub=np.zeros(f.shape[1]),
        bounds=[(-1, 1)] * count + [(None, None)],
        method="highs",
    )
    return found.x[:count], float(-found.fun)


def _dual(
    multipliers: NDArray[np.float64],
    f: NDArray[np.float64],
    wanted: NDArray[np.float64],
    log_prior: NDArray[np.float64],
) -> tuple[float, NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """ln Z + λ·F, its gradient F − ⟨f⟩, its Hessian and the law."""
    exponents = log_prior - multipliers @ f
    top = exponents.max()
    weights = np.exp(exponents - top)
    total = weights.sum()
    law = weights / total
    means = f @ law
    centered = f - means[:, None]
    value = float(top + math.log(total) + multipliers @ wanted)
    return value, wanted - means, (centered * law) @ centered.T, law


def _checked(
    functions: ArrayLike, averages: ArrayLike, prior: ArrayLike | None
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    f, wanted = np.atleast_2d(np.asarray(functions, dtype=float)), np.atleast_1d(np.asarray(averages, dtype=float))
    if f.ndim != 2 or wanted.shape != (f.shape[0],):
        raise ValueError(
            f"functions must be (constraints, states) and averages as many as constraints; got {f.shape}, {wanted.shape}"
        )
    if not (np.isfinite(f).all() and np.isfinite(wanted).all()):
        raise ValueError("functions and averages must be finite")
    weights = np.ones(f.shape[1]) if prior is None else np.asarray(prior, dtype=float)
    if weights.shape != (f.shape[1],) or not np.isfinite(weights).all() or not (weights > 0).all():
        raise ValueError(f"prior must be {f.shape[1]} positive numbers; leave out states that cannot be")
    return f, wanted, np.log(weights / weights.sum())


def _refuse_infeasible(f: NDArray[np.float64], wanted: NDArray[np.float64]) -> None:
    """Raise unless some law with these averages gives every state a chance: the largest smallest chance, by a linear program."""
    states = f.shape[1]
    # The law is a common chance t and what each state has beyond it.
    equal = np.vstack([np.hstack([f, f.sum(axis=1, keepdims=True)]), np.append(np.ones(states), float(states))])
    found = optimize.linprog(
        np.append(np.zeros(states), -1.0),
        A_eq=equal,
        b_eq=np.append(wanted, 1.0),
        bounds=[(0, None)] * (states + 1),
        method="highs",
    )
    if found.status == 0 and -found.fun > INNER / states:
        return
    direction, excess = separating_direction(f, wanted)
    if excess <= 0 and found.status == 0:
        # On the edge: the dual of the averages is its normal.
        direction = np.asarray(found.eqlin.marginals[:-1])
        direction = direction / max(float(np.abs(direction).max()), 1e-300)
        direction *= 1.0 if direction @ wanted >= float((direction @ f).mean()) else -1.0
    shown = ", ".join(f"{each:.3g}" for each in direction)
    raise InfeasibleConstraints(
        f"no law that gives every state a chance has these averages: along ({shown}) they reach or exceed all states, by "
        f"{max(excess, 0.0):.3g}",
        direction,
    )
