"""Experiments: current and noise of a channel, response far from equilibrium, work of ramps, and a user's own channel."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

from ... import information
from ...claims import File, Help, Range, UserFile
from .subject import TEST_ENERGIES, paper

if TYPE_CHECKING:
    import xarray as xr

Energies = Annotated[tuple[float, ...], Range(-20.0, 20.0, "energies of the sites from left to right", "kT")]
Repulsion = Annotated[float, Range(-20.0, 20.0, "repulsion of ions on neighboring sites", "kT")]
Left = Annotated[float, Range(1e-9, 100.0, "activity of the left bath", "M")]
Right = Annotated[float, Range(1e-9, 100.0, "activity of the right bath", "M")]
Voltage = Annotated[float, Range(-40.0, 40.0, "potential of the left bath; 25.7 mV are 1 kT", "kT")]
Potential = Annotated[float, Range(-30.0, 30.0, "standard potential of an ion in the baths", "kT")]
Rates = Annotated[
    Literal["symmetric", "metropolis", "fermi"],
    Help("how a rate depends on the change of energy; affinity is the same"),
]
CURVE = File(
    "phasebook.information.channel_files:read_current_curve",
    "your current-voltage curve: .csv with columns voltage_mV, current_pA and, where known, error_pA",
    (".csv",),
)
RECORD = File(
    "phasebook.information.channel_files:read_state_record",
    "your record: .csv with columns state (0s and 1s of the sites, left first) and dwell (s)",
    (".csv",),
)
CONVENTIONS = {
    "direction": "currents are from left to right, counted at the right end",
    "rates": "in units of the attempt rate k0",
    "voltage": "the left bath is at v kT per charge, the right one at zero",
}


@paper.experiment(show=("curve", "noise_curve", "occupation"), conventions=CONVENTIONS)
def current(
    sites_energy: Energies = TEST_ENERGIES,
    repulsion: Repulsion = 1.5,
    left_activity: Left = 0.14,
    right_activity: Right = 0.005,
    voltage: Voltage = 2.0,
    standard_potential: Potential = 3.0,
    rates: Rates = "symmetric",
    span: Annotated[float, Range(0.1, 40.0, "the curve goes so far to both sides of the voltage", "kT")] = 6.0,
) -> xr.Dataset:
    """Current, noise and entropy production of an ion channel between two baths, and its current-voltage curve.

    Variables: current_theory, noise_theory, fano_theory, affinity_theory, entropy_production_theory, curve_theory
    (voltage), occupation_theory (site). Source: two linear systems for the steady state and its noise
    (`information.ion_channel`).
    """
    return information.current_theory(
        _channel(sites_energy, repulsion, left_activity, right_activity, voltage, standard_potential, rates), span
    )


@current.measurement
def simulated_current(
    sites_energy: tuple[float, ...],
    repulsion: float,
    left_activity: float,
    right_activity: float,
    voltage: float,
    standard_potential: float,
    rates: Any,
    span: float,
    *,
    duration: Annotated[float, Range(1.0, 1e8, "simulated time of each run", "1/k0")] = 20_000.0,
    runs: Annotated[int, Range(2, 1000, "independent runs")] = 8,
    seed: int,
) -> xr.Dataset:
    """Charges counted in exact simulations of the channel's states."""
    channel = _channel(sites_energy, repulsion, left_activity, right_activity, voltage, standard_potential, rates)
    return information.current_simulation(channel, span, duration, runs, seed)


@paper.experiment(show=("response", "later_response"))
def response(
    first_force: Annotated[float, Range(-10.0, 10.0, "force on the ring at the first step", "kT")] = 0.2,
    last_force: Annotated[float, Range(-10.0, 10.0, "force at the last step", "kT")] = 2.0,
    steps: Annotated[int, Range(2, 200, "steps of the chain")] = 12,
    step: Annotated[int, Range(0, 198, "the step whose force is changed")] = 6,
) -> xr.Dataset:
    """How a driven ring's current answers to the force at one step, and three correlations that could be the answer.

    Variables: response_exact (time) by differentiating kernels, response_theory (correlation, time): only the
    conditional mean gives the response. Source: derived (`information.path_ensembles`).
    """
    return information.response_theory(_ring(first_force, last_force, steps, step), step)


@response.measurement
def simulated_response(
    first_force: float,
    last_force: float,
    steps: int,
    step: int,
    *,
    runs: Annotated[int, Range(100, 10_000_000, "simulated paths")] = 200_000,
    seed: int,
) -> xr.Dataset:
    """The correlation with the conditional mean over simulated paths."""
    return information.response_simulation(_ring(first_force, last_force, steps, step), step, runs, seed)


