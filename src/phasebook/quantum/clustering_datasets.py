"""Cumulants of chains as labeled Datasets: decay, sequences, light cones and rays. Variables say their road."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import xarray as xr

from ..numerics import about
from ..numerics.seeding import part_seed
from .clustering import (
    RateUndefined,
    cone_cumulants,
    light_cone,
    ray_average,
    ray_cumulants,
    same_rate,
)
from .clustering_models import OBSERVABLES, ClusteringModel
from .cumulants import Kind, classical_sequence, free_sequence
from .free_fermion_chain import FreeFermionChain, xx_fermions, xx_ring_fermions
from .pauli_sums import mixed_field_chain
from .quantum_transfer import ising_decay_rate
from .spin_observables import SpinObservable
from .thermal_chain import thermal_state
from .typical_state import processor_action, random_vectors, root_mean_square_commutators

TIME_STEP = 0.125
DURATIONS = 12
SHORTEST = 1.0
SMALLEST_SHOWN = 1e-4
RING_MARGIN = 64


def decay_theory(model: ClusteringModel, order: int) -> xr.Dataset:
    """The infinite chain's rate, and its powers: the slope that all cumulants must have on a logarithmic axis."""
    rate = model.exact_rate()
    distances = np.array(model.distances(order))
    powers = np.abs(rate) ** distances
    return xr.Dataset(
        {
            "rate_theory": ((), rate, about("1", "Ratio of correlations at neighboring distances, infinite chain")),
            "size_theory": (
                "distance",
                np.where(powers >= model.noise, powers, np.nan),
                about("1", "Size of cumulants (line: the exact rate to the power of the distance)"),
            ),
            "local_ratio_theory": ("step", np.full(len(distances) - 1, rate), about("1", "Ratio of neighbors")),
        },
        _decay_axes(distances),
    )


def decay_simulation(model: ClusteringModel, order: int, samples: int | None, seed: int) -> xr.Dataset:
    """Both cumulants exactly at each distance, their fitted rates, the paired comparison, and the first by chance."""
    classical, free = model.cumulants(order, "classical"), model.cumulants(order, "free")
    fitted, free_fitted = model.rate(order, classical), model.rate(order, free)
    two_point, distances = model.two_point(order), model.distances(order)
    count = samples or (64 if model.name in ("mixed-field", "ising") else 20_000)
    estimate, stderr = model.estimates(order, "classical", count, seed)
    curves = {"c_2": two_point, f"c_{order}": classical, f"κ_{order}": free}
    if order < 4:
        curves.pop(f"κ_{order}")
    sizes = np.abs(np.array(list(curves.values())))
    signed = np.array(list(curves.values()))
    shown = np.where(sizes >= model.noise, sizes, np.nan)
    ratios = np.where(sizes[:, :-1] >= model.noise, np.real(signed[:, 1:] / signed[:, :-1]), np.nan)
    variables = {
        "cumulant_simulation": ("distance", classical, about("1", f"Classical cumulant of order {order}")),
        "free_cumulant_simulation": ("distance", free, about("1", f"Free cumulant of order {order}")),
        "rate_simulation": (
            (),
            fitted.ratio,
            about("1", "Ratio at neighboring distances, fitted before the boundary"),
        ),
        "rate_stderr": ((), fitted.stderr, about("1", "Standard error from the scatter about the fit")),
        "free_rate_simulation": ((), free_fitted.ratio, about("1", "The same for the free cumulant")),
        "size_simulation": (("cumulant", "distance"), shown, about("1", "Modulus of the cumulants")),
        "local_ratio_simulation": (
            ("cumulant", "step"),
            ratios,
            about("1", "Ratio from one distance to the next (free fermions oscillate)"),
        ),
        "sampled_cumulant_simulation": ("distance", estimate, about("1", f"Cumulant of order {order}, by chance")),
        "sampled_cumulant_stderr": ("distance", stderr, about("1", "Standard error")),
    }
    if model.name != "xx":
        verdict = _verdict(distances, two_point, classical, 0 if model.name == "classical" else 2)
        variables["verdict_simulation"] = ((), verdict, about("1", "Beside the two-point function's rate"))
    return xr.Dataset(
        variables,
        {**_decay_axes(np.array(distances)), "cumulant": ("cumulant", list(curves), about("1", "cumulant"))},
    )


