"""Long claims, measured in units: KPZ growth at the paper's sizes, frozen frequencies, the phase diagram, saturation."""

from __future__ import annotations

import math
from typing import Any

from ... import networks, numerics
from ...claims import Evidence, Measured
from .subject import ABSTRACT, COMPANIONS, DERIVED, paper

SIZE, NONODDITY, NOISE = 16_384, 1.2, 0.15
DIAGRAM = 12
REPLICAS = 16


@paper.claim("kpz-growth", tier="full", origin="paper", source=ABSTRACT, statistical=True)
def kpz_growth(seed: int) -> list[dict[str, Any]]:
    """At δ = 1.2, σ = 0.15, L = 16,384 the width grows with β = 0.32 ± 0.03 over t = 300 to 4000, beyond Edwards-Wilkinson's 1/4;
    its square is 1.35 and then 1.25 times the Tracy-Widom law's, and the skewness is −0.24 ± 0.10."""
    return [{"batch": batch, "nonoddity": NONODDITY} for batch in range(8)] + [{"batch": 0, "nonoddity": 0.0}]


@kpz_growth.unit
def kpz_growth_unit(batch: int, nonoddity: float, seed: int) -> dict[str, Any]:
    """Moments of eight rings at log-spaced times up to 4000."""
    ring = networks.OscillatorRing(SIZE, networks.sakaguchi_coupling(nonoddity), NOISE)
    times = networks.observation_times(4000.0, 0.1, first=10.0, per_decade=12)
    part = numerics.part_seed(seed, batch, nonoddity)
    history = networks.simulate_ring(ring, times, step=0.1, replicas=8, seed=part)
    return history.to_arrays()


@kpz_growth.judged
def kpz_growth_judged(results: list[dict[str, Any]]) -> Evidence:
    """Exponent, ratio to the Tracy-Widom variance, skewness, and the regimes of both couplings."""
    bent = _joined([result for result in results if float(result["nonoddity"]) > 0])
    odd = _joined([result for result in results if float(result["nonoddity"]) == 0])
    ring = networks.OscillatorRing(SIZE, networks.sakaguchi_coupling(NONODDITY), NOISE)
    slope = numerics.window_exponent(bent.times, bent.width_squared, (300, 4000))
    exponent = Measured(slope.value / 2, slope.stderr / 2, slope.dof)
    law = networks.kpz_width(bent.times, ring)
    early = abs(bent.times - 300).argmin()
    late = bent.times >= 1000
    ratios = bent.width_squared / law
    # Standard errors of 64 rings: 0.0033, 0.014, 0.015, 0.0125. Wrapped phases saturate at π²/3; δ = 0 gives 1/4 and skewness 0.
    return Evidence.all_of(
        Evidence.equal(exponent, 0.32, 0.03, label="growth exponent"),
        Evidence.at_least(exponent, 0.25, label="growth exponent beyond Edwards-Wilkinson"),
        Evidence.equal(numerics.mean_estimate(ratios[:, early]), 1.35, 0.12, label="W² / Tracy-Widom law at t = 300"),
        Evidence.equal(
            numerics.mean_estimate(ratios[:, late].mean(axis=1)), 1.25, 0.13, label="the same from t = 1000"
        ),
        Evidence.equal(bent.mean_skewness(1000, 4000), -0.24, 0.10, label="skewness from t = 1000"),
        Evidence.exact(
            [networks.regime(history).label for history in (bent, odd)], ["kpz", "edwards-wilkinson"], label="regimes"
        ),
    )


@paper.claim("columnar-kpz", tier="full", origin="paper", source=COMPANIONS, statistical=True)
def columnar_kpz(seed: int) -> list[dict[str, Any]]:
    """With frozen frequencies of σ = 0.05 at δ = 1.2 and L = 16,384, the width grows with β = 0.906 ± 0.05 over t = 150 to 500,
    beyond the 3/4 of odd coupling."""
    return [{"batch": batch} for batch in range(4)]


@columnar_kpz.unit
def columnar_kpz_unit(batch: int, seed: int) -> dict[str, Any]:
    """Moments of eight rings at log-spaced times up to 500."""
    ring = networks.OscillatorRing(SIZE, networks.sakaguchi_coupling(NONODDITY), 0.05, "columnar")
    times = networks.observation_times(500.0, 0.1, first=5.0, per_decade=15)
    history = networks.simulate_ring(ring, times, step=0.1, replicas=8, seed=numerics.part_seed(seed, batch))
    return history.to_arrays()


@columnar_kpz.judged
def columnar_kpz_judged(results: list[dict[str, Any]]) -> Evidence:
    """The mean of the fitted exponents of the single rings, and the class of their mean."""
    import numpy as np

    history = _joined(results)
    late = history.times >= 149.9
    slopes = np.polyfit(np.log(history.times[late]), np.log(history.width_squared[:, late]).T, 1)[0] / 2
    # Standard error 0.006; the linear law has 0.75.
    exponent = numerics.mean_estimate(slopes)
    return Evidence.all_of(
        Evidence.equal(exponent, 0.906, 0.05, label="growth exponent"),
        Evidence.at_least(exponent, 0.75, label="growth exponent beyond columnar Edwards-Wilkinson"),
        Evidence.exact(networks.regime(history, "columnar").label, "kpz", label="regime"),
    )


@paper.claim("phase-diagram", tier="full", origin="paper", source=ABSTRACT, statistical=True)
def phase_diagram(seed: int) -> list[dict[str, Any]]:
    """Over 12 × 12 noises and nonoddities and both noise types, rings with σ ≥ 3 grow as random deposition, odd rings as
    Edwards-Wilkinson until phases slip and never as KPZ, and KPZ lies between them at δ near 1.15."""
    return [{"noise_type": kind, "row": row} for kind in ("time", "columnar") for row in range(DIAGRAM)]


