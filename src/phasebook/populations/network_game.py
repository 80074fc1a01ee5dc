"""A contagion game on a sparse network, solved as the hybrid limit: one equilibrium for the core, one problem for each low degree.

Source: arXiv 2401.12686 (hybrid graphex learning; equations derived here).
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Literal

import numpy as np
from jaxtyping import Float

from ..engines.graph import Graph
from .contagion_games import ContagionGame
from .mean_field_equilibrium import Equilibrium, solve_annealed
from .network_agents import AgentRuns, degree_groups, simulate_agents
from .periphery import Core, Neighbors, Periphery, core_course, periphery_course, predicted_shares, solve_periphery

Learning = Literal["own", "core"]
LARGEST_DEGREE = 10
HOTTEST = 1.0  # where the ladder of temperatures begins; the equilibrium is found from indifference there
LADDER_STEP = 2.5


@dataclass(frozen=True, eq=False)
class HybridSolution:
    """Core and periphery of one game: the core's regularized equilibrium, its course, and degrees 1 … K in order."""

    game: ContagionGame
    equilibrium: Equilibrium
    core: Core
    periphery: tuple[Periphery, ...]

    @property
    def largest_degree(self) -> int:
        """K: agents of higher degree count as core."""
        return len(self.periphery)

    @property
    def policies(self) -> Float[np.ndarray, "groups steps states actions"]:
        """What each group does: degrees 1 … K, then the core."""
        return np.stack([*(each.policy for each in self.periphery), self.core.policy])

    def shares_of(self, graph: Graph) -> Float[np.ndarray, "times states"]:
        """Predicted shares of states on a graph, by its own shares of degrees."""
        return predicted_shares(self.core, list(self.periphery), empirical_degree_shares(graph, self.largest_degree))

    def simulate_on(self, graph: Graph, *, runs: int = 1, seed: int, threads: int | None = None) -> AgentRuns:
        """Agents of a graph who follow the policies of their degrees."""
        groups = degree_groups(graph, self.largest_degree)
        return simulate_agents(self.game, graph, self.policies, groups, runs=runs, seed=seed, threads=threads)


@lru_cache(maxsize=32)
def solve_core(game: ContagionGame, temperature: float) -> Equilibrium:
    """The core's equilibrium at a temperature, along a ladder of higher ones. Raises as `solve_annealed`."""
    if not 0.0 < temperature < np.inf:
        raise ValueError(f"temperature must be positive and finite; got {temperature!r}")
    ladder, step = [], HOTTEST
    while step > temperature * 1.0001:
        ladder.append(step)
        step /= LADDER_STEP
    return solve_annealed(game.mean_field(), (*ladder, temperature))[-1]


@lru_cache(maxsize=32)
def solve_hybrid(
    game: ContagionGame,
    temperature: float = 0.05,
    *,
    largest_degree: int = LARGEST_DEGREE,
    learning: Learning = "own",
    neighbors: Neighbors = "quenched",
) -> HybridSolution:
    """The hybrid solution of a game: peripheral agents learn their `own` policies, or follow the `core`'s.

    Raises ValueError on arguments outside these, NotConverged as the solvers of core and periphery.
    """
    if learning not in ("own", "core"):
        raise ValueError(f"learning must be own or core; got {learning!r}")
    if isinstance(largest_degree, bool) or not isinstance(largest_degree, int) or largest_degree < 1:
        raise ValueError(f"largest_degree must be a positive integer; got {largest_degree!r}")
    equilibrium = solve_core(game, temperature)
    core = core_course(game, equilibrium.policy)
    degrees = range(1, largest_degree + 1)
    if learning == "core":
        found = [periphery_course(core, degree, neighbors=neighbors) for degree in degrees]
    elif neighbors == "annealed":
        raise ValueError("learning must be core with annealed neighbors: own policies are learned among quenched ones")
    else:
        found = [solve_periphery(core, degree, temperature) for degree in degrees]
    return HybridSolution(game, equilibrium, core, tuple(found))


def empirical_degree_shares(graph: Graph, largest: int) -> Float[np.ndarray, " degrees"]:
    """Shares of nodes of the degrees 1 … largest."""
    return np.bincount(graph.degrees, minlength=largest + 1)[1 : largest + 1] / graph.nodes


def deviation(
    predicted: Float[np.ndarray, "times states"], measured: Float[np.ndarray, "... times states"]
) -> np.ndarray:
    """Δμ = (1/2T) Σ_t Σ_x |predicted − measured| over t = 1 … T; at most one. Source: arXiv 2401.12686."""
    return 0.5 * np.abs(np.asarray(measured) - predicted).sum(axis=-1)[..., 1:].mean(axis=-1)
