"""What a team's model needs to know about real agents: scaling exponent, message fidelity and shared failures, from records.

Source: estimators chosen for the model of arXiv 2601.17311 (standard statistics, written in our own words). Tasks are the
independent units throughout: answers to one task move together, so standard errors cluster by task or resample tasks.

The correlation rho of the model makes the messages of a node one message with probability rho; two equally able agents then agree
beyond chance by a phi coefficient of exactly rho, at any bias. So rho is estimated by the mean phi between agents of equal compute.
The coefficient sees pairs only: where three agents fail together in another way than the model's, the tree's bias differs.
"""

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.stats import t as student

from ..numerics.measured import Measured
from .message_channel import TableChannel
from .team_budget import AgentLaw
from .team_design import Situation
from .team_records import AnswerRecords, MessageRecords
from .voting_tree import Shared


@dataclass(frozen=True)
class LawFit:
    """mu = a x^beta fitted to measured biases: `exponent` beta, `prefactor` a, and the points (tokens, bias, stderr) used."""

    exponent: Measured
    prefactor: Measured
    compute: tuple[float, ...]
    bias: tuple[float, ...]
    bias_stderr: tuple[float, ...]

    def law(self) -> AgentLaw:
        """The fitted law; raises ValueError where the exponent is not in (0, 1)."""
        return AgentLaw(self.prefactor.value, self.exponent.value)


@dataclass(frozen=True)
class FidelityFit:
    """Measured fidelity 2 P(agree) - 1 at each message length, and the monotone table nearest to it."""

    tokens: tuple[float, ...]
    measured: tuple[Measured, ...]
    channel: TableChannel


@dataclass(frozen=True)
class TeamCalibration:
    """What was measured about the agents: their law, their messages and how they fail together."""

    law: LawFit
    fidelity: FidelityFit
    correlation: Measured

    def situation(
        self, budget: float, window: float, shared: Shared = "received", minimum_compute: float | None = None
    ) -> Situation:
        """The design question with the measured numbers in it (tokens); raises ValueError where they lie outside the model.

        `minimum_compute` per leaf defaults to the smallest that was measured: below it the law is a guess. A correlation below zero
        counts as zero: an estimate of none at all may come out slightly negative, a probability can't.
        """
        least = min(self.law.compute) if minimum_compute is None else minimum_compute
        correlation = max(0.0, self.correlation.value)
        channel = self.fidelity.channel
        return Situation(self.law.law(), channel, correlation, budget, window, shared, minimum_compute=least)


def calibrate_team(
    answers: AnswerRecords, messages: MessageRecords, *, seed: int, resamples: int = 200
) -> TeamCalibration:
    """Fit scaling law, message fidelities and correlation; raises ValueError where the records don't determine them."""
    correlation = estimate_correlation(answers, seed=seed, resamples=resamples)
    return TeamCalibration(fit_agent_law(answers), fit_fidelity(messages), correlation)


def confidence_interval(measured: Measured, confidence: float = 0.95) -> tuple[float, float]:
    """Student's interval value ± t stderr at this confidence in (0, 1)."""
    if not 0.0 < confidence < 1.0:
        raise ValueError(f"confidence must lie in (0, 1); got {confidence!r}")
    reach = float(student.ppf(0.5 + 0.5 * confidence, measured.dof)) * measured.stderr
    return measured.value - reach, measured.value + reach


def fit_agent_law(answers: AnswerRecords, strongest: float = 0.5) -> LawFit:
    """Weighted regression of ln(2 accuracy - 1) on ln(compute), over computes whose measured bias is below `strongest`.

    Weights are the inverse delta-method variances; the standard errors use the covariance between computes that their common tasks
    cause (a sandwich clustered by task). Stronger points are left out because the law saturates at one. Raises ValueError where a
    bias is not above zero (worse than chance is never clipped) and where fewer than two points are left.
    """
    levels, bias, covariance, tasks = _bias_by_compute(answers)
    stderr = np.sqrt(np.diag(covariance))
    for level, value, error in zip(levels, bias, stderr, strict=True):
        if value <= 0.0:
            kind = "worse than chance" if value < -2.0 * error else "not above chance"
            raise ValueError(
                f"compute {level:g} has bias {value:.4f} ± {error:.4f}, {kind}: a logarithm needs a positive signal"
                " (add tasks or leave this compute out; a negative signal would be amplified the wrong way)"
            )
    used = (bias < strongest) & (stderr > 0.0)
    if np.count_nonzero(used) < 2:
        raise ValueError(
            f"two computes with a bias below {strongest:g} are needed for an exponent; got {np.count_nonzero(used)}"
        )
    x, y = np.log(levels[used]), np.log(bias[used])
    spread = covariance[np.ix_(used, used)] / np.outer(bias[used], bias[used])
    weights = 1.0 / np.diag(spread)
    design = np.stack([np.ones_like(x), x], axis=1)
    projector = np.linalg.solve(design.T @ (weights[:, None] * design), design.T * weights)
    intercept, exponent = projector @ y
    errors = np.sqrt(np.diag(projector @ spread @ projector.T))
    prefactor = math.exp(intercept)
    return LawFit(
        Measured(exponent, errors[1], tasks - 1.0),
        Measured(prefactor, prefactor * errors[0], tasks - 1.0),
        tuple(levels[used].tolist()),
        tuple(bias[used].tolist()),
        tuple(stderr[used].tolist()),
    )


