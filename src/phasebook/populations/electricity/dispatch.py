"""Least-cost dispatch of a network in the direct-current approximation, with the price at every bus.

HiGHS solves it with costs in pieces around the last solution; which limits bind is read off, and the optimality conditions of
that set, which are linear, give the exact dispatch, or show that the pieces were too coarse. A binding set found once serves
every hour in whose loads it is optimal (its region, a polyhedron), so that a year of hours needs few linear programs. The price
at a bus is the cost of one more MW there: λ − Σ_l H_ln ν_l with the balance's multiplier λ, limits' multipliers ν and transfer
factors H. Derived here (parametric quadratic programming).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import optimize

from ...errors import NotConverged, PhasebookError
from .network import Network

Floats = NDArray[np.float64]
PIECES = 24
FINEST_PIECE = 1e-5  # MW
_FEASIBLE = 1e-7


class InfeasibleMarket(PhasebookError, ValueError):
    """Demand that no dispatch can meet: the message names the hour and what is missing."""


@dataclass(frozen=True)
class Dispatch:
    """Per hour: generation (hours, generators) and flows (hours, branches) in MW, prices (hours, buses) in $/MWh, cost (hours,)
    in $.

    `shed` (hours, buses) is load that was not served, at the value of lost load; zero unless one was given.
    """

    generation: Floats
    flows: Floats
    prices: Floats
    cost: Floats
    shed: Floats


@dataclass(frozen=True)
class _Region:
    """A set of binding limits: dispatch, price level and limits' multipliers are affine in the loads."""

    lower: NDArray[np.bool_]
    upper: NDArray[np.bool_]
    binding: NDArray[np.int64]
    signs: Floats
    free: NDArray[np.int64]
    inverse: Floats


