"""Experiments: the learned day beside its convex program, schemes of learning, networks, shocks, and a user's own day."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import populations
from ...claims import File, Help, Range, Text, UserFile
from .subject import paper

if TYPE_CHECKING:
    import xarray as xr

    from ...populations.electricity import Fleet, LinearMarket, Network, Revision

Intercept = Annotated[float, Range(-100.0, 1000.0, "price at a net load of zero", "$/MWh")]
Slope = Annotated[float, Range(0.0, 100.0, "price per net load", "$/MWh per MW")]
Energy = Annotated[float, Range(0.001, 1e6, "energy that all batteries hold together", "MWh")]
Power = Annotated[float, Range(0.001, 1e6, "power of all batteries together, in and out", "MW")]
Efficiency = Annotated[float, Range(0.5, 1.0, "one-way efficiency; a round trip keeps its square")]
Days = Annotated[int, Range(1, 5000, "days of learning")]
Agents = Annotated[int, Range(10, 1_000_000, "households that are simulated one by one; they share the fleet's energy")]
RevisionKind = Annotated[
    Literal["harmonic", "constant"],
    Help("who plans anew: on day k each agent with chance 1/(k + 2), or every day with the same chance"),
]
RevisionRate = Annotated[
    float | None, Range(0.0, 1.0, "chance to plan anew on a day, for revision=constant; 0.05 unless given")
]
BeliefWeight = Annotated[float, Range(0.001, 1.0, "weight α of a day's prices in a belief; 1 believes the last day")]
Spread = Annotated[float, Range(0.0, 0.49, "spread of agents' own first beliefs, relative to the price")]
CaseFile = File(
    "phasebook.populations.electricity.case_reader:read_case",
    "the network: the IEEE 14-bus case, or your MATPOWER case (version 2) or JSON with its matrices",
    (".m", ".json"),
)
Case = Annotated[Literal["ieee14"] | UserFile, CaseFile]
LIMITS = r"\s*\d+-\d+\s*=\s*[\d.]+\s*(,\s*\d+-\d+\s*=\s*[\d.]+\s*)*"
LineLimit = Annotated[str | None, Text(LIMITS, "limits of lines, like 1-2=80 (buses, MW), separated by commas")]
LoadScale = Annotated[float, Range(0.0, 10.0, "factor on every load of the network")]
LostLoad = Annotated[
    float | None, Range(1.0, 1e6, "value of lost load: sheds what cannot be served instead of refusing", "$/MWh")
]
Households = Annotated[int, Range(14, 100_000, "simulated households, spread over the buses by load")]
Homes = Annotated[float, Range(0.01, 100.0, "homes that each simulated household stands for")]
Panels = Annotated[float, Range(0.0, 30.0, "solar panels of a home", "kW")]
LOAD = File(
    "phasebook.populations.electricity.hourly_reader:read_hourly",
    "your hours: a .csv with columns time (ISO 8601, with offset) or hour, load (MW), and pv (MW) or ghi (W/m²) if you have it",
    (".csv",),
)
SUPPLY = File(
    "phasebook.populations.electricity.hourly_reader:read_supply",
    "your supply curve: a .csv with columns quantity (MW, cumulative) and price ($/MWh); or price = intercept + slope · net load",
    (".csv",),
)
Date = Annotated[str, Text(r"mean|\d{4}-\d{2}-\d{2}", "mean day of the file, or one of its days as YYYY-MM-DD")]
SolarShare = Annotated[float | None, Range(0.0, 0.6, "share of energy from the sun, for load=duck; 0.3 unless given")]
SolarCapacity = Annotated[float | None, Range(0.0, 1e6, "panels' output at 1000 W/m², for a file with ghi", "MW")]
MARKET = {
    "net load": "demand − solar output + charging − discharging; prices are $/MWh, powers MW at the meter",
    "efficiency": "one-way: charge gains ηc and loses u/η",
    "a day": "repeats for ever: charge at midnight is the same at both ends",
}

ON_A_NETWORK = {
    "a bus's demand": "its load in the case, times load-scale, in the shape of the benchmark day",
    "line limits": "line 1-2 of ieee14 is limited to 80 MW unless line-limit is given; your own case keeps its limits",
}


@paper.experiment(
    show=("hourly_price", "hourly_load", "fleet_power", "exploitability"),
    logarithmic=("day", "exploitability"),
    conventions=MARKET,
)
def equilibrium(
    intercept: Intercept = 10.0,
    slope: Slope = 0.35,
    storage_energy: Energy = 100.0,
    storage_power: Power = 40.0,
    efficiency: Efficiency = 0.95,
) -> xr.Dataset:
    """Prices of a day with and without batteries: the equilibrium by a convex program, and what households learn by themselves.

    Market: p = intercept + slope · net load, on the benchmark day (200 MW with an evening peak, 90 MW of sun). Theory:
    price_theory (hour), price_before_theory (hour), peak_theory, variance_reduction_theory and more, from min Σ C(N + c − u) with
    C' = p. Simulation: price_simulation (hour) on the last day, exploitability_simulation (day) in $ per agent and day,
    peak_simulation, variance_reduction_simulation. Source: arXiv 2503.07984 (setting); equations derived, see
    `populations.electricity`.
    """
    market, net_load, fleet = _benchmark(intercept, slope, storage_energy, storage_power, efficiency)
    return populations.electricity.predicted_day(market, net_load, fleet)


@equilibrium.measurement
def simulated_equilibrium(
    intercept: float,
    slope: float,
    storage_energy: float,
    storage_power: float,
    efficiency: float,
    *,
    days: Days = 300,
    revision: RevisionKind = "harmonic",
    revision_rate: RevisionRate = None,
    belief_weight: BeliefWeight = 1.0,
    belief_spread: Spread = 0.0,
    agents: Agents = 7400,
    seed: int,
) -> xr.Dataset:
    """Every household plans by dynamic programming against its own belief, on its own clock; the market clears each hour."""
    rule = _revision(revision, revision_rate, belief_weight)
    market, net_load, fleet = _benchmark(intercept, slope, storage_energy, storage_power, efficiency, agents)
    return populations.electricity.simulated_day(market, net_load, fleet, days, rule, belief_spread, seed)


@paper.experiment(show=("price", "generation"), conventions={"susceptance": "1 / (x · tap) on the case's base power"})
def dispatch(
    case: Case = "ieee14",
    load_scale: LoadScale = 1.0,
    line_limit: LineLimit = None,
    value_of_lost_load: LostLoad = None,
) -> xr.Dataset:
    """Least-cost dispatch of a network in the direct-current approximation, and the price at every bus.

    Variables: objective_theory ($/h), price_theory (bus), generation_theory (generator), flow_theory (branch), shed_theory (bus).
    Source: direct-current optimal power flow (textbook); prices are the multipliers of the nodal balance, by HiGHS.
    """
    network = _network(case, load_scale, line_limit)
    return populations.electricity.dispatched(network, value_of_lost_load)


@paper.experiment(
    theory="absent",
    show=("price_error", "exploitability"),
    logarithmic=("day", "price_error", "exploitability"),
    conventions=MARKET,
)
def learning_schemes(
    intercept: Intercept = 10.0,
    slope: Slope = 0.35,
    storage_energy: Energy = 100.0,
    storage_power: Power = 40.0,
    efficiency: Efficiency = 0.95,
    days: Days = 200,
    agents: Agents = 7400,
    *,
    seed: int,
) -> xr.Dataset:
    """Who may plan anew decides: distance of realized prices from equilibrium when few do, some do, or all do every day.

    Variables: price_error_simulation (revising, day) against the convex program, exploitability_simulation (revising, day).
    Source: derived here.
    """
    market, net_load, fleet = _benchmark(intercept, slope, storage_energy, storage_power, efficiency, agents)
    return populations.electricity.compared_schemes(market, net_load, fleet, days, seed)


@paper.experiment(
    show=("price", "net_load", "peak_hour_price", "exploitability"),
    logarithmic=("day", "exploitability"),
    conventions=ON_A_NETWORK,
)
def network(
    case: Case = "ieee14",
    load_scale: LoadScale = 1.5,
    line_limit: LineLimit = None,
    households: Households = 5000,
    homes_per_household: Homes = 1.5,
    panels: Panels = 5.0,
    value_of_lost_load: LostLoad = None,
) -> xr.Dataset:
    """The same on a network: prices over the day and by bus, with households of three battery models at every loaded bus.

    Theory: one dispatch program over all hours with all batteries; price_theory (storage, hour) is weighted by demand,
    peak_hour_price_theory (storage, bus). Source: arXiv 2503.07984 (setting); equations derived.
    """
    day = _day(case, load_scale, line_limit, households, homes_per_household, panels, value_of_lost_load)
    return populations.electricity.predicted_network_day(day)


@network.measurement
def simulated_network(
    case: Any,
    load_scale: float,
    line_limit: str | None,
    households: int,
    homes_per_household: float,
    panels: float,
    value_of_lost_load: float | None,
    *,
    days: Days = 100,
    belief_weight: BeliefWeight = 0.3,
    seed: int,
) -> xr.Dataset:
    """Households learn their bus's prices; every hour is dispatched anew."""
    day = _day(case, load_scale, line_limit, households, homes_per_household, panels, value_of_lost_load)
    rule = populations.electricity.Revision("harmonic", weight=belief_weight)
    return populations.electricity.simulated_network_day(day, days, rule, seed)


