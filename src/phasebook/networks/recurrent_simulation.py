"""Simulation of recurrent networks with given couplings: many trajectories of one network, as columns of a matrix.

Each step is one matrix product in single precision (BLAS, on all cores), and vectorized kernels for noise and nonlinearity. A
network in continuous time is simulated by Euler's method with the network's `time_step`, so that mean-field theory of the same
step has no bias of discretization. Trajectories are divided into groups, whose covariances are kept apart: products of
different groups are free of sampling noise. Derived here.
"""

from __future__ import annotations

import math
import warnings
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from ..errors import PhasebookError
from .coupling_matrices import checked_coupling
from .nonlinearity import Nonlinearity
from .recurrent_kernels import error_function, euler_step, normal_numbers
from .recurrent_network import CONTINUOUS, DISCRETE, RecurrentNetwork

Observer = Callable[[Any, Any, Any], None]

SAMPLE_INTERVAL = 2.0  # membrane time constants: more often, samples repeat each other
DRIVEN_BURN_IN, CHAOTIC_BURN_IN, MAP_BURN_IN = 30.0, 60.0, 50.0
SAMPLES_AT_ONCE = 16
MOST_NUMBERS = 4e8  # trajectories times units times groups' matrices held


class FewSamplesWarning(UserWarning):
    """Fewer samples than units: split-half estimates have a low reliability."""


class DivergedNetwork(PhasebookError, RuntimeError):
    """The simulated activity is not finite: the network is unstable."""


@dataclass(frozen=True, eq=False)
class SimulatedCovariances:
    """Second moments of groups of trajectories: shape (lags, groups, units, units) for activity, without lags for the others.

    `samples` counts times in each trajectory.
    """

    lags: tuple[float, ...]
    activity: Float[np.ndarray, "lags groups units units"]
    state: Float[np.ndarray, "groups units units"] | None
    residual: Float[np.ndarray, "groups units units"] | None
    samples: int
    trajectories: int


