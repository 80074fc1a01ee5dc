"""How well a score tells hallucinated samples from the others: ROC, the area under it, and removal at a fixed retention.

The score is any number per sample that is larger where the sampler is less sure, such as the trajectory variance of
`trajectory_moments`. A sample between the two labels (neither hallucinated nor in support) is left out of every figure here.
Area: the probability that a hallucinated sample has the larger score, ties counted half; its error by DeLong, DeLong and
Clarke-Pearson (Biometrics 44, 837 (1988)). Removal after arXiv 2406.09358: the threshold is the score's quantile over the samples
IN SUPPORT, at the retention; what is hallucinated and lies above it is removed.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float
from numpy.typing import ArrayLike, NDArray

from ..numerics.measured import Measured
from ..numerics.statistics import wilson_interval

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of `total`, as a number, its binomial standard error and its Wilson interval (95%); NaN where total is 0.

    Where nothing was found, `high` is the upper limit: about 3.8/total.
    """

    count: int
    total: int
    value: float
    stderr: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Removal:
    """Share of hallucinated samples `removed` by keeping scores up to `threshold`, which keeps `retention` of those in support."""

    removed: Share
    threshold: float
    retention: float


@dataclass(frozen=True, eq=False)
class ReceiverOperating:
    """The ROC curve: rates (thresholds,) from (0, 0) to (1, 1) as the threshold falls."""

    false_positive: Float[np.ndarray, " thresholds"]
    true_positive: Float[np.ndarray, " thresholds"]

    def at(self, false_positive: ArrayLike) -> NDArray[np.float64]:
        """Share of hallucinated samples found where this share of the samples in support is given up."""
        return np.interp(np.asarray(false_positive, dtype=float), self.false_positive, self.true_positive)


def share(count: int, total: int) -> Share:
    """A share with its errors. Raises ValueError unless 0 ≤ count ≤ total."""
    if not 0 <= count <= total:
        raise ValueError(f"count must lie in [0, {total}]; got {count}")
    if total == 0:
        return Share(0, 0, math.nan, math.nan, 0.0, 1.0)
    low, high = wilson_interval(count, total, CONFIDENCE)
    smoothed = (count + 0.5) / (total + 1.0)  # positive where all samples agree
    return Share(int(count), int(total), count / total, math.sqrt(smoothed * (1.0 - smoothed) / total), low, high)


def area_under_curve(scores: ArrayLike, hallucinated: ArrayLike, in_support: ArrayLike) -> Measured:
    """Area under the ROC curve with DeLong's standard error; NaN where either class has fewer than two samples, never 1.

    Raises ValueError for labels that overlap, shapes that differ, or scores that are not finite.
    """
    positive, negative = _classes(scores, hallucinated, in_support)
    if min(positive.size, negative.size) < 2:
        return Measured(math.nan, math.nan, math.nan)
    value, above, below = _placements(positive, negative)
    variance = above.var(ddof=1) / above.size + below.var(ddof=1) / below.size
    # Where all pairs are ordered the scatter vanishes, and half a sample's weight is what can't be excluded.
    smallest = 0.5 / min(positive.size, negative.size)
    return Measured(value, max(math.sqrt(variance), smallest if value in (0.0, 1.0) else 0.0), above.size - 1.0)


def area_difference(first: ArrayLike, second: ArrayLike, hallucinated: ArrayLike, in_support: ArrayLike) -> Measured:
    """Difference of two scores' areas on the same samples: the placements are subtracted sample by sample (DeLong's covariance)."""
    classes = [_classes(scores, hallucinated, in_support) for scores in (first, second)]
    if min(each.size for each in classes[0]) < 2:
        return Measured(math.nan, math.nan, math.nan)
    (area, above, below), (other_area, other_above, other_below) = (_placements(*each) for each in classes)
    above, below = above - other_above, below - other_below
    variance = above.var(ddof=1) / above.size + below.var(ddof=1) / below.size
    return Measured(area - other_area, math.sqrt(variance), above.size - 1.0)


def receiver_operating(scores: ArrayLike, hallucinated: ArrayLike, in_support: ArrayLike) -> ReceiverOperating:
    """The ROC curve of a score; a straight line from (0, 0) to (1, 1) where either class is empty. Raises ValueError."""
    positive, negative = _classes(scores, hallucinated, in_support)
    if not (positive.size and negative.size):
        return ReceiverOperating(np.array([0.0, 1.0]), np.array([0.0, 1.0]))
    thresholds = np.unique(np.concatenate([positive, negative]))[::-1]
    counts = [each.size - np.searchsorted(np.sort(each), thresholds, side="left") for each in (negative, positive)]
    false, true = (np.append(0.0, count / each.size) for count, each in zip(counts, (negative, positive), strict=True))
    return ReceiverOperating(false, true)


