"""Curves of solutions of F(x, parameter) = 0 by pseudo-arclength continuation: around folds, with stability and special points.

Where the values at given parameters are wanted, and no fold is in the way, `fixed_point.continue_branch` is the shorter road.
Sources: Keller, in Applications of Bifurcation Theory (1977), for pseudo-arclength; Allgower and Georg, Introduction to Numerical
Continuation Methods (2003), for steps and test functions; Guckenheimer, Myers and Sturmfels, SIAM J. Numer. Anal. 34, 1 (1997), for
Hopf points as zeros of the product of the sums of eigenvalues.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq

from ..errors import NotConverged

Function = Callable[[NDArray[np.float64], float], Any]
Kind = Literal["fold", "branching", "hopf"]
Ending = Literal["bound", "closed", "too_large", "most_points", "lost"]

FIRST_STEP = 0.01
SMALLEST_STEP = 1e-9
ANGLE, LARGEST_ANGLE = 0.1, 0.4  # radians between successive tangents: aimed at, and at most
NEWTON_STEPS, EASY_STEPS = 8, 3
LOCATED = 1e-13  # of a step, in arc length, to which special points are found
ASIDE = (1e-7, -1e-7, 1e-5, -1e-5)  # of a step
DIFFERENCE = 6e-6  # near the cube root of rounding: best for central differences

ENDED: dict[Ending, str] = {
    "bound": "it reached a bound of the parameter",
    "closed": "it came back to its start",
    "too_large": "a component of x grew beyond `largest`",
    "most_points": "it is longer than most_points; raise most_points or largest_step, or narrow the bounds",
    "lost": "steps became too small; check that function is smooth there, or give an exact jacobian",
}


@dataclass(frozen=True, eq=False)
class SpecialPoint:
    """Where solutions change in number or stability: `point` (n,) at `parameter`; `index` of it among the points of its curve.

    `kind`: at a "fold" the curve turns back, at a "branching" another curve crosses, at a "hopf" a pair of eigenvalues ±i frequency
    stands on the imaginary axis (`frequency` is 0 for the others). `residual`: largest |F|.
    """

    kind: Kind
    parameter: float
    point: NDArray[np.float64]
    index: int
    frequency: float
    residual: float


@dataclass(frozen=True, eq=False)
class SolutionCurve:
    """Solutions in their order along a curve: `points` (k, n) at `parameters` (k,), special points among them.

    `growth_rates` (k,): largest real part of the eigenvalues of dF/dx; `residuals` (k,): largest |F|. `endings`: how the curve
    ended at its first and at its last point.
    """

    points: NDArray[np.float64]
    parameters: NDArray[np.float64]
    growth_rates: NDArray[np.float64]
    residuals: NDArray[np.float64]
    special: tuple[SpecialPoint, ...]
    endings: tuple[Ending, Ending]

    @property
    def stable(self) -> NDArray[np.bool_]:
        """Whether perturbations decay under dx/dt = F, shape (k,)."""
        return self.growth_rates < 0.0

    def of_kind(self, kind: Kind) -> tuple[SpecialPoint, ...]:
        """The special points of one kind, in their order along the curve."""
        return tuple(each for each in self.special if each.kind == kind)


def trace_solutions(
    function: Function,
    start: ArrayLike,
    parameter: float,
    low: float,
    high: float,
    *,
    jacobian: Callable[[NDArray[np.float64], float], Any] | Literal["differences", "jax"] = "differences",
    hopf: bool = False,
    largest_step: float = 0.05,
    largest: float = 1e8,
    tolerance: float = 1e-10,
    most_points: int = 2000,
    throw: bool = True,
) -> SolutionCurve:
    """Follow the solution near `start`, shape (n,), at `parameter` both ways along its curve, while low <= parameter <= high.

    `function(x, parameter)` returns n numbers. `jacobian(x, parameter)`, shape (n, n), or "differences" (central, in float64), or
    "jax" for a function written in JAX. Folds and branchings are always located, Hopf points on request: all to rounding, and lost
    only where two of a kind lie within one step. A step turns the curve by a tenth of a radian or so and is at most `largest_step`
    long, where the range of the parameter and the size of x, 1 + max|x|, both count as 1. Newton's corrections of each point end
    below `tolerance` in the same measure. Start beside a fold, not on it. Pairs of eigenvalues that a symmetry lets cross together
    are seen in odd number only.
    Raises ValueError on arguments outside these, and NotConverged where no solution is near the start or, unless `throw` is false,
    where the curve ends elsewhere than at a bound, at its start or beyond `largest`: `endings` tell it then.
    """
    x = np.atleast_1d(np.asarray(start))
    if x.ndim != 1 or x.dtype.kind not in "biuf" or x.size == 0 or not np.isfinite(x).all():
        raise ValueError(f"start must be finite real numbers in one dimension; got {start!r}")
    if not (math.isfinite(low) and math.isfinite(high) and low < high and low <= parameter <= high):
        raise ValueError(f"bounds must be finite, low <= parameter <= high, low < high; got {low}, {parameter}, {high}")
    if not 0.0 < largest_step <= 1.0 or not 0.0 < tolerance < 1.0 or not largest > 0.0:
        raise ValueError(
            "largest_step must be in (0, 1], tolerance in (0, 1) and largest positive; "
            f"got {largest_step}, {tolerance} and {largest}"
        )
    if most_points < 2:
        raise ValueError(f"most_points must be at least 2; got {most_points}")
    problem = _Problem(function, jacobian, x.size, low, high, tolerance)
    first = problem.at_parameter(np.append(x.astype(np.float64), float(parameter)), float(parameter))
    if first is None:
        raise NotConverged(f"Newton's method finds no solution near start at parameter {parameter:g}; start nearer")
    try:
        begin = problem.state(first, problem.first_tangent(first))
    except np.linalg.LinAlgError:
        raise NotConverged(
            f"the start at parameter {parameter:g} is a branching point; start beside it, on one of its curves"
        ) from None
    walk = _Walk(problem, hopf, largest_step, largest, most_points)
    up, up_found, last = walk.follow(begin)
    if last == "closed":
        return _curve([begin, *up], up_found, ("closed", "closed"))
    down, down_found, first_end = walk.follow(begin.reversed())
    curve = _curve([*reversed(down), begin, *up], down_found + up_found, (first_end, last))
    if throw:
        for ending, state in ((first_end, (down or [begin])[-1]), (last, (up or [begin])[-1])):
            if ending in ("most_points", "lost"):
                raise NotConverged(f"the curve ends at parameter {state.z[-1]:.6g}: {ENDED[ending]}")
    return curve


@dataclass(frozen=True, eq=False)
class _State:
    """A point z = (x, parameter) of the curve, with what tells special points: its tangent, determinant's sign, eigenvalues."""

    z: NDArray[np.float64]
    tangent: NDArray[np.float64]
    determinant: float
    eigenvalues: NDArray[np.complex128]
    residual: float

    def reversed(self) -> _State:
        return _State(self.z, -self.tangent, -self.determinant, self.eigenvalues, self.residual)