@dataclass
class Dispatcher:
    """Dispatches one network hour after hour, and remembers the regions that it has met (so it gets faster)."""

    network: Network
    value_of_lost_load: float | None = None
    _regions: list[_Region] = field(default_factory=list, init=False, repr=False)

    def __post_init__(self) -> None:
        worth = self.value_of_lost_load
        if worth is not None and not (np.isfinite(worth) and worth > 0):
            raise ValueError(f"value_of_lost_load must be positive and finite; got {worth!r}")
        self._limited = np.flatnonzero(np.isfinite(self.network.limit))
        self._factors = self.network.transfer_factors[self._limited]
        self._offset = self.network.shift_flow[self._limited]

    def solve(self, loads: ArrayLike) -> Dispatch:
        """Dispatch for loads (hours, buses) in MW. Raises InfeasibleMarket, which names the hour and the shortfall."""
        demand = np.atleast_2d(np.asarray(loads, dtype=float))
        net, hours = self.network, len(demand)
        if demand.shape[1] != net.buses.size or not np.isfinite(demand).all():
            raise ValueError(
                f"loads must be finite with shape (hours, {net.buses.size}), one per bus; got {demand.shape}"
            )
        generation = np.full((hours, net.generator_bus.size), np.nan)
        prices, shed = np.full(demand.shape, np.nan), np.zeros(demand.shape)
        waiting = np.ones(hours, dtype=bool)
        for region in self._regions:
            self._fill(region, demand, waiting, generation, prices)
            if not waiting.any():
                break
        while waiting.any():
            hour = int(np.argmax(waiting))
            region_or_none, generation[hour], prices[hour], shed[hour] = self._search(demand[hour], hour)
            waiting[hour] = False
            if region_or_none is not None:
                self._regions.append(region_or_none)
                self._fill(region_or_none, demand, waiting, generation, prices)
        injected = -(demand - shed)
        np.add.at(injected.T, net.generator_bus, generation.T)
        flows = injected @ net.transfer_factors.T + net.shift_flow
        cost = (net.cost_quadratic * generation**2 + net.cost_linear * generation + net.cost_constant).sum(axis=1)
        if self.value_of_lost_load is not None:
            cost = cost + self.value_of_lost_load * shed.sum(axis=1)
        return Dispatch(generation, flows, prices, cost, shed)

    def _fill(
        self, region: _Region, demand: Floats, waiting: NDArray[np.bool_], generation: Floats, prices: Floats
    ) -> None:
        """Give its solution to the waiting hours in whose loads this region is optimal."""
        hours = np.flatnonzero(waiting)
        made, price, optimal = self._evaluate(region, demand[hours])
        generation[hours[optimal]], prices[hours[optimal]] = made[optimal], price[optimal]
        waiting[hours[optimal]] = False

    def _evaluate(self, region: _Region, demand: Floats) -> tuple[Floats, Floats, NDArray[np.bool_]]:
        """Generation, prices and where they are optimal, for loads (hours, buses)."""
        net, factors = self.network, self._factors
        made = np.where(region.lower, net.generator_lower, np.where(region.upper, net.generator_upper, 0.0))
        at_generators = factors[:, net.generator_bus]
        pushed = self._offset + at_generators @ made - demand @ factors.T
        right = np.column_stack(
            (
                np.broadcast_to(-net.cost_linear[region.free], (len(demand), region.free.size)),
                demand.sum(axis=1) - made.sum(),
                region.signs * self.network.limit[self._limited][region.binding] - pushed[:, region.binding],
            )
        )
        solved = right @ region.inverse.T
        count = region.free.size
        generation = np.broadcast_to(made, (len(demand), made.size)).copy()
        generation[:, region.free] = solved[:, :count]
        multipliers = solved[:, count + 1 :]
        prices = solved[:, count][:, None] - multipliers @ factors[region.binding]
        flows = self._offset + generation @ at_generators.T - demand @ factors.T
        slope = 2 * net.cost_quadratic * generation + net.cost_linear - prices[:, net.generator_bus]
        room = _FEASIBLE * (1 + np.abs(net.generator_upper - net.generator_lower))
        worth = _FEASIBLE * (1 + np.abs(net.cost_linear).max())
        optimal = (generation >= net.generator_lower - room).all(axis=1)
        optimal &= (generation <= net.generator_upper + room).all(axis=1)
        optimal &= (np.abs(flows) <= net.limit[self._limited] * (1 + _FEASIBLE)).all(axis=1)
        optimal &= (slope[:, region.lower] >= -worth).all(axis=1) & (slope[:, region.upper] <= worth).all(axis=1)
        optimal &= (multipliers * region.signs >= -worth).all(axis=1)
        return generation, prices, optimal

    def _search(self, demand: Floats, hour: int) -> tuple[_Region | None, Floats, Floats, Floats]:
        """One hour by HiGHS: its region where it has one, generation, prices and what is shed."""
        missing = self._shortfall(demand, hour)
        if missing and self.value_of_lost_load is not None:
            # What is shed counts as generation at the bus, at the value of lost load.
            count = self.network.generator_bus.size
            _, made, prices = Dispatcher(_with_shedding(self.network, demand, self.value_of_lost_load))._refine(demand)
            shed = np.zeros(demand.size)
            shed[np.flatnonzero(demand > 0)] = made[count:]
            return None, made[:count], prices, shed
        return *self._refine(demand), np.zeros(demand.size)

    def _refine(self, demand: Floats) -> tuple[_Region | None, Floats, Floats]:
        """Finer and finer pieces until a binding set is proved optimal, or the pieces are too fine to matter."""
        net = self.network
        width = (net.generator_upper - net.generator_lower) / 2
        middle = (net.generator_lower + net.generator_upper) / 2
        while True:
            made, price, binding, signs = self._pieces(demand, middle, width)
            region = self._region(made, binding, signs)
            if region is not None:
                generation, prices, optimal = self._evaluate(region, demand[None])
                if optimal[0]:
                    return region, generation[0], prices[0]
            if width[net.cost_quadratic > 0].max(initial=0.0) < FINEST_PIECE:
                return None, made, price
            middle, width = made, width / PIECES * 2

    def _pieces(
        self, demand: Floats, middle: Floats, width: Floats
    ) -> tuple[Floats, Floats, NDArray[np.int64], Floats]:
        """The linear program with each quadratic cost as a chain of pieces: generation, prices, binding limits and their signs."""
        net = self.network
        owner, lower, upper, slope = [], [], [], []
        base = np.zeros(net.generator_bus.size)
        for place in range(net.generator_bus.size):
            low, high = net.generator_lower[place], net.generator_upper[place]
            if net.cost_quadratic[place] > 0 and high > low:
                inner = np.linspace(middle[place] - width[place], middle[place] + width[place], PIECES + 1)
                marks = np.unique(np.concatenate(([low, high], np.clip(inner, low, high))))
                base[place] = low
                owner += [place] * (marks.size - 1)
                lower += [0.0] * (marks.size - 1)
                upper += np.diff(marks).tolist()
                slope += (net.cost_linear[place] + net.cost_quadratic[place] * (marks[1:] + marks[:-1])).tolist()
            else:
                owner.append(place)
                lower.append(low)
                upper.append(high)
                slope.append(net.cost_linear[place])
        owners = np.array(owner)
        at_bus = self._factors[:, net.generator_bus]
        pushed = self._offset + at_bus @ base - self._factors @ demand
        limit = net.limit[self._limited]
        found = optimize.linprog(
            slope,
            A_ub=np.vstack((at_bus[:, owners], -at_bus[:, owners])),
            b_ub=np.concatenate((limit - pushed, limit + pushed)),
            A_eq=np.ones((1, owners.size)),
            b_eq=[demand.sum() - base.sum()],
            bounds=np.column_stack((lower, upper)),
            method="highs",
        )
        if found.status != 0:
            raise NotConverged(f"HiGHS did not solve the dispatch of {net.name}: {found.message}")
        made = base.copy()
        np.add.at(made, owners, found.x)
        multipliers = -(found.ineqlin.marginals[: limit.size] - found.ineqlin.marginals[limit.size :])
        prices = float(found.eqlin.marginals[0]) - multipliers @ self._factors
        binding = np.flatnonzero(np.abs(multipliers) > 1e-9)
        return made, prices, binding, np.sign(multipliers[binding])

    def _region(self, made: Floats, binding: NDArray[np.int64], signs: Floats) -> _Region | None:
        """The linear conditions of a binding set, or None where they have no unique solution."""
        net = self.network
        near = 1e-7 * (1 + net.generator_upper - net.generator_lower)
        lower = made <= net.generator_lower + near
        upper = (made >= net.generator_upper - near) & ~lower
        free = np.flatnonzero(~lower & ~upper)
        size = free.size + 1 + binding.size
        system = np.zeros((size, size))
        system[range(free.size), range(free.size)] = 2 * net.cost_quadratic[free]
        system[: free.size, free.size] = -1.0
        system[free.size, : free.size] = 1.0
        at_free = self._factors[binding][:, net.generator_bus[free]]
        system[: free.size, free.size + 1 :] = at_free.T
        system[free.size + 1 :, : free.size] = at_free
        if np.linalg.cond(system) > 1e12:
            return None
        return _Region(lower, upper, binding, signs, free, np.linalg.inv(system).astype(np.float64))

    def _shortfall(self, demand: Floats, hour: int) -> float:
        """Least load that cannot be served, MW; raises InfeasibleMarket where there is some that must be."""
        net = self.network
        most, least, total = net.generator_upper.sum(), net.generator_lower.sum(), demand.sum()
        if total < least:
            raise InfeasibleMarket(
                f"hour {hour}: the net load of {total:.6g} MW lies {least - total:.6g} MW below what the generators of {net.name} "
                "must run; lower their limits or the solar output"
            )
        at_bus, limit = self._factors[:, net.generator_bus], net.limit[self._limited]
        sheddable = np.maximum(demand, 0.0)
        flows = np.hstack((at_bus, self._factors))
        pushed = self._offset - self._factors @ demand
        found = optimize.linprog(
            np.concatenate((np.zeros(net.generator_bus.size), np.ones(demand.size))),
            A_ub=np.vstack((flows, -flows)),
            b_ub=np.concatenate((limit - pushed, limit + pushed)),
            A_eq=np.ones((1, flows.shape[1])),
            b_eq=[total],
            bounds=np.column_stack(
                (
                    np.concatenate((net.generator_lower, np.zeros(demand.size))),
                    np.concatenate((net.generator_upper, sheddable)),
                )
            ),
            method="highs",
        )
        if found.status != 0:
            raise InfeasibleMarket(
                f"hour {hour}: no dispatch of {net.name} keeps the line limits, even when all load is shed"
            )
        missing = float(found.fun)
        if missing <= 1e-6 * (1 + abs(total)):
            return 0.0
        if self.value_of_lost_load is None:
            alone = missing <= (total - most) * (1 + 1e-6)
            why = f"the generators' {most:.6g} MW" if alone else "what generators and lines can bring"
            raise InfeasibleMarket(
                f"hour {hour}: the net load of {total:.6g} MW exceeds {why} by {missing:.6g} MW; give value_of_lost_load "
                "($/MWh) to shed it"
            )
        return missing


