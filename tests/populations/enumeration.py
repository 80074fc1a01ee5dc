"""The bias at the root of a tiny tree by visiting every outcome of every leaf, channel and shared failure."""

import itertools

import numpy as np


def enumerated_root_bias(tree, leaf_bias, depth):
    """Sum of probability times answer over all outcomes; only outcomes with a chance strictly between 0 and 1 are split."""
    leaves = tree.fan_in**depth
    nodes = [tree.fan_in**level for level in reversed(range(depth))]
    edges = [count * tree.fan_in for count in nodes]
    chances = np.concatenate(
        [
            np.full(leaves, (1 + leaf_bias) / 2),
            np.full(sum(edges), (1 - tree.fidelity) / 2),
            np.full(sum(nodes), tree.correlation),
        ]
    )
    free = np.flatnonzero((chances > 0) & (chances < 1))
    assert free.size <= 18, "too many outcomes to enumerate"
    choices = np.array(list(itertools.product([False, True], repeat=free.size)), dtype=bool).reshape(-1, free.size)
    weight = np.where(choices, chances[free], 1 - chances[free]).prod(axis=1)
    outcome = np.tile(chances == 1, (len(choices), 1))
    outcome[:, free] = choices
    votes = np.where(outcome[:, :leaves], 1, -1)
    flips, fails = np.split(outcome[:, leaves:], [sum(edges)], axis=1)
    for edge_count, node_count in zip(edges, nodes, strict=True):
        flip, flips = flips[:, :edge_count], flips[:, edge_count:]
        fail, fails = fails[:, :node_count], fails[:, node_count:]
        sign = np.where(flip, -1, 1).reshape(-1, node_count, tree.fan_in)
        children = votes.reshape(-1, node_count, tree.fan_in)
        if tree.shared == "sent":
            children = np.where(fail[:, :, None], children[:, :, :1], children)
            received = children * sign
        else:
            received = children * sign
            received = np.where(fail[:, :, None], received[:, :, :1], received)
        votes = np.sign(
            received.sum(axis=2)
        )  # a tie counts zero, the mean of a fair coin; only at the root of an even tree
    return float(weight @ votes[:, 0])


# (fan_in, fidelity, correlation, leaf_bias, depth): every case has at most 2^18 outcomes.
TINY = [
    (3, 0.7, 0.3, 0.2, 1),
    (4, 0.7, 0.3, 0.2, 1),
    (5, 0.6, 0.25, 0.4, 1),
    (3, 1.0, 0.3, 0.4, 2),
    (3, 0.6, 0.4, 1.0, 2),
    (3, 0.6, 0.0, 1.0, 2),
    (7, 0.8, 0.2, -0.3, 1),
]
