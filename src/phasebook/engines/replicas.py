"""Independent replicas over threads: compiled kernels let go of the interpreter, and look at a flag that stops them."""

from __future__ import annotations

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, as_completed

import numpy as np
from numpy.typing import NDArray


def run_replicas(
    run: Callable[[int], None],
    replicas: int,
    threads: int | None,
    cancel: NDArray[np.int64],
    progress: Callable[[int, int], object] | None = None,
) -> None:
    """Call `run` for every replica over threads; an interrupt sets `cancel`, which kernels look at."""
    if threads is not None and (isinstance(threads, bool) or not isinstance(threads, int) or threads < 1):
        raise ValueError(f"threads must be a positive integer; got {threads!r}")
    workers = min(threads or len(os.sched_getaffinity(0)), replicas)
    # One worker is a thread too: the calling thread can be interrupted while a kernel runs, and tell it to stop.
    with ThreadPoolExecutor(workers) as pool:
        try:
            waiting = [pool.submit(run, replica) for replica in range(replicas)]
            for done, finished in enumerate(as_completed(waiting), start=1):
                finished.result()
                if progress is not None:
                    progress(done, replicas)
        except BaseException:
            cancel[0] = 1
            pool.shutdown(wait=True, cancel_futures=True)
            raise
