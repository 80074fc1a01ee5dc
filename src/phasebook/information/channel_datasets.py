"""Ion channels and driven rings as labeled Datasets. Variables say their road."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import Any

import numpy as np
import xarray as xr

from ..numerics import about
from ..numerics.seeding import part_seed
from .channel_files import MeasuredCurve, StateRecord
from .channel_fit import CurrentCurve, FittedChannel, fit_current_curve, fit_record
from .channel_simulation import (
    free_energy_change,
    mean_exponential_work,
    ramped_work,
    simulate_charges,
)
from .ion_channel import IonChannel, transport
from .path_ensembles import DrivenChain, correlations, responses

POINTS = 17
CURVE_SHARE = 0.25  # of a run's duration, at each voltage of the curve
RING_HEIGHTS = (0.0, 0.7, -0.3, 1.0, 0.2)
RING_HOP = 0.2
NARROW = 1e-9


def current_theory(channel: IonChannel, span: float) -> xr.Dataset:
    """Transport at the channel's voltage, and the curve of currents and noise around it."""
    here = transport(channel)
    voltages = _curve_voltages(channel, span)
    curve = [transport(replace(channel, voltage=float(v))) for v in voltages]
    single = {
        "current_theory": (here.current, "k0", "Current from left to right"),
        "noise_theory": (here.noise, "k0", "Noise of the current, variance of charges per time"),
        "fano_theory": (here.fano_factor, "1", "Fano factor, noise per current"),
        "affinity_theory": (channel.affinity, "kT", "Affinity of a charge from left to right"),
        "entropy_production_theory": (here.entropy_production, "kT k0", "Entropy production"),
        "mean_occupancy_theory": (float(here.law @ channel.occupancy.sum(axis=1)), "1", "Charges in the channel"),
        "reversal_voltage_theory": (channel.voltage - channel.affinity, "kT", "Voltage without current"),
    }
    return xr.Dataset(
        {
            **{name: ((), value, about(units, text)) for name, (value, units, text) in single.items()},
            "curve_theory": ("voltage", [each.current for each in curve], about("k0", "Current")),
            "noise_curve_theory": ("voltage", [each.noise for each in curve], about("k0", "Noise of the current")),
            "occupation_theory": (
                "site",
                here.law @ channel.occupancy,
                about("1", "Share of time a site is occupied"),
            ),
        },
        {
            "voltage": ("voltage", voltages, about("kT", "voltage")),
            "site": ("site", np.arange(1, channel.sites + 1), about("1", "site from the left")),
        },
    )


def current_simulation(channel: IonChannel, span: float, duration: float, runs: int, seed: int) -> xr.Dataset:
    """Counted charges: current, noise and Fano factor with errors over blocks, occupation of the sites, and a shorter
    look at each voltage of the curve."""
    found = simulate_charges(channel, duration, runs=runs, seed=seed)
    voltages = _curve_voltages(channel, span)
    curve = [
        simulate_charges(replace(channel, voltage=float(v)), CURVE_SHARE * duration, runs=runs, seed=part_seed(seed, k))
        for k, v in enumerate(voltages)
    ]
    variables: dict[str, Any] = {}
    for name, value, units, text in (
        ("current", found.current, "k0", "Current from left to right"),
        ("noise", found.noise, "k0", "Noise of the current"),
        ("fano", found.fano_factor, "1", "Fano factor"),
    ):
        variables[f"{name}_simulation"] = ((), value.value, about(units, text))
        variables[f"{name}_stderr"] = ((), value.stderr, about(units, "Standard error over blocks of time"))
    variables["occupation_simulation"] = (
        "site",
        found.occupation @ channel.occupancy,
        about("1", "Share of time a site is occupied"),
    )
    for name, values, text in (
        ("curve", [each.current for each in curve], "Current"),
        ("noise_curve", [each.noise for each in curve], "Noise of the current"),
    ):
        variables[f"{name}_simulation"] = ("voltage", [each.value for each in values], about("k0", text))
        variables[f"{name}_stderr"] = ("voltage", [each.stderr for each in values], about("k0", "Standard error"))
    return xr.Dataset(
        variables,
        {
            "site": ("site", np.arange(1, channel.sites + 1), about("1", "site from the left")),
            "voltage": ("voltage", voltages, about("kT", "voltage")),
        },
    )


