"""Monte Carlo of a voting tree, sixty-four trees in a machine word, beside a plain NumPy loop over levels.

And the exhaustive search for the best team beside a generic optimizer.
"""

import itertools
import time
from functools import partial

import numpy as np
from numba import njit
from scipy.optimize import OptimizeResult, differential_evolution

from benchmarks.timing import Row, interleaved, row
from phasebook.numerics.xoshiro import random_word, streams
from phasebook.populations import (
    AgentLaw,
    ExponentialChannel,
    Situation,
    VotingTree,
    evaluate_team,
    search_team,
    simulate_root_votes,
)
from phasebook.populations.voting_tree_simulation import _bernoulli_word, _chances

TREE, LEAF_BIAS, DEPTH, TREES = VotingTree(3, 0.9, 0.2), 0.05, 8, 4000
BLOCK = 500
WORDS = 200_000_000
SITUATION = Situation(AgentLaw(0.02, 0.2), ExponentialChannel(15.0), 0.1, budget=1e5, window=2000.0)
DEEPEST, LARGEST = 8, 201
REACHED = 0.999


def measure() -> list[Row]:
    """Seconds on one core for 4000 trees of 3^8 leaves, and for the best of all teams."""
    return [trees(), designs()]


def trees() -> Row:
    """The simulation, with the time that its random words alone need."""
    mine, theirs = interleaved(partial(simulate_root_votes, TREE, LEAF_BIAS, DEPTH, TREES, seed=1), level_loop)
    draws, rate = random_words(), words_per_second()
    share = draws / rate / min(mine)
    limit = f"{draws:.2g} random words of 64 bits at the generator's {rate:.2g} per second: {share:.0%} of our time"
    return row("4000 trees of 3^8 leaves", "NumPy level loop", mine, theirs, aim=5, limit=limit)


def designs() -> Row:
    """The exhaustive search, beside SciPy's differential evolution until it comes within 0.1% of the same bias."""
    choice = search_team(SITUATION)
    seeds = itertools.count()
    mine, theirs = interleaved(
        partial(search_team, SITUATION), lambda: evolve(REACHED * choice.best.root_bias, next(seeds))
    )
    limit = f"{choice.compared} teams, one pass of the recursion over each"
    return row("best team for a budget", "differential evolution to 99.9%", mine, theirs, aim=1, limit=limit)


def evolve(enough: float, seed: int) -> float:
    """Fan-in, message length and depth by differential evolution, stopped where the bias is enough; the bias that was reached."""

    def loss(point: np.ndarray) -> float:
        half, log_tokens, depth = point
        try:
            return -evaluate_team(SITUATION, 2 * round(half) + 1, float(np.exp(log_tokens)), round(depth)).root_bias
        except ValueError:  # the budget or the window does not allow this team
            return 0.0

    def stop(intermediate_result: OptimizeResult) -> bool:
        return -intermediate_result.fun >= enough

    found = differential_evolution(
        loss,
        [(1, LARGEST // 2), (0.0, np.log(SITUATION.window / 3)), (1, DEEPEST)],
        integrality=[True, False, True],
        callback=stop,
        polish=False,
        rng=np.random.default_rng(seed),
    )
    return -found.fun


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
