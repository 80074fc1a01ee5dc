"""The claim for an accelerator: ten thousand observers in rewriting universes, trained side by side."""

from __future__ import annotations

from typing import Any

from ... import information, numerics
from ...claims import Evidence
from .subject import DERIVED, paper

OBSERVERS, BATCHES = 10_000, 20
RULE = "{{x,y},{y,z}} -> {{x,z},{z,y}}"
NODES, RELATIONS, EVENTS = 60, 120, 8000
WATCHES = (100, 400)


@paper.claim("observer-end-to-end", tier="gpu", origin="own", source=DERIVED, statistical=True)
def observer_end_to_end(seed: int) -> list[dict[str, Any]]:
    """Ten thousand softmax observers trained by natural gradient all predict their boundaries better than frequencies do; most
    stand in different regimes along different directions after 100 windows, and fewer than one in ten after 400."""
    return [{"batch": batch, "windows": windows} for windows in WATCHES for batch in range(BATCHES)]


@observer_end_to_end.unit
def observer_end_to_end_unit(batch: int, windows: int, seed: int) -> dict[str, Any]:
    """One universe with its share of observers."""
    return observed(OBSERVERS // BATCHES, windows, numerics.part_seed(seed, batch))


def observed(count: int, windows: int, seed: int, events: int = EVENTS) -> dict[str, Any]:
    """From a rule to regimes: run a universe, place observers, train them, and look at κ(F) and α."""
    import numpy as np

    generator = np.random.default_rng(seed)
    rules = information.parse_rules(RULE)
    pairs = generator.integers(0, NODES, (RELATIONS, 2))
    state = tuple(information.Relation("", tuple(map(int, pair))) for pair in pairs)
    run = information.rewrite(rules, state, order="random", events=events, seed=seed)
    records = information.boundary_records(run, count, windows, seed)
    trained = information.train_observers(records)
    conditions = trained.condition_numbers
    regimes = [information.regimes_of_condition_number(float(each)) for each in conditions]
    mixed = [information.regime_name(low) != information.regime_name(high) for low, high in regimes]
    return {
        "count": count,
        "windows": windows,
        "events": run.events,
        "better": int((trained.last_loss < records.entropies).sum()),
        "mixed": int(np.sum(mixed)),
        "conditions": [float(each) for each in np.quantile(conditions, (0.05, 0.25, 0.5, 0.75, 0.95))],
        "verdict": information.pair_verdict(rules, 2).text,
    }


@observer_end_to_end.judged
def observer_end_to_end_judged(results: list[dict[str, Any]]) -> Evidence:
    """Shares over all universes, which are independent of each other."""
    pieces = []
    for windows in WATCHES:
        some = [each for each in results if each["windows"] == windows]
        count = sum(int(each["count"]) for each in some)
        pieces.append(
            Evidence.exact(
                sum(int(each["better"]) for each in some), count, label=f"better than frequencies, {windows}"
            )
        )
        shares = [float(each["mixed"]) / float(each["count"]) for each in some]
        mean = numerics.mean_estimate(shares)
        if windows == WATCHES[0]:
            pieces.append(Evidence.at_least(mean, 0.5, label=f"mixed regimes, {windows} windows"))
        else:
            pieces.append(Evidence.at_most(mean, 0.1, label=f"mixed regimes, {windows} windows"))
    return Evidence.all_of(*pieces)
