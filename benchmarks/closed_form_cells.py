"""Closed-form cells: beside the package ncps (PyTorch), and beside our own liquid neurons by a fused and by an adaptive solver.

A step of a cell is two matrix products; the rate of products of that shape alone is its limit. Compilation is told apart.
"""

import time
from collections.abc import Callable
from pathlib import Path

import equinox as eqx
import jax
import jax.numpy as jnp
import numpy as np

from benchmarks.peers import start_peer
from benchmarks.timing import Row, interleaved, row
from phasebook import sequences

BATCH, FEATURES, WIDTH = 64, 16, 128
SIZES = [(64, 32), (64, 256), (256, 32), (256, 256)]
PEERS = Path(__file__).parent / "closed_form_peers.py"


def measure() -> list[Row]:
    """Seconds of forward passes and training steps at four sizes beside ncps; beside solvers at the smallest."""
    return [*beside_ncps(), *beside_solvers()]


def beside_ncps() -> list[Row]:
    """The same cell with the same sizes: closed form at all of them, liquid neurons at the smallest."""
    rows = []
    jobs = [("closed", units, steps, training) for units, steps in SIZES for training in (False, True)]
    jobs += [("fused", 64, 32, training) for training in (False, True)]
    for kind, units, steps, training in jobs:
        job = {"kind": kind, "units": units, "steps": steps, "batch": BATCH, "features": FEATURES, "width": WIDTH}
        peer, reason = start_peer(PEERS, {**job, "training": training})
        if peer is None:
            print(f"  ncps is absent ({reason}): no comparison")
            return rows
        ours, compiled = program(kind, units, steps, training)
        mine, theirs = interleaved(ours, peer.ask, pairs=5)
        peer.stop()
        what = f"{'training step' if training else 'forward'}, {kind}, {units} units, {BATCH} sequences of {steps}"
        rows.append(
            row(
                what,
                "ncps (PyTorch)",
                mine,
                theirs,
                aim=3,
                limit=limit(kind, units, steps, training, min(mine), compiled),
            )
        )
    return rows


def beside_solvers() -> list[Row]:
    """The closed form against six unfolds of the fused solver, and against Dormand-Prince at a relative tolerance of 1e-4."""
    rows = []
    for kind, aim in (("fused", 10), ("adaptive", 50)):
        for training in (False, True):
            ours, _ = program("closed", 64, 32, training)
            slower, compiled = program(kind, 64, 32, training)
            mine, theirs = interleaved(ours, slower, pairs=5)
            what = f"{'training step' if training else 'forward'}, 64 units, {BATCH} sequences of 32"
            solver = "liquid neurons, 6 unfolds (ours)" if kind == "fused" else "liquid neurons, adaptive (ours)"
            rows.append(row(what, solver, mine, theirs, aim=aim, limit=f"the solver's compilation: {compiled:.1f} s"))
    return rows


def program(kind: str, units: int, steps: int, training: bool) -> tuple[Callable[[], object], float]:
    """A compiled forward pass or gradient as a function without arguments, and the seconds that its compilation took."""
    cell = make(kind, units)
    random = np.random.default_rng(1)
    inputs = jnp.asarray(random.normal(size=(BATCH, steps, FEATURES)), jnp.float32)
    gaps = jnp.asarray(random.uniform(0.5, 1.5, size=(BATCH, steps)), jnp.float32)
    mask = jnp.ones((BATCH, steps), bool)

    def squared(cell: object, *data: jax.Array) -> jax.Array:
        return (cell.output(sequences.unroll(cell, *data, every_step=False)[1]) ** 2).mean()

    compiled = eqx.filter_jit(eqx.filter_grad(squared) if training else squared)
    begin = time.perf_counter()
    jax.block_until_ready(compiled(cell, inputs, gaps, mask))
    seconds = time.perf_counter() - begin
    return lambda: jax.block_until_ready(compiled(cell, inputs, gaps, mask)), seconds


def make(kind: str, units: int) -> object:
    """A closed-form cell with a backbone of 1×128, or liquid neurons with one of two solvers."""
    key = jax.random.key(0)
    if kind == "closed":
        return sequences.ClosedFormCell(FEATURES, units, width=WIDTH, activation="lecun-tanh", key=key)
    return sequences.LiquidCell(FEATURES, units, solver=kind, key=key)


def limit(kind: str, units: int, steps: int, training: bool, seconds: float, compiled: float) -> str:
    """The rate of a closed form's matrix products beside that of products alone; the rate of liquid neurons' sigmoids."""
    if kind == "fused":
        sigmoids = BATCH * steps * units * (FEATURES + 6 * units)
        return f"{sigmoids / seconds / 1e6:.0f}M sigmoids/s of synapses; compiled in {compiled:.1f} s"
    products = 2 * BATCH * steps * WIDTH * (FEATURES + 5 * units) * (3 if training else 1)
    rate = product_rate(units)
    return (
        f"{products / seconds / 1e9:.0f} GFLOP/s of products, which alone run at {rate / 1e9:.0f}; compiled in "
        f"{compiled:.1f} s"
    )


def product_rate(units: int) -> float:
    """Operations a second of the largest product of a step, (batch, width) times (width, heads), by itself."""
    left, right = jnp.ones((BATCH, WIDTH)), jnp.ones((WIDTH, 4 * units))
    multiply = jax.jit(
        lambda a, b: jax.lax.fori_loop(0, 200, lambda _, c: c + (a + c[0, 0]) @ b, jnp.zeros((BATCH, 4 * units)))
    )
    jax.block_until_ready(multiply(left, right))
    begin = time.perf_counter()
    jax.block_until_ready(multiply(left, right))
    return 200 * 2 * BATCH * WIDTH * 4 * units / (time.perf_counter() - begin)
