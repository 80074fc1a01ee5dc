"""Diffusion with recorded predictions, one core each: a smoothed denoiser beside a NumPy loop, a network beside diffusers.

diffusers is looked for in this interpreter and in the one that `PHASEBOOK_PEERS` names; an absent one is skipped with the reason.
Both sides start at step 392, take the same network (width 64, three layers that share their weights) and record the variance of the
last ten predictions by Welford's update. Ours is warmed up first; what compiling costs is printed apart.
"""

import time
from functools import partial
from pathlib import Path

import numpy as np

from benchmarks.peers import start_peer
from benchmarks.timing import Row, interleaved, row
from phasebook import runtime
from phasebook.numerics.block_noise import BLOCK, fill_normal, lane_states, scratch
from phasebook.transport import (
    DiscreteDiffusion,
    PointDenoiser,
    SmoothedDenoiser,
    fit_denoiser,
    gaussian_line,
    sample_network,
    sample_smoothed,
)

PEER = Path(__file__).parent / "diffusion_peers.py"
SAMPLES, WINDOW, WIDTH, DIMENSION = 10_000, 10, 64, 2
STEPS, BATCH = 1000, 1000
PAIRS = 5
DIFFUSION = DiscreteDiffusion.linear()


def measure() -> list[Row]:
    """A row for the smoothed denoiser, and two for the network where diffusers is there."""
    runtime.prepare_process(threads=1)  # before the first program: JAX reads its flags then
    return [smoothed(), *networks()]


def smoothed() -> Row:
    """10,000 samples with a table made before, and the time that their random numbers alone need."""
    denoiser = SmoothedDenoiser(gaussian_line(), DIFFUSION, 0.1)
    begin = time.perf_counter()
    table = denoiser.table
    print(f"  table of {table.shape[0]} × {table.shape[1]} predictions: {time.perf_counter() - begin:.2f} s, for both")
    ours = partial(sample_smoothed, denoiser, SAMPLES, windows=(WINDOW,), seed=1, threads=1)
    mine, theirs = interleaved(ours, partial(numpy_loop, denoiser), pairs=PAIRS)
    steps = SAMPLES * (denoiser.start + 1)
    share = steps / normals_per_second() / min(mine)
    limit = f"{steps:.2g} normal numbers at the generator's own speed: {share:.0%} of our time; the rest is the look-up"
    return row("10,000 samples of a smoothed denoiser, recorded", "NumPy loop", mine, theirs, aim=3, limit=limit)


def numpy_loop(denoiser: SmoothedDenoiser) -> np.ndarray:
    """The same with np.interp over all samples, a step at a time; the trajectory variances."""
    generator = np.random.default_rng(1)
    states = generator.standard_normal(SAMPLES)
    means, squares = np.zeros((2, SAMPLES))
    for step in range(denoiser.start, -1, -1):
        predicted = np.interp(states, denoiser.nodes, denoiser.table[step])
        if step < WINDOW:
            difference = predicted - means
            means += difference / (WINDOW - step)
            squares += difference * (predicted - means)
        states = DIFFUSION.data_weights[step] * predicted + DIFFUSION.state_weights[step] * states
        states += DIFFUSION.step_noise[step] * generator.standard_normal(SAMPLES)
    return squares / WINDOW


def networks() -> list[Row]:
    """10,000 samples, and 1000 training steps with batches of 1000."""
    network = PointDenoiser(DIMENSION, width=WIDTH, seed=1)
    points = np.random.default_rng(1).standard_normal((100_000, DIMENSION))
    start = DIFFUSION.start_of()
    tasks = (
        (
            "10,000 samples of a network, recorded",
            {"task": "sample", "samples": SAMPLES, "window": WINDOW, "start": start},
            partial(sample_network, network, DIFFUSION, (SAMPLES, DIMENSION), windows=(WINDOW,), seed=1),
            SAMPLES * (start + 1) * flops(),
        ),
        (
            "1000 training steps of a network, batches of 1000",
            {"task": "train", "steps": STEPS, "batch": BATCH},
            partial(fit_denoiser, network, points, DIFFUSION, steps=STEPS, batch=BATCH, seed=1),
            3 * STEPS * BATCH * (flops() + 2 * WIDTH**2),
        ),
    )
    rows = []
    for what, job, ours, work in tasks:
        peer, reason = start_peer(PEER, {**job, "dimension": DIMENSION, "width": WIDTH})
        begin = time.perf_counter()
        ours()
        print(f"  {what}: {time.perf_counter() - begin:.1f} s for the first run, compiling included")
        if peer is None:
            print(f"  {what}: skipped: {reason}")
            continue
        try:
            peer.ask()
            mine, theirs = [], []
            for _ in range(PAIRS):
                begin = time.perf_counter()
                ours()
                mine.append(time.perf_counter() - begin)
                theirs.append(peer.ask()["seconds"])
        finally:
            peer.stop()
        share = work / matrix_speed() / min(mine)
        limit = f"{work:.2g} operations of its matrix products at this core's speed: {share:.0%} of our time"
        rows.append(row(what, "PyTorch and diffusers", mine, theirs, aim=1, limit=limit))
    return rows


def flops() -> float:
    """Operations of the matrix products for one state, the step's embedding not counted: it is one for all samples."""
    return 2.0 * (3 * 2 * WIDTH**2 + 2 * DIMENSION * WIDTH)


def matrix_speed() -> float:
    """Operations a second of float32 products (1000, 64) × (64, 64), the network's own."""
    left, right = np.ones((1000, WIDTH), np.float32), np.ones((WIDTH, WIDTH), np.float32)
    fastest, count = np.inf, 100
    for _ in range(30):
        begin = time.perf_counter()
        for _ in range(count):
            left @ right
        fastest = min(fastest, time.perf_counter() - begin)
    return count * 2.0 * left.size * WIDTH / fastest


def normals_per_second() -> float:
    """The generator's own speed."""
    [state], memory, block = lane_states(0, 1), scratch(), np.empty(BLOCK)
    begin, count = time.perf_counter(), 2000
    for _ in range(count):
        fill_normal(state, memory, 1.0, block)
    return count * BLOCK / (time.perf_counter() - begin)
