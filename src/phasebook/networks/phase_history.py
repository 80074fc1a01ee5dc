"""What is seen of phases in time: width, skewness, kurtosis, slips, velocity, synchrony, each with its error over replicas.

Phases are heights of a surface: the squared width is the mean squared deviation from the ring's mean phase. A net slip is a
multiple of 2 pi by which two neighbors have come apart; bonds that slipped forth and back don't count. Errors come from the
jackknife over replicas, or, for one measured ring, over arcs of it, which is right as long as arcs are much longer than the
correlations.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..numerics.measured import Measured

TURN = 2 * math.pi


@dataclass(frozen=True, slots=True, eq=False)
class PhaseHistory:
    """Moments of phases of R replicas (or arcs) of `size` oscillators at T times; arrays have shape (R, T) unless said otherwise.

    `mean_phase` of the whole ring, `offset` of the replica's own mean from it (zero but for arcs), moments `second`, `third`,
    `fourth` of the phases about the ring's mean, net `slips` (count), Kuramoto's `order` |mean exp(iφ)|,
    `effective_frequencies` (R, size) over the second half of the time (NaN where there is none), the `last` phases (R, size), and
    all `phases` (R, T, size) or None.
    """

    times: NDArray[np.float64]
    size: int
    mean_phase: NDArray[np.float64]
    offset: NDArray[np.float64]
    second: NDArray[np.float64]
    third: NDArray[np.float64]
    fourth: NDArray[np.float64]
    slips: NDArray[np.float64]
    order: NDArray[np.float64]
    effective_frequencies: NDArray[np.float64]
    last: NDArray[np.float64]
    phases: NDArray[np.float64] | None = None

    @classmethod
    def of_rows(
        cls,
        times: NDArray[np.float64],
        rows: NDArray[np.float64],
        effective: NDArray[np.float64],
        last: NDArray[np.float64],
    ) -> PhaseHistory:
        """One replica from rows (T, 6) of `observe`."""
        mean, second, third, fourth, slips, order = (rows[None, :, column] for column in range(6))
        return cls(
            times,
            len(last),
            mean,
            np.zeros_like(mean),
            second,
            third,
            fourth,
            slips,
            order,
            effective[None],
            last[None],
        )

    @classmethod
    def joined(cls, parts: Sequence[PhaseHistory], phases: NDArray[np.float64] | None = None) -> PhaseHistory:
        """Replicas of equal times and size, put together."""
        names = ("mean_phase", "offset", "second", "third", "fourth", "slips", "order", "effective_frequencies", "last")
        stacked: dict[str, Any] = {name: np.concatenate([getattr(part, name) for part in parts]) for name in names}
        return replace(parts[0], phases=phases, **stacked)

    def to_arrays(self) -> dict[str, NDArray[np.float64]]:
        """Everything but `phases`, by name: what `from_arrays` needs."""
        names = (field.name for field in fields(self) if field.name not in ("size", "phases"))
        return {name: getattr(self, name) for name in names}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, Any]) -> PhaseHistory:
        """The history of these arrays; other keys are ignored."""
        names = [field.name for field in fields(cls) if field.name not in ("size", "phases")]
        values = {name: np.asarray(arrays[name], dtype=float) for name in names}
        return cls(size=values["last"].shape[1], **values)

    @property
    def replicas(self) -> int:
        """Number of replicas (or arcs)."""
        return len(self.second)

    @property
    def width_squared(self) -> NDArray[np.float64]:
        """Squared width of each replica: its second central moment."""
        return self.second

    @property
    def frequency_spread(self) -> NDArray[np.float64]:
        """Largest less smallest effective frequency of each replica (R,): zero in synchrony."""
        return np.asarray(np.ptp(self.effective_frequencies, axis=1))

    @property
    def slips_per_bond(self) -> NDArray[np.float64]:
        """Net slips per bond, mean over replicas, (T,)."""
        return np.asarray(self.slips.mean(axis=0) / self.size)

    def skewness(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Skewness (T,) of the phases about their ring's mean, moments averaged over replicas, and its jackknife error."""
        return self._jackknifed(_skewness)

    def excess_kurtosis(self) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        """Excess kurtosis (T,), as `skewness`."""
        return self._jackknifed(_excess_kurtosis)

    def mean_skewness(self, low: float, high: float) -> Measured:
        """Skewness averaged over the times in [low, high], with the jackknife error of that average."""
        return self._window_mean(_skewness, low, high)

    def mean_excess_kurtosis(self, low: float, high: float) -> Measured:
        """Excess kurtosis averaged over the times in [low, high]."""
        return self._window_mean(_excess_kurtosis, low, high)

    def velocity(self) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
        """(times (T - 1,), velocities (R, T - 1), errors (T - 1,)) of the mean phase between neighboring observations.

        `times` are geometric means; errors over replicas are NaN for one replica.
        """
        speeds = np.diff(self.mean_phase, axis=1) / np.diff(self.times)
        centers = np.sqrt(self.times[1:] * self.times[:-1])
        count = self.replicas
        error = speeds.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else np.full(len(centers), np.nan)
        return centers, speeds, error

    def _jackknifed(
        self, statistic: Callable[..., NDArray[np.float64]]
    ) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
        moments = np.stack([self.offset, self.second, self.third, self.fourth])
        with np.errstate(divide="ignore", invalid="ignore"):
            value = statistic(*moments.mean(axis=1))
            if self.replicas == 1:
                return value, np.full(value.shape, np.nan)
            left_out = statistic(*((moments.sum(axis=1, keepdims=True) - moments) / (self.replicas - 1)))
        spread = ((left_out - left_out.mean(axis=0)) ** 2).sum(axis=0)
        return value, np.sqrt((self.replicas - 1) / self.replicas * spread)

    def _window_mean(self, statistic: Callable[..., NDArray[np.float64]], low: float, high: float) -> Measured:
        inside = (self.times >= low * (1 - 1e-9)) & (self.times <= high * (1 + 1e-9))
        if not inside.any() or self.replicas < 2:
            raise ValueError(
                f"need 2 replicas and a time in [{low:g}, {high:g}]; got {self.replicas} and {int(inside.sum())}"
            )
        moments = np.stack([self.offset, self.second, self.third, self.fourth])[:, :, inside]
        value = float(statistic(*moments.mean(axis=1)).mean())
        left_out = statistic(*((moments.sum(axis=1, keepdims=True) - moments) / (self.replicas - 1))).mean(axis=1)
        spread = float(((left_out - left_out.mean()) ** 2).sum())
        return Measured(value, math.sqrt((self.replicas - 1) / self.replicas * spread), self.replicas - 1)


