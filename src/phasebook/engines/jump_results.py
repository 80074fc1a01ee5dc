"""What simulations of jump processes return, and the errors that end them."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from ..errors import PhasebookError
from . import jump_state
from .jump_system import JumpSystem


class JumpError(PhasebookError, RuntimeError):
    """A simulation that cannot go on. `reaction` (or `event`) is the index at fault, None where there is none."""

    def __init__(
        self,
        message: str,
        *,
        reaction: int | None = None,
        event: int | None = None,
        time: float = float("nan"),
        counts: NDArray[np.int64] | None = None,
    ) -> None:
        super().__init__(message)
        self.reaction, self.event, self.time, self.counts = reaction, event, time, counts


class Explosion(JumpError):
    """The process makes more jumps than the budget allows, or infinitely many in a finite time."""


class InvalidPropensity(JumpError):
    """A rate law is negative or not a finite number."""


class NegativeCount(JumpError):
    """A reaction fires although a count that it lowers has run out."""


class InvalidEvent(JumpError):
    """An event assigns what is no count, or events trigger each other without end."""


@dataclass(frozen=True)
class JumpStatistics:
    """Moments over independent trajectories at `times` (K,): `mean` and `variance` (K, N), `covariance` (K, N, N) or None.

    The variance is the unbiased estimate (NaN for one trajectory). `counts` (M, K, N) are all trajectories where they were kept.
    `stop_times` (M,) is NaN for a trajectory that met no terminal condition. `leap_error` (K, N) is the change of the mean on
    halving the leap parameter, with `leap_error_stderr`; None for exact methods. It says nothing of the variance, which explicit
    leaps enlarge (measured: by a tenth around a stationary mean of 2000).
    """

    times: NDArray[np.float64]
    mean: NDArray[np.float64]
    variance: NDArray[np.float64]
    covariance: NDArray[np.float64] | None
    counts: NDArray[np.int64] | None
    stop_times: NDArray[np.float64]
    trajectories: int
    events: int
    method: str
    seed: int
    leap_error: NDArray[np.float64] | None = None
    leap_error_stderr: NDArray[np.float64] | None = None

    @property
    def mean_stderr(self) -> NDArray[np.float64]:
        """Standard errors (K, N) of the mean."""
        return np.sqrt(self.variance / self.trajectories)


@dataclass(frozen=True)
class JumpPath:
    """One trajectory jump by jump: reaction `reactions[k]` (E,) fired at `times[k]` (E,)."""

    system: JumpSystem
    times: NDArray[np.float64]
    reactions: NDArray[np.int32]
    end: float
    method: str

    def counts(self, at: NDArray[np.float64] | None = None) -> NDArray[np.int64]:
        """Counts (len(at), N) at the times `at`; without it (E + 1, N), before the first jump and after each."""
        arrays = self.system.arrays
        change = np.zeros((self.system.reactions, self.system.species), np.int64)
        rows = np.repeat(np.arange(self.system.reactions), np.diff(arrays.change_start))
        change[rows, arrays.change_species] = arrays.change_amount
        counts = np.empty((self.times.size + 1, self.system.species), np.int64)
        counts[0] = arrays.initial
        np.cumsum(change[self.reactions], axis=0, out=counts[1:])
        counts[1:] += arrays.initial
        return counts if at is None else counts[np.searchsorted(self.times, at, side="right")]


@dataclass(frozen=True)
class TimeAverages:
    """Averages over consecutive stretches of time of one trajectory: `means` and `second_moments` (batches, N).

    Batches longer than the correlation time are nearly independent; their scatter gives the standard errors.
    """

    means: NDArray[np.float64]
    second_moments: NDArray[np.float64]
    batch_duration: float
    events: int
    method: str
    seed: int

    @property
    def mean(self) -> NDArray[np.float64]:
        """Time average (N,) of the counts."""
        return self.means.mean(axis=0)

    @property
    def mean_stderr(self) -> NDArray[np.float64]:
        """Standard error (N,) of the mean from the batches, which has (batches - 1) degrees of freedom."""
        return self.means.std(axis=0, ddof=1) / np.sqrt(self.means.shape[0])

    @property
    def second_moment(self) -> NDArray[np.float64]:
        """Time average (N,) of the squared counts."""
        return self.second_moments.mean(axis=0)

    @property
    def second_moment_stderr(self) -> NDArray[np.float64]:
        """Standard error (N,) of the second moment from the batches."""
        return self.second_moments.std(axis=0, ddof=1) / np.sqrt(self.second_moments.shape[0])


def raise_for(status: int, work: jump_state.Workspace) -> None:
    """Raise the error that a kernel's status stands for, with the index at fault, the time and the counts."""
    time, counts = float(work.clock[jump_state.NOW]), work.counts.copy()
    events, wrong = int(work.tally[jump_state.EVENTS]), int(work.tally[jump_state.WRONG]) - 1
    total, limit = float(work.clock[jump_state.TOTAL]), float(work.clock[jump_state.EVENT_LIMIT])
    where = f"at time {time:.6g} with counts {_shown(counts)}"
    if status == jump_state.TOO_MANY_EVENTS:
        raise Explosion(
            f"a trajectory needs more than event_limit = {limit:.3g} jumps: {events} so far, total propensity {total:.3g} {where}; "
            "if the process does not explode, raise event_limit",
            time=time,
            counts=counts,
        )
    if status == jump_state.TIME_UNDERFLOW:
        raise Explosion(
            f"the process explodes: the waiting time (total propensity {total:.3g}) is below what the time resolves {where}",
            time=time,
            counts=counts,
        )
    if status == jump_state.WRONG_LAW:
        raise InvalidPropensity(
            f"the rate law of reaction {wrong} is negative or not a finite number {where}",
            reaction=wrong,
            time=time,
            counts=counts,
        )
    if status == jump_state.NEGATIVE_COUNT:
        raise NegativeCount(
            f"reaction {wrong} fired although what it consumes had run out {where}: its rate law must vanish there",
            reaction=wrong,
            time=time,
            counts=counts,
        )
    if status == jump_state.WRONG_ASSIGNMENT:
        raise InvalidEvent(
            f"event {wrong} assigns a value that is no non-negative integer {where}",
            event=wrong,
            time=time,
            counts=counts,
        )
    if status == jump_state.EVENT_CASCADE:
        raise InvalidEvent(f"events trigger each other without end {where}", time=time, counts=counts)


def _shown(counts: NDArray[np.int64]) -> str:
    nonzero = np.flatnonzero(counts)
    if counts.size <= 12:
        return str(counts.tolist())
    return ", ".join(f"[{i}]={counts[i]}" for i in nonzero[:12]) + (", ..." if nonzero.size > 12 else "")
