"""Experiments along the volume: branches of steady states with their folds and Hopf points, and a map of verdicts."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise
from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import reactions
from ...claims import Help, Range
from ...numerics import about
from .experiments import CONVENTIONS, Closure, Combinatoric, Network, Order
from .subject import paper
from .systems import exact_law, network_of, reason_flags

if TYPE_CHECKING:
    import xarray as xr

EXACT_POINTS = 9  # where the law is a solution of the master equation
CLOSED_FORM = ("schloegl", "birth-death")
ENDINGS = {"bound": "bound", "too_large": "infinity", "lost": "lost", "most_points": "lost"}

LowVolume = Annotated[float, Range(0.02, 20_000.0, "smallest volume")]
HighVolume = Annotated[float, Range(0.02, 20_000.0, "largest volume")]


@paper.experiment(
    theory="job",
    show=tuple(f"{moment}_{species}" for species in ("X", "Y", "P", "S") for moment in ("mean", "variance")),
    logarithmic=("volume", *(f"variance_{species}" for species in ("X", "Y", "P", "S"))),
    conventions={
        **CONVENTIONS,
        "branches": "found by Newton's method from many starts at seven volumes, and followed by pseudo-arclength continuation",
    },
)
def branches(
    network: Network = "schloegl",
    closure: Closure = "normal",
    order: Order = 2,
    low_volume: LowVolume = 0.2,
    high_volume: HighVolume = 500.0,
    combinatoric: Combinatoric = False,
) -> xr.Dataset:
    """Steady states of closed moment equations against the volume: stable or not, with their folds and Hopf points.

    Variables for each species S over (piece, volume), pieces of branches between special points: mean_S_theory [1/volume] and
    variance_S_theory [1/volume]; NaN off a piece, and where a mean is negative or a variance not positive. Coordinates of a piece:
    branch, stable, begins and ends (bound, fold, hopf, branching, infinity or lost). mean_S_exact and variance_S_exact (volume)
    where the stationary law is cheap, NaN elsewhere. special_volume_theory (special), with its kind. Source: arXiv 1407.8316 (see
    `reactions.moment_branches`).
    """
    import numpy as np
    import xarray as xr

    if not low_volume < high_volume:
        raise ValueError(f"low-volume must be below high-volume; got {low_volume:g} and {high_volume:g}")
    system = network_of(network, np.sqrt(low_volume * high_volume), combinatoric)
    found = reactions.moment_branches(system, closure, order, low=low_volume, high=high_volume)
    exact_at = np.geomspace(low_volume, high_volume, EXACT_POINTS)
    grid = np.unique(np.concatenate([exact_at, *(branch.volumes for branch in found)]))
    if network in CLOSED_FORM:
        exact_at = grid
    pieces = [(number, branch, piece) for number, branch in enumerate(found) for piece in _pieces(branch)]
    data = xr.Dataset(
        coords={
            "volume": ("volume", grid, {"long_name": "volume", "units": "1"}),
            "branch": ("piece", [number for number, _, _ in pieces]),
            "stable": ("piece", np.array([piece.stable for _, _, piece in pieces], dtype=bool)),
            "begins": ("piece", np.array([piece.begins for _, _, piece in pieces], dtype=np.str_)),
            "ends": ("piece", np.array([piece.ends for _, _, piece in pieces], dtype=np.str_)),
        }
    )
    for index, species in enumerate(system.species):
        for name, meaning in (("mean", "Mean concentration"), ("variance", "Variance per volume")):
            values = np.full((len(pieces), len(grid)), np.nan)
            for row, (_, branch, piece) in enumerate(pieces):
                along = branch.concentrations[:, index] if name == "mean" else branch.covariances[:, index, index]
                values[row] = piece.interpolated(np.log(branch.volumes), along, np.log(grid))
            values[values < 0.0 if name == "mean" else values <= 0.0] = np.nan
            title = f"{meaning} of {species}"
            data[f"{name}_{species}_theory"] = (("piece", "volume"), values, about("1/volume", title))
    _add_exact(data, network, [network_of(network, float(at), combinatoric) for at in exact_at])
    special = [(each.kind, float(np.exp(each.parameter))) for branch in found for each in branch.curve.special]
    data["special_volume_theory"] = ("special", [volume for _, volume in special], about("1", "Folds and Hopf points"))
    data = data.assign_coords(kind=("special", np.array([kind for kind, _ in special], dtype=np.str_)))
    return data


@paper.experiment(
    theory="job",
    show=("verdict",),
    logarithmic=("volume",),
    conventions={
        **CONVENTIONS,
        "exact law": "where its stationary law is computed, it is one and physical: any other verdict is an artifact",
    },
)
def validity_map(
    network: Annotated[Literal["schloegl", "pair-annihilation", "brusselator"], Help("which network")] = "schloegl",
    closure: Annotated[
        Literal["all", "normal", "poisson", "lognormal", "central", "derivative-matching"],
        Help("all of the paper's four, or one"),
    ] = "all",
    highest_order: Annotated[int, Range(2, 5, "orders from 2 to this one")] = 3,
    low_volume: LowVolume = 0.1,
    high_volume: HighVolume = 1000.0,
    volumes: Annotated[int, Range(2, 400, "volumes, equally spaced in their logarithm")] = 16,
    combinatoric: Combinatoric = False,
) -> xr.Dataset:
    """Where closed moment equations are valid, and what is wrong elsewhere: verdicts on volumes, closures and orders.

    Variables: verdict_theory (equations, volume), coded (see flag_meanings), a row for each closure and order; verdict_exact
    (volume), valid where the stationary law is unique with positive moments, and mean_exact (volume) [molecules], all species
    together: both NaN where the law is not cheap. Source: arXiv 1407.8316 (see `reactions.validity`).
    """
    import numpy as np
    import xarray as xr

    if not low_volume < high_volume:
        raise ValueError(f"low-volume must be below high-volume; got {low_volume:g} and {high_volume:g}")
    grid = np.geomspace(low_volume, high_volume, volumes)
    closures = ("normal", "poisson", "lognormal", "central") if closure == "all" else (closure,)
    rows = [(each, order) for each in closures for order in range(2, highest_order + 1)]
    systems = [network_of(network, float(at), combinatoric) for at in grid]
    starts = [reactions.deterministic_starts(system) for system in systems]
    codes = [[_code(*pair, each, order) for pair in zip(systems, starts, strict=True)] for each, order in rows]
    flags = reason_flags("undecided")
    exact_codes, means = _exact_verdicts(network, systems)
    return xr.Dataset(
        {
            "verdict_theory": (
                ("equations", "volume"),
                np.array(codes),
                {**about("1", "Verdict on the closed equations"), **flags},
            ),
            "verdict_exact": ("volume", exact_codes, {**about("1", "Verdict on the exact law"), **flags}),
            "mean_exact": ("volume", means, about("molecules", "Mean counts of the exact law, all species together")),
        },
        coords={
            "volume": ("volume", grid, {"long_name": "volume", "units": "1"}),
            "equations": (
                "equations",
                [f"{each} {order}" for each, order in rows],
                {"long_name": "closure and order"},
            ),
        },
    )


def _code(system: Any, starts: Any, closure: str, order: int) -> int:
    from ...errors import NotConverged

    try:
        found = reactions.validity(system, closure, order, starts=starts, all_starts=False)
    except NotConverged:
        return len(reactions.REASONS)
    return reactions.REASONS.index(found.reason)


def _exact_verdicts(network: str, systems: list[Any]) -> tuple[Any, Any]:
    """Codes and mean counts of the stationary law; NaN where it is not cheap."""
    import numpy as np

    codes, means = np.full(len(systems), np.nan), np.full(len(systems), np.nan)
    for place, system in enumerate(systems):
        law = exact_law(network, system)
        if law is not None:
            mean, variance = law
            reason = "valid" if mean.min() > 0.0 else "negative_mean"
            codes[place] = reactions.REASONS.index("negative_variance" if variance.min() < 0.0 else reason)
            means[place] = float(mean.sum())
    return codes, means


def _add_exact(data: xr.Dataset, network: str, systems: list[Any]) -> None:
    """Exact means and variances per volume at the volumes of `systems`, where the law is cheap; NaN at the other volumes."""
    import numpy as np

    volumes = data["volume"].values
    laws = [(system, law) for system in systems if (law := exact_law(network, system)) is not None]
    if not laws:
        return
    for index, species in enumerate(systems[0].species):
        for moment, name in enumerate(("mean", "variance")):
            values = np.full(len(volumes), np.nan)
            for system, law in laws:
                values[np.searchsorted(volumes, system.volume)] = law[moment][index] / system.volume
            title = data[f"{name}_{species}_theory"].attrs["long_name"]
            data[f"{name}_{species}_exact"] = ("volume", values, about("1/volume", title))


@dataclass(frozen=True)
class _Piece:
    """Points first .. last of a branch, between two special points or ends."""

    first: int
    last: int
    stable: bool
    begins: str
    ends: str

    def interpolated(self, log_volumes: Any, values: Any, at: Any) -> Any:
        """Values at other volumes, NaN beyond the piece."""
        import numpy as np

        here = slice(self.first, self.last + 1)
        order = np.argsort(log_volumes[here])
        return np.interp(at, log_volumes[here][order], values[here][order], left=np.nan, right=np.nan)


def _pieces(branch: Any) -> list[_Piece]:
    """The branch cut at its special points, and where stability changes without one; of the lower volume first."""
    curve, last = branch.curve, len(branch.volumes) - 1
    marks = {0: ENDINGS.get(curve.endings[0], ""), last: ENDINGS.get(curve.endings[1], "")}
    marks |= {each.index: each.kind for each in curve.special}
    stable = branch.stable
    for index in range(1, last):
        if stable[index] != stable[index - 1] and not {index - 1, index} & marks.keys():
            marks[index] = ""
    places = sorted(marks)
    pieces = []
    for first, after in pairwise(places):
        inside = (first + after + 1) // 2
        ends = (marks[first], marks[after])
        if branch.volumes[first] > branch.volumes[after]:
            ends = ends[::-1]
        pieces.append(_Piece(first, after, bool(stable[inside]), *ends))
    return pieces
