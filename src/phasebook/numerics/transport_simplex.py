"""The simplex method for optimal transport with squared distances: exact plans between weighted clouds of points.

A basis is a spanning tree of sources and targets (Dantzig 1951; Ahuja, Magnanti, Orlin, Network Flows (1993), chapter 11). The
first tree is the north-west corner's along a space-filling curve, whose arcs are short. A step looks at the targets of a few
sources, near ones first, takes the pair that violates its potentials the most, and the arc that runs empty leaves. Masses are
integers, each source holding one unit more than its share (Orden 1956): then no arc of a tree is ever empty, each step lowers the
cost, and the search ends. It ends only once no pair of points violates the potentials: they prove the plan optimal, up to rounding.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from jaxtyping import Float
from numba import njit
from scipy.spatial import cKDTree

QUANTA = 2**47  # of the whole mass; with the unit that each source holds more, sums stay far below 2**63
CURVE_BITS = 16
NONE = -1
PARENT, CHILD, NEXT, PREVIOUS, DEPTH, FLOW = range(6)  # columns of a tree
NEAR = 32  # targets of a source that are looked at first
NEAR_ROWS, ROWS = 12, 4  # sources among which the worst violation is taken: of near targets, of all
REFRESH = 20_000  # steps after which potentials are computed anew from the tree, so that rounding does not pile up
ROUNDING = 1e-12  # of the largest cost: a violation below it is rounding


def squared_distance_plan(
    first: Float[np.ndarray, "n d"],
    first_masses: Float[np.ndarray, " n"],
    second: Float[np.ndarray, "m d"],
    second_masses: Float[np.ndarray, " m"],
) -> tuple[float, np.ndarray, np.ndarray, np.ndarray, float]:
    """Cheapest plan between two clouds of points with positive masses: cost, source and target of its arcs, their shares, and gap.

    The cost is the mean squared distance; arcs are (n + m - 1,); `gap` is the cost less the dual bound, which is rounding where the
    plan is optimal. Inputs are checked by the caller.
    """
    order_a, order_b = _curve_orders(first, second)
    a, b = first[order_a], second[order_b]
    # Sizes are divided out, so that one tolerance serves all.
    scale = float(max(np.ptp(np.concatenate([a, b]), axis=0).max(), 1e-300))
    center = b.mean(axis=0)
    a, b = np.ascontiguousarray((a - center).T / scale), np.ascontiguousarray((b - center).T / scale)
    extra = len(first) + 1
    supply = _quanta(first_masses[order_a]) * extra + 1
    demand = _quanta(second_masses[order_b]) * extra
    demand[-1] += len(first)
    tree, potentials = np.zeros((supply.size + demand.size, 6), np.int64), np.zeros(supply.size + demand.size)
    _first_tree(supply, demand, tree)
    lengths, near = cKDTree(b.T).query(a.T, range(1, min(NEAR, demand.size) + 1))
    _solve(a, b, tree, near, lengths**2, potentials, np.zeros(demand.size), np.zeros(demand.size))
    parent, flow = tree[:, PARENT], tree[:, FLOW]
    child = np.flatnonzero(parent >= 0)
    sources = np.where(child < supply.size, child, parent[child])
    targets = np.where(child < supply.size, parent[child], child) - supply.size
    shares = flow[child] / supply.sum()
    lengths = ((a[:, sources] - b[:, targets]) ** 2).sum(axis=0)
    cost = float(shares @ lengths)
    bound = (supply @ potentials[: supply.size] + demand @ potentials[supply.size :]) / supply.sum()
    return cost * scale**2, order_a[sources], order_b[targets], shares, (cost - float(bound)) * scale**2


def _quanta(masses: np.ndarray) -> np.ndarray:
    """Masses as integers whose sum is QUANTA: the largest takes what rounding leaves."""
    quanta = np.rint(masses / masses.sum() * QUANTA).astype(np.int64)
    quanta[np.argmax(quanta)] += QUANTA - quanta.sum()
    return quanta


def _curve_orders(first: np.ndarray, second: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both clouds in the order of one Hilbert curve through their first two coordinates."""
    both = np.concatenate([first, second])
    low, span = both.min(axis=0), np.maximum(np.ptp(both, axis=0).max(), 1e-300)
    places = np.minimum((both - low) / span * 2**CURVE_BITS, 2**CURVE_BITS - 1).astype(np.int64)
    across = places[:, 0]
    up = places[:, 1] if places.shape[1] > 1 else np.zeros_like(across)
    along = _curve_positions(across, up)
    return np.argsort(along[: len(first)], kind="stable"), np.argsort(along[len(first) :], kind="stable")