@phase_diagram.unit
def phase_diagram_unit(noise_type: str, row: int, seed: int) -> dict[str, Any]:
    """Labels, exponents and slips along one row of nonoddity."""
    import xarray as xr

    points: list[xr.Dataset] = []
    for column, noise in enumerate(_diagram_noises()):
        coupling = networks.sakaguchi_coupling(_diagram_nonoddity(row))
        ring = networks.OscillatorRing(1024, coupling, noise, "columnar" if noise_type == "columnar" else "time")
        part = numerics.part_seed(seed, row, column, len(noise_type))
        points.append(networks.measured_diagram_point(ring, 300.0, 0.1, replicas=REPLICAS, seed=part))
    return {
        "label": [str(point["regime_simulation"].item()) for point in points],
        "exponent": [float(point["effective_exponent_simulation"]) for point in points],
        "log_slips": [float(point["log_slips_simulation"]) for point in points],
    }


@phase_diagram.judged
def phase_diagram_judged(results: list[dict[str, Any]]) -> Evidence:
    """What stands where in both maps."""
    import numpy as np

    noises, pieces = np.array(_diagram_noises()), []
    for kind, deposition in (("time", 0.5), ("columnar", 1.0)):
        rows = {int(result["row"]): result for result in results if str(result["noise_type"]) == kind}
        labels = np.array([list(map(str, rows[row]["label"])) for row in range(DIAGRAM)])
        exponents = np.array([rows[row]["exponent"] for row in range(DIAGRAM)], dtype=float)
        strong = noises >= 3
        pieces.append(
            Evidence.exact(
                int((labels[:, strong] != "random-deposition").sum()), 0, label=f"{kind}: σ ≥ 3, not deposition"
            )
        )
        estimate = numerics.mean_estimate(exponents[:, strong].ravel())
        # Standard error 0.001 or less over 24 cells; the nearest other class is 0.17 and 0.2 away.
        pieces.append(Evidence.equal(estimate, deposition, 0.02, label=f"{kind}: exponent at σ ≥ 3"))
        slipless = np.array(rows[0]["log_slips"], dtype=float) <= -4
        pieces.append(
            Evidence.exact(
                sorted(set(labels[0, slipless].tolist())), ["edwards-wilkinson"], label=f"{kind}: δ = 0 without slips"
            )
        )
        pieces.append(Evidence.exact("kpz" in labels[0], False, label=f"{kind}: KPZ at δ = 0"))
        # One row at δ = 1.15: Edwards-Wilkinson or KPZ, then slips, then deposition, with KPZ present.
        row = labels[9].tolist()
        pieces.append(Evidence.exact("kpz" in row, True, label=f"{kind}: KPZ at δ = {_diagram_nonoddity(9):.3f}"))
    return Evidence.all_of(*pieces)


@paper.claim("saturation-scaling", tier="full", origin="derived", source=DERIVED, statistical=True)
def saturation_scaling(seed: int) -> list[dict[str, Any]]:
    """At δ = 1.2, σ = 0.15 the saturated squared width grows as L^(1.0 ± 0.05) from L = 32 to 256, and is 0.186 ± 0.02 at L = 64,
    above the 0.166 of slopes with the linear law's variance."""
    return [{"size": size} for size in (32, 64, 128, 256)]


@saturation_scaling.unit
def saturation_scaling_unit(size: int, seed: int) -> dict[str, Any]:
    """Time averages of 64 saturated rings."""
    import numpy as np

    ring = networks.OscillatorRing(size, networks.sakaguchi_coupling(NONODDITY), NOISE)
    relaxation = size**1.5
    times = relaxation * np.linspace(10.0, 60.0, 101)
    history = networks.simulate_ring(ring, times, step=0.1, replicas=64, seed=numerics.part_seed(seed, size))
    return {"mean": history.width_squared.mean(axis=1), "slips": float(history.slips[:, -1].mean())}


@saturation_scaling.judged
def saturation_scaling_judged(results: list[dict[str, Any]]) -> Evidence:
    """The slope over sizes with the errors of the sizes, and the value at 64."""
    import numpy as np

    sizes = np.array([float(result["size"]) for result in results])
    estimates = [numerics.mean_estimate(np.asarray(result["mean"], dtype=float)) for result in results]
    values, errors = (np.array([getattr(each, name) for each in estimates]) for name in ("value", "stderr"))
    centered = np.log(sizes) - np.log(sizes).mean()
    weights = centered / (centered @ centered)
    slope = Measured(float(weights @ np.log(values)), math.sqrt(float(weights**2 @ (errors / values) ** 2)), 63.0)
    # Standard errors 0.007 and 0.0015; the roughness of frozen noise would give a slope of 3, that of slips none at all.
    at_64 = estimates[int(np.argmin(np.abs(sizes - 64)))]
    return Evidence.all_of(
        Evidence.equal(slope, 1.0, 0.05, label="2α from L = 32 to 256"),
        Evidence.equal(at_64, 0.186, 0.02, label="W² at L = 64"),
        Evidence.at_least(at_64, NOISE**2 / (2 * math.cos(NONODDITY)) * 64 / 12, label="W² at L = 64 above A L/12"),
    )


def _diagram_noises() -> list[float]:
    return [0.03 * (5 / 0.03) ** (column / (DIAGRAM - 1)) for column in range(DIAGRAM)]


def _diagram_nonoddity(row: int) -> float:
    return 1.4 * row / (DIAGRAM - 1)


def _joined(results: list[dict[str, Any]]) -> networks.PhaseHistory:
    return networks.PhaseHistory.joined([networks.PhaseHistory.from_arrays(result) for result in results])