_Found = tuple[Kind, _State]


class _Problem:
    """F with its derivatives, the measure of lengths, and Newton's corrections."""

    def __init__(self, function: Any, jacobian: Any, size: int, low: float, high: float, tolerance: float) -> None:
        self.size, self.low, self.high, self.tolerance = size, low, high, tolerance
        self._function, self._jacobian = function, jacobian
        if jacobian == "jax":
            self._function, self._jacobian, self._slope = _compiled(function)
        else:
            self._slope = self._differenced_slope
            if jacobian == "differences":
                self._jacobian = self._differenced_jacobian
            elif not callable(jacobian):
                raise ValueError(f"jacobian must be a function, 'differences' or 'jax'; got {jacobian!r}")

    def value(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        value = np.asarray(self._function(z[:-1], float(z[-1])), dtype=np.float64)
        if value.shape != (self.size,):
            raise ValueError(f"function must return {self.size} numbers, as many as start has; got shape {value.shape}")
        return value

    def derivatives(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """dF/dz, shape (n, n + 1)."""
        matrix = np.asarray(self._jacobian(z[:-1], float(z[-1])), dtype=np.float64)
        if matrix.shape != (self.size, self.size):
            raise ValueError(f"jacobian must have the shape {(self.size, self.size)}; got {matrix.shape}")
        return np.column_stack([matrix, np.asarray(self._slope(z[:-1], float(z[-1])), dtype=np.float64)])

    def weights(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """The squared measure of a displacement dz at z is sum weights dz^2."""
        scale = 1.0 + float(np.abs(z[:-1]).max())
        return np.append(np.full(self.size, 1.0 / (self.size * scale**2)), (self.high - self.low) ** -2.0)

    def corrected(
        self, guess: NDArray[np.float64], row: NDArray[np.float64], target: float
    ) -> tuple[NDArray[np.float64], int] | None:
        """Newton's method for F(z) = 0 and row @ z = target, with its number of steps; None where it does not converge."""
        z = guess
        for step in range(1, NEWTON_STEPS + 1):
            with np.errstate(all="ignore"):
                value, matrix = self.value(z), np.vstack([self.derivatives(z), row])
                if not (np.isfinite(value).all() and np.isfinite(matrix).all()):
                    return None
                try:
                    move = np.linalg.solve(matrix, -np.append(value, row @ z - target))
                except np.linalg.LinAlgError:
                    return None
            z = z + move
            length = math.sqrt(float(self.weights(z) @ move**2))
            if not math.isfinite(length) or length > 10.0:
                return None
            if length <= self.tolerance:
                return (z, step) if np.isfinite(self.value(z)).all() else None
        return None

    def at_parameter(self, guess: NDArray[np.float64], parameter: float) -> NDArray[np.float64] | None:
        """The solution at one parameter, or None."""
        row = np.append(np.zeros(self.size), 1.0)
        # What is given as a start may be far off; a whole Newton iteration from there is more than one correction.
        found = None
        for _ in range(6):
            found = self.corrected(guess, row, parameter)
            if found is not None:
                break
            guess = self._relaxed(guess, row, parameter)
        return None if found is None else np.append(found[0][:-1], parameter)

    def _relaxed(self, z: NDArray[np.float64], row: NDArray[np.float64], target: float) -> NDArray[np.float64]:
        """A few Newton steps, each as long as lessens |F|."""
        for _ in range(NEWTON_STEPS):
            value = self.value(z)
            try:
                move = np.linalg.solve(np.vstack([self.derivatives(z), row]), -np.append(value, row @ z - target))
            except np.linalg.LinAlgError:
                return z
            share = 1.0
            with np.errstate(all="ignore"):
                while share > 1e-3 and not np.linalg.norm(self.value(z + share * move)) < np.linalg.norm(value):
                    share *= 0.5
            z = z + share * move
        return z

    def first_tangent(self, z: NDArray[np.float64]) -> NDArray[np.float64]:
        """A tangent without one before it, towards larger parameters. Raises LinAlgError where it is not unique."""
        root = np.sqrt(self.weights(z))
        _, sizes, rows = np.linalg.svd(self.derivatives(z) / root)
        if sizes[-1] <= 1e-12 * sizes[0]:
            raise np.linalg.LinAlgError
        tangent = rows[-1] / root
        return tangent if tangent[-1] >= 0.0 else -tangent

    def state(self, z: NDArray[np.float64], before: NDArray[np.float64]) -> _State:
        """Tangent in the direction of the one before, and the rest. Raises LinAlgError at a branching point."""
        derivatives, weights = self.derivatives(z), self.weights(z)
        matrix = np.vstack([derivatives, weights * before])
        tangent = np.linalg.solve(matrix, np.append(np.zeros(self.size), 1.0))
        tangent /= math.sqrt(float(weights @ tangent**2))
        # Rows of one size: only the sign counts, and it must not drown.
        matrix[-1] = weights * tangent
        sign = float(np.linalg.slogdet(matrix)[0])
        smallest = float(np.linalg.svd(matrix * (1.0 / np.sqrt(weights)), compute_uv=False)[-1])
        residual = float(np.abs(self.value(z)).max())
        return _State(z, tangent, sign * smallest, np.linalg.eigvals(derivatives[:, :-1]).astype(complex), residual)

    def stepped(
        self, state: _State, step: float, guess: NDArray[np.float64] | None = None
    ) -> tuple[_State, int] | None:
        """The curve's point one step along the tangent, or None where none is found or the curve would turn too sharply."""
        row = self.weights(state.z) * state.tangent
        guess = state.z + step * state.tangent if guess is None else guess
        found = self.corrected(guess, row, float(row @ state.z) + step)
        if found is None:
            return None
        try:
            after = self.state(found[0], state.tangent)
        except np.linalg.LinAlgError:
            return None
        return (after, found[1]) if self.angle(state, after) <= LARGEST_ANGLE else None

    def angle(self, state: _State, after: _State) -> float:
        """Between the tangents of two points, in the measure of the first."""
        weights = self.weights(state.z)
        length = math.sqrt(float(weights @ after.tangent**2))
        return math.acos(min(1.0, max(-1.0, float(weights @ (state.tangent * after.tangent)) / length)))

    def _differenced_jacobian(self, x: NDArray[np.float64], parameter: float) -> NDArray[np.float64]:
        steps = DIFFERENCE * (1.0 + np.abs(x))
        columns = []
        for index, step in enumerate(steps):
            move = np.zeros(self.size)
            move[index] = step
            ahead, behind = self._function(x + move, parameter), self._function(x - move, parameter)
            columns.append((np.asarray(ahead, dtype=np.float64) - np.asarray(behind, dtype=np.float64)) / (2.0 * step))
        return np.stack(columns, axis=-1)

    def _differenced_slope(self, x: NDArray[np.float64], parameter: float) -> NDArray[np.float64]:
        # A step relative to the range: the parameter's own size says nothing where the range does not hold zero.
        step = DIFFERENCE * (self.high - self.low)
        ahead, behind = self._function(x, parameter + step), self._function(x, parameter - step)
        slope = (np.asarray(ahead, dtype=np.float64) - np.asarray(behind, dtype=np.float64)) / (2.0 * step)
        return slope


class _Walk:
    """Follows a curve one way."""

    def __init__(self, problem: _Problem, hopf: bool, largest_step: float, largest: float, most_points: int) -> None:
        self.problem, self.hopf, self.largest_step = problem, hopf, largest_step
        self.largest, self.most_points = largest, most_points

    def follow(self, begin: _State) -> tuple[list[_State], list[_Found], Ending]:
        """The points after `begin`, special ones among them, and how the curve ends."""
        problem, here, points, found = self.problem, begin, list[_State](), list[_Found]()
        if here.z[-1] in (problem.low, problem.high) and (here.tangent[-1] > 0) == (here.z[-1] == problem.high):
            return points, found, "bound"
        step = min(FIRST_STEP, self.largest_step)
        while len(points) < self.most_points:
            trial = problem.stepped(here, step)
            # A fold at the very end of a step would be seen from neither side.
            if trial is None or trial[0].tangent[-1] == 0.0:
                step *= 0.5
                if step < SMALLEST_STEP:
                    return points, found, "lost"
                continue
            after, tries = trial
            inside = problem.low <= after.z[-1] <= problem.high
            if not inside:
                stopped = self._at_bound(here, after)
                if stopped is None:
                    step *= 0.5
                    if step < SMALLEST_STEP:
                        return points, found, "bound"
                    continue
                after = stopped
            closed = len(points) > 2 and self._passes(here, after, begin)
            special = self._special(here, begin if closed else after, step)
            points += [state for _, state in special]
            found += special
            if closed:
                points.append(begin)
                return points, found, "closed"
            points.append(after)
            if not inside:
                return points, found, "bound"
            if float(np.abs(after.z[:-1]).max()) > self.largest:
                return points, found, "too_large"
            factor = min(2.0, max(0.5, ANGLE / max(problem.angle(here, after), 1e-6)))
            step = min(self.largest_step, step * (factor if tries <= EASY_STEPS else min(factor, 0.7)))
            here = after
        return points, found, "most_points"

    def _at_bound(self, here: _State, after: _State) -> _State | None:
        bound = self.problem.high if after.z[-1] > self.problem.high else self.problem.low
        share = (bound - here.z[-1]) / (after.z[-1] - here.z[-1])
        z = self.problem.corrected(
            here.z + share * (after.z - here.z), np.append(np.zeros(len(here.z) - 1), 1.0), bound
        )
        if z is None:
            return None
        exact = np.append(z[0][:-1], bound)
        weights = self.problem.weights(here.z)
        if not weights @ (exact - here.z) ** 2 <= 4.0 * (weights @ (after.z - here.z) ** 2):
            return None
        try:
            return self.problem.state(exact, here.tangent)
        except np.linalg.LinAlgError:
            return None

    def _passes(self, here: _State, after: _State, begin: _State) -> bool:
        """Whether the step passes through the start of the curve, in its direction."""
        weights = self.problem.weights(here.z)
        whole, part = after.z - here.z, begin.z - here.z
        length = float(weights @ whole**2)
        along = float(weights @ (whole * part)) / length
        aside = float(weights @ (part - along * whole) ** 2)
        same_way = float(weights @ (here.tangent * begin.tangent)) > 0.0
        return 0.0 < along <= 1.0 and aside <= (LARGEST_ANGLE**2) * length and same_way

    def _special(self, here: _State, after: _State, step: float) -> list[_Found]:
        """Special points between two neighbors, in their order."""
        found: list[tuple[float, _Found]] = []
        branches = here.determinant * after.determinant < 0.0
        # Where the curves through a branching point are at right angles, one of them turns back there: that is no fold.
        tests: list[tuple[Kind, Callable[[_State], float], bool]] = [
            ("branching", lambda state: state.determinant, branches),
            ("fold", lambda state: float(state.tangent[-1]), not branches),
            ("hopf", lambda state: _pair_sum(state.eigenvalues), self.hopf),
        ]
        for kind, test, asked in tests:
            if asked and test(here) * test(after) < 0.0:
                located = self._located(here, after, test)
                if located is not None and (kind != "hopf" or _is_hopf(located[1].eigenvalues)):
                    found.append((located[0], (kind, located[1])))
        return [each for _, each in sorted(found, key=lambda pair: pair[0])]

    def _located(self, here: _State, after: _State, test: Callable[[_State], float]) -> tuple[float, _State] | None:
        """The zero of a test function along the step from here, with its distance; None where none is found."""
        row = self.problem.weights(here.z) * here.tangent
        whole = float(row @ (after.z - here.z))
        states = {0.0: here, whole: after}
        # A cubic through both ends with their tangents is far nearer to the curve than other curves that cross it there.
        slope = after.tangent / float(row @ after.tangent)

        def guess(distance: float) -> NDArray[np.float64]:
            t = distance / whole
            ends = (2 * t**3 - 3 * t**2 + 1) * here.z + (3 * t**2 - 2 * t**3) * after.z
            return ends + whole * ((t**3 - 2 * t**2 + t) * here.tangent + (t**3 - t**2) * slope)

        def at(distance: float) -> float:
            # Where curves cross, corrections fail: a point a little beside is as good.
            for aside in (0.0, *ASIDE):
                beside = distance + aside * whole
                if distance not in states and 0.0 < beside < whole:
                    stepped = self.problem.stepped(here, beside, guess(beside))
                    if stepped is not None:
                        states[distance] = stepped[0]
            if distance not in states:
                raise NotConverged("the curve cannot be corrected here")
            return test(states[distance])

        try:
            distance = float(brentq(at, 0.0, whole, xtol=max(LOCATED * whole, 1e-15), rtol=1e-14))
            at(distance)
        except NotConverged:
            return None
        return (distance, states[distance]) if 0.0 < distance < whole else None


def _pair_sum(eigenvalues: NDArray[np.complex128]) -> float:
    """The smallest |sum of two eigenvalues|, with the sign of the product of all such sums: it changes sign at a Hopf point.

    Sums of two complex eigenvalues that are not conjugate come in conjugate pairs and leave the sign alone.
    """
    if len(eigenvalues) < 2:
        return 1.0
    sums = (eigenvalues[:, None] + eigenvalues)[np.triu_indices(len(eigenvalues), 1)]
    real = np.abs(sums.imag) <= 1e-14 * np.abs(eigenvalues).max()
    negative = np.count_nonzero(real & (sums.real < 0.0))
    return float(np.abs(sums).min()) * (-1.0 if negative % 2 else 1.0)


def _is_hopf(eigenvalues: NDArray[np.complex128]) -> bool:
    """Whether the two eigenvalues whose sum is smallest are a complex pair, and not real ones of a neutral saddle."""
    return _frequency(eigenvalues) > 1e-7 * float(np.abs(eigenvalues).max())


def _frequency(eigenvalues: NDArray[np.complex128]) -> float:
    first, second = np.triu_indices(len(eigenvalues), 1)
    smallest = int(np.argmin(np.abs(eigenvalues[first] + eigenvalues[second])))
    return float(abs(eigenvalues[first[smallest]].imag))


def _curve(states: list[_State], found: list[_Found], endings: tuple[Ending, Ending]) -> SolutionCurve:
    kinds = {id(state): kind for kind, state in found}
    special = tuple(
        SpecialPoint(
            kinds[id(state)],
            float(state.z[-1]),
            state.z[:-1],
            index,
            _frequency(state.eigenvalues) if kinds[id(state)] == "hopf" else 0.0,
            state.residual,
        )
        for index, state in enumerate(states)
        if id(state) in kinds
    )
    return SolutionCurve(
        np.array([state.z[:-1] for state in states]),
        np.array([state.z[-1] for state in states]),
        np.array([float(state.eigenvalues.real.max()) for state in states]),
        np.array([state.residual for state in states]),
        special,
        endings,
    )


def _compiled(function: Any) -> tuple[Function, Function, Function]:
    """A JAX function and its derivatives by x and by the parameter, compiled, in float64."""
    import jax

    def scoped(compiled: Any) -> Function:
        def call(x: NDArray[np.float64], parameter: float) -> NDArray[np.float64]:
            with jax.enable_x64(True):
                return np.asarray(compiled(x, np.float64(parameter)))

        return call

    return (
        scoped(jax.jit(function)),
        scoped(jax.jit(jax.jacfwd(function, argnums=0))),
        scoped(jax.jit(jax.jacfwd(function, argnums=1))),
    )
