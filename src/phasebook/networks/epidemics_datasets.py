"""Labeled results on epidemics in space: plane waves of the equations, and outbreaks on generated networks with arrival maps."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import xarray as xr

from ..numerics import about
from .epidemics import Rates, final_size, final_transmitted, growth_rate, reproduction_number, wave
from .epidemics_equations import Field, level_positions, mixed_poisson_epidemic, patch, solve_epidemic
from .epidemics_fronts import arrival_map, count_patches, front_speed, long_jump_share, nearest_nodes
from .epidemics_simulation import Outbreak, simulate_outbreak
from .spatial_datasets import _network_seed, add_mean
from .spatial_degrees import DegreeLaw
from .spatial_graph import SpatialNetwork
from .spatial_kernels import Kernel, marginal_kernel
from .spatial_model import SpatialModel
from .spatial_sampling import generate_network

STARTS = 3
SPEED_TIMES = 9
PROFILE_POINTS = 60
FAT_GRID, FAT_SIDE = 2**15, 2**14
MAP_CELLS = {1: 64, 2: 40}
FIELD_GRID = {1: 2048, 2: 128}
FIELD_TIMES = 120
EARLY_SHARE = 0.05


def predicted_wave(kernel: Kernel, degrees: DegreeLaw, rates: Rates, time: float) -> xr.Dataset:
    """Final size for every kernel; speed, decay rate and Bramson's speed over time for thin ones, acceleration for fat ones.

    Speeds of fat kernels are infinite. Variables end in _theory. Raises NoEpidemic for R₀ ≤ 1.
    """
    transmitted = final_transmitted(degrees, rates)
    attack = final_size(degrees, rates)
    variables: dict[str, Any] = {
        "final_size_theory": ((), attack, about("1", "share of nodes infected behind the front")),
        "escape_probability_theory": ((), 1 - transmitted, about("1", "share of edges that never transmit, Θ∞")),
        "reproduction_number_theory": ((), reproduction_number(degrees, rates), about("1", "R₀")),
        "growth_rate_theory": ((), growth_rate(degrees, rates), about("1/time", "growth rate without space")),
    }
    if kernel.is_fat:
        infinite = about("scale/time", "asymptotic speed: infinite, because the kernel's tail is fat")
        variables["speed_theory"] = ((), math.inf, infinite)
        variables["decay_rate_theory"] = ((), 0.0, about("1/scale", "decay rate λ* of the foot"))
        part = kernel.fat_part
        if part.kind == "uniform":
            times = _speed_times(time)
            h = mixed_poisson_epidemic(degrees, rates, 1e-3, times)
            variables["ever_infected_theory"] = ("time", 1 - degrees.escape(h), about("1", "share ever infected"))
            return xr.Dataset(variables, _times(times))
        rate = growth_rate(degrees, rates) / (1 + part.exponent)
        times = _fat_times(time)
        variables["acceleration_theory"] = ((), rate, about("1/time", "d ln x / dt of a plane front, at late times"))
        variables["front_acceleration_theory"] = (
            "time",
            np.full(len(times) - 1, rate),
            about("1/time", "d ln x / dt of a plane front"),
        )
        return xr.Dataset(variables, _times(_middles(times)))
    found = wave(kernel, degrees, rates)
    times = _middles(_speed_times(time))
    variables |= {
        "speed_theory": ((), found.speed, about("scale/time", "asymptotic speed c*")),
        "decay_rate_theory": ((), found.decay_rate, about("1/scale", "decay rate λ* of the foot")),
        "bramson_speed_theory": (
            (),
            float(found.speed_at(_late(time))),
            about("scale/time", "speed in the last fifth of the run"),
        ),
        "front_speed_theory": (
            "time",
            found.speed_at(times),
            about("scale/time", "speed of the front (theory: c* − 3/(2λ*t))"),
        ),
        "profile_theory": (
            "behind",
            np.full(PROFILE_POINTS, attack),
            about("1", "share ever infected at the end (theory: final size)"),
        ),
    }
    return xr.Dataset(variables, {**_times(times), "behind": _profile_places(found.speed * time, kernel)})


def measured_wave(kernel: Kernel, degrees: DegreeLaw, rates: Rates, time: float, seed: int) -> xr.Dataset:
    """The partial integro-differential equation from three random starts: speeds over time, or acceleration, and final size.

    Starts differ in amplitude and width of the seeded patch; the standard error is the scatter between them.
    """
    random = np.random.default_rng(np.random.SeedSequence([seed, 3]))
    line = kernel if kernel.is_fat and kernel.fat_part.kind == "uniform" else marginal_kernel(kernel)
    starts = [
        (math.exp(random.uniform(math.log(1e-3), math.log(0.3))), random.uniform(1.0, 3.0)) for _ in range(STARTS)
    ]
    level = final_transmitted(degrees, rates) / 2
    step = 0.2 / (rates.transmission * degrees.branching)
    variables: dict[str, Any] = {}
    if kernel.is_fat and kernel.fat_part.kind == "uniform":
        times, side = _speed_times(time), kernel.parts[0].scale
        everywhere = np.full((16,) * kernel.dimension, 1e-3)
        fields = [
            solve_epidemic(kernel, degrees, rates, everywhere * (1 + 1e-3 * width), side, times, step=step)
            for _, width in starts
        ]
        rows = np.array([field.ever_infected.reshape(len(times), -1).mean(axis=1) for field in fields])
        add_mean(variables, "ever_infected", "time", rows, "1", "share ever infected")
        add_mean(variables, "final_size", (), rows[:, -1], "1", "share infected by the end of the run")
        return xr.Dataset(variables, _times(times))
    scale = kernel.scale
    if kernel.is_fat:
        times, side = _fat_times(time), FAT_SIDE * scale
        begins = [patch(FAT_GRID, side, width * scale, amplitude) for amplitude, width in starts]
        fields = [solve_epidemic(line, degrees, rates, h, side, times, step=step) for h in begins]
        logs = np.log([level_positions(field, level) for field in fields])
        if not np.isfinite(logs).all():
            raise ValueError(f"time must let a front form; none has by {times[0]:g}, six tenths of {time:g}")
        if logs.max() > math.log(side / 3):
            raise ValueError(f"time must leave the front within {side / 3:g} length units; by {time:g} it went farther")
        rows = np.diff(logs, axis=1) / np.diff(times)
        add_mean(variables, "front_acceleration", "time", rows, "1/time", "d ln x / dt of a plane front")
        add_mean(variables, "final_size", (), _plateaus(fields), "1", "share infected behind the front")
        return xr.Dataset(variables, _times(_middles(times)))
    found, times = wave(kernel, degrees, rates), _speed_times(time)
    side = 2.2 * found.speed * time + 60 * scale
    points = 2 * round(min(4096, max(512, side / scale * 7)) / 2)
    begins = [patch(points, side, width * scale, amplitude) for amplitude, width in starts]
    fields = [solve_epidemic(line, degrees, rates, h, side, times, method="direct", step=step) for h in begins]
    places = np.array([level_positions(field, level) for field in fields])
    if not np.isfinite(places).all():
        raise ValueError(f"time must let a front form; none has by {times[0]:g}, a fifth of {time:g}")
    rows = np.diff(places, axis=1) / np.diff(times)
    add_mean(variables, "front_speed", "time", rows, "scale/time", "speed of the front (theory: c* − 3/(2λ*t))")
    late = (places[:, -1] - places[:, -3]) / (times[-1] - times[-3])
    add_mean(variables, "speed", (), late, "scale/time", "speed over the last fifth of the run")
    add_mean(variables, "final_size", (), _plateaus(fields), "1", "share infected behind the front")
    behind = _profile_places(found.speed * time, kernel)
    profiles = [np.interp(behind[1], field.positions, field.ever_infected[-1]) for field in fields]
    add_mean(
        variables, "profile", "behind", np.array(profiles), "1", "share ever infected at the end (theory: final size)"
    )
    return xr.Dataset(variables, {**_times(_middles(times)), "behind": behind})


def predicted_epidemic(model: SpatialModel, rates: Rates, seeds: int) -> xr.Dataset:
    """Arrival map, final size and speed in the limit of infinite density: the equations, with the same nodes seeded."""
    attack = final_size(model.degrees, rates)
    field = seeded_field(model, rates, seeds)
    share = field.ever_infected.reshape(len(field.times), -1) / attack
    arrival = _first_time(field.times, share, 0.1)
    points, cells = FIELD_GRID[model.dimension], MAP_CELLS[model.dimension]
    coordinate = (np.arange(cells) + 0.5) * model.size / cells - model.size / 2
    nearest = np.abs(field.positions[:, None] - coordinate[None, :]).argmin(axis=0)
    arrival = arrival.reshape((points,) * model.dimension)[np.ix_(*[nearest] * model.dimension)]
    dims = ("place",) if model.dimension == 1 else ("y", "x")
    variables: dict[str, Any] = {
        "arrival_theory": (dims, arrival, about("time", "when the epidemic arrives")),
        "final_size_theory": ((), attack, about("1", "share of nodes infected in the end")),
    }
    if not model.kernel.is_fat:
        speed = wave(model.kernel, model.degrees, rates).speed
        variables["speed_theory"] = ((), speed, about("scale/time", "asymptotic speed c*, never reached"))
    return xr.Dataset(variables, _map_places(model))


def measured_epidemic(model: SpatialModel, rates: Rates, seeds: int, replicas: int, seed: int) -> xr.Dataset:
    """Outbreaks on generated networks: attack, speed, patches and long jumps with standard errors; the first one's arrival map.

    Outbreaks that reached fewer than one node in twenty are counted as died out, and left out of all means. Cells of the map that
    the epidemic never reached show the end of the outbreak.
    """
    middle = np.full(model.dimension, model.size / 2)
    scale, half = model.kernel.scale, model.size / 2
    rows: list[tuple[float, float, float, float]] = []
    died, arrival = 0, None
    for each in range(replicas):
        network = generate_network(model, _network_seed(seed, each))
        outbreak = _outbreak(network, rates, middle, seeds, _network_seed(seed, each, 1))
        if arrival is None or (outbreak.attack_rate > EARLY_SHARE and died == each):
            arrival = _filled(arrival_map(network, outbreak, MAP_CELLS[model.dimension])[1], outbreak.end)
        if outbreak.attack_rate < EARLY_SHARE:
            died += 1
            continue
        early = outbreak.infected_by(outbreak.time_of_share(EARLY_SHARE))
        try:
            width = max(half / 12, 2 * scale if half > 40 * scale else 0.0)
            speed = front_speed(network, outbreak, middle, 0.25 * half, 0.95 * half, width)
        except ValueError:  # the epidemic is everywhere at once
            speed = math.nan
        rows.append(
            (
                outbreak.attack_rate,
                speed,
                count_patches(network, early, scale),
                long_jump_share(network, outbreak, scale),
            )
        )
    variables: dict[str, Any] = {"count_died_out": ((), died, about("1", "outbreaks that died out"))}
    if arrival is not None:
        dims = ("place",) if model.dimension == 1 else ("y", "x")
        variables["arrival_simulation"] = (dims, arrival, about("time", "when the epidemic arrives"))
    if len(rows) > 1:
        table = np.array(rows)
        for column, name, units, text in (
            (0, "final_size", "1", "share of nodes infected in the end"),
            (1, "front_speed", "scale/time", "mean speed of the front over the outer part of the domain"),
            (2, "patches", "1", "separate patches when 5% were infected"),
            (3, "long_jumps", "1", "share of transmissions over more than ten scales"),
        ):
            if np.isfinite(table[:, column]).all():
                add_mean(variables, name, (), table[:, column], units, text)
    return xr.Dataset(variables, _map_places(model))


def seeded_field(model: SpatialModel, rates: Rates, seeds: int, times: np.ndarray | None = None) -> Field:
    """The equations on the model's domain with all nodes near the middle ill at time zero, as many as `seeds`."""
    points, dimension = FIELD_GRID[model.dimension], model.dimension
    share = seeds / model.nodes
    radius = share * model.size / 2 if dimension == 1 else model.size * math.sqrt(share / math.pi)
    line = (np.arange(points) - points // 2) * (model.size / points)
    distance = np.abs(line) if dimension == 1 else np.hypot(line[:, None], line[None, :])
    ill = np.clip((radius - distance) / (model.size / points) + 0.5, 0.0, 1.0)
    ill *= min(1.0, share * ill.size / ill.sum()) if ill.sum() > 0 else 0.0
    step = 0.3 / (rates.transmission * model.degrees.branching)
    if times is None:
        times = np.linspace(0.0, _duration(model, rates), FIELD_TIMES + 1)[1:]
    return solve_epidemic(
        model.kernel, model.degrees, rates, np.zeros_like(ill), model.size, times, seeded=ill, step=step
    )


def _duration(model: SpatialModel, rates: Rates) -> float:
    """Long enough for the epidemic to arrive everywhere."""
    local = 25 / growth_rate(model.degrees, rates)
    if model.kernel.is_fat:
        return local
    reach = model.size / 2 * math.sqrt(model.dimension)
    return local + 1.3 * reach / wave(model.kernel, model.degrees, rates).speed


def _outbreak(network: SpatialNetwork, rates: Rates, middle: np.ndarray, seeds: int, seed: int) -> Outbreak:
    return simulate_outbreak(network.graph, rates, nearest_nodes(network, middle, seeds), seed=seed)


def _first_time(times: np.ndarray, share: np.ndarray, level: float) -> np.ndarray:
    """When each column rises through a level, by linear interpolation from time zero; the last time where it never does."""
    above = share >= level
    index = np.where(above.any(axis=0), above.argmax(axis=0), len(times) - 1)
    columns = np.arange(share.shape[1])
    now, before = share[index, columns], np.where(index > 0, share[index - 1, columns], 0.0)
    start = np.where(index > 0, times[index - 1], 0.0)
    part = np.clip((level - before) / np.maximum(now - before, 1e-300), 0.0, 1.0)
    return start + part * (times[index] - start)


def _filled(arrival: np.ndarray, end: float) -> np.ndarray:
    return np.where(np.isfinite(arrival), arrival, end)


def _plateaus(fields: list[Field]) -> np.ndarray:
    return np.array([field.ever_infected[-1, field.positions.size // 2] for field in fields])


def _speed_times(time: float) -> np.ndarray:
    return np.linspace(0.2 * time, time, SPEED_TIMES)


def _fat_times(time: float) -> np.ndarray:
    return np.linspace(0.6 * time, time, SPEED_TIMES)


def _middles(times: np.ndarray) -> np.ndarray:
    return (times[1:] + times[:-1]) / 2


def _late(time: float) -> float:
    return float(_speed_times(time)[[-3, -1]].mean())


def _times(times: np.ndarray) -> dict[str, Any]:
    return {"time": ("time", times, about("1/rate", "time"))}


def _profile_places(reach: float, kernel: Kernel) -> tuple[str, np.ndarray, dict[str, str]]:
    places = np.linspace(0.0, 1.05 * reach + 5 * kernel.scale, PROFILE_POINTS)
    return "behind", places, about("scale", "distance from the first cases")


def _map_places(model: SpatialModel) -> dict[str, Any]:
    cells = MAP_CELLS[model.dimension]
    places = (np.arange(cells) + 0.5) * model.size / cells - model.size / 2
    names = ("place",) if model.dimension == 1 else ("y", "x")
    return {name: (name, places, about("scale", f"{name} from the first cases")) for name in names}
