"""Labeled results on rings of oscillators: growth in theory and simulation, one point of the phase diagram, a user's own phases."""

from __future__ import annotations

import warnings
from itertools import pairwise
from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import NDArray

from ..numerics import about
from ..numerics.measured import Measured
from ..numerics.scaling import EffectiveExponents, ScalingWarning, effective_exponents
from ..numerics.tracy_widom import tracy_widom_cumulants
from .interface_growth import edwards_wilkinson_spectrum, expected_law, kpz_width, mean_velocity, repulsive_share
from .oscillator_ring import Method, OscillatorRing
from .phase_history import PhaseHistory, history_of_phases
from .phase_records import PhaseRecord
from .ring_simulation import Kicks, observation_times, simulate_ring
from .synchronization_regime import LABELS, Regime, regime

FIRST_TIME = 1.0
WINDOW_RATIO = 3.0
WAVE_BINS = 20
REGIME_NUMBERS = "0 EW, 1 KPZ, 2 distorted, 3 deposition, 4 unstable"


def predicted_growth(ring: OscillatorRing, end: float, step: float, method: Method | None) -> xr.Dataset:
    """What theory knows of a ring's growth: width, exponent, skewness where a law gives it, velocity, spectrum, coupling.

    Variables over `time` (from 1 to `end`), `window_time` and `wavenumber`; names end in _theory.
    """
    times = observation_times(end, step, first=FIRST_TIME)
    width, law = expected_law(ring, times, step=step, method=_method(ring, method))
    found = ring.coefficients
    windows = _exponents(times, np.tile(width, (2, 1)))
    variables: dict[str, Any] = {
        "width_squared_theory": ("time", width, about("rad²", f"squared width of the phases (theory: {law})")),
        "effective_exponent_theory": (
            "window_time",
            windows.exponent / 2,
            about("1", f"growth exponent d ln W / d ln t over a factor {WINDOW_RATIO:g} of time (theory: {law})"),
        ),
        "velocity_theory": ((), mean_velocity(ring), about("rad", "mean phase velocity for Gaussian slopes")),
        "kpz_coupling_theory": (
            (),
            found.kpz_coupling if ring.strength > 0 else 0.0,
            about("1", "KPZ coupling λ²D/ν³ of the continuum limit"),
        ),
        "law_theory": ((), law, about("1", "the law behind the theory's width")),
    }
    if ring.randomness == "time":
        skew = np.sign(found.nonlinearity) * tracy_widom_cumulants("GOE").skewness if law.startswith("Kardar") else 0.0
        text = "Tracy-Widom GOE, late times" if law.startswith("Kardar") else "Gaussian"
        variables["skewness_theory"] = (
            "time",
            np.full(len(times), skew),
            about("1", f"skewness of the phases about their mean (theory: {text})"),
        )
        waves, members = _wave_bins(ring.size)
        spectrum = edwards_wilkinson_spectrum(
            times[-1:], ring.size, found.diffusion if ring.strength else 0.0, ring.noise, step=step
        )[0]
        variables["structure_factor_theory"] = (
            "wavenumber",
            _binned(spectrum[: ring.size // 2 + 1], members),
            about("rad²", "structure factor at the last time (theory: Edwards-Wilkinson)"),
        )
    else:
        waves = None
    return _labeled(variables, times, windows.centers, waves)


def measured_growth(
    ring: OscillatorRing,
    end: float,
    step: float,
    method: Method | None,
    *,
    kicks: Kicks,
    replicas: int,
    seed: int,
) -> xr.Dataset:
    """The same observables in a simulation, with standard errors over replicas, and slips, order and the regime."""
    times = observation_times(end, step, first=FIRST_TIME)
    history = simulate_ring(ring, times, step=step, method=method, kicks=kicks, replicas=replicas, seed=seed)
    variables = _observed(history, "simulation")
    found = _quiet_regime(history, ring)
    variables |= _regime_variables(found, "simulation")
    half = int(np.argmin(np.abs(history.times - end / 2)))
    speeds = (history.mean_phase[:, -1] - history.mean_phase[:, half]) / (history.times[-1] - history.times[half])
    variables["velocity_simulation"] = ((), float(speeds.mean()), about("rad", "mean phase velocity, second half"))
    variables["velocity_stderr"] = (
        (),
        float(speeds.std(ddof=1) / len(speeds) ** 0.5),
        about("rad", "standard error of the mean phase velocity"),
    )
    waves, members = _wave_bins(ring.size)
    away = history.last - history.last.mean(axis=1, keepdims=True)
    power = np.abs(np.fft.rfft(away, axis=1)) ** 2 / ring.size
    binned = np.array([_binned(each, members) for each in power])
    variables["structure_factor_simulation"] = (
        "wavenumber",
        binned.mean(axis=0),
        about("rad²", "structure factor at the last time"),
    )
    variables["structure_factor_stderr"] = (
        "wavenumber",
        binned.std(axis=0, ddof=1) / len(binned) ** 0.5,
        about("rad²", "standard error of the structure factor"),
    )
    return _labeled(variables, history.times, _exponents(history.times, history.width_squared).centers, waves)


def diagram_coefficients(ring: OscillatorRing) -> xr.Dataset:
    """Theory at one point of the phase diagram: KPZ coupling, and the time from which KPZ growth overtakes linear growth."""
    found = ring.coefficients
    coupling = found.kpz_coupling if ring.strength > 0 else 0.0
    variables: dict[str, Any] = {
        "kpz_coupling_theory": ((), coupling, about("1", "KPZ coupling λ²D/ν³, noise taken as varying in time"))
    }
    if ring.randomness == "time" and ring.strength > 0 and ring.noise > 0:
        variables["repulsive_bonds_theory"] = (
            (),
            repulsive_share(ring),
            about("1", "share of bonds where the coupling is repulsive, for slopes of the linear law"),
        )
        # W² = σ² sqrt(t/2πν) of an infinite Edwards-Wilkinson surface meets the KPZ law.
        linear = ring.noise**2 / (2 * np.pi * found.diffusion) ** 0.5
        kpz = float(kpz_width(1.0, ring))
        crossover = float((linear / kpz) ** 6) if kpz > 0 else np.inf
        variables["crossover_time_theory"] = (
            (),
            crossover,
            about(
                "1", "time at which the Edwards-Wilkinson and the late KPZ width are equal (infinite for odd coupling)"
            ),
        )
    return xr.Dataset(variables)


def measured_diagram_point(ring: OscillatorRing, end: float, step: float, *, replicas: int, seed: int) -> xr.Dataset:
    """One point of the phase diagram, simulated: exponent, skewness, slips, synchrony and the regime as text and number."""
    times = observation_times(end, step, first=FIRST_TIME)
    history = simulate_ring(ring, times, step=step, replicas=replicas, seed=seed)
    found = _quiet_regime(history, ring)
    scalars: dict[str, tuple[Measured, str, str]] = {
        "effective_exponent": (found.growth_exponent, "1", "growth exponent, last decade of time"),
        "skewness": (found.skewness, "1", "skewness, last decade of time"),
        "width_squared": (_mean_of(history.width_squared[:, -1]), "rad²", "squared width at the last time"),
        "log_slips": (
            _log_slips(history),
            "1",
            "log10 of slips per bond (net, at the last time; -6 for none)",
        ),
    }
    variables: dict[str, Any] = _regime_variables(found, "simulation")
    for name, (measured, units, meaning) in scalars.items():
        variables[f"{name}_simulation"] = ((), measured.value, about(units, meaning))
        variables[f"{name}_stderr"] = ((), measured.stderr, about(units, f"standard error: {meaning}"))
    return xr.Dataset(variables)


def grown_phases(record: PhaseRecord, ring_randomness: Any, *, from_start: bool, arcs: int) -> xr.Dataset:
    """The same analysis of a user's phases; errors are taken over `arcs` of the one ring; names end in _data."""
    used = record.from_start() if from_start else record
    keep = used.times > 0
    history = history_of_phases(used.times[keep], used.phases[keep], arcs=arcs)
    variables = _observed(history, "data")
    variables |= _regime_variables(regime(history, ring_randomness), "data")
    return _labeled(
        variables, history.times, _exponents(history.times, history.width_squared).centers, None, "in the file's units"
    )


def synthetic_phases(seed: int) -> PhaseRecord:
    """Phases of a simulated KPZ ring as a user might have measured them: 16,384 oscillators, log-spaced times to 300."""
    from .coupling_function import sakaguchi_coupling

    ring = OscillatorRing(16_384, sakaguchi_coupling(1.2), 0.15)
    times = observation_times(300.0, 0.1, per_decade=12, first=FIRST_TIME)
    history = simulate_ring(ring, times, step=0.1, seed=seed, keep=True)
    start = np.zeros((1, ring.size))
    phases = np.concatenate([start, *(() if history.phases is None else history.phases)])
    return PhaseRecord(np.append(0.0, history.times), phases, was_wrapped=False)


def _observed(history: PhaseHistory, road: str) -> dict[str, Any]:
    windows = _exponents(history.times, history.width_squared)
    skewness, skewness_error = history.skewness()
    kurtosis, kurtosis_error = history.excess_kurtosis()
    count = history.replicas
    series = {
        "width_squared": (
            history.width_squared.mean(axis=0),
            _error(history.width_squared),
            "rad²",
            "squared width of the phases",
        ),
        "skewness": (skewness, skewness_error, "1", "skewness of the phases about their mean"),
        "excess_kurtosis": (kurtosis, kurtosis_error, "1", "excess kurtosis of the phases about their mean"),
        "slips": (
            history.slips.mean(axis=0),
            _error(history.slips),
            "1",
            f"net phase slips among {history.size} bonds, mean over {count} replicas or arcs",
        ),
        "order": (history.order.mean(axis=0), _error(history.order), "1", "Kuramoto's order parameter"),
    }
    variables: dict[str, Any] = {}
    for name, (value, error, units, meaning) in series.items():
        variables[f"{name}_{road}"] = ("time", value, about(units, meaning))
        variables[f"{name}_stderr"] = ("time", error, about(units, f"standard error: {meaning}"))
    meaning = f"growth exponent d ln W / d ln t over a factor {WINDOW_RATIO:g} of time"
    variables[f"effective_exponent_{road}"] = ("window_time", windows.exponent / 2, about("1", meaning))
    variables["effective_exponent_stderr"] = (
        "window_time",
        windows.stderr / 2,
        about("1", f"standard error: {meaning}"),
    )
    variables[f"frequency_spread_{road}"] = (
        (),
        float(history.frequency_spread.mean()),
        about("rad", "largest less smallest effective frequency over the second half (0 in synchrony)"),
    )
    return variables


def _regime_variables(found: Regime, road: str) -> dict[str, Any]:
    return {
        f"regime_{road}": ((), found.label, about("1", "regime of growth")),
        f"regime_reason_{road}": ((), found.reason, about("1", "evidence for the regime")),
        f"regime_index_{road}": ((), LABELS.index(found.label), about("1", REGIME_NUMBERS)),
    }


def _quiet_regime(history: PhaseHistory, ring: OscillatorRing) -> Regime:
    """The regime, without the warning that late times were cut: the evidence names the window."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ScalingWarning)
        return regime(history, ring.randomness, coupling_rate=ring.strength)


def _exponents(times: NDArray[np.float64], width: NDArray[np.float64]) -> EffectiveExponents:
    return effective_exponents(times, width, ratio=WINDOW_RATIO)


def _log_slips(history: PhaseHistory) -> Measured:
    """log10 of slips per bond with its error to first order; a millionth stands for none."""
    per_bond = _mean_of(history.slips[:, -1] / history.size)
    floor = 1e-6
    value = max(per_bond.value, floor)
    return Measured(float(np.log10(value)), per_bond.stderr / value / np.log(10), per_bond.dof)


def _mean_of(samples: NDArray[np.float64]) -> Measured:
    return Measured(float(samples.mean()), float(samples.std(ddof=1) / len(samples) ** 0.5), len(samples) - 1)


def _error(samples: NDArray[np.float64]) -> NDArray[np.float64]:
    return np.asarray(samples.std(axis=0, ddof=1) / len(samples) ** 0.5)


def _wave_bins(size: int) -> tuple[NDArray[np.float64], list[NDArray[np.int64]]]:
    """Log-spaced groups of the waves 1 to L/2, and their mean wavenumbers in radians per oscillator."""
    edges = np.unique(np.rint(np.geomspace(1, size // 2 + 1, WAVE_BINS + 1)).astype(int))
    members = [np.arange(low, high) for low, high in pairwise(edges)]
    return np.array([2 * np.pi * each.mean() / size for each in members]), members


def _binned(spectrum: NDArray[np.float64], members: list[NDArray[np.int64]]) -> NDArray[np.float64]:
    return np.array([spectrum[each].mean() for each in members])


def _method(ring: OscillatorRing, method: Method | None) -> Method:
    return method or ("euler" if ring.randomness == "time" else "rk4")


def _labeled(
    variables: dict[str, Any],
    times: NDArray[np.float64],
    window_times: NDArray[np.float64],
    waves: NDArray[np.float64] | None,
    clock: str = "in units of 1/K at K = 1",
) -> xr.Dataset:
    coordinates: dict[str, Any] = {
        "time": ("time", times, about("1", f"time, {clock}")),
        "window_time": ("window_time", window_times, about("1", f"time, mid-window, {clock}")),
    }
    if waves is not None:
        coordinates["wavenumber"] = ("wavenumber", waves, about("rad", "wavenumber, per oscillator"))
    return xr.Dataset(variables, coordinates)
