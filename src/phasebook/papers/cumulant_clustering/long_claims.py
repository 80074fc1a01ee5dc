"""Long claims, measured in units: light cones to twelve sites, rays through 800, and a state that does not cluster."""

from __future__ import annotations

from typing import Any

from ... import quantum
from ...claims import Evidence
from .subject import DERIVED, THEOREM, paper

CONE_SITES = (10, 11, 12)
CONE_ROWS = ("ZZ", "ZXZ", "ZXZZ")
ALLOWANCE = 1.2
RAY_SITES, MIDDLE = 800, 400
RAY_VELOCITIES = (0.0, 0.3, 0.6, 0.9, 1.2)
RAY_DURATIONS = (40.0, 57.0, 80.0, 113.0, 160.0, 226.0, 320.0)


@paper.claim("light-cone", tier="full", origin="paper", source=THEOREM)
def light_cone(seed: int) -> list[dict[str, Any]]:
    """In mixed-field chains of 10 to 12 sites at β = 0.3, beyond x = v t + 2 all |c_n| and |κ_n|, n up to 4, stay below 1.2 times
    C e^(−x/ξ) with the amplitude and the rate of time 0, up to t = 2, while inside the cone they exceed it."""
    return [{"sites": sites} for sites in CONE_SITES]


@light_cone.unit
def light_cone_unit(sites: int, seed: int) -> dict[str, Any]:
    """Speed of the front, and the largest cumulants over their bounds, outside and inside."""
    return cone_bounds(sites)


def cone_bounds(sites: int, longest: float = 2.0, points: int = 21) -> dict[str, Any]:
    """The same for any chain and time."""
    import numpy as np

    hamiltonian = quantum.mixed_field_chain(sites)
    distances, times = list(range(1, sites)), np.linspace(0.0, longest, points)
    cone = quantum.light_cone(quantum.action_of(hamiltonian), "Z", distances, times[1:].tolist())
    beyond = cone.outside(times) > 0
    state, rate = quantum.thermal_state(hamiltonian, 0.3), quantum.ising_decay_rate(0.3).value
    falling = rate ** np.array(distances, dtype=float)
    outside, inside = [], []
    for letters in CONE_ROWS:
        for kind in ("classical", "free"):
            moved = min(2, len(letters) - 1)
            size = np.abs(quantum.cone_cumulants(state, kind, letters, moved, distances, times.tolist()))
            # The last two sites feel the end of the chain.
            amplitude = (size[:-2, 0] / falling[:-2]).max()
            bound = ALLOWANCE * amplitude * falling[:, None]
            outside.append(float((size / bound)[beyond].max()))
            inside.append(float((size / bound)[~beyond].max()))
    return {"velocity": cone.velocity, "outside": outside, "inside": inside, "places": int(beyond.sum())}


@light_cone.judged
def light_cone_judged(results: list[dict[str, Any]]) -> Evidence:
    """All chains beside each other."""
    import numpy as np

    outside = [float(np.max(each["outside"])) for each in results]
    inside = [float(np.max(each["inside"])) for each in results]
    velocities = [float(each["velocity"]) for each in results]
    return Evidence.all_of(
        Evidence.exact([value <= 1.0 for value in outside], [True] * len(results), label="below the bound outside"),
        # Outside the cone nothing has happened yet: the bound's allowance is not used.
        Evidence.exact(outside, 1 / ALLOWANCE, 0.02, label="largest over the bound, outside"),
        Evidence.exact(
            [value > 1.5 for value in inside], [True] * len(results), label="above the bound somewhere inside"
        ),
        Evidence.exact(velocities, 2.5, 0.3, label="speed of the front, sites per 1/J"),
    )


@paper.claim("rays", tier="full", origin="paper", source=THEOREM)
def rays(seed: int) -> list[dict[str, Any]]:
    """Averages of c_2, c_3, c_4 of densities along rays from the middle of 800 sites of free fermions fall with a log-log slope of
    −0.65 or steeper between T = 40 and 320: hot at filling 0.3 alike for all n, and at β = 0.5, μ = 0.5."""
    return [{"case": case, "velocity": velocity} for case in ("hot", "cold") for velocity in RAY_VELOCITIES]