@njit(cache=True, nogil=True)
def _curve_positions(across: Any, up: Any) -> Any:
    """Position of cells along the Hilbert curve (Hilbert 1891)."""
    positions = np.zeros(across.size, np.int64)
    for k in range(across.size):
        x, y, side = across[k], up[k], 1 << (CURVE_BITS - 1)
        while side > 0:
            right = 1 if x & side else 0
            upper = 1 if y & side else 0
            positions[k] += side * side * ((3 * right) ^ upper)
            if upper == 0:
                if right == 1:
                    x, y = side - 1 - x, side - 1 - y
                x, y = y, x
            side >>= 1
    return positions


@njit(cache=True, nogil=True)
def _first_tree(supply: Any, demand: Any, tree: Any) -> None:
    """North-west corner: sources and targets in order, each arc as full as it can be; a tree hung at its middle."""
    n = supply.size
    tree[:, :DEPTH] = NONE
    tree[:, DEPTH:] = 0
    i, j = 0, 0
    left, wanted = supply[0], demand[0]
    at = 0  # the node that the next one hangs at
    while True:
        moved = min(left, wanted)
        if at == i:
            _hang(tree, n + j, i, moved)
        else:
            _hang(tree, i, n + j, moved)
        left, wanted = left - moved, wanted - moved
        if i == n - 1 and j == demand.size - 1:
            break
        if left == 0 and i < n - 1:
            i += 1
            left = supply[i]
            at = n + j
        else:
            j += 1
            wanted = demand[j]
            at = i
    top = n // 2
    _reroot(tree, top, 0)
    at = _following(tree, top, top)
    while at != NONE:
        tree[at, DEPTH] = tree[tree[at, PARENT], DEPTH] + 1
        at = _following(tree, at, top)


@njit(cache=True, nogil=True)
def _hang(tree: Any, node: Any, below: Any, moved: Any) -> None:
    """Make `node` a child of `below` with this flow on their arc."""
    tree[node, PARENT] = below
    tree[node, FLOW] = moved
    following = tree[below, CHILD]
    tree[node, NEXT] = following
    tree[node, PREVIOUS] = NONE
    if following != NONE:
        tree[following, PREVIOUS] = node
    tree[below, CHILD] = node


@njit(cache=True, nogil=True)
def _cut(tree: Any, node: Any) -> None:
    """Take `node` with its subtree off its parent."""
    before, after = tree[node, PREVIOUS], tree[node, NEXT]
    if before != NONE:
        tree[before, NEXT] = after
    else:
        tree[tree[node, PARENT], CHILD] = after
    if after != NONE:
        tree[after, PREVIOUS] = before
    tree[node, PARENT] = NONE


@njit(cache=True, nogil=True)
def _reroot(tree: Any, node: Any, top: Any) -> None:
    """Turn the path from `node` up to `top`, which hangs at nothing, so that `node` is on top."""
    at, below, moved = node, NONE, 0
    while at != NONE:
        above, carried = tree[at, PARENT], tree[at, FLOW]
        if above != NONE:
            _cut(tree, at)
        if below != NONE:
            _hang(tree, at, below, moved)
        if at == top:
            break
        below, moved, at = at, carried, above


@njit(cache=True, nogil=True)
def _following(tree: Any, at: Any, top: Any) -> Any:
    """The next node of the subtree under `top`, parents before children; NONE after the last."""
    if tree[at, CHILD] != NONE:
        return tree[at, CHILD]
    while at != top:
        if tree[at, NEXT] != NONE:
            return tree[at, NEXT]
        at = tree[at, PARENT]
    return NONE


@njit(cache=True, nogil=True)
def _length(a: Any, b: Any, i: Any, j: Any) -> float:
    total = 0.0
    for axis in range(a.shape[0]):
        total += (a[axis, i] - b[axis, j]) ** 2
    return total


@njit(cache=True, nogil=True)
def _renew_potentials(a: Any, b: Any, tree: Any, top: int, potentials: Any, slack: Any) -> None:
    """Potentials with zero reduced cost on each arc of the tree; `slack` of a target is |b|² less its potential."""
    n = a.shape[1]
    at = _following(tree, top, top)
    potentials[top] = 0.0
    while at != NONE:
        above = tree[at, PARENT]
        i, j = (at, above - n) if at < n else (above, at - n)
        potentials[at] = _length(a, b, i, j) - potentials[above]
        at = _following(tree, at, top)
    for j in range(b.shape[1]):
        slack[j] = -potentials[n + j]
        for axis in range(b.shape[0]):
            slack[j] += b[axis, j] ** 2


