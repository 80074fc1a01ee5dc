"""Days of demand and sun: the benchmark day, a duck curve with any share of solar energy, and what describes a day."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

HOURS = 24
SUNRISE, SUNSET = 6.0, 18.0


@dataclass(frozen=True)
class DayShape:
    """Peak (MW), peak over mean, largest change between consecutive hours (MW), and the prices' mean, spread and range ($/MWh)."""

    peak: float
    peak_to_average: float
    ramp: float
    price_mean: float
    price_stddev: float
    price_range: float


def clear_sky(hours: int = HOURS) -> NDArray[np.float64]:
    """Output of a panel under a clear sky relative to noon, (hours,): the 3/2 power of the sun's sine between 6 and 18 o'clock."""
    hour = np.arange(hours) * HOURS / hours
    sine = np.sin(np.pi * (hour - SUNRISE) / (SUNSET - SUNRISE))
    return np.where((hour >= SUNRISE) & (hour <= SUNSET), np.maximum(sine, 0.0), 0.0) ** 1.5


def benchmark_demand() -> NDArray[np.float64]:
    """Demand (24,) in MW of the benchmark day: 200 with a morning bump, an evening peak and a trough at night."""
    hour = np.arange(HOURS)
    evening = 60 * np.exp(-(((hour - 19) / 2.5) ** 2))
    morning = 25 * np.exp(-(((hour - 8) / 2) ** 2))
    return 200 + evening + morning - 30 * np.exp(-(((hour - 3) / 3) ** 2))


def benchmark_solar() -> NDArray[np.float64]:
    """Solar output (24,) in MW of the benchmark day: 90 MW at noon."""
    return 90 * clear_sky()


def duck_day(solar_share: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Demand and solar output (24,) in MW of an island with an evening peak, for a share of the day's energy that comes from the
    sun.

    Raises ValueError unless the share lies in [0, 0.6].
    """
    if not 0 <= solar_share <= 0.6:
        raise ValueError(f"solar_share must lie in [0, 0.6]; got {solar_share!r}")
    demand, sky = benchmark_demand(), clear_sky()
    return demand, sky * solar_share * demand.sum() / sky.sum()


def day_shape(net_load: ArrayLike, prices: ArrayLike) -> DayShape:
    """The figures of one day of net load (hours,) or (hours, buses) and its prices; prices of buses are weighted by |net load|.

    The day is cyclic: the last hour is followed by the first. Raises ValueError for unequal shapes.
    """
    load, price = np.asarray(net_load, dtype=float), np.asarray(prices, dtype=float)
    if load.shape != price.shape or load.ndim not in (1, 2):
        raise ValueError(
            f"net_load and prices must have one shape, (hours,) or (hours, buses); got {load.shape}, {price.shape}"
        )
    price = system_price(load, price)
    total = load if load.ndim == 1 else load.sum(axis=1)
    return DayShape(
        float(total.max()),
        float(total.max() / total.mean()),
        float(np.abs(np.diff(total, append=total[:1])).max()),
        float(price.mean()),
        float(price.std()),
        float(np.ptp(price)),
    )


def system_price(net_load: NDArray[np.float64], prices: NDArray[np.float64]) -> NDArray[np.float64]:
    """Mean price over buses (hours,), weighted by the size of their net loads."""
    if prices.ndim == 1:
        return prices
    weight = np.abs(net_load)
    return np.asarray((weight * prices).sum(axis=1) / np.maximum(weight.sum(axis=1), 1e-300))
