"""Calibration: round trips with a known truth, estimators against independent formulas, file formats and refusals.

tests/data/team_answers.csv and team_messages.json are synthetic: 12 agents, 60 tasks and 5 x 60 messages from `generate_answers`
(law 0.1 x^0.2, correlation 0.2, compute 20, 200, 2000, seed 7) and `generate_messages` (scale 15 tokens, seed 8).
"""

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from phasebook.numerics.measured import Measured
from phasebook.populations import (
    AgentLaw,
    AnswerRecords,
    ExponentialChannel,
    MessageRecords,
    Situation,
    calibrate_team,
    confidence_interval,
    estimate_correlation,
    example_records,
    fit_agent_law,
    fit_fidelity,
    generate_answers,
    generate_messages,
    message_fidelity,
    read_answers,
    read_messages,
    try_calibration,
    write_answers,
    write_messages,
)

DATA = Path(__file__).resolve().parents[1] / "data"
LAW, CHANNEL, CORRELATION = AgentLaw(0.08, 0.2), ExponentialChannel(15.0), 0.1
COMPUTE, LENGTHS = np.geomspace(10, 5000, 6), [2, 5, 10, 20, 40, 80]


def test_the_generator_has_the_truth_that_it_says():
    answers = generate_answers(LAW, 0.3, agents=40, tasks=20_000, compute=[100.0], seed=1)
    table = answers.correct.reshape(40, 20_000)
    bias = 0.08 * 100**0.2
    # Tasks are the independent units: the mean over agents has variance (1 - mu^2)(rho + (1 - rho) / 40) / tasks.
    assert 2 * table.mean() - 1 == pytest.approx(bias, abs=7 * np.sqrt(0.32 / 20_000))
    assert np.corrcoef(table)[np.triu_indices(40, k=1)].mean() == pytest.approx(0.3, abs=0.02)


def test_intervals_cover_the_truth():
    covered = np.zeros(4)
    for seed in range(10):
        answers = generate_answers(LAW, CORRELATION, agents=48, tasks=800, compute=COMPUTE, seed=100 + seed)
        messages = generate_messages(CHANNEL, lengths=LENGTHS, messages=800, seed=200 + seed)
        found = calibrate_team(answers, messages, seed=seed, resamples=60)
        pairs = [(found.law.exponent, 0.2), (found.law.prefactor, 0.08), (found.correlation, 0.1)]
        pairs.append((found.fidelity.measured[3], float(message_fidelity(CHANNEL, 20))))
        for index, (measured, truth) in enumerate(pairs):
            low, high = confidence_interval(measured, 0.99)
            covered[index] += low <= truth <= high
    assert covered.min() >= 8  # fewer than 8 of 10 happens once in 10,000 at 99%


def test_the_error_of_a_fidelity_is_binomial():
    messages = generate_messages(CHANNEL, lengths=LENGTHS, messages=4000, seed=3)
    for measured in fit_fidelity(messages).measured[:5]:
        assert measured.stderr == pytest.approx(np.sqrt((1 - measured.value**2) / 4000), rel=0.05)


def test_the_error_of_a_law_counts_the_tasks_that_computes_share():
    # Agents of all computes fail at the same tasks: their biases move together, and the exponent is known twice as well as it
    # would be from tasks of their own.
    law, compute = AgentLaw(0.08, 0.2), [100, 1000, 10_000]
    answers = [generate_answers(law, 0.995, agents=3, tasks=800, compute=compute, seed=seed) for seed in range(400)]
    found = [fit_agent_law(each).exponent for each in answers]
    stderr = np.sqrt(np.mean([each.stderr**2 for each in found]))
    # The scatter of 400 has a standard error of 3.5%.
    assert np.std([each.value for each in found], ddof=1) / stderr == pytest.approx(1, abs=0.25)


def test_phi_is_the_mean_of_the_correlation_matrix():
    answers = read_answers(DATA / "team_answers.csv")
    coefficients = []
    for level in np.unique(answers.compute):
        table = answers.correct[answers.compute == level].reshape(-1, 60)
        coefficients += np.corrcoef(table)[np.triu_indices(len(table), k=1)].tolist()
    measured = estimate_correlation(answers, seed=0)
    assert measured.value == pytest.approx(np.mean(coefficients), abs=1e-12)
    assert measured.stderr > 0


