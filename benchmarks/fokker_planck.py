"""A training step with the Fokker-Planck residual beside PyTorch's triple autograd, and exact transport beside POT.

Same network, batches, loss and optimizer for the step; the same two histograms, to 1e-9 in cost, for transport.
"""

import os
import time
from pathlib import Path

import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import in_turns, start_peer
from benchmarks.timing import Row, row
from phasebook.engines.fitting import adam, fit
from phasebook.numerics import histogram_counts, optimal_plan
from phasebook.transport import OrnsteinUhlenbeck, Training, sample_cloud
from phasebook.transport.learned_potential import _loss, new_potential

PEER = Path(__file__).parent / "fokker_planck_peer.py"
STEPS, BATCH, COLLOCATION, WIDTH, DEPTH, WEIGHT = 50, 2000, 500, 80, 3, 1.0
CELLS, POINTS = 64, 300_000


def measure() -> list[Row]:
    """Seconds for 50 steps, and for one distance of two nearly equal histograms and of two different ones."""
    return [*steps(), *distances()]


def steps() -> list[Row]:
    """Ours on all threads, autograd on the better of one thread and all."""
    threads = len(os.sched_getaffinity(0))
    job = {"task": "step", "steps": STEPS, "batch": BATCH, "collocation": COLLOCATION, "width": WIDTH, "depth": DEPTH}
    peer, reason = start_peer(PEER, {**job, "weight": WEIGHT, "threads": threads})
    if peer is None:
        print(f"  PyTorch is left out: {reason}")
        return []
    training = Training(steps=STEPS, width=WIDTH, depth=DEPTH, batch=BATCH, collocation=COLLOCATION)
    model = new_potential(2, OrnsteinUhlenbeck(), 10.0, training, scale=2.0, seed=0)
    stacked = jax.tree_util.tree_map(lambda leaf: leaf[None] if hasattr(leaf, "shape") else leaf, model)
    data = (
        jnp.asarray(np.random.default_rng(0).standard_normal((10_000, 2)), jnp.float32),
        jnp.ones(1),
        jnp.float32(3.5),
    )

    def ours() -> None:
        fit(stacked, _loss(BATCH, COLLOCATION, 0.0), data, optimizer=adam(1e-3, STEPS), steps=STEPS, seed=0)

    begin = time.perf_counter()
    ours()
    compiled = time.perf_counter() - begin
    mine, theirs, _ = in_turns(ours, peer)
    parameters = sum(leaf.size for leaf in jax.tree_util.tree_leaves(model) if hasattr(leaf, "size"))
    # A pass is one multiply-add for each weight: the score takes 2 and its gradient twice that again; the residual, with a forward
    # product through both for each dimension, takes 2 + 2·2 and its gradient twice that again.
    work = STEPS * 2 * parameters * (6 * BATCH + 18 * COLLOCATION)
    share = work / min(mine) / products_per_second()
    limit = f"{work / 1e9:.0f} GFLOP in matrix products: {share:.0%} of what they reach alone; compiled once in {compiled:.1f} s"
    what = f"{STEPS} steps with residual, 3-{WIDTH}-{WIDTH}-{WIDTH}-1, {BATCH} + {COLLOCATION} points"
    return [row(what, "PyTorch, autograd three times", mine, theirs, aim=4, limit=limit)]


def distances() -> list[Row]:
    """Exact W2² on the 64 × 64 grid: rings against rings, rings against a checkerboard."""
    rows = []
    for name, clouds in (("nearly equal", ("circles", "circles")), ("different", ("circles", "checkerboard"))):
        held = [
            histogram_counts(sample_cloud(cloud, POINTS, seed), reach=4.0, cells=CELLS)[0]
            for seed, cloud in enumerate(clouds)
        ]
        places = [np.argwhere(counts) * (8.0 / CELLS) for counts in held]
        masses = [counts[counts > 0].astype(float) for counts in held]
        first, second = places
        job = {"task": "transport", "first": first.tolist(), "second": second.tolist()}
        peer, reason = start_peer(PEER, {**job, "a": masses[0].tolist(), "b": masses[1].tolist()})
        if peer is None:
            print(f"  POT is left out: {reason}")
            return rows

        def ours(first=first, second=second, masses=masses) -> float:
            return optimal_plan(first, second, first_weights=masses[0], second_weights=masses[1]).squared_distance

        mine, theirs, values = in_turns(ours, peer)
        apart = abs(ours() / values[-1] - 1)
        limit = f"{len(first)} × {len(second)} cells; the costs differ by {apart:.1g} of their size"
        rows.append(row(f"exact W2² of two {name} histograms", "POT, ot.emd2", mine, theirs, aim=1, limit=limit))
    return rows


def products_per_second() -> float:
    """Floating-point operations a second of matrix products as large as the network's."""
    a, b = jnp.ones((BATCH, WIDTH)), jnp.ones((WIDTH, WIDTH))

    @jax.jit
    def chain(x):
        return jax.lax.fori_loop(0, 200, lambda _, y: (y @ b) * 1e-3, x)

    chain(a).block_until_ready()
    begin = time.perf_counter()
    chain(a).block_until_ready()
    return 200 * 2 * BATCH * WIDTH**2 / (time.perf_counter() - begin)
