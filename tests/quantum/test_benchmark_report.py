"""Reports of graded replies: published figures and peers' numbers first, then invariants, then files that are refused."""

import itertools
import json
import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from phasebook import quantum
from phasebook.quantum import benchmark_report
from phasebook.quantum.graded_replies import OUTCOMES, GradedTable
from phasebook.quantum.published_scores import MODELS_AND_GRADES


def table_of(rates, repeats: int = 1) -> GradedTable:
    """A table with these numbers of correct replies of `repeats`, the rest wrong."""
    correct = np.asarray(rates)
    counts = np.zeros((*correct.shape, len(OUTCOMES)), dtype=np.int64)
    counts[:, :, 0], counts[:, :, 1] = correct, repeats - correct
    models, problems = correct.shape
    return GradedTable(
        tuple(f"m{i}" for i in range(models)), tuple(f"p{i}" for i in range(problems)), ("",) * problems, counts
    )


grades = st.integers(2, 5).flatmap(
    lambda models: st.integers(2, 12).flatmap(
        lambda problems: st.lists(
            st.lists(st.integers(0, 1), min_size=problems, max_size=problems), min_size=models, max_size=models
        )
    )
)


def test_published_scores():
    table = quantum.published_table()
    found = {score.model: score for score in quantum.model_scores(table)}
    assert found["GPT-5"].share == 0.3
    assert found["GPT-5"].interval == pytest.approx((0.1910, 0.4375), abs=5e-5)
    mean = quantum.mean_over_models(table)
    assert (100 * mean.value, 100 * mean.stderr) == pytest.approx((11.41, 2.09), abs=0.005)
    solvers = quantum.solver_counts(table)
    assert [solvers[k] for k in (0, 1, 2, 3, 4, 5, 6, 13)] == [18, 8, 10, 4, 3, 4, 2, 1]
    assert solvers.sum() == 50
    assert {len(row) for row, _ in MODELS_AND_GRADES.values()} == {50}


def test_published_census_of_types():
    types = quantum.published_table().types
    census = {kind: types.count(kind) for kind in set(types)}
    assert census == {"HF": 5, "ED": 8, "DMRG": 4, "QMC": 6, "VMC": 2, "PEPS": 3, "SM": 6, "Other": 16}


@pytest.mark.parametrize(("counts", "p_value"), [((7, 5), 0.77441), ((9, 6), 0.60724), ((12, 4), 0.07681)])
def test_published_pairs(counts, p_value):
    assert quantum.exact_mcnemar(*counts) == pytest.approx(p_value, abs=1e-5)


@given(st.integers(0, 60), st.integers(0, 60))
def test_mcnemar_is_the_two_sided_binomial_test(first, second):
    found = quantum.exact_mcnemar(first, second)
    assert found == quantum.exact_mcnemar(second, first)
    expected = stats.binomtest(first, first + second).pvalue if first + second else 1.0
    assert found == pytest.approx(expected, abs=1e-12)


def test_holm_of_the_textbook():
    # Thresholds 0.05/4, 0.05/3, 0.05/2: the second smallest of these is not rejected, and so is none above it.
    assert quantum.holm_adjusted([0.01, 0.04, 0.03, 0.005]) == pytest.approx([0.03, 0.06, 0.06, 0.02])
    assert quantum.holm_adjusted([0.5, 0.9]) == [1.0, 1.0]
    assert quantum.holm_adjusted([]) == []


