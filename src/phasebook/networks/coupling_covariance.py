"""Covariances of a recurrent network with given couplings J, as the equivalent linear network has them.

With the transfer function S(ω) = γH(ω) and independent noise of spectrum C_r(ω), both from mean-field theory, activity has the
cross-spectrum C(ω) = C_r (I − SJ)⁻¹(I − SJ)⁻†, to leading order in the number of units; equal-time and lagged covariances are
its integrals. The state is x = H(Jφ + ξ), whose own noise is part of the residual. The naive closure C = |S|²JCJᵀ + C_r I,
which drops the covariance of input and residual, is kept as a foil. Source: arXiv 2604.23489 (derived here).
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import Float

from ..errors import NotConverged
from .coupling_matrices import NearSingularWarning, checked_coupling, coupling_gain
from .mean_field import (
    LARGEST_NEGATIVE,
    MeanField,
    Outcome,
    SilentNetwork,
    residual_autocovariance,
    residual_spectrum,
    solve_mean_field,
    transfer_function,
)
from .nonlinearity import Nonlinearity, NonlinearityName
from .recurrent_network import CONTINUOUS, DISCRETE, RecurrentNetwork, circle_position, frequency_nodes, unit_response
from .resolvent import Decomposition, decompose, resolvent_memory, resolvent_sums

Method = Literal["auto", "eigenvectors", "schur", "inverse", "device"]

QUADRATURE_ERROR = 1e-9
FEWEST_NODES = 48
LAGGED_NODES = 400  # exp(iωτ) oscillates to all frequencies
MOST_NODES = {"eigenvectors": 8192, "schur": 1024, "inverse": 1024, "device": 1024}
MEMORY_LIMIT = 4 * 1024**3
NAIVE_TERMS = 4000
NAIVE_REMAINDER = 1e-7
LARGEST_POWER = 1e12  # of entries of the scaled couplings' powers, from which the series diverges


@dataclass(frozen=True, eq=False)
class PredictedCovariance:
    """What the equivalent linear network predicts for given couplings.

    `activity` has shape (lags, units, units), entry i, j the covariance of φ_i(t + lag) and φ_j(t); `state` is the equal-time
    covariance of x, or None where it was not asked for. `nearest_eigenvalue` is the eigenvalue of γJ nearest to instability.
    """

    lags: tuple[float, ...]
    activity: Float[np.ndarray, "lags units units"]
    state: Float[np.ndarray, "units units"] | None
    nearest_eigenvalue: complex
    nodes: int
    method: str
    condition: float

    @property
    def equal_time(self) -> Float[np.ndarray, "units units"]:
        """Covariance of activity at the first lag, which is zero unless others were asked for."""
        return self.activity[0]


def mean_field_of(
    coupling: Any,
    noise: float,
    nonlinearity: NonlinearityName | Nonlinearity | Callable[[Any], Any] = "erf",
    time_step: float = CONTINUOUS,
) -> MeanField:
    """Mean-field theory of independent couplings as strong as the given ones, √(N·mean J²). Raises as `solve_mean_field`."""
    return solve_mean_field(RecurrentNetwork(coupling_gain(coupling), noise, nonlinearity, time_step))


def predict_covariance(
    coupling: Any,
    field: MeanField,
    lags: Sequence[float] = (0.0,),
    *,
    state: bool = False,
    method: Method = "auto",
    nodes: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
) -> PredictedCovariance:
    """The covariance matrix of activity for the couplings J (units, units) and a mean field solved at their gain.

    Integrals over frequency take as many nodes as the eigenvalue of γJ nearest to instability needs, unless `nodes` is given.
    For the decompositions see `resolvent`; their memory, `resolvent_memory(units, sums)` bytes, must stay below `memory_limit`.
    Warns with `NearSingularWarning`, naming that eigenvalue, where the linear network is unstable or too nearly so.
    Raises ValueError on couplings that are not square and finite, on a lag that is no multiple of the time step or needs too much
    memory, SilentNetwork where the mean field is silent.
    """
    matrix = checked_coupling(coupling)
    if field.outcome is Outcome.silent:
        raise SilentNetwork(
            f"gain {field.network.gain:g} without noise has only the trivial fixed point; covariance is zero"
        )
    times = _checked_lags(lags, field.network.time_step)
    if method not in ("auto", *MOST_NODES):
        raise ValueError(f"method must be auto, {', '.join(MOST_NODES)}; got {method!r}")
    needed = resolvent_memory(len(matrix), len(times) + 2 * state)
    if needed > memory_limit:
        raise ValueError(
            f"coupling of {len(matrix)} units with {len(times)} lags needs {needed / 1e9:.1f} GB, more than memory_limit, "
            f"{memory_limit / 1e9:.1f} GB; ask for fewer lags or raise it"
        )
    parts = decompose(matrix, method)
    nearest, count = _nodes_needed(parts, field, lagged=max(times) > 0)
    if nodes is not None:
        if isinstance(nodes, bool) or not isinstance(nodes, (int, np.integer)) or nodes < 1:
            raise ValueError(f"nodes must be a positive integer; got {nodes!r}")
        count = int(nodes)
    omega, weights = frequency_nodes(field.network.time_step, count)
    noise = residual_spectrum(field, omega)
    rows = [weights * noise * (np.exp(1j * omega * lag) if lag else 1.0) for lag in times]
    if state:
        rows += _state_rows(field, omega, weights, noise)
    sums = resolvent_sums(parts, transfer_function(field, omega), np.array(rows))
    # The residual's own part of the integrals decays slowest at high frequency: known over lags, it replaces what the nodes give.
    own_part = residual_autocovariance(field, times)
    diagonal = np.diag_indices(len(matrix))
    for found, row, exact in zip(sums, rows, own_part, strict=False):
        found[diagonal] += exact - float(np.real(row.sum()))
    x = sums[-2] + matrix @ sums[-1] @ matrix.T if state else None
    return PredictedCovariance(times, sums[: len(times)], x, nearest, count, parts.method, parts.condition)


def naive_covariance(coupling: Any, field: MeanField) -> Float[np.ndarray, "units units"]:
    """Equal-time covariance by the naive Gaussian closure, Σ_n c_n Jⁿ(Jᵀ)ⁿ with c_n = ∫ |S|²ⁿ C_r dω/2π; a foil.

    Exact for the discrete map, where no input is correlated with the residual of its own time. Raises NotConverged where the
    series diverges (the spectral radius of γJ is not below one).
    """
    matrix = checked_coupling(coupling)
    if field.outcome is Outcome.silent:
        raise SilentNetwork(
            f"gain {field.network.gain:g} without noise has only the trivial fixed point; covariance is zero"
        )
    omega, weights = frequency_nodes(field.network.time_step, 512)
    share = np.abs(transfer_function(field, omega)) ** 2
    spectrum = weights * residual_spectrum(field, omega)
    # P_n = γ²ⁿ Jⁿ(Jᵀ)ⁿ is bounded where the couplings are stable, and so is c_n/γ²ⁿ.
    scaled, share = field.mean_slope * matrix, share / field.mean_slope**2
    product = np.eye(len(matrix))
    total = np.zeros_like(product)
    for _ in range(NAIVE_TERMS):
        term = float(spectrum.sum()) * product
        total += term
        if np.linalg.norm(term) < NAIVE_REMAINDER * np.linalg.norm(total):
            return total
        product = scaled @ product @ scaled.T
        spectrum = spectrum * share
        if not np.abs(product).max() < LARGEST_POWER:
            break
    raise NotConverged(
        "the naive closure's series does not converge: the spectral radius of the scaled couplings is not below 1"
    )


def _state_rows(field: MeanField, omega: Any, weights: Any, noise: Any) -> list[Any]:
    """x = H[Yξ + J Y r̃]: noise through the resolvent, and the residual less its part γHξ through J and the resolvent."""
    power = np.abs(unit_response(field.network.time_step, omega)) ** 2
    rest = noise - field.mean_slope**2 * power * field.network.noise
    if rest.min() < -LARGEST_NEGATIVE * max(float(noise.max()), field.activity_variance):
        raise NotConverged(
            f"the residual's spectrum is below its own noise by {-rest.min():.2e}: mean field not resolved"
        )
    return [weights * power * field.network.noise, weights * power * np.maximum(rest, 0.0)]


def _nodes_needed(parts: Decomposition, field: MeanField, lagged: bool) -> tuple[complex, int]:
    """The scaled eigenvalue nearest to instability, and the nodes for it and for the noise spectrum."""
    scaled = field.mean_slope * parts.eigenvalues
    position = np.abs(circle_position(field.network.time_step, scaled))
    worst = int(np.argmax(position))
    nearest, most = complex(scaled[worst]), MOST_NODES[parts.method]
    # Poles of the noise spectrum, at ω = iκ; the map's is flat.
    rate = float(np.sqrt(1 - field.effective_gain**2))
    spectral = (1 - rate) / (1 + rate) if field.network.time_step < DISCRETE else 0.0
    distance = min(abs(np.log(max(each, 1e-300))) for each in (float(position[worst]), max(spectral, 1e-12)))
    wanted = -np.log(QUADRATURE_ERROR) / (2 * max(distance, 1e-12))
    count = int(np.clip(np.ceil(wanted), LAGGED_NODES if lagged else FEWEST_NODES, most))
    what = "|γλ|" if field.network.time_step == DISCRETE else "Re γλ"
    size = abs(nearest) if field.network.time_step == DISCRETE else nearest.real
    if position[worst] >= 1:
        warnings.warn(
            f"the equivalent linear network is unstable: {what} = {size:.4g} >= 1 at the eigenvalue γλ = {nearest:.4g} of the "
            "couplings times the mean slope; the predicted covariance is not to be trusted",
            NearSingularWarning,
            stacklevel=3,
        )
    elif wanted > most:
        warnings.warn(
            f"the equivalent linear network is nearly unstable: {what} = {size:.6g} at the eigenvalue γλ = {nearest:.4g}; "
            f"{most} frequencies do not resolve its slowest mode",
            NearSingularWarning,
            stacklevel=3,
        )
    return nearest, count


def _checked_lags(lags: Sequence[float], time_step: float) -> tuple[float, ...]:
    times = tuple(float(lag) for lag in lags)
    if not times or not all(np.isfinite(lag) and lag >= 0 for lag in times):
        raise ValueError(f"lags must be finite numbers of at least 0; got {lags!r}")
    if time_step > 0:
        for lag in times:
            if abs(lag / time_step - round(lag / time_step)) > 1e-6:
                raise ValueError(f"lags must be multiples of the time step {time_step:g}; got {lag:g}")
    return times