def _curve_voltages(channel: IonChannel, span: float) -> np.ndarray:
    return np.linspace(max(-40.0, channel.voltage - span), min(40.0, channel.voltage + span), POINTS)


def driven_ring(first_force: float, last_force: float, steps: int) -> DrivenChain:
    """The ring of five places with heights U, hops 0.2 exp((U_i − U_j)/2), a force that ramps up, from place 0."""
    heights, size = np.array(RING_HEIGHTS), len(RING_HEIGHTS)
    weights, jumps = np.eye(size), np.zeros((size, size))
    for i in range(size):
        for direction in (1, -1):
            j = (i + direction) % size
            weights[i, j] = RING_HOP * math.exp((heights[i] - heights[j]) / 2)
            jumps[i, j] = direction
    prior = weights / weights.sum(axis=1, keepdims=True)
    return DrivenChain(prior, jumps / 2, np.linspace(first_force, last_force, steps), np.eye(size)[0])


def response_theory(chain: DrivenChain, step: int) -> xr.Dataset:
    """Response of the ring's current at all times to the force at one step, and the correlations that claim to be it."""
    jumps = 2 * chain.function
    exact = responses(chain, jumps)[:, step]
    found = {name: correlations(chain, jumps, name)[:, step] for name in ("conditional", "global", "none")}
    meaning = about("1", "Response of the current to the force at one step")
    later = about("1", "Response of later currents")
    names = ("conditional mean", "global mean", "no mean")
    return xr.Dataset(
        {
            "response_exact": ("time", exact, meaning),
            "response_theory": (("correlation", "time"), np.array(list(found.values())), meaning),
            "later_response_exact": ("delay", exact[step + 1 :], later),
            "later_response_theory": (
                ("centering", "delay"),
                np.array([found["conditional"], found["global"]])[:, step + 1 :],
                later,
            ),
        },
        {
            "time": ("time", np.arange(chain.drive.size), about("1", "step")),
            "delay": ("delay", np.arange(1, chain.drive.size - step), about("1", "steps after the force")),
            "correlation": ("correlation", list(names)),
            "centering": ("centering", list(names[:2])),
        },
    )


def response_simulation(chain: DrivenChain, step: int, runs: int, seed: int) -> xr.Dataset:
    """The same correlation (conditional mean) over simulated paths."""
    generator = np.random.default_rng(seed)
    steps, size = chain.drive.size, len(chain.prior)
    places = generator.choice(size, runs, p=chain.start)
    jumps = 2 * chain.function
    moved, drawn = np.empty((steps, runs)), np.zeros(runs)
    for time in range(steps):
        kernel, _partition = chain.kernel(time)
        rows = np.cumsum(kernel, axis=1)
        after = np.minimum((generator.random(runs)[:, None] > rows[places]).sum(axis=1), size - 1)
        moved[time] = jumps[places, after]
        if time == step:
            expected = (kernel * chain.function).sum(axis=1)
            drawn = chain.function[places, after] - expected[places]
        places = after
    products = moved * drawn
    means, errors = products.mean(axis=1), products.std(axis=1, ddof=1) / math.sqrt(runs)
    return xr.Dataset(
        {
            "later_response_simulation": ("delay", means[step + 1 :], about("1", "Response of later currents")),
            "later_response_stderr": ("delay", errors[step + 1 :], about("1", "Standard error over paths")),
            "response_simulation": (
                "time",
                means,
                about("1", "Response of the current to the force at one step"),
            ),
            "response_stderr": (
                "time",
                errors,
                about("1", "Standard error over paths"),
            ),
        },
        {
            "time": ("time", np.arange(steps), about("1", "step")),
            "delay": ("delay", np.arange(1, steps - step), about("1", "steps after the force")),
        },
    )


def work_theory(channel: IonChannel, end_voltage: float, durations: np.ndarray) -> xr.Dataset:
    """⟨exp(−W)⟩ / exp(−ΔF) of ramps from the reversal voltage, with the bath's part of the work and without."""
    start = replace(channel, voltage=channel.voltage - channel.affinity)
    unit = math.exp(-free_energy_change(start, end_voltage))
    meaning = about("1", "Mean exponential of minus the work, over that of the free energy")
    return xr.Dataset(
        {
            "work_identity_theory": (
                "duration",
                [mean_exponential_work(start, end_voltage, float(t)) / unit for t in durations],
                meaning,
            ),
            "without_bath_theory": (
                "duration",
                [mean_exponential_work(start, end_voltage, float(t), count_bath=False) / unit for t in durations],
                about("1", "The same without the work done on the bath"),
            ),
            "free_energy_theory": ((), free_energy_change(start, end_voltage), about("kT", "Free energy of the ramp")),
        },
        {"duration": ("duration", durations, about("1/k0", "duration of the ramp"))},
    )


