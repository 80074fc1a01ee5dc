"""How many problems tell two models apart: the power of the exact paired test, summed exactly and simulated."""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import stats

from ..numerics.measured import Measured
from .benchmark_report import LEVEL

MOST_PROBLEMS = 100_000


@lru_cache(maxsize=8)
def critical_counts(most_pairs: int, level: float = LEVEL) -> NDArray[np.int64]:
    """For 0 to `most_pairs` discordant pairs the largest smaller count at which the two-sided exact test rejects; -1 where none."""
    pairs = np.arange(most_pairs + 1)
    critical = stats.binom.ppf(level / 2, pairs, 0.5).astype(np.int64)
    # ppf gives the first count whose tail reaches level/2; the test rejects where the tail is at most level/2.
    return np.where(stats.binom.cdf(critical, pairs, 0.5) <= level / 2, critical, critical - 1)


def paired_power(problems: int, only_first: float, only_second: float, level: float = LEVEL) -> float:
    """Probability that the exact test finds a difference, for a problem that only the first (second) solves with these chances.

    Exact sum over the number of discordant pairs. Raises ValueError unless 1 <= problems <= 100,000, both chances are not
    negative with a sum of at most 1, and 0 < level < 1.
    """
    _check(problems, only_first, only_second, level)
    discordant = only_first + only_second
    if discordant == 0:
        return 0.0
    pairs = np.arange(problems + 1)
    # One table serves all numbers of problems up to the next power of two.
    critical = critical_counts(2 ** problems.bit_length(), level)[: problems + 1]
    share = only_first / discordant
    rejected = stats.binom.cdf(critical, pairs, share) + stats.binom.cdf(critical, pairs, 1 - share)
    return float(stats.binom.pmf(pairs, problems, discordant) @ np.minimum(rejected, 1.0))


def simulated_power(
    problems: int, only_first: float, only_second: float, level: float = LEVEL, *, tables: int, seed: int
) -> Measured:
    """Share of `tables` simulated pairs of models for which the test finds a difference. Raises ValueError as `paired_power`."""
    _check(problems, only_first, only_second, level)
    if tables < 2:
        raise ValueError(f"tables must be at least 2; got {tables}")
    chances = [only_first, only_second, max(0.0, 1 - only_first - only_second)]
    drawn = np.random.default_rng(seed).multinomial(problems, np.array(chances) / sum(chances), tables)
    # The p-value of `exact_mcnemar`, of many tables at once.
    p_values = 2 * stats.binom.cdf(drawn[:, :2].min(axis=1), drawn[:, :2].sum(axis=1), 0.5)
    share = float((p_values <= level).mean())
    # A share of none or all has no scatter to measure: the error is then that of one reply more or less.
    stderr = math.sqrt(max(share * (1 - share), (1 - 1 / tables) / tables) / (tables - 1))
    return Measured(share, stderr, tables - 1, seed)


def problems_needed(only_first: float, only_second: float, power: float = 0.8, level: float = LEVEL) -> int:
    """Fewest problems at which, and above which, the power is at least `power` (a power has teeth: the test is discrete).

    Raises ValueError where both chances are equal, where `power` is not between `level` and 1, or above 100,000 problems.
    """
    _check(1, only_first, only_second, level)
    if not level < power < 1:
        raise ValueError(f"power must be between level {level} and 1; got {power}")
    if only_first == only_second:
        raise ValueError(
            f"no number of problems tells models apart that solve equally many; both chances are {only_first}"
        )
    enough = 1
    while paired_power(enough, only_first, only_second, level) < power:
        enough *= 2
        if enough > MOST_PROBLEMS:
            raise ValueError(f"more than {MOST_PROBLEMS} problems are needed at {only_first} against {only_second}")
    lower, upper = enough // 2, enough
    while upper - lower > 1:
        middle = (lower + upper) // 2
        lower, upper = (
            (lower, middle) if paired_power(middle, only_first, only_second, level) >= power else (middle, upper)
        )
    # Within a tooth's width of the crossing the power may fall below again.
    width = max(20, upper // 20)
    for problems in range(upper + width, max(0, upper - width), -1):
        if paired_power(problems, only_first, only_second, level) < power:
            return problems + 1
    return upper


def _check(problems: int, only_first: float, only_second: float, level: float) -> None:
    if not 1 <= problems <= MOST_PROBLEMS:
        raise ValueError(f"problems must be from 1 to {MOST_PROBLEMS}; got {problems}")
    if not (only_first >= 0 and only_second >= 0 and only_first + only_second <= 1):
        raise ValueError(
            f"the chances that only the first and only the second solve a problem must not be negative and add up to at most "
            f"1; got {only_first} and {only_second}"
        )
    if not 0 < level < 1:
        raise ValueError(f"level must be between 0 and 1; got {level}")
