"""Markets: what a net load costs at each hour and bus, at three levels of detail.

A market has `buses`; `prices` clears it hour by hour; `supply` lists its offers, whose integral is the cost that an equilibrium
minimizes. The price is the marginal cost of supply, so that the game of price takers has a potential (derived here).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .dispatch import Dispatcher, InfeasibleMarket
from .network import Network

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Offers:
    """Supply with marginal cost `linear` + `quadratic` · quantity ($/MWh), between `lower` and `upper` MW, at buses (offers,)."""

    bus: NDArray[np.int64]
    linear: Floats
    quadratic: Floats
    lower: Floats
    upper: Floats


class NoPotential(ValueError):
    """A supply curve that falls somewhere: the price is no gradient of a convex cost, so no convex program has the equilibrium."""


@dataclass(frozen=True)
class LinearMarket:
    """One bus with price `intercept` + `slope` · net load, in $/MWh and $/MWh per MW, and not below `floor` where one is given.

    A floor of 0 is what happens where panels are switched off rather than pay. Raises ValueError.
    """

    intercept: float
    slope: float
    floor: float | None = None

    def __post_init__(self) -> None:
        if not (np.isfinite(self.intercept) and np.isfinite(self.slope) and self.slope >= 0):
            raise ValueError(
                f"intercept and slope must be finite and slope not negative; got {self.intercept!r}, {self.slope!r}"
            )
        if self.floor is not None and not np.isfinite(self.floor):
            raise ValueError(f"floor must be finite; got {self.floor!r}")

    @property
    def buses(self) -> int:
        """One."""
        return 1

    def prices(self, net_load: ArrayLike) -> Floats:
        """Prices (hours, 1) in $/MWh of net loads (hours, 1) in MW."""
        price = self.intercept + self.slope * _net_load(net_load, 1)
        return price if self.floor is None else np.maximum(price, self.floor)

    def supply(self) -> Offers:
        """One offer without limits; with a floor, one at the floor and from there one that rises."""
        if self.floor is None or self.slope == 0:
            level = self.intercept if self.floor is None else max(self.intercept, self.floor)
            return _offers([(level, self.slope, -np.inf, np.inf)])
        reached = (self.floor - self.intercept) / self.slope
        return _offers([(self.floor, 0.0, -np.inf, reached), (self.floor, self.slope, 0.0, np.inf)])


@dataclass(frozen=True)
class MeritMarket:
    """One bus with a piecewise-linear supply curve through (`quantities`, `prices_there`), in MW and $/MWh.

    Two points at one quantity are a jump. Below the first point the first price holds, beyond the last the market is infeasible
    unless `value_of_lost_load` ($/MWh) is given. A curve may fall (then there is no potential). Raises ValueError.
    """

    quantities: tuple[float, ...]
    prices_there: tuple[float, ...]
    value_of_lost_load: float | None = None

    def __post_init__(self) -> None:
        quantity, price = np.asarray(self.quantities, float), np.asarray(self.prices_there, float)
        if quantity.ndim != 1 or quantity.size < 2 or quantity.shape != price.shape:
            raise ValueError(
                f"quantities and prices must be two lists of one length, at least 2; got {quantity.shape} and {price.shape}"
            )
        if not (np.isfinite(quantity).all() and np.isfinite(price).all()):
            raise ValueError("quantities and prices of offers must be finite")
        if (np.diff(quantity) < 0).any():
            place = int(np.argmax(np.diff(quantity) < 0))
            raise ValueError(f"quantities must not fall; got {quantity[place]:g} before {quantity[place + 1]:g} MW")

    @property
    def buses(self) -> int:
        """One."""
        return 1

    @property
    def is_monotone(self) -> bool:
        """Whether the price never falls with quantity."""
        return bool((np.diff(self.prices_there) >= 0).all())

    def prices(self, net_load: ArrayLike) -> Floats:
        """Prices (hours, 1) of net loads (hours, 1). Raises InfeasibleMarket beyond the last offer."""
        load = _net_load(net_load, 1)
        beyond = load[:, 0] - self.quantities[-1]
        if (beyond > 0).any() and self.value_of_lost_load is None:
            hour = int(np.argmax(beyond > 0))
            raise InfeasibleMarket(
                f"hour {hour}: the net load of {load[hour, 0]:.6g} MW exceeds the offers' {self.quantities[-1]:.6g} MW by "
                f"{beyond[hour]:.6g} MW; give value_of_lost_load ($/MWh) to shed it"
            )
        price = np.interp(load, self.quantities, self.prices_there)
        return (
            price if self.value_of_lost_load is None else np.where(beyond[:, None] > 0, self.value_of_lost_load, price)
        )

    def supply(self) -> Offers:
        """One offer per piece, cheapest first. Raises NoPotential where the curve falls."""
        if not self.is_monotone:
            place = int(np.argmax(np.diff(self.prices_there) < 0))
            raise NoPotential(
                f"the supply curve falls from {self.prices_there[place]:g} to {self.prices_there[place + 1]:g} $/MWh at "
                f"{self.quantities[place]:g} MW: its equilibrium is no convex program (learning still works)"
            )
        quantity, price = np.asarray(self.quantities, float), np.asarray(self.prices_there, float)
        width, rise = np.diff(quantity), np.diff(price)
        kept = width > 0
        lower, upper = np.zeros(int(kept.sum())), width[kept]
        offers = [
            (price[0], 0.0, -np.inf, quantity[0]),
            *zip(price[:-1][kept], rise[kept] / width[kept], lower, upper, strict=True),
        ]
        if self.value_of_lost_load is not None:
            offers.append((self.value_of_lost_load, 0.0, 0.0, np.inf))
        return _offers(offers)


@dataclass(frozen=True)
class NetworkMarket:
    """Locational prices of a network: the cost of one more MW at each bus at the least-cost dispatch of the hour.

    Hours beyond the generators or the lines raise InfeasibleMarket unless `value_of_lost_load` ($/MWh) is given.
    """

    network: Network
    value_of_lost_load: float | None = None
    _dispatcher: Dispatcher = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_dispatcher", Dispatcher(self.network, self.value_of_lost_load))

    @property
    def buses(self) -> int:
        """The network's."""
        return int(self.network.buses.size)

    def prices(self, net_load: ArrayLike) -> Floats:
        """Prices (hours, buses) of net loads (hours, buses)."""
        return self._dispatcher.solve(_net_load(net_load, self.buses)).prices

    def supply(self) -> Offers:
        """The generators', and where lost load has a value, a source without limit at every bus."""
        net = self.network
        offers = Offers(
            net.generator_bus, net.cost_linear, 2 * net.cost_quadratic, net.generator_lower, net.generator_upper
        )
        if self.value_of_lost_load is None:
            return offers
        none = np.zeros(self.buses)
        return Offers(
            np.concatenate((offers.bus, np.arange(self.buses))),
            np.concatenate((offers.linear, none + self.value_of_lost_load)),
            np.concatenate((offers.quadratic, none)),
            np.concatenate((offers.lower, none)),
            np.concatenate((offers.upper, none + np.inf)),
        )


def _offers(rows: list[tuple[float, float, float, float]]) -> Offers:
    """Offers at the only bus from rows (linear, quadratic, lower, upper)."""
    linear, quadratic, lower, upper = np.array(rows, dtype=float).T
    return Offers(np.zeros(linear.size, np.int64), linear, quadratic, lower, upper)


Market: TypeAlias = LinearMarket | MeritMarket | NetworkMarket


def hourly_net_load(market: Market, net_load: ArrayLike) -> Floats:
    """Net load as (hours, buses); (hours,) is taken for a market of one bus. Raises ValueError for a wrong shape or NaN."""
    return _net_load(net_load, market.buses)


def _net_load(net_load: ArrayLike, buses: int) -> Floats:
    load = np.asarray(net_load, dtype=float)
    if load.ndim == 1 and buses == 1:
        load = load[:, None]
    if load.ndim != 2 or load.shape[1] != buses:
        raise ValueError(f"net_load must have shape (hours, {buses}), one column per bus; got {load.shape}")
    if not np.isfinite(load).all():
        hour = int(np.argwhere(~np.isfinite(load))[0, 0])
        raise ValueError(f"net_load must be finite; hour {hour} is not")
    return load
