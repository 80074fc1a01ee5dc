"""Which way phases grow: random deposition, Edwards-Wilkinson, Kardar-Parisi-Zhang, distorted by slips, or unstable; with evidence.

Decided in this order, from the growth exponent and the skewness over one window of times and from the phase slips:

1. slips that keep coming (a net slip on one bond of ten) and the exponent of random deposition: "random-deposition", no synchrony;
2. other slips (one bond of 10,000 or more): "distorted", because each adds steps of 2 pi that no exponent knows of;
3. without slips, growth that is faster or more skewed than in any class of coupled oscillators: "unstable", as on lattices whose
   bonds are bent beyond the angle where the coupling turns repulsive;
4. else the nearer of the two classes, by squared distances of exponent and skewness in units of the errors and of the usual
   corrections to scaling at times of 10² to 10⁴ coupling times. A ring in crossover is named after the class it still looks like.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Literal

import numpy as np

from ..numerics.measured import Measured
from ..numerics.scaling import CUT, ScalingWarning, window_exponent
from .interface_growth import EXPONENTS
from .oscillator_ring import Randomness
from .phase_history import PhaseHistory

Label = Literal["random-deposition", "edwards-wilkinson", "kpz", "distorted", "unstable"]
LABELS: tuple[Label, ...] = ("edwards-wilkinson", "kpz", "distorted", "random-deposition", "unstable")
FEW_SLIPS, MANY_SLIPS = 1e-4, 0.1  # net slips per bond
TOLD_APART = 4.0  # difference of squared distances: two standard deviations of a single sign
SLIPS_GROW = 1.2  # factor in the second half of the time; diffusing slips give sqrt(2), drifting ones 2


@dataclass(frozen=True, slots=True)
class _Signs:
    """What tells classes apart: exponents with allowances, |skewness| of KPZ with allowances, and the limits of coupled growth."""

    linear: float
    linear_allowance: float
    kpz: float
    kpz_allowance: float
    skewness: float
    skewness_allowance: float
    linear_skewness_allowance: float
    deposition_allowance: float
    fastest: float
    most_skewed: float


# KPZ values are those of times at which rings are simulated: skewness -0.22 and exponent 0.32 for an asymptotic -0.29 and 1/3; for
# frozen frequencies exponents of 0.8 to 0.95 with skewness -0.4 to -1.
SIGNS: dict[Randomness, _Signs] = {
    "time": _Signs(0.25, 0.03, 0.32, 0.04, 0.25, 0.08, 0.03, 0.06, 0.40, 0.36),
    "columnar": _Signs(0.75, 0.04, 0.86, 0.08, 0.6, 0.3, 0.1, 0.1, 1.02, 2.0),
}


@dataclass(frozen=True, slots=True)
class Regime:
    """A label with its evidence: exponent and skewness over `window`, slips and synchrony at the last time, class distances."""

    label: Label
    growth_exponent: Measured
    skewness: Measured
    window: tuple[float, float]
    slips_per_bond: float
    slip_growth: float
    frequency_spread: float
    linear_distance: float
    kpz_distance: float
    reason: str

    def __str__(self) -> str:
        return f"{self.label}: {self.reason}"


def regime(
    history: PhaseHistory,
    randomness: Randomness = "time",
    *,
    window: tuple[float, float] | None = None,
    coupling_rate: float | None = None,
) -> Regime:
    """The regime of a history of at least 2 replicas (or arcs) over two decades of time.

    `window` defaults to the last decade. With a `coupling_rate` K the times beyond a tenth of L^(3/2)/K, where the ring's size is
    felt, are left out with a ScalingWarning. Raises ValueError on a history that is too short, or too few observations.
    """
    if randomness not in SIGNS:
        raise ValueError(f"randomness must be 'time' or 'columnar'; got {randomness!r}")
    last = float(history.times[-1])
    low, high = window or (last / 10, last)
    if coupling_rate is not None:
        low, high = _uncut(low, high, history, coupling_rate)
    signs = SIGNS[randomness]
    growth = window_exponent(history.times, history.width_squared, (low, high))
    exponent = Measured(growth.value / 2, growth.stderr / 2, growth.dof)
    skewness = history.mean_skewness(low, high)
    slips = history.slips_per_bond
    half = int(np.argmin(np.abs(history.times - last / 2)))
    slip_growth = float(slips[-1] / slips[half]) if slips[half] > 0 else math.inf if slips[-1] > 0 else 1.0
    linear = _distance(exponent, signs.linear, signs.linear_allowance)
    linear += _distance(skewness, 0.0, signs.linear_skewness_allowance)
    size_of_skewness = Measured(abs(skewness.value), skewness.stderr, skewness.dof)
    kpz = _distance(exponent, signs.kpz, signs.kpz_allowance)
    kpz += _distance(size_of_skewness, signs.skewness, signs.skewness_allowance)
    label, reason = _decide(exponent, skewness, float(slips[-1]), slip_growth, linear, kpz, randomness)
    if exponent.value < 0.1 and label != "distorted":
        reason += "; the width has nearly stopped growing: an exponent needs an earlier window"
    return Regime(
        label,
        exponent,
        skewness,
        (low, high),
        float(slips[-1]),
        slip_growth,
        float(history.frequency_spread.mean()),
        linear,
        kpz,
        reason,
    )


def _decide(
    exponent: Measured,
    skewness: Measured,
    slips: float,
    slip_growth: float,
    linear: float,
    kpz: float,
    randomness: Randomness,
) -> tuple[Label, str]:
    signs, deposition = SIGNS[randomness], EXPONENTS["random-deposition", randomness].growth
    grows = f"growth exponent {exponent.value:.3f} ± {exponent.stderr:.3f}"
    if (
        slips > MANY_SLIPS
        and slip_growth > SLIPS_GROW
        and abs(exponent.value - deposition) < signs.deposition_allowance
    ):
        return "random-deposition", f"{grows} and {slips:.2g} net slips per bond that keep coming: no synchrony"
    if slips > FEW_SLIPS:
        return "distorted", f"{slips:.2g} net slips per bond; {grows} is not to be read as a class"
    if exponent.value - 2 * exponent.stderr > signs.fastest:
        return "unstable", f"{grows} without slips is faster than any class of coupled oscillators"
    if abs(skewness.value) - 2 * skewness.stderr > signs.most_skewed:
        skewed = f"skewness {skewness.value:.2f} ± {skewness.stderr:.2f}"
        return "unstable", f"{skewed} without slips is beyond any class of coupled oscillators; {grows}"
    shape = f"{grows}, skewness {skewness.value:.2f} ± {skewness.stderr:.2f}, no slips"
    label: Label = "edwards-wilkinson" if linear <= kpz else "kpz"
    evidence = f"squared distance {linear:.1f} from Edwards-Wilkinson, {kpz:.1f} from KPZ"
    return label, f"{shape}; {evidence}{', hardly told apart' if abs(linear - kpz) < TOLD_APART else ''}"


def _distance(measured: Measured, expected: float, allowance: float) -> float:
    return (measured.value - expected) ** 2 / (allowance**2 + measured.stderr**2)


def _uncut(low: float, high: float, history: PhaseHistory, coupling_rate: float) -> tuple[float, float]:
    if not coupling_rate > 0:
        return low, high
    longest = CUT * (history.size * 1.0) ** EXPONENTS["kpz", "time"].dynamic / coupling_rate
    if high <= longest:
        return low, high
    warnings.warn(
        f"times after {longest:.3g} are left out of the regime: a ring of {history.size} oscillators feels its size there",
        ScalingWarning,
        stacklevel=3,
    )
    return min(low, longest / 10), longest
