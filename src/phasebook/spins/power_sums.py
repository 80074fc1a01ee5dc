"""Exact Monte Carlo of a dense network whose couplings hold class means: real prototypes, any order from 2 to 6, no P-index tensor.

Per class it keeps the power sums Σ(ψσ)^k and, by Newton's identities, the elementary symmetric polynomials of its products with the
spins: O(K) a spin. Field: h_i = (P!/2N^(P-1))·Σ over classes of ψ_i·e_(P-1)(ψσ without i). Random classes stay in integers, for
which power sums are exact; a user's are real, and power sums are computed anew every 50 sweeps.
Noise on the couplings is an explicit symmetric tensor beside the classes. Nothing here knows the replica theory.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float, Int8
from numpy.typing import ArrayLike, NDArray

from ..engines.replicas import run_replicas
from ..numerics.xoshiro import streams
from . import power_sum_kernels as kernels
from .coupling_tensor import check_tensor_memory, noise_tensor
from .dense_hebbian import MEMORY_LIMIT, PatternsTooLarge
from .dense_network import check_order
from .krawtchouk import Coupling
from .labeled_examples import ExampleSet

LARGEST_ORDER = 6  # of Newton's identities in the compiled loops
REFRESH = 50  # sweeps after which power sums of real numbers are computed anew


@dataclass(frozen=True, eq=False)
class PrototypeMemory:
    """Prototypes ψ = scale·entries, spin-major (spins, classes), in a network of order P; entries are int16 or float64.

    `coupling` "distinct" is the model (P from 2 to 6); "all" takes (Σ_{j≠i} ψσ)^(P-1) for its elementary symmetric polynomial,
    repeated indices included, at any order up to 20. Raises ValueError for anything else.
    """

    interaction_order: int
    entries: NDArray
    scale: float = 1.0
    coupling: Coupling = "distinct"

    def __post_init__(self) -> None:
        order = check_order(self.interaction_order)
        if self.coupling not in ("distinct", "all"):
            raise ValueError(f"coupling must be distinct or all; got {self.coupling!r}")
        if self.coupling == "distinct" and order > LARGEST_ORDER:
            raise ValueError(
                f"interaction_order P must be at most {LARGEST_ORDER} with distinct indices; got {order} "
                "(coupling 'all' goes to 20)"
            )
        entries = np.asarray(self.entries)
        if entries.ndim != 2 or entries.shape[0] < order or entries.shape[1] < 1:
            raise ValueError(f"entries must be (spins, classes) with at least P = {order} spins; got {entries.shape}")
        if entries.dtype != np.int16:
            entries = entries.astype(np.float64)
            if not np.isfinite(entries).all():
                raise ValueError("entries must be finite numbers; got NaN or infinity")
        if not (math.isfinite(self.scale) and self.scale > 0):
            raise ValueError(f"scale must be a positive number; got {self.scale!r}")
        object.__setattr__(self, "entries", np.ascontiguousarray(entries))

    @classmethod
    def of_examples(
        cls, interaction_order: int, examples: ExampleSet, *, centered: bool = False, coupling: Coupling = "distinct"
    ) -> PrototypeMemory:
        """Class means of variance one: by the true R where it is known, else each class by its own mean square.

        `centered` subtracts the mean over classes first, without which similar classes all recall their common part. Raises
        ValueError where a class mean (centered or not) vanishes.
        """
        known = examples.true_quality is not None and examples.sums.dtype == np.int16 and not centered
        if known:
            count, quality = int(examples.counts[0]), float(examples.true_quality or 1.0)
            root = math.sqrt(quality**2 + (1.0 - quality**2) / count)
            return cls(interaction_order, examples.sums, 1.0 / (count * root), coupling)
        means = examples.means
        if centered:
            means = means - means.mean(axis=1, keepdims=True)
        sizes = np.sqrt((means**2).mean(axis=0))
        if not (sizes > 1e-12).all():
            empty = examples.labels[int(np.argmin(sizes))]
            raise ValueError(f"class {empty!r} has a mean of zero{' beside the other classes' if centered else ''}")
        return cls(interaction_order, means / sizes, 1.0, coupling)

    @property
    def size(self) -> int:
        """Number of spins."""
        return int(self.entries.shape[0])

    @property
    def classes(self) -> int:
        """Number of classes."""
        return int(self.entries.shape[1])

    @property
    def prototypes(self) -> Float[np.ndarray, "spins classes"]:
        """ψ as float64."""
        return self.scale * self.entries

    @property
    def prefactor(self) -> float:
        """What a spin's sum over classes, taken in entries, is multiplied by to be its field."""
        order = self.interaction_order
        count = math.factorial(order) if self.coupling == "distinct" else order
        return 0.5 * count / float(self.size) ** (order - 1) * self.scale**order