@paper.experiment(show=("highest_price", "peak"), logarithmic=("highest_price",), conventions=ON_A_NETWORK)
def shock(
    kind: Annotated[
        Literal["demand", "outage"], Help("more demand from 17 to 21 o'clock, or a generator that fails")
    ] = "demand",
    size: Annotated[float | None, Range(0.0, 1.0, "share by which evening demand rises; 0.2 unless given")] = None,
    generator: Annotated[int | None, Range(1, 1000, "number of the generator that fails; 5 unless given")] = None,
    first_day: Annotated[int, Range(2, 400, "first day of the shock")] = 41,
    length: Annotated[int, Range(1, 100, "days that it lasts")] = 5,
    days: Annotated[int, Range(10, 500, "days in all")] = 60,
    case: Case = "ieee14",
    load_scale: LoadScale = 1.5,
    line_limit: LineLimit = None,
    households: Households = 5000,
    homes_per_household: Homes = 1.5,
    panels: Panels = 5.0,
) -> xr.Dataset:
    """Days of shock on the network: highest price and peak of each day, without batteries and with them.

    Lost load costs 1000 $/MWh. Theory with batteries is the equilibrium of a day that everybody knows; households see a shock
    only in the prices of the day before. Source: arXiv 2503.07984 studies demand and supply shocks; equations derived.
    """
    event = _shock(kind, size, generator, first_day, length, days)
    day = _day(case, load_scale, line_limit, households, homes_per_household, panels)
    return populations.electricity.predicted_shock(day, event, days)