def test_pairs_use_the_tasks_that_both_answered():
    answers = read_answers(DATA / "team_answers.csv")
    keep = np.random.default_rng(0).random(answers.correct.size) < 0.8
    some = AnswerRecords(answers.agents[keep], answers.tasks[keep], answers.compute[keep], answers.correct[keep])
    coefficients = []
    for level in np.unique(some.compute):
        rows = some.compute == level
        table = {}
        for agent, task, right in zip(some.agents[rows], some.tasks[rows], some.correct[rows], strict=True):
            table.setdefault(agent, {})[task] = float(right)
        names = sorted(table)
        for first, one in enumerate(names):
            for other in names[first + 1 :]:
                common = sorted(table[one].keys() & table[other].keys())
                coefficients.append(
                    np.corrcoef([table[one][t] for t in common], [table[other][t] for t in common])[0, 1]
                )
    assert estimate_correlation(some, seed=0).value == pytest.approx(np.mean(coefficients), abs=1e-12)


def test_the_law_of_exact_points_is_found_exactly():
    # Each compute's share of right answers lies exactly on 0.1 x^0.25: 0.1 at x = 1, 0.2 at 16, 0.3 at 81, 0.4 at 256.
    rows = [
        (x, task, task < 1000 * (1 + bias))
        for x, bias in ((1, 0.1), (16, 0.2), (81, 0.3), (256, 0.4))
        for task in range(2000)
    ]
    compute, tasks, correct = zip(*rows, strict=True)
    fit = fit_agent_law(
        AnswerRecords(np.full(8000, "a"), np.array(tasks).astype(str), np.array(compute, float), np.array(correct))
    )
    assert (fit.exponent.value, fit.prefactor.value) == pytest.approx((0.25, 0.1), abs=1e-12)
    assert fit.law() == AgentLaw(fit.prefactor.value, fit.exponent.value)
    assert fit.bias == pytest.approx((0.1, 0.2, 0.3, 0.4))


def test_strong_points_are_left_out():
    answers = generate_answers(AgentLaw(0.2, 0.3), 0.05, agents=30, tasks=300, compute=[2.0, 6.0, 5000.0], seed=4)
    assert fit_agent_law(answers).compute == (2.0, 6.0)


def test_a_noisy_fidelity_curve_becomes_monotone():
    tokens = np.repeat([5.0, 10.0, 20.0], [10, 30, 20])
    received = np.concatenate([[1] * 7 + [-1] * 3, [1] * 20 + [-1] * 10, [1] * 18 + [-1] * 2]).astype(np.int8)
    fit = fit_fidelity(MessageRecords(tokens, np.ones(60, dtype=np.int8), received))
    assert [each.value for each in fit.measured] == pytest.approx([0.4, 1 / 3, 0.8])
    assert fit.channel.fidelities == pytest.approx((0.35, 0.35, 0.8))


@pytest.mark.parametrize("suffix", [".csv", ".json"])
@settings(max_examples=20)
@given(seed=st.integers(0, 1000), correlation=st.floats(0.0, 0.9))
def test_records_survive_a_round_trip(tmp_path_factory, suffix, seed, correlation):
    folder = tmp_path_factory.mktemp("records")
    answers = generate_answers(LAW, correlation, agents=4, tasks=5, compute=[7.5, 1e3 / 3], seed=seed)
    messages = generate_messages(CHANNEL, lengths=[3, 10.25], messages=6, seed=seed)
    write_answers(answers, folder / f"answers{suffix}")
    write_messages(messages, folder / f"messages{suffix}")
    again, sent = read_answers(folder / f"answers{suffix}"), read_messages(folder / f"messages{suffix}")
    for name in ("agents", "tasks", "compute", "correct"):
        np.testing.assert_array_equal(getattr(again, name), getattr(answers, name))
    for name in ("tokens", "sent", "received"):
        np.testing.assert_array_equal(getattr(sent, name), getattr(messages, name))


def test_shipped_records_are_the_generator_s():
    answers = generate_answers(AgentLaw(0.1, 0.2), 0.2, agents=12, tasks=60, compute=[20, 200, 2000], seed=7)
    messages = generate_messages(CHANNEL, lengths=[2, 5, 10, 20, 40], messages=60, seed=8)
    np.testing.assert_array_equal(read_answers(DATA / "team_answers.csv").correct, answers.correct)
    np.testing.assert_array_equal(read_messages(DATA / "team_messages.json").received, messages.received)


def test_a_trial_of_a_calibration_judges_by_the_truth():
    truth = Situation(LAW, CHANNEL, CORRELATION, 2e4, 1e3, minimum_compute=10.0)
    records = {"compute": COMPUTE, "lengths": LENGTHS, "seed": 3, "resamples": 40}
    trial = try_calibration(truth, agents=60, tasks=500, messages=500, **records)
    assert len(trial.fidelities_covered) == len(LENGTHS)
    assert 0.9 < trial.quality <= 1.0
    assert try_calibration(truth, agents=60, tasks=500, messages=500, **records) == trial


