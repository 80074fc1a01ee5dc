"""Predators and prey, and three rivals in a cycle, as labeled Datasets: rate equations, lattices, and pictures of lattices."""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import xarray as xr

from ..engines.lattice import LatticeRuns, simulate_lattice
from ..engines.lattice_correlations import structure_factor
from ..numerics import about
from ..numerics.measured import Measured
from ..numerics.seeding import part_seed
from .cyclic_competition import (
    CRITICAL_MOBILITY,
    CyclicCompetition,
    cyclic_eigenvalues,
    exchange_rate,
    solve_cyclic,
    symmetric_point,
)
from .oscillation_spectrum import averaged_spectrum, peak_frequency, peak_of_spectra
from .predator_prey import (
    PredatorPrey,
    coexistence,
    oscillation_frequency,
    predator_prey_eigenvalues,
    solve_predator_prey,
)

Ensemble = Literal["refuse", "all", "survivors"]
MOST_POINTS = 150
TRANSIENT = 1 / 3  # share of a run that is left out of averages and spectra, and the length of a spectrum's segment
SAMPLES = 300
NO_FREQUENCY = Measured(math.nan, math.nan, 1)
PICTURES = 8  # from the last quarter of each run, for the wavelength
PATCH, PARTS, FRAMES = (
    4,
    16,
    200,
)  # the local frequency: patches of 4 × 4 sites, errors over 16 parts, frames of one run


def predator_prey_theory(system: PredatorPrey, time: float, start: tuple[float, float]) -> xr.Dataset:
    """Rate equations from `start` (predators, prey), the stable fixed point, its eigenvalues and the oscillation's frequency."""
    times = _shown(time)
    eigenvalues = predator_prey_eigenvalues(system)
    return xr.Dataset(
        {
            "density_theory": (
                ("time", "species"),
                solve_predator_prey(system, times, start),
                about("1/site", "Density (rate equations)"),
            ),
            "stationary_density_theory": (
                "species",
                np.array(coexistence(system)),
                about("1/site", "Density at the stable fixed point"),
            ),
            "eigenvalue_real_theory": (
                "mode",
                np.array([value.real for value in eigenvalues]),
                about("rate", "Real part of the eigenvalues at the fixed point"),
            ),
            "eigenvalue_imaginary_theory": (
                "mode",
                np.array([value.imag for value in eigenvalues]),
                about("rate", "Imaginary part of the eigenvalues at the fixed point"),
            ),
            "frequency_theory": (
                (),
                oscillation_frequency(system),
                about("rad rate", "Angular frequency of damped oscillations"),
            ),
        },
        coords={
            "time": ("time", times, about("1/rate", "time")),
            "species": ("species", ["predators", "prey"]),
        },
    )


