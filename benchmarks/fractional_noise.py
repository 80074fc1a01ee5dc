"""Fractional noise: paths beside Davies and Harte's method and the package fbm, the index of a series beside DFA in nolds.

A step of Markov noise needs a few normal numbers and two multiplications for each of them and each process; that is its limit.
"""

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.peers import start_peer
from benchmarks.timing import Row, interleaved, row
from phasebook import sequences
from phasebook.numerics.block_noise import BLOCK, fill_normal, lane_states, scratch

HURST, LENGTH, PATHS, FEW = 0.3, 100_000, 100, 4
SERIES = 4096
PEERS = Path(__file__).parent / "fractional_peers.py"


def measure() -> list[Row]:
    """Seconds for 100 paths of 100,000 steps; for the index of 4096 points."""
    return [*paths(), *indices()]


def paths() -> list[Row]:
    """Markov noise of five processes, on all cores, beside exact samplers; how much of the time its normal numbers take."""
    motion = sequences.markov_motion(HURST, kind="I")
    times = np.arange(1, LENGTH + 1) / LENGTH
    ours = partial(sequences.sample_markov_motion, motion, times, PATHS, seed=1)
    exact = partial(sequences.sample_fractional_noise, HURST, LENGTH, PATHS, step=1 / LENGTH, seed=1)
    mine, theirs = interleaved(ours, exact)
    rate = LENGTH * PATHS / min(mine)
    normals = normal_rate()
    limit = (
        f"{rate / 1e6:.0f}M steps/s on two cores; normal numbers alone {normals / 1e6:.0f}M/s a core; relative error "
        f"{motion.relative_error:.3f} of the mean square against none"
    )
    what = f"{PATHS} paths of {LENGTH:,} steps, H = {HURST}"
    rows = [row(what, "Davies-Harte (SciPy, ours)", mine, theirs, aim=1, limit=limit)]
    job = {"package": "fbm", "length": LENGTH, "hurst": HURST, "paths": FEW}
    few = partial(sequences.sample_markov_motion, motion, times, FEW, seed=1)
    return [*rows, *_beside(job, few, what.replace(str(PATHS), str(FEW), 1), "fbm, Davies-Harte", 1, limit)]


def indices() -> list[Row]:
    """Likelihoods of one series, and the Markov one beside nolds' detrended fluctuation analysis."""
    (short,) = sequences.generated_series(HURST, SERIES, 1, 1)
    mine, theirs = interleaved(
        partial(sequences.hurst_by_likelihood, [short]), partial(sequences.hurst_by_exact_likelihood, [short])
    )
    difference = sequences.hurst_by_likelihood([short]).value - sequences.hurst_by_exact_likelihood([short]).value
    limit = f"the two indices differ by {difference:+.3f}; O(n K²) beside O(n²)"
    rows = [row(f"index of {SERIES} points", "exact likelihood (ours)", mine, theirs, aim=1, limit=limit)]
    noise = sequences.sample_fractional_noise(HURST, LENGTH, 1, step=1 / LENGTH, seed=2)[0]
    long = sequences.Series(np.arange(LENGTH + 1) / LENGTH, np.append(0.0, np.cumsum(noise)))
    begin = time.perf_counter()
    found = sequences.hurst_by_likelihood([long])
    seconds = time.perf_counter() - begin
    limit = f"{LENGTH:,} points in {seconds:.1f} s: {found.value:.4f} ± {found.stderr:.4f}; nolds' time grows like their square"
    ours = partial(sequences.hurst_by_likelihood, [short])
    job = {"package": "nolds", "values": np.diff(short.values).tolist()}
    return [*rows, *_beside(job, ours, f"index of {SERIES} points", "nolds.dfa", 0.1, limit)]


def normal_rate() -> float:
    """Normal numbers a second that a core makes in blocks."""
    state, memory, block = lane_states(1, 1)[0], scratch(), np.empty(BLOCK)
    fill_normal(state, memory, 1.0, block)
    begin, count = time.perf_counter(), 2000
    for _ in range(count):
        fill_normal(state, memory, 1.0, block)
    return count * BLOCK / (time.perf_counter() - begin)


def _beside(job: dict, ours: Callable[[], object], what: str, name: str, aim: float, limit: str) -> list[Row]:
    peer, reason = start_peer(PEERS, job)
    if peer is None:
        print(f"  {name} is absent ({reason}): no comparison")
        return []
    mine, theirs = interleaved(ours, peer.ask, pairs=5)
    peer.stop()
    return [row(what, name, mine, theirs, aim=aim, limit=limit)]
