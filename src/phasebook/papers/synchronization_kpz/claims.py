"""Quick claims: exact laws, signs, thresholds, and the class of one small ring."""

from __future__ import annotations

import math
from typing import Literal

from ... import networks, numerics
from ...claims import Evidence, Measured
from .subject import ABSTRACT, DERIVED, paper


@paper.claim("kpz-onset", tier="quick", core=True, origin="paper", source=ABSTRACT, statistical=True)
def kpz_onset(seed: int) -> Evidence:
    """Phases of a ring grow faster under sin(u + 1.2) than under sin u by at least 0.01 in the exponent, with negative skewness;
    the first ring is classified as KPZ and the second as Edwards-Wilkinson."""
    import numpy as np

    times = networks.observation_times(400.0, 0.1, first=1.0)
    histories = [
        networks.simulate_ring(_ring(nonoddity, 0.15), times, step=0.1, kicks="uniform", replicas=16, seed=seed)
        for nonoddity in (1.2, 0.0)
    ]
    late = histories[0].times > 39.9
    slopes = [
        np.polyfit(np.log(history.times[late]), np.log(history.width_squared[:, late]).T, 1)[0] / 2
        for history in histories
    ]
    # Common random numbers: the difference has a standard error of 0.008, and is 0.048; with wrapped phases or δ lost it is zero.
    return Evidence.all_of(
        Evidence.ordering(
            slopes[0].tolist(), slopes[1].tolist(), margin=0.01, label="exponent beyond that of odd coupling"
        ),
        Evidence.at_most(histories[0].mean_skewness(40, 400), -0.08, label="skewness at δ = 1.2"),
        Evidence.exact(
            [networks.regime(history).label for history in histories], ["kpz", "edwards-wilkinson"], label="regimes"
        ),
    )


@paper.claim("rd-exact", tier="quick", origin="textbook", source="random deposition", statistical=True)
def rd_exact(seed: int) -> Evidence:
    """Without coupling the squared width is σ²t for noise in time, and the width is proportional to t for frozen frequencies."""
    import numpy as np

    ring = _ring(0.0, 0.2, strength=0.0)
    times = [0.1, 1.0, 10.0, 100.0]
    history = networks.simulate_ring(ring, times, step=0.1, replicas=8, seed=seed, threads=1)
    # Standard error 0.0078; noise that grows with the step instead of its root changes the ratio tenfold.
    stderr = math.sqrt(2 / (8 * 4096))
    pieces = [
        Evidence.equal(Measured(value, stderr, math.inf), 1.0, 0.055, label=f"W²/σ²t at t = {time:g}")
        for time, value in zip(times, history.width_squared.mean(axis=0) / (0.04 * history.times), strict=True)
    ]
    frozen = networks.simulate_ring(
        _ring(0.0, 0.2, randomness="columnar", strength=0.0), times, step=0.1, replicas=2, seed=seed, threads=1
    )
    growth = np.sqrt(frozen.width_squared) / frozen.times
    return Evidence.all_of(
        *pieces,
        Evidence.exact(float(np.abs(growth / growth[:, :1] - 1).max()), 0.0, 1e-12, label="frozen: W/t, spread"),
    )


@paper.claim("ew-exact", tier="quick", origin="derived", source=DERIVED, statistical=True)
def ew_exact(seed: int) -> Evidence:
    """Weakly noisy odd rings have the width of the exact discrete-time Edwards-Wilkinson sum, at t = 1 within 1.4%, where the
    continuous-time sum is 3% off, and at t = 5, 20 and 80 within their errors."""
    ring = _ring(0.0, 0.05)
    # Standard errors: 0.12% at t = 1 (half the continuous law's error is 1.5%), then 0.5%, 0.8%, 1.2%: one-sided coupling adds 41%.
    plans = (([1.0], 512, (0.014,)), ([5.0, 20.0, 80.0], 48, (0.05, 0.08, 0.12)))
    pieces = []
    for times, replicas, tolerances in plans:
        history = networks.simulate_ring(
            ring, times, step=0.05, replicas=replicas, seed=numerics.part_seed(seed, replicas), threads=1
        )
        exact = networks.edwards_wilkinson_width(history.times, ring.size, 1.0, 0.05, step=0.05)
        for column, tolerance in enumerate(tolerances):
            ratio = numerics.mean_estimate(history.width_squared[:, column] / exact[column])
            pieces.append(Evidence.equal(ratio, 1.0, tolerance, label=f"W² / exact at t = {times[column]:g}"))
    return Evidence.all_of(*pieces)


