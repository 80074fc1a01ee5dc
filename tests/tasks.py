"""Functions that misbehave, importable by worker processes."""

import ctypes
import math
import os
import signal
import sys
import time
from typing import Any

from phasebook.claims import Evidence


def double(value: int) -> int:
    """Twice the value."""
    return 2 * value


def fail() -> None:
    """Raise."""
    raise ValueError("this task raises on purpose")


def sleep(seconds: float) -> None:
    """Overrun a time limit."""
    time.sleep(seconds)


def exit_at_once() -> None:
    """Take the whole process down."""
    os._exit(3)


def kill_itself() -> None:
    """Die as the system's memory killer would do it."""
    os.kill(os.getpid(), 9)


def swallow_memory(megabytes: int) -> int:
    """Hold memory for a while, piece by piece."""
    held = []
    for _ in range(megabytes // 10):
        held.append(b"x" * 10_000_000)
        time.sleep(0.01)
    time.sleep(1.0)
    return len(held)


def need_absent_package() -> None:
    """Import what is not installed."""
    import a_package_that_nobody_has  # type: ignore[import-not-found]  # noqa: F401


def process_number() -> int:
    """Which process this is."""
    return os.getpid()


def threads() -> list[str | None]:
    """What a worker sees of its thread settings."""
    return [os.environ.get(name) for name in ("OMP_NUM_THREADS", "NUMBA_NUM_THREADS", "TF_CPP_MIN_LOG_LEVEL")]


def misbehave(slug: str, name: str, seed: int) -> dict[str, Any]:
    """Stands in for `verify.measure_claim`: each claim whose name is in MISBEHAVIOUR does what is said there."""
    MISBEHAVIOUR.get(name, double)(1)
    return {"verdict": "skipped", "message": "not needed here"}


def _fail(_: int) -> None:
    raise ArithmeticError("on purpose")


def _exit(_: int) -> None:
    os._exit(9)


def _read_no_address(_: int) -> None:
    ctypes.string_at(0)


def _hang(_: int) -> None:
    signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM])
    while True:
        pass


def _leak(_: int) -> None:
    swallow_memory(100_000)


def _leave_a_child(_: int) -> None:
    if os.fork() == 0:
        time.sleep(30)
        os._exit(0)


def _print_megabytes(_: int) -> None:
    for _ in range(30):
        sys.stdout.write("x" * 100_000)
        os.write(1, b"y" * 100_000)


def _return_nan(_: int) -> None:
    Evidence.exact(math.nan, 1.0)


# By the names of the quick claims of mixture-misspecification.
MISBEHAVIOUR = {
    "correct-specification": _fail,
    "under-smoothing": _exit,
    "low-snr-constant": _read_no_address,
    "collapse-threshold": _hang,
    "hard-assignment": _leak,
    "samples-follow-population": _leave_a_child,
    "first-order-collapse": _print_megabytes,
    "label-accuracy": _return_nan,
}
