"""Labeled examples of hidden archetypes: noisy copies of each, drawn at random or a user's, and what they say of their quality.

An example is its class's archetype with every sign kept with probability (1 + r)/2, r the quality. M examples of a class have a
mean of square R = r² + (1 - r²)/M; ρ = (1 - r²)/(M·r²) measures how much of it is noise (arXiv 2212.00606's dataset entropy).
A random class mean is drawn directly, as a binomial number for each spin: examples themselves are never held.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int, Int8
from numpy.typing import ArrayLike, NDArray

from ..numerics.measured import Measured
from ..numerics.xoshiro import streams
from . import power_sum_kernels as kernels
from .dense_hebbian import MEMORY_LIMIT, PatternsTooLarge

MOST_EXAMPLES = 32_767  # sums of signs are 16-bit


@dataclass(frozen=True, eq=False)
class ExampleSet:
    """Sums of the examples of each class, (spins, classes), their `counts` (classes,) and the classes' `labels`.

    `archetypes` (spins, classes) and `true_quality` are what generated the examples, None for a user's. `ExampleSet.random` and
    `ExampleSet.from_data` make one.
    """

    sums: Int[np.ndarray, "spins classes"]
    counts: Int[np.ndarray, " classes"]
    labels: tuple[int | str, ...]
    archetypes: Int8[np.ndarray, "spins classes"] | None = None
    true_quality: float | None = None

    @classmethod
    def random(
        cls,
        classes: int,
        size: int,
        examples: int,
        quality: float,
        seed: int,
        *,
        archetypes: ArrayLike | None = None,
        memory_limit: int = MEMORY_LIMIT,
    ) -> ExampleSet:
        """M `examples` at quality r of K `classes` of `size` spins; archetypes are fair signs unless given (spins, classes).

        Raises ValueError for arguments outside these, and PatternsTooLarge, a MemoryError, beyond `memory_limit` bytes.
        """
        check_examples(examples)
        check_quality(quality)
        for name, value in (("classes", classes), ("size", size)):
            if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
                raise ValueError(f"{name} must be an integer of at least 1; got {value!r}")
        if examples > MOST_EXAMPLES:
            raise ValueError(f"examples must be at most {MOST_EXAMPLES:,}; got {examples:,}")
        needed = 3 * classes * size
        if needed > memory_limit:
            raise PatternsTooLarge(
                f"{classes:,} classes of {size:,} spins need {needed / 2**30:.2f} GB; "
                f"memory_limit is {memory_limit / 2**30:.2f} GB (lower size, load or threads)"
            )
        signs, sums = np.empty((size, classes), np.int8), np.empty((size, classes), np.int16)
        aliases, thresholds = alias_table(agreement_law(examples, quality))
        kernels.fill_examples(signs, sums, aliases, thresholds, streams(seed, 1)[0])
        if archetypes is not None:
            given = _signs("archetypes", archetypes)
            if given.shape != signs.shape:
                raise ValueError(f"archetypes must have shape {signs.shape}; got {given.shape}")
            sums *= signs * given
            signs = given
        return cls(sums, np.full(classes, examples), tuple(range(classes)), signs, float(quality))

    @classmethod
    def from_data(
        cls,
        X: ArrayLike,
        y: ArrayLike | None,
        *,
        binarize: float | ArrayLike | None = None,
        classes: Sequence[int | str] | None = None,
    ) -> ExampleSet:
        """A user's examples: `X` (n, spins) of 1 and -1, or of numbers to `binarize` at one threshold or at one for each spin.

        `y` (n,) holds a label for each row; `classes` names those that must occur (by default all that do, in order).
        Raises ValueError where labels are missing, a class has no example, or an entry is neither 1 nor -1.
        """
        signs = binarized(X, binarize)
        labels = check_labels(y, len(signs))
        chosen = np.unique(labels) if classes is None else np.asarray(classes)
        counts = np.array([(labels == label).sum() for label in chosen], dtype=np.int64)
        if chosen.size == 0 or not counts.all():
            missing = chosen[counts == 0].tolist() if chosen.size else "all"
            raise ValueError(f"every class must have an example; there is none of {missing}")
        sums = np.stack([signs[labels == label].sum(axis=0, dtype=np.int64) for label in chosen], axis=1)
        return cls(sums, counts, tuple(chosen.tolist()))

    @property
    def size(self) -> int:
        """Number of spins."""
        return int(self.sums.shape[0])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.sums.shape[1])

    @property
    def means(self) -> Float[np.ndarray, "spins classes"]:
        """Mean of each class's examples."""
        return self.sums / self.counts

    @property
    def R(self) -> Measured:  # noqa: N802  the symbol of the field
        """Mean square of the class means, with the standard error of independent spins."""
        return _over_spins((self.means**2).mean(axis=1))

    @property
    def quality(self) -> Measured:
        """Quality r that the examples show: r² is the mean overlap of two examples of a class.

        Raises ValueError where no class has two examples, or where examples of a class are no more alike than chance.
        """
        square = self._squared_quality()
        return Measured(math.sqrt(square.value), 0.5 * square.stderr / math.sqrt(square.value), square.dof)

    @property
    def rho(self) -> Measured:
        """Dataset entropy ρ = (1 - r²)/(M·r²) that the examples show, 1/M averaged over classes. Raises as `quality`."""
        square = self._squared_quality()
        noise = float(np.mean(1.0 / self.counts))
        return Measured(noise * (1.0 / square.value - 1.0), noise * square.stderr / square.value**2, square.dof)

    def majority(self, seed: int) -> Int8[np.ndarray, "spins classes"]:
        """Majority of each class's examples, spin by spin; ties of an even number are fair coins of this seed."""
        coins = np.random.default_rng(seed).choice(np.array([-1, 1], np.int8), self.sums.shape)
        return np.where(self.sums == 0, coins, np.sign(self.sums)).astype(np.int8)

    def _squared_quality(self) -> Measured:
        several = self.counts >= 2
        if not several.any():
            raise ValueError("quality needs a class with at least two examples; every class has one")
        counts = self.counts[several]
        sums = self.sums[:, several].astype(float)
        square = _over_spins(((sums**2 - counts) / (counts * (counts - 1.0))).mean(axis=1))
        if square.value <= 0.0:
            raise ValueError(
                f"quality cannot be estimated: examples of a class overlap by {square.value:.2g}, no more than by chance"
            )
        return square


