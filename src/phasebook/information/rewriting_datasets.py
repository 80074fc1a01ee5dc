"""Rewriting as labeled Datasets: the verdict of the critical pairs, and what many update orders show."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import xarray as xr

from ..numerics import about
from ..numerics.seeding import part_seed
from .causal_graphs import causal_classes, isomorphism_classes
from .critical_pairs import pair_verdict
from .multiway import explore, structure_of
from .rewriting import Evolution, rewrite
from .rewriting_rules import Relation, RuleSet, parse_rules, parse_state

COUNTED = ("causal graphs", "final states")
MOST_STATES = 300  # of the multiway graph that the theory explores


def rules_and_state(rule: str, state: str) -> tuple[RuleSet, tuple[Relation, ...]]:
    """Rules and a state from text. Raises RuleSyntaxError naming the column."""
    rules = parse_rules(rule)
    return rules, parse_state(state, rules.kind)


def rewriting_theory(rule: str, state: str, steps: int) -> xr.Dataset:
    """The critical pairs' verdict, and the normal forms where at most 300 states can be reached (else NaN)."""
    rules, start = rules_and_state(rule, state)
    verdict = pair_verdict(rules, steps)
    reached = explore(rules, start, MOST_STATES)
    known = reached.complete
    values = {
        "causally_invariant_theory": (verdict.text, "Verdict of the critical pairs"),
        "critical_pairs_theory": (len(verdict.pairs), "Ways in which two matches can overlap"),
        "joined_pairs_theory": (
            sum(each.steps is not None for each in verdict.joined),
            "Critical pairs that meet again within the bound",
        ),
        "reachable_states_theory": (float(len(reached.states)) if known else np.nan, "States that can be reached"),
        "normal_forms_theory": (
            float(len(reached.normal_forms)) if known else np.nan,
            "Reachable states in which nothing matches",
        ),
    }
    return xr.Dataset({name: ((), value, about("1", text)) for name, (value, text) in values.items()})


def rewriting_simulation(
    rule: str, state: str, orders: int, most_events: int, generations: int, seed: int
) -> xr.Dataset:
    """Runs in so many orders: the standard one, the reverse one, and random ones. Where a run without a limit on causal
    depth meets the cap, all are compared down to the depth that the cap allows."""
    rules, start = rules_and_state(rule, state)
    runs, depth = compared_runs(rules, start, orders, most_events, generations, seed)
    classes = causal_classes([run.causal_graph for run in runs])
    finals = final_classes(runs)
    found = np.array([np.maximum.accumulate(each) + 1 for each in (classes, finals)])
    number = np.arange(1, orders + 1)
    return xr.Dataset(
        {
            "events_simulation": ("order", [run.events for run in runs], about("1", "Events until nothing matches")),
            "causal_depth_simulation": (
                "order",
                [int(run.generation.max(initial=0)) for run in runs],
                about("1", "Longest chain of causes"),
            ),
            "causal_class_simulation": ("order", np.array(classes) + 1, about("1", "Class of the causal graph")),
            "truncated_simulation": ("order", [int(run.truncated) for run in runs], about("1", "1: ended by the cap")),
            "distinct_simulation": (("counted", "order"), found, about("1", "Different outcomes in the first orders")),
            "causal_classes_simulation": ((), max(classes) + 1, about("1", "Classes of isomorphic causal graphs")),
            "final_states_simulation": ((), max(finals) + 1, about("1", "Final states, up to renaming of nodes")),
            "compared_generations_simulation": ((), depth, about("1", "Causal depth compared; 0: to the end")),
        },
        {
            "order": ("order", number, about("1", "update order: standard, reverse, then random ones")),
            "counted": list(COUNTED),
        },
    )


def compared_runs(
    rules: RuleSet, state: tuple[Relation, ...], orders: int, most_events: int, generations: int, seed: int
) -> tuple[list[Evolution], int]:
    """The runs, and the causal depth to which they go (0: to the end)."""
    runs = _runs(rules, state, orders, most_events, generations, seed)
    if generations or not any(run.truncated for run in runs):
        return runs, generations
    # The standard order goes generation by generation: all but the last that it reached are whole.
    depth = max(1, int(runs[0].generation.max()) - 1)
    while True:
        runs = _runs(rules, state, orders, most_events, depth, seed)
        if depth == 1 or not any(run.truncated for run in runs):
            return runs, depth
        depth -= 1


def _runs(
    rules: RuleSet, state: tuple[Relation, ...], orders: int, most_events: int, generations: int, seed: int
) -> list[Evolution]:
    found = []
    for number in range(orders):
        order = ("standard", "reverse")[number] if number < 2 else "random"
        found.append(
            rewrite(
                rules,
                state,
                order=order,  # type: ignore[arg-type]
                events=most_events,
                generations=generations,
                seed=part_seed(seed, number),
            )
        )
    return found


def final_classes(runs: Sequence[Evolution]) -> list[int]:
    """The number of the class of each run's final state, up to renaming of nodes."""
    if runs[0].rules.kind == "string":
        texts = [run.final_text for run in runs]
        return [list(dict.fromkeys(texts)).index(text) for text in texts]
    return isomorphism_classes([structure_of(run.final_state)[0] for run in runs])
