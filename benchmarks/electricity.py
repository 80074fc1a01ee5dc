"""Individually simulated batteries beside a plain NumPy loop, and a day's storage program beside HiGHS and PyPSA."""

import time
from functools import partial
from pathlib import Path

import numpy as np
from numba import njit
from scipy import optimize, sparse

from benchmarks.peers import start_peer
from benchmarks.timing import Row, interleaved, row
from phasebook.populations import electricity

AGENTS, DAYS = 200_000, 20
BYTES_PER_AGENT_DAY = 2 * 24 + 3
PIECES = 200
PEER = Path(__file__).parent / "electricity_peer.py"
NET_LOAD = electricity.benchmark_demand() - electricity.benchmark_solar()
MARKET = electricity.LinearMarket(10.0, 0.35)
RULE = electricity.Revision("constant", 0.05)


def measure() -> list[Row]:
    """Agent-days of a fleet, and the equilibrium of a day of storage."""
    return [agents(), program(), *pypsa()]


def agents() -> Row:
    """Households that plan, act and learn, beside the same rules with one array operation after the other."""
    fleet = electricity.single_fleet(100.0, 40.0, 0.95, AGENTS)
    ours = partial(
        electricity.learn, MARKET, NET_LOAD, fleet, days=DAYS, revision=RULE, regret=False, seed=1, threads=1
    )
    mine, theirs = interleaved(ours, partial(numpy_days, fleet), pairs=5)
    rate, bandwidth = AGENTS * DAYS / min(mine), bytes_per_second()
    share = rate * BYTES_PER_AGENT_DAY / bandwidth
    limit = (
        f"{rate:.3g} agent-days per second on one core; reading and writing their {BYTES_PER_AGENT_DAY} bytes at {bandwidth:.2g} "
        f"bytes per second would take {share:.0%} of our time"
    )
    return row(f"{AGENTS} batteries for {DAYS} days", "NumPy, all agents at once", mine, theirs, aim=5, limit=limit)


def numpy_days(fleet: electricity.Fleet) -> np.ndarray:
    """What one writes first: bands per agent as (hours, agents), one array operation after the other."""
    generator, [grid], [group] = np.random.default_rng(1), fleet.grids, fleet.groups
    lower = np.zeros((24, AGENTS), np.int16)
    upper = np.full((24, AGENTS), grid.steps, np.int16)
    charge = generator.integers(0, grid.steps + 1, AGENTS).astype(np.int16)
    belief = MARKET.prices(NET_LOAD)[:, 0]
    for _ in range(DAYS):
        targets = electricity.best_response(group, belief, fleet.soc_steps).targets
        rising, falling = targets > np.arange(grid.steps + 1), targets < np.arange(grid.steps + 1)
        revising = generator.random(AGENTS) < RULE.rate
        lower[:, revising] = rising.sum(axis=1)[:, None]
        upper[:, revising] = grid.steps - falling.sum(axis=1)[:, None]
        bought = np.empty(24)
        for hour in range(24):
            move = np.clip(np.clip(charge, lower[hour], upper[hour]) - charge, -grid.down, grid.up)
            charge += move
            up, down = np.maximum(move, 0).sum(), np.maximum(-move, 0).sum()
            bought[hour] = grid.step * (up / group.efficiency - down * group.efficiency)
        belief = MARKET.prices(NET_LOAD + bought)[:, 0]
    return belief


def program() -> Row:
    """The equilibrium of the benchmark day, beside HiGHS on the same day with the quadratic cost in 200 pieces."""
    fleet = electricity.single_fleet(100.0, 40.0)
    solve = partial(electricity.solve_equilibrium, MARKET, NET_LOAD, fleet)
    mine, theirs = interleaved(solve, highs_day)
    apart = np.abs(solve().prices[:, 0] - highs_day()).max()
    limit = f"prices of HiGHS differ by up to {apart:.2g} $/MWh, a piece of cost is {0.35 * 400 / PIECES:.2g} wide"
    return row("storage program of a day", f"HiGHS, {PIECES} pieces", mine, theirs, aim=1, limit=limit)


def highs_day() -> np.ndarray:
    """Prices (24,) of the storage program as a linear program."""
    marks = np.linspace(0, 400, PIECES + 1)
    slope = MARKET.intercept + MARKET.slope * (marks[1:] + marks[:-1]) / 2
    here = sparse.eye_array(24)
    following = sparse.csr_array((np.ones(24), (np.arange(24), (np.arange(24) + 1) % 24)), (24, 24))
    supply = sparse.kron(here, np.ones((1, PIECES)))
    rows = sparse.block_array(
        [[supply, -here, here, None], [None, -0.95 * here, here / 0.95, following - here]], format="csc"
    )
    bounds = [(0, width) for _ in range(24) for width in np.diff(marks)]
    found = optimize.linprog(
        np.concatenate((np.tile(slope, 24), np.zeros(72))),
        A_eq=rows,
        b_eq=np.concatenate((NET_LOAD, np.zeros(24))),
        bounds=bounds + [(0, 40)] * 48 + [(0, 100)] * 24,
        method="highs",
    )
    return found.eqlin.marginals[:24]


def pypsa() -> list[Row]:
    """The same day in PyPSA with its quadratic cost, where it is installed."""
    peer, reason = start_peer(PEER, {"net_load": NET_LOAD.tolist(), "intercept": 10.0, "slope": 0.35})
    if peer is None:
        print(f"  PyPSA is left out: {reason}")
        return []
    solve = partial(electricity.solve_equilibrium, MARKET, NET_LOAD, electricity.single_fleet(100.0, 40.0))
    solve(), peer.ask()
    mine, theirs, prices = [], [], []
    for _ in range(5):
        begin = time.perf_counter()
        truth = solve().prices[:, 0]
        mine.append(time.perf_counter() - begin)
        answer = peer.ask()
        theirs.append(answer["seconds"])
        prices = answer["prices"]
    peer.stop()
    apart = float(np.abs(truth - np.array(prices)).max())
    limit = f"PyPSA builds its model anew each time, as we do; its prices differ by up to {apart:.2g} $/MWh"
    return [row("storage program of a day", "PyPSA with HiGHS", mine, theirs, aim=10, limit=limit)]


def bytes_per_second() -> float:
    """What one core reads and adds up from memory."""
    data = np.ones(200_000_000, np.uint8)
    _total(data[:64].view(np.uint64))
    begin = time.perf_counter()
    _total(data.view(np.uint64))
    return data.size / (time.perf_counter() - begin)


@njit
def _total(words: np.ndarray) -> int:
    total = np.uint64(0)
    for word in words:
        total += word
    return total
