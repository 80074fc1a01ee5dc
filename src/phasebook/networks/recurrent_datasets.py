"""Labeled results on random recurrent networks: mean field, covariances of given couplings, chaos, dimension, a user's record.

Names say the road: `_theory` (mean-field theory and the equivalent linear network), `_simulation` with `_stderr`, `_data` (a
record). Covariances and variances are in units of activity squared, times in membrane time constants, rates in their inverse.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import xarray as xr
from jaxtyping import Float

from ..errors import NotConverged
from ..numerics import labeled
from ..numerics.measured import Measured
from .coupling_covariance import naive_covariance, predict_covariance
from .coupling_matrices import random_coupling
from .covariance_estimates import activity_covariances, agreement, dimension_estimate, off_diagonal_strength
from .lyapunov_exponent import lyapunov_exponent, simulate_lyapunov_exponent
from .mean_field import MeanField, Outcome, SilentNetwork, dimension_ratio, solve_mean_field
from .recorded_activity import estimate_equivalent_network, recorded_prediction
from .recurrent_network import DISCRETE, RecurrentNetwork
from .recurrent_simulation import simulate_activity, simulate_covariances

SHOWN_ENTRIES = 200
MEANINGS = {
    "": "Measured covariances against the equivalent linear network's",
    "naive_": "Measured covariances against the naive closure's",
}
AXES = {
    "": "covariance predicted by the equivalent linear network",
    "naive_": "covariance predicted by the naive Gaussian closure",
}
SHOWN_LAGS = 200
SHOWN_DECAY = 1e-3
SILENT_LAGS = 10.0
GROUPS = (8, 7, 6, 5, 4, 3)
STAND_IN = {"units": 60, "gain": 1.5, "noise": 1.0, "times": 6000}


def mean_field_results(network: RecurrentNetwork) -> xr.Dataset:
    """Mean-field theory of a network: variances, effective gain, dimension, exponent, and autocovariances over `lag`."""
    field = solve_mean_field(network)
    lags, own, activity = _shown_lags(field)
    return labeled(
        {
            "variance_theory": (field.variance, "Variance Δ0 of a unit's state"),
            "activity_variance_theory": (field.activity_variance, "Variance C_φ(0) of a unit's activity"),
            "effective_gain_theory": (
                field.effective_gain,
                "Effective gain gγ: spectral radius of the equivalent network",
            ),
            "dimension_theory": (dimension_ratio(field), "Dimension of activity per unit D/N"),
            "lyapunov_exponent_theory": (lyapunov_exponent(field), "Largest Lyapunov exponent", (), "1/τ"),
            "residual_theory": (field.residual, "Largest violation of the mean-field equation over Δ0"),
            "outcome_theory": (field.outcome.value, "State of the network"),
            "autocovariance_theory": (own, "Autocovariance of a unit's state", "lag"),
            "activity_autocovariance_theory": (activity, "Autocovariance of a unit's activity", "lag"),
        },
        lag=(lags, "lag", "τ"),
    )


def predicted_covariance(network: RecurrentNetwork, coupling: Float[np.ndarray, "units units"]) -> xr.Dataset:
    """The equivalent linear network's covariance for given couplings: a sample of its entries, and the dimension.

    Entries stand over `predicted` and `naive_predicted`, their own values, so that measured ones beside them make a scatter plot.
    The naive closure's are left out where its series diverges. Raises SilentNetwork where theory has no activity.
    """
    field = _active(network)
    found = predict_covariance(coupling, field)
    size = abs(found.nearest_eigenvalue) if network.time_step == DISCRETE else found.nearest_eigenvalue.real
    variables: dict[str, Any] = {
        "dimension_theory": (dimension_ratio(field), "Dimension of activity per unit D/N, mean field"),
        "given_dimension_theory": (_dimension(found.equal_time), "D/N of the predicted matrix of these couplings"),
        "effective_gain_theory": (field.effective_gain, "Effective gain gγ"),
        "stability_theory": (
            size,
            "Eigenvalue of γJ nearest to instability (real part; modulus for a map); theory needs it below 1",
        ),
    }
    axes = {}
    for name, prediction in _predictions(found.equal_time, coupling, field).items():
        values, _ = _sorted_entries(prediction)
        variables[f"{name}covariance_theory"] = (values, MEANINGS[name], f"{name}predicted")
        axes[f"{name}predicted"] = (values, AXES[name])
    return labeled(variables, **axes)


def measured_covariance(
    network: RecurrentNetwork,
    coupling: Float[np.ndarray, "units units"],
    *,
    duration: float,
    trajectories: int,
    seed: int,
) -> xr.Dataset:
    """The same entries in a simulation, and how well all of them agree with the prediction and with the naive closure."""
    field = _active(network)
    equivalent = predict_covariance(coupling, field).equal_time
    found = simulate_covariances(
        network,
        coupling,
        duration=duration,
        trajectories=trajectories,
        groups=_groups(trajectories),
        residual_slope=field.mean_slope,
        seed=seed,
    )
    groups = found.activity[0]
    against = agreement(equivalent, groups)
    numbers = {
        "correlation": (
            against.correlation,
            "Correlation of off-diagonal entries with the prediction, without sampling noise",
        ),
        "slope": (against.slope, "Slope of measured on predicted off-diagonal entries"),
        "reliability": (against.reliability, "Share of the measured entries' mean square that is not sampling noise"),
        "dimension": (dimension_estimate(groups), "Dimension of activity per unit D/N"),
        "activity_strength": (
            off_diagonal_strength(groups),
            "N times the mean square of off-diagonal correlations of activity",
        ),
        "residual_strength": (off_diagonal_strength(found.residual), "The same of residuals: small if theory holds"),
    }
    variables: dict[str, Any] = {}
    axes = {}
    means = groups[:, *_sampled_pairs(len(equivalent))]
    entries, errors = means.mean(axis=0), means.std(axis=0, ddof=1) / np.sqrt(len(means))
    for name, prediction in _predictions(equivalent, coupling, field).items():
        values, order = _sorted_entries(prediction)
        variables[f"{name}covariance_simulation"] = (entries[order], MEANINGS[name], f"{name}predicted")
        variables[f"{name}covariance_stderr"] = (
            errors[order],
            "Standard error of a measured covariance",
            f"{name}predicted",
        )
        axes[f"{name}predicted"] = (values, AXES[name])
        if name:
            foil = agreement(prediction, groups).correlation
            numbers["naive_correlation"] = (foil, "Correlation of off-diagonal entries with the naive closure")
    return labeled({**variables, **_with_errors(numbers)}, **axes)


def predicted_chaos(network: RecurrentNetwork) -> xr.Dataset:
    """The largest Lyapunov exponent in mean-field theory."""
    exponent = lyapunov_exponent(solve_mean_field(network))
    return labeled({"lyapunov_exponent_theory": (exponent, "Largest Lyapunov exponent: positive is chaos", (), "1/τ")})


def measured_chaos(network: RecurrentNetwork, units: int, *, duration: float, seed: int) -> xr.Dataset:
    """The largest Lyapunov exponent of simulated networks, the mean over four random matrices with its error."""
    seeds = np.random.SeedSequence(seed).generate_state(8).tolist()
    values = [
        simulate_lyapunov_exponent(
            network, random_coupling(units, network.gain, seed=own), duration=duration, trajectories=2, seed=other
        ).value
        for own, other in zip(seeds[:4], seeds[4:], strict=True)
    ]
    return labeled(
        {
            "lyapunov_exponent_simulation": (
                np.mean(values),
                "Largest Lyapunov exponent: positive is chaos",
                (),
                "1/τ",
            ),
            "lyapunov_exponent_stderr": (np.std(values, ddof=1) / 2, "Standard error over four matrices", (), "1/τ"),
        }
    )


def predicted_dimension(network: RecurrentNetwork) -> xr.Dataset:
    """The dimension of activity in mean-field theory; zero where the network is silent."""
    field = solve_mean_field(network)
    return labeled({"dimension_theory": (dimension_ratio(field), "Dimension of activity per unit D/N")})


def measured_dimension(
    network: RecurrentNetwork, units: int, *, duration: float, trajectories: int, seed: int
) -> xr.Dataset:
    """The dimension of simulated activity, free of sampling noise: the mean over four random matrices with its error.

    Raises SilentNetwork where theory has no activity to measure.
    """
    _active(network)
    seeds = np.random.SeedSequence(seed).generate_state(8).tolist()
    values = [
        dimension_estimate(
            simulate_covariances(
                network,
                random_coupling(units, network.gain, seed=own),
                duration=duration,
                trajectories=trajectories,
                groups=_groups(trajectories),
                seed=other,
            ).activity[0]
        ).value
        for own, other in zip(seeds[:4], seeds[4:], strict=True)
    ]
    return labeled(
        {
            "dimension_simulation": (np.mean(values), "Dimension of activity per unit D/N"),
            "dimension_stderr": (np.std(values, ddof=1) / 2, "Standard error over four matrices"),
        }
    )


def predicted_record(
    coupling: Float[np.ndarray, "units units"], activity: Float[np.ndarray, "times units"], interval: float
) -> xr.Dataset:
    """What couplings predict of recorded activity, with transfer function and noise estimated from the record itself."""
    equivalent = estimate_equivalent_network(coupling, activity, interval)
    expected = recorded_prediction(coupling, equivalent)
    values, _ = _sorted_entries(expected)
    return labeled(
        {
            "covariance_theory": (values, "Recorded against predicted covariance of two units", "predicted"),
            "dimension_theory": (_dimension(expected), "D/N of the predicted matrix"),
            "transfer_theory": (
                np.abs(equivalent.transfer),
                "Transfer function |S(ω)| from input to activity",
                "frequency",
            ),
        },
        predicted=(values, "predicted covariance of two units"),
        frequency=(equivalent.frequencies, "angular frequency", "1/time"),
    )


def measured_record(
    coupling: Float[np.ndarray, "units units"], activity: Float[np.ndarray, "times units"], interval: float, seed: int
) -> xr.Dataset:
    """Covariances of a record, with errors over eight random groups of its pieces, and their agreement with the prediction."""
    expected = recorded_prediction(coupling, estimate_equivalent_network(coupling, activity, interval))
    values, order = _sorted_entries(expected)
    groups = activity_covariances(activity, seed=seed)
    means = groups[:, *_sampled_pairs(len(expected))]
    found = agreement(expected, groups)
    numbers = {
        "correlation": (
            found.correlation,
            "Correlation of off-diagonal entries with the prediction, without sampling noise",
        ),
        "slope": (found.slope, "Slope of recorded on predicted off-diagonal entries"),
        "reliability": (found.reliability, "Share of the recorded entries' mean square that is not sampling noise"),
        "dimension": (dimension_estimate(groups), "Dimension of activity per unit D/N"),
    }
    return labeled(
        {
            "covariance_data": (
                means.mean(axis=0)[order],
                "Recorded against predicted covariance of two units",
                "predicted",
            ),
            "covariance_stderr": (
                means.std(axis=0, ddof=1)[order] / np.sqrt(len(means)),
                "Standard error over groups of pieces of the record",
                "predicted",
            ),
            **_with_errors(numbers, "data"),
        },
        predicted=(values, "predicted covariance of two units"),
    )


def stand_in_record(seed: int = 0) -> tuple[Float[np.ndarray, "units units"], Float[np.ndarray, "times units"]]:
    """Couplings and activity (one value a time step) of a simulated network of 60 tanh units, in place of a user's files."""
    network = RecurrentNetwork(STAND_IN["gain"], STAND_IN["noise"], "tanh", DISCRETE)
    coupling = random_coupling(int(STAND_IN["units"]), network.gain, seed=11)
    rows: list[Any] = []
    simulate_activity(
        network,
        coupling,
        lambda activity, state, own: rows.append(activity[:, 0].astype(np.float64)),
        duration=STAND_IN["times"],
        trajectories=2,
        seed=seed,
    )
    return coupling, np.array(rows)