@rays.unit
def rays_unit(case: str, velocity: float, seed: int) -> dict[str, Any]:
    """Slopes of the three averages along one ray."""
    return ray_slopes(case, velocity)


def ray_slopes(
    case: str, velocity: float, sites: int = RAY_SITES, durations: tuple[float, ...] = RAY_DURATIONS
) -> dict[str, Any]:
    """The same on any chain."""
    import numpy as np

    hot, middle = case == "hot", sites // 2
    chain = quantum.xx_fermions(sites, 0.0).with_filling(0.3) if hot else quantum.xx_fermions(sites, 0.5, 1.0, 0.5)
    slopes = []
    for order in (2, 3, 4):
        # At infinite temperature different sites are independent: all fixed densities stand on one.
        fixed = [middle + (0 if hot else place) for place in range(order - 1)]
        averages = quantum.ray_average(chain, fixed, velocity, list(durations))
        slopes.append(float(np.polyfit(np.log(durations), np.log(averages), 1)[0]))
    return {"slopes": slopes}


@rays.judged
def rays_judged(results: list[dict[str, Any]]) -> Evidence:
    """Slopes of both cases, with the logarithm inside the cone and without it outside."""
    import numpy as np

    pieces = []
    for each in results:
        slopes, velocity = np.asarray(each["slopes"]), float(each["velocity"])
        label = f"{each['case']}, v = {velocity:g}"
        pieces.append(Evidence.exact(bool((slopes <= -0.65).all()), True, label=f"{label}: at most −0.65"))
        if velocity > 1:
            pieces.append(Evidence.exact(slopes, -1.0, 0.005, label=f"{label}: outside the cone"))
        elif each["case"] == "hot":
            pieces.append(Evidence.exact(slopes, -0.86, 0.01, label=f"{label}: all n alike"))
        else:
            pieces.append(Evidence.exact(slopes, [-0.86, -0.84, -0.76], 0.06, label=f"{label}: c_2, c_3, c_4"))
    return Evidence.all_of(*pieces)


@paper.claim("no-clustering-no-decay", tier="full", origin="derived", source=DERIVED)
def no_clustering(seed: int) -> Evidence:
    """In the mixture of all spins up and all down c_2 is 1 and c_4 is −2 at every distance, as in a cold classical ring; the
    comparison of rates says that the hypothesis fails, and not the theorem."""
    import numpy as np

    mixture = quantum.mixture_moment(lambda product: 1.0, lambda product: (-1.0) ** len(product))
    ring = quantum.TransferChain(8.0, 0.0, ring=20)
    pieces, distances = [], range(1, 9)
    for name, moment, tolerance in (("mixture", mixture, 1e-14), ("ring at K = 8", ring.moment, 1e-4)):
        two = np.array([quantum.classical_cumulant(moment, (0, x)) for x in distances]).real
        four = np.array([quantum.classical_cumulant(moment, (0, 0, 0, x)) for x in distances]).real
        pieces += [
            Evidence.exact(two, 1.0, tolerance, label=f"{name}: c_2"),
            Evidence.exact(four, -2.0, 4 * tolerance, label=f"{name}: c_4"),
            Evidence.exact(
                quantum.same_rate(distances, two, four).verdict, "hypothesis fails", label=f"{name}: verdict"
            ),
        ]
    warm = quantum.TransferChain(0.4, 0.3).centered_moment
    two = np.array([quantum.classical_cumulant(warm, (0, x)) for x in distances])
    four = np.array([quantum.classical_cumulant(warm, (0, 1, 2, 2 + x)) for x in distances])
    pieces.append(
        Evidence.exact(quantum.same_rate(distances, two, four).verdict, "same rate", label="infinite warm chain")
    )
    return Evidence.all_of(*pieces)
