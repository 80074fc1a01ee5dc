"""Quantum Monte Carlo of spins 1/2 without a sign problem: stochastic series expansion with operator loops.

e^{−βH} is expanded in products of bond operators; a diagonal update adds and removes them, and loops through the
products, each flipped with probability one half, exchange diagonal and off-diagonal ones. A bond with |Jz| ≤ |Jxy| is
a sum of two graphs: pairs that open and close a loop, of weight (|Jxy| + Jz)/4, and crossings, of weight (|Jxy| −
Jz)/4. The energy is Σ|Jxy|/4 − ⟨n⟩/β with n the number of operators. There is no error besides the statistical one.
Source: Sandvik, Phys. Rev. B 59, R14157 (1999); Evertz, Adv. Phys. 52, 1 (2003); the weights are derived here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..engines.replicas import run_replicas
from ..errors import NotConverged
from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate
from ..numerics.xoshiro import random_word, streams, uniform
from .spin_lattice import SpinLattice, check_count
from .thermal_spectrum import check_temperature

REPLICAS = 4
BLOCKS = 16  # of each replica, for the error bar
CHUNK = 64  # sweeps between looks at the cut-off and at the flag that stops


@dataclass(frozen=True)
class SeriesEstimate:
    """Energy, ⟨M²⟩/T (M is the total Sᶻ) and the mean number of operators, with their errors."""

    energy: Measured
    susceptibility: Measured
    operators: Measured


def series_expansion(
    lattice: SpinLattice,
    temperature: float,
    *,
    sweeps: int = 40_000,
    seed: int,
    threads: int | None = None,
    replicas: int = REPLICAS,
) -> SeriesEstimate:
    """Thermal averages from `sweeps` measured sweeps, shared by independent replicas that each warm up by a quarter
    more.

    Ground states need T ≤ 1/(2N) in units of the coupling. The result is the same for any number of `threads`. Raises
    ValueError for a field, a bond with |Jz| > |Jxy|, a frustrated lattice (where weights would be negative), or too
    few sweeps.
    """
    check_temperature(temperature)
    check_count("replicas", replicas, 1, 1024)
    check_count("sweeps", sweeps, replicas * BLOCKS * 4, 10**9)
    if reason := sign_problem(lattice):
        raise ValueError(reason)
    first, second, exchange, ising = lattice.coupling_arrays()
    opening, crossing = (np.abs(exchange) + ising) / 4, (np.abs(exchange) - ising) / 4
    block = sweeps // (replicas * BLOCKS)
    operators, squares = np.zeros((replicas, BLOCKS)), np.zeros((replicas, BLOCKS))
    states, cancel = streams(seed, replicas), np.zeros(1, np.int64)

    def run(replica: int) -> None:
        chain = _Chain(lattice.sites, (first, second, opening, crossing), 1 / temperature, states[replica], cancel)
        chain.warm_up(max(200, block * BLOCKS // 4))
        for index in range(BLOCKS):
            operators[replica, index], squares[replica, index] = chain.measure(block)

    run_replicas(run, replicas, threads, cancel)
    energies = np.abs(exchange).sum() / 4 - temperature * operators.ravel()
    return SeriesEstimate(
        mean_estimate(energies), mean_estimate(squares.ravel() / temperature), mean_estimate(operators.ravel())
    )


class _Chain:
    """One Markov chain: spins, the string of operators (−1 none, 2·bond + 1 where it exchanges), and its random numbers."""

    def __init__(self, sites: int, bonds: tuple, beta: float, state: NDArray[np.uint64], cancel: NDArray[np.int64]):
        self.bonds, self.beta, self.state, self.cancel = bonds, beta, state, cancel
        self.spins = np.ones(sites, np.int8)
        _flip_randomly(self.spins, state)
        self.string = np.full(max(16, 2 * sites), -1, np.int32)

    def warm_up(self, sweeps: int) -> None:
        """Sweeps that let the string grow to four thirds of the most operators seen."""
        done = 0
        while done < sweeps and not self.cancel[0]:
            most, _, _ = _sweeps(CHUNK, self.beta, self.spins, self.string, self.bonds, self.state)
            length = 4 * most // 3 + 16
            if length > self.string.size:
                self.string = np.concatenate([self.string, np.full(length - self.string.size, -1, np.int32)])
                continue
            done += CHUNK

    def measure(self, sweeps: int) -> tuple[float, float]:
        """Mean number of operators and mean squared magnetization over some sweeps."""
        done, count, square = 0, 0.0, 0.0
        while done < sweeps and not self.cancel[0]:
            part = min(CHUNK, sweeps - done)
            most, operators, squares = _sweeps(part, self.beta, self.spins, self.string, self.bonds, self.state)
            if most >= self.string.size:
                raise NotConverged("the string of operators outgrew its cut-off after warming up; take more sweeps")
            count, square, done = count + operators, square + squares, done + part
        return count / sweeps, square / sweeps


def sign_problem(lattice: SpinLattice) -> str:
    """Why the loops cannot sample a lattice, in one sentence; empty where they can."""
    if any(lattice.transverse) or any(lattice.longitudinal):
        return "transverse and longitudinal must be zero for the series expansion; diagonalize instead"
    first, second, exchange, ising = lattice.coupling_arrays()
    if first.size == 0 or (np.abs(ising) > np.abs(exchange) * (1 + 1e-12)).any():
        return "ising must not exceed exchange in size on any bond, and there must be a bond, for these loops"
    neighbors: list[list[tuple[int, int]]] = [[] for _ in range(lattice.sites)]
    for one, other, strength in zip(first.tolist(), second.tolist(), exchange.tolist(), strict=True):
        if strength:
            neighbors[one].append((other, -1 if strength > 0 else 1))
            neighbors[other].append((one, -1 if strength > 0 else 1))
    # A turn of some spins about z makes every weight positive where signs of the bonds multiply to one around all loops.
    sign = [0] * lattice.sites
    for root in range(lattice.sites):
        waiting = [] if sign[root] else [root]
        sign[root] = sign[root] or 1
        while waiting:
            site = waiting.pop()
            for other, product in neighbors[site]:
                if not sign[other]:
                    sign[other] = sign[site] * product
                    waiting.append(other)
                elif sign[other] != sign[site] * product:
                    return (
                        f"lattice must not be frustrated (weights would be negative); the bond of sites {site} and {other} "
                        "closes a frustrated loop"
                    )
    return ""


@njit(cache=True, nogil=True)
def _flip_randomly(spins, state):  # type: ignore[no-untyped-def]
    for site in range(spins.size):
        if random_word(state) >> np.uint64(63):
            spins[site] = -spins[site]


@njit(cache=True, nogil=True)
def _sweeps(sweeps, beta, spins, string, bonds, state):  # type: ignore[no-untyped-def]
    """Some sweeps: the most operators at one time, and the sums of their number and of the squared magnetization."""
    first, second = bonds[0], bonds[1]
    operators = 0
    for place in range(string.size):
        operators += string[place] >= 0
    most, total, squares = operators, 0.0, 0.0
    links = np.empty(4 * string.size, np.int32)
    marks = np.empty(string.size, np.int8)
    flipped = np.empty(4 * string.size, np.int8)
    entry, latest = np.empty(spins.size, np.int32), np.empty(spins.size, np.int32)
    for _ in range(sweeps):
        operators = _update_diagonal(beta, operators, spins, string, bonds, marks, state)
        most = max(most, operators)
        _link(spins.size, string, first, second, links, flipped, entry, latest)
        _flip_loops(string, marks, links, flipped, state)
        magnetization = 0
        for site in range(spins.size):
            leg = entry[site]
            if leg >= 0:
                if flipped[leg] == 2:
                    spins[site] = -spins[site]
            elif random_word(state) >> np.uint64(63):
                spins[site] = -spins[site]
            magnetization += spins[site]
        total += operators
        squares += 0.25 * magnetization * magnetization
    return most, total, squares


@njit(cache=True, nogil=True)
def _update_diagonal(beta, operators, spins, string, bonds, marks, state):  # type: ignore[no-untyped-def]
    """Add and remove diagonal operators; mark each operator's graph: 0 opens a pair, 1 crosses."""
    first, second, opening, crossing = bonds
    length, count = string.size, first.size
    for place in range(length):
        operator = string[place]
        if operator < 0:
            if operators == length:
                continue
            bond = int(uniform(state) * count)
            parallel = spins[first[bond]] == spins[second[bond]]
            weight = crossing[bond] if parallel else opening[bond]
            if uniform(state) * (length - operators) < beta * count * weight:
                string[place] = 2 * bond
                operators += 1
                marks[place] = 1 if parallel else 0
            continue
        bond = operator >> 1
        if operator & 1:
            spins[first[bond]] = -spins[first[bond]]
            spins[second[bond]] = -spins[second[bond]]
            marks[place] = 0
            if crossing[bond] > 0.0 and uniform(state) * (opening[bond] + crossing[bond]) >= opening[bond]:
                marks[place] = 1
            continue
        parallel = spins[first[bond]] == spins[second[bond]]
        weight = crossing[bond] if parallel else opening[bond]
        if uniform(state) * beta * count * weight < length - operators + 1:
            string[place] = -1
            operators -= 1
        else:
            marks[place] = 1 if parallel else 0
    return operators


