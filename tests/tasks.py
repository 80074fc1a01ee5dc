"""Functions that misbehave, importable by worker processes."""

import os
import time
from typing import Any


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


def crash_one_claim(slug: str, name: str, seed: int) -> dict[str, Any]:
    """Stands in for `verify.measure_claim`: one claim takes its process down, another raises, the others go on."""
    if name.startswith("collapse"):
        os._exit(9)
    if name.startswith("hard"):
        raise ArithmeticError("on purpose")
    return {"verdict": "skipped", "message": "not needed here"}