@dataclass(frozen=True, eq=False)
class Recall:
    """A run from the archetype or replicas of it, shapes (sweeps,) or (replicas, sweeps).

    `overlaps` m with the archetype, `signal_overlaps` n with the class mean, `acceptance` the share of spins that turned, and
    `spins` (..., N) the last configuration.
    """

    overlaps: Float[np.ndarray, ...]
    signal_overlaps: Float[np.ndarray, ...]
    acceptance: Float[np.ndarray, ...]
    spins: Int8[np.ndarray, "... spins"]


def prototype_fields(memory: PrototypeMemory, values: ArrayLike) -> Float[np.ndarray, " spins"]:
    """Field on each spin of a state (N,) of spins or magnetizations in [-1, 1]. Raises ValueError for any other state."""
    state = np.ascontiguousarray(values, dtype=np.float64)
    if state.shape != (memory.size,) or not (np.abs(state) <= 1.0).all():
        raise ValueError(f"values must be {memory.size} numbers between -1 and 1; got shape {state.shape}")
    degrees = memory.interaction_order - 1 if memory.coupling == "distinct" else 1
    sums = np.empty((degrees, memory.classes))
    symmetric, pulls = np.empty_like(sums), np.empty(memory.size)
    kernels.power_sums(memory.entries, state, sums)
    kernels.newton_identities(sums, symmetric)
    kernels.all_pulls(memory.entries, state, symmetric, _code(memory), memory.interaction_order - 1, pulls)
    return memory.prefactor * pulls


def first_archetype_recall(
    memory: PrototypeMemory, archetype: ArrayLike, *, noise: NDArray | None = None, seed: int
) -> float:
    """Overlap with an archetype (N,) after all spins have turned from it into their fields at once; no field is a fair coin."""
    signs = np.asarray(archetype, dtype=np.float64)
    fields = prototype_fields(memory, signs)
    if noise is not None:
        contracted = noise.reshape(memory.size, -1)
        products = signs
        for _ in range(memory.interaction_order - 2):
            products = np.multiply.outer(products, signs).ravel()
        fields = fields + _noise_prefactor(memory) * (contracted @ products)
    coins = np.random.default_rng(seed).choice([-1.0, 1.0], memory.size)
    recalled = np.where(fields == 0.0, coins, np.sign(fields))
    return float(recalled @ signs / memory.size)


def recall(
    memory: PrototypeMemory,
    archetype: ArrayLike,
    temperatures: ArrayLike,
    *,
    start: ArrayLike | None = None,
    noise: NDArray | None = None,
    seed: int,
    cancel: NDArray[np.int64] | None = None,
) -> Recall:
    """Heat-bath sweeps, one at each of `temperatures` (sweeps,), zero included, from the archetype (N,) or from `start` (N,).

    The first class is the retrieved one. `noise` is a symmetric tensor of `coupling_tensor.noise_tensor`, added to the couplings.
    A spin without field (an even number of examples can tie) is a fair coin at every temperature. Raises ValueError.
    """
    schedule = np.atleast_1d(np.asarray(temperatures, dtype=float))
    if schedule.ndim != 1 or schedule.size == 0 or not (schedule >= 0).all():
        raise ValueError("temperatures must be numbers of at least 0, one for each sweep")
    signs = _spins("archetype", archetype, memory.size)
    spins = (signs if start is None else _spins("start", start, memory.size)).astype(np.float64)
    order = memory.interaction_order
    if noise is not None and noise.shape != (memory.size,) * order:
        raise ValueError(f"noise must be a tensor of shape {(memory.size,) * order}; got {noise.shape}")
    tensor = np.empty((0, 0)) if noise is None else np.ascontiguousarray(noise).reshape(memory.size, -1)
    overlaps, signals = np.empty(schedule.size), np.empty(schedule.size)
    turned = np.zeros(schedule.size, np.int64)
    with np.errstate(divide="ignore"):
        betas = 1.0 / schedule
    kernels.run_sweeps(
        memory.entries,
        spins,
        signs,
        memory.prefactor,
        _code(memory),
        order - 1,
        tensor,
        _noise_prefactor(memory),
        betas,
        REFRESH,
        streams(seed, 1)[0],
        overlaps,
        signals,
        turned,
        np.zeros(1, np.int64) if cancel is None else cancel,
    )
    scaled = signals * memory.scale / memory.size
    return Recall(overlaps, scaled, turned / memory.size, spins.astype(np.int8))


