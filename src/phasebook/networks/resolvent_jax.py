"""Weighted sums of resolvent products on an accelerator: one dense inverse per term in single precision, by JAX.

The plain way of `resolvent`, where a device makes it cheap; single precision is enough for covariances whose theory is good to 1/N.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
from jaxtyping import Complex, Float


def resolvent_sums_on_device(
    matrix: Float[np.ndarray, "n n"],
    responses: Complex[np.ndarray, " terms"],
    coefficients: Complex[np.ndarray, "sums terms"],
) -> Float[np.ndarray, "sums n n"]:
    """The real parts of Σ_k c_k Y_k Y_k† with Y_k = (I − s_k J)⁻¹ for each row c, on JAX's default device, as float64."""
    import jax.numpy as jnp

    add = _program()
    device_matrix = jnp.asarray(matrix, dtype=jnp.complex64)
    total = jnp.zeros((len(coefficients), *matrix.shape), dtype=jnp.float32)
    for response, column in zip(responses, np.asarray(coefficients).T, strict=True):
        total = add(total, device_matrix, jnp.complex64(response), jnp.asarray(column, dtype=jnp.complex64))
    return np.asarray(total, dtype=np.float64)


@functools.cache
def _program() -> Any:
    import jax
    import jax.numpy as jnp

    def add(total: jax.Array, matrix: jax.Array, response: jax.Array, column: jax.Array) -> jax.Array:
        inverse = jnp.linalg.inv(jnp.eye(len(matrix), dtype=matrix.dtype) - response * matrix)
        product = jnp.matmul(inverse, inverse.conj().T, precision="highest")
        return total + (column[:, None, None] * product).real

    return jax.jit(add, donate_argnums=0)
