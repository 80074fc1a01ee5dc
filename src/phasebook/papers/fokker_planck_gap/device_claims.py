"""A claim for an accelerator: the paper's three clouds in the plane, four penalties each."""

from __future__ import annotations

from typing import Any, Literal

from ... import numerics, transport
from ...claims import Evidence
from .subject import PAPER, paper

WEIGHTS = (0.0, 0.1, 1.0, 10.0)
CLOUDS: tuple[Literal["blob", "circles", "checkerboard"], ...] = ("blob", "circles", "checkerboard")


@paper.claim("plane-gap", tier="gpu", origin="paper", source=PAPER, paper_value="gap(10)/gap(0): 0.19, 0.13, 0.077")
def plane_gap(seed: int) -> list[dict[str, Any]]:
    """On three clouds in the plane the squared distance of ODE and SDE falls with the penalty, to at most 0.35 of its value at
    weight 10; without one the ODE is twice as far from the data as the SDE, a small one helps the ODE, each one harms the SDE."""
    return [{"cloud": index} for index in range(len(CLOUDS))]


@plane_gap.unit
def plane_gap_unit(cloud: int, seed: int) -> dict[str, Any]:
    """Four potentials on one cloud: 20,000 steps of 20,000 points, 1,000,000 samples of each sampler."""
    part = numerics.part_seed(seed, cloud)
    return train_in_plane(CLOUDS[cloud], steps=20_000, batch=20_000, samples=1_000_000, width=80, seed=part)


def train_in_plane(
    cloud: Literal["blob", "circles", "checkerboard"], *, steps: int, batch: int, samples: int, width: int, seed: int
) -> dict[str, Any]:
    """Squared distances on the 64 × 64 grid over [-4, 4]², and the floor, for each weight; T = 10, as in the paper."""
    import numpy as np

    process = transport.OrnsteinUhlenbeck()
    training = transport.Training(
        steps=steps,
        batch=batch,
        collocation=batch // 4,
        width=width,
        learning_rate=1e-3,
        reach=3.5 if cloud != "blob" else 5.5,
    )
    points = transport.sample_cloud(cloud, max(200_000, samples), numerics.part_seed(seed, 1))
    trained = transport.fit_potentials(points, WEIGHTS, horizon=10.0, training=training, process=process, seed=seed)
    gaps = [
        transport.plane_gap(potential, process, points[:samples], horizon=10.0, samples=samples, seed=seed)
        for potential in trained.potentials
    ]
    return {
        name: np.array([getattr(gap, name) for gap in gaps])
        for name in ("ode_sde", "sde_truth", "ode_truth", "dropped")
    } | {"floor": np.array([gap.floor.value for gap in gaps])}


@plane_gap.judged
def plane_gap_judged(results: list[dict[str, Any]]) -> Evidence:
    """The order of the distances for each cloud; one training each, as in the paper, so that no error bar is at hand."""
    import numpy as np

    pieces = []
    for result in results:
        name = CLOUDS[int(result["cloud"])]
        gap, sde, ode = (np.asarray(result[key], dtype=float) for key in ("ode_sde", "sde_truth", "ode_truth"))
        pieces += [
            Evidence.exact(bool((np.diff(gap) < 0).all()), True, label=f"{name}: the gap falls with the weight"),
            Evidence.exact(bool(gap[-1] <= 0.35 * gap[0]), True, label=f"{name}: to at most 0.35"),
            Evidence.exact(bool(ode[0] >= 2 * sde[0]), True, label=f"{name}: the ODE is the worse one without penalty"),
            Evidence.exact(bool(ode[1:3].min() < ode[0]), True, label=f"{name}: a small penalty helps the ODE"),
            Evidence.exact(bool((np.diff(sde) > 0).all()), True, label=f"{name}: each penalty harms the SDE"),
        ]
    return Evidence.all_of(*pieces)
