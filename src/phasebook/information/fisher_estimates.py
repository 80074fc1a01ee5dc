"""The Fisher matrix from a model's scores, its regime with bootstrap errors, and how much of it is sampling noise.

F = ⟨s sᵀ⟩ over N scores of n parameters. With γ = n/N, the condition number of an isotropic F is measured as
((1 + √γ)/(1 − √γ))² (Marchenko and Pastur 1967), which exceeds two from γ = 0.0295 on: with fewer than 34 samples a
parameter, an isotropic observer looks quantum.
"""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import ArrayLike, NDArray

from .regime import Functional, fisher_spectrum, minimal_weight, regime_parameter

Array = NDArray[np.float64]
NOISE_RATIO = ((math.sqrt(2) - 1) / (math.sqrt(2) + 1)) ** 2  # γ at which an isotropic F seems to have κ = 2
FEWEST_SAMPLES, MOST_PARAMETERS = 4, 5000


class SamplingNoise(UserWarning):
    """The samples are so few that noise alone would spread the eigenvalues as far."""


@dataclass(frozen=True, eq=False)
class FisherEstimate:
    """F with its spectrum (ascending, on its range), κ(F), κ(F + ε1), what κ an isotropic F would seem to have, and κ of F
    shrunk toward isotropy by Ledoit and Wolf's estimate."""

    matrix: Array
    eigenvalues: Array
    samples: int
    condition_number: float
    damped_condition_number: float
    isotropic_condition_number: float
    shrinkage: float
    shrunk_condition_number: float

    @property
    def parameters(self) -> int:
        """How many parameters the model has."""
        return len(self.matrix)

    @property
    def beyond_noise(self) -> bool:
        """Whether the spectrum is wider than sampling noise makes an isotropic one."""
        return self.condition_number > self.isotropic_condition_number


@dataclass(frozen=True, eq=False)
class RegimeEstimate:
    """Bootstrap draws (resamples,) of κ, β* relative to the largest eigenvalue, and α of the directions with the smallest
    and the largest eigenvalue."""

    condition_numbers: Array
    relative_weights: Array
    smallest_direction: Array
    largest_direction: Array


def isotropic_condition_number(parameters: int, samples: int) -> float:
    """The condition number that an isotropic F seems to have: infinite where samples do not exceed parameters."""
    if parameters < 1 or samples < 1:
        raise ValueError(f"parameters and samples must be positive; got {parameters} and {samples}")
    ratio = math.sqrt(parameters / samples)
    return math.inf if ratio >= 1 else ((1 + ratio) / (1 - ratio)) ** 2


def fisher_from_scores(scores: ArrayLike, *, damping: float = 0.0, strict: bool = False) -> FisherEstimate:
    """F from scores (samples, parameters). Warns SamplingNoise where noise alone would bring κ to two, and SingularFisher
    where directions have no information (ValueError if `strict`). Raises ValueError for wrong input."""
    if not (math.isfinite(damping) and damping >= 0):
        raise ValueError(f"damping must not be negative; got {damping!r}")
    table = check_scores(scores)
    samples, parameters = table.shape
    matrix = table.T @ table / samples
    eigenvalues = fisher_spectrum(matrix, strict=strict)
    shrinkage, mean = _shrinkage(table, matrix), float(np.trace(matrix)) / parameters
    all_values = np.maximum(np.linalg.eigvalsh(matrix), 0.0)
    shrunk = shrinkage * mean + (1 - shrinkage) * all_values
    damped = all_values + damping
    seeming = isotropic_condition_number(parameters, samples)
    if parameters / samples > NOISE_RATIO:
        warnings.warn(
            f"{samples} samples for {parameters} parameters: noise alone gives an isotropic F a condition number of "
            f"{seeming:.3g}; take more than {math.ceil(parameters / NOISE_RATIO)} samples",
            SamplingNoise,
            stacklevel=2,
        )
    return FisherEstimate(
        matrix,
        eigenvalues,
        samples,
        float(eigenvalues[-1] / eigenvalues[0]),
        float(damped[-1] / damped[0]) if damped[0] > 0 else math.inf,
        seeming,
        shrinkage,
        float(shrunk[-1] / shrunk[0]) if shrunk[0] > 0 else math.inf,
    )


