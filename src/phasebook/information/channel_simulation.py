"""Simulated channels: current and noise from counted charges, occupancy, work of voltage ramps, and records of states."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray
from scipy import integrate, sparse

from ..engines.replicas import run_replicas
from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from ..numerics.xoshiro import streams
from .channel_kernels import count_charges, ramp_work
from .ion_channel import IonChannel, Transitions, transport

MOST_BLOCKS, FEWEST_BLOCKS = 200, 10
BLOCK_TIME = 100.0  # in 1/k0: long beside the memory of channels whose wells are a few kT deep
RAMP_BATCH = 10_000


@dataclass(frozen=True)
class CountedCharges:
    """Charges counted at the right end: current and noise with errors over blocks of time, share of time in each state."""

    current: Measured
    noise: Measured
    fano_factor: Measured
    occupation: NDArray[np.float64]
    charges: int


def simulate_charges(
    channel: IonChannel, duration: float, *, runs: int = 8, seed: int, threads: int | None = None
) -> CountedCharges:
    """Count charges of independent runs of `duration` from the stationary law, each in blocks of at least 100/k0.

    Noise is the variance of a block's charges per time: blocks must be longer than the channel's memory. Raises ValueError.
    """
    if not (math.isfinite(duration) and duration > 0):
        raise ValueError(f"duration must be positive and finite; got {duration!r}")
    if runs < 2:
        raise ValueError(f"runs must be at least 2; got {runs}")
    moves, first = sorted_transitions(channel)
    law = np.cumsum(transport(channel).law)
    blocks = int(np.clip(duration * channel.attempt_rate / BLOCK_TIME, FEWEST_BLOCKS, MOST_BLOCKS))
    states, cancel = streams(seed, runs), np.zeros(1, np.int64)
    starts = np.searchsorted(law, np.random.default_rng(seed).random(runs) * law[-1])
    charges, dwell = np.zeros((runs, blocks)), np.zeros((runs, channel.states))

    def run(number: int) -> None:
        count_charges(
            states[number],
            int(starts[number]),
            first,
            moves.target,
            moves.rate,
            moves.right,
            duration / blocks,
            charges[number],
            dwell[number],
            cancel,
        )

    run_replicas(run, runs, threads, cancel)
    block = duration / blocks
    rates = charges.ravel() / block
    current = mean_estimate(rates)
    squares = (charges.ravel() - charges.mean()) ** 2 / block * (rates.size / (rates.size - 1))
    noise = mean_estimate(squares)
    fano = noise.value / abs(current.value) if current.value else math.inf
    relative = math.hypot(noise.stderr / noise.value, current.stderr / current.value) if current.value else math.inf
    return CountedCharges(
        replace(current, seed=seed),
        replace(noise, seed=seed),
        Measured(fano, fano * relative, current.dof, seed),
        dwell.sum(axis=0) / dwell.sum(),
        int(np.abs(charges).sum()),
    )


def ramped_work(
    channel: IonChannel,
    end_voltage: float,
    duration: float,
    *,
    runs: int,
    count_bath: bool = True,
    left_bath: bool = True,
    seed: int,
) -> NDArray[np.float64]:
    """Work (runs,) of a linear ramp from the channel's voltage, where it must be in equilibrium, to `end_voltage`.

    W = ∫ ∂_v E dv, plus the affinity v + ln(a_L/a_R) of every charge that enters from the left bath (less for one
    that goes back) where `count_bath`. Without `left_bath` that end is closed. Raises ValueError where the start is
    not in equilibrium.
    """
    if left_bath and abs(channel.affinity) > 1e-9:
        raise ValueError(f"voltage must be the reversal voltage at the start; its affinity is {channel.affinity:.3g}")
    moves, first = sorted_transitions(channel)
    bare, slope = _rates_in_voltage(channel, left_bath)
    start = np.cumsum(channel.grand_canonical(channel.bath_potentials[1]))
    distance = channel.occupancy @ channel.electrical_distance
    batches = -(-runs // RAMP_BATCH)
    works = np.empty(runs)
    states, cancel = streams(seed, batches), np.zeros(1, np.int64)
    affinity = math.log(channel.left_activity / channel.right_activity)

    def run(batch: int) -> None:
        ramp_work(
            states[batch],
            start / start[-1],
            first,
            moves.target,
            bare,
            slope,
            moves.left,
            distance,
            np.array([channel.voltage, end_voltage]),
            duration,
            affinity,
            count_bath,
            works[batch * RAMP_BATCH : (batch + 1) * RAMP_BATCH],
            cancel,
        )

    run_replicas(run, batches, None, cancel)
    return works


def mean_exponential_work(
    channel: IonChannel, end_voltage: float, duration: float, *, count_bath: bool = True, left_bath: bool = True
) -> float:
    """⟨exp(−W)⟩ of the same ramp by integrating the weighted law: exact to 1e-10, symmetric rates."""
    moves, _first = sorted_transitions(channel)
    size = channel.states
    bare, slope = _rates_in_voltage(channel, left_bath)
    distance = channel.occupancy @ channel.electrical_distance
    speed = (end_voltage - channel.voltage) / duration
    affinity = math.log(channel.left_activity / channel.right_activity)

    def change(time: float, weighted: NDArray[np.float64]) -> NDArray[np.float64]:
        voltage = channel.voltage + speed * time
        rate = bare * np.exp(slope * voltage)
        kept = rate * (np.exp(-moves.left * (voltage + affinity)) if count_bath else 1.0)
        matrix = sparse.coo_matrix((kept, (moves.target, moves.source)), shape=(size, size))
        escape = np.bincount(moves.source, rate, minlength=size)
        return np.asarray(matrix @ weighted - (escape + speed * distance) * weighted)

    law = channel.grand_canonical(channel.bath_potentials[1])
    found = integrate.solve_ivp(change, (0.0, duration), law, method="DOP853", rtol=1e-11, atol=1e-14)
    return float(found.y[:, -1].sum())


def _rates_in_voltage(channel: IonChannel, left_bath: bool) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Rates at no voltage and the slopes of their logarithms, as `sorted_transitions` orders them; a closed left end has none."""
    at_zero, _first = sorted_transitions(replace(channel, voltage=0.0))
    at_one, _first = sorted_transitions(replace(channel, voltage=1.0))
    open_ends = 1.0 if left_bath else (at_zero.left == 0)
    return at_zero.rate * open_ends, np.log(at_one.rate / at_zero.rate)


def free_energy_change(channel: IonChannel, end_voltage: float) -> float:
    """ΔF of a ramp, with F = −ln Σ exp(−E + μ_R N)."""
    return channel.log_partition() - replace(channel, voltage=end_voltage).log_partition()


def sorted_transitions(channel: IonChannel) -> tuple[Transitions, NDArray[np.int64]]:
    """Transitions in the order of their sources, and where each state's begin (states + 1,)."""
    moves = channel.transitions
    order = np.argsort(moves.source, kind="stable")
    found = Transitions(
        moves.source[order], moves.target[order], moves.rate[order], moves.left[order], moves.right[order]
    )
    return found, np.searchsorted(found.source, np.arange(channel.states + 1)).astype(np.int64)