def binarized(X: ArrayLike, threshold: float | ArrayLike | None) -> Int8[np.ndarray, "n spins"]:
    """Signs of a matrix of numbers above (1) or at most at (-1) a threshold, one or one a column; without one they must be signs.

    Raises ValueError with the place of the first entry that is neither 1 nor -1, or where numbers are not finite.
    """
    values = np.asarray(X)
    if threshold is None:
        return _signs("X", values)
    if values.ndim != 2 or values.size == 0 or values.dtype.kind not in "biuf" or not np.isfinite(values).all():
        raise ValueError(f"X must be a matrix of finite numbers, an example a row; got {values.dtype} {values.shape}")
    limits = np.asarray(threshold, dtype=float)
    if limits.shape not in ((), (values.shape[1],)) or not np.isfinite(limits).all():
        raise ValueError(f"binarize must be one finite number, or one for each of the {values.shape[1]} spins")
    return np.where(values > limits, 1, -1).astype(np.int8)


def check_labels(y: ArrayLike | None, count: int) -> NDArray:
    """Labels (n,), integers or texts. Raises ValueError where they are missing or not `count`."""
    if y is None:
        raise ValueError(
            "y must hold a label for each example; got none: without labels every example is a pattern of its own, which is the "
            "unsupervised network (store them with HebbianMemory)"
        )
    labels = np.asarray(y)
    if labels.shape != (count,) or labels.dtype.kind not in "iuUb":
        raise ValueError(f"y must hold {count} integers or texts, one a row of X; got {labels.dtype} {labels.shape}")
    return labels


def check_quality(quality: float) -> float:
    """The quality r, if it is in (0, 1]; raises ValueError otherwise."""
    if isinstance(quality, bool) or not (math.isfinite(quality) and 0.0 < quality <= 1.0):
        raise ValueError(f"quality r must be in (0, 1]; got {quality!r}")
    return float(quality)


def check_examples(examples: int) -> int:
    """The number M of examples, if it is an integer of at least 1; raises ValueError otherwise."""
    if isinstance(examples, bool) or not isinstance(examples, int | np.integer) or examples < 1:
        raise ValueError(f"examples M must be an integer of at least 1; got {examples!r}")
    return int(examples)


def agreement_law(examples: int, quality: float) -> Float[np.ndarray, " k"]:
    """Probabilities of k = 0, ..., M examples that agree with the archetype: binomial with (1 + r)/2, shape (M + 1,)."""
    from scipy.stats import binom

    return binom.pmf(np.arange(examples + 1), examples, 0.5 * (1.0 + quality))


def alias_table(law: Float[np.ndarray, " k"]) -> tuple[NDArray[np.int64], Float[np.ndarray, " k"]]:
    """Walker's table of a law (k,): a bin i, drawn evenly, is i where a second uniform is below `thresholds[i]`, else its alias.

    Source: Vose, IEEE Trans. Softw. Eng. 17, 972 (1991).
    """
    scaled = law / law.sum() * law.size
    aliases, thresholds = np.arange(law.size), np.ones(law.size)
    small = [place for place in range(law.size) if scaled[place] < 1.0]
    large = [place for place in range(law.size) if scaled[place] >= 1.0]
    while small and large:
        low, high = small.pop(), large[-1]
        aliases[low], thresholds[low] = high, scaled[low]
        scaled[high] -= 1.0 - scaled[low]
        if scaled[high] < 1.0:
            small.append(large.pop())
    return aliases, thresholds


def _signs(name: str, values: ArrayLike) -> Int8[np.ndarray, "rows columns"]:
    array = np.asarray(values)
    if array.ndim != 2 or array.size == 0 or array.dtype.kind not in "iuf":
        raise ValueError(f"{name} must be a matrix of signs; got {array.dtype} {array.shape}")
    wrong = (array != 1) & (array != -1)
    if wrong.any():
        row, column = np.unravel_index(int(np.argmax(wrong)), array.shape)
        raise ValueError(
            f"{name} must be 1 or -1 (or give binarize a threshold); "
            f"got {array[row, column]} in row {int(row)}, column {int(column)}"
        )
    return array.astype(np.int8)


def _over_spins(values: Float[np.ndarray, " spins"]) -> Measured:
    if values.size < 2:
        raise ValueError(f"an error needs at least two spins; got {values.size}")
    return Measured(float(values.mean()), float(values.std(ddof=1)) / math.sqrt(values.size), values.size - 1)