def work_simulation(channel: IonChannel, end_voltage: float, durations: np.ndarray, runs: int, seed: int) -> xr.Dataset:
    """The same over simulated ramps; errors are honest only while few runs don't carry the mean (short ramps)."""
    start = replace(channel, voltage=channel.voltage - channel.affinity)
    change = free_energy_change(start, end_voltage)
    rows: dict[str, list[float]] = {name: [] for name in ("value", "error", "work")}
    for number, duration in enumerate(durations):
        works = ramped_work(start, end_voltage, float(duration), runs=runs, seed=seed + 1000 * number)
        weights = np.exp(change - works)
        rows["value"].append(float(weights.mean()))
        rows["error"].append(float(weights.std(ddof=1) / math.sqrt(runs)))
        rows["work"].append(float(works.mean() - change))
    return xr.Dataset(
        {
            "work_identity_simulation": (
                "duration",
                rows["value"],
                about("1", "Mean exponential of minus the work, over that of the free energy"),
            ),
            "work_identity_stderr": ("duration", rows["error"], about("1", "Standard error over runs")),
            "dissipated_work_simulation": ("duration", rows["work"], about("kT", "Mean work less free energy")),
        },
        {"duration": ("duration", durations, about("1/k0", "duration of the ramp"))},
    )


def generated_curve(template: IonChannel, seed: int) -> MeasuredCurve:
    """A curve of a hidden channel with as many sites as the template, with errors of 2% of the largest current."""
    generator = np.random.default_rng(seed)
    hidden = replace(template, energies=tuple(generator.uniform(-2, 1, template.sites)), repulsion=1.5)
    voltages = np.linspace(-6.0, 6.0, 15)
    currents = np.array([transport(replace(hidden, voltage=float(v))).current for v in voltages])
    errors = np.full(voltages.size, 0.02 * np.abs(currents).max())
    return MeasuredCurve(voltages, currents + errors * generator.standard_normal(voltages.size), errors)


def fitted_curve(curve: MeasuredCurve, template: IonChannel, seed: int) -> tuple[xr.Dataset, FittedChannel]:
    """A user's curve beside the fitted channel's."""
    found = fit_current_curve(CurrentCurve(curve.voltages, curve.currents, curve.errors), template, seed=seed)
    predicted = [transport(replace(found.channel, voltage=float(v))).current for v in curve.voltages]
    order = np.argsort(curve.voltages)
    data = xr.Dataset(
        {
            "current_data": ("voltage", curve.currents[order], about("1/s", "Current")),
            "current_simulation": (
                "voltage",
                np.array(predicted)[order],
                about("1/s", "Current of the fitted channel"),
            ),
            **_fit_variables(found),
        },
        {"voltage": ("voltage", curve.voltages[order], about("kT", "voltage")), **_fit_axes(template)},
    )
    return data, found


def fitted_record(record: StateRecord, template: IonChannel) -> tuple[xr.Dataset, FittedChannel]:
    """Energies from a user's record of states."""
    found = fit_record(record.states, record.dwells, template)
    return xr.Dataset(_fit_variables(found), _fit_axes(template)), found


def _fit_variables(found: FittedChannel) -> dict[str, Any]:
    return {
        "fitted_parameter_data": ("parameter", found.parameters, about("kT", "Fitted energies and repulsion")),
        "fitted_parameter_stderr": (
            "parameter",
            found.errors,
            about("kT", "Standard error from the Fisher information"),
        ),
        "information_data": (
            "direction",
            np.maximum(found.information, NARROW),
            about("1/kT^2", "Eigenvalues of the Fisher information"),
        ),
    }


def _fit_axes(template: IonChannel) -> dict[str, Any]:
    names = [f"site {j}" for j in range(1, template.sites + 1)] + ["repulsion"]
    return {"parameter": names, "direction": ("direction", np.arange(1, template.sites + 2), about("1", "direction"))}