@given(st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_holm_lies_between_no_correction_and_bonferroni(p_values):
    adjusted = quantum.holm_adjusted(p_values)
    assert all(
        p <= q <= min(1.0, len(p_values) * p) or q == pytest.approx(p) for p, q in zip(p_values, adjusted, strict=True)
    )
    by_value = sorted(zip(p_values, adjusted, strict=True))
    assert all(a[1] <= b[1] for a, b in itertools.pairwise(by_value))


def test_pass_at_k_is_the_share_of_subsets():
    replies = [True, True, False, False, False, True, False]
    for k in range(1, 8):
        subsets = list(itertools.combinations(replies, k))
        assert quantum.pass_at_k(7, 3, k) == pytest.approx(sum(map(any, subsets)) / len(subsets))
    with pytest.raises(ValueError, match="1 <= k <= attempts; got 3, 7, 8"):
        quantum.pass_at_k(7, 3, 8)


def test_repeats_are_averaged_by_problem():
    table = table_of([[4, 0, 2], [1, 1, 3]], repeats=4)
    assert quantum.models_pass_at_k(table, 1) == pytest.approx(table.rates.mean(axis=1))
    assert quantum.models_pass_at_k(table, 2) == pytest.approx([(1 + 0 + 5 / 6) / 3, (0.5 + 0.5 + 1) / 3])
    first, second = quantum.model_scores(table)
    assert first.share == pytest.approx(0.5)
    assert second.share == pytest.approx(5 / 12)
    (test,) = quantum.paired_tests(table)
    assert (test.only_first, test.only_second, test.p_value) == (1, 2, 1.0)
    assert list(quantum.solver_counts(table)) == [1, 1, 1]


@given(grades)
@settings(max_examples=40, deadline=None)
def test_closed_error_is_that_of_all_resamples(rows):
    """For two of the smallest sides all resamples are listed and weighed."""
    rates = np.array(rows, dtype=float)[:2, :4]
    found = quantum.two_way_stderr(table_of(rates.astype(int)))
    models, problems = rates.shape
    means = [
        rates[np.ix_(chosen, others)].mean()
        for chosen in itertools.product(range(models), repeat=models)
        for others in itertools.product(range(problems), repeat=problems)
    ]
    assert found == pytest.approx(np.std(means), abs=1e-9)


def test_bootstrap_resamples_both_ways():
    table = quantum.published_table()
    mean, (low, high) = quantum.two_way_bootstrap(table, seed=3)
    assert mean.stderr == pytest.approx(quantum.two_way_stderr(table), rel=0.03)
    assert (low, high) == pytest.approx((0.062, 0.178), abs=0.004)
    again, _ = quantum.two_way_bootstrap(table, seed=3)
    assert again.stderr == mean.stderr
    with pytest.raises(ValueError, match="resamples must be at least 99; got 10"):
        quantum.two_way_bootstrap(table, seed=0, resamples=10)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=8))
def test_count_distribution_has_the_moments(probabilities):
    law = quantum.count_distribution(probabilities)
    counts = np.arange(len(law))
    assert law.sum() == pytest.approx(1)
    assert law @ counts == pytest.approx(sum(probabilities))
    assert law @ counts**2 - (law @ counts) ** 2 == pytest.approx(sum(p * (1 - p) for p in probabilities), abs=1e-9)


@given(grades)
@settings(max_examples=30, deadline=None)
def test_equal_models_share_the_mean_score(rows):
    table = table_of(rows)
    expected = quantum.equal_models_scores(table)
    assert expected.mean() == pytest.approx(table.rates.mean())
    assert np.all(np.diff(expected) <= 1e-12)
    assert quantum.equal_problems_solvers(table).sum() == pytest.approx(len(table.problems))


def test_expected_best_of_equal_models_by_enumeration():
    # Two models, two problems of rates 1/2: the numbers solved are 0, 1, 2 with 1/4, 1/2, 1/4.
    table = table_of([[1, 0], [0, 1]])
    law = {0: 0.25, 1: 0.5, 2: 0.25}
    best = sum(p * q * max(a, b) for a, p in law.items() for b, q in law.items()) / 2
    assert quantum.equal_models_scores(table) == pytest.approx([best, 1 - best])


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ([[1] * 20, [0] * 20], "m0 is best: 20 problems tell it from each of the others."),
        ([[1, 1, 0], [1, 0, 1]], "First place is not resolved by 3 problems: 2 of 2 models"),
        ([[1, 1, 0], [1, 0, 0], [0, 0, 0]], "The podium is not resolved by 3 problems: 3 of 3 models"),
        ([[1, 1, 0]], "One model answered 3 problems"),
    ],
)
def test_the_verdict_in_words(rows, sentence):
    assert quantum.ranking_verdict(table_of(rows)).startswith(sentence)


