"""Ordered moments and cumulants of densities of free fermions in thermal equilibrium, for any number of sites.

With H = Σ h_ab c†_a c_b, Wick's theorem makes a moment of densities n_i = c†_i c_i at sites and times the determinant of
M_ij = ⟨c†_i c_j⟩ for i ≤ j and -⟨c_j c†_i⟩ for i > j, i and j in the order of the operators; its connected part keeps the
(n-1)! permutations of a single cycle, so that nothing cancels (derived here; checked beside exact diagonalization).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float, Inexact
from scipy import linalg, special

from .cumulants import Kind, cumulant
from .partitions import check_order
from .pauli_sums import check_hermitian
from .thermal_chain import check_temperature

LARGEST_FERMION_CHAIN = 4000


@dataclass(frozen=True, slots=True)
class Density:
    """The number n = c†c at a site and a time; tuples of equal length stand for as many places of a moved density at once."""

    site: int | tuple[int, ...]
    time: float | tuple[float, ...] = 0.0


@dataclass(frozen=True, eq=False)
class FreeFermionChain:
    """Free fermions in equilibrium: one-body energies and modes (site, mode), and the filling of each mode."""

    energies: Float[np.ndarray, " modes"]
    modes: Inexact[np.ndarray, "sites modes"]
    filling: Float[np.ndarray, " modes"]

    @property
    def sites(self) -> int:
        """Number of sites."""
        return len(self.energies)

    def moment(self, product: Sequence[Density]) -> Any:
        """ω(n_1 ⋯ n_k) in the given order; complex, or an array where densities stand for several places.

        Raises `IndexError` for a site outside the chain, `ValueError` for places of unequal number.
        """
        return self._determinant(product, centered=False)

    def centered_moment(self, product: Sequence[Density]) -> Any:
        """The same of n_i - ω(n_i): permutations that leave a place where it is drop out."""
        return self._determinant(product, centered=True)

    def classical_cumulant(self, product: Sequence[Density]) -> Any:
        """c_n by the sum over single cycles, which keeps its relative accuracy where moments would cancel.

        Raises as `moment` does, and `ValueError` for more than 8 densities.
        """
        order = len(product)
        check_order(order)
        elements = self._elements(product)
        # A cycle is an order of the other places, begun at the first.
        total = 0.0
        for places in itertools.permutations(range(1, order)):
            cycle = (0, *places)
            total = total + math.prod(elements[i][j] for i, j in zip(cycle, (*places, 0), strict=True))
        return (-1) ** (order - 1) * total

    def cumulant(self, kind: Kind, product: Sequence[Density]) -> Any:
        """Either kind: by single cycles, or free ones from centered moments. Raises as `moment` does."""
        if kind == "classical" or len(product) == 1:
            return self.classical_cumulant(product)
        return cumulant(kind, self.centered_moment, product, centered=True)

    def with_filling(self, filling: float) -> FreeFermionChain:
        """The same modes, all filled alike: infinite temperature. Raises `ValueError` unless the filling is within 0 to 1."""
        if not 0 <= filling <= 1:
            raise ValueError(f"filling must lie between 0 and 1; got {filling}")
        return FreeFermionChain(self.energies, self.modes, np.full(self.sites, float(filling)))

    def occupation_law(self, sites: Sequence[int]) -> Float[np.ndarray, " patterns"]:
        """Probability of each pattern of occupied (1) and empty (0) sites, the first site being the highest bit.

        Raises `IndexError` for a site outside the chain, `ValueError` for repeated sites.
        """
        if len(set(sites)) != len(sites):
            raise ValueError(f"sites must differ; got {list(sites)}")
        elements = self._elements([Density(site) for site in sites])
        correlation = np.array([[complex(value) for value in row] for row in elements])
        # ⟨c_i c†_j⟩ below the diagonal differs from ⟨c†_i c_j⟩ by nothing at equal times and different sites.
        law = []
        for pattern in itertools.product((0, 1), repeat=len(sites)):
            occupied = np.array(pattern, dtype=bool)
            rows = np.where(occupied[:, None], correlation, np.eye(len(sites)) - correlation)
            law.append(max(0.0, float(np.linalg.det(rows).real)))
        return np.array(law) / sum(law)

    def _determinant(self, product: Sequence[Density], centered: bool) -> Any:
        elements = self._elements(product)
        rows = [
            np.stack(np.broadcast_arrays(*row), axis=-1)
            for row in (
                [0.0 * value if centered and i == j else value for j, value in enumerate(row)]
                for i, row in enumerate(elements)
            )
        ]
        matrix = np.stack(np.broadcast_arrays(*rows), axis=-2)
        value = np.linalg.det(matrix)
        return complex(value) if value.ndim == 0 else value

    def _elements(self, product: Sequence[Density]) -> list[list[Any]]:
        """M_ij, each a number or an array over places."""
        waves = [self._wave(each) for each in product]
        return [
            [
                (a.conj() * self.filling * b).sum(axis=-1)
                if i <= j
                else -(a.conj() * (1 - self.filling) * b).sum(axis=-1)
                for j, b in enumerate(waves)
            ]
            for i, a in enumerate(waves)
        ]

    def _wave(self, density: Density) -> np.ndarray:
        """Amplitudes of c at the place in the modes: (modes,) or (places, modes)."""
        site, time = np.asarray(density.site), np.asarray(density.time, dtype=float)
        if site.ndim and time.ndim and site.shape != time.shape:
            raise ValueError(f"site and time must be equally many places; got {site.size} and {time.size}")
        if not np.isfinite(time).all():
            raise ValueError("time must be finite; got NaN or infinity")
        if site.size and not 0 <= site.min() <= site.max() < self.sites:
            raise IndexError(f"site must be from 0 to {self.sites - 1}; got {density.site}")
        return np.asarray(self.modes[site] * np.exp(-1j * np.multiply.outer(time, self.energies)))


def thermal_fermions(
    one_body: Inexact[np.ndarray, "sites sites"], inverse_temperature: float, chemical_potential: float = 0.0
) -> FreeFermionChain:
    """Equilibrium of free fermions with this one-body matrix: filling 1/(1 + exp(β(ε - μ))).

    Raises `OperatorError` for a matrix that is not Hermitian, `ValueError` for more than 4000 sites or numbers that are not
    finite; warns of a negative β.
    """
    matrix = np.asarray(one_body)
    check_hermitian(matrix, "one_body")
    if len(matrix) > LARGEST_FERMION_CHAIN:
        raise ValueError(f"one_body must have at most {LARGEST_FERMION_CHAIN} sites; got {len(matrix)}")
    if not np.isfinite(chemical_potential):
        raise ValueError(f"chemical_potential must be finite; got {chemical_potential}")
    check_temperature(inverse_temperature)
    energies, modes = linalg.eigh(matrix)
    return FreeFermionChain(energies, modes, special.expit(-inverse_temperature * (energies - chemical_potential)))


def xx_fermions(
    sites: int, inverse_temperature: float, coupling: float = 1.0, chemical_potential: float = 0.0
) -> FreeFermionChain:
    """The open XX chain H = (J/2) Σ (c†_i c_(i+1) + h.c.) - μ Σ n_i in equilibrium; Z_i = 1 - 2 n_i.

    Its modes are sines of known energies J cos k. Raises `ValueError` for fewer than 2 or more than 4000 sites.
    """
    _check_xx(sites, inverse_temperature, coupling, chemical_potential)
    places = np.arange(1, sites + 1)
    momenta = np.pi * places / (sites + 1)
    modes = np.sqrt(2 / (sites + 1)) * np.sin(np.outer(places, momenta))
    energies = coupling * np.cos(momenta)
    return FreeFermionChain(energies, modes, special.expit(-inverse_temperature * (energies - chemical_potential)))


def xx_ring_fermions(
    sites: int, inverse_temperature: float, coupling: float = 1.0, chemical_potential: float = 0.0
) -> FreeFermionChain:
    """The same on a ring, in plane waves: an infinite chain up to the time at which a signal has gone around.

    Raises as `xx_fermions` does.
    """
    _check_xx(sites, inverse_temperature, coupling, chemical_potential)
    momenta = 2 * np.pi * np.arange(sites) / sites
    modes = np.exp(1j * np.outer(np.arange(sites), momenta)) / math.sqrt(sites)
    energies = coupling * np.cos(momenta)
    filling = special.expit(-inverse_temperature * (energies - chemical_potential))
    return FreeFermionChain(energies, modes, np.asarray(filling))


def xx_decay_rate(inverse_temperature: float, coupling: float = 1.0, chemical_potential: float = 0.0) -> float:
    """Factor by which density correlations of the infinite XX chain fall per site, apart from their oscillation.

    The Fermi function's nearest pole in the complex plane of momenta, J cos k = μ + iπ/β, bounds the strip in which it is
    analytic, and two propagators run along the chain: the factor is exp(-2 Im k) (derived here). Raises `ValueError` for
    β = 0 or J = 0, where equal-time correlations between sites vanish.
    """
    if inverse_temperature == 0 or coupling == 0:
        raise ValueError("inverse_temperature and coupling must not be 0: nothing is correlated then")
    momentum = np.arccos(complex(chemical_potential, np.pi / inverse_temperature) / coupling)
    return float(np.exp(-2 * abs(momentum.imag)))


def _check_xx(sites: int, inverse_temperature: float, coupling: float, chemical_potential: float) -> None:
    if not 2 <= sites <= LARGEST_FERMION_CHAIN:
        raise ValueError(f"sites must be from 2 to {LARGEST_FERMION_CHAIN}; got {sites}")
    if not np.isfinite((coupling, chemical_potential)).all():
        raise ValueError(f"coupling and chemical_potential must be finite; got {coupling}, {chemical_potential}")
    check_temperature(inverse_temperature)
