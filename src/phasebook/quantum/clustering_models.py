"""Four chains in which one observable is carried away, each with its exact engine, its rate and an estimate by chance.

Spin chains are open, and the fixed observables stand on the first site: (Z_0, Z_x), (Z_0, X_0, Z_x), (Z_0, X_0, Z_x, Z_0).
The classical chain and the XX chain hold fixed spins or densities on sites 0, 1, ..., and the last one moves.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any, Literal

import numpy as np
from jaxtyping import Float, Inexact

from ..numerics.seeding import part_seed
from .clustering import FittedRate, RateUndefined, cumulant_decay, fit_rate, moved_product
from .cumulants import Kind
from .free_fermion_chain import Density, FreeFermionChain, xx_decay_rate, xx_fermions
from .pauli_sums import mixed_field_chain
from .quantum_transfer import ising_decay_rate
from .sampled_cumulants import measured_cumulant
from .thermal_chain import LARGEST_CHAIN, SpinState, thermal_state
from .transfer_chain import TransferChain
from .typical_state import TypicalState, typical_state

ModelName = Literal["mixed-field", "ising", "classical", "xx"]
OBSERVABLES = {2: "ZZ", 3: "ZXZ", 4: "ZXZZ"}
FEWEST_SITES = 6
LARGEST_XX_CHAIN = 400
FERMION_NOISE = 1e-24
SPIN_NOISE = 1e-12


@dataclass(frozen=True)
class ClusteringModel:
    """A chain at an inverse temperature, and which observables are correlated; `letters` holds Pauli matrices of spin chains."""

    name: ModelName
    sites: int
    inverse_temperature: float
    coupling: float
    transverse: float
    longitudinal: float
    letters: str | None = None

    def distances(self, order: int) -> list[int]:
        """Distances of the moved observable from the nearest fixed one that the chain has room for."""
        return list(range(1, self.sites - (order - 2 if self.name == "xx" else 0)))

    def cumulants(self, order: int, kind: Kind) -> Inexact[np.ndarray, " distances"]:
        """The exact cumulant at all distances; real where no Pauli matrix Y occurs."""
        distances, engine = self.distances(order), self._engine
        if isinstance(engine, FreeFermionChain):
            values = np.array([engine.cumulant(kind, self._densities(order, x)) for x in distances])
        elif isinstance(engine, TransferChain):
            values = cumulant_decay(
                engine.centered_moment, lambda x: _classical_sites(order, x), distances, kind, centered=True
            )
        else:
            values = cumulant_decay(engine.moment, lambda x: self._spins(order, x), distances, kind)
        return values if "Y" in self.observables(order) else np.real(values)

    def two_point(self, order: int) -> Inexact[np.ndarray, " distances"]:
        """The correlation of the first and the moved observable alone, at the distances of this order."""
        engine, distances, letters = self._engine, self.distances(order), self.observables(order)
        if not isinstance(engine, SpinState):
            return self.cumulants(2, "classical")[: len(distances)]
        pair = letters[0] + letters[min(2, order - 1)]
        return cumulant_decay(engine.moment, lambda x: moved_product(pair, 1, x), distances)

    def rate(self, order: int, values: Inexact[np.ndarray, " distances"]) -> FittedRate:
        """The fitted ratio of neighbors. Raises `RateUndefined` where it has none."""
        boundary = 0 if self.name == "classical" else 2
        return fit_rate(self.distances(order), values, boundary=boundary, noise=self.noise)

    @property
    def noise(self) -> float:
        """Below which a cumulant is rounding: products of propagators keep their relative accuracy."""
        return FERMION_NOISE if self.name == "xx" else SPIN_NOISE

    def exact_rate(self) -> float:
        """The rate of the infinite chain: λ_2/λ_1 of a transfer matrix, or the nearest pole of the Fermi function.

        Raises `RateUndefined` at infinite temperature or without coupling, where nothing is correlated.
        """
        beta = self.inverse_temperature
        if beta == 0 or self.coupling == 0:
            raise RateUndefined(
                "inverse_temperature and coupling must not be 0: nothing is correlated, and a rate undefined"
            )
        if self.name == "xx":
            return xx_decay_rate(beta, self.coupling, -2 * self.longitudinal)
        if self.name == "classical":
            return TransferChain(beta * self.coupling, beta * self.longitudinal).decay_rate
        return ising_decay_rate(beta, self.coupling, self.transverse, self.longitudinal).value

    def estimates(
        self, order: int, kind: Kind, samples: int, seed: int
    ) -> tuple[Float[np.ndarray, " distances"], Float[np.ndarray, " distances"]]:
        """The same by chance, with standard errors: random vectors of quantum spins, draws of classical spins or densities."""
        if self.name in ("mixed-field", "ising"):
            state = self._typical(samples, seed)
            found = [state.cumulant(kind, self._spins(order, x)) for x in self.distances(order)]
            return np.array([each.value.real for each in found]), np.array([each.stderr for each in found])
        drawn = self._draws(order, samples, seed)
        measured = [measured_cumulant(kind, rows, seed=part_seed(seed, place)) for place, rows in enumerate(drawn)]
        return np.array([each.value for each in measured]), np.array([each.stderr for each in measured])

    def observables(self, order: int) -> str:
        """Letters of the observables, in their order."""
        return self.letters or OBSERVABLES[order]

    @cached_property
    def _engine(self) -> SpinState | FreeFermionChain | TransferChain:
        beta = self.inverse_temperature
        if self.name == "classical":
            return TransferChain(beta * self.coupling, beta * self.longitudinal)
        if self.name == "xx":
            return xx_fermions(self.sites, beta, self.coupling, -2 * self.longitudinal)
        return thermal_state(self._hamiltonian, beta)

    @property
    def _hamiltonian(self) -> Any:
        return mixed_field_chain(self.sites, self.coupling, self.transverse, self.longitudinal)

    def _spins(self, order: int, distance: int) -> tuple[Any, ...]:
        return moved_product(self.observables(order), min(2, order - 1), distance)

    def _densities(self, order: int, distance: int) -> list[Density]:
        return [Density(site) for site in _classical_sites(order, distance)]

    def _typical(self, samples: int, seed: int) -> TypicalState:
        return typical_state(self._hamiltonian, self.inverse_temperature, vectors=samples, seed=seed)

    def _draws(self, order: int, samples: int, seed: int) -> list[np.ndarray]:
        """Samples (samples, order) of the observables at each distance."""
        engine, places = self._engine, [_classical_sites(order, x) for x in self.distances(order)]
        if isinstance(engine, TransferChain):
            spins = engine.draws(self.sites + order, samples, seed).astype(float)
            return [spins[:, list(sites)] for sites in places]
        if not isinstance(engine, FreeFermionChain):
            raise TypeError(f"{self.name} has no classical draws")
        drawn = []
        for distance, sites in enumerate(places):
            law = engine.occupation_law(sites)
            patterns = np.random.default_rng(part_seed(seed, distance)).choice(law.size, size=samples, p=law)
            drawn.append(((patterns[:, None] >> np.arange(order)[::-1]) & 1).astype(float))
        return drawn


def clustering_model(
    name: ModelName,
    sites: int,
    inverse_temperature: float,
    *,
    coupling: float | None = None,
    transverse: float | None = None,
    longitudinal: float | None = None,
    letters: str | None = None,
) -> ClusteringModel:
    """A model with its own defaults for what is not given: J = 1, h_x = 0.9, h_z = 0.5 (0 for ising, 0.25 for xx).

    Raises `ValueError` for what does not apply to the model, and for more sites than its engine takes, naming another.
    """
    if sites < FEWEST_SITES:
        raise ValueError(f"sites must be at least {FEWEST_SITES}, for a rate; got {sites}")
    if name in ("mixed-field", "ising"):
        if sites > LARGEST_CHAIN:
            raise ValueError(
                f"sites must be at most {LARGEST_CHAIN} for {name}; got {sites}: phasebook.quantum.typical_state takes "
                "up to 22, the models classical and xx take more"
            )
        defaults = 1.0, 0.9, 0.5 if name == "mixed-field" else 0.0
    else:
        for option, value in (("transverse-field", transverse), ("observables", letters)):
            if value is not None:
                raise ValueError(f"{option} does not apply to the model {name}; got {value}")
        if sites > LARGEST_XX_CHAIN:
            raise ValueError(f"sites must be at most {LARGEST_XX_CHAIN} for {name}; got {sites}")
        defaults = 1.0, 0.0, 0.5 if name == "classical" else 0.25
    given = (coupling, transverse, longitudinal)
    bond, across, along = (
        standard if value is None else value for value, standard in zip(given, defaults, strict=True)
    )
    return ClusteringModel(name, sites, inverse_temperature, bond, across, along, letters)


def _classical_sites(order: int, distance: int) -> tuple[int, ...]:
    return (*range(order - 1), order - 2 + distance)