def fit_fidelity(messages: MessageRecords) -> FidelityFit:
    """Fidelity 2 P(agree) - 1 per message length, and its weighted isotonic fit as a channel.

    Standard errors take the share (k + 1/2) / (n + 1), so that they stay positive. A value below zero within three standard
    errors counts as zero in the channel; one further below raises ValueError, as do fewer than two lengths.
    """
    lengths, position = np.unique(messages.tokens, return_inverse=True)
    if lengths.size < 2:
        raise ValueError(f"messages of at least two lengths are needed for a fidelity curve; got {lengths.size}")
    count = np.bincount(position)
    agreed = np.bincount(position, weights=messages.sent == messages.received)
    share = (agreed + 0.5) / (count + 1.0)
    stderr = 2.0 * np.sqrt(share * (1.0 - share) / count)
    fidelity = 2.0 * agreed / count - 1.0
    wrong = np.flatnonzero(fidelity < -3.0 * stderr)
    if wrong.size:
        raise ValueError(
            f"messages of {lengths[wrong[0]]:g} tokens have fidelity {fidelity[wrong[0]]:.4f}, below chance:"
            " sent and received disagree more often than not"
        )
    channel = TableChannel.isotonic(lengths.tolist(), np.maximum(fidelity, 0.0).tolist(), count.astype(float).tolist())
    measured = tuple(Measured(*pair, math.inf) for pair in zip(fidelity.tolist(), stderr.tolist(), strict=True))
    return FidelityFit(tuple(lengths.tolist()), measured, channel)


def estimate_correlation(answers: AnswerRecords, *, seed: int, resamples: int = 200) -> Measured:
    """Mean phi coefficient of correctness between agents of equal compute, with a bootstrap over tasks.

    Pairs are averaged over all computes; each pair uses the tasks that both agents answered. A pair with an agent that is always
    right or always wrong has no coefficient and is left out. Raises ValueError where no pair is left.
    """
    if isinstance(resamples, bool) or not isinstance(resamples, int | np.integer) or resamples < 20:
        raise ValueError(f"resamples must be an integer of at least 20; got {resamples!r}")
    task, tasks = _codes(answers.tasks)
    if tasks < 3:
        raise ValueError(f"at least three tasks are needed for a correlation; got {tasks}")
    groups = [_answer_table(answers, task, tasks, answers.compute == level) for level in np.unique(answers.compute)]
    value = _mean_phi(groups, np.ones(tasks))
    if math.isnan(value):
        raise ValueError("no two agents of equal compute answered common tasks with both right and wrong answers")
    generator = np.random.default_rng(seed)
    uniform = np.full(tasks, 1.0 / tasks)
    draws = [_mean_phi(groups, generator.multinomial(tasks, uniform).astype(float)) for _ in range(resamples)]
    finite = np.array(draws)[np.isfinite(draws)]
    if finite.size < 0.9 * resamples:
        raise ValueError("most resamples of the tasks leave no coefficient: more tasks are needed")
    return Measured(value, float(finite.std(ddof=1)), tasks - 1.0, seed)


def _bias_by_compute(
    answers: AnswerRecords,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64], int]:
    """Computes, mean answers, their covariance clustered by task, and the number of tasks."""
    levels, level = np.unique(answers.compute, return_inverse=True)
    task, tasks = _codes(answers.tasks)
    if tasks < 3:
        raise ValueError(f"at least three tasks are needed for a standard error; got {tasks}")
    answer = np.where(answers.correct, 1.0, -1.0)
    count = np.bincount(level)
    bias = np.bincount(level, weights=answer) / count
    residuals = np.bincount(level * tasks + task, weights=answer - bias[level], minlength=levels.size * tasks)
    scaled = residuals.reshape(levels.size, tasks) / count[:, None]
    return levels, bias, scaled @ scaled.T * (tasks / (tasks - 1.0)), tasks


def _answer_table(
    answers: AnswerRecords, task: NDArray[np.int64], tasks: int, chosen: NDArray[np.bool_]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Right answers and presence (0 or 1), each of shape (agents, tasks), of the chosen rows."""
    agent, agents = _codes(answers.agents[chosen])
    right, present = np.zeros((agents, tasks)), np.zeros((agents, tasks))
    present[agent, task[chosen]] = 1.0
    right[agent, task[chosen]] = answers.correct[chosen]
    return right, present


def _mean_phi(groups: list[tuple[NDArray[np.float64], NDArray[np.float64]]], weights: NDArray[np.float64]) -> float:
    """Mean phi over pairs of agents within each group, tasks counted `weights` times; NaN where no pair has one."""
    total, pairs = 0.0, 0
    for right, present in groups:
        both = (present * weights) @ present.T
        mine = (right * weights) @ present.T
        common = (right * weights) @ right.T
        spread = mine * (both - mine)
        scale = np.sqrt(spread * spread.T)
        upper = np.triu(scale > 0.0, k=1)
        total += float(((both * common - mine * mine.T)[upper] / scale[upper]).sum())
        pairs += int(np.count_nonzero(upper))
    return total / pairs if pairs else math.nan


def _codes(names: NDArray[np.str_]) -> tuple[NDArray[np.int64], int]:
    """A number for each name, in order of appearance, and how many there are: sorting hundreds of thousands of names is slow."""
    listed = names.tolist()
    numbers = {name: number for number, name in enumerate(dict.fromkeys(listed))}
    return np.fromiter((numbers[name] for name in listed), dtype=np.int64, count=len(listed)), len(numbers)