def recall_replicas(
    interaction_order: int,
    size: int,
    classes: int,
    examples: int,
    quality: float,
    temperatures: ArrayLike,
    replicas: int,
    *,
    seed: int,
    coupling: Coupling = "distinct",
    tensor_noise: float = 0.0,
    archetypes: ArrayLike | None = None,
    threads: int | None = None,
    memory_limit: int = MEMORY_LIMIT,
    progress: Callable[[int, int], object] | None = None,
) -> Recall:
    """Independent networks, each taught by fresh examples of fresh archetypes, or of given ones, another of them first each time.

    Replica r depends on the seed and r alone, whatever the number of threads. `progress(done, replicas)` is called in the calling
    thread. Raises ValueError, and PatternsTooLarge, a MemoryError, where the classes of all threads exceed `memory_limit` bytes.
    """
    schedule = np.atleast_1d(np.asarray(temperatures, dtype=float))
    for name, value in (("replicas", replicas), ("threads", 1 if threads is None else threads), ("classes", classes)):
        if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < 1:
            raise ValueError(f"{name} must be an integer of at least 1; got {value!r}")
    workers = min(replicas, threads or len(os.sched_getaffinity(0)))
    needed = workers * (3 * size + 16 * interaction_order) * classes
    if needed > memory_limit:
        raise PatternsTooLarge(
            f"{classes:,} classes of {size:,} spins need {needed / 2**30:.2f} GB; memory_limit is "
            f"{memory_limit / 2**30:.2f} GB (lower size, load or threads)"
        )
    if tensor_noise > 0.0:
        check_tensor_memory(size, interaction_order)
    seeds = np.random.SeedSequence(_checked(seed)).generate_state(3 * replicas, np.uint32).reshape(replicas, 3)
    cancel = np.zeros(1, np.int64)
    shape = (replicas, schedule.size)
    results = Recall(np.empty(shape), np.empty(shape), np.empty(shape), np.empty((replicas, size), np.int8))

    def run(replica: int) -> None:
        first, second, third = (int(word) for word in seeds[replica])
        given = None if archetypes is None else np.roll(np.asarray(archetypes), -replica, axis=1)
        taught = ExampleSet.random(classes, size, examples, quality, first, archetypes=given)
        if taught.archetypes is None:
            raise ValueError("archetypes are needed to measure an overlap with them")
        memory = PrototypeMemory.of_examples(interaction_order, taught, coupling=coupling)
        noise = noise_tensor(size, interaction_order, tensor_noise, third) if tensor_noise > 0.0 else None
        run = recall(memory, taught.archetypes[:, 0], schedule, noise=noise, seed=second, cancel=cancel)
        results.overlaps[replica] = run.overlaps
        results.signal_overlaps[replica] = run.signal_overlaps
        results.acceptance[replica] = run.acceptance
        results.spins[replica] = run.spins

    run_replicas(run, replicas, workers, cancel, progress)
    return results


def _code(memory: PrototypeMemory) -> int:
    return kernels.DISTINCT if memory.coupling == "distinct" else kernels.POWERS


def _noise_prefactor(memory: PrototypeMemory) -> float:
    """The full tensor counts each set of P - 1 other spins (P-1)! times."""
    order = memory.interaction_order
    return 0.5 * order / float(memory.size) ** (order - 1)


def _spins(name: str, values: ArrayLike, size: int) -> Int8[np.ndarray, " spins"]:
    array = np.asarray(values)
    if array.shape != (size,) or not np.isin(array, (-1, 1)).all():
        raise ValueError(f"{name} must be {size} signs 1 or -1; got shape {array.shape}")
    return np.ascontiguousarray(array, dtype=np.int8)


def _checked(seed: int) -> int:
    if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
        raise ValueError(f"seed must be a non-negative integer; got {seed!r}")
    return int(seed)