@njit(cache=True, nogil=True)
def _solve(a: Any, b: Any, tree: Any, near: Any, lengths: Any, potentials: Any, slack: Any, reduced: Any) -> int:
    """Steps of the simplex method, first among near targets alone, until no pair violates its potentials; returns how many."""
    n = a.shape[1]
    top = n // 2
    _renew_potentials(a, b, tree, top, potentials, slack)
    tolerance = ROUNDING * (1.0 + a.shape[0])
    everywhere, fresh = False, True
    steps, quiet, row = 0, 0, 0
    while True:
        rows = min(ROWS if everywhere else NEAR_ROWS, n)
        source, target, worst = NONE, NONE, -tolerance
        for _ in range(rows):
            if everywhere:
                candidate, violation = _worst_target(a, b, row, potentials[row], slack, reduced)
            else:
                candidate, violation = _worst_near(near, lengths, row, potentials, n)
            if violation < worst:
                source, target, worst = row, candidate, violation
            row = (row + 1) % n
        if source != NONE:
            _step(a, b, tree, source, n + target, potentials, slack)
            steps += 1
            quiet, fresh = 0, False
            if steps % REFRESH == 0:
                _renew_potentials(a, b, tree, top, potentials, slack)
            continue
        quiet += rows
        if quiet < n:
            continue
        if everywhere and fresh:
            return steps
        # The last look is at potentials that come straight from the tree.
        _renew_potentials(a, b, tree, top, potentials, slack)
        everywhere, fresh, quiet = True, True, 0


@njit(cache=True, nogil=True)
def _worst_near(near: Any, lengths: Any, i: int, potentials: Any, n: int) -> Any:
    """The near target with the least reduced cost of source i, and that cost."""
    at, least = near[i, 0], np.inf
    for k in range(near.shape[1]):
        cost = lengths[i, k] - potentials[n + near[i, k]]
        if cost < least:
            at, least = near[i, k], cost
    return at, least - potentials[i]


@njit(cache=True, nogil=True, fastmath=True)
def _worst_target(a: Any, b: Any, i: int, potential: float, slack: Any, reduced: Any) -> Any:
    """The target with the most negative reduced cost of source i, and that cost."""
    own = -potential
    for axis in range(a.shape[0]):
        own += a[axis, i] ** 2
    if a.shape[0] == 2:
        x, y = 2 * a[0, i], 2 * a[1, i]
        across, up = b[0], b[1]
        for j in range(slack.size):
            reduced[j] = slack[j] - (x * across[j] + y * up[j])
    else:
        reduced[:] = slack
        for axis in range(a.shape[0]):
            x = 2 * a[axis, i]
            for j in range(slack.size):
                reduced[j] -= x * b[axis, j]
    least = reduced[0]
    for j in range(slack.size):
        least = min(least, reduced[j])
    at = 0
    while reduced[at] != least:
        at += 1
    return at, least + own


@njit(cache=True, nogil=True)
def _step(a: Any, b: Any, tree: Any, source: Any, target: Any, potentials: Any, slack: Any) -> None:
    """Let the arc from source to target enter: flow runs round the cycle that it closes, and what runs empty leaves."""
    n = a.shape[1]
    # Flow falls on the arcs above targets on the target's side, and above sources on the source's side.
    up, down = source, target
    least, leaving, on_source_side = np.int64(2**62), NONE, True
    while up != down:
        if tree[up, DEPTH] >= tree[down, DEPTH]:
            if up < n and tree[up, FLOW] < least:
                least, leaving, on_source_side = tree[up, FLOW], up, True
            up = tree[up, PARENT]
        else:
            if down >= n and tree[down, FLOW] < least:
                least, leaving, on_source_side = tree[down, FLOW], down, False
            down = tree[down, PARENT]
    meeting = up
    at = source
    while at != meeting:
        tree[at, FLOW] += least if at >= n else -least
        at = tree[at, PARENT]
    at = target
    while at != meeting:
        tree[at, FLOW] += least if at < n else -least
        at = tree[at, PARENT]
    shift = _length(a, b, source, target - n) - potentials[source] - potentials[target]
    moved, kept = (source, target) if on_source_side else (target, source)
    _cut(tree, leaving)
    _reroot(tree, moved, leaving)
    _hang(tree, moved, kept, least)
    of_sources = shift if on_source_side else -shift
    at = moved
    while at != NONE:
        tree[at, DEPTH] = tree[tree[at, PARENT], DEPTH] + 1
        if at < n:
            potentials[at] += of_sources
        else:
            potentials[at] -= of_sources
            slack[at - n] += of_sources
        at = _following(tree, at, moved)
