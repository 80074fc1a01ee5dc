"""The law of what a one-dimensional denoiser samples, without drawing anything: the distribution function, step by step.

Going back a step maps the state by a monotone function y(x) = w·x̂0(x) + v·x (a posterior mean never decreases) and adds normal
noise: F(y) moves to the mapped nodes, and the noise is a multiplication by exp(-σ²k²/2) in Fourier space. The last step has no
noise, so that F stands at x̂0(x) itself. The denoiser is Tweedie's formula with the score of the noisy mixture, and its smoothing
exp(-h²k²/2) in Fourier space: neither the table nor the random numbers of `smoothed_denoiser`. Derived here.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float
from numpy.typing import ArrayLike, NDArray
from scipy import fft, special

from .diffusion import DiscreteDiffusion, data_from_score
from .separated_modes import SeparatedModes

MARGIN = 9.0  # beyond the outermost modes: noise of the first steps has standard deviation one
SPACING = 0.002
SMALLEST = 1e-13  # probabilities below are rounding


@dataclass(frozen=True, eq=False)
class SampledLaw:
    """Distribution function `cumulative` of the samples at the ascending `points`; linear between them."""

    points: Float[np.ndarray, " nodes"]
    cumulative: Float[np.ndarray, " nodes"]

    def probability(self, low: ArrayLike, high: ArrayLike) -> NDArray[np.float64]:
        """Probability of each interval (low, high)."""
        ends = (np.interp(np.asarray(each, dtype=float), self.points, self.cumulative) for each in (high, low))
        return np.maximum(np.subtract(*ends), 0.0)

    def outside(self, modes: ArrayLike, distance: float) -> float:
        """Probability of a sample farther than `distance` from all `modes`, which must be more than 2·distance apart."""
        centers = np.sort(np.ravel(np.asarray(modes, dtype=float)))
        if (np.diff(centers) <= 2 * distance).any():
            raise ValueError(f"distance must be below half of the modes' spacing; got {distance!r}")
        lows, highs = np.append(-np.inf, centers + distance), np.append(centers - distance, np.inf)
        total = float(self.probability(lows, highs).sum())
        return total if total > SMALLEST else 0.0


def sampled_law(
    data: SeparatedModes, diffusion: DiscreteDiffusion, smoothing: float = 0.0, spacing: float = SPACING
) -> SampledLaw:
    """The law that sampling with the posterior mean of `data`, smoothed over the length `smoothing`, ends in.

    Raises ValueError for data that is not one-dimensional or a smoothing that is negative. The default `spacing` gives rates to
    1% of the exact denoiser (smoothing 0, ramps 0.004 wide) and to 0.1% from a smoothing of 0.05 on, measured by halving it.
    """
    if data.dimension != 1:
        raise ValueError(f"data must have one dimension; got {data.dimension}")
    if not 0 <= smoothing < math.inf:
        raise ValueError(f"smoothing must be zero or positive; got {smoothing!r}")
    low, high = data.modes.min() - MARGIN, data.modes.max() + MARGIN
    nodes = np.linspace(low, high, math.ceil((high - low) / spacing) + 1)
    cumulative = special.ndtr(nodes)
    for step in range(diffusion.start_of(), 0, -1):
        image = _image(data, diffusion, smoothing, nodes, step)
        cumulative = np.interp(nodes, image, cumulative, left=0.0, right=1.0)
        cumulative = _with_noise(cumulative, nodes, float(diffusion.step_noise[step]))
    return SampledLaw(np.maximum.accumulate(_image(data, diffusion, smoothing, nodes, 0)), cumulative)


def _image(
    data: SeparatedModes, diffusion: DiscreteDiffusion, smoothing: float, nodes: NDArray[np.float64], step: int
) -> NDArray[np.float64]:
    """Where the step back from t moves the nodes, before its noise."""
    predicted = _smoothed(_posterior_mean(data, nodes, float(diffusion.signal[step])), nodes, smoothing)
    return diffusion.data_weights[step] * predicted + diffusion.state_weights[step] * nodes


def _posterior_mean(data: SeparatedModes, nodes: NDArray[np.float64], signal: float) -> NDArray[np.float64]:
    """Tweedie's formula with the score of the mixture's noisy law."""
    spread = signal * data.stddev**2 + 1.0 - signal
    differences = nodes[:, None] - math.sqrt(signal) * data.modes[:, 0]
    shares = special.softmax(np.log(np.asarray(data.weights)) - differences**2 / (2.0 * spread), axis=1)
    return data_from_score(nodes, -(shares * differences).sum(axis=1) / spread, signal)


def _smoothed(values: NDArray[np.float64], nodes: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Convolution with a normal density of standard deviation `width`; a straight line is left as it is."""
    if width == 0:
        return values
    # Without the line through its ends the function is periodic up to its slope, and what wraps around is far outside.
    line = np.interp(nodes, nodes[[0, -1]], values[[0, -1]])
    return line + _filtered(values - line, nodes, width)


def _with_noise(cumulative: NDArray[np.float64], nodes: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    """Distribution function of the sum with independent normal noise."""
    return np.append(0.0, np.cumsum(np.maximum(_filtered(np.diff(cumulative), nodes, width), 0.0)))


def _filtered(values: NDArray[np.float64], nodes: NDArray[np.float64], width: float) -> NDArray[np.float64]:
    length = fft.next_fast_len(values.size + math.ceil(10 * width / (nodes[1] - nodes[0])), real=True)
    waves = 2 * math.pi * fft.rfftfreq(length, nodes[1] - nodes[0])
    return fft.irfft(fft.rfft(values, length) * np.exp(-0.5 * (width * waves) ** 2), length)[: values.size]
