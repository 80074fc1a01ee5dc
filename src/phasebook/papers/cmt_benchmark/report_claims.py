"""Quick claims: what the released grades say, and what fifty problems can tell."""

from __future__ import annotations

from ... import numerics, quantum
from ...claims import Evidence
from .subject import ABSTRACT, RELEASED, TEXTBOOK, paper


@paper.claim("report", tier="quick", core=True, origin="paper", source=f"{ABSTRACT}; {RELEASED}", paper_value=30.0)
def report(seed: int) -> Evidence:
    """The best of 17 models solves 15 of 50 problems, 30 % (Wilson interval 19.1 to 43.8 %), the mean is 11.41 ± 2.09 % over models
    alone, 18 problems are solved by none and 26 by at most one, and fifty problems do not resolve the podium."""
    table = quantum.published_table()
    found = {score.model: score for score in quantum.model_scores(table)}
    best = found["GPT-5"]
    mean, counts = quantum.mean_over_models(table), quantum.solver_counts(table)
    tests = {(test.first, test.second): test for test in quantum.paired_tests(table)}
    podium = [tests["GPT-5", "o3"], tests["GPT-5", "GPT-5-mini"], tests["o3", "GPT-5-mini"]]
    return Evidence.all_of(
        Evidence.exact(100 * best.share, 30.0, 1e-9, label="best score in %"),
        Evidence.exact([100 * end for end in best.interval], [19.10, 43.75], 0.01, label="Wilson interval in %"),
        Evidence.exact(100 * mean.value, 11.41, 0.01, label="mean in %"),
        Evidence.exact(100 * mean.stderr, 2.09, 0.01, label="its error over models alone in %"),
        Evidence.exact([int(counts[0]), int(counts[:2].sum())], [18, 26], label="solved by none, by at most one"),
        Evidence.exact([min(test.adjusted for test in podium) > 0.05], [True], label="no pair of the podium resolved"),
        Evidence.exact(
            quantum.ranking_verdict(table).split(":")[0],
            "The podium is not resolved by 50 problems",
            label="the report's words",
        ),
    )


@paper.claim("released-counts", tier="quick", origin="paper", source=RELEASED)
def released_counts(seed: int) -> Evidence:
    """Scores by model and by type of problem, numbers of solvers, discordant pairs with their p-values, and unread replies
    are those of the released grades."""
    table = quantum.published_table()
    tests = {(test.first, test.second): test for test in quantum.paired_tests(table)}
    pairs = [tests["GPT-5", second] for second in ("o3", "GPT-5-mini", "GPT-5-nano")]
    rates = quantum.type_rates(table)
    published_rates = {
        "PEPS": 21.6,
        "HF": 17.6,
        "ED": 16.9,
        "SM": 11.8,
        "Other": 10.7,
        "QMC": 4.9,
        "DMRG": 2.9,
        "VMC": 0.0,
    }
    solved = [1, 2, 15, 12, 7, 13, 9, 5, 2, 7, 3, 1, 3, 4, 5, 2, 6]
    return Evidence.all_of(
        Evidence.exact(table.counts[:, :, 0].sum(axis=1).tolist(), solved, label="solved of 50 by model"),
        Evidence.exact(
            [int(quantum.solver_counts(table)[k]) for k in (0, 1, 2, 3, 4, 5, 6, 13)],
            [18, 8, 10, 4, 3, 4, 2, 1],
            label="problems with 0 to 6 and 13 solvers",
        ),
        Evidence.exact(list(rates), list(published_rates), label="types by score"),
        Evidence.exact(
            [100 * rate for rate in rates.values()], list(published_rates.values()), 0.05, label="their scores in %"
        ),
        Evidence.exact(
            [[pair.only_first, pair.only_second] for pair in pairs], [[7, 5], [9, 6], [12, 4]], label="discordant pairs"
        ),
        Evidence.exact([pair.p_value for pair in pairs], [0.7744, 0.6072, 0.0768], 1e-4, label="exact McNemar"),
        Evidence.exact(int(quantum.published_unparsed().sum()), 48, label="unread replies of 850"),
    )


@paper.claim(
    "two-way-error", tier="quick", origin="derived", source="derived here from multinomial weights", statistical=True
)
def two_way_error(seed: int) -> Evidence:
    """With models and problems both resampled the mean's error is 2.99 %, not the 2.09 % over models alone: the closed form and
    the bootstrap agree, and its interval is 6.2 to 17.8 %."""
    table = quantum.published_table()
    exact = quantum.two_way_stderr(table)
    resamples = 60_000
    mean, (low, high) = quantum.two_way_bootstrap(table, seed=seed, resamples=resamples)
    # The error of a standard deviation of n normal values is its 1/√(2n)-th part, 0.0029; resampling one way alone gives 2.03
    # or 1.99 %, a third less. Percentiles lie on multiples of 1/850 and have an error of 0.02 %.
    spread = numerics.Measured(mean.stderr / exact, (2 * resamples) ** -0.5, resamples - 1, seed)
    return Evidence.all_of(
        Evidence.exact(100 * exact, 2.989, 0.001, label="closed form in %"),
        Evidence.equal(spread, 1.0, 0.021, label="bootstrap / closed form"),
        Evidence.exact([100 * low, 100 * high], [6.2, 17.8], 0.25, label="95 % interval in %"),
    )


@paper.claim("fifty-problems", tier="quick", origin="derived", source=TEXTBOOK, statistical=True)
def fifty_problems(seed: int) -> Evidence:
    """Fifty problems tell the first two models apart with a chance of 5 %, and 1,219 would do it with 80 %: the exact sum over
    tables and simulated benchmarks agree."""
    first, second, needed = 7 / 50, 5 / 50, 1219
    pieces = [
        Evidence.exact(quantum.paired_power(50, first, second), 0.0483, 1e-4, label="power of 50 problems"),
        Evidence.exact(quantum.problems_needed(first, second), needed, label="problems for a power of 0.8"),
    ]
    # Standard errors are 0.0007 and 0.0013; a one-sided test has the powers 0.12 and 0.88.
    for place, (problems, tolerance) in enumerate(((50, 0.007), (needed, 0.012))):
        measured = quantum.simulated_power(
            problems, first, second, tables=100_000, seed=numerics.part_seed(seed, place)
        )
        expected = quantum.paired_power(problems, first, second)
        pieces.append(Evidence.equal(measured, expected, tolerance, label=f"power of {problems} problems, simulated"))
    return Evidence.all_of(*pieces)
