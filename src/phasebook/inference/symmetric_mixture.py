"""Two symmetric means ±μ* fitted with a wrong noise level: the population optimum is one number, solved to quadrature accuracy.

With σ = 1 and s = |μ*| = √SNR the fitted means are ±m along μ*, where m = E[(s+z) tanh((s+z) m/ρ²)], z ~ N(0, 1), ρ = τ/σ.
m = s exactly at ρ = 1; m = 0 is the only solution from ρ² = 1 + SNR on, because log cosh u <= u²/2; as ρ → 0 the tanh becomes a
sign and m the mean of a folded normal. Source: arXiv 2605.02448 for the setting; formulas derived in our own words.
"""

import math

import numpy as np
from scipy.special import ndtr

from ..numerics import bracketed_root, gaussian_expectation
from .gaussian_mixture import checked_positive

NARROWEST_STEP = 1e-7  # a tanh narrower than this is a sign to 1e-14, and is taken as one
SMALLEST_GAP = 1e-9  # below this distance from the threshold the asymptote is more accurate than the root


def fitted_half_distance(snr: float, ratio: float) -> float:
    """Half the distance of the two fitted means, in units of σ, at a ratio ρ = τ/σ and SNR = |μ*|²/σ²; 0 where they collapse.

    Raises ValueError unless both are positive (`hard_half_distance` is the limit ρ → 0), NotConverged where the root is lost.
    """
    return _half_distance(math.sqrt(checked_positive("snr", snr)), checked_positive("ratio", ratio))


def low_snr_constant(ratio: float) -> float:
    """c(ρ), the half distance, in units of σ, that a fit of two means finds in pure noise; 0 from ρ = 1 on.

    The normalized squared error tends to c(ρ)²/SNR as SNR → 0. `ratio` = 0 is hard assignment: √(2/π).
    Raises ValueError where `ratio` is negative.
    """
    if ratio == 0:
        return math.sqrt(2 / math.pi)
    return _half_distance(0.0, checked_positive("ratio", ratio))


def hard_half_distance(snr: float) -> float:
    """Half the distance of the means of a hard (k-means) assignment, in units of σ: the mean of a folded normal.

    m = √(2/π) exp(-s²/2) + s (1 - 2Φ(-s)) with s = √SNR. Raises ValueError where `snr` is not positive.
    """
    return _folded_normal_mean(math.sqrt(checked_positive("snr", snr)))


def half_distance_near_threshold(snr: float, ratio: float) -> float:
    """The leading behavior below the collapse, in units of σ: m² = 3ρ⁴ (M2 - ρ²)/M4 with M2 = 1 + s² and M4 = s⁴ + 6s² + 3.

    0 at and beyond the threshold ρ² = 1 + SNR. Raises ValueError unless both arguments are positive.
    """
    return _asymptote(math.sqrt(checked_positive("snr", snr)), checked_positive("ratio", ratio))


def symmetric_label_accuracy(snr: float) -> float:
    """The share of labels that Bayes' rule gets right between two symmetric means, Φ(√SNR): any rule by the sign has it too."""
    return float(ndtr(math.sqrt(checked_positive("snr", snr))))


def symmetric_error(snr: float, ratio: float) -> float:
    """The normalized squared error (m - s)²/s² of two fitted means; `ratio` = 0 is hard assignment.

    Raises ValueError where `snr` is not positive or `ratio` negative.
    """
    half = hard_half_distance(snr) if ratio == 0 else fitted_half_distance(snr, ratio)
    return (half / math.sqrt(snr) - 1) ** 2


def _half_distance(separation: float, ratio: float) -> float:
    gap = 1 + separation**2 - ratio**2
    if gap <= 0:
        return 0.0
    if gap < SMALLEST_GAP:
        return _asymptote(separation, ratio)
    hard = _folded_normal_mean(separation)
    if ratio**2 < NARROWEST_STEP * hard:
        return hard

    def excess(half: float) -> float:
        # Divided by m: near the collapse the root is small, and its sign change must not drown in rounding.
        return _em_image(separation, half, ratio) / half - 1

    low = min(0.5 * _asymptote(separation, ratio), hard)
    while excess(low) <= 0:
        low *= 0.5
    return float(bracketed_root(excess, low, 2 * (1 + separation), tolerance=1e-14).value)


def _em_image(separation: float, half: float, ratio: float) -> float:
    """E[x tanh(x m/ρ²)] with x = s + z; the step of the tanh is resolved by splitting the interval around it."""
    width = ratio**2 / half
    # Past 20 widths the tanh is a sign to rounding.
    breaks = [-separation + side * width for side in (-20, -5, -1, 0, 1, 5, 20)]
    steepness = 1 / width
    image = gaussian_expectation(
        lambda z: (separation + z) * math.tanh((separation + z) * steepness), breaks, tolerance=1e-11
    )
    return image.value


def _folded_normal_mean(separation: float) -> float:
    density = math.sqrt(2 / math.pi) * math.exp(-0.5 * separation**2)
    return density + separation * float(ndtr(separation) - ndtr(-separation))


def _asymptote(separation: float, ratio: float) -> float:
    fourth = separation**4 + 6 * separation**2 + 3
    gap = max(0.0, 1 + separation**2 - ratio**2)
    return float(np.sqrt(3 * ratio**4 * gap / fourth))
