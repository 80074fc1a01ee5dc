"""Synthetic agents and messages with a known truth, to try a calibration on.

Source: our own generator. A task's chance of being solved is beta distributed over tasks, with mean (1 + mu(x)) / 2 and intraclass
correlation rho at every compute x; the same quantile of difficulty holds for a task at all computes. Given the task, agents answer
independently. Hence two agents with equal compute have bias mu(x) and correctness correlated by exactly rho, which is the pairwise
correlation that a voting tree's shared failure has as well. Only pairs agree with that model: three votes together do not.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import betaincinv

from .message_channel import Channel, ExponentialChannel, message_fidelity
from .team_budget import AgentLaw, leaf_bias
from .team_calibration import calibrate_team, confidence_interval
from .team_design import Situation, evaluate_team, search_team
from .team_records import AnswerRecords, MessageRecords


@dataclass(frozen=True)
class CalibrationTrial:
    """Whether 95% intervals cover the truth, and how good the team is that the fitted numbers recommend.

    `quality`: exact bias of the recommended team with the true numbers, over that of the truly best team.
    """

    exponent_covered: bool
    correlation_covered: bool
    fidelities_covered: tuple[bool, ...]
    quality: float


def try_calibration(
    truth: Situation,
    *,
    agents: int,
    tasks: int,
    compute: Sequence[float],
    lengths: Sequence[float],
    messages: int,
    seed: int,
    resamples: int = 100,
) -> CalibrationTrial:
    """Generate records of agents in a known situation, calibrate on them, and judge the recommended team by the truth.

    Says how many agents, tasks and messages (of each length, tokens) a calibration needs. Raises ValueError.
    """
    draws = [int(word) for word in np.random.SeedSequence(seed).generate_state(3)]
    answers = generate_answers(truth.law, truth.correlation, agents=agents, tasks=tasks, compute=compute, seed=draws[0])
    sent = generate_messages(truth.channel, lengths=lengths, messages=messages, seed=draws[1])
    found = calibrate_team(answers, sent, seed=draws[2], resamples=resamples)
    known = (truth.law.exponent, truth.correlation, *message_fidelity(truth.channel, lengths))
    fitted = (found.law.exponent, found.correlation, *found.fidelity.measured)
    intervals = [confidence_interval(measured) for measured in fitted]
    covered = [bool(low <= value <= high) for (low, high), value in zip(intervals, known, strict=True)]
    asked = found.situation(truth.budget, truth.window, truth.shared, truth.minimum_compute)
    advice = search_team(asked).best
    team = evaluate_team(truth, advice.tree.fan_in, advice.message_tokens, advice.depth)
    quality = team.root_bias / search_team(truth).best.root_bias
    return CalibrationTrial(covered[0], covered[1], tuple(covered[2:]), quality)


def example_records() -> tuple[AnswerRecords, MessageRecords]:
    """Records of 40 agents with law 0.04 x^0.2 and correlation 0.1, and of messages that need about 15 tokens."""
    law, channel = AgentLaw(0.04, 0.2), ExponentialChannel(15.0)
    answers = generate_answers(law, 0.1, agents=40, tasks=1000, compute=[200, 1000, 5000, 25000], seed=1)
    return answers, generate_messages(channel, lengths=[2, 5, 10, 20, 40, 80], messages=400, seed=2)


def generate_answers(
    law: AgentLaw, correlation: float, *, agents: int, tasks: int, compute: Sequence[float], seed: int
) -> AnswerRecords:
    """Answers of every agent to every task; agent i works with compute[i mod len(compute)] tokens. Raises ValueError."""
    for name, value, least in (("agents", agents, 1), ("tasks", tasks, 1), ("compute levels", len(compute), 1)):
        if value < least:
            raise ValueError(f"{name} must number at least {least}; got {value}")
    if not 0.0 <= correlation < 1.0:
        raise ValueError(f"correlation must lie in [0, 1); got {correlation!r}")
    generator = np.random.default_rng(seed)
    difficulty = generator.random(tasks)
    chances = np.empty((len(compute), tasks))
    for index, mean in enumerate(0.5 + 0.5 * leaf_bias(law, compute)):
        if correlation == 0.0 or mean == 1.0:
            chances[index] = mean
        else:
            size = 1.0 / correlation - 1.0
            chances[index] = betaincinv(size * mean, size * (1.0 - mean), difficulty)
    level = np.arange(agents) % len(compute)
    correct = generator.random((agents, tasks)) < chances[level]
    names = np.array([f"agent{index:04d}" for index in range(agents)])
    titles = np.array([f"task{index:05d}" for index in range(tasks)])
    spent = np.asarray(compute, dtype=np.float64)[level]
    return AnswerRecords(np.repeat(names, tasks), np.tile(titles, agents), np.repeat(spent, tasks), correct.ravel())


def generate_messages(channel: Channel, *, lengths: Sequence[float], messages: int, seed: int) -> MessageRecords:
    """Fair votes through the channel, `messages` of each length (tokens). Raises ValueError."""
    if messages < 1:
        raise ValueError(f"messages must number at least 1; got {messages}")
    generator = np.random.default_rng(seed)
    fidelity = message_fidelity(channel, lengths)[:, None]
    sent = generator.choice(np.array([-1, 1], dtype=np.int8), size=(len(lengths), messages))
    arrives = generator.random(sent.shape) < 0.5 + 0.5 * fidelity
    received = np.where(arrives, sent, -sent).astype(np.int8)
    return MessageRecords(np.repeat(np.asarray(lengths, dtype=np.float64), messages), sent.ravel(), received.ravel())