def bootstrap_regime(
    scores: ArrayLike,
    *,
    resamples: int = 200,
    functional: str | Functional = "kappa-rho",
    power: float = 1.0,
    seed: int,
) -> RegimeEstimate:
    """κ, β* and α over resampled scores, each with the numeric minimizer. Raises ValueError for wrong input."""
    if isinstance(resamples, bool) or not isinstance(resamples, int) or resamples < 2:
        raise ValueError(f"resamples must be an integer of at least 2; got {resamples!r}")
    table = check_scores(scores)
    generator = np.random.default_rng(seed)
    rows = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # said once for the whole sample
        for _ in range(resamples):
            drawn = table[generator.integers(0, len(table), len(table))]
            values = fisher_spectrum(drawn.T @ drawn / len(drawn))
            weight = minimal_weight(values, functional, power).value
            alpha = regime_parameter(values, weight)
            rows.append((values[-1] / values[0], weight / values[-1], alpha[0], alpha[-1]))
    return RegimeEstimate(*np.array(rows).T)


def generated_scores(eigenvalues: ArrayLike, samples: int, seed: int) -> Array:
    """Gaussian scores (samples, n) whose Fisher matrix has given eigenvalues, in randomly turned directions."""
    from .regime import check_eigenvalues

    values = check_eigenvalues(eigenvalues)
    generator = np.random.default_rng(seed)
    turn = np.linalg.qr(generator.standard_normal((values.size, values.size)))[0]
    return (generator.standard_normal((samples, values.size)) * np.sqrt(values)) @ turn.T


def example_scores(seed: int) -> Array:
    """Scores that stand in for a user's: 600 samples of 12 parameters, eigenvalues from 1 to 6."""
    return generated_scores(np.linspace(1.0, 6.0, 12), 600, seed)


def check_scores(scores: ArrayLike) -> Array:
    """Finite scores (samples, parameters), or ValueError in one sentence."""
    table = np.asarray(scores, dtype=float)
    if table.ndim != 2 or len(table) < FEWEST_SAMPLES or not 1 <= table.shape[1] <= MOST_PARAMETERS:
        raise ValueError(
            f"scores must be a table of at least {FEWEST_SAMPLES} samples by 1 to {MOST_PARAMETERS} parameters; got shape "
            f"{table.shape}"
        )
    if not np.isfinite(table).all():
        row = int(np.argmin(np.isfinite(table).all(axis=1)))
        raise ValueError(f"scores must be finite; row {row} is not")
    if not table.any():
        raise ValueError("scores must not all be zero: the Fisher matrix would vanish")
    return table


def read_scores(path: str | Path) -> Array:
    """Scores (samples, parameters) from .npy, from .npz with an array `scores`, or from .csv without pickle. Raises
    ValueError naming the file."""
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"there is no file {file.name!r}")
    try:
        if file.suffix == ".npy":
            table = np.load(file, allow_pickle=False)
        elif file.suffix == ".npz":
            with np.load(file, allow_pickle=False) as archive:
                if "scores" not in archive.files:
                    raise ValueError(f"it lacks the array 'scores'; it holds {', '.join(archive.files) or 'none'}")
                table = archive["scores"]
        elif file.suffix == ".csv":
            table = _csv(file)
        else:
            raise ValueError("the file must be .npy, .npz or .csv")
        return check_scores(table)
    except (OSError, ValueError, TypeError) as error:
        raise ValueError(f"{file.name}: {error}") from None


def _csv(file: Path) -> Array:
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    header = bool(lines) and any(character.isalpha() and character not in "eE" for character in lines[0])
    return np.loadtxt(lines[header:], delimiter=",", ndmin=2)


def _shrinkage(table: Array, matrix: Array) -> float:
    """Ledoit and Wolf's share of the unit matrix, J. Multivariate Analysis 88, 365 (2004)."""
    samples, parameters = table.shape
    mean = np.trace(matrix) / parameters
    distance = float(((matrix - mean * np.eye(parameters)) ** 2).sum())
    norms = (table**2).sum(axis=1)
    # ‖s sᵀ − F‖² = |s|⁴ − 2 sᵀ F s + ‖F‖²
    spread = norms**2 - 2 * ((table @ matrix) * table).sum(axis=1) + (matrix**2).sum()
    return 0.0 if distance == 0 else min(1.0, float(spread.mean()) / samples / distance)