def _active(network: RecurrentNetwork) -> MeanField:
    field = solve_mean_field(network)
    if field.outcome is Outcome.silent:
        raise SilentNetwork(f"gain {network.gain:g} without noise has only the trivial fixed point; covariance is zero")
    return field


def _groups(trajectories: int) -> int:
    for groups in GROUPS:
        if trajectories % groups == 0:
            return groups
    raise ValueError(f"trajectories must be a multiple of a number from 3 to 8; got {trajectories}")


def _shown_lags(field: MeanField) -> tuple[Any, Any, Any]:
    if field.outcome is Outcome.silent:
        lags = np.linspace(0.0, SILENT_LAGS, 11)
        return lags, np.zeros(11), np.zeros(11)
    if field.network.time_step == DISCRETE:
        lags = np.arange(6.0)
        return lags, np.eye(1, 6)[0] * field.variance, np.eye(1, 6)[0] * field.activity_variance
    above = int(np.argmax(field.autocovariance < SHOWN_DECAY * field.variance)) or len(field.lags)
    stride = max(1, above // SHOWN_LAGS)
    shown = slice(0, above + 1, stride)
    return field.lags[shown], field.autocovariance[shown], field.activity_autocovariance[shown]


def _sampled_pairs(units: int) -> tuple[Any, Any]:
    """The same pairs of distinct units for theory and measurement."""
    above = np.triu_indices(units, 1)
    count = len(above[0])
    chosen = np.sort(np.random.default_rng(0).permutation(count)[:SHOWN_ENTRIES])
    return above[0][chosen], above[1][chosen]


def _predictions(equivalent: Any, coupling: Any, field: MeanField) -> dict[str, Any]:
    """The prediction and, under the prefix of its names, the foil where it converges."""
    try:
        return {"": equivalent, "naive_": naive_covariance(coupling, field)}
    except NotConverged:
        return {"": equivalent}


def _sorted_entries(matrix: Any) -> tuple[Any, Any]:
    entries = matrix[_sampled_pairs(len(matrix))]
    order = np.argsort(entries, kind="stable")
    return entries[order], order


def _dimension(covariance: Any) -> float:
    return float(np.trace(covariance) ** 2 / (len(covariance) * (covariance**2).sum()))


def _with_errors(numbers: Mapping[str, tuple[Measured, str]], road: str = "simulation") -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, (measured, meaning) in numbers.items():
        found[f"{name}_{road}"] = (measured.value, meaning)
        found[f"{name}_stderr"] = (measured.stderr, f"Standard error: {meaning}")
    return found
