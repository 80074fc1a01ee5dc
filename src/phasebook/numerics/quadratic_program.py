"""Separable convex quadratic programs with sparse equations and bounds, by a primal-dual interior-point method.

Minimize ½ Σ q x² + c·x subject to A x = b and l ≤ x ≤ u, with q ≥ 0; bounds may be infinite. Mehrotra's predictor and corrector
on the augmented system, which SuperLU factors once per step. Source: Nocedal and Wright, Numerical Optimization (2006), chapter 16;
Mehrotra, SIAM J. Optim. 2, 575 (1992). Inequalities A x ≤ b become equations with a slack variable.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse
from scipy.sparse.linalg import splu

from ..errors import NotConverged

MOST_STEPS = 200
RUNAWAY = 1e13
_TO_THE_BOUNDARY = 0.995
_REGULARIZATION = 1e-11


@dataclass(frozen=True)
class QuadraticSolution:
    """Point (n,), multipliers of the equations (m,), objective, largest relative residual of the optimality conditions, steps.

    A multiplier is the derivative of the optimal objective with respect to its b.
    """

    point: NDArray[np.float64]
    multipliers: NDArray[np.float64]
    objective: float
    residual: float
    steps: int


def solve_quadratic_program(
    quadratic: ArrayLike,
    linear: ArrayLike,
    equations: sparse.sparray,
    right_side: ArrayLike,
    lower: ArrayLike,
    upper: ArrayLike,
    *,
    tolerance: float = 1e-9,
) -> QuadraticSolution:
    """The minimum of ½ Σ quadratic x² + linear·x with equations (m, n) @ x = right_side and lower ≤ x ≤ upper.

    Raises ValueError for shapes, a negative `quadratic` or crossed bounds, and `NotConverged` where no point meets the optimality
    conditions to the tolerance (relative to the largest numbers of the data): then no x satisfies the equations, or none is lowest.
    """
    q, c, b, low, high = (np.asarray(each, dtype=float) for each in (quadratic, linear, right_side, lower, upper))
    matrix = sparse.csc_array(equations)
    _check(q, c, matrix, b, low, high)
    fixed = low == high
    if fixed.any():
        return _with_fixed(q, c, matrix, b, low, high, fixed, tolerance)
    # One unit of cost and one of quantity for all data, so that a tolerance means the same in any units.
    cost = max(1.0, float(np.abs(c).max(initial=0.0)))
    size = max(1.0, float(np.abs(b).max(initial=0.0)))
    program = _Scaled(q * size / cost, c / cost, matrix, b / size, low / size, high / size)
    state = program.start()
    for step in range(MOST_STEPS + 1):
        residual = program.residual(state)
        if residual <= tolerance:
            point = state.x * size
            objective = float(0.5 * np.sum(q * point**2) + c @ point)
            return QuadraticSolution(point, state.y * cost, objective, residual, step)
        if step == MOST_STEPS or not program.can_advance(state):
            break
        state = program.advance(state)
    raise NotConverged(
        f"no point met the optimality conditions of the quadratic program to {tolerance:g} in {step} steps (residual "
        f"{residual:.2g}): check that the equations can be met within the bounds, and that the objective is bounded"
    )


@dataclass(frozen=True)
class _State:
    """Point, multipliers of the equations, and of the lower and upper bounds."""

    x: NDArray[np.float64]
    y: NDArray[np.float64]
    z_low: NDArray[np.float64]
    z_high: NDArray[np.float64]


class _Scaled:
    """The program in scaled numbers, with what every step needs."""

    def __init__(self, q, c, matrix, b, low, high):  # type: ignore[no-untyped-def]
        self.q, self.c, self.b, self.low, self.high = q, c, b, low, high
        self.matrix, self.transposed = matrix, matrix.T.tocsc()
        self.has_low, self.has_high = np.isfinite(low), np.isfinite(high)
        self.bounds = int(self.has_low.sum() + self.has_high.sum())

    def start(self) -> _State:
        """The middle of each box, or one unit inside a single bound, with multipliers of one."""
        both = self.has_low & self.has_high
        x = np.zeros_like(self.c)
        x[both] = (self.low[both] + self.high[both]) / 2
        only_low, only_high = self.has_low & ~both, self.has_high & ~both
        x[only_low], x[only_high] = self.low[only_low] + 1.0, self.high[only_high] - 1.0
        return _State(x, np.zeros(self.b.size), self.has_low.astype(float), self.has_high.astype(float))

    def rooms(self, x: NDArray[np.float64]) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Distances to the bounds; one where there is none."""
        return np.where(self.has_low, x - self.low, 1.0), np.where(self.has_high, self.high - x, 1.0)

    def stationarity(self, state: _State) -> NDArray[np.float64]:
        return self.q * state.x + self.c - self.transposed @ state.y - state.z_low + state.z_high

    def complementarity(self, state: _State) -> float:
        room_low, room_high = self.rooms(state.x)
        return float(state.z_low @ room_low + state.z_high @ room_high) / max(1, self.bounds)

    def residual(self, state: _State) -> float:
        primal = np.abs(self.matrix @ state.x - self.b).max(initial=0.0)
        dual = np.abs(self.stationarity(state)).max(initial=0.0)
        room_low, room_high = self.rooms(state.x)
        products = max((state.z_low * room_low).max(initial=0.0), (state.z_high * room_high).max(initial=0.0))
        return float(max(primal, dual, products))

    def can_advance(self, state: _State) -> bool:
        """Whether all rooms are open and the multipliers have not run away, as they do where no point is feasible."""
        rooms = min(each.min(initial=1.0) for each in self.rooms(state.x))
        largest = max(np.abs(each).max(initial=0.0) for each in (state.x, state.y, state.z_low, state.z_high))
        return bool(rooms > 0 and largest < RUNAWAY)

    def advance(self, state: _State) -> _State:
        """One step: the affine direction tells how far to center, and its products correct the direction."""
        room_low, room_high = self.rooms(state.x)
        pull = np.where(self.has_low, state.z_low / room_low, 0.0) + np.where(
            self.has_high, state.z_high / room_high, 0.0
        )
        count = self.b.size
        system = sparse.block_array(
            [
                [sparse.diags_array(self.q + pull + _REGULARIZATION), self.transposed],
                [self.matrix, -_REGULARIZATION * sparse.eye_array(count)],
            ],
            format="csc",
        )
        factors = splu(system, diag_pivot_thresh=0.1)
        dual, primal = self.stationarity(state), self.matrix @ state.x - self.b

        def direction(target_low: NDArray[np.float64], target_high: NDArray[np.float64]) -> _State:
            """The Newton step at which the products of multipliers and rooms change by the targets."""
            pushed = np.where(self.has_low, target_low / room_low, 0.0) - np.where(
                self.has_high, target_high / room_high, 0.0
            )
            right = np.concatenate((-dual + pushed, -primal))
            solved = factors.solve(right)
            solved += factors.solve(right - system @ solved)
            dx, dy = solved[: self.c.size], -solved[self.c.size :]
            dz_low = np.where(self.has_low, (target_low - state.z_low * dx) / room_low, 0.0)
            dz_high = np.where(self.has_high, (target_high + state.z_high * dx) / room_high, 0.0)
            return _State(dx, dy, dz_low, dz_high)

        products = state.z_low * room_low, state.z_high * room_high
        affine = direction(-products[0], -products[1])
        mu = self.complementarity(state)
        reached = self.complementarity(_moved(state, affine, self.longest(state, affine)))
        center = mu * (reached / mu) ** 3 if self.bounds and mu > 0 else 0.0
        step = direction(
            np.where(self.has_low, center - products[0] - affine.z_low * affine.x, 0.0),
            np.where(self.has_high, center - products[1] + affine.z_high * affine.x, 0.0),
        )
        length = self.longest(state, step)
        return _moved(state, step, 1.0 if length >= 1.0 else _TO_THE_BOUNDARY * length)

    def longest(self, state: _State, step: _State) -> float:
        """The longest step, at most one, that keeps all rooms and multipliers positive."""
        room_low, room_high = self.rooms(state.x)
        length = 1.0
        for value, change, present in (
            (room_low, step.x, self.has_low),
            (room_high, -step.x, self.has_high),
            (state.z_low, step.z_low, self.has_low),
            (state.z_high, step.z_high, self.has_high),
        ):
            shrinking = present & (change < 0)
            if shrinking.any():
                length = min(length, float(np.min(-value[shrinking] / change[shrinking])))
        return length


