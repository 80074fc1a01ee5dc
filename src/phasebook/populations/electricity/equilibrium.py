"""The equilibrium of many price-taking batteries: one convex program, whose multipliers are its prices.

Minimize Σ_h (cost of supply + degradation) over generation, flows and every group's charging c, discharging u and charge s,
subject to balance at each bus, s' = s + ηc − u/η around the day, and limits. As the price is the marginal cost of supply, each
group then minimizes its own bill at the balance's multipliers. A group's batteries add up exactly: scaled copies of one feasible
set. Derived here (potential game); solved by `numerics.quadratic_program`, which shares nothing with planning, learning or
dispatch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import sparse

from ...errors import NotConverged
from ...numerics.quadratic_program import solve_quadratic_program
from .dispatch import InfeasibleMarket
from .fleet import Fleet
from .market import Market, NetworkMarket, Offers, hourly_net_load

Floats = NDArray[np.float64]
OVERLAP, INDIFFERENT = 3e-3, 1e-4  # share of the power that rounding leaves; $/MWh that is no price


@dataclass(frozen=True)
class Equilibrium:
    """Prices (hours, buses) in $/MWh, net load with storage (hours, buses) in MW, and per group (hours, groups) what it does.

    `charging` and `discharging` are in MW at the meter, `charge` in MWh at the start of each hour, `cost` in $ per day of supply
    and degradation, `residual` that of the optimality conditions (relative).
    """

    prices: Floats
    net_load: Floats
    charging: Floats
    discharging: Floats
    charge: Floats
    cost: float
    residual: float

    def storage_cost(self, group: int, bus: int) -> float:
        """What a group pays for its net purchases in a day at the equilibrium's prices, $ (negative for a gain)."""
        bought = self.charging[:, group] - self.discharging[:, group]
        return float(self.prices[:, bus] @ bought)


def solve_equilibrium(market: Market, net_load: ArrayLike, fleet: Fleet, *, tolerance: float = 1e-9) -> Equilibrium:
    """The equilibrium of a fleet in a market, for net loads without storage (hours, buses) in MW.

    Raises ValueError, NoPotential for a supply curve that falls, InfeasibleMarket, and NotConverged; also NotConverged where the
    program would charge and discharge in one hour, which pays at a negative price alone and no battery here does.
    """
    load = hourly_net_load(market, net_load)
    fleet.check_buses(market.buses)
    _refuse_shortage(market, load, fleet)
    program = _Program(market, load, fleet)
    solution = solve_quadratic_program(
        program.quadratic, program.linear, program.equations, program.right_side, program.lower, program.upper,
        tolerance=tolerance,
    )  # fmt: skip
    parts = program.split(solution.point)
    prices = solution.multipliers[: load.size].reshape(load.shape)
    charging, discharging = _without_overlap(parts["charging"], parts["discharging"], prices[:, fleet.buses], fleet)
    after = load.copy()
    np.add.at(after.T, fleet.buses, (charging - discharging).T)
    return Equilibrium(prices, after, charging, discharging, parts["charge"], solution.objective, solution.residual)


def _without_overlap(charging: Floats, discharging: Floats, prices: Floats, fleet: Fleet) -> tuple[Floats, Floats]:
    """Charging and discharging less what a group does at once where that costs nothing; raises where its losses are wanted.

    The charge stays the same where u falls by x and c by x / η². At a price of zero the program is indifferent to the difference.
    """
    efficiency, power, worn = np.array([(g.efficiency, g.power, g.degradation) for g in fleet.groups]).T
    lossless = (efficiency == 1.0) & (worn == 0.0)
    both = np.minimum(charging, discharging)
    wanted = np.where((prices < -INDIFFERENT) & ~lossless, both / power, 0.0)
    if wanted.max() > OVERLAP:
        hour, group = np.unravel_index(int(np.argmax(wanted)), wanted.shape)
        raise NotConverged(
            f"hour {hour}: at a negative price the convex program lets group {group} charge and discharge at once, which no "
            "battery here does; raise the demand of that hour, lower its solar output, or give the market a floor of 0"
        )
    less = np.minimum(discharging, charging * efficiency**2)
    return charging - less / efficiency**2, discharging - less


def arbitrage_ratio(equilibrium: Equilibrium, bus: int = 0) -> float:
    """Lowest over highest price of the day at a bus: a storage that nothing limits leaves it at the round trip's efficiency η²."""
    prices = equilibrium.prices[:, bus]
    return float(prices.min() / prices.max())


