"""One step of RODAS, a stiffly accurate Rosenbrock method of order 4 with an error estimate, for autonomous systems in JAX.

A step takes one Jacobian, one small inverse and six evaluations, without iterations: millions of small stiff systems advance side
by side under `jax.vmap`, where an implicit method would wait for its slowest Newton iteration.
Source: Hairer and Wanner, Solving Ordinary Differential Equations II (1996), section IV.7 and the code RODAS (its coefficients).
"""

from collections.abc import Callable

import jax
import jax.numpy as jnp
from jaxtyping import Array, Float

GAMMA = 0.25
A = (
    (),
    (1.544,),
    (0.9466785280815826, 0.2557011698983284),
    (3.314825187068521, 2.896124015972201, 0.9986419139977817),
    (1.221224509226641, 6.019134481288629, 12.53708332932087, -0.6878860361058950),
)
C = (
    (),
    (-5.6688,),
    (-2.430093356833875, -0.2063599157091915),
    (-0.1073529058151375, -9.594562251023355, -20.47028614809616),
    (7.496443313967647, -10.24680431464352, -33.99990352819905, 11.70890893206160),
    (8.083246795921522, -7.981132988064893, -31.52159432874371, 16.31930543123136, -6.058818238834054),
)
ORDER = 4


def rosenbrock_step(
    function: Callable[[Array], Array], state: Float[Array, " n"], step: Float[Array, ""]
) -> tuple[Float[Array, " n"], Float[Array, " n"]]:
    """The state of dy/dt = function(y) one `step` later and its estimated error, both of shape (n,)."""
    matrix = jnp.eye(state.size, dtype=state.dtype) / (GAMMA * step) - jax.jacfwd(function)(state)
    inverse = small_inverse(matrix)
    moves: list[Array] = []
    at = state
    for stage in range(6):
        if stage < 5:
            at = state + sum(
                (weight * move for weight, move in zip(A[stage], moves, strict=True)), jnp.zeros_like(state)
            )
        pull = sum((weight * move for weight, move in zip(C[stage], moves, strict=True)), jnp.zeros_like(state))
        move = inverse @ (function(at) + pull / step)
        moves.append(move)
        if stage >= 4:
            at = at + move
    return at, moves[5]


def small_inverse(matrix: Float[Array, "n n"]) -> Float[Array, "n n"]:
    """The inverse by Gauss-Jordan elimination with pivots, unrolled: one fused program under `vmap`, where a library call is not.

    Shape (n, n) with a small n; infinities or NaN where the matrix is singular.
    """
    size = matrix.shape[0]
    rows = jnp.concatenate([matrix, jnp.eye(size, dtype=matrix.dtype)], axis=1)
    places = jnp.arange(size)
    for column in range(size):
        candidates = jnp.where(places >= column, jnp.abs(rows[:, column]), -1.0)
        pivot = jnp.argmax(candidates)
        top, chosen = rows[column], rows[pivot]
        rows = jnp.where((places == pivot)[:, None], top, rows)
        chosen = chosen / chosen[column]
        rows = jnp.where(
            (places == column)[:, None],
            chosen,
            rows - jnp.where(places == column, 0.0, rows[:, column])[:, None] * chosen,
        )
    return rows[:, size:]