def removal(scores: ArrayLike, hallucinated: ArrayLike, in_support: ArrayLike, retention: float = 0.96) -> Removal:
    """Share of hallucinated samples that a threshold removes which keeps `retention` of the samples in support.

    Raises ValueError unless retention lies strictly between 0 and 1 and some sample is in support.
    """
    if not 0 < retention < 1:
        raise ValueError(f"retention must lie strictly between 0 and 1; got {retention!r}")
    positive, negative = _classes(scores, hallucinated, in_support)
    if negative.size == 0:
        raise ValueError("in_support must mark at least one sample: the threshold is a quantile of their scores")
    threshold = float(np.quantile(negative, retention, method="higher"))
    return Removal(share(int(np.count_nonzero(positive > threshold)), positive.size), threshold, retention)


def kept(scores: ArrayLike, count: int) -> NDArray[np.int64]:
    """Indices (count,) of the samples with the smallest scores, in their order. Raises ValueError."""
    values = np.asarray(scores, dtype=float)
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(f"scores must be finite numbers of one dimension; got shape {values.shape}")
    if not 1 <= count <= values.size:
        raise ValueError(f"count must lie in [1, {values.size}]; got {count!r}")
    return np.sort(np.argpartition(values, count - 1)[:count])


def neighbor_labels(
    samples: ArrayLike, data: ArrayLike, *, neighbors: int = 5, far: float = 3.0
) -> tuple[Bool[np.ndarray, " samples"], Bool[np.ndarray, " samples"]]:
    """Labels (hallucinated, in support) without known modes: by the distance to the `neighbors`-th nearest point of the data.

    The unit is the 99% quantile of that distance within the data: in support within one of it, hallucinated beyond `far`.
    `samples` and `data` are (points, dimension); at most 5000 points of the data set the unit. Raises ValueError.
    """
    from scipy.spatial import cKDTree

    points, known = (np.asarray(each, dtype=float) for each in (samples, data))
    if points.ndim != 2 or known.ndim != 2 or points.shape[1] != known.shape[1]:
        raise ValueError(f"samples and data must be (points, dimension); got {points.shape} and {known.shape}")
    if len(known) <= neighbors or neighbors < 1 or not far > 1:
        raise ValueError(
            f"neighbors must be at least 1 and below {len(known)} points, far above 1; got {neighbors}, {far}"
        )
    tree = cKDTree(known)
    own = known[:: max(1, len(known) // 5000)]
    unit = float(np.quantile(tree.query(own, k=neighbors + 1)[0][:, -1], 0.99))
    distances = tree.query(points, k=[neighbors])[0][:, 0]
    return distances > far * unit, distances <= unit


def _classes(
    scores: ArrayLike, hallucinated: ArrayLike, in_support: ArrayLike
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Scores of the hallucinated samples and of those in support."""
    values = np.asarray(scores, dtype=float)
    bad, good = np.asarray(hallucinated, dtype=bool), np.asarray(in_support, dtype=bool)
    if values.ndim != 1 or bad.shape != values.shape or good.shape != values.shape:
        raise ValueError(
            f"scores and labels must have one shape (samples,); got {values.shape}, {bad.shape}, {good.shape}"
        )
    if not np.isfinite(values).all():
        raise ValueError("scores must be finite; got NaN or infinity")
    if (bad & good).any():
        raise ValueError("a sample must not be both hallucinated and in support")
    return values[bad], values[good]


def _placements(
    positive: NDArray[np.float64], negative: NDArray[np.float64]
) -> tuple[float, NDArray[np.float64], NDArray[np.float64]]:
    """The area, the share of negatives below each positive, and the share of positives above each negative; ties count half."""

    def below(values: NDArray[np.float64], others: NDArray[np.float64]) -> NDArray[np.float64]:
        ordered = np.sort(others)
        left, right = (np.searchsorted(ordered, values, side=side) for side in ("left", "right"))
        return 0.5 * (left + right) / ordered.size

    above = below(positive, negative)
    return float(above.mean()), above, 1.0 - below(negative, positive)