class _Program:
    """Variables by name, each (hours, width), one after the other; equations: balances, then the groups' charge."""

    def __init__(self, market: Market, load: Floats, fleet: Fleet) -> None:
        self.hours, self.buses = load.shape
        self.fleet, self.offers = fleet, market.supply()
        network = market.network if isinstance(market, NetworkMarket) else None
        limited = np.flatnonzero(np.isfinite(network.limit)) if network else np.empty(0, np.int64)
        groups = len(fleet.groups)
        self.widths = {
            "generation": self.offers.bus.size,
            "charging": groups,
            "discharging": groups,
            "charge": groups,
            "angle": network.buses.size - 1 if network else 0,
            "flow": limited.size,
        }
        self.quadratic, self.linear, self.lower, self.upper = self._costs_and_limits(self.offers, network, limited)
        self.equations, self.right_side = self._equations(load, network, limited)

    def split(self, point: Floats) -> dict[str, Floats]:
        """A point as arrays (hours, width) by name."""
        sizes = [self.hours * width for width in self.widths.values()]
        pieces = np.split(point, np.cumsum(sizes)[:-1])
        return {
            name: piece.reshape(self.hours, width)
            for (name, width), piece in zip(self.widths.items(), pieces, strict=True)
        }

    def _costs_and_limits(self, offers: Offers, network, limited):  # type: ignore[no-untyped-def]
        groups = self.fleet.groups
        power, energy = np.array([g.power for g in groups]), np.array([g.energy for g in groups])
        worn, none = np.array([g.degradation for g in groups]), np.zeros(len(groups))
        free = np.full(self.widths["angle"], np.inf)
        limit = network.limit[limited] if network else np.empty(0)
        columns = {
            "generation": (offers.quadratic, offers.linear, offers.lower, offers.upper),
            "charging": (none, worn, none, power),
            "discharging": (none, worn, none, power),
            "charge": (none, none, none, energy),
            "angle": (0 * np.ones_like(free), np.zeros_like(free), -free, free),
            "flow": (np.zeros_like(limit), np.zeros_like(limit), -limit, limit),
        }
        stacked = [[np.tile(columns[name][kind], self.hours) for name in self.widths] for kind in range(4)]
        return tuple(np.concatenate(each) for each in stacked)

    def _equations(self, load: Floats, network, limited):  # type: ignore[no-untyped-def]
        hours, groups = self.hours, len(self.fleet.groups)
        here = sparse.eye_array(hours)
        places = np.arange(self.offers.bus.size)
        made = sparse.coo_array((np.ones(places.size), (self.offers.bus, places)), (self.buses, places.size))
        stored = sparse.coo_array((np.ones(groups), (self.fleet.buses, np.arange(groups))), (self.buses, groups))
        efficiency = np.array([group.efficiency for group in self.fleet.groups])
        following = sparse.csr_array(
            (np.ones(hours), (np.arange(hours), (np.arange(hours) + 1) % hours)), (hours, hours)
        )
        balance = [sparse.kron(here, made), sparse.kron(here, -stored), sparse.kron(here, stored), None]
        charge = [
            None,
            sparse.kron(here, sparse.diags_array(-efficiency)),
            sparse.kron(here, sparse.diags_array(1 / efficiency)),
            sparse.kron(following - here, sparse.eye_array(groups)),
        ]
        right = load.copy()
        if network is None:
            return sparse.block_array([balance, charge], format="csc"), np.concatenate(
                (right.ravel(), np.zeros(hours * groups))
            )
        # In units of the mean susceptance angles are flows in MW, of the size of everything else.
        scale = float(np.abs(network.susceptance).mean())
        weighted = sparse.diags_array(network.susceptance / scale) @ network.incidence[:, 1:]
        driven = network.susceptance * network.shift
        right -= network.incidence.T @ driven
        spread = sparse.kron(here, -(network.incidence.T @ weighted))
        if not limited.size:
            rows = [[*balance, spread], [*charge, None]]
            return sparse.block_array(rows, format="csc"), np.concatenate((right.ravel(), np.zeros(hours * groups)))
        flow = [None] * 4 + [sparse.kron(here, weighted.tocsr()[limited]), -sparse.eye_array(hours * limited.size)]
        rows = [[*balance, spread, None], [*charge, None, None], flow]
        return sparse.block_array(rows, format="csc"), np.concatenate(
            (right.ravel(), np.zeros(hours * groups), np.tile(driven[limited], hours))
        )


def _refuse_shortage(market: Market, load: Floats, fleet: Fleet) -> None:
    """A day whose energy no supply can give; a single hour's peak may still be shaved by storage."""
    most = float(market.supply().upper.sum())
    total = load.sum(axis=1)
    if not total.mean() < most:
        raise InfeasibleMarket(
            f"the day's mean net load of {total.mean():.6g} MW exceeds the {most:.6g} MW that are offered; give value_of_lost_load"
        )
    short = total - most - sum(min(group.power, group.energy) for group in fleet.groups)
    if (short > 0).any():
        hour = int(np.argmax(short))
        raise InfeasibleMarket(
            f"hour {hour}: the net load of {total[hour]:.6g} MW exceeds {most:.6g} MW of supply and all storage by "
            f"{short[hour]:.6g} MW; give value_of_lost_load"
        )
