"""Lattices beside plain NumPy and Smoldyn, one core each: annihilating walkers, and bond percolation on 64 replicas a word.

Smoldyn is looked for in this interpreter and in the one that `PHASEBOOK_PEERS` names; an absent one is skipped with the reason.
The walkers of the NumPy version all hop or not within steps of 0.1, and meet where their counts at the end of a step are even: it
is not exact, and says by its density how far it is.
"""

import time
from functools import partial
from pathlib import Path

import numpy as np
from numba import njit

from benchmarks.peers import start_peer
from benchmarks.timing import Row, interleaved, row
from phasebook.engines import simulate_lattice, simulate_percolation
from phasebook.engines.bond_percolation import PARENTS, WIDTH, _decider, _scratch, _threshold_bits
from phasebook.numerics.xoshiro import random_word, streams
from phasebook.reactions import annihilation_density, bond_threshold, lattice_model

PEER = Path(__file__).parent / "lattice_peers.py"
SITES, END, DENSITY, STEP = 200_000, 100.0, 0.5, 0.1
LINE, LINE_STEPS = 16_384, 1000
PLANE, PLANE_STEPS = 256, 200
LOADS = 20_000_000


def measure() -> list[Row]:
    """A row for walkers against each peer, and for percolation in 1+1 and 2+1 dimensions; prints updates per second per core."""
    return [*walkers(), percolation(1, LINE, LINE_STEPS), percolation(2, PLANE, PLANE_STEPS)]


def walkers() -> list[Row]:
    """A + A -> 0 on a line of 200,000 sites from half filling to t = 100, and the engine's speed on larger lattices."""
    ours = partial(
        simulate_lattice, lattice_model("annihilation"), SITES, [END], initial={"A": DENSITY}, seed=1, threads=1
    )
    exact = float(annihilation_density([END], 1, DENSITY)[0])
    print(
        f"  density at t = {END:g}: exact {exact:.5f}, ours {ours().densities[0, 0, 0]:.5f}, NumPy {numpy_walkers():.5f}"
    )
    for shape in ((1_000_000,), (1500, 1500), (140, 140, 140)):
        print(f"  {'×'.join(map(str, shape))} sites: {speed(shape) / 1e6:.0f}M attempted moves/s on one core")
    what = f"A + A -> 0, {SITES} sites to t = {END:g}"
    mine, theirs = interleaved(ours, numpy_walkers, pairs=5)
    rate, loads = speed((SITES,)), loads_per_second(SITES)
    limit = (
        f"{rate / 1e6:.0f}M attempted moves/s on one core; two dependent random loads each, at {loads / 1e6:.0f}M a second alone, "
        f"and a logarithm and two random words"
    )
    rows = [row(what, "NumPy, steps of 0.1", mine, theirs, aim=10, limit=limit)]
    job = {"sites": SITES, "end": END, "step": STEP, "particles": int(SITES * DENSITY), "radius": 0.5}
    process, reason = start_peer(PEER, job)
    if process is None:
        print(f"  {what}: smoldyn skipped: {reason}")
        return rows
    mine, theirs, densities = [], [], []
    try:
        for _ in range(5):
            begin = time.perf_counter()
            ours()
            mine.append(time.perf_counter() - begin)
            answer = process.ask()
            theirs.append(answer["seconds"])
            densities.append(answer["density"])
    finally:
        process.stop()
    print(f"  smoldyn's density {np.mean(densities):.5f}")
    peer = f"smoldyn, steps of {STEP}, radius 0.5 (density {np.mean(densities) / exact - 1:+.1%})"
    rows.append(row(what, peer, mine, theirs, aim=10, limit=limit))
    return rows


def speed(shape: tuple[int, ...]) -> float:
    """Attempted moves per second on one core, without the filling of the lattice."""
    best = 0.0
    for seed in range(3):
        seconds = []
        for times in ([0.0], [0.0, END]):
            begin = time.perf_counter()
            runs = simulate_lattice(
                lattice_model("annihilation"), shape, times, initial={"A": DENSITY}, seed=seed, threads=1
            )
            seconds.append(time.perf_counter() - begin)
        best = max(best, int(runs.attempts[0]) / (seconds[1] - seconds[0]))
    return best


