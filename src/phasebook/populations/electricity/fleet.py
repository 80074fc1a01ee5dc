"""Batteries of many households: groups of identical ones at a bus, and the grid of charge on which they plan.

Each of a group's n agents owns the n-th part of its energy (MWh) and power (MW). State of charge s follows s' = s + ηc − u/η with
charging c and discharging u at the meter, 0 ≤ c, u ≤ power, and η the one-way efficiency.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

MOST_STEPS, FEWEST_CHOSEN = 250, 100
NOTICED = 0.05
_ROUNDING = 1e-9


class ElectricityWarning(UserWarning):
    """An input was taken in another form than it was given; the message says how."""


@dataclass(frozen=True)
class StorageGroup:
    """Identical households at one bus: together `energy` MWh and `power` MW in `agents` equal batteries.

    `efficiency` is one-way (the round trip keeps its square), `degradation` a cost in $/MWh at the meter, charging and
    discharging alike; `bus` counts the market's buses from 0. Raises ValueError.
    """

    agents: int
    energy: float
    power: float
    efficiency: float = 0.95
    degradation: float = 0.0
    bus: int = 0

    def __post_init__(self) -> None:
        if isinstance(self.agents, bool) or not isinstance(self.agents, int | np.integer) or self.agents < 1:
            raise ValueError(f"agents must be a positive integer; got {self.agents!r}")
        for name in ("energy", "power"):
            value = getattr(self, name)
            if not (math.isfinite(value) and value > 0):
                raise ValueError(f"{name} must be positive and finite; got {value!r}")
        if not 0 < self.efficiency <= 1:
            raise ValueError(f"efficiency must lie in (0, 1]; got {self.efficiency!r}")
        if not (math.isfinite(self.degradation) and self.degradation >= 0):
            raise ValueError(f"degradation must be finite and not negative; got {self.degradation!r}")
        if isinstance(self.bus, bool) or not isinstance(self.bus, int | np.integer) or self.bus < 0:
            raise ValueError(f"bus must be an index, 0 or above; got {self.bus!r}")


@dataclass(frozen=True)
class ChargeGrid:
    """The grid of a group: `steps` intervals of `step` MWh (of one agent), at most `up` charged and `down` discharged per hour.

    `charging` and `discharging` are the powers at the meter that whole steps reach, MW of the whole group.
    """

    steps: int
    step: float
    up: int
    down: int
    charging: float
    discharging: float


@dataclass(frozen=True)
class Fleet:
    """Groups of storage, and the number of steps of charge that each plans with.

    `soc_steps` 0 takes the number from 100 to 250 that wastes the least power. Warns where whole steps reach less than 95% of a
    group's power. Raises ValueError for no groups, for `soc_steps` outside 2 to 250, and for a grid so coarse that no whole step
    fits into an hour.
    """

    groups: tuple[StorageGroup, ...]
    soc_steps: int = 0

    def __post_init__(self) -> None:
        object.__setattr__(self, "groups", tuple(self.groups))
        if not self.groups:
            raise ValueError("groups must hold at least one StorageGroup")
        steps = self.soc_steps
        if (
            isinstance(steps, bool)
            or not isinstance(steps, int | np.integer)
            or not (steps == 0 or 2 <= steps <= MOST_STEPS)
        ):
            raise ValueError(f"soc_steps must be an integer from 2 to {MOST_STEPS}, or 0 to choose; got {steps!r}")
        if steps == 0:
            object.__setattr__(self, "soc_steps", _least_wasteful(self.groups))
        reached = [_reached(group, grid) for group, grid in zip(self.groups, self.grids, strict=True)]
        worst = int(np.argmin(reached))
        if reached[worst] < 1 - NOTICED:
            grid, group = self.grids[worst], self.groups[worst]
            warnings.warn(
                f"group {worst}: {self.soc_steps} steps of charge reach {grid.charging:.4g} MW charging and "
                f"{grid.discharging:.4g} MW discharging of {group.power:g} MW; another soc_steps may waste less",
                ElectricityWarning,
                stacklevel=3,
            )

    @property
    def grids(self) -> tuple[ChargeGrid, ...]:
        """The grid of each group."""
        return tuple(charge_grid(group, self.soc_steps) for group in self.groups)

    @property
    def agents(self) -> int:
        """All households together."""
        return sum(group.agents for group in self.groups)

    @property
    def energy(self) -> float:
        """All batteries together, MWh."""
        return sum(group.energy for group in self.groups)

    @property
    def buses(self) -> NDArray[np.int64]:
        """The bus of each group."""
        return np.array([group.bus for group in self.groups], dtype=np.int64)

    def check_buses(self, buses: int) -> None:
        """Raises ValueError where a group stands at a bus that the market has not."""
        if self.buses.max() >= buses:
            raise ValueError(f"bus must be below the market's {buses} buses; got {int(self.buses.max())}")


def single_fleet(
    energy: float, power: float, efficiency: float = 0.95, agents: int = 1, *, soc_steps: int = 0
) -> Fleet:
    """One group of equal batteries at the only bus."""
    return Fleet((StorageGroup(agents, energy, power, efficiency),), soc_steps)


def at_grid_power(fleet: Fleet) -> Fleet:
    """The fleet with the power that whole steps reach (mean of both directions): what a program without steps compares with."""
    groups = [
        replace(group, power=(grid.charging + grid.discharging) / 2)
        for group, grid in zip(fleet.groups, fleet.grids, strict=True)
    ]
    return replace(fleet, groups=tuple(groups))


def household_groups(
    buses: Iterable[int],
    counts: Iterable[int],
    energies_kwh: Iterable[float] = (10.0, 13.5, 20.0),
    efficiencies: Iterable[float] = (0.90, 0.95, 0.98),
    power_kw: float = 5.0,
    weight: float = 1.0,
) -> tuple[StorageGroup, ...]:
    """Households of several battery models at several buses: `counts` of them per bus, spread evenly over the models.

    `weight` says how many real households one agent stands for. Raises ValueError as `StorageGroup` does.
    """
    models = list(zip(energies_kwh, efficiencies, strict=True))
    groups = []
    for bus, count in zip(buses, counts, strict=True):
        shares = [count // len(models) + (place < count % len(models)) for place in range(len(models))]
        groups += [
            StorageGroup(
                share, share * weight * energy / 1000, share * weight * power_kw / 1000, efficiency, 0.0, int(bus)
            )
            for share, (energy, efficiency) in zip(shares, models, strict=True)
            if share
        ]
    return tuple(groups)


def charge_grid(group: StorageGroup, steps: int) -> ChargeGrid:
    """The grid of a group. Raises ValueError where an hour at full power is shorter than one step, and says how many are needed."""
    step, power = group.energy / group.agents / steps, group.power / group.agents
    up = min(steps, math.floor(power * group.efficiency / step * (1 + _ROUNDING)))
    down = min(steps, math.floor(power / group.efficiency / step * (1 + _ROUNDING)))
    if up < 1:
        needed = math.ceil(group.energy / (group.power * group.efficiency))
        raise ValueError(
            f"soc_steps must be at least {needed}, so that an hour of charging at {group.power:g} MW moves one step of "
            f"{group.energy:g} MWh / soc_steps; got {steps}"
        )
    whole = step * group.agents
    return ChargeGrid(steps, step, up, down, up * whole / group.efficiency, down * whole * group.efficiency)


def _reached(group: StorageGroup, grid: ChargeGrid) -> float:
    """Share of the power that whole steps reach, in the worse direction; a small battery's is bounded by its energy."""
    charging = min(group.power, group.energy / group.efficiency)
    discharging = min(group.power, group.energy * group.efficiency)
    return min(grid.charging / charging, grid.discharging / discharging)


def _least_wasteful(groups: tuple[StorageGroup, ...]) -> int:
    """The number of steps at which the worst group reaches most of its power; of equals the smallest."""
    hours = np.array([group.energy / group.power for group in groups])
    efficiency = np.array([group.efficiency for group in groups])
    fewest = math.ceil((hours / efficiency).max())
    if fewest > MOST_STEPS:
        raise ValueError(
            f"energy must be at most {MOST_STEPS} hours of charging at full power; a group has {fewest} (planned on "
            f"{MOST_STEPS} steps, an hour would move less than one)"
        )
    steps = np.arange(max(FEWEST_CHOSEN, fewest), MOST_STEPS + 1)[:, None]
    # Steps per hour, and whole ones among them; a small battery is full before the hour is over.
    shares = [
        np.minimum(steps, np.floor(wanted * (1 + _ROUNDING))) / np.minimum(steps, wanted)
        for wanted in (efficiency / hours * steps, steps / (hours * efficiency))
    ]
    worst = np.minimum(*shares).min(axis=1)
    return int(steps[int(np.argmax(np.round(worst, 6))), 0])
