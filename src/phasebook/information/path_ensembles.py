"""Ensembles of paths: Markov chains driven away from a prior kernel by constraints on their steps.

W(y | x) = W₀(y | x) exp(λ f(y, x)) / Z(x), normalized at every step (causal), against the maximum-caliber chain whose
whole path is normalized at once. The response of any average to the drive at any earlier step is a correlation,
exactly and arbitrarily far from equilibrium: ∂⟨A_t⟩/∂λ_s = ⟨A_t (f_s − E[f_s | x_s])⟩. Statement of the abstract of
arXiv 1105.5662; formulas derived here.

Kernels are arrays K[x, y], rows sum to one; functions f[x, y] of a step from x to y.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import PhasebookError
from .perron import perron_pair

Matrix = NDArray[np.float64]


class IrreversibleTransition(PhasebookError, ValueError):
    """A step is possible one way only: its entropy production is infinite."""


def check_kernel(kernel: ArrayLike) -> Matrix:
    """A kernel as float64. Raises ValueError unless it is square, not negative, and its rows sum to one."""
    found = np.asarray(kernel, dtype=float)
    if found.ndim != 2 or found.shape[0] != found.shape[1]:
        raise ValueError(f"kernel must be square; got shape {found.shape}")
    if not np.isfinite(found).all() or (found < 0).any():
        raise ValueError("kernel must hold finite numbers, none negative")
    sums = found.sum(axis=1)
    if np.abs(sums - 1).max() > 1e-9:
        row = int(np.abs(sums - 1).argmax())
        raise ValueError(f"rows of the kernel must sum to 1; row {row} sums to {sums[row]:.6g}")
    return found


@dataclass(frozen=True, eq=False)
class DrivenChain:
    """A prior kernel, the function that the drive couples to, the drive (steps,), and the law at the start (states,)."""

    prior: Matrix
    function: Matrix
    drive: NDArray[np.float64]
    start: NDArray[np.float64]

    def __post_init__(self) -> None:
        check_kernel(self.prior)
        if self.function.shape != self.prior.shape:
            raise ValueError(f"function must have the kernel's shape {self.prior.shape}; got {self.function.shape}")
        if self.drive.ndim != 1 or self.drive.size < 1:
            raise ValueError("drive must have at least one step")
        if self.start.shape != (len(self.prior),) or abs(self.start.sum() - 1) > 1e-9:
            raise ValueError("start must be a law over the states")

    def kernel(self, step: int) -> tuple[Matrix, NDArray[np.float64]]:
        """The kernel of a step, and Z(x)."""
        weights = self.prior * np.exp(self.drive[step] * self.function)
        partition = weights.sum(axis=1)
        return weights / partition[:, None], partition

    def laws(self) -> Matrix:
        """The law at each time, (steps + 1, states)."""
        found = [self.start]
        for step in range(self.drive.size):
            found.append(found[-1] @ self.kernel(step)[0])
        return np.array(found)

    def process_free_energy(self) -> float:
        """−Σ_t ⟨ln Z_t⟩."""
        laws = self.laws()
        return -sum(float(laws[step] @ np.log(self.kernel(step)[1])) for step in range(self.drive.size))


def responses(chain: DrivenChain, observable: Matrix) -> Matrix:
    """∂⟨A_t⟩/∂λ_s by differentiating kernels: (t, s) over all steps, for a function A[x, y] of a step."""
    laws, steps = chain.laws(), chain.drive.size
    found = np.zeros((steps, steps))
    for s in range(steps):
        kernel, _partition = chain.kernel(s)
        mean = (kernel * chain.function).sum(axis=1, keepdims=True)
        slope = kernel * (chain.function - mean)
        found[s, s] = laws[s] @ (slope * observable).sum(axis=1)
        change = laws[s] @ slope
        for t in range(s + 1, steps):
            later = chain.kernel(t)[0]
            found[t, s] = change @ (later * observable).sum(axis=1)
            change = change @ later
    return found


def correlations(chain: DrivenChain, observable: Matrix, centering: str = "conditional") -> Matrix:
    """⟨A_t (f_s − c_s)⟩ over joint laws of two steps: (t, s), with c the conditional mean E[f_s | x_s]
    (`conditional`), the mean ⟨f_s⟩ (`global`), or nothing (`none`). Only the first is the response."""
    laws, steps = chain.laws(), chain.drive.size
    kernels = [chain.kernel(step)[0] for step in range(steps)]
    found = np.zeros((steps, steps))
    for s in range(steps):
        conditional = (kernels[s] * chain.function).sum(axis=1)
        if centering == "conditional":
            center = conditional[:, None]
        elif centering == "global":
            center = np.full((len(conditional), 1), laws[s] @ conditional)
        elif centering == "none":
            center = np.zeros((len(conditional), 1))
        else:
            raise ValueError(f"centering must be conditional, global or none; got {centering!r}")
        weighted = kernels[s] * (chain.function - center)
        found[s, s] = laws[s] @ (weighted * observable).sum(axis=1)
        flow = laws[s] @ weighted
        for t in range(s + 1, steps):
            found[t, s] = flow @ (kernels[t] * observable).sum(axis=1)
            flow = flow @ kernels[t]
        for t in range(s):
            found[t, s] = _earlier(laws[t], kernels, observable, weighted, t, s)
    return found


def caliber_chain(prior: ArrayLike, function: ArrayLike, drive: float) -> tuple[Matrix, float]:
    """The chain whose whole path is tilted by exp(drive Σ f): Doob's transform of W₀ exp(drive f), and the growth
    rate θ(drive).

    It equals the causal chain only where Z(x) is the same for all states.
    """
    tilted = check_kernel(prior) * np.exp(drive * np.asarray(function, dtype=float))
    root, right = perron_pair(tilted)
    return tilted * right / (root * right[:, None]), math.log(root)


def stationary_law(kernel: ArrayLike) -> NDArray[np.float64]:
    """The stationary law of an irreducible kernel."""
    _root, left = perron_pair(check_kernel(kernel).T)
    return left / left.sum()


def information_loss(law: ArrayLike, kernel: ArrayLike, reverse: ArrayLike | None = None) -> float:
    """σ = Σ p(x) W(y | x) ln[p(x) W(y | x) / (p'(y) W̃(x | y))] of one step, zero or more; W̃ is W itself by default.

    Raises IrreversibleTransition where a step has no way back.
    """
    p, forward = np.asarray(law, dtype=float), check_kernel(kernel)
    back = forward if reverse is None else check_kernel(reverse)
    flow = p[:, None] * forward
    returning = (p @ forward)[:, None] * back
    one_way = (flow > 0) & (returning.T <= 0)
    if one_way.any():
        x, y = (int(each) for each in np.argwhere(one_way)[0])
        raise IrreversibleTransition(
            f"the step from state {x} to state {y} has no way back: its entropy production is infinite"
        )
    there = flow > 0
    return float((flow[there] * np.log(flow[there] / returning.T[there])).sum())


def _earlier(
    law: NDArray[np.float64], kernels: list[Matrix], observable: Matrix, weighted: Matrix, t: int, s: int
) -> float:
    """⟨A_t (f_s − c_s)⟩ for t before s: zero for the conditional mean, which is how causality shows."""
    flow = law @ (kernels[t] * observable)
    for between in range(t + 1, s):
        flow = flow @ kernels[between]
    return float(flow @ weighted.sum(axis=1))