def _with_fixed(q, c, matrix, b, low, high, fixed, tolerance) -> QuadraticSolution:  # type: ignore[no-untyped-def]
    """The program without the variables whose bounds leave no room."""
    free, held = ~fixed, np.where(fixed, low, 0.0)
    found = solve_quadratic_program(
        q[free], c[free], matrix[:, free], b - matrix @ held, low[free], high[free], tolerance=tolerance
    )
    point = held.copy()
    point[free] = found.point
    objective = float(0.5 * np.sum(q * point**2) + c @ point)
    return QuadraticSolution(point, found.multipliers, objective, found.residual, found.steps)


def _moved(state: _State, step: _State, length: float) -> _State:
    return _State(
        state.x + length * step.x,
        state.y + length * step.y,
        state.z_low + length * step.z_low,
        state.z_high + length * step.z_high,
    )


def _check(q, c, matrix, b, low, high) -> None:  # type: ignore[no-untyped-def]
    variables = c.size
    for name, each in (("quadratic", q), ("linear", c), ("lower", low), ("upper", high)):
        if each.shape != (variables,):
            raise ValueError(f"{name} must have shape ({variables},), like linear; got {each.shape}")
    if matrix.shape != (b.size, variables):
        raise ValueError(f"equations must have shape ({b.size}, {variables}); got {matrix.shape}")
    if not (np.isfinite(q).all() and (q >= 0).all()):
        raise ValueError("quadratic must be finite and not negative, so that the program is convex")
    if not (np.isfinite(c).all() and np.isfinite(b).all()):
        raise ValueError("linear and right_side must be finite")
    if np.isnan(low).any() or np.isnan(high).any() or (low > high).any():
        raise ValueError("lower must not exceed upper, for any variable")