def test_a_measured_team_asks_within_what_was_measured():
    found = calibrate_team(*example_records(), seed=0, resamples=20)
    asked = found.situation(1e4, 500.0, "sent")
    assert (asked.shared, asked.budget, asked.window, asked.minimum_compute) == ("sent", 1e4, 500.0, 200.0)
    assert found.situation(1e4, 500.0, minimum_compute=1.0).minimum_compute == 1.0
    none = replace(found, correlation=Measured(-0.01, 0.01, 10.0))
    assert none.situation(1e4, 500.0).correlation == 0.0


def test_shipped_records_calibrate():
    found = calibrate_team(read_answers(DATA / "team_answers.csv"), read_messages(DATA / "team_messages.json"), seed=0)
    low, high = confidence_interval(found.correlation, 0.999)
    assert low < 0.2 < high
    assert found.fidelity.tokens == (2.0, 5.0, 10.0, 20.0, 40.0)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("agent,task,compute\na,t,1\n", "lacks column 'correct'"),
        ("agent,task,compute,correct\n", "holds no rows"),
        (
            "agent,task,compute,correct\na,t,10,1\na,t2,-3,0\n",
            "row 2, column 'compute' must be a positive number of tokens; got '-3'",
        ),
        ("agent,task,compute,correct\na,t,ten,1\n", "row 1, column 'compute'"),
        (
            "agent,task,compute,correct\na,t,10,maybe\n",
            "row 1, column 'correct' must be 0, 1, true or false; got 'maybe'",
        ),
        ("agent,task,compute,correct\na,,10,1\n", "row 1, column 'task' is empty"),
        ("agent,task,compute,correct\na,t,10\n", "row 1, column 'correct' is empty"),
        ("agent,task,compute,correct\na,t,10,1\nb,t,10,1\na,t,10,0\n", "row 3 repeats .* of row 1"),
    ],
)
def test_wrong_answers_files_name_row_and_column(tmp_path, text, message):
    (tmp_path / "answers.csv").write_text(text)
    with pytest.raises(ValueError, match=message):
        read_answers(tmp_path / "answers.csv")


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.csv", "m,sent,received\n10,1,1\n10,2,1\n", r"row 2, column 'sent' must be \+1 or -1"),
        ("m.csv", "m,sent,received\n0,1,1\n", "row 1, column 'm' must be a positive"),
        ("m.json", "{", "is not JSON"),
        ("m.json", '{"m": 1}', "must hold a list of objects"),
        ("m.json", json.dumps([{"m": 5, "sent": 1}]), "row 1, column 'received' is empty"),
        ("m.txt", "", "must be .csv or .json"),
    ],
)
def test_wrong_message_files_are_refused(tmp_path, name, text, message):
    (tmp_path / name).write_text(text)
    with pytest.raises(ValueError, match=message):
        read_messages(tmp_path / name)


def answers_with(shares, tasks=200):
    rows = [(x, task, task < share * tasks) for x, share in shares.items() for task in range(tasks)]
    compute, names, correct = zip(*rows, strict=True)
    return AnswerRecords(
        np.full(len(rows), "a"), np.array(names).astype(str), np.array(compute, float), np.array(correct)
    )


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: fit_agent_law(answers_with({10: 0.3, 100: 0.6})), "compute 10 has bias -0.4000 .* worse than chance"),
        (lambda: fit_agent_law(answers_with({10: 0.5, 100: 0.6})), "not above chance"),
        (lambda: fit_agent_law(answers_with({10: 0.6, 100: 0.9})), "two computes with a bias below 0.5 are needed"),
        (lambda: estimate_correlation(answers_with({10: 0.6}), seed=0), "no two agents of equal compute"),
        (lambda: estimate_correlation(answers_with({10: 0.6}), seed=0, resamples=3), "resamples must be"),
        (lambda: fit_fidelity(MessageRecords(np.full(5, 3.0), np.ones(5), np.ones(5))), "at least two lengths"),
        (lambda: fit_fidelity(MessageRecords(np.repeat([3.0, 5.0], 99), np.ones(198), -np.ones(198))), "below chance"),
        (
            lambda: AnswerRecords(np.array(["a"]), np.array(["t"]), np.array([1.0, 2.0]), np.array([True])),
            "equally long",
        ),
        (lambda: generate_answers(LAW, 1.0, agents=2, tasks=2, compute=[1.0], seed=0), "correlation must lie"),
        (lambda: generate_answers(LAW, 0.1, agents=0, tasks=2, compute=[1.0], seed=0), "agents must number"),
        (lambda: generate_messages(CHANNEL, lengths=[1.0], messages=0, seed=0), "messages must number"),
    ],
)
def test_wrong_records_are_refused(call, message):
    with pytest.raises(ValueError, match=message):
        call()
