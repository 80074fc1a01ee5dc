"""A transmission network for the direct-current approximation: buses, generators with quadratic costs, branches with limits.

Flow on a branch is b(θ_from − θ_to − shift) with b = base / (x · tap) in MW per radian. Data of the IEEE 14-bus case: University
of Washington's power systems test case archive (public domain), costs as in PYPOWER's case14.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from scipy.sparse.csgraph import connected_components

Floats = NDArray[np.float64]
Indices = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Network:
    """Buses (by number) with loads in MW; generators with limits in MW and costs c2 P² + c1 P + c0 in $/h; branches.

    `generator_bus`, `branch_from` and `branch_to` count buses from 0; `susceptance` is in MW per radian, `limit` in MW (infinite:
    none), `shift` in radians. Raises ValueError for wrong shapes, crossed limits, a cost that is not convex, and for islands.
    """

    buses: Indices
    load: Floats
    generator_bus: Indices
    generator_lower: Floats
    generator_upper: Floats
    cost_quadratic: Floats
    cost_linear: Floats
    cost_constant: Floats
    branch_from: Indices
    branch_to: Indices
    susceptance: Floats
    limit: Floats
    shift: Floats
    name: str = "network"

    def __post_init__(self) -> None:
        generators = (
            "generator_bus",
            "generator_lower",
            "generator_upper",
            "cost_quadratic",
            "cost_linear",
            "cost_constant",
        )
        branches = ("branch_from", "branch_to", "susceptance", "limit", "shift")
        for names, size in (
            (("load",), self.buses.size),
            (generators, self.generator_bus.size),
            (branches, self.branch_from.size),
        ):
            for each in names:
                if getattr(self, each).shape != (size,):
                    raise ValueError(f"{self.name}: {each} must have shape ({size},); got {getattr(self, each).shape}")
        if np.unique(self.buses).size != self.buses.size:
            raise ValueError(f"{self.name}: buses must have different numbers")
        if not np.isfinite(self.load).all():
            raise ValueError(f"{self.name}: load must be finite at every bus")
        if (self.generator_lower > self.generator_upper).any():
            place = int(np.argmax(self.generator_lower > self.generator_upper))
            raise ValueError(f"{self.name}: generator {place + 1} has a lower limit above its upper one")
        if (self.cost_quadratic < 0).any():
            place = int(np.argmax(self.cost_quadratic < 0))
            raise ValueError(f"{self.name}: generator {place + 1} has a concave cost; c2 must not be negative")
        if not (np.isfinite(self.susceptance).all() and (self.susceptance != 0).all()):
            raise ValueError(f"{self.name}: every branch needs a finite reactance that is not zero")
        if not (self.limit > 0).all():
            raise ValueError(f"{self.name}: limits of branches must be positive (infinite: none)")
        self._refuse_islands()

    def _refuse_islands(self) -> None:
        count = self.buses.size
        links = sparse.coo_array((np.ones(self.branch_from.size), (self.branch_from, self.branch_to)), (count, count))
        islands, label = connected_components(links.tocsr(), directed=False)
        if islands > 1:
            apart = self.buses[label != label[0]].tolist()
            raise ValueError(
                f"{self.name}: the network falls into {islands} islands; no branch connects bus {apart[0]} with bus "
                f"{self.buses[0]} (each island needs a dispatch of its own)"
            )

    @property
    def branch_names(self) -> list[str]:
        """FROM-TO by bus numbers."""
        ends = zip(self.buses[self.branch_from].tolist(), self.buses[self.branch_to].tolist(), strict=True)
        return [f"{first}-{second}" for first, second in ends]

    @cached_property
    def incidence(self) -> sparse.csr_array:
        """Branches by buses: +1 at the start, −1 at the end."""
        rows = np.arange(self.branch_from.size)
        ones = np.ones(rows.size)
        return sparse.csr_array(
            (
                np.concatenate((ones, -ones)),
                (np.tile(rows, 2), np.concatenate((self.branch_from, self.branch_to))),
            ),
            shape=(rows.size, self.buses.size),
        )

    @cached_property
    def transfer_factors(self) -> Floats:
        """Flow on each branch per MW that enters at each bus and leaves at the first: (branches, buses)."""
        weighted = sparse.diags_array(self.susceptance) @ self.incidence
        laplacian = (self.incidence.T @ weighted).toarray()
        factors = np.zeros((self.branch_from.size, self.buses.size))
        factors[:, 1:] = np.linalg.solve(laplacian[1:, 1:], weighted.toarray()[:, 1:].T).T
        return factors

    @cached_property
    def shift_flow(self) -> Floats:
        """Flows (branches,) in MW that phase shifters drive with nothing entering anywhere."""
        driven = self.susceptance * self.shift
        return np.asarray(self.transfer_factors @ (self.incidence.T @ driven) - driven)


def with_loads_scaled(network: Network, factor: float) -> Network:
    """The network with every load times a factor. Raises ValueError unless it is finite and not negative."""
    if not (np.isfinite(factor) and factor >= 0):
        raise ValueError(f"load_scale must be finite and not negative; got {factor!r}")
    return replace(network, load=network.load * factor)


def with_line_limits(network: Network, limits: Mapping[str, float]) -> Network:
    """The network with limits in MW on the branches named FROM-TO by bus numbers, in either direction.

    Raises ValueError for a branch that is not there and for a limit that is not positive.
    """
    names, limit = network.branch_names, network.limit.copy()
    for name, value in limits.items():
        first, _, second = name.partition("-")
        found = [place for place, each in enumerate(names) if each in (name, f"{second}-{first}")]
        if not found:
            raise ValueError(f"line_limit must name a branch of {network.name}: {', '.join(names[:40])}; got {name!r}")
        if not value > 0:
            raise ValueError(f"line_limit must be positive; got {value!r} MW for {name}")
        limit[found] = value
    return replace(network, limit=limit)


def parse_line_limits(text: str) -> dict[str, float]:
    """Limits from text like "1-2=80, 2-3=50" (MW). Raises ValueError."""
    limits: dict[str, float] = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        match = re.fullmatch(r"(\d+)-(\d+)\s*=\s*(\d+(?:\.\d*)?|\.\d+)", part)
        if not match:
            raise ValueError(f"line_limit must look like 1-2=80 (buses, MW), separated by commas; got {part!r}")
        limits[f"{match[1]}-{match[2]}"] = float(match[3])
    return limits


def ieee14() -> Network:
    """The IEEE 14-bus case: 259 MW of load, five generators of 772.4 MW together, twenty branches without limits."""
    loads = {2: 21.7, 3: 94.2, 4: 47.8, 5: 7.6, 6: 11.2, 9: 29.5, 10: 9.0, 11: 3.5, 12: 6.1, 13: 13.5, 14: 14.9}
    # Bus, capacity (MW), c2 ($/MW²h), c1 ($/MWh).
    generators = [
        (1, 332.4, 0.0430293, 20),
        (2, 140, 0.25, 20),
        (3, 100, 0.01, 40),
        (6, 100, 0.01, 40),
        (8, 100, 0.01, 40),
    ]
    # From, to, reactance (per unit of 100 MVA), tap ratio.
    branches = [
        (1, 2, 0.05917, 1), (1, 5, 0.22304, 1), (2, 3, 0.19797, 1), (2, 4, 0.17632, 1), (2, 5, 0.17388, 1),
        (3, 4, 0.17103, 1), (4, 5, 0.04211, 1), (4, 7, 0.20912, 0.978), (4, 9, 0.55618, 0.969), (5, 6, 0.25202, 0.932),
        (6, 11, 0.19890, 1), (6, 12, 0.25581, 1), (6, 13, 0.13027, 1), (7, 8, 0.17615, 1), (7, 9, 0.11001, 1),
        (9, 10, 0.08450, 1), (9, 14, 0.27038, 1), (10, 11, 0.19207, 1), (12, 13, 0.19988, 1), (13, 14, 0.34802, 1),
    ]  # fmt: skip
    made, lines = np.array(generators, dtype=float), np.array(branches, dtype=float)
    return Network(
        buses=np.arange(1, 15),
        load=np.array([loads.get(bus, 0.0) for bus in range(1, 15)]),
        generator_bus=made[:, 0].astype(np.int64) - 1,
        generator_lower=np.zeros(5),
        generator_upper=made[:, 1],
        cost_quadratic=made[:, 2],
        cost_linear=made[:, 3],
        cost_constant=np.zeros(5),
        branch_from=lines[:, 0].astype(np.int64) - 1,
        branch_to=lines[:, 1].astype(np.int64) - 1,
        susceptance=100 / (lines[:, 2] * lines[:, 3]),
        limit=np.full(20, np.inf),
        shift=np.zeros(20),
        name="ieee14",
    )