def simulate_covariances(
    network: RecurrentNetwork,
    coupling: Any,
    *,
    duration: float,
    trajectories: int = 64,
    seed: int,
    burn_in: float | None = None,
    sample_interval: float | None = None,
    groups: int = 8,
    lags: Sequence[float] = (0.0,),
    state: bool = False,
    residual_slope: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> SimulatedCovariances:
    """Covariances of activity φ(x), and of the state x or the residual φ(x) − γ(x − o) where asked for, for given couplings.

    `duration` is measured after `burn_in` (30 with noise, 60 without, 50 steps of a map by default), both in membrane time
    constants; samples are taken every `sample_interval` (2; every step of a map), of which lags must be multiples. o is the unit's
    own filtered noise and γ = `residual_slope`. `groups` must divide `trajectories`. Warns with FewSamplesWarning where there are
    fewer samples than units. Raises ValueError on arguments outside these, DivergedNetwork where activity is not finite.
    """
    matrix = checked_coupling(coupling)
    checked_groups(trajectories, groups, len(matrix))
    interval = sampling_interval(network, sample_interval)
    steps = [round(lag / interval) for lag in lags]
    if not lags or any(lag < 0 or abs(lag / interval - step) > 1e-6 for lag, step in zip(lags, steps, strict=True)):
        raise ValueError(f"lags must be multiples of the sample interval {interval:g} and at least 0; got {lags!r}")
    products = [_Products(len(matrix), groups) for _ in steps]
    others = {name: _Products(len(matrix), groups) for name, wanted in _wanted(state, residual_slope) if wanted}
    past: deque[Any] = deque(maxlen=max(steps) + 1)

    def observe(activity: Any, x: Any, own: Any) -> None:
        past.append(activity.copy())
        for step, product in zip(steps, products, strict=True):
            if len(past) > step:
                product.add(activity, past[-1 - step])
        if "state" in others:
            others["state"].add(x, x)
        if "residual" in others:
            residual = activity - np.float32(residual_slope) * (x - own)
            others["residual"].add(residual, residual)

    samples = simulate_activity(
        network,
        matrix,
        observe,
        duration=duration,
        trajectories=trajectories,
        seed=seed,
        burn_in=burn_in,
        sample_interval=sample_interval,
        progress=progress,
    )
    if samples * trajectories < len(matrix):
        warnings.warn(
            f"{samples * trajectories} samples are fewer than {len(matrix)} units: split-half estimates have a low reliability; "
            "raise duration or trajectories",
            FewSamplesWarning,
            stacklevel=2,
        )
    if samples <= max(steps):
        raise ValueError(f"duration {duration:g} holds {samples} samples, too few for the lag {max(lags):g}")
    return SimulatedCovariances(
        tuple(float(lag) for lag in lags),
        np.array([product.mean() for product in products]),
        others["state"].mean() if "state" in others else None,
        others["residual"].mean() if "residual" in others else None,
        samples,
        trajectories,
    )


def simulate_activity(
    network: RecurrentNetwork,
    coupling: Any,
    observe: Observer,
    *,
    duration: float,
    trajectories: int,
    seed: int,
    burn_in: float | None = None,
    sample_interval: float | None = None,
    progress: Callable[[float], None] | None = None,
) -> int:
    """Run trajectories of one network and call `observe(activity, state, own_noise)`, arrays (units, trajectories), at each sample.

    The arrays are reused: copy what is kept. Returns the number of samples. Raises as `simulate_covariances`.
    """
    matrix = np.ascontiguousarray(checked_coupling(coupling), dtype=np.float32)
    interval, step = sampling_interval(network, sample_interval), network.time_step
    start = default_burn_in(network) if burn_in is None else float(burn_in)
    for name, value in (("duration", duration), ("burn_in", start)):
        if not (math.isfinite(value) and value >= 0):
            raise ValueError(f"{name} must be finite and at least 0; got {value!r}")
    stride, first = max(1, round(interval / step)), round(start / step)
    samples = int(duration / interval + 1e-9)
    if samples < 1:
        raise ValueError(f"duration must hold at least one sample interval of {interval:g}; got {duration:g}")
    words = np.random.SeedSequence(seed).generate_state(2, np.uint64)
    shape = (len(matrix), trajectories)
    # Box and Muller's normal numbers come in pairs.
    drawn = np.zeros(shape[0] * shape[1] + shape[0] * shape[1] % 2, dtype=np.float32)
    noise = drawn[: shape[0] * shape[1]]
    normal_numbers(words[0], drawn)
    x = noise.reshape(shape) * np.float32(network.gain)
    own, field, activity = np.zeros_like(x), np.empty_like(x), np.empty_like(x)
    apply = _applied(network.nonlinearity)
    apply(x, activity)
    counter, each = int(words[1]), len(drawn) // 2
    amplitude = np.float32(math.sqrt(step * network.noise))
    drawn[:] = 0
    total = first + samples * stride
    for number in range(1, total + 1):
        with np.errstate(over="ignore", invalid="ignore"):  # a network that diverges is reported below
            np.matmul(matrix, activity, out=field)
        if amplitude:
            normal_numbers(np.uint64(counter), drawn)
            counter = (counter + each) % 2**64
        euler_step(x.reshape(-1), own.reshape(-1), field.reshape(-1), noise, np.float32(step), amplitude)
        apply(x, activity)
        if number > first and (number - first) % stride == 0:
            if not math.isfinite(float(x[0, 0])) or not np.isfinite(x).all():
                raise DivergedNetwork(
                    f"the activity of a {network.nonlinearity.name} network of gain {network.gain:g} is not finite after "
                    f"{number * step:g} time constants: the network is unstable"
                )
            observe(activity, x, own)
            if progress is not None:
                progress(number / total)
    return samples


class _Products:
    """Mean products of samples within each group of trajectories, several samples at a time."""

    def __init__(self, units: int, groups: int) -> None:
        self.groups = groups
        self.total = np.zeros((groups, units, units))
        self.waiting: list[tuple[Any, Any]] = []
        self.count = 0

    def add(self, now: Any, before: Any) -> None:
        self.waiting.append((now.copy(), before if before is not now else None))
        if len(self.waiting) == SAMPLES_AT_ONCE:
            self._flush()

    def mean(self) -> Float[np.ndarray, "groups units units"]:
        self._flush()
        return self.total / max(self.count, 1)

    def _flush(self) -> None:
        if not self.waiting:
            return
        for group in range(self.groups):
            now = np.concatenate([pair[0][:, group :: self.groups] for pair in self.waiting], axis=1)
            same = self.waiting[0][1] is None
            before = (
                now if same else np.concatenate([pair[1][:, group :: self.groups] for pair in self.waiting], axis=1)
            )
            # NumPy computes A Aᵀ by a symmetric product, in half the time.
            self.total[group] += now @ before.T
        self.count += sum(pair[0].shape[1] // self.groups for pair in self.waiting)
        self.waiting.clear()


def _applied(nonlinearity: Nonlinearity) -> Callable[[Any, Any], None]:
    """The nonlinearity as a function that writes into its second argument."""
    if nonlinearity.name == "erf" and type(nonlinearity) is not Nonlinearity:
        return lambda x, out: error_function(x.reshape(-1), out.reshape(-1))
    if nonlinearity.function is np.tanh:
        return lambda x, out: np.tanh(x, out=out)

    def general(x: Any, out: Any) -> None:
        out[...] = nonlinearity.function(x)

    return general


def _wanted(state: bool, residual_slope: float | None) -> tuple[tuple[str, bool], ...]:
    return ("state", state), ("residual", residual_slope is not None)


def sampling_interval(network: RecurrentNetwork, sample_interval: float | None) -> float:
    """Time between samples: the given one, or the default. Raises ValueError unless it is a multiple of the time step."""
    step = network.time_step
    if step == CONTINUOUS:
        raise ValueError("time_step must be positive to simulate: give the network Euler's step, for example 0.1")
    interval = (step if step == DISCRETE else SAMPLE_INTERVAL) if sample_interval is None else float(sample_interval)
    if not (math.isfinite(interval) and interval > 0 and abs(interval / step - round(interval / step)) < 1e-6):
        raise ValueError(f"sample_interval must be a positive multiple of the time step {step:g}; got {interval!r}")
    return interval


def default_burn_in(network: RecurrentNetwork) -> float:
    """Time after which a network has forgotten its start."""
    if network.time_step == DISCRETE:
        return MAP_BURN_IN
    return DRIVEN_BURN_IN if network.noise > 0 else CHAOTIC_BURN_IN


def checked_groups(trajectories: int, groups: int, units: int) -> None:
    """Raises ValueError unless the groups divide the trajectories and their matrices fit into memory."""
    for name, value, least in (("trajectories", trajectories, 2), ("groups", groups, 2)):
        if isinstance(value, bool) or not isinstance(value, (int, np.integer)) or value < least:
            raise ValueError(f"{name} must be an integer of at least {least}; got {value!r}")
    if trajectories % groups:
        raise ValueError(f"groups must divide trajectories; got {groups} groups of {trajectories} trajectories")
    if groups * units**2 + units * trajectories > MOST_NUMBERS:
        raise ValueError(
            f"{units} units in {groups} groups need more than {MOST_NUMBERS:.0e} numbers; take fewer groups"
        )
