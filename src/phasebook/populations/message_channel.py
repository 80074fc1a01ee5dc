"""How faithfully a message of m tokens carries a vote: families of fidelity curves.

A message is a binary symmetric channel: it arrives as it was sent with probability (1 + gamma(m)) / 2. Source: the channel is our
reading of the abstract of arXiv 2601.17311; the families are our own choice. Lengths are tokens, fidelities dimensionless.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.interpolate import PchipInterpolator
from scipy.optimize import isotonic_regression

from ..errors import PhasebookError

_NOTHING = 1e-300  # a fidelity below it overflows the reciprocal slopes of the interpolation, and carries nothing


class FidelityNotMonotone(PhasebookError, ValueError):
    """A measured fidelity falls where the message gets longer; `index` names the first such point (counted from zero)."""

    def __init__(self, index: int, message: str) -> None:
        super().__init__(message)
        self.index = index


@dataclass(frozen=True)
class ConstantChannel:
    """The same `fidelity` in [0, 1] at any length: what is known of a channel that was measured at one message length."""

    fidelity: float

    def __post_init__(self) -> None:
        if not 0.0 <= self.fidelity <= 1.0:
            raise ValueError(f"fidelity must lie in [0, 1]; got {self.fidelity!r}")


@dataclass(frozen=True)
class ExponentialChannel:
    """Fidelity 1 - exp(-m / m_0) with `scale` m_0 > 0 in tokens."""

    scale: float

    def __post_init__(self) -> None:
        _check_positive("scale", self.scale)


@dataclass(frozen=True)
class PowerChannel:
    """Fidelity 1 - (1 + m / m_0)^(-p) with `scale` m_0 > 0 in tokens and `power` p > 0."""

    scale: float
    power: float

    def __post_init__(self) -> None:
        _check_positive("scale", self.scale)
        _check_positive("power", self.power)


@dataclass(frozen=True)
class TableChannel:
    """Measured fidelities at some message lengths, joined by a monotone cubic (PCHIP); nothing is extrapolated.

    `tokens` positive and increasing, `fidelities` in [0, 1] and non-decreasing, at least two points. Raises `FidelityNotMonotone`
    (naming the index; `TableChannel.isotonic` fits the nearest monotone table) or ValueError.
    """

    tokens: tuple[float, ...]
    fidelities: tuple[float, ...]

    def __post_init__(self) -> None:
        tokens, fidelities = _checked_table(self.tokens, self.fidelities)
        falls = np.flatnonzero(np.diff(fidelities) < 0.0)
        if falls.size:
            index = int(falls[0]) + 1
            raise FidelityNotMonotone(
                index,
                f"fidelities must not fall with the message length; fidelities[{index}]={fidelities[index]:g} is below"
                f" fidelities[{index - 1}]={fidelities[index - 1]:g} (TableChannel.isotonic fits the nearest monotone table)",
            )
        object.__setattr__(self, "tokens", tuple(tokens.tolist()))
        object.__setattr__(self, "fidelities", tuple(fidelities.tolist()))

    @classmethod
    def isotonic(
        cls, tokens: Sequence[float], fidelities: Sequence[float], weights: Sequence[float] | None = None
    ) -> "TableChannel":
        """The table of the non-decreasing fidelities nearest to the given ones in (weighted) least squares."""
        lengths, values = _checked_table(tokens, fidelities)
        fitted = isotonic_regression(values, weights=None if weights is None else np.asarray(weights, dtype=float)).x
        return cls(tuple(lengths), tuple(fitted))


Channel = ConstantChannel | ExponentialChannel | PowerChannel | TableChannel


def message_fidelity(channel: Channel, tokens: ArrayLike) -> NDArray[np.float64]:
    """Fidelity gamma(m) in [0, 1] of messages of these lengths (any shape, tokens >= 0).

    Raises ValueError for a negative length, or one outside a table.
    """
    tokens = np.asarray(tokens, dtype=np.float64)
    if not np.all(tokens >= 0.0):
        raise ValueError(f"tokens must not be negative; got {np.min(tokens):g}")
    if isinstance(channel, ConstantChannel):
        return np.full(tokens.shape, channel.fidelity)
    if isinstance(channel, ExponentialChannel):
        return np.asarray(-np.expm1(-tokens / channel.scale))
    if isinstance(channel, PowerChannel):
        return np.asarray(-np.expm1(-channel.power * np.log1p(tokens / channel.scale)))
    low, high = channel.tokens[0], channel.tokens[-1]
    if not np.all((tokens >= low) & (tokens <= high)):
        wrong = tokens[~((tokens >= low) & (tokens <= high))].flat[0]
        raise ValueError(f"tokens must lie in the table's range [{low:g}, {high:g}]; got {wrong:g}")
    return np.clip(PchipInterpolator(channel.tokens, channel.fidelities)(tokens), 0.0, 1.0)


def _checked_table(tokens: ArrayLike, fidelities: ArrayLike) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    lengths, values = np.array(tokens, dtype=np.float64), np.array(fidelities, dtype=np.float64)
    if lengths.ndim != 1 or lengths.shape != values.shape or lengths.size < 2:
        raise ValueError(
            f"tokens and fidelities must be equally long, at least 2; got {lengths.shape} and {values.shape}"
        )
    wrong = np.flatnonzero(~((np.diff(lengths, prepend=0.0) > 0.0) & np.isfinite(lengths)))
    if wrong.size:
        raise ValueError(f"tokens must be positive and increasing; tokens[{wrong[0]}]={lengths[wrong[0]]:g} is not")
    outside = np.flatnonzero(~((values >= 0.0) & (values <= 1.0)))
    if outside.size:
        raise ValueError(f"fidelities must lie in [0, 1]; fidelities[{outside[0]}]={values[outside[0]]:g}")
    values[values < _NOTHING] = 0.0
    return lengths, values


def _check_positive(name: str, value: float) -> None:
    if not (np.isfinite(value) and value > 0.0):
        raise ValueError(f"{name} must be a positive number; got {value!r}")
