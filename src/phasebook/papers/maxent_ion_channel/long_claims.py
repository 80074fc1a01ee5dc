"""Long claims: counted charges, work of ramps, Goldman's limit, and a channel found again from its curve."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

from ... import information, numerics
from ...claims import Evidence, Measured
from .subject import DERIVED, channel_of_four_sites, paper

DURATION = 600_000.0


@paper.claim(
    "counted-charges", tier="full", origin="own", source="exact simulation against linear algebra", statistical=True
)
def counted_charges(seed: int) -> Evidence:
    """A million charges counted at v = 2 have the current and the Fano factor of theory."""
    channel = channel_of_four_sites(2.0)
    found = information.simulate_charges(channel, DURATION, runs=8, seed=seed)
    theory = information.transport(channel)
    return Evidence.all_of(
        # Standard errors 2e-4 and 0.013; charges that come back at the right end count against the current.
        Evidence.equal(found.current, theory.current, 0.002, label="current"),
        Evidence.equal(found.fano_factor, theory.fano_factor, 0.11, label="Fano factor"),
        Evidence.exact(found.charges > 9e5, True, label="charges"),
    )


@paper.claim("work-identity", tier="full", origin="derived", source=DERIVED, statistical=True)
def work_identity(seed: int) -> Evidence:
    """⟨exp(−W)⟩ = exp(−ΔF) for ramps from the reversal voltage to 2: exactly by propagation for durations 1, 10 and
    100, and in simulation where its variance allows; without the bath's work it is 0.359, 0.119 and 0.097 of that."""
    import numpy as np

    start = channel_of_four_sites(-math.log(28.0))
    change = information.free_energy_change(start, 2.0)
    unit = math.exp(-change)
    durations = (1.0, 10.0, 100.0)
    exact = [information.mean_exponential_work(start, 2.0, t) / unit for t in durations]
    without = [information.mean_exponential_work(start, 2.0, t, count_bath=False) / unit for t in durations]
    pieces = [
        Evidence.exact(change, 1.948261, 1e-6, label="ΔF"),
        Evidence.exact(exact, 1.0, 1e-8, label="⟨e^−W⟩ / e^−ΔF"),
        Evidence.exact(without, [0.359, 0.119, 0.097], 5e-4, label="without the bath's work"),
    ]
    for duration, both in ((1.0, True), (10.0, False), (100.0, False)):
        works = information.ramped_work(
            start, 2.0, duration, runs=400_000, left_bath=both, seed=numerics.part_seed(seed, duration)
        )
        weights = np.exp(change - works)
        measured = Measured(
            float(weights.mean()), float(weights.std(ddof=1) / math.sqrt(weights.size)), weights.size - 1
        )
        label = f"simulated, duration {duration:g}{'' if both else ', left end closed'}"
        pieces.append(Evidence.equal(measured, 1.0, 0.08, label=label))
    return Evidence.all_of(*pieces)


@paper.claim("goldman-limit", tier="full", origin="derived", source=DERIVED)
def goldman_limit(seed: int) -> Evidence:
    """A dilute channel without structure has Goldman's current up to a factor that is known, and whose spread over
    |v| ≤ 2 falls like 1/n: 11.5, 8.5 and 6.7% at 4, 6 and 8 sites."""
    import numpy as np

    voltages = np.array([-2.0, -1.0, -0.3, -0.02, 0.02, 0.3, 1.0, 2.0])
    spreads, errors = [], []
    for sites in (4, 6, 8):
        ratios = []
        for voltage in voltages:
            channel = information.IonChannel((0.0,) * sites, 0.0, 1e-6, 1e-6 / 3, float(voltage))
            ratio = information.transport(channel).current / information.goldman_current(
                1.0, float(voltage), 1e-6, 1e-6 / 3
            )
            u = voltage / (sites + 1)
            known = (
                (u / voltage) * (math.sinh(u / 2) / (u / 2)) * math.sinh(voltage / 2) / math.sinh(u * (sites - 1) / 2)
            )
            ratios.append(ratio)
            errors.append(float(abs(ratio / known - 1)))
        spreads.append(float(max(ratios) / min(ratios) - 1))
    return Evidence.all_of(
        Evidence.exact(max(errors), 0.0, 1e-3, label="largest error of the factor"),
        Evidence.exact(spreads, [0.115, 0.085, 0.067], 0.002, label="spread of J / Goldman"),
    )


@paper.claim("inverse-channel", tier="full", origin="own", source="a fit to generated data", statistical=True)
def inverse_channel(seed: int) -> list[dict[str, Any]]:
    """Current and noise at 15 voltages with errors of 1% give a channel whose currents are right to 2% of the
    largest, though single energies may be wrong by more than a kT: the Fisher information spans three decades at
    least."""
    return [{"trial": trial} for trial in range(4)]


@inverse_channel.unit
def inverse_channel_unit(trial: int, seed: int) -> dict[str, Any]:
    """The largest error of a current, the reduced χ², and the span of the information."""
    import numpy as np

    own = numerics.part_seed(seed, trial)
    generator = np.random.default_rng(own)
    voltages = np.linspace(-6.0, 6.0, 15)
    truth = [information.transport(channel_of_four_sites(float(v))) for v in voltages]
    currents, noise = (np.array([getattr(each, name) for each in truth]) for name in ("current", "noise"))
    curve = information.CurrentCurve(
        voltages,
        currents * (1 + 0.01 * generator.standard_normal(15)),
        0.01 * np.abs(currents) + 1e-6,
        noise * (1 + 0.01 * generator.standard_normal(15)),
        0.01 * noise,
    )
    found = information.fit_current_curve(curve, channel_of_four_sites(0.0), seed=own % 2**32, starts=30)
    fitted = np.array([information.transport(replace(found.channel, voltage=float(v))).current for v in voltages])
    return {
        "error": float(np.abs(fitted - currents).max() / np.abs(currents).max()),
        "chi": found.reduced_chi_squared,
        "span": float(found.information[0] / found.information[-1]),
    }


@inverse_channel.judged
def inverse_channel_judged(results: list[dict[str, Any]]) -> Evidence:
    """The worst of four trials."""
    return Evidence.all_of(
        Evidence.exact(max(float(each["error"]) for each in results), 0.01, 0.01, label="largest error of a current"),
        Evidence.exact(max(float(each["chi"]) for each in results), 1.0, 0.9, label="largest reduced χ²"),
        Evidence.exact(min(float(each["span"]) for each in results) > 1e3, True, label="information spans 1000"),
    )
