"""Labeled results on one bus: the day before and after storage, what households learn, and how schemes of learning compare."""

from __future__ import annotations

from typing import Any

import numpy as np
import xarray as xr
from numpy.typing import ArrayLike, NDArray

from ...numerics import about
from .days import day_shape
from .equilibrium import solve_equilibrium
from .fleet import Fleet
from .learning import Learned, Revision, learn
from .market import LinearMarket, Market, MeritMarket, hourly_net_load

Floats = NDArray[np.float64]
STORAGE = ("none", "yes")
SCHEMES = {
    "one in k": Revision("harmonic"),
    "5%": Revision("constant", 0.05),
    "all, mean belief": Revision("constant", 1.0, 0.05),
    "all": Revision("constant", 1.0),
}
PRICE, POWER = "$/MWh", "MW"
_AXES = {
    "hour": ("h", "hour of the day"),
    "day": ("d", "day"),
    "bus": ("", "bus"),
}


def predicted_day(market: LinearMarket | MeritMarket, net_load: ArrayLike, fleet: Fleet) -> xr.Dataset:
    """Prices, net load and fleet of the equilibrium beside the day without storage. Variables end in _theory."""
    load = hourly_net_load(market, net_load)
    before, found = market.prices(load)[:, 0], solve_equilibrium(market, load, fleet)
    after, net = found.prices[:, 0], found.net_load[:, 0]
    power = (found.charging - found.discharging).sum(axis=1)
    variables: dict[str, Any] = {
        "price_theory": ("hour", after, about(PRICE, "price in equilibrium")),
        "price_before_theory": ("hour", before, about(PRICE, "price without batteries")),
        "hourly_price_theory": (("storage", "hour"), np.stack((before, after)), about(PRICE, "price over the day")),
        "hourly_load_theory": (
            ("storage", "hour"),
            np.stack((load[:, 0], net)),
            about(POWER, "net load over the day"),
        ),
        "fleet_power_theory": ("hour", power, about(POWER, "what all batteries together draw from the grid")),
        **_figures("theory", load[:, 0], before, net, after),
        "cost_saving_theory": (
            (),
            float(before @ load[:, 0] - after @ net),
            about("$/d", "what consumers save in a day, batteries' trade included"),
        ),
    }
    data = labeled(variables, hour=np.arange(len(load)))
    return data.assign_coords(storage=("storage", list(STORAGE), {"long_name": "storage"}))


def simulated_day(
    market: Market, net_load: ArrayLike, fleet: Fleet, days: int, revision: Revision, spread: float, seed: int
) -> xr.Dataset:
    """The last day of learning by individually simulated households, and how far from equilibrium each day was.

    `price_stderr` is the standard deviation of an hour's price over the last tenth of the days (they fluctuate with the agents'
    clocks). Variables end in _simulation.
    """
    load = hourly_net_load(market, net_load)
    before = market.prices(load)[:, 0]
    learned = learn(market, load, fleet, days=days, revision=revision, spread=spread, seed=seed)
    price, net = learned.prices[-1, :, 0], learned.net_load[-1, :, 0]
    scatter = learned.prices[-max(2, days // 10) :, :, 0].std(axis=0)
    variables: dict[str, Any] = {
        "price_simulation": ("hour", price, about(PRICE, "realized price on the last day")),
        "price_stderr": ("hour", scatter, about(PRICE, "standard deviation over the last tenth of the days")),
        "hourly_price_simulation": ("hour", price, about(PRICE, "realized price on the last day")),
        "hourly_load_simulation": ("hour", net, about(POWER, "net load on the last day")),
        "fleet_power_simulation": ("hour", net - load[:, 0], about(POWER, "what all batteries draw on the last day")),
        "exploitability_simulation": (
            "day",
            learned.regret,
            about("$/agent/d", "what an agent could have saved by planning against the day's prices"),
        ),
        "revising_simulation": ("day", learned.revised, about("1", "share of agents that planned anew")),
        **_figures("simulation", load[:, 0], before, net, price),
        "cost_saving_simulation": (
            (),
            float(before @ load[:, 0] - price @ net),
            about("$/d", "what consumers save on the last day"),
        ),
    }
    return labeled(variables, hour=np.arange(len(load)), day=np.arange(1, days + 1))


def compared_schemes(
    market: LinearMarket | MeritMarket, net_load: ArrayLike, fleet: Fleet, days: int, seed: int
) -> xr.Dataset:
    """Root mean square distance of realized prices from the equilibrium's, and exploitability, per day and scheme."""
    load = hourly_net_load(market, net_load)
    truth = solve_equilibrium(market, load, fleet).prices
    runs = [
        learn(market, load, fleet, days=days, revision=scheme, seed=seed + place)
        for place, scheme in enumerate(SCHEMES.values())
    ]
    errors = np.stack([price_distance(run, truth) for run in runs])
    variables = {
        "price_error_simulation": (
            ("revising", "day"),
            errors,
            about(PRICE, "distance of realized prices from equilibrium (root mean square)"),
        ),
        "exploitability_simulation": (
            ("revising", "day"),
            np.stack([run.regret for run in runs]),
            about("$/agent/d", "what an agent could have saved"),
        ),
    }
    data = labeled(variables, day=np.arange(1, days + 1))
    return data.assign_coords(revising=("revising", list(SCHEMES), {"long_name": "who plans anew on day k"}))


def price_distance(learned: Learned, truth: ArrayLike) -> Floats:
    """Root mean square distance (days,) of realized prices from prices (hours, buses)."""
    difference = learned.prices - np.asarray(truth, dtype=float)
    return np.sqrt((difference**2).mean(axis=(1, 2)))


def variance_reduction(before: ArrayLike, after: ArrayLike) -> float:
    """By which share the variance of the day's prices fell; 0 where there was none to reduce."""
    former, present = np.asarray(before, dtype=float), np.asarray(after, dtype=float)
    spread = float(former.var())
    return 1.0 - float(present.var()) / spread if spread > 0 else 0.0


def _figures(road: str, load: Floats, before: Floats, net: Floats, price: Floats) -> dict[str, Any]:
    """The day's figures on one road; those without storage belong to theory."""
    shape, former = day_shape(net, price), day_shape(load, before)
    found: dict[str, Any] = {
        f"peak_{road}": ((), shape.peak, about(POWER, "peak net load")),
        f"peak_to_average_{road}": ((), shape.peak_to_average, about("1", "peak over mean net load")),
        f"ramp_{road}": ((), shape.ramp, about(POWER, "largest change of net load between hours")),
        f"price_stddev_{road}": ((), shape.price_stddev, about(PRICE, "standard deviation of the day's prices")),
        f"price_range_{road}": ((), shape.price_range, about(PRICE, "highest less lowest price")),
        f"variance_reduction_{road}": (
            (),
            variance_reduction(before, price),
            about("1", "share by which the variance of the day's prices falls"),
        ),
    }
    if road == "theory":
        found["peak_before_theory"] = ((), former.peak, about(POWER, "peak net load without batteries"))
        found["ramp_before_theory"] = ((), former.ramp, about(POWER, "largest change without batteries"))
        found["price_range_before_theory"] = ((), former.price_range, about(PRICE, "price range without batteries"))
    return found


def labeled(variables: dict[str, Any], **coordinates: ArrayLike) -> xr.Dataset:
    """A Dataset whose axes say what they are."""
    coords = {
        name: (name, np.asarray(values), {"units": _AXES[name][0], "long_name": _AXES[name][1]})
        for name, values in coordinates.items()
    }
    return xr.Dataset(variables, coords=coords)