def dispatch(network: Network, loads: ArrayLike | None = None, *, value_of_lost_load: float | None = None) -> Dispatch:
    """Least-cost dispatch of the network's own loads, or of loads (hours, buses); one hour where they have one dimension.

    Raises InfeasibleMarket and ValueError.
    """
    demand = network.load if loads is None else loads
    return Dispatcher(network, value_of_lost_load).solve(np.atleast_2d(np.asarray(demand, dtype=float)))


def _with_shedding(network: Network, demand: Floats, value: float) -> Network:
    """The network with a source at every bus that has load, of that size and at the value of lost load."""
    places = np.flatnonzero(demand > 0)
    none = np.zeros(places.size)
    return replace(
        network,
        generator_bus=np.concatenate((network.generator_bus, places)),
        generator_lower=np.concatenate((network.generator_lower, none)),
        generator_upper=np.concatenate((network.generator_upper, demand[places])),
        cost_quadratic=np.concatenate((network.cost_quadratic, none)),
        cost_linear=np.concatenate((network.cost_linear, none + value)),
        cost_constant=np.concatenate((network.cost_constant, none)),
    )


def generator_names(network: Network) -> Sequence[str]:
    """One name per generator: its bus, and a number where a bus has several."""
    numbers = network.buses[network.generator_bus].tolist()
    names = []
    for place, bus in enumerate(numbers):
        twin = numbers[:place].count(bus)
        names.append(f"bus {bus}" if numbers.count(bus) == 1 else f"bus {bus} #{twin + 1}")
    return names
