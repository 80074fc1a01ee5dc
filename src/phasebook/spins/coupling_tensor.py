"""The couplings written out as a tensor with P indices: the reference that power sums are checked against, and noise on couplings.

J_{i..k} = Σ over classes of ψ_i···ψ_k for distinct indices and zero where two coincide; noise is one normal number of standard
deviation τ for each set of P spins, next to a class's own unit products. N^P numbers: small networks only.
"""

from __future__ import annotations

import itertools
import math

import numpy as np
from jaxtyping import Float
from numba import njit
from numpy.typing import ArrayLike, NDArray

from .dense_network import check_order

TENSOR_LIMIT = 2 * 2**30
LARGEST_REFERENCE = 60


def class_tensor(prototypes: ArrayLike, interaction_order: int) -> Float[np.ndarray, ...]:
    """J of prototypes (spins, classes), shape (spins,)*P, for at most 60 spins.

    Raises ValueError for more, and MemoryError, with the size, beyond 2 GB.
    """
    psi = np.asarray(prototypes, dtype=np.float64)
    order = check_order(interaction_order)
    if psi.ndim != 2 or not order <= psi.shape[0] <= LARGEST_REFERENCE:
        raise ValueError(
            f"prototypes must be (spins, classes) with {order} to {LARGEST_REFERENCE} spins; got {psi.shape}"
        )
    check_tensor_memory(psi.shape[0], order)
    letters = "abcdefghijklmnopqrst"[:order]
    tensor = np.einsum(",".join(f"{each}z" for each in letters) + "->" + letters, *[psi] * order, optimize=True)
    for first, second in itertools.combinations(range(order), 2):
        index: list[NDArray | slice] = [slice(None)] * order
        index[first] = index[second] = np.arange(psi.shape[0])
        tensor[tuple(index)] = 0.0
    return tensor


def tensor_fields(tensor: ArrayLike, values: ArrayLike) -> Float[np.ndarray, " spins"]:
    """Field on each spin of a state (N,): (P/2N^(P-1))·Σ J_{i,j..k}·v_j···v_k over all ordered indices."""
    couplings, state = np.asarray(tensor, dtype=np.float64), np.asarray(values, dtype=np.float64)
    order, size = couplings.ndim, state.size
    if couplings.shape != (size,) * order:
        raise ValueError(f"values must be {couplings.shape[0]} numbers; got {state.size}")
    fields = couplings
    for _ in range(order - 1):
        fields = fields @ state
    return 0.5 * order / float(size) ** (order - 1) * fields


def noise_tensor(size: int, interaction_order: int, deviation: float, seed: int) -> Float[np.ndarray, ...]:
    """Symmetric normal noise, float32, shape (size,)*P: one number for each set of P distinct spins, zero where indices coincide.

    Raises ValueError for a negative deviation, and MemoryError, with the size, beyond 2 GB.
    """
    order = check_order(interaction_order)
    if not (math.isfinite(deviation) and deviation >= 0.0):
        raise ValueError(f"deviation must be a number of at least 0; got {deviation!r}")
    check_tensor_memory(size, order)
    draws = np.random.default_rng(seed).standard_normal(math.comb(size, order), dtype=np.float32) * np.float32(
        deviation
    )
    tensor = np.zeros(size**order, np.float32)
    permutations = np.array(list(itertools.permutations(range(order))), dtype=np.int64)
    _scatter(draws, permutations, size, tensor)
    return tensor.reshape((size,) * order)


def check_tensor_memory(size: int, interaction_order: int) -> None:
    """Raises MemoryError where N^P numbers of eight bytes exceed 2 GB, with that size."""
    needed = 8.0 * float(size) ** interaction_order
    if needed > TENSOR_LIMIT:
        raise MemoryError(
            f"a tensor of {size}^{interaction_order} couplings needs {needed / 2**30:.2f} GB; the limit is "
            f"{TENSOR_LIMIT / 2**30:.2f} GB (lower size or interaction_order)"
        )


@njit(cache=True, nogil=True)
def _scatter(
    draws: NDArray[np.float32], permutations: NDArray[np.int64], size: int, tensor: NDArray[np.float32]
) -> None:
    """Each number to all orders of its set of spins; sets run in lexicographic order."""
    order = permutations.shape[1]
    chosen = np.arange(order)
    for draw in draws:
        for place in range(permutations.shape[0]):
            flat = 0
            for axis in range(order):
                flat = flat * size + chosen[permutations[place, axis]]
            tensor[flat] = draw
        axis = order - 1
        while axis >= 0 and chosen[axis] == size - order + axis:
            axis -= 1
        if axis < 0:
            return
        chosen[axis] += 1
        for later in range(axis + 1, order):
            chosen[later] = chosen[later - 1] + 1