@paper.claim("columnar-ew-exact", tier="quick", origin="derived", source=DERIVED, statistical=True)
def columnar_ew_exact(seed: int) -> Evidence:
    """With weak frozen frequencies and odd coupling, each ring has the spectrum ω_k (1 − exp(−ν q_k t))/(ν q_k) within 0.1%, and
    its width grows as t^0.75."""
    import numpy as np

    ring = _ring(0.0, 0.001, size=1024, randomness="columnar")
    history = networks.simulate_ring(ring, [2.0, 20.0, 200.0], step=0.1, replicas=2, seed=seed, keep=True, threads=1)
    errors = []
    for replica in range(2):
        exact = networks.columnar_edwards_wilkinson(
            history.times, networks.natural_frequencies(ring, replica, seed), 1.0
        )
        phases = history.phases[replica] if history.phases is not None else np.zeros((3, 1024))
        measured = np.fft.rfft(phases - phases.mean(axis=1, keepdims=True), axis=1)
        errors += (np.linalg.norm(measured - exact, axis=1) / np.linalg.norm(exact, axis=1)).tolist()
    large = _ring(0.0, 0.001, size=16_384, randomness="columnar")
    times = networks.observation_times(100.0, 0.1, first=1.0)
    grown = networks.simulate_ring(large, times, step=0.1, replicas=8, seed=seed, threads=1)
    slope = numerics.window_exponent(grown.times, grown.width_squared, (5, 100))
    # Standard error 0.002; growth as random deposition, or as noise in time, is 0.25 and 0.5 away.
    exponent = Measured(slope.value / 2, slope.stderr / 2, slope.dof)
    return Evidence.all_of(
        Evidence.exact(max(errors), 0.0, 1e-3, label="largest relative error of a spectrum"),
        Evidence.equal(exponent, 0.75, 0.02, label="growth exponent"),
    )


@paper.claim("ew-saturation", tier="quick", origin="derived", source=DERIVED, statistical=True)
def ew_saturation(seed: int) -> Evidence:
    """The squared width of an odd ring of 64 oscillators saturates at σ²(L² − 1)/(24νL), with its time step at the discrete sum."""
    import numpy as np

    ring = _ring(0.0, 0.1, size=64)
    history = networks.simulate_ring(
        ring, np.arange(500.0, 10_001.0, 100.0), step=0.2, replicas=56, seed=seed, threads=1
    )
    exact = float(networks.edwards_wilkinson_width([1e5], 64, 1.0, 0.1, step=0.2)[0])
    # Standard error 1.0%; coupling to one neighbor alone doubles the width.
    measured = numerics.mean_estimate(history.width_squared.mean(axis=1) / exact)
    closed = networks.edwards_wilkinson_saturation(64, 1.0, 0.1)
    return Evidence.all_of(
        Evidence.equal(measured, 1.0, 0.08, label="W² / discrete sum"),
        Evidence.exact(closed / exact, 0.98, 0.005, label="closed form / discrete sum"),
    )


