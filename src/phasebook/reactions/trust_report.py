"""Which theory can be trusted on a network: closures of several orders and linear noise beside the exact answer.

The exact answer is a finite state projection where few states can be reached, else exact simulation with standard errors. A theory
is judged by its worst relative error over species and times, and a closure also by whether its equations are legitimate at all
(`validity`; Schnoerr, Sanguinetti, Grima, arXiv 1407.8316). Species that conservation laws fix are eliminated before closing.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from ..errors import NotConverged, PhasebookError
from .closures import check_closure
from .conservation import ReducedNetwork, without_conserved_species
from .linear_noise_approximation import linear_noise
from .master_equation import transient_distribution
from .moment_dynamics import solve_moments
from .moments import moment_equations
from .network import ReactionNetwork
from .simulation import simulate
from .state_distribution import TruncationError
from .trust_advice import SURE, advice, table
from .validity import deterministic_starts, validity

Array = NDArray[np.float64]
Grade = Literal["within", "off", "undecided"]

PILOT = 20
MOST_STATES = 50_000
MOST_TRANSITIONS = 10_000_000  # states times reactions: memory
MOST_STATE_EVENTS = (
    2e8  # states times reactions times events of a trajectory: some ten seconds of finite state projection
)
MOST_EVENTS = 5e8  # of all trajectories together: a minute or two
MOST_EQUATIONS, MOST_JUDGED, MOST_LINEAR_NOISE = 1_000, 120, 2_000


@dataclass(frozen=True, eq=False)
class ExactAnswer:
    """What theory is compared with: `means` and `standard_deviations` (T, species), with standard errors, 0 without sampling."""

    kind: Literal["finite state projection", "exact simulation"]
    text: str
    means: Array
    standard_deviations: Array
    mean_stderr: Array
    deviation_stderr: Array
    seconds: float


@dataclass(frozen=True)
class WorstError:
    """The largest relative error, against max(exact value, 1 molecule), where it is, and whether it is within the tolerance.

    `stderr`: of `value`, from the sampling of the exact answer. `grade`: `off` where some error exceeds the tolerance by more than
    three standard errors; `undecided` where one exceeds it by less.
    """

    value: float
    stderr: float
    species: str
    time: float
    exact: float
    grade: Grade


@dataclass(frozen=True, eq=False)
class MethodReport:
    """One theory: `means` and `standard_deviations` (T, species), NaN where it has none, and how far they are off.

    `order`: of the closure, None for linear noise. `check`: the reason of `validity`, or `not judged`, with `check_text`.
    `failure`: why the method could not be applied, or how its run broke down; None where it gave an answer.
    """

    name: str
    order: int | None
    means: Array
    standard_deviations: Array
    mean_error: WorstError
    deviation_error: WorstError
    check: str
    check_text: str
    failure: str | None
    seconds: float

    @property
    def trusted(self) -> bool:
        """Whether means and standard deviations are within the tolerance."""
        return self.mean_error.grade == "within" and self.deviation_error.grade == "within"


@dataclass(frozen=True, eq=False)
class TrustReport:
    """Theories beside the exact answer at `times` (T,); made by `trust_report`."""

    network: ReactionNetwork
    times: Array
    closure: str
    tolerance: float
    exact: ExactAnswer
    methods: tuple[MethodReport, ...]

    @property
    def advice(self) -> tuple[str, ...]:
        """What to use here and why, in sentences."""
        return advice(self)

    def text(self) -> str:
        """A table of all methods, notes on those that failed or were not judged, and the advice."""
        return table(self)

    def method(self, order: int | None) -> MethodReport:
        """The report on the closure of an order, or on linear noise (None); raises ValueError for an order that was not tried."""
        found = next((each for each in self.methods if each.order == order), None)
        if found is None:
            raise ValueError(f"order must be one that was tried; got {order!r}")
        return found


def trust_report(
    network: ReactionNetwork,
    time: float,
    *,
    orders: Sequence[int] = (2, 3, 4),
    closure: str = "normal",
    trajectories: int = 2000,
    seed: int = 0,
    tolerance: float = 0.05,
    points: int = 5,
) -> TrustReport:
    """Set closures and linear noise beside the exact answer at `points` times up to `time`, from the network's initial counts.

    `time` in the unit of the rates. Where simulation is the reference it takes `trajectories`, fewer where these would make
    more than MOST_EVENTS events, which the report says. `tolerance`: the relative error up to which a theory is trusted. A method
    that cannot be applied is reported with its reason. Raises ValueError for a wrong argument or initial counts that are no
    integers, and what `simulate` raises.
    """
    if not (np.isfinite(time) and time > 0):
        raise ValueError(f"time must be finite and positive; got {time!r}")
    if not 0 < tolerance < 1:
        raise ValueError(f"tolerance must lie between 0 and 1; got {tolerance!r}")
    if points < 1 or trajectories < 100:
        raise ValueError(f"points must be at least 1 and trajectories at least 100; got {points}, {trajectories}")
    if not orders:
        raise ValueError("orders must name one order at least")
    for order in orders:
        check_closure(closure, order)
    times = np.linspace(0.0, float(time), points + 1)[1:]
    exact = _exact_answer(network, times, trajectories, seed)
    judge = _Judge(network, times, exact, tolerance)
    methods = [judge.report("linear noise", None, lambda: _linear_noise(network, times))]
    problem = _Closures(network, times, closure)
    for order in sorted(set(orders)):
        methods.append(judge.report(f"{closure}, order {order}", order, partial(problem.solve, order)))
    return TrustReport(network, times, closure, tolerance, exact, tuple(methods))


@dataclass(frozen=True, eq=False)
class _Answer:
    means: Array
    variances: Array
    failure: str | None = None
    check: str = ""
    check_text: str = ""


def _exact_answer(network: ReactionNetwork, times: Array, trajectories: int, seed: int) -> ExactAnswer:
    began = clock.perf_counter()
    pilot = simulate(network, times, trajectories=PILOT, seed=seed)
    events = max(pilot.events / PILOT, 1.0)
    reactions = len(network.reactions) + 1
    largest = int(min(MOST_STATES, MOST_TRANSITIONS / reactions, MOST_STATE_EVENTS / (events * reactions)))
    if not network.events and largest > 0:
        try:
            laws = transient_distribution(network, times, largest=largest)
        except (TruncationError, NotConverged):
            pass
        else:
            means = np.array([law.mean() for law in laws])
            deviations = np.sqrt([np.maximum(np.diagonal(law.covariance()), 0.0) for law in laws])
            none = np.zeros_like(means)
            text = f"finite state projection on {len(laws[-1].states)} states, {laws[-1].leaked:.0e} of the probability left out"
            return ExactAnswer(
                "finite state projection", text, means, deviations, none, none, clock.perf_counter() - began
            )
    affordable = max(100, min(trajectories, int(MOST_EVENTS / events)))
    sample = simulate(network, times, trajectories=affordable, seed=seed + 1, keep=True)
    if sample.counts is None:
        raise RuntimeError("the simulation kept no trajectories")
    text = f"{affordable} exact simulations of {events:.3g} events"
    if affordable < trajectories:
        text += f" (not {trajectories}, which would take too long)"
    deviations = np.sqrt(sample.variance)
    fourth = np.mean((sample.counts - sample.mean) ** 4, axis=0)
    variance_stderr = np.sqrt(np.maximum(fourth - sample.variance**2, 0.0) / affordable)
    deviation_stderr = variance_stderr / (2 * np.where(deviations > 0, deviations, 1.0))
    seconds = clock.perf_counter() - began
    return ExactAnswer("exact simulation", text, sample.mean, deviations, sample.mean_stderr, deviation_stderr, seconds)


def _linear_noise(network: ReactionNetwork, times: Array) -> _Answer:
    size = _number_of_moments(len(network.species), 2)
    if size > MOST_LINEAR_NOISE:
        raise ValueError(f"{size} means and covariances are too many here (at most {MOST_LINEAR_NOISE})")
    found = linear_noise(network, times)
    variances = np.diagonal(found.covariance, axis1=-2, axis2=-1)
    return _Answer(np.asarray(found.mean), variances, check="-")


class _Closures:
    """The closures of one network at several orders: what they share is prepared once."""

    def __init__(self, network: ReactionNetwork, times: Array, closure: str) -> None:
        self.network, self.times, self.closure = network, times, closure
        self.reduced: ReducedNetwork | None = None
        self.starts: Array | None = None

    def solve(self, order: int) -> _Answer:
        if self.reduced is None:
            self.network.propensity_polynomials()
            self.reduced = without_conserved_species(self.network)
        reduced = self.reduced
        size = _number_of_moments(len(reduced.network.species), order)
        if size > MOST_EQUATIONS:
            raise ValueError(f"{size} equations are too many here (at most {MOST_EQUATIONS}); lower the order")
        equations = moment_equations(reduced.network, order, self.closure)
        run = solve_moments(equations, self.times)
        means = np.full((self.times.size, len(self.network.species)), np.nan)
        variances = means.copy()
        reached = len(run.times)
        means[:reached] = reduced.means(run.means)
        variances[:reached] = reduced.variances(equations.covariances(run.states))
        failure = None if run.diverged_at is None else f"diverges at time {run.diverged_at:.3g}"
        return _Answer(means, variances, failure, *self._judged(order, size))

    def _judged(self, order: int, size: int) -> tuple[str, str]:
        if size > MOST_JUDGED:
            return "not judged", f"{size} equations from several starts would take too long (at most {MOST_JUDGED})"
        if self.reduced is None:
            raise RuntimeError("nothing was solved yet")
        horizon = float(self.times[-1])
        try:
            if self.starts is None:
                starts = np.vstack([self.network.initial_counts, deterministic_starts(self.network, horizon)])
                self.starts = starts[:, self.reduced.independent]
            found = validity(self.reduced.network, self.closure, order, starts=self.starts, horizon=horizon)
        except (PhasebookError, ValueError) as error:
            return "not judged", str(error)
        return found.reason, found.text


def _number_of_moments(species: int, order: int) -> int:
    count = 1
    for k in range(1, order + 1):
        count = count * (species + k) // k
    return count - 1


class _Judge:
    """Compares answers with the exact one."""

    def __init__(self, network: ReactionNetwork, times: Array, exact: ExactAnswer, tolerance: float) -> None:
        self.network, self.times, self.exact, self.tolerance = network, times, exact, tolerance

    def report(self, name: str, order: int | None, solve: Callable[[], _Answer]) -> MethodReport:
        began = clock.perf_counter()
        try:
            answer = solve()
        except (PhasebookError, ValueError) as error:
            nothing = np.full_like(self.exact.means, np.nan)
            answer = _Answer(nothing, nothing, f"not applied: {error}", "-")
        seconds = clock.perf_counter() - began
        rounding = 1e-6 * np.maximum(np.abs(answer.means), 1.0)
        failure, negative = answer.failure, answer.variances < -rounding
        if failure is None and negative.any():
            row, column = np.argwhere(negative)[0]
            failure = f"variance of {self.network.species[column]} is negative at time {self.times[row]:.3g}"
        deviations = np.sqrt(np.where(negative, np.nan, np.maximum(answer.variances, 0.0)))
        return MethodReport(
            name,
            order,
            answer.means,
            deviations,
            self._worst(answer.means, self.exact.means, self.exact.mean_stderr),
            self._worst(deviations, self.exact.standard_deviations, self.exact.deviation_stderr),
            answer.check,
            answer.check_text,
            failure,
            seconds,
        )

    def _worst(self, values: Array, exact: Array, stderr: Array) -> WorstError:
        scale = np.maximum(exact, 1.0)
        error = np.nan_to_num(np.abs(values - exact) / scale, nan=np.inf)
        spread = stderr / scale
        row, column = np.unravel_index(int(np.argmax(error)), error.shape)
        grade: Grade = "within"
        if (error - SURE * spread > self.tolerance).any():
            grade = "off"
        elif (error > self.tolerance).any():
            grade = "undecided"
        return WorstError(
            float(error[row, column]),
            float(spread[row, column]),
            self.network.species[column],
            float(self.times[row]),
            float(exact[row, column]),
            grade,
        )
