"""EM of a Gaussian mixture, per iteration: ours with a fixed noise level, beside scikit-learn's spherical GaussianMixture.

Same samples, same first means, the same number of iterations. The peer cannot hold the noise level: its M step also estimates
variances and weights, its fit ends with one more E step, ours checks its input and finds its center anew at every step.
Lloyd's k-means, the limit of a vanishing noise level, is compared in the same way.
"""

import time
import warnings
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext

import numpy as np

from benchmarks.timing import Row, interleaved, row
from phasebook.inference import GaussianMixture, em_step, lloyd_fit, regular_means

SAMPLES, COMPONENTS, DIMENSION = 1_000_000, 4, 2
ITERATIONS = 10
PAIRS = 5


def measure() -> list[Row]:
    """Seconds per iteration at n = 1,000,000, K = 4, d = 2, with one core each and with each program's own threads."""
    from threadpoolctl import threadpool_limits

    mixture = GaussianMixture(2 * regular_means(COMPONENTS, DIMENSION))
    points, _ = mixture.sample(SAMPLES, seed=1)
    start = 1.3 * mixture.means
    rows = []
    for words, threads, limited in (
        ("one core each", 1, lambda: threadpool_limits(1)),
        ("threads as they come", None, nullcontext),
    ):
        rows.append(_row(f"EM iteration, {words}", points, start, threads, limited))
    rows.append(_hard_row("Lloyd iteration, one core each", points, start, lambda: threadpool_limits(1)))
    return rows


def _row(
    what: str,
    points: np.ndarray,
    start: np.ndarray,
    threads: int | None,
    limited: Callable[[], AbstractContextManager],
) -> Row:
    from sklearn.mixture import GaussianMixture as Peer

    def ours() -> None:
        means = start
        for _ in range(ITERATIONS):
            means = em_step(points, means, 1.0, threads=threads).means

    peer = Peer(
        COMPONENTS,
        covariance_type="spherical",
        weights_init=np.full(COMPONENTS, 1 / COMPONENTS),
        means_init=start,
        precisions_init=np.ones(COMPONENTS),
        max_iter=ITERATIONS,
        tol=0.0,
    )
    with limited(), warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that ten iterations do not converge
        mine, theirs = interleaved(ours, lambda: peer.fit(points), PAIRS)
    mine, theirs = _per_iteration(mine), _per_iteration(theirs)
    limit = _limit(points, min(mine), "" if threads == 1 else " on one core")
    return row(what, "scikit-learn GaussianMixture", mine, theirs, aim=3.0, limit=limit)


def _hard_row(what: str, points: np.ndarray, start: np.ndarray, limited: Callable[[], AbstractContextManager]) -> Row:
    from sklearn.cluster import KMeans

    done: dict[str, int] = {}

    def ours() -> None:
        done["ours"] = lloyd_fit(points, COMPONENTS, start=start, threads=1).iterations

    def theirs() -> None:
        done["peer"] = KMeans(COMPONENTS, init=start, n_init=1, tol=0.0, max_iter=1000).fit(points).n_iter_

    with limited():
        mine, other = interleaved(ours, theirs, PAIRS)
    mine = [seconds / done["ours"] for seconds in mine]
    other = [seconds / done["peer"] for seconds in other]
    limit = f"memory: {1e3 * _reading(points):.1f} ms to read the samples"
    return row(what, "scikit-learn KMeans", mine, other, aim=1.0, limit=limit)


def _per_iteration(seconds: list[float]) -> list[float]:
    return [each / ITERATIONS for each in seconds]


def _limit(points: np.ndarray, ours: float, where: str) -> str:
    exponentials, reading = _exponentials(len(points) * COMPONENTS), _reading(points)
    return (
        f"{len(points) * COMPONENTS:,} exponentials by NumPy in cache{where}: {1e3 * exponentials:.1f} ms; "
        f"reading the samples: {1e3 * reading:.1f} ms; ours is {ours / max(exponentials, reading):.1f} times the larger"
    )


def _exponentials(count: int) -> float:
    """Seconds for that many exponentials, in blocks that stay in the first cache."""
    block = np.linspace(-8.0, 0.0, 1024)
    out = np.empty_like(block)

    def work() -> None:
        for _ in range(count // block.size):
            np.exp(block, out=out)

    return _fastest(work)


def _reading(points: np.ndarray) -> float:
    """Seconds to read the samples once; a copy much larger than the caches comes from memory."""
    copies = np.tile(points, (8, 1)).ravel()
    return _fastest(lambda: copies.sum()) / 8


def _fastest(work: Callable[[], object]) -> float:
    seconds = []
    for _ in range(5):
        begin = time.perf_counter()
        work()
        seconds.append(time.perf_counter() - begin)
    return min(seconds)