def predator_prey_simulation(
    system: PredatorPrey,
    size: int,
    time: float,
    start: tuple[float, float],
    *,
    replicas: int,
    ensemble: Ensemble,
    seed: int,
) -> xr.Dataset:
    """Densities on a square lattice, their mean and the predators' frequency after a third of the run, the last picture.

    Raises ExtinctRuns where predators died out in some run and `ensemble` is "refuse".
    """
    times = np.linspace(0.0, time, SAMPLES + 1)
    runs = simulate_lattice(
        system.lattice,
        (size, size),
        times,
        initial={"A": start[0], "B": start[1]},
        replicas=replicas,
        seed=seed,
        snapshots=(times[-1],),
    )
    mean, stderr, chosen = _averages(runs, ensemble)
    late = times >= TRANSIENT * time
    stationary = chosen[:, late].mean(axis=1)
    frequency = peak_frequency(chosen[:, late, 0], times[1], TRANSIENT * time)
    keep = slice(None, None, SAMPLES // MOST_POINTS)
    return xr.Dataset(
        {
            "density_simulation": (("time", "species"), mean[keep], about("1/site", "Density")),
            "density_stderr": (("time", "species"), stderr[keep], about("1/site", "Standard error over runs")),
            "stationary_density_simulation": (
                "species",
                stationary.mean(axis=0),
                about("1/site", "Density, mean over the later two thirds"),
            ),
            "stationary_density_stderr": ("species", _error(stationary), about("1/site", "Standard error over runs")),
            "frequency_simulation": (
                (),
                frequency.value,
                about("rad rate", "Angular frequency of the predators' largest spectral peak"),
            ),
            "frequency_stderr": ((), frequency.stderr, about("rad rate", "Jackknife error over runs")),
            "extinction_simulation": ((), 1 - runs.survived.mean(), about("1", "Share of runs that lost a species")),
            "snapshot_simulation": (
                ("row", "column"),
                runs.snapshots[0, 0].astype(float),
                about("1", "Lattice at the end") | _states("empty predator prey", "#f2f2f2 #1f5fa8 #c8452f"),
            ),
        },
        coords={
            "time": ("time", times[keep], about("1/rate", "time")),
            "species": ("species", ["predators", "prey"]),
            **_pixels(size),
        },
    )


def cyclic_theory(
    system: CyclicCompetition, mobility: float, time: float, start: tuple[float, float, float]
) -> xr.Dataset:
    """Rate equations from `start`, the symmetric fixed point and its eigenvalues, and the mobility over its critical value."""
    times = _shown(time)
    eigenvalues = cyclic_eigenvalues(system)
    symmetric = system.selection == system.reproduction
    # All rates may be scaled: mobility is compared in units of the common rate. Other ratios were not published with it.
    critical = CRITICAL_MOBILITY * system.selection if symmetric else math.nan
    return xr.Dataset(
        {
            "density_theory": (
                ("time", "species"),
                solve_cyclic(system, times, start),
                about("1/site", "Density (rate equations)"),
            ),
            "stationary_density_theory": (
                "species",
                np.full(3, symmetric_point(system)),
                about("1/site", "Density at the symmetric fixed point, which is unstable"),
            ),
            "eigenvalue_real_theory": (
                "mode",
                np.array([value.real for value in eigenvalues]),
                about("rate", "Real part of the eigenvalues at the symmetric point"),
            ),
            "eigenvalue_imaginary_theory": (
                "mode",
                np.array([value.imag for value in eigenvalues]),
                about("rate", "Imaginary part of the eigenvalues at the symmetric point"),
            ),
            "frequency_theory": (
                (),
                eigenvalues[1].imag,
                about("rad rate", "Angular frequency of the outward spiral of the rate equations"),
            ),
            "relative_mobility_theory": (
                (),
                mobility / critical,
                about("1", "Mobility over its critical value, where selection and reproduction are equal"),
            ),
        },
        coords={"time": ("time", times, about("1/rate", "time")), "species": ("species", ["A", "B", "C"])},
    )


def cyclic_simulation(
    system: CyclicCompetition,
    mobility: float,
    size: int,
    time: float,
    start: tuple[float, float, float],
    *,
    replicas: int,
    ensemble: Ensemble,
    seed: int,
) -> xr.Dataset:
    """Densities on a square lattice, share of runs that lost a species, frequency and wavelength of the spirals, last picture.

    The wavelength (in lattice spacings) is of the shell with the largest power of A, over late pictures of the runs that kept all
    three; NaN where none did. Raises ExtinctRuns where a run lost a species and `ensemble` is "refuse".
    """
    times = np.linspace(0.0, time, SAMPLES + 1)
    runs = simulate_lattice(
        system.lattice(mobility, size),
        (size, size),
        times,
        initial=dict(zip("ABC", start, strict=True)),
        replicas=replicas,
        seed=seed,
        snapshots=times[:: -SAMPLES // (4 * PICTURES)][:PICTURES][::-1].tolist(),
    )
    mean, stderr, chosen = _averages(runs, ensemble)
    late = times >= TRANSIENT * time
    stationary = chosen[:, late].mean(axis=1)
    alive = runs.survived
    which = int(np.argmax(alive))
    frequency = local_frequency(runs, which, time, part_seed(seed, 1)) if alive.any() else NO_FREQUENCY
    lost, count = int(np.count_nonzero(~alive)), alive.size
    share = (lost + 0.5) / (count + 1)
    wavelength = structure_factor(runs.snapshots[alive], 1, dimension=2).wavelength if alive.any() else math.nan
    keep = slice(None, None, SAMPLES // MOST_POINTS)
    return xr.Dataset(
        {
            "density_simulation": (("time", "species"), mean[keep], about("1/site", "Density")),
            "density_stderr": (("time", "species"), stderr[keep], about("1/site", "Standard error over runs")),
            "stationary_density_simulation": (
                "species",
                stationary.mean(axis=0),
                about("1/site", "Density, mean over the later two thirds"),
            ),
            "stationary_density_stderr": ("species", _error(stationary), about("1/site", "Standard error over runs")),
            "frequency_simulation": (
                (),
                frequency.value,
                about("rad rate", "Angular frequency at which a patch of sites changes its species"),
            ),
            "frequency_stderr": (
                (),
                frequency.stderr,
                about("rad rate", "Jackknife error over parts of one lattice"),
            ),
            "extinction_simulation": ((), lost / count, about("1", "Share of runs that lost a species")),
            "extinction_stderr": ((), math.sqrt(share * (1 - share) / count), about("1", "Binomial standard error")),
            "wavelength_simulation": ((), wavelength, about("site", "Wavelength of the pattern")),
            "exchange_rate_simulation": (
                (),
                exchange_rate(mobility, size),
                about("rate", "Exchange rate of the lattice, M·size²/2"),
            ),
            "snapshot_simulation": (
                ("row", "column"),
                runs.snapshots[0, -1].astype(float),
                about("1", "Lattice at the end") | _states("empty A B C", "#f2f2f2 #1f5fa8 #c8452f #2a9d8f"),
            ),
        },
        coords={
            "time": ("time", times[keep], about("1/rate", "time")),
            "species": ("species", ["A", "B", "C"]),
            **_pixels(size),
        },
    )


def local_frequency(runs: LatticeRuns, replica: int, duration: float, seed: int) -> Measured:
    """Angular frequency of the largest peak in the spectrum of A on patches of 4 × 4 sites, from a run that goes on for `duration`.

    The mean over the whole lattice hardly swings where spirals of all phases fit into it. Errors are over 16 parts of the lattice.
    """
    times = np.linspace(0.0, duration, FRAMES)
    later = simulate_lattice(
        runs.model, runs.shape, times, initial=runs.snapshots[replica, -1], seed=seed, snapshots=times.tolist()
    )
    rows, columns = (extent // PATCH for extent in runs.shape)
    cut = later.snapshots[0, :, : rows * PATCH, : columns * PATCH] == 1
    patches = cut.reshape(FRAMES, rows, PATCH, columns, PATCH).mean(axis=(2, 4)).reshape(FRAMES, -1).T
    frequency, power = averaged_spectrum(patches, times[1], duration)
    groups = np.array_split(power, min(PARTS, len(power)))
    return peak_of_spectra(frequency, np.array([group.mean(axis=0) for group in groups]))


def _averages(runs: LatticeRuns, ensemble: Ensemble) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Mean and error of the densities, and the runs that they are over."""
    mean, stderr = runs.mean(None if ensemble == "refuse" else ensemble)
    return mean, stderr, runs.densities[runs.survived] if ensemble == "survivors" else runs.densities


def _error(samples: np.ndarray) -> np.ndarray:
    count = len(samples)
    return samples.std(axis=0, ddof=1) / math.sqrt(count) if count > 1 else np.full(samples.shape[1:], np.nan)


def _shown(time: float) -> np.ndarray:
    return np.linspace(0.0, time, SAMPLES + 1)[:: SAMPLES // MOST_POINTS]


def _pixels(size: int) -> dict[str, tuple[str, np.ndarray, dict[str, str]]]:
    sites = np.arange(size, dtype=float)
    return {"row": ("row", sites, about("site", "row")), "column": ("column", sites, about("site", "column"))}


def _states(names: str, colors: str) -> dict[str, object]:
    """What the numbers in a picture mean, by the CF conventions, and the color of each: that of its curve."""
    return {"flag_values": list(range(len(names.split()))), "flag_meanings": names, "flag_colors": colors}
