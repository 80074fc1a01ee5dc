"""Training and sampling a flow between two clouds in the plane beside torchcfm, one core each.

Both learn eight Gaussians to two half moons with the same perceptron (three layers of 256, SELU), batch, pairs, optimizer
and time embedding, and sample 10,000 points by the same 25 classical Runge-Kutta steps. The peer is looked for in this
interpreter and in the one that `PHASEBOOK_PEERS` names (`pip install torch torchcfm`). Compilation is not in the times;
it stands beside the limit.
"""

import time
from pathlib import Path

from benchmarks.peers import start_peer
from benchmarks.timing import Row, row
from phasebook import runtime

PEER = Path(__file__).parent / "interpolant_peer.py"
POINTS, BATCH, WIDTH, RATE = 10_000, 256, 256, 1e-3
TRAINING, RUNGE_KUTTA, PAIRS = 1000, 25, 5


def measure() -> list[Row]:
    """Seconds per 1000 training steps and per 10,000 samples."""
    runtime.prepare_process(threads=1)  # before the first program: JAX reads its flags then
    import numpy as np

    from phasebook import numerics, transport

    start, end = transport.synthetic_clouds(POINTS, 1)
    job = {
        "start": start.tolist(),
        "end": end.tolist(),
        "batch": BATCH,
        "width": WIDTH,
        "rate": RATE,
        "training": TRAINING,
        "steps": RUNGE_KUTTA,
    }
    peer, reason = start_peer(PEER, job)
    if peer is None:
        print(f"  torchcfm skipped: {reason}")
        return []
    train, sample = _ours(start, end)
    begin = time.perf_counter()
    train(1)
    first = time.perf_counter() - begin
    mine: dict[str, list[float]] = {"train": [], "sample": []}
    theirs: dict[str, list[float]] = {"train": [], "sample": []}
    sample(train(TRAINING))
    points, answer = None, {}
    for _ in range(PAIRS):
        begin = time.perf_counter()
        fields = train(TRAINING)
        mine["train"].append(time.perf_counter() - begin)
        begin = time.perf_counter()
        points = sample(fields)
        mine["sample"].append(time.perf_counter() - begin)
        answer = peer.ask()
        for name in theirs:
            theirs[name].append(answer[name])
    peer.stop()
    target = transport.synthetic_clouds(POINTS, 2)[1]
    quality = [numerics.sliced_distance(cloud, target) for cloud in (points, np.array(answer["points"]))]
    speed = _product_rate()
    flops = {
        "train": 3 * 2 * (3 * WIDTH + 2 * WIDTH**2 + 2 * WIDTH) * BATCH * TRAINING,
        "sample": 2 * (3 * WIDTH + 2 * WIDTH**2 + 2 * WIDTH) * POINTS * 4 * RUNGE_KUTTA,
    }
    what = {
        "train": f"{TRAINING} training steps, batch {BATCH}",
        "sample": f"{POINTS} samples, {4 * RUNGE_KUTTA} evaluations each",
    }
    rows = []
    for name, aim in (("train", 2.0), ("sample", 2.0)):
        share = flops[name] / speed / min(mine[name])
        limit = (
            f"matrix products alone at {speed / 1e9:.0f} Gflop/s: {share:.0%} of our time; first call {first:.1f} s; sliced "
            f"distance to the target {quality[0]:.3f}, the peer's {quality[1]:.3f}"
        )
        rows.append(row(what[name], "torchcfm", mine[name], theirs[name], aim=aim, limit=limit))
    return rows


def _ours(start, end):
    """Training for a number of steps, and sampling."""
    import jax.numpy as jnp

    from phasebook import engines, transport

    interpolant = transport.two_sided("linear", "none")
    loss = transport.field_loss(interpolant, batch=BATCH)
    data = tuple(jnp.asarray(cloud, dtype=jnp.float32) for cloud in (start, end))
    options = {"width": WIDTH, "depth": 3, "activation": "selu", "latent": False}
    model = transport.new_fields(2, interpolant, seed=0, **options)
    optimizer = engines.adam(RATE, TRAINING, schedule="constant")

    def train(steps):
        return engines.fit(model, loss, data, optimizer=optimizer, steps=steps, seed=0, steps_per_call=TRAINING).model

    def sample(fields):
        return transport.flow(fields, start, steps=RUNGE_KUTTA, precision="single").points

    return train, sample


def _product_rate(size: int = 256, repeats: int = 50) -> float:
    """Floating-point operations per second of single-precision products of this shape, by NumPy's library on one thread."""
    import numpy as np

    left, right = np.ones((size, size), dtype=np.float32), np.ones((size, size), dtype=np.float32)
    best = 0.0
    for _ in range(20):
        begin = time.perf_counter()
        for _ in range(repeats):
            left @ right
        best = max(best, 2 * size**3 * repeats / (time.perf_counter() - begin))
    return best
