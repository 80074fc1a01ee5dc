"""Monte Carlo of a voting tree, sixty-four trees in a machine word, beside a plain NumPy loop over levels."""

import time
from functools import partial

import numpy as np
from numba import njit

from benchmarks.timing import Row, interleaved, row
from phasebook.numerics.xoshiro import random_word, streams
from phasebook.populations import VotingTree, simulate_root_votes
from phasebook.populations.voting_tree_simulation import _bernoulli_word, _chances

TREE, LEAF_BIAS, DEPTH, TREES = VotingTree(3, 0.9, 0.2), 0.05, 8, 4000
BLOCK = 500
WORDS = 200_000_000


def measure() -> list[Row]:
    """Seconds for 4000 trees of 3^8 leaves, each on one core."""
    mine, theirs = interleaved(partial(simulate_root_votes, TREE, LEAF_BIAS, DEPTH, TREES, seed=1), level_loop)
    draws = random_words()
    seconds = draws / words_per_second()
    share = seconds / min(mine)
    limit = f"{draws:.3g} random words, {1e3 * seconds:.0f} ms from the generator alone: {share:.0%} of our time"
    return [row("4000 trees of 3^8 leaves", "NumPy level loop", mine, theirs, aim=5, limit=limit)]


def level_loop() -> np.ndarray:
    """The same trees with one byte per vote, a level at a time: what one writes first in NumPy."""
    generator = np.random.default_rng(1)
    roots = []
    for _ in range(TREES // BLOCK):
        leaves = (BLOCK, TREE.fan_in**DEPTH)
        votes = np.where(generator.random(leaves, dtype=np.float32) < (1 + LEAF_BIAS) / 2, 1, -1).astype(np.int8)
        for _ in range(DEPTH):
            flips = generator.random(votes.shape, dtype=np.float32) < (1 - TREE.fidelity) / 2
            received = np.where(flips, -votes, votes).reshape(BLOCK, -1, TREE.fan_in)
            together = generator.random(received.shape[:2], dtype=np.float32) < TREE.correlation
            received = np.where(together[:, :, None], received[:, :, :1], received)
            votes = np.where(received.sum(axis=2, dtype=np.int8) > 0, 1, -1).astype(np.int8)
        roots.append(votes[:, 0])
    return np.concatenate(roots)


def random_words() -> float:
    """Random words that the trees need: how many a Bernoulli word takes on average, times how many are drawn."""
    leaves = TREE.fan_in**DEPTH
    nodes = (leaves - 1) // (TREE.fan_in - 1)
    right, flipped, shared, _ = (_words_each(chance) for chance in _chances(TREE, LEAF_BIAS))
    blocks = -(-TREES // 64)
    return blocks * (leaves * right + (leaves + nodes - 1) * flipped + nodes * shared)


def words_per_second() -> float:
    """The generator's own speed."""
    [state] = streams(0, 1)
    _many_words(state, 10)
    begin = time.perf_counter()
    _many_words(state, WORDS)
    return WORDS / (time.perf_counter() - begin)


def _words_each(chance: np.ndarray) -> float:
    """Mean number of random words in a Bernoulli word, counted by running the generator again up to the same state."""
    [state] = streams(0, 1)
    words = 20_000
    target = state.copy()
    _many_bernoulli(chance, target, words)
    return _steps_to(state, target) / words


@njit
def _many_words(state: np.ndarray, count: int) -> int:
    total = np.uint64(0)
    for _ in range(count):
        total ^= random_word(state)
    return total


@njit
def _many_bernoulli(chance: np.ndarray, state: np.ndarray, count: int) -> int:
    total = np.uint64(0)
    for _ in range(count):
        total ^= _bernoulli_word(chance, state)
    return total


@njit
def _steps_to(state: np.ndarray, target: np.ndarray) -> int:
    steps = 0
    while not np.all(state == target):
        random_word(state)
        steps += 1
    return steps