def numpy_walkers() -> float:
    """The same walkers in time steps, vectorized over particles: what one writes first in NumPy; the density at the end."""
    generator = np.random.default_rng(1)
    places = np.flatnonzero(generator.random(SITES) < DENSITY)
    for _ in range(round(END / STEP)):
        moving = generator.random(places.size) < STEP
        steps = np.where(moving, 2 * generator.integers(0, 2, places.size) - 1, 0)
        counts = np.bincount((places + steps) % SITES, minlength=SITES)
        places = np.flatnonzero(counts & 1)
    return places.size / SITES


def percolation(dimension: int, size: int, steps: int) -> Row:
    """Critical bond percolation on 64 replicas, with the time that the random decisions alone need."""
    shape = (size,) * dimension
    probability = bond_threshold(dimension)
    ours = partial(simulate_percolation, probability, shape, [steps], seed=1, threads=1)
    mine, theirs = interleaved(ours, partial(numpy_percolation, probability, shape, steps), pairs=5)
    updates = 64.0 * size**dimension * steps
    rate = updates / min(mine)
    # The peer runs a tenth of the steps.
    theirs = [10 * seconds for seconds in theirs]
    alone = decisions_per_second(dimension)
    print(f"  {dimension}+1: {rate / 1e9:.1f}G site-replicas/s on one core; decisions on full words {alone / 1e9:.1f}G")
    limit = f"{rate / 1e9:.1f}G site-replicas/s on one core; random decisions alone, all sites undecided, {alone / 1e9:.1f}G"
    what = f"bond percolation {dimension}+1, {'×'.join(map(str, shape))} sites, {steps} steps, 64 replicas"
    return row(what, "NumPy, one byte a site", mine, theirs, aim=20, limit=limit)


def numpy_percolation(probability: float, shape: tuple[int, ...], steps: int) -> float:
    """A tenth of the steps on 64 replicas of bytes, a single-precision random number for each site's decision."""
    generator = np.random.default_rng(1)
    active = np.ones((64, *shape), np.uint8)
    chances = (1 - (1 - probability) ** np.arange(5)).astype(np.float32)
    for _ in range(steps // 10):
        parents = active
        for axis in range(1, active.ndim):
            parents = parents + np.roll(parents, -1, axis=axis)
        active = (generator.random(active.shape, dtype=np.float32) < chances[parents]).astype(np.uint8)
    return float(active.mean())


def decisions_per_second(dimension: int) -> float:
    """Site-replicas decided per second where every one has a single active parent: the generator's share of the work."""
    parents = PARENTS[dimension]
    decide, work = _decider(parents), _scratch(parents)
    work[0] = np.uint64(0xFFFFFFFFFFFFFFFF)
    bits, states = _threshold_bits(bond_threshold(dimension), parents), np.ascontiguousarray(streams(1, WIDTH).T)
    _decide_often(decide, work, bits, states, 10)
    begin = time.perf_counter()
    _decide_often(decide, work, bits, states, 50_000)
    return 64 * WIDTH * 50_000 / (time.perf_counter() - begin)


def loads_per_second(sites: int) -> float:
    """Pairs of dependent random loads from two arrays of the engine's size."""
    places = np.random.default_rng(1).permutation(sites).astype(np.int32)
    [state] = streams(0, 1)
    _load_often(places, places, state, 10)
    begin = time.perf_counter()
    _load_often(places, places[::-1].copy(), state, LOADS)
    return LOADS / (time.perf_counter() - begin)


@njit
def _decide_often(decide, work, bits, states, count):  # type: ignore[no-untyped-def]
    for _ in range(count):
        decide(work, bits, states)


@njit
def _load_often(places, cells, state, count):  # type: ignore[no-untyped-def]
    total = 0
    for _ in range(count):
        word = random_word(state)
        total += cells[places[((word >> np.uint64(26)) * np.uint64(places.size)) >> np.uint64(38)]]
    return total
