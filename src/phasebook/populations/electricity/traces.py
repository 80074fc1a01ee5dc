"""Every agent's charge at every hour, for a fleet that meets random prices: what one looks at to see that limits are kept."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from .fleet import Fleet
from .learning import Households

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class AgentTrace:
    """`charge` (hours + 1, agents) in MWh, replayed from the agents' bands, group after group.

    `bought` and `sold` (hours, groups) in MWh at the meter, as the market counts them.
    """

    charge: Floats
    bought: Floats
    sold: Floats


def trace_agents(fleet: Fleet, *, days: int, seed: int, hours: int = 24) -> AgentTrace:
    """Days on which a quarter of the agents (on the first day all) plan anew against beliefs of their own.

    Beliefs lie around a new random curve of prices for each group and day. Raises ValueError for a number of days that is not
    positive.
    """
    if isinstance(days, bool) or not isinstance(days, int) or days < 1:
        raise ValueError(f"days must be a positive integer; got {days!r}")
    homes = Households(fleet, hours, seed, threads=1)
    generator = np.random.default_rng(seed)
    steps_up, steps_down, charges = [], [], []
    with ThreadPoolExecutor(1) as pool:
        for day in range(days):
            beliefs = 50 + 30 * generator.standard_normal((len(fleet.groups), hours))
            beliefs = np.abs(beliefs) + 1.0
            start = homes.charge.copy()
            up, down = homes.act(pool, 0.25 if day else 1.0, beliefs, 0.1 * beliefs)
            steps_up.append(up.T)
            steps_down.append(down.T)
            charges.append(_replay(homes, start))
    step = np.array([grid.step for grid in fleet.grids])
    efficiency = np.array([group.efficiency for group in fleet.groups])
    each = np.repeat(step, [group.agents for group in fleet.groups])
    return AgentTrace(
        np.concatenate((charges[0][:1], *(day[1:] for day in charges))) * each,
        np.concatenate(steps_up) * step / efficiency,
        np.concatenate(steps_down) * step * efficiency,
    )


def _replay(homes: Households, start: NDArray[np.uint8]) -> Floats:
    """The day again from its bands, without the kernel: charges (hours + 1, agents) in steps."""
    now = start.astype(np.int64)
    up, down = homes.moves[homes.block_group].T[:, :, None]
    found = [_flat(homes, now)]
    for hour in range(homes.hours):
        wanted = np.clip(now, homes.lower[:, hour], homes.upper[:, hour])
        now = now + np.clip(wanted - now, -down, up)
        found.append(_flat(homes, now))
    return np.stack(found)


def _flat(homes: Households, charge: NDArray) -> Floats:
    """Charges in steps, (agents,), group after group."""
    return np.concatenate([charge[block, :count] for block, count in enumerate(homes.block_count)]).astype(float)
