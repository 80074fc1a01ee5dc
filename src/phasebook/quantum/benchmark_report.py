"""What a table of graded replies shows, and what it cannot: intervals of scores, paired tests, the spread over models and problems.

With 50 problems a score of 30 % is known to twelve points either way, so that differences of scores need a paired test. A
problem is the unit throughout: repeated replies to one problem are averaged first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy import stats

from ..numerics.measured import Measured
from ..numerics.statistics import mean_estimate, wilson_share_interval
from .graded_replies import GradedTable

CONFIDENCE = 0.95
LEVEL = 0.05
RESAMPLES = 20_000
RESAMPLED_AT_ONCE = 2_000_000  # weights held in memory


@dataclass(frozen=True, slots=True)
class Score:
    """A model's share of solved problems (pass@1) with its Wilson interval, and the shares of replies without a verdict."""

    model: str
    share: float
    interval: tuple[float, float]
    unparsed: float
    unjudged: float


@dataclass(frozen=True, slots=True)
class PairedTest:
    """Two models on the same problems: how many only one of them solved (more often), and the exact p-value, Holm's beside it."""

    first: str
    second: str
    only_first: int
    only_second: int
    p_value: float
    adjusted: float


def model_scores(table: GradedTable) -> list[Score]:
    """Scores in the table's order; a reply that could not be read, was refused or failed counts as not solved.

    `unjudged` is the share of replies with the outcomes ungraded, refused or error.
    """
    shares, unparsed = table.rates.mean(axis=1), table.outcome_rates("unparsed")
    unjudged = sum(table.outcome_rates(outcome) for outcome in ("ungraded", "refused", "error"))
    return [
        Score(
            model, float(share), wilson_share_interval(float(share), len(table.problems), CONFIDENCE), *map(float, rest)
        )
        for model, share, *rest in zip(table.models, shares, unparsed, np.asarray(unjudged), strict=True)
    ]


def pass_at_k(attempts: int, correct: int, k: int) -> float:
    """Unbiased estimate 1 - C(n - c, k)/C(n, k) of the chance that one of k replies is right, after c of n were.

    Raises ValueError unless 0 <= correct <= attempts and 1 <= k <= attempts. Source: Chen et al., arXiv 2107.03374.
    """
    if not 0 <= correct <= attempts or not 1 <= k <= attempts:
        raise ValueError(
            f"pass at k needs 0 <= correct <= attempts and 1 <= k <= attempts; got {correct}, {attempts}, {k}"
        )
    return 1 - math.comb(attempts - correct, k) / math.comb(attempts, k)


def models_pass_at_k(table: GradedTable, k: int) -> NDArray[np.float64]:
    """Mean over the problems of `pass_at_k` for each model, shape (models,).

    Raises ValueError where a problem has fewer than k replies.
    """
    correct, attempts = table.counts[:, :, 0], table.attempts
    return np.array(
        [
            [pass_at_k(int(n), int(c), k) for n, c in zip(*rows, strict=True)]
            for rows in zip(attempts, correct, strict=True)
        ]
    ).mean(axis=1)


def discordant_counts(first: ArrayLike, second: ArrayLike) -> tuple[int, int]:
    """On how many problems the first of two rows of rates is the higher, and on how many the second."""
    one, two = np.asarray(first, dtype=float), np.asarray(second, dtype=float)
    return int((one > two).sum()), int((two > one).sum())


def exact_mcnemar(only_first: int, only_second: int) -> float:
    """Two-sided exact p-value of b against c discordant pairs: min(1, 2 P(X <= min(b, c))) for X ~ Bin(b + c, 1/2).

    Raises ValueError on negative counts. Source: McNemar, Psychometrika 12, 153 (1947), in its exact form.
    """
    if only_first < 0 or only_second < 0:
        raise ValueError(f"discordant counts must not be negative; got {only_first} and {only_second}")
    pairs = only_first + only_second
    tail = sum(math.comb(pairs, number) for number in range(min(only_first, only_second) + 1))
    return min(1.0, 2 * tail / 2**pairs)


def holm_adjusted(p_values: Sequence[float]) -> list[float]:
    """Holm's step-down adjustment: the r-th smallest of m p-values times m - r + 1, made monotone and cut at 1.

    Source: Holm, Scand. J. Stat. 6, 65 (1979).
    """
    adjusted, highest = [0.0] * len(p_values), 0.0
    for rank, place in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[place]))
        adjusted[place] = highest
    return adjusted


def paired_tests(table: GradedTable) -> list[PairedTest]:
    """Every pair of models, best first, by the exact McNemar test with Holm's adjustment over all pairs.

    Where replies are repeated it is the sign test: a problem counts for the model that solves it more often.
    """
    order = model_ranking(table)
    found = [
        (order[i], order[j], *discordant_counts(table.rates[order[i]], table.rates[order[j]]))
        for i in range(len(order))
        for j in range(i + 1, len(order))
    ]
    p_values = [exact_mcnemar(b, c) for _, _, b, c in found]
    return [
        PairedTest(table.models[i], table.models[j], b, c, p_value, adjusted)
        for (i, j, b, c), p_value, adjusted in zip(found, p_values, holm_adjusted(p_values), strict=True)
    ]


def model_ranking(table: GradedTable) -> list[int]:
    """Indices of the models, best first; equal scores keep the table's order."""
    return sorted(range(len(table.models)), key=lambda index: -float(table.rates[index].mean()))