def transform_theory(moments: Sequence[float]) -> xr.Dataset:
    """Classical and free cumulants of one variable from its moments."""
    order = np.arange(1, len(moments) + 1)
    return xr.Dataset(
        {
            "classical_cumulants_theory": ("order", classical_sequence(moments), about("1", "Classical cumulant")),
            "free_cumulants_theory": ("order", free_sequence(moments), about("1", "Free cumulant")),
        },
        {"order": ("order", order, about("1", "order"))},
    )


def light_cone_theory(sites: int, inverse_temperature: float, longest: float, order: int, kind: Kind) -> xr.Dataset:
    """How a cumulant with one observable moved through space and time compares with its value at time 0, and the cone."""
    hamiltonian = mixed_field_chain(sites)
    state, action = thermal_state(hamiltonian, inverse_temperature), processor_action(hamiltonian)
    distances, times = list(range(1, sites)), _times(longest)
    moved = min(2, order - 1)
    values = np.abs(cone_cumulants(state, kind, OBSERVABLES[order], moved, distances, times.tolist()))
    growth = values / values[:, :1]
    cone = light_cone(action, "Z", distances, times[1:].tolist())
    beyond = cone.outside(times)
    single = {
        "velocity_exact": (cone.velocity, "sites J", "Speed of the commutator's front"),
        "rate_theory": (ising_decay_rate(inverse_temperature).value, "1", "Ratio at neighboring distances at time 0"),
        "outside_growth_exact": (float(growth[beyond > 0].max()), "1", "Largest growth outside the cone"),
        "inside_growth_exact": (float(growth[beyond <= 0].max()), "1", "Largest growth inside it"),
    }
    plane = ("time", "distance")
    return xr.Dataset(
        {
            **{name: ((), value, about(units, text)) for name, (value, units, text) in single.items()},
            "growth_exact": (plane, growth.T, about("1", "Cumulant over its value at time 0")),
            "log_growth_exact": (
                plane,
                np.log10(growth.T),
                about("1", "log10 of a cumulant over its value at time 0"),
            ),
            "beyond_cone_exact": (plane, beyond.T, about("sites", "Distance beyond the light cone x = v t + 2")),
            "arrival_exact": (
                "distance",
                cone.arrival,
                about("1/J", "Time at which the commutator's norm passes 0.01"),
            ),
        },
        _plane(distances, times),
    )


def light_cone_simulation(sites: int, longest: float, vectors: int, seed: int) -> xr.Dataset:
    """The commutator of the first spin with a moved one, in the mean square over random vectors."""
    action, times = processor_action(mixed_field_chain(sites)), _times(longest)
    start = random_vectors(sites, vectors, seed)
    start /= np.linalg.norm(start, axis=0)
    squares = np.array(
        [
            root_mean_square_commutators(action, SpinObservable("Z", 0), "Z", range(1, sites), float(time), start) ** 2
            for time in times
        ]
    )
    size = np.sqrt(squares.mean(axis=2))
    spread = squares.std(axis=2, ddof=1) / math.sqrt(vectors)
    spread /= 2 * np.maximum(size, np.finfo(float).tiny)
    decades = np.log10(np.maximum(size, SMALLEST_SHOWN))
    plane = ("time", "distance")
    return xr.Dataset(
        {
            "log_commutator_simulation": (plane, decades, about("1", "log10 of the commutator's size")),
            "commutator_simulation": (plane, size, about("1", "Size of the commutator of Z at 0 and Z at x, t")),
            "commutator_stderr": (plane, spread, about("1", "Standard error over random vectors")),
        },
        _plane(list(range(1, sites)), times),
    )


