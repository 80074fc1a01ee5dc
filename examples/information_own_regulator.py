"""Is your controller a good regulator, and in which regime does your model learn? Tables of transitions, and per-sample scores.

python examples/information_own_regulator.py [TABLES] [--scores FILE] [--rule RULE --state STATE]

TABLES: .csv with columns table, first, second and value (rows such as environment,wet,pump,dry), or .npz with arrays environment,
sensor, action, update and good. FILE: .npy, .npz or .csv of scores, samples by parameters. RULE: is a rewriting rule causally
invariant? Without a file, a controller that copies a dial and generated scores stand in.
"""

import argparse
import sys
import warnings
from pathlib import Path

from phasebook import information


def main() -> None:
    parser = argparse.ArgumentParser(description="Check a regulator, a Fisher matrix and a rewriting rule.")
    parser.add_argument("tables", nargs="?", type=Path, metavar="TABLES", help="environment and observer (.csv, .npz)")
    parser.add_argument("--scores", type=Path, metavar="FILE", help="per-sample scores of a model")
    parser.add_argument("--rule", default="BA -> AB; BB -> A", help="rewriting rules, separated by ;")
    parser.add_argument("--state", default="BBABAABA", help="state that they rewrite")
    options = parser.parse_args()
    try:
        if options.tables is None:
            print("no tables given: a controller that copies a dial\n")
        pair = information.clock_world("copy") if options.tables is None else information.read_observer(options.tables)
        regulator(pair)
        regime(information.example_scores(1) if options.scores is None else information.read_scores(options.scores))
        rewriting(options.rule, options.state)
    except (OSError, ValueError) as error:
        sys.exit(f"{type(error).__name__}: {error}")


def regulator(pair: information.MoorePair) -> None:
    """Print the largest good set, and what each observer state can be read as believing."""
    found = information.largest_regulator(pair)
    print(
        f"good regulator    {'yes' if found.exists else 'no'}: {found.size} of {found.pairs.size} pairs stay good for ever"
    )
    states = pair.state_names or tuple(map(str, range(pair.states)))
    for observer in range(pair.observers):
        name = pair.observer_names[observer] if pair.observer_names else str(observer)
        print(f"  {name:<16}believes {', '.join(states[s] for s in found.belief(observer)) or 'nothing'}")


def regime(scores: object) -> None:
    """Print κ(F), the metric's weight, and the regimes with bootstrap errors."""
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        found = information.fisher_from_scores(scores)
    weight = information.minimal_weight(found.eigenvalues)
    alpha = information.regime_parameter(found.eigenvalues, weight.value)
    draws = information.bootstrap_regime(scores, seed=1)
    print(f"\ncondition number  {found.condition_number:.3g} ± {draws.condition_numbers.std():.2g}")
    print(f"noise alone       {found.isotropic_condition_number:.3g}")
    print(f"metric weight     {weight.value:.3g} ({weight.outcome})")
    for name, value, errors in (
        ("smallest", alpha[0], draws.smallest_direction),
        ("largest", alpha[-1], draws.largest_direction),
    ):
        print(f"α, {name:<15}{value:.3f} ± {errors.std():.3f}, {information.regime_name(value)}")
    for each in said:
        print(f"warning           {each.message}")


def rewriting(rule: str, state: str) -> None:
    """Print the critical pairs' verdict and what 30 orders show."""
    rules, start = information.rules_and_state(rule, state)
    print(f"\n{information.pair_verdict(rules, 3).text}")
    runs, depth = information.compared_runs(rules, start, 30, 2000, 0, 1)
    graphs = len(set(information.causal_classes([run.causal_graph for run in runs])))
    until = f"down to causal depth {depth}" if depth else "to the end"
    print(f"causal graphs     {graphs} in 30 orders, {until}")
    print(f"final states      {len(set(information.final_classes(runs)))}")


if __name__ == "__main__":
    main()
