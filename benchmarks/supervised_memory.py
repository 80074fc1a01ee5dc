"""A network taught by examples: power sums beside the tensor of couplings, and its recall beside the nearest class mean.

Memory of both forms stands in the last column, with what bounds a sweep of power sums: the bytes of prototypes and polynomials that
a spin's field reads, at the rate at which NumPy's sum reads as much.
"""

import time
from functools import partial

import numpy as np

from benchmarks.timing import Row, interleaved, row
from phasebook import spins

SIZE, ORDER, EXAMPLES, QUALITY, TEMPERATURE = 120, 3, 20, 0.5, 0.4
LOAD, SWEEPS = 0.2, 10
ORDERS = (4, 10, 20)


def measure() -> list[Row]:
    """Seconds for ten sweeps of 120 spins in both forms, and for recall of 300 digits beside scikit-learn's nearest centroid."""
    rows = [sweeps()]
    try:
        from sklearn.neighbors import NearestCentroid
    except ImportError:
        print("  scikit-learn is absent: no comparison of recall on digits")
        return rows
    return [*rows, recall_of_digits(NearestCentroid)]


def sweeps() -> Row:
    """Heat-bath sweeps at load 0.2 from the archetype."""
    taught = spins.ExampleSet.random(spins.DenseNetwork(ORDER, LOAD).patterns(SIZE), SIZE, EXAMPLES, QUALITY, 1)
    memory = spins.PrototypeMemory.of_examples(ORDER, taught)
    archetype = taught.archetypes[:, 0]
    tensor = tensor_of(memory.prototypes)
    mine, theirs = interleaved(
        partial(spins.recall, memory, archetype, np.full(SWEEPS, TEMPERATURE), seed=1),
        partial(tensor_sweeps, tensor, archetype),
    )
    visited = memory.size * memory.classes * SWEEPS
    # An int16 entry and two float64 polynomials a class: everything stays in the second cache.
    moved = visited * (memory.entries.itemsize + 16)
    own = memory.entries.nbytes + 8 * 2 * (ORDER - 1) * memory.classes
    rate = read_bandwidth(own // 8)
    limit = (
        f"{own / 2**20:.2f} MB against {tensor.nbytes / 2**20:.1f} MB for the tensor; {1e9 * min(mine) / visited:.2f} ns a "
        f"class and spin; reading its {moved / visited:.0f} bytes at {rate / 1e9:.0f} GB/s from the cache is "
        f"{moved / rate / min(mine):.0%} of our time"
    )
    what = f"{SWEEPS} sweeps of N = {SIZE}, P = {ORDER}, K = {memory.classes}"
    return row(what, "NumPy einsum on the tensor", mine, theirs, aim=5, limit=limit)


def recall_of_digits(nearest_centroid: type) -> Row:
    """Recall of 300 digits by a network of order 10, and the same task by class means alone; accuracies in the last column."""
    digits = spins.digit_images()
    split = spins.split_images(digits.X, digits.y, examples=40, seed=0)

    def centroids() -> np.ndarray:
        return nearest_centroid().fit(split.training_images, split.training_labels).predict(split.images)

    accuracies = {order: spins.recognize(split, order, seed=0).accuracy for order in ORDERS}
    found = ", ".join(f"P = {order}: {accuracy:.3f}" for order, accuracy in accuracies.items())
    mine, theirs = interleaved(partial(spins.recognize, split, 10, seed=0), centroids)
    limit = (
        f"accuracy {found}; NearestCentroid {np.mean(centroids() == split.labels):.3f}: the dynamics costs time and accuracy "
        f"({split.training.size} spins, 300 images)"
    )
    return row("recall of 300 digits, P = 10", "scikit-learn NearestCentroid", mine, theirs, aim=0.01, limit=limit)


def tensor_of(prototypes: np.ndarray) -> np.ndarray:
    """Couplings with three distinct indices, shape (N, N, N)."""
    tensor = np.einsum("az,bz,cz->abc", prototypes, prototypes, prototypes, optimize=True)
    here = np.arange(len(prototypes))
    tensor[here, here, :] = tensor[here, :, here] = tensor[:, here, here] = 0.0
    return tensor


def tensor_sweeps(tensor: np.ndarray, archetype: np.ndarray) -> float:
    """The same heat bath, a spin's field by einsum over its slab of the tensor."""
    generator = np.random.default_rng(1)
    state = archetype.astype(float)
    scale = 0.5 * ORDER / SIZE ** (ORDER - 1)
    for _ in range(SWEEPS):
        draws = generator.random(SIZE)
        for spin in range(SIZE):
            field = scale * np.einsum("jk,j,k->", tensor[spin], state, state, optimize=True)
            state[spin] = 1.0 if draws[spin] * (1.0 + np.exp(-2.0 * field / TEMPERATURE)) < 1.0 else -1.0
    return float(state @ archetype / SIZE)


def read_bandwidth(numbers: int) -> float:
    """Bytes per second that NumPy's sum reads from an array of this length, over and over, on one core."""
    values = np.ones(numbers)
    repeats = max(1, 100_000_000 // numbers)
    begin = time.perf_counter()
    for _ in range(repeats):
        values.sum()
    return 8.0 * numbers * repeats / (time.perf_counter() - begin)
