"""Quick claims on rewriting: causal invariance, and what it is not."""

from __future__ import annotations

import itertools
from typing import Any

from ... import information, numerics
from ...claims import Evidence
from .subject import REWRITING, paper

SORT, SORT_AND_MERGE, WORD = "BA -> AB", "BA -> AB; BB -> A", "BBABAABA"


def orders(rule: str, state: str, seed: int, count: int = 30, **options: Any) -> list[Any]:
    """Runs in so many random orders."""
    rules, start = information.rules_and_state(rule, state)
    return [
        information.rewrite(rules, start, order="random", seed=numerics.part_seed(seed, number), **options)
        for number in range(count)
    ]


def classes(runs: list[Any]) -> int:
    """How many causal graphs differ."""
    return len(set(information.causal_classes([run.causal_graph for run in runs])))


@paper.claim("causal-invariance-string", tier="quick", origin="derived", source=REWRITING)
def causal_invariance_string(seed: int) -> Evidence:
    """Sorting by BA → AB takes as many events as there are inversions, 12 for BBABAABA, and has one causal graph in all
    orders; so for 100 random strings."""
    import numpy as np

    runs = orders(SORT, WORD, seed)
    rules = information.parse_rules(SORT)
    runs += [
        information.rewrite(rules, information.parse_state(WORD, "string"), order=order)
        for order in ("standard", "reverse")
    ]
    generator = np.random.default_rng(seed)
    agree: list[bool] = []
    single: list[bool] = []
    while len(agree) < 100:
        word = "".join(generator.choice(["A", "B"], generator.integers(2, 13)))
        inversions = sum(a > b for a, b in itertools.combinations(word, 2))
        if inversions:
            some = orders(SORT, word, int(generator.integers(2**31)), 3)
            agree.append([run.events for run in some] == [inversions] * 3)
            single.append(classes(some) == 1)
    return Evidence.all_of(
        Evidence.exact([run.events for run in runs], [12] * 32, label="events"),
        Evidence.exact({run.final_text for run in runs} == {"AAAABBBB"}, True, label="final string"),
        Evidence.exact(classes(runs), 1, label="causal graphs"),
        Evidence.exact([all(agree), all(single)], [True, True], label="100 random strings"),
        Evidence.exact(
            information.pair_verdict(rules).text.partition(":")[0],
            "causally invariant",
            label="critical pairs' verdict",
        ),
    )


@paper.claim("confluence-is-not-causal-invariance", tier="quick", origin="derived", source=REWRITING)
def confluence_is_not_causal_invariance(seed: int) -> Evidence:
    """With BB → A beside BA → AB the final string is still unique and all critical pairs meet, but causal graphs differ; AA
    → A has three of them on AAAAA."""
    runs = orders(SORT_AND_MERGE, WORD, seed)
    counts = [run.events for run in runs]
    rules = information.parse_rules(SORT_AND_MERGE)
    reached = information.explore(rules, information.parse_state(WORD, "string"))
    merged = orders("AA -> A", "AAAAA", seed, 100)
    return Evidence.all_of(
        Evidence.exact({run.final_text for run in runs} == {"AAAAAA"}, True, label="one final string"),
        Evidence.exact([len(reached.normal_forms), reached.terminating], [1, True], label="all orders at once"),
        Evidence.exact(information.pair_verdict(rules, 3).passes, True, label="critical pairs meet"),
        Evidence.exact(classes(runs) >= 3, True, label="causal graphs: at least 3"),
        Evidence.exact(
            min(counts) >= 4 and max(counts) <= 16 and min(counts) < max(counts), True, label="4 to 16 events"
        ),
        Evidence.exact([classes(merged), len({run.final_text for run in merged})], [3, 1], label="AA → A on AAAAA"),
    )


@paper.claim("single-relation-rule", tier="quick", origin="derived", source=REWRITING)
def single_relation_rule(seed: int) -> Evidence:
    """A rule of one relation is causally invariant: {{x,y}} → {{x,y},{y,z}} has 2^t relations, 2^t + 1 nodes and a binary
    tree of events after t generations in all orders."""
    import numpy as np

    rule, state = "{{x,y}} -> {{x,y},{y,z}}", "{{0,1}}"
    pieces = []
    for t in (1, 4, 8):
        runs = orders(rule, state, seed, 3, generations=t)
        rules, start = information.rules_and_state(rule, state)
        runs.append(information.rewrite(rules, start, order="reverse", generations=t))
        sizes = [[len(run.final_state), run.nodes] for run in runs]
        pieces.append(Evidence.exact(sizes, [[2**t, 2**t + 1]] * 4, label=f"relations and nodes, t = {t}"))
        children = np.arange(1, 2**t - 1)
        tree = information.CausalGraph(2**t - 1, np.stack([(children - 1) // 2, children], axis=1).astype(np.int32))
        same = [information.same_causal_graph(run.causal_graph, tree) for run in runs]
        pieces.append(Evidence.exact(same, [True] * 4, label=f"a binary tree, t = {t}"))
    return Evidence.all_of(*pieces)
