"""Exact Monte Carlo of voting trees, leaf to root, sixty-four trees at a time.

Each bit of a machine word is one tree: every leaf vote, every flipped message and every shared failure is drawn for each tree, and
a node counts its votes with bitwise adders. Leaves are visited depth first, so a tree of any size needs a few words per level.
Nothing here knows the level map of `voting_tree`; the only thing shared is the description of the tree. A Bernoulli word compares
64 random numbers with a threshold bit by bit and stops as soon as all are decided (about 7 words), which is exact to 2^-64.
"""

import math
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numba import njit
from numpy.typing import NDArray

from ..numerics.measured import Measured
from ..numerics.xoshiro import random_word, streams
from .voting_tree import VotingTree

LANES = 64
MEMORY_LIMIT = 2**30
_NONE = np.uint64(0)
_ONE = np.uint64(1)
_ALL = np.uint64(0xFFFFFFFFFFFFFFFF)
_TOP = np.uint64(63)


def simulate_root_bias(
    tree: VotingTree, leaf_bias: float, depth: int, trees: int, seed: int, threads: int = 1
) -> Measured:
    """Mean answer at the root over independent `trees`, with its binomial standard error.

    The standard error takes the share (k + 1/2) / (R + 1), so that it is positive even where all trees agree. Raises ValueError.
    """
    votes = simulate_root_votes(tree, leaf_bias, depth, trees, seed, threads=threads)
    share = (np.count_nonzero(votes > 0) + 0.5) / (trees + 1.0)
    return Measured(float(np.mean(votes)), 2.0 * math.sqrt(share * (1.0 - share) / trees), math.inf, seed)


def simulate_root_votes(
    tree: VotingTree,
    leaf_bias: float,
    depth: int,
    trees: int,
    seed: int,
    *,
    threads: int = 1,
    memory_limit: int = MEMORY_LIMIT,
) -> NDArray[np.int8]:
    """Answers (+1 right, -1 wrong; shape (trees,)) at the roots of independent trees of this `depth`.

    The same seed gives the same answers for any number of `threads`; blocks of 64 trees have streams of their own. Take a fresh
    seed per depth where errors must be independent. Memory: 35 bytes per 64 trees and one byte per tree, whatever the depth.
    Raises ValueError for wrong arguments and where the result exceeds `memory_limit` bytes.
    """
    leaf_bias = _check_leaf(tree, leaf_bias)
    if isinstance(depth, bool) or not isinstance(depth, int | np.integer) or depth < 0:
        raise ValueError(f"depth must be a non-negative integer; got {depth!r}")
    if tree.fan_in**depth > 2**62:
        raise ValueError(f"depth {depth} gives {tree.fan_in}**{depth} leaves; at most 2**62 can be counted")
    blocks = _check_blocks("trees", trees, 1, memory_limit)
    if threads not in (1, 2):
        raise ValueError(f"threads must be 1 or 2; got {threads!r}")
    states, roots = streams(seed, blocks), np.empty(blocks, dtype=np.uint64)
    chances = _chances(tree, leaf_bias)

    def run(first: int, last: int) -> None:
        _vote_blocks(states, first, last, tree.fan_in, depth, chances, tree.shared == "sent", roots)

    if threads == 1:
        run(0, blocks)
    else:
        half = blocks // 2
        with ThreadPoolExecutor(2) as pool:
            list(pool.map(run, (0, half), (half, blocks)))
    return _answers(roots[:, None], trees)[:, 0]


def simulate_received_messages(
    tree: VotingTree, bias: float, nodes: int, seed: int, *, memory_limit: int = MEMORY_LIMIT
) -> NDArray[np.int8]:
    """Messages (+1 or -1; shape (nodes, fan_in)) that independent inner nodes receive from children of this `bias`.

    The same routine delivers the messages inside `simulate_root_votes`. Raises ValueError.
    """
    bias = _check_leaf(tree, bias)
    blocks = _check_blocks("nodes", nodes, tree.fan_in, memory_limit)
    received = np.empty((blocks, tree.fan_in), dtype=np.uint64)
    _receive_blocks(streams(seed, blocks), _chances(tree, bias), tree.shared == "sent", received)
    return _answers(received, nodes)


def pairwise_correlation(messages: NDArray[np.int8]) -> Measured:
    """Mean correlation between the messages of one node, with a standard error that takes nodes as the independent units.

    `messages` has shape (nodes, fan_in), entries +1 or -1. The variance of a message is taken over all nodes and positions, and the
    linearized standard error includes its noise. Raises ValueError.
    """
    messages = np.asarray(messages, dtype=np.float64)
    if messages.ndim != 2 or messages.shape[0] < 2 or messages.shape[1] < 2:
        raise ValueError(f"messages must have shape (nodes >= 2, fan_in >= 2); got {messages.shape}")
    nodes, fan_in = messages.shape
    mean = messages.mean()
    deviations = messages - mean
    squares = (deviations**2).mean(axis=1)
    variance = squares.mean()
    if variance == 0.0:
        raise ValueError("messages must not all be equal: their correlation is undefined")
    pairs = (deviations.sum(axis=1) ** 2 - fan_in * squares) / (fan_in * (fan_in - 1))
    value = pairs.mean() / variance
    influence = (pairs - value * squares) / variance
    return Measured(float(value), float(influence.std(ddof=1) / math.sqrt(nodes)), nodes - 1.0)


def _check_leaf(tree: VotingTree, bias: float) -> float:
    if not tree.is_single:
        raise ValueError("fidelity and correlation must be numbers, not arrays, for a simulation")
    if not -1.0 <= float(bias) <= 1.0:
        raise ValueError(f"the bias of a voter must lie in [-1, 1]; got {bias!r}")
    return float(bias)


