"""What would a battery have earned at your prices, and what do many batteries do to your day? From an hourly file of your own.

python examples/populations_own_prices.py [hours.csv] [--energy 13.5] [--power 5] [--efficiency 0.95] [--timezone Europe/Berlin]
                                          [--fleet-energy 100] [--fleet-power 40]

hours.csv: time (ISO 8601; with an offset, days on which clocks change are understood), price ($/MWh), and, for the second question,
load (MW) and pv (MW) if you have it. The market is fitted to your prices: price = intercept + slope * (load - pv).
Without a file, a small synthetic one is written to a temporary folder.
"""

import argparse
import sys
import tempfile
from datetime import date, timedelta
from pathlib import Path

import numpy as np

from phasebook.populations import electricity


def main() -> None:
    parser = argparse.ArgumentParser(description="What batteries earn at your prices, and do to them.")
    parser.add_argument(
        "file", nargs="?", type=Path, metavar="HOURS.csv", help="hourly prices, and load if you have it"
    )
    parser.add_argument("--energy", type=float, default=13.5, help="one battery, kWh")
    parser.add_argument("--power", type=float, default=5.0, help="one battery, kW")
    parser.add_argument("--efficiency", type=float, default=0.95, help="one-way efficiency")
    parser.add_argument("--timezone", help="what local time is, such as Europe/Berlin")
    parser.add_argument("--fleet-energy", type=float, default=100.0, help="all batteries, MWh")
    parser.add_argument("--fleet-power", type=float, default=40.0, help="all batteries, MW")
    options = parser.parse_args()
    try:
        if options.file:
            report(options.file, options)
        else:
            with tempfile.TemporaryDirectory() as folder:
                report(write_synthetic_hours(Path(folder) / "hours.csv"), options)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def write_synthetic_hours(path: Path) -> Path:
    """A week of the benchmark day under changing weather, with the prices of a linear market and some noise."""
    generator = np.random.default_rng(4)
    demand = electricity.benchmark_demand() * generator.uniform(0.9, 1.1, (7, 1))
    sun = electricity.benchmark_solar() * generator.uniform(0.3, 1.0, (7, 1))
    price = 10 + 0.35 * (demand - sun) + generator.normal(0, 1.5, (7, 24))
    days = tuple(date(2025, 7, 7) + timedelta(days=k) for k in range(7))
    electricity.write_hourly(electricity.HourlyDays({"load": demand, "pv": sun, "price": price}, days), path)
    print("no file given: a synthetic week of a market with price = 10 + 0.35 * net load\n")
    return path


def report(path: Path, options: argparse.Namespace) -> None:
    """Print both answers."""
    hours = electricity.read_hourly(path, options.timezone)
    print(f"{path.name}: {hours.days} whole days, clocks change on {len(hours.clock_changes)} of them")
    one_battery(hours, options)
    if "load" in hours.values:
        many_batteries(hours, options)


def one_battery(hours: electricity.HourlyDays, options: argparse.Namespace) -> None:
    """The best plan for each day's prices, which a battery would need to have known, and the plan of the mean day."""
    battery = electricity.StorageGroup(1, options.energy / 1000, options.power / 1000, options.efficiency)
    steps = electricity.Fleet((battery,)).soc_steps
    prices = hours.column("price")
    known = [-electricity.best_response(battery, day, steps).cost for day in prices]
    plan = electricity.best_response(battery, hours.day("price"), steps)
    _, up, down = electricity.rolled_out(plan, np.full(steps + 1, 1 / (steps + 1)), days=5)
    traded = plan.grid.step * (up / options.efficiency - down * options.efficiency)
    print(f"\none battery of {options.energy:g} kWh and {options.power:g} kW, which moves no price")
    print(f"knowing each day's prices     {np.mean(known):.3f} $ per day, {min(known):.3f} to {max(known):.3f}")
    print(f"planning on the mean day      {-float((prices @ traded).mean()):.3f} $ per day")


def many_batteries(hours: electricity.HourlyDays, options: argparse.Namespace) -> None:
    """The equilibrium of a fleet on the mean day, beside households that learn it."""
    net = hours.column("load") - hours.values.get("pv", np.zeros((hours.days, 24)))
    slope, intercept = np.polyfit(net.ravel(), hours.column("price").ravel(), 1)
    market = electricity.LinearMarket(float(intercept), float(max(slope, 0.0)))
    day = net.mean(axis=0)
    fleet = electricity.single_fleet(options.fleet_energy, options.fleet_power, options.efficiency, agents=5000)
    found = electricity.solve_equilibrium(market, day, fleet)
    learned = electricity.learn(market, day, fleet, days=200, seed=1)
    before, after = market.prices(day)[:, 0], found.prices[:, 0]
    print(f"\na fleet of {options.fleet_energy:g} MWh and {options.fleet_power:g} MW on the mean day")
    print(f"market fitted to your prices  {market.intercept:.2f} + {market.slope:.4f} * net load")
    print(f"peak                          {day.max():.1f} MW before, {found.net_load.max():.1f} MW after")
    spans = [f"{price.min():.2f} to {price.max():.2f}" for price in (before, after)]
    print(f"prices                        {spans[0]} before, {spans[1]} after")
    print(
        f"learned in 200 days           within {electricity.price_distance(learned, found.prices)[-1]:.3f} $/MWh of that"
    )
    print(f"left to gain by deviating     {learned.regret[-1]:.5f} $ per household and day")


if __name__ == "__main__":
    main()