@paper.claim("kpz-coupling", tier="quick", origin="derived", source=DERIVED, statistical=True)
def kpz_coupling(seed: int) -> Evidence:
    """Slope and bend of any coupling function at zero give ν = KΓ'(0), λ = 2KΓ''(0) and g = λ²D/ν³, and the skewness of the phases
    has the sign of λ."""
    import numpy as np

    differences, step = [], 1e-3
    for function in (
        lambda u: np.sin(u + 0.7),
        lambda u: np.sin(u) + 0.3 * np.cos(2 * u) + 0.1 * np.sin(3 * u),
        lambda u: np.exp(0.5 * np.sin(u) + 0.2 * np.cos(u)),
    ):
        found = networks.growth_coefficients(networks.coupling_from_function(function), 1.3, 0.4)
        ahead, here, behind = (float(function(u)) for u in (step, 0.0, -step))
        slope, bend = 1.3 * (ahead - behind) / (2 * step), 2 * 1.3 * (ahead - 2 * here + behind) / step**2
        differences += [found.diffusion / slope - 1, found.nonlinearity / bend - 1]
        differences.append(found.kpz_coupling / (bend**2 * 0.08 / slope**3) - 1)
    pieces = [Evidence.exact(differences, 0.0, 1e-5, label="ν, λ, g against finite differences, relative")]
    for nonoddity, sign in ((1.2, -1), (-1.2, 1)):
        ring = _ring(nonoddity, 0.15, size=8192)
        history = networks.simulate_ring(
            ring, [100, 150, 200, 250, 300], step=0.1, kicks="uniform", replicas=12, seed=seed, threads=1
        )
        skewness = history.mean_skewness(100, 300)
        # Standard error 0.023; without its even part the coupling gives none.
        towards = Measured(sign * skewness.value, skewness.stderr, skewness.dof)
        pieces.append(Evidence.at_least(towards, 0.05, label=f"skewness towards the sign of λ, δ = {nonoddity}"))
    return Evidence.all_of(*pieces)


@paper.claim("sync-threshold", tier="quick", origin="derived", source=DERIVED, statistical=True)
def sync_threshold(seed: int) -> Evidence:
    """An odd ring of 128 oscillators with frozen frequencies locks to one common frequency at 1.5 times the coupling bound (half
    the range of the sums of ω_i − mean(ω)), and never at 0.95 times that bound."""
    locked, running = 0, 0
    for trial in range(50):
        part = numerics.part_seed(seed, trial)
        unit = _ring(0.0, 1.0, size=128, randomness="columnar")
        bound = float(networks.locking_bound(networks.natural_frequencies(unit, 0, part)))
        for share, end in ((1.5, 16_000.0), (0.95, 8000.0)):
            # K = 1 and σ = 1/(share · bound) is K = share · bound at σ = 1, with time in units of 1/K.
            ring = _ring(0.0, 1 / (share * bound), size=128, randomness="columnar")
            history = networks.simulate_ring(ring, [end / 2, end], step=0.4, method="euler", seed=part, threads=1)
            spread = float(history.frequency_spread[0])
            locked += share > 1 and spread < 1e-6
            running += share < 1 and spread > 1e-3
    return Evidence.all_of(
        Evidence.exact(locked, 50, label="rings locked at 1.5 times the bound"),
        Evidence.exact(running, 50, label="rings not locked at 0.95 times the bound"),
    )


@paper.claim(
    "tracy-widom-constants",
    tier="quick",
    origin="textbook",
    source="Bornemann, Markov Processes Relat. Fields 16, 803 (2010)",
)
def tracy_widom_constants(seed: int) -> Evidence:
    """The Fredholm determinants have the published mean, variance, skewness and kurtosis of the GOE and GUE Tracy-Widom laws."""
    published = {
        "GOE": [-1.206533574582, 1.607781034581, 0.293464524080, 0.165242938400],
        "GUE": [-1.771086807411, 0.813194792832, 0.224084203610, 0.093448087600],
    }
    orthogonal, unitary = numerics.tracy_widom_cumulants("GOE"), numerics.tracy_widom_cumulants("GUE")
    found = {
        name: [law.mean, law.variance, law.skewness, law.excess_kurtosis]
        for name, law in (("GOE", orthogonal), ("GUE", unitary))
    }
    # A GOE variable stretched to the variance of a flat KPZ surface has another mean: the constants are told apart to 1e-3.
    return Evidence.all_of(*(Evidence.exact(found[name], published[name], 1e-6, label=name) for name in published))


def _ring(
    nonoddity: float,
    noise: float,
    *,
    size: int = 4096,
    randomness: Literal["time", "columnar"] = "time",
    strength: float = 1.0,
) -> networks.OscillatorRing:
    return networks.OscillatorRing(size, networks.sakaguchi_coupling(nonoddity), noise, randomness, strength)