def unresolved_leaders(table: GradedTable) -> list[str]:
    """The best model and those that the paired tests do not tell from it (adjusted p above 0.05), best first."""
    best = table.models[model_ranking(table)[0]]
    return [best, *(test.second for test in paired_tests(table) if test.first == best and test.adjusted > LEVEL)]


def ranking_verdict(table: GradedTable) -> str:
    """One sentence: whether the best model is the best, and if not, how many the table cannot tell from it."""
    leaders, count = unresolved_leaders(table), len(table.problems)
    problems = "1 problem" if count == 1 else f"{count} problems"
    if len(table.models) == 1:
        return f"One model answered {problems}; a ranking needs a second one."
    if len(leaders) == 1:
        return f"{leaders[0]} is best: {problems} tell it from each of the others."
    podium = "The podium is not resolved" if len(leaders) >= 3 else "First place is not resolved"
    return f"{podium} by {problems}: {len(leaders)} of {len(table.models)} models cannot be told from the best."


def mean_over_models(table: GradedTable) -> Measured:
    """Mean score with its standard error over models alone, the problems held fixed. Raises ValueError for a single model."""
    return mean_estimate(table.rates.mean(axis=1))


def two_way_bootstrap(
    table: GradedTable, *, seed: int, resamples: int = RESAMPLES
) -> tuple[Measured, tuple[float, float]]:
    """Mean score with its standard error and 95 % percentile interval, models and problems both resampled with replacement.

    The error over models alone leaves out that other problems could have been asked. dof: the smaller number less one. Raises
    ValueError below 99 resamples. Source: Owen, Ann. Appl. Stat. 1, 386 (2007).
    """
    if resamples < 99:
        raise ValueError(f"resamples must be at least 99; got {resamples}")
    rates = table.rates
    models, problems = rates.shape
    generator = np.random.default_rng(seed)
    step = max(1, RESAMPLED_AT_ONCE // (models + problems))
    means = []
    for start in range(0, resamples, step):
        count = min(step, resamples - start)
        model_weights = generator.multinomial(models, np.full(models, 1 / models), count)
        problem_weights = generator.multinomial(problems, np.full(problems, 1 / problems), count)
        means.append(((model_weights @ rates) * problem_weights).sum(axis=1) / (models * problems))
    values = np.concatenate(means)
    low, high = np.quantile(values, [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2])
    dof = max(1, min(models, problems) - 1)
    return Measured(rates.mean(), values.std(ddof=1), dof, seed), (float(low), float(high))


def two_way_stderr(table: GradedTable) -> float:
    """The standard error that the two-way bootstrap tends to, in closed form: both sets of weights are multinomial.

    Derived here from E[w_i w_j] = 1 - 1/n + (1 if i = j), for models and problems independently; for grades of 0 and 1 it
    depends on the numbers of problems solved by each model and of solvers of each problem alone.
    """
    rates = table.rates
    models, problems = rates.shape
    over_models, over_problems = 1 - 1 / models, 1 - 1 / problems
    second_moment = (
        over_models * over_problems * rates.sum() ** 2
        + over_problems * (rates.sum(axis=1) ** 2).sum()
        + over_models * (rates.sum(axis=0) ** 2).sum()
        + (rates**2).sum()
    )
    return math.sqrt(max(0.0, second_moment - rates.sum() ** 2)) / (models * problems)


def count_distribution(probabilities: ArrayLike) -> NDArray[np.float64]:
    """Law of the number of successes in independent trials with unequal probabilities, shape (trials + 1,): Poisson-binomial."""
    law = np.ones(1)
    for probability in np.asarray(probabilities, dtype=float):
        law = np.convolve(law, [1 - probability, probability])
    return law


def equal_models_scores(table: GradedTable) -> NDArray[np.float64]:
    """Expected scores by rank, best first, if all models were equally able and each problem kept its mean rate.

    A model's solved problems then have the law of `count_distribution`, and the expected r-th largest of independent numbers is
    a sum over thresholds of the probability that at least r of them reach it.
    """
    law = count_distribution(table.rates.mean(axis=0))
    reach = law[::-1].cumsum()[::-1][1:]
    models = len(table.models)
    ranks = np.arange(models)[:, None]
    return stats.binom.sf(ranks, models, np.clip(reach, 0, 1)[None]).sum(axis=1) / len(table.problems)


def equal_problems_solvers(table: GradedTable) -> NDArray[np.float64]:
    """Expected number of problems with 0, 1, ... solvers if all were equally hard and each model kept its score."""
    return len(table.problems) * count_distribution(table.rates.mean(axis=1))


def solver_counts(table: GradedTable) -> NDArray[np.int64]:
    """Number of problems that 0, 1, ... models solve (in at least half of their replies), shape (models + 1,)."""
    return np.bincount((table.rates >= 0.5).sum(axis=0), minlength=len(table.models) + 1)


def type_rates(table: GradedTable) -> dict[str, float]:
    """Mean rate of each type of problem over models and problems, highest first; empty where types are unknown."""
    kinds = np.array(table.types)
    found = {kind: float(table.rates[:, kinds == kind].mean()) for kind in dict.fromkeys(table.types) if kind}
    return dict(sorted(found.items(), key=lambda item: -item[1]))