def _skewness(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    third: NDArray[np.float64],
    fourth: NDArray[np.float64],
) -> NDArray[np.float64]:
    """From moments about any point near the mean: with one arc left out, the mean is another one."""
    return np.asarray((third - 3 * first * second + 2 * first**3) / (second - first**2) ** 1.5)


def _excess_kurtosis(
    first: NDArray[np.float64],
    second: NDArray[np.float64],
    third: NDArray[np.float64],
    fourth: NDArray[np.float64],
) -> NDArray[np.float64]:
    central = fourth - 4 * first * third + 6 * first**2 * second - 3 * first**4
    return np.asarray(central / (second - first**2) ** 2 - 3)


def observe(phases: NDArray[np.float64]) -> tuple[float, float, float, float, float, float]:
    """(mean, second, third, fourth central moment, net slips, order) of the phases (L,) of one ring."""
    mean = float(phases.mean())
    away = phases - mean
    square = away * away
    order = abs(complex(np.cos(away).mean(), np.sin(away).mean()))
    return (
        mean,
        float(square.mean()),
        float((square * away).mean()),
        float((square * square).mean()),
        float(np.abs(bond_turns(phases)).sum()),
        order,
    )


def bond_turns(phases: NDArray[np.float64]) -> NDArray[np.float64]:
    """Whole turns by which each oscillator is ahead of its left neighbor, for phases (..., L) on a ring: 0 below half a turn."""
    return np.asarray(np.rint((np.roll(phases, -1, axis=-1) - phases) / TURN))


def history_of_phases(times: ArrayLike, phases: ArrayLike, *, arcs: int = 8) -> PhaseHistory:
    """The history of one ring's unwrapped `phases` (T, L): its `arcs` stand for replicas, with deviations from the ring's mean.

    Raises ValueError on fewer than 4 oscillators per arc, times that don't increase, or values that are not finite.
    """
    time, values = np.asarray(times, dtype=float), np.asarray(phases, dtype=float)
    if (
        values.ndim != 2
        or time.shape != values.shape[:1]
        or not np.isfinite(values).all()
        or not np.isfinite(time).all()
    ):
        raise ValueError(f"phases must be finite, of shape ({time.size} times, oscillators); got shape {values.shape}")
    if len(time) < 2 or (np.diff(time) <= 0).any():
        raise ValueError("times must be at least 2 and increase")
    if arcs < 2 or values.shape[1] < 4 * arcs:
        raise ValueError(
            f"a ring of {values.shape[1]} oscillators has no {arcs} arcs of at least 4 oscillators; at least 2 are needed"
        )
    size = values.shape[1] // arcs
    mean = values.mean(axis=1, keepdims=True)

    def over_arcs(of: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.ascontiguousarray(of[:, : size * arcs].reshape(len(time), arcs, size).mean(axis=2).T)

    away = values - mean
    half = int(np.argmin(np.abs(time - (time[0] + time[-1]) / 2)))
    effective = (values[-1] - values[half]) / (time[-1] - time[half])
    order = np.abs(over_arcs(np.cos(away)) + 1j * over_arcs(np.sin(away)))
    return PhaseHistory(
        time,
        size,
        np.broadcast_to(mean.T, (arcs, len(time))).copy(),
        over_arcs(away),
        over_arcs(away**2),
        over_arcs(away**3),
        over_arcs(away**4),
        size * over_arcs(np.abs(bond_turns(values))),
        order,
        effective[: size * arcs].reshape(arcs, size),
        values[-1, : size * arcs].reshape(arcs, size),
    )


def structure_factor(phases: NDArray[np.float64]) -> NDArray[np.float64]:
    """S(k) = |sum_i φ_i exp(-2 pi i k i/L)|²/L for k = 0 to L/2 of phases (..., L), averaged over all axes but the last."""
    size = phases.shape[-1]
    power = np.abs(np.fft.rfft(phases - phases.mean(axis=-1, keepdims=True), axis=-1)) ** 2 / size
    return np.asarray(power.reshape(-1, power.shape[-1]).mean(axis=0))


def height_difference(phases: NDArray[np.float64], distances: ArrayLike) -> NDArray[np.float64]:
    """G(l) = mean of (φ_{i+l} - φ_i)² for each distance l, over sites and all axes of phases (..., L) but the last."""
    steps = np.atleast_1d(np.asarray(distances))
    return np.array([float(((np.roll(phases, -int(step), axis=-1) - phases) ** 2).mean()) for step in steps])