def test_power_is_the_sum_over_tables():
    only_first, only_second, problems = 0.2, 0.05, 12
    total = 0.0
    for b, c in itertools.product(range(problems + 1), repeat=2):
        if b + c <= problems and quantum.exact_mcnemar(b, c) <= 0.05:
            neither = problems - b - c
            ways = math.factorial(problems) / (math.factorial(b) * math.factorial(c) * math.factorial(neither))
            total += ways * only_first**b * only_second**c * (1 - only_first - only_second) ** neither
    assert quantum.paired_power(problems, only_first, only_second) == pytest.approx(total, rel=1e-12)
    assert quantum.paired_power(50, 0.0, 0.0) == 0.0


def test_problems_needed_are_the_fewest():
    needed = quantum.problems_needed(0.24, 0.08)
    assert quantum.paired_power(needed, 0.24, 0.08) >= 0.8
    assert quantum.paired_power(needed - 1, 0.24, 0.08) < 0.8
    with pytest.raises(ValueError, match="solve equally many"):
        quantum.problems_needed(0.1, 0.1)
    with pytest.raises(ValueError, match=r"add up to at most 1; got 0\.7 and 0\.6"):
        quantum.paired_power(50, 0.7, 0.6)


def test_reads_what_is_written_as_json_lines_and_csv(tmp_path):
    rows = [
        {"problem": p, "model": m, "seed": s, "type": "ED", "outcome": outcome}
        for (p, m, s), outcome in zip(
            itertools.product(("a", "b"), ("x", "y"), (0, 1)), itertools.cycle(OUTCOMES), strict=False
        )
    ]
    lines, sheet = tmp_path / "graded.jsonl", tmp_path / "graded.csv"
    lines.write_text("".join(json.dumps(row) + "\n" for row in rows))
    keys = list(rows[0])
    sheet.write_text("\n".join([",".join(keys), *(",".join(str(row[key]) for key in keys) for row in rows)]) + "\n")
    first, second = quantum.read_graded_table(lines), quantum.read_graded_table(sheet)
    assert first.models == second.models == ("x", "y")
    assert first.types == ("ED", "ED")
    assert np.array_equal(first.counts, second.counts)
    assert first.counts.sum() == len(rows)
    score = quantum.model_scores(first)[0]
    assert (score.share, score.unparsed, score.unjudged) == (0.25, 0.0, 0.5)


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("g.txt", "", "graded replies must be a .jsonl or .csv file; got 'g.txt'"),
        ("g.jsonl", "", "g.jsonl holds no graded replies"),
        ("g.jsonl", "{", "g.jsonl, row 1 is not JSON"),
        ("g.jsonl", "[1]", r"g.jsonl, row 1 must be an object"),
        ("g.jsonl", '{"model": "x", "outcome": "correct"}', "row 1 needs a problem; it has model, outcome"),
        ("g.csv", "problem,model,outcome\na,x,maybe\n", "row 1: outcome must be one of correct, wrong"),
        (
            "g.csv",
            "problem,model,correct\na,x,maybe\n",
            "row 1: correct must be one of true, false, 1 or 0; got 'maybe'",
        ),
        ("g.csv", "problem,model,correct\na,x,1\na,x,0\n", "row 2 repeats model 'x', problem 'a' and seed 0 of row 1"),
        ("g.csv", "problem,model,correct\na,x,1\na,y,0\nb,x,1\n", "'y' has no reply to 'b' \\(1 replies are missing"),
        (
            "g.csv",
            "problem,model,correct,type\na,x,1,ED\na,y,0,HF\n",
            "row 2 calls problem 'a' 'HF'; before it was 'ED'",
        ),
    ],
)
def test_what_cannot_be_read_is_one_sentence(tmp_path, name, text, message):
    path = tmp_path / name
    path.write_text(text)
    with pytest.raises(ValueError, match=message):
        quantum.read_graded_table(path)


def test_the_order_of_models_does_not_matter():
    table = quantum.published_table()
    order = np.arange(len(table.models))[::-1]
    turned = GradedTable(tuple(table.models[i] for i in order), table.problems, table.types, table.counts[order])
    assert quantum.two_way_stderr(turned) == pytest.approx(quantum.two_way_stderr(table))
    assert len(quantum.unresolved_leaders(turned)) == len(quantum.unresolved_leaders(table)) == 14
    assert benchmark_report.type_rates(turned) == pytest.approx(benchmark_report.type_rates(table))