@paper.experiment(show=("work_identity", "without_bath"), logarithmic=("duration",))
def work(
    sites_energy: Energies = TEST_ENERGIES,
    repulsion: Repulsion = 1.5,
    left_activity: Left = 0.14,
    right_activity: Right = 0.005,
    standard_potential: Potential = 3.0,
    end_voltage: Annotated[float, Range(-20.0, 20.0, "voltage at the end of the ramp", "kT")] = 2.0,
    longest: Annotated[float, Range(0.1, 100.0, "longest ramp", "1/k0")] = 2.0,
) -> xr.Dataset:
    """The mean of exp(−W) of voltage ramps from equilibrium: the work identity, and what it takes.

    Variables: work_identity_theory and without_bath_theory (duration), relative to exp(−ΔF); free_energy_theory.
    Source: integration of the weighted law (`information.channel_simulation`).
    """
    channel = _channel(sites_energy, repulsion, left_activity, right_activity, 0.0, standard_potential, "symmetric")
    return information.work_theory(channel, end_voltage, _durations(longest))


@work.measurement
def simulated_work(
    sites_energy: tuple[float, ...],
    repulsion: float,
    left_activity: float,
    right_activity: float,
    standard_potential: float,
    end_voltage: float,
    longest: float,
    *,
    runs: Annotated[int, Range(100, 10_000_000, "simulated ramps of each duration")] = 100_000,
    seed: int,
) -> xr.Dataset:
    """Exact simulations of the ramps; the mean work less the free energy is dissipated."""
    channel = _channel(sites_energy, repulsion, left_activity, right_activity, 0.0, standard_potential, "symmetric")
    return information.work_simulation(channel, end_voltage, _durations(longest), runs, seed)


@paper.experiment(theory="absent", show=("current", "fitted_parameter", "information"), logarithmic=("information",))
def own_channel(
    curve: Annotated[Literal["generated"] | UserFile, CURVE] = "generated",
    record: Annotated[Literal["none"] | UserFile, RECORD] = "none",
    sites: Annotated[int, Range(1, 6, "sites of the fitted channel; a record tells its own")] = 3,
    left_activity: Left = 0.14,
    right_activity: Right = 0.005,
    standard_potential: Potential = 3.0,
    voltage: Annotated[float, Range(-40.0, 40.0, "voltage at which a record was taken", "kT")] = 0.0,
    attempt_rate: Annotated[float, Range(1e-6, 1e15, "attempt rate k0", "1/s")] = 1e8,
    *,
    seed: int,
) -> xr.Dataset:
    """Energies of a channel from your current-voltage curve or your record of states, and which combinations of them
    are known.

    Variables: current_data beside current_simulation of the fitted channel (voltage), fitted_parameter_data with errors,
    information_data (eigenvalues of the Fisher information). Source: least squares, or maximum likelihood for a
    record (`information.channel_fit`).
    """
    if isinstance(record, UserFile):
        if isinstance(curve, UserFile):
            raise ValueError("record and curve are two kinds of data; give one of them")
        kept = record.content
        template = _template(kept.sites, left_activity, right_activity, voltage, standard_potential, attempt_rate)
        return information.fitted_record(kept, template)[0]
    template = _template(sites, left_activity, right_activity, 0.0, standard_potential, attempt_rate)
    measured = curve.content if isinstance(curve, UserFile) else information.generated_curve(template, seed)
    return information.fitted_curve(measured, template, seed)[0]


def _channel(
    energies: tuple[float, ...],
    repulsion: float,
    left: float,
    right: float,
    voltage: float,
    potential: float,
    rates: Any,
) -> Any:
    return information.IonChannel(energies, repulsion, left, right, voltage, potential, rates=rates)


def _template(sites: int, left: float, right: float, voltage: float, potential: float, attempt_rate: float) -> Any:
    return information.IonChannel((0.0,) * sites, 1.0, left, right, voltage, potential, attempt_rate)


def _ring(first_force: float, last_force: float, steps: int, step: int) -> Any:
    if step >= steps - 1:
        raise ValueError(f"step must be below the last step, {steps - 1}; got {step}")
    return information.driven_ring(first_force, last_force, steps)


def _durations(longest: float) -> Any:
    import numpy as np

    return longest * np.geomspace(0.05, 1.0, 6)
