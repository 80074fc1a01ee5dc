"""Interleaved timing of two programs that compute the same: the pairs share whatever else the machine is doing."""

import math
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from phasebook.claims import Evidence, judge


@dataclass(frozen=True)
class Row:
    """One line of RESULTS.md."""

    what: str
    peer: str
    ours_seconds: float
    peer_seconds: float
    ratio: float
    interval: tuple[float, float]
    aim: str
    limit: str


def interleaved(
    ours: Callable[[], object], peer: Callable[[], object], pairs: int = 7
) -> tuple[list[float], list[float]]:
    """Seconds of both, run in turns after one warm-up each."""
    ours(), peer()
    mine, theirs = [], []
    for _ in range(pairs):
        mine.append(_seconds(ours))
        theirs.append(_seconds(peer))
    return mine, theirs


def row(what: str, peer: str, mine: Sequence[float], theirs: Sequence[float], *, aim: float, limit: str) -> Row:
    """The ratio peer / ours as a geometric mean with its 99% bootstrap interval."""
    [comparison] = judge(Evidence.ratio(theirs, mine, at_least=aim)).comparisons
    return Row(
        what,
        peer,
        _geometric_mean(mine),
        _geometric_mean(theirs),
        comparison["measured"],
        tuple(comparison["interval"]),
        f"at least {aim:g}x faster",
        limit,
    )


def _seconds(function: Callable[[], object]) -> float:
    begin = time.perf_counter()
    function()
    return time.perf_counter() - begin


def _geometric_mean(values: Sequence[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))
