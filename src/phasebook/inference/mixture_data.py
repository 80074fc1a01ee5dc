"""A user's own data for mixture fits: tables and image stacks of samples, a mixture's description, and the one call that fits
either.

Samples: `.npy` (n, d) or an image stack (n, height, width), `.csv` with or without a header, `.parquet` (needs pyarrow),
`.mrc` stacks. A mixture: YAML with `means` (a list of lists), `sigma` and, optionally, `weights`. Nothing is unpickled or
evaluated.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import yaml
from jaxtyping import Float

from .gaussian_mixture import GaussianMixture, MixtureEstimate, checked_positive
from .hard_assignment import population_hard_fit
from .mixture_em import checked_points, fit_samples, lloyd_fit
from .mixture_population import population_fit

LARGEST_DESCRIPTION = 1_000_000  # bytes of YAML
DEEPEST_DESCRIPTION = 3  # keys, rows, numbers
MRC_HEADER = 1024
MRC_TYPES = {0: "<i1", 1: "<i2", 2: "<f4", 6: "<u2", 12: "<f2"}
Points = Float[np.ndarray, "samples dimension"]


def fit(
    data: GaussianMixture | Points | str | Path,
    ratio: float | None = None,
    components: int | None = None,
    *,
    noise_scale: float | None = None,
    sigma: float | None = None,
    estimate: Literal["residual"] | None = None,
    weights: Float[np.ndarray, " components"] | None = None,
    hard: bool = False,
    start: Float[np.ndarray, "components dimension"] | None = None,
    truth: GaussianMixture | None = None,
    seed: int = 0,
) -> MixtureEstimate:
    """The means of a Gaussian mixture fitted with an assumed noise level: of a mixture in the population, or of samples.

    `data` is a mixture, samples (n, d), or a file of either. The assumed level is `noise_scale`, in the data's units, or
    `ratio` times the true one: a mixture knows its own; samples need `sigma` or estimate="residual" (the noise outside the K
    - 1 directions of largest variance, which needs at least K dimensions). `hard` assigns each sample to its nearest mean
    instead, without a level. `components` and `weights` (uniform where omitted) are the samples'; `truth` is a mixture to
    compare with. Raises ValueError on arguments that do not fit together, NotConverged where a solve fails.
    """
    if hard and (ratio is not None or noise_scale is not None):
        raise ValueError("hard=True assumes no noise level: leave out ratio and noise_scale")
    if hard and weights is not None:
        raise ValueError("weights do not matter to hard assignment: leave them out, or leave out hard=True")
    if not hard and (ratio is None) == (noise_scale is None):
        raise ValueError("give one of ratio and noise_scale, or hard=True")
    for name, value in (("ratio", ratio), ("noise_scale", noise_scale)):
        if isinstance(value, (int, float, np.number)) and not value > 0:
            raise ValueError(f"{name} must be positive; got {value!r}: for hard assignment use hard=True")
    if isinstance(data, (str, Path)):
        data = read_mixture(data) if Path(data).suffix.lower() in (".yaml", ".yml") else read_points(data)
    if isinstance(data, GaussianMixture):
        given = {"sigma": sigma, "estimate": estimate, "weights": weights, "truth": truth}
        named = [name for name, value in given.items() if value is not None]
        if named:
            raise ValueError(f"{named[0]} does not apply to a mixture, which holds its own")
        if components not in (None, data.components):
            raise ValueError(f"components must be the mixture's own number, {data.components}; got {components!r}")
        if hard:
            return population_hard_fit(data, start=start, seed=seed)
        assumed = ratio if ratio is not None else checked_positive("noise_scale", noise_scale) / data.noise_scale
        return population_fit(data, assumed, start=start, seed=seed)
    if components is None:
        raise ValueError("components must be given for samples: how many means to fit")
    if isinstance(components, bool) or not isinstance(components, (int, np.integer)) or components < 2:
        raise ValueError(
            f"components must be an integer of at least 2; got {components!r}: one mean is the sample mean"
        )
    points, _ = checked_points(data)
    true_scale = _true_scale(points, int(components), sigma, estimate, truth)
    if hard:
        return lloyd_fit(points, components, start=start, sigma=true_scale, truth=truth, seed=seed)
    if noise_scale is None:
        if true_scale is None:
            raise ValueError("ratio needs the true noise level: give sigma=, or estimate='residual' to estimate it")
        noise_scale = checked_positive("ratio", ratio) * true_scale
    return fit_samples(
        points, noise_scale, components, weights=weights, start=start, sigma=true_scale, truth=truth, seed=seed
    )


def estimate_noise_scale(points: Points, components: int) -> float:
    """σ from the variance outside the K - 1 directions of largest variance, which the means span: √(mean of the other
    eigenvalues).

    Raises ValueError where the dimension is below K (no direction is free of the means: give sigma=) or nothing is left over.
    """
    array, center = checked_points(points)
    dimension = array.shape[1]
    if dimension < components:
        raise ValueError(
            f"sigma cannot be estimated from {dimension} dimensions and {components} components: the means may fill every "
            "direction; give sigma="
        )
    covariance = np.zeros((dimension, dimension))
    for first in range(0, len(array), 1 << 16):
        shifted = np.asarray(array[first : first + (1 << 16)], dtype=np.float64) - center
        covariance += shifted.T @ shifted
    rest = np.linalg.eigvalsh(covariance / len(array))[: dimension - components + 1]
    if not rest.mean() > 0:
        raise ValueError(
            "sigma cannot be estimated: the samples do not vary outside the means' directions; give sigma="
        )
    return float(np.sqrt(rest.mean()))


def read_points(path: str | Path) -> Points:
    """Samples of shape (n, d) from `.npy`, `.csv`, `.parquet` or `.mrc`; images become rows of pixels; `.npy` and `.mrc` stay
    on disk.

    Raises ValueError naming the file and the row (from 0) that is not finite or not a number, and on other suffixes.
    """
    file = Path(path)
    readers = {".npy": _read_npy, ".csv": _read_csv, ".parquet": _read_parquet, ".mrc": _read_mrc}
    reader = readers.get(file.suffix.lower())
    if reader is None:
        raise ValueError(f"path must end in .npy, .csv, .parquet or .mrc; got {file.name!r}")
    if not file.is_file():
        raise ValueError(f"path names no file: {file.name!r}")
    array = reader(file)
    try:
        return checked_points(array.reshape(len(array), -1) if array.ndim == 3 else array)[0]
    except ValueError as error:
        raise ValueError(f"{file.name}: {error}") from None


def write_points(points: Points, path: str | Path) -> None:
    """Write samples (n, d) to `.npy`, `.csv` (no header) or `.parquet`; `read_points` gives the same numbers back."""
    file, (array, _) = Path(path), checked_points(points)
    suffix = file.suffix.lower()
    if suffix == ".npy":
        np.save(file, array, allow_pickle=False)
    elif suffix == ".csv":
        np.savetxt(file, array, fmt="%.17g", delimiter=",")
    elif suffix == ".parquet":
        pyarrow, parquet = _pyarrow()
        parquet.write_table(pyarrow.table({f"x{j}": array[:, j] for j in range(array.shape[1])}), file)
    else:
        raise ValueError(f"path must end in .npy, .csv or .parquet; got {file.name!r}")


def read_mixture(path: str | Path) -> GaussianMixture:
    """A mixture from YAML with the keys `means`, `sigma` and, optionally, `weights`; raises ValueError naming what is wrong."""
    file = Path(path)
    if not file.is_file():
        raise ValueError(f"path names no file: {file.name!r}")
    if file.stat().st_size > LARGEST_DESCRIPTION:
        raise ValueError(f"{file.name} must hold at most {LARGEST_DESCRIPTION:,} bytes; it has {file.stat().st_size:,}")
    try:
        text = file.read_text(encoding="utf-8")
        _check_description(file.name, text)
        content = yaml.safe_load(text)
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ValueError(f"{file.name} is not YAML: {' '.join(str(error).split())}") from None
    if not isinstance(content, Mapping):
        raise ValueError(f"{file.name} must hold the keys means, sigma and weights")
    unknown = sorted(str(key) for key in set(content) - {"means", "sigma", "weights"})
    if unknown:
        raise ValueError(f"{file.name} may hold means, sigma and weights; it also holds {', '.join(unknown)}")
    missing = [key for key in ("means", "sigma") if key not in content]
    if missing:
        raise ValueError(f"{file.name} lacks {missing[0]}")
    try:
        weights: Any = content.get("weights")
        return GaussianMixture(content["means"], checked_positive("sigma", content["sigma"]), weights)
    except (TypeError, ValueError) as error:
        raise ValueError(f"{file.name}: {error}") from None


def write_mixture(mixture: GaussianMixture, path: str | Path) -> None:
    """Write a mixture as YAML; `read_mixture` gives the same numbers back."""
    content = {
        "means": mixture.means.tolist(),
        "sigma": mixture.noise_scale,
        "weights": mixture.weights.tolist(),
    }
    Path(path).write_text(yaml.safe_dump(content, sort_keys=False), encoding="utf-8")


def _check_description(name: str, text: str) -> None:
    """Refuse what a few bytes of YAML can blow up: aliases of aliases, and lists nested without end."""
    depth = 0
    for event in yaml.parse(text, yaml.SafeLoader):
        if isinstance(event, yaml.AliasEvent):
            raise ValueError(f"{name} must spell out its numbers; it holds a YAML alias")
        depth += isinstance(event, yaml.CollectionStartEvent) - isinstance(event, yaml.CollectionEndEvent)
        if depth > DEEPEST_DESCRIPTION:
            raise ValueError(f"{name} is nested too deeply: means must be a list of lists")


def _true_scale(
    points: Points, components: int, sigma: float | None, estimate: str | None, truth: GaussianMixture | None
) -> float | None:
    if estimate not in (None, "residual"):
        raise ValueError(f"estimate must be 'residual' or left out; got {estimate!r}")
    if sigma is not None and estimate is not None:
        raise ValueError("give one of sigma and estimate='residual'")
    if estimate is not None:
        return estimate_noise_scale(points, components)
    if sigma is not None:
        return checked_positive("sigma", sigma)
    return None if truth is None else truth.noise_scale


def _read_npy(file: Path) -> np.ndarray:
    try:
        return np.load(file, mmap_mode="r", allow_pickle=False)
    except (ValueError, EOFError) as error:
        raise ValueError(f"{file.name} is not an array of numbers: {error}") from None


def _read_csv(file: Path) -> np.ndarray:
    try:
        with file.open(encoding="utf-8-sig") as stream:
            lines = [line for line in stream if line.strip()]
        first = next(csv.reader(lines[:1]), None)
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{file.name} is not a table of text in UTF-8: {error}") from None
    if first is None:
        raise ValueError(f"{file.name} holds no rows")
    if not all(_is_number(cell) for cell in first):
        del lines[0]
    if not lines:
        raise ValueError(f"{file.name} holds no rows below its header")
    try:
        return np.loadtxt(lines, delimiter=",", ndmin=2, dtype=np.float64, comments=None)
    except ValueError as error:
        raise ValueError(f"{file.name} must hold numbers, the same count in every row: {error}") from None


def _read_parquet(file: Path) -> np.ndarray:
    pyarrow, parquet = _pyarrow()
    try:
        table = parquet.read_table(file)
    except pyarrow.ArrowException as error:
        raise ValueError(f"{file.name} is not a parquet file: {error}") from None
    for field in table.schema:
        if not (pyarrow.types.is_floating(field.type) or pyarrow.types.is_integer(field.type)):
            raise ValueError(f"{file.name} must hold columns of numbers; {field.name} is {field.type}")
    if table.num_columns == 0:
        raise ValueError(f"{file.name} holds no columns")
    return np.column_stack([np.asarray(column.to_numpy(), dtype=np.float64) for column in table.columns])


def _read_mrc(file: Path) -> np.ndarray:
    """An MRC2014 stack (Cheng et al., J. Struct. Biol. 192, 146 (2015)): a header of 1024 bytes, then sections."""
    size = file.stat().st_size
    if size < MRC_HEADER:
        raise ValueError(f"{file.name} is too short for an MRC file")
    header = np.fromfile(file, dtype="<i4", count=MRC_HEADER // 4)
    columns, rows, sections, mode, extended = (int(header[index]) for index in (0, 1, 2, 3, 23))
    if mode not in MRC_TYPES or min(columns, rows, sections) < 1 or extended < 0:
        raise ValueError(f"{file.name} is not a little-endian MRC stack of real images (its mode is {mode})")
    kind = np.dtype(MRC_TYPES[mode])
    if size < MRC_HEADER + extended + columns * rows * sections * kind.itemsize:
        raise ValueError(f"{file.name} ends before its {sections} images of {columns}x{rows} pixels")
    shape = (sections, rows, columns)
    return np.memmap(file, dtype=kind, mode="r", offset=MRC_HEADER + extended, shape=shape)


def _pyarrow() -> tuple[Any, Any]:
    try:
        import pyarrow
        import pyarrow.parquet as parquet
    except ModuleNotFoundError:
        raise ValueError("parquet files need pyarrow: install phasebook[parquet], or use .npy or .csv") from None
    return pyarrow, parquet


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True
