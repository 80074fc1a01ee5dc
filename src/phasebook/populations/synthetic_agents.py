"""Synthetic agents and messages with a known truth, to try a calibration on.

Source: our own generator. A task's chance of being solved is beta distributed over tasks, with mean (1 + mu(x)) / 2 and intraclass
correlation rho at every compute x; the same quantile of difficulty holds for a task at all computes. Given the task, agents answer
independently. Hence two agents with equal compute have bias mu(x) and correctness correlated by exactly rho, which is the pairwise
correlation that a voting tree's shared failure has as well. Only pairs agree with that model: three votes together do not.
"""

from collections.abc import Sequence

import numpy as np
from scipy.special import betaincinv

from .message_channel import Channel, message_fidelity
from .team_budget import AgentLaw, leaf_bias
from .team_records import AnswerRecords, MessageRecords


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