@shock.measurement
def simulated_shock(
    kind: Literal["demand", "outage"],
    size: float | None,
    generator: int | None,
    first_day: int,
    length: int,
    days: int,
    case: Any,
    load_scale: float,
    line_limit: str | None,
    households: int,
    homes_per_household: float,
    panels: float,
    *,
    revision_rate: Annotated[float, Range(0.0, 1.0, "chance to plan anew on a day")] = 0.1,
    belief_weight: BeliefWeight = 0.5,
    seed: int,
) -> xr.Dataset:
    """Households that learn through the shock, some of whom plan anew each day."""
    event = _shock(kind, size, generator, first_day, length, days)
    day = _day(case, load_scale, line_limit, households, homes_per_household, panels)
    rule = populations.electricity.Revision("constant", revision_rate, belief_weight)
    return populations.electricity.simulated_shock(day, event, days, rule, seed)


@paper.experiment(
    show=("hourly_price", "hourly_load", "fleet_power", "exploitability"),
    logarithmic=("day", "exploitability"),
    conventions={
        **MARKET,
        "a day on which clocks change": "its skipped hour is interpolated, its doubled hour averaged",
        "hours of one price": "what batteries do in them is not determined: equilibria share prices, not powers",
    },
)
def own_day(
    load: Annotated[Literal["duck"] | UserFile, LOAD] = "duck",
    date: Date = "mean",
    solar_share: SolarShare = None,
    solar_capacity: SolarCapacity = None,
    supply: Annotated[Literal["linear"] | UserFile, SUPPLY] = "linear",
    intercept: Annotated[float | None, Range(-100.0, 1000.0, "price at no net load; 10 unless given", "$/MWh")] = None,
    slope: Annotated[float | None, Range(0.0, 100.0, "price per net load; 0.35 unless given", "$/MWh per MW")] = None,
    price_floor: Annotated[
        float | None,
        Range(-1000.0, 1000.0, "lowest price, for supply=linear; 0 where panels are switched off", "$/MWh"),
    ] = None,
    storage_energy: Energy = 100.0,
    storage_power: Power = 40.0,
    efficiency: Efficiency = 0.95,
) -> xr.Dataset:
    """Your own day of load and sun before and after a fleet of batteries, in equilibrium and learned.

    Variables as in equilibrium. Without a file: a duck curve, the benchmark day's demand with a chosen share of sun. Sun is the
    column pv, or the column ghi times solar-capacity.
    """
    electricity = populations.electricity
    net_load = _own_net_load(load, date, solar_share, solar_capacity)
    fleet = electricity.single_fleet(storage_energy, storage_power, efficiency)
    return electricity.predicted_day(_own_market(supply, intercept, slope, price_floor), net_load, fleet)