def _check_blocks(name: str, count: int, width: int, memory_limit: int) -> int:
    if isinstance(count, bool) or not isinstance(count, int | np.integer) or count < 1:
        raise ValueError(f"{name} must be a positive integer; got {count!r}")
    blocks = -(-int(count) // LANES)
    needed = blocks * (32 + width * (8 + 2 * LANES))
    if needed > memory_limit:
        raise ValueError(
            f"{name}={count} needs {needed} bytes; the limit is {memory_limit} bytes (lower {name} or raise memory_limit)"
        )
    return blocks


def _chances(tree: VotingTree, bias: float) -> NDArray[np.uint64]:
    """Rows (threshold, complement) for a right leaf, a flipped message, a shared failure, a fair coin (drawn only for even b)."""
    probabilities = (0.5 + 0.5 * bias, 0.5 - 0.5 * float(tree.fidelity), float(tree.correlation), 0.5)
    return np.array([_threshold(probability) for probability in probabilities], dtype=np.uint64)


def _threshold(probability: float) -> tuple[int, int]:
    # The rarer outcome is drawn, so that a threshold of 2^64 never occurs; subtraction from one is exact above one half.
    rarer = min(probability, 1.0 - probability)
    return int(math.ldexp(rarer, 64)), int(_ALL) if probability > 0.5 else 0


def _answers(words: NDArray[np.uint64], count: int) -> NDArray[np.int8]:
    """Bits of `words` (blocks, width) as +1 and -1, shape (count, width); lane i of block k is sample 64 k + i."""
    little = np.ascontiguousarray(words.T).astype("<u8").view(np.uint8)
    bits = np.unpackbits(little, axis=1, bitorder="little")[:, :count]
    return np.ascontiguousarray(2 * bits.T.astype(np.int8) - 1)


@njit(cache=True, nogil=True)
def _bernoulli_word(chance: NDArray[np.uint64], state: NDArray[np.uint64]) -> np.uint64:
    """Sixty-four independent bits, each one with the chance's probability: 64 uniform numbers below a threshold, bit by bit."""
    threshold, hits, undecided = chance[0], _NONE, _ALL
    while threshold != _NONE and undecided != _NONE:
        # A digit of the number below the threshold's digit decides for a hit, one above it against; equal digits decide nothing.
        digit = _NONE - (threshold >> _TOP)
        differs = undecided & (random_word(state) ^ digit)
        hits |= differs & digit
        undecided ^= differs
        threshold <<= _ONE
    return hits ^ chance[1]


@njit(cache=True, nogil=True)
def _deliver(
    vote: np.uint64,
    child: int,
    node: NDArray[np.uint64],
    chances: NDArray[np.uint64],
    sent: bool,
    state: NDArray[np.uint64],
) -> np.uint64:
    """The message that a node receives from its `child`; node[0] marks the trees whose node fails as one, node[1] is the first."""
    flips = _bernoulli_word(chances[1], state)
    message = vote if sent else vote ^ flips
    if child == 0:
        node[0] = _bernoulli_word(chances[2], state)
        node[1] = message
    else:
        message = (node[1] & node[0]) | (message & ~node[0])
    return message ^ flips if sent else message


@njit(cache=True, nogil=True)
def _count(message: np.uint64, planes: NDArray[np.uint64]) -> None:
    """Add one bit to each of 64 counters, whose binary digits are the planes."""
    carry = message
    for digit in range(planes.size - 1):
        carried = planes[digit] & carry
        planes[digit] ^= carry
        carry = carried
    planes[planes.size - 1] |= carry


@njit(cache=True, nogil=True)
def _vote_blocks(
    states: NDArray[np.uint64],
    first: int,
    last: int,
    fan_in: int,
    depth: int,
    chances: NDArray[np.uint64],
    sent: bool,
    roots: NDArray[np.uint64],
) -> None:
    # Counters start so that the last plane is set exactly when more than half of the votes are +1; an even number of votes gets
    # a fair coin as one vote more, which decides ties and nothing else.
    quorum = fan_in // 2 + 1
    digits = 0
    while 2**digits < quorum:
        digits += 1
    start = 2**digits - quorum
    fresh = np.zeros(digits + 1, dtype=np.uint64)
    for digit in range(digits):
        if (start >> digit) & 1:
            fresh[digit] = _ALL
    planes = np.empty((depth, digits + 1), dtype=np.uint64)
    nodes = np.empty((depth, 2), dtype=np.uint64)
    arrived = np.zeros(depth, dtype=np.int64)
    leaves = 1
    for _ in range(depth):
        leaves *= fan_in
    for block in range(first, last):
        state = states[block]
        for _ in range(leaves):
            vote = _bernoulli_word(chances[0], state)
            level = 0
            while level < depth:
                child = arrived[level]
                message = _deliver(vote, child, nodes[level], chances, sent, state)
                if child == 0:
                    planes[level] = fresh
                    if fan_in % 2 == 0:
                        _count(_bernoulli_word(chances[3], state), planes[level])
                _count(message, planes[level])
                if child + 1 < fan_in:
                    arrived[level] = child + 1
                    break
                arrived[level] = 0
                vote = planes[level, digits]
                level += 1
            if level == depth:
                roots[block] = vote


@njit(cache=True, nogil=True)
def _receive_blocks(
    states: NDArray[np.uint64], chances: NDArray[np.uint64], sent: bool, received: NDArray[np.uint64]
) -> None:
    node = np.empty(2, dtype=np.uint64)
    for block in range(received.shape[0]):
        for child in range(received.shape[1]):
            vote = _bernoulli_word(chances[0], states[block])
            received[block, child] = _deliver(vote, child, node, chances, sent, states[block])
