"""Estimators of irregular sequences with `fit`, `predict` and `score`, as in scikit-learn, over any cell of this family.

They take `IrregularSequences`, or an array (sequences, steps, features) with `elapsed` and `mask` beside it.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, ClassVar, Self

import numpy as np

from ..engines.weight_files import load_model, save_model
from .recurrence import IrregularSequences, SequenceModel
from .sequence_training import Recipe, Task, Trained, predict, train


@dataclass
class SequenceEstimator:
    """What both estimators share: a recipe, the share of sequences held out for choosing the best epoch, a seed.

    Inputs are standardized by feature; elapsed times are divided by `time_scale`, by their median where it is None.
    """

    recipe: Recipe = field(default_factory=Recipe)
    held_out: float = 0.2
    time_scale: float | None = None
    seed: int = 0
    task: ClassVar[Task] = "classes"

    def get_params(self, deep: bool = True) -> dict[str, Any]:
        """The parameters by name."""
        return {each.name: getattr(self, each.name) for each in dataclasses.fields(self) if each.init}

    def set_params(self, **values: Any) -> Self:
        """Change parameters. Raises ValueError for an unknown name."""
        for name, value in values.items():
            if name not in self.get_params():
                raise ValueError(f"parameters are {', '.join(self.get_params())}; got {name!r}")
            setattr(self, name, value)
        return self

    def save(self, path: str | Path) -> None:
        """Write the fitted weights as safetensors."""
        save_model(path, self._fitted().model)

    def load(self, path: str | Path) -> Self:
        """Replace the fitted weights by those of a file that an estimator of the same shape has written."""
        fitted = self._fitted()
        self.trained_ = dataclasses.replace(fitted, model=load_model(path, fitted.model))
        return self

    def _fit(self, sequences: Any, targets: np.ndarray, elapsed: Any, mask: Any, **options: Any) -> None:
        found = as_sequences(sequences, elapsed, mask)
        if len(targets) != len(found):
            raise ValueError(f"targets must be one for each of {len(found)} sequences; got {len(targets)}")
        if not 0 < self.held_out < 1 or round(self.held_out * len(found)) in (0, len(found)):
            raise ValueError(
                f"held_out must leave sequences on both sides of {len(found)}; got the share {self.held_out!r}"
            )
        rows = np.random.default_rng(self.seed).permutation(len(found))
        first = round(self.held_out * len(found))
        held, used = rows[:first], rows[first:]
        seen = found.inputs[used][found.mask[used]]
        self.mean_, self.deviation_ = seen.mean(axis=0), np.maximum(seen.std(axis=0), 1e-6)
        gaps = found.elapsed[found.mask]
        self.time_scale_ = self.time_scale or float(np.median(gaps[gaps > 0])) if (gaps > 0).any() else 1.0
        ready = self._standardized(found)
        self.trained_ = train(
            self.recipe,
            ready.take(used),
            targets[used],
            ready.take(held),
            targets[held],
            task=self.task,
            seed=self.seed,
            **options,
        )
        self.held_out_rows_ = held

    def _outputs(self, sequences: Any, elapsed: Any, mask: Any) -> np.ndarray:
        model: SequenceModel = self._fitted().model
        found = as_sequences(sequences, elapsed, mask)
        if found.features != self.mean_.size:
            raise ValueError(f"sequences must have {self.mean_.size} features, as fitted; got {found.features}")
        return predict(model, self._standardized(found))

    def _standardized(self, found: IrregularSequences) -> IrregularSequences:
        inputs = (found.inputs - self.mean_) / self.deviation_
        return IrregularSequences(inputs, found.elapsed / self.time_scale_, found.mask)

    def _fitted(self) -> Trained:
        if not hasattr(self, "trained_"):
            raise ValueError("this estimator has not been fitted: call fit first")
        return self.trained_


@dataclass
class SequenceClassifier(SequenceEstimator):
    """Classes of sequences. With `balanced` each class has the same weight in the loss, however rare it is."""

    balanced: bool = False
    task: ClassVar[Task] = "classes"

    def fit(
        self, sequences: Any, labels: Any, *, elapsed: Any = None, mask: Any = None, progress: Any = None
    ) -> SequenceClassifier:
        """Train on sequences and their labels (numbers or texts). Raises ValueError for fewer than two classes."""
        labels = np.asarray(labels)
        if labels.ndim != 1 or (labels.dtype.kind == "f" and not np.equal(labels, np.round(labels)).all()):
            raise ValueError(f"labels must be one class for each sequence; got {labels.dtype} of shape {labels.shape}")
        self.classes_, numbers = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ValueError(f"labels must have at least two classes; got {len(self.classes_)}")
        weights = len(labels) / (len(self.classes_) * np.bincount(numbers)) if self.balanced else None
        self._fit(
            sequences,
            numbers,
            elapsed,
            mask,
            classes=len(self.classes_),
            class_weights=weights,
            progress=progress,
        )
        return self

    def predict_proba(self, sequences: Any, *, elapsed: Any = None, mask: Any = None) -> np.ndarray:
        """Probabilities (sequences, classes), in the order of `classes_`."""
        scores = self._outputs(sequences, elapsed, mask).astype(float)
        powers = np.exp(scores - scores.max(axis=1, keepdims=True))
        return powers / powers.sum(axis=1, keepdims=True)

    def predict(self, sequences: Any, *, elapsed: Any = None, mask: Any = None) -> np.ndarray:
        """The most probable class of each sequence."""
        best = self.predict_proba(sequences, elapsed=elapsed, mask=mask).argmax(axis=1)
        return np.asarray(self.classes_[best])

    def score(self, sequences: Any, labels: Any, *, elapsed: Any = None, mask: Any = None) -> float:
        """The share of sequences whose class is right."""
        return float(np.mean(self.predict(sequences, elapsed=elapsed, mask=mask) == np.asarray(labels)))


@dataclass
class SequenceRegressor(SequenceEstimator):
    """Values of sequences (sequences, outputs), or of every step (sequences, steps, outputs)."""

    task: ClassVar[Task] = "values"

    def fit(
        self, sequences: Any, values: Any, *, elapsed: Any = None, mask: Any = None, progress: Any = None
    ) -> SequenceRegressor:
        """Train on sequences and their values, which are standardized by output, over the steps that are there."""
        values = np.asarray(values, dtype=float)
        values = values[:, None] if values.ndim == 1 else values
        if not np.isfinite(values).all():
            raise ValueError("values must be finite")
        found = as_sequences(sequences, elapsed, mask)
        by_step = values.ndim == 3 and values.shape[:2] == found.mask.shape
        there = values[found.mask] if by_step else values.reshape(-1, values.shape[-1])
        self.value_mean_, self.value_deviation_ = there.mean(axis=0), np.maximum(there.std(axis=0), 1e-12)
        self._fit(found, (values - self.value_mean_) / self.value_deviation_, None, None, progress=progress)
        return self

    def predict(self, sequences: Any, *, elapsed: Any = None, mask: Any = None) -> np.ndarray:
        """The values that are expected."""
        return self._outputs(sequences, elapsed, mask) * self.value_deviation_ + self.value_mean_

    def score(self, sequences: Any, values: Any, *, elapsed: Any = None, mask: Any = None) -> float:
        """The coefficient of determination R²: 1 less the share of the values' variance that is left, over steps that are there."""
        found = as_sequences(sequences, elapsed, mask)
        values = np.asarray(values, dtype=float)
        values = values[:, None] if values.ndim == 1 else values
        errors = self.predict(found) - values
        if values.ndim == 3:
            errors, values = errors[found.mask], values[found.mask]
        return float(1 - (errors**2).sum() / ((values - values.mean(axis=0)) ** 2).sum())


def as_sequences(sequences: Any, elapsed: Any = None, mask: Any = None) -> IrregularSequences:
    """The sequences themselves, or an array with elapsed times (1 for every step where omitted) and a mask (all there)."""
    if isinstance(sequences, IrregularSequences):
        if elapsed is not None or mask is not None:
            raise ValueError("elapsed and mask are for arrays; IrregularSequences hold their own")
        return sequences
    inputs = np.asarray(sequences, dtype=float)
    if inputs.ndim != 3:
        raise ValueError(f"sequences must be (sequences, steps, features); got shape {inputs.shape}")
    gaps = np.ones(inputs.shape[:2]) if elapsed is None else elapsed
    return IrregularSequences(inputs, gaps, np.ones(inputs.shape[:2], dtype=bool) if mask is None else mask)