@own_day.measurement
def simulated_own_day(
    load: Any,
    date: str,
    solar_share: float | None,
    solar_capacity: float | None,
    supply: Any,
    intercept: float | None,
    slope: float | None,
    price_floor: float | None,
    storage_energy: float,
    storage_power: float,
    efficiency: float,
    *,
    days: Days = 300,
    agents: Agents = 7400,
    seed: int,
) -> xr.Dataset:
    """Households that learn your day's prices."""
    electricity = populations.electricity
    net_load = _own_net_load(load, date, solar_share, solar_capacity)
    fleet = electricity.single_fleet(storage_energy, storage_power, efficiency, agents)
    market = _own_market(supply, intercept, slope, price_floor)
    return electricity.simulated_day(market, net_load, fleet, days, electricity.Revision(), 0.0, seed)


def _benchmark(
    intercept: float, slope: float, energy: float, power: float, efficiency: float, agents: int = 1
) -> tuple[LinearMarket, Any, Fleet]:
    electricity = populations.electricity
    net_load = electricity.benchmark_demand() - electricity.benchmark_solar()
    fleet = electricity.single_fleet(energy, power, efficiency, agents)
    return electricity.LinearMarket(intercept, slope), net_load, fleet


def _revision(kind: Literal["harmonic", "constant"], rate: float | None, weight: float) -> Revision:
    if kind == "harmonic" and rate is not None:
        raise ValueError(f"revision-rate is for revision=constant; got {rate:g} with revision=harmonic")
    return populations.electricity.Revision(kind, 0.05 if rate is None else rate, weight)


def _network(case: Any, load_scale: float, line_limit: str | None) -> Network:
    electricity = populations.electricity
    grid = case.content if isinstance(case, UserFile) else electricity.ieee14()
    if line_limit is not None:
        grid = electricity.with_line_limits(grid, electricity.parse_line_limits(line_limit))
    return electricity.with_loads_scaled(grid, load_scale)


def _day(
    case: Any,
    load_scale: float,
    line_limit: str | None,
    households: int,
    homes: float,
    panels: float,
    value_of_lost_load: float | None = None,
) -> Any:
    """A day on the network; the 14-bus case, which has no limits of its own, gets one unless others are given."""
    limits = "1-2=80" if line_limit is None and not isinstance(case, UserFile) else line_limit
    return populations.electricity.neighborhood_day(
        _network(case, load_scale, limits), households, homes, panels, value_of_lost_load=value_of_lost_load
    )


def _shock(
    kind: Literal["demand", "outage"], size: float | None, generator: int | None, first_day: int, length: int, days: int
) -> Any:
    if kind == "demand" and generator is not None:
        raise ValueError(f"generator is for kind=outage; got {generator} with kind=demand")
    if kind == "outage" and size is not None:
        raise ValueError(f"size is for kind=demand; got {size:g} with kind=outage")
    if first_day + length > days:
        raise ValueError(f"first-day + length must be at most the {days} days; got {first_day} + {length}")
    return populations.electricity.Shock(
        kind, 0.2 if size is None else size, 4 if generator is None else generator - 1, first_day - 1, length
    )


def _own_market(supply: Any, intercept: float | None, slope: float | None, floor: float | None) -> Any:
    """The market of a supply curve in a file, or a linear one."""
    if not isinstance(supply, UserFile):
        return populations.electricity.LinearMarket(
            10.0 if intercept is None else intercept, 0.35 if slope is None else slope, floor
        )
    for name, value in (("intercept", intercept), ("slope", slope), ("price-floor", floor)):
        if value is not None:
            raise ValueError(f"{name} is for supply=linear; got {value:g} with a file")
    return supply.content


def _own_net_load(load: Any, date: str, solar_share: float | None, solar_capacity: float | None) -> Any:
    """Load less solar output, (24,) in MW."""
    if not isinstance(load, UserFile):
        for name, given in (("date", date != "mean"), ("solar-capacity", solar_capacity is not None)):
            if given:
                raise ValueError(f"{name} is for a file; got it with load=duck")
        demand, solar = populations.electricity.duck_day(0.3 if solar_share is None else solar_share)
        return demand - solar
    if solar_share is not None:
        raise ValueError(f"solar-share is for load=duck; got {solar_share:g} with a file")
    days = load.content
    net = days.day("load", date)
    if "ghi" in days.values and "pv" not in days.values:
        if solar_capacity is None:
            raise ValueError("solar-capacity (MW at 1000 W/m²) must be given for a file with a column ghi and none pv")
        return net - solar_capacity * days.day("ghi", date) / 1000
    if solar_capacity is not None:
        raise ValueError(f"solar-capacity is for a file with a column ghi and none pv; it has {', '.join(days.values)}")
    return net - days.day("pv", date) if "pv" in days.values else net
