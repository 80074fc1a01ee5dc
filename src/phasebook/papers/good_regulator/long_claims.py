"""Long claims: how long descent really takes, and a scan of small rules."""

from __future__ import annotations

import math
from typing import Any

from ... import information, numerics
from ...claims import Evidence
from .subject import DERIVED, REWRITING, paper

MATRICES, BATCHES = 1000, 10
RULES, RULE_BATCHES = 2000, 20
NAMES = ("rho", "kappa", "kappa-rho", "slowest-rate", "fisher-hessian")
DEPTH, STATES, RELATIONS = 3, 150, 16


@paper.claim("convergence-time-really", tier="full", origin="derived", source=DERIVED)
def convergence_time_really(seed: int) -> list[dict[str, Any]]:
    """Over 1000 random Fisher matrices and weights the measured time of descent goes with the spectral radius of g, the
    number of steps with its condition number (rank correlations above 0.99), and their product predicts neither so well."""
    return [{"batch": batch} for batch in range(BATCHES)]


@convergence_time_really.unit
def convergence_time_really_unit(batch: int, seed: int) -> dict[str, Any]:
    """Times, steps and functionals of one batch."""
    return {"rows": measured_times(MATRICES // BATCHES, numerics.part_seed(seed, batch))}


def measured_times(count: int, seed: int) -> list[list[float]]:
    """For random F and β: flow time, steps of descent, and the logarithm of each functional."""
    import numpy as np

    generator = np.random.default_rng(seed)
    rows = []
    for _ in range(count):
        size = int(generator.integers(2, 9))
        condition = math.exp(generator.uniform(math.log(1.2), math.log(30.0)))
        fisher = information.random_fisher(size, condition, int(generator.integers(2**31)))
        spectrum = np.asarray(np.linalg.eigvalsh(fisher), dtype=float)
        weight = float(spectrum[-1] * math.exp(generator.uniform(-2, 2))) if generator.random() < 0.7 else 0.0
        start = generator.standard_normal(size)
        metric = information.metric_eigenvalues(spectrum, weight)
        rows.append(
            [
                information.flow_time(fisher, weight, start),
                float(information.descent_steps(fisher, weight, start)),
                *(float(information.FUNCTIONALS[name](metric, spectrum)) for name in NAMES),
            ]
        )
    return rows


@convergence_time_really.judged
def convergence_time_really_judged(results: list[dict[str, Any]]) -> Evidence:
    """Rank correlations over all matrices."""
    import numpy as np
    from scipy.stats import spearmanr

    rows = np.array([row for each in results for row in each["rows"]])
    time = {name: float(spearmanr(rows[:, 0], rows[:, 2 + k]).statistic) for k, name in enumerate(NAMES)}
    steps = {name: float(spearmanr(rows[:, 1], rows[:, 2 + k]).statistic) for k, name in enumerate(NAMES)}
    return Evidence.all_of(
        Evidence.exact(time["rho"], 1.0, 0.01, label="time with ρ(g)"),
        Evidence.exact(steps["kappa"], 1.0, 0.01, label="steps with κ(g)"),
        Evidence.exact(time["kappa-rho"] < time["rho"] - 0.02, True, label="time with κρ: less"),
        Evidence.exact(steps["kappa-rho"] < steps["kappa"] - 0.1, True, label="steps with κρ: less"),
        Evidence.exact(max(time, key=lambda name: time[name]), "rho", label="best for time"),
        Evidence.exact(max(steps, key=lambda name: steps[name]), "kappa", label="best for steps"),
    )


@paper.claim("multiway-scan", tier="full", origin="derived", source=REWRITING)
def multiway_scan(seed: int) -> list[dict[str, Any]]:
    """Of 2000 random rules that turn two binary relations into two or three, none that passes the critical pairs and ends has
    two final states, and some that pass have more than one causal graph."""
    return [{"batch": batch} for batch in range(RULE_BATCHES)]


@multiway_scan.unit
def multiway_scan_unit(batch: int, seed: int) -> dict[str, Any]:
    """Counts over one batch."""
    return scanned(RULES // RULE_BATCHES, numerics.part_seed(seed, batch))


def random_rule(generator: Any) -> str:
    """Two binary relations on up to four variables, the second sharing one with the first, to two or three relations on
    these and up to two new nodes."""
    while True:
        left = generator.integers(0, 4, (2, 2))
        if set(left[0]) & set(left[1]):
            break
    pool = [*sorted({int(node) for node in left.ravel()}), 4, 5]
    right = generator.choice(pool, (int(generator.integers(2, 4)), 2))
    sides = ["{" + ",".join(f"{{n{a},n{b}}}" for a, b in side) + "}" for side in (left, right)]
    return " -> ".join(sides)


def scanned(count: int, seed: int) -> dict[str, Any]:
    """How many of so many rules pass; of these, on three small states each: how many ended, how many violate Newman's lemma,
    and how many have several causal graphs."""
    import numpy as np

    generator = np.random.default_rng(seed)
    found = {"rules": count, "passing": 0, "ended": 0, "violations": 0, "several": 0}
    for _ in range(count):
        rules = information.parse_rules(random_rule(generator))
        if not information.locally_confluent(rules, DEPTH, STATES):
            continue
        found["passing"] += 1
        ended = violated = several = False
        for _ in range(3):
            pairs = generator.integers(0, 4, (5, 2))
            state = tuple(information.Relation("", tuple(map(int, pair))) for pair in pairs)
            reached = information.explore(rules, state, STATES, RELATIONS)
            if not reached.terminating or len(reached.states) == 1:
                continue
            ended = True
            violated = violated or len(reached.normal_forms) > 1
            runs = [
                information.rewrite(rules, state, order="random", events=500, seed=int(generator.integers(2**31)))
                for _ in range(20)
            ]
            several = several or len(set(information.causal_classes([run.causal_graph for run in runs]))) > 1
        found["ended"] += ended
        found["violations"] += violated
        found["several"] += several
    return found


@multiway_scan.judged
def multiway_scan_judged(results: list[dict[str, Any]]) -> Evidence:
    """Sums over all batches."""
    total = {name: sum(int(each[name]) for each in results) for name in results[0]}
    return Evidence.all_of(
        Evidence.exact(total["rules"], RULES, label="rules"),
        Evidence.exact(
            total["violations"], 0, label=f"two final states in spite of the pairs, of {total['ended']} that end"
        ),
        Evidence.exact(total["ended"] >= 10, True, label=f"that pass ({total['passing']}) and end: at least 10"),
        Evidence.exact(
            total["several"] >= 1, True, label=f"several causal graphs in spite of the pairs: {total['several']}"
        ),
    )
