"""A claim that needs a GPU: a million parameter sets judged side by side, beside the path through SciPy."""

from __future__ import annotations

from typing import Any

from ... import numerics, reactions
from ...claims import Evidence
from .subject import paper

PARTS, POINTS, COMPARED = 4, 125_000, 125
# Concentrations from which runs start, and the volumes between which points are drawn.
STARTS = {
    "schloegl": ((0.0,), (0.5,), (2.5,), (4.0,), (6.0,)),
    "brusselator": ((1.0, 1.0), (0.5, 3.0), (2.0, 1.0)),
}
VOLUMES = {"schloegl": (0.1, 1000.0), "brusselator": (1.0, 10_000.0)}
SPREAD = 0.7  # of the logarithm of every rate, both ways


@paper.claim("sweep-gpu", tier="gpu", origin="own", source="two integrators, two tests of stability", statistical=True)
def sweep_gpu(seed: int) -> list[dict[str, Any]]:
    """At a million random rates and volumes of two networks the verdicts on the normal closure of order 2 in one batch are those of
    the path through SciPy at 99.5% of 1000 points at least, with the same means to a millionth where it is valid."""
    return [{"network": network, "part": part} for network in STARTS for part in range(PARTS)]


@sweep_gpu.unit
def sweep_gpu_unit(network: str, part: int, seed: int) -> dict[str, Any]:
    """Verdicts at 125,000 points on the device, and at 125 of them by SciPy."""
    return sweep_agreement(network, numerics.part_seed(seed, list(STARTS).index(network), part), POINTS, COMPARED)


def sweep_agreement(network: str, seed: int, points: int, compared: int) -> dict[str, Any]:
    """The unit's body, whose sizes a test can make small."""
    import numpy as np

    from ...errors import NotConverged

    random = np.random.default_rng(seed)
    base = reactions.EXAMPLE_NETWORKS[network]()
    names = list(base.parameters)
    rates = np.array([base.parameters[name] for name in names])
    rates = rates * np.exp(random.uniform(-SPREAD, SPREAD, (points, len(names))))
    low, high = VOLUMES[network]
    volumes = np.exp(random.uniform(np.log(low), np.log(high), points))
    orders = np.array([reaction.order for reaction in base.reactions])
    # Every reaction has one parameter of its own, in their order in the text of the network.
    columns = np.array([names.index(reactions.to_text(reaction.rate)) for reaction in base.reactions])
    macroscopic = rates[:, columns]
    starts = volumes[:, None, None] * np.array(STARTS[network])
    swept = reactions.sweep_validity(
        reactions.moment_family(base, 2), macroscopic * volumes[:, None] ** (1.0 - orders), volumes, starts
    )
    same, gaps = 0, [0.0]
    for place in random.choice(points, compared, replace=False):
        system = base.with_parameters(**dict(zip(names, rates[place].tolist(), strict=True))).with_volume(
            volumes[place]
        )
        try:
            found = reactions.validity(system, "normal", 2, starts=starts[place])
            code = reactions.REASONS.index(found.reason)
        except NotConverged:
            code = len(reactions.REASONS)
        same += int(code == swept.codes[place])
        if code == swept.codes[place] == reactions.REASONS.index("valid"):
            gaps.append(float(np.abs(swept.means[place] / found.ends[0].means - 1.0).max()))
    return {"same": same, "compared": compared, "gap": max(gaps), "valid": swept.share("valid"), "steps": swept.steps}


@sweep_gpu.judged
def sweep_gpu_judged(results: list[dict[str, Any]]) -> Evidence:
    """Agreement over all compared points, and that the sets hold valid points as well as others."""
    same, compared = (sum(int(result[name]) for result in results) for name in ("same", "compared"))
    gap = max(float(result["gap"]) for result in results)
    shares = [float(result["valid"]) for result in results]
    return Evidence.all_of(
        Evidence.exact(same >= 0.995 * compared, True, label="same verdict at 99.5% of the compared points"),
        Evidence.exact(gap, 0.0, 1e-6, label="largest relative gap of a mean"),
        Evidence.exact(all(0.1 < share < 0.95 for share in shares), True, label="10% to 95% of the points are valid"),
    )
