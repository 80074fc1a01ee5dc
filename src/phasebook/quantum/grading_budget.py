"""What a computation with operators may cost: the number of terms of a sum, and seconds.

Outside of `budget` nothing is limited; a grader always works inside of one.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from ..errors import PhasebookError

MONOMIALS = 200_000
SECONDS = 5.0


class GradingBudgetError(PhasebookError, RuntimeError):
    """A normal form would take more terms or seconds than the budget allows: nothing is known about the answer."""


@dataclass(frozen=True, slots=True)
class _Budget:
    monomials: int
    deadline: float


_current: ContextVar[_Budget | None] = ContextVar("budget", default=None)


@contextmanager
def budget(monomials: int = MONOMIALS, seconds: float = SECONDS) -> Iterator[None]:
    """Within this block a sum of more than `monomials` terms, or work beyond `seconds`, raises `GradingBudgetError`."""
    token = _current.set(_Budget(monomials, time.monotonic() + seconds))
    try:
        yield
    finally:
        _current.reset(token)


def spend(monomials: int) -> None:
    """Compare a number of terms, and the clock, with the budget in force. Raises `GradingBudgetError` beyond it."""
    limits = _current.get()
    if limits is None:
        return
    if monomials > limits.monomials:
        raise GradingBudgetError(f"the normal form has at least {monomials} terms; the budget is {limits.monomials}")
    if time.monotonic() > limits.deadline:
        raise GradingBudgetError("the normal form takes longer than its budget of time")