@njit(cache=True, nogil=True)
def _link(sites, string, first, second, links, flipped, entry, latest):  # type: ignore[no-untyped-def]
    """Join legs along each site's line: legs 0 and 1 of an operator come before it, 2 and 3 after it."""
    entry[:] = -1
    for place in range(string.size):
        operator = string[place]
        if operator < 0:
            continue
        for side in range(2):
            site = first[operator >> 1] if side == 0 else second[operator >> 1]
            leg = 4 * place + side
            flipped[leg] = 0
            flipped[leg + 2] = 0
            if entry[site] < 0:
                entry[site] = leg
            else:
                links[leg] = latest[site]
                links[latest[site]] = leg
            latest[site] = leg + 2
    for site in range(sites):
        if entry[site] >= 0:
            links[entry[site]] = latest[site]
            links[latest[site]] = entry[site]


@njit(cache=True, nogil=True)
def _flip_loops(string, marks, links, flipped, state):  # type: ignore[no-untyped-def]
    """Walk every loop once, flip it or not (2 or 1 on its legs), and mend the operators that lie between two loops."""
    word, bits = random_word(state), 64
    for place in range(string.size):
        if string[place] < 0:
            continue
        for start in range(4 * place, 4 * place + 4):
            if flipped[start]:
                continue
            if bits == 0:
                word, bits = random_word(state), 64
            flip = np.int8(1 + (word & np.uint64(1)))
            word >>= np.uint64(1)
            bits -= 1
            leg = start
            while not flipped[leg]:
                flipped[leg] = flip
                # A pair joins legs 0-1 and 2-3, a crossing 0-3 and 1-2.
                leg = leg ^ 3 if marks[leg >> 2] else leg ^ 1
                flipped[leg] = flip
                leg = links[leg]
    for place in range(string.size):
        if string[place] >= 0 and flipped[4 * place] != flipped[4 * place + 2]:
            string[place] ^= 1