def rays_theory(
    velocities: Sequence[float], order: int, inverse_temperature: float, filling: float, longest: float
) -> xr.Dataset:
    """Averages of |c_n| along rays of the infinite XX chain of free fermions, and how they fall with the time averaged over."""
    durations = _durations(longest)
    sites = 2 * math.ceil(longest * (1 + max(velocities))) + RING_MARGIN
    chain = _filled(
        xx_ring_fermions(sites, inverse_temperature, 1.0, _potential(inverse_temperature, filling)),
        inverse_temperature,
        filling,
    )
    fixed = _fixed_sites(order, inverse_temperature, 0)
    averages = np.array([ray_average(chain, fixed, v, durations.tolist()) for v in velocities])
    half = len(durations) // 2
    slopes = [float(np.polyfit(np.log(durations[half:]), np.log(row[half:]), 1)[0]) for row in averages]
    return xr.Dataset(
        {
            "average_theory": (
                ("velocity", "duration"),
                averages,
                about("1", f"Average of |c_{order}| along the ray"),
            ),
            "slope_theory": ("velocity", slopes, about("1", "Log-log slope over the second half of the times")),
        },
        _rays(velocities, durations),
    )


def rays_simulation(
    velocities: Sequence[float],
    order: int,
    inverse_temperature: float,
    filling: float,
    longest: float,
    draws: int,
    seed: int,
) -> xr.Dataset:
    """The same averages over random times, on an open chain long enough that nothing returns from its ends."""
    durations = _durations(longest)
    reach = math.ceil(longest * (1 + max(velocities))) + RING_MARGIN // 2
    chain = _filled(
        xx_fermions(2 * reach, inverse_temperature, 1.0, _potential(inverse_temperature, filling)),
        inverse_temperature,
        filling,
    )
    fixed = _fixed_sites(order, inverse_temperature, reach - round(max(velocities) * longest / 2))
    means, errors = [], []
    for place, velocity in enumerate(velocities):
        generator = np.random.default_rng(part_seed(seed, place))
        for duration in durations:
            times = np.sort(generator.random(draws)) * duration
            values = np.abs(ray_cumulants(chain, fixed, velocity, times))
            means.append(values.mean())
            errors.append(values.std(ddof=1) / math.sqrt(draws))
    shape = len(velocities), len(durations)
    dims = ("velocity", "duration")
    return xr.Dataset(
        {
            "average_simulation": (
                dims,
                np.reshape(means, shape),
                about("1", f"Average of |c_{order}| along the ray"),
            ),
            "average_stderr": (dims, np.reshape(errors, shape), about("1", "Standard error over random times")),
        },
        _rays(velocities, durations),
    )


def _verdict(distances: list[int], two_point: np.ndarray, higher: np.ndarray, boundary: int) -> str:
    try:
        return same_rate(distances, two_point, higher, boundary=boundary).verdict
    except RateUndefined:
        return "the two-point function vanishes"


def _filled(chain: FreeFermionChain, inverse_temperature: float, filling: float) -> FreeFermionChain:
    return chain.with_filling(filling) if inverse_temperature == 0 else chain


def _potential(inverse_temperature: float, filling: float) -> float:
    """The chemical potential that fills a flat band so; the cosine band's filling differs a little."""
    return math.log(filling / (1 - filling)) / inverse_temperature if inverse_temperature else 0.0


def _fixed_sites(order: int, inverse_temperature: float, first: int) -> list[int]:
    """All on one site at infinite temperature, where densities of different sites are independent; else neighbors."""
    return [first + (place if inverse_temperature else 0) for place in range(order - 1)]


def _times(longest: float) -> np.ndarray:
    return np.linspace(0.0, longest, max(5, round(longest / TIME_STEP)) + 1)


def _durations(longest: float) -> np.ndarray:
    return np.geomspace(SHORTEST, longest, DURATIONS)


def _plane(distances: list[int], times: np.ndarray) -> dict[str, Any]:
    return {
        "distance": ("distance", distances, about("sites", "distance x")),
        "time": ("time", times, about("1/J", "time t")),
    }


def _decay_axes(distances: np.ndarray) -> dict[str, Any]:
    return {
        "distance": ("distance", distances, about("sites", "distance")),
        "step": ("step", distances[:-1], about("sites", "first of the two distances")),
    }


def _rays(velocities: Sequence[float], durations: np.ndarray) -> dict[str, Any]:
    return {
        "velocity": ("velocity", list(velocities), about("sites J", "velocity of the ray")),
        "duration": ("duration", durations, about("1/J", "time averaged over")),
    }
