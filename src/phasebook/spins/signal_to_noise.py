"""What limits the first step of recall: the variance of a spin's field, over its mean squared, in its three parts.

With N spins at the archetype the retrieved class's field has mean proportional to (1 + ρ)^(-P/2). In units of that mean squared:
the examples' own noise ρ, the other classes (P-1)!·(K/N^(P-1))·(1+ρ)^P, and noise on the couplings (P-1)!·(τ²/N^(P-1))·(1+ρ)^P.
The overlap after one parallel step is erf(1/√(2·sum)). Derived here; without examples (ρ = 0) the storage part is 2α/P.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from .dense_network import check_order

Limit = Literal["examples", "storage", "tensor noise"]


@dataclass(frozen=True)
class FieldNoise:
    """Variances of the field over its mean squared: `examples`, `storage` and `tensor`, of which the largest limits recall."""

    examples: float
    storage: float
    tensor: float

    @property
    def total(self) -> float:
        """Their sum."""
        return self.examples + self.storage + self.tensor

    @property
    def overlap(self) -> float:
        """Overlap with the archetype after one parallel step from it: erf(1/√(2·total)), 1 without noise."""
        return math.erf(1.0 / math.sqrt(2.0 * self.total)) if self.total > 0.0 else 1.0

    @property
    def limit(self) -> Limit:
        """The largest of the three."""
        parts: dict[Limit, float] = {"examples": self.examples, "storage": self.storage, "tensor noise": self.tensor}
        return max(parts, key=lambda name: parts[name])


def field_noise(
    interaction_order: int, size: int, classes: float, rho: float = 0.0, tensor_noise: float = 0.0
) -> FieldNoise:
    """The three parts for K `classes` of N = `size` spins, dataset entropy ρ and noise τ on each coupling (a class has unit ones).

    Raises ValueError for negative arguments or fewer than P spins.
    """
    order = check_order(interaction_order)
    if size < order or not all(math.isfinite(each) and each >= 0.0 for each in (classes, rho, tensor_noise)):
        raise ValueError(
            f"size must be at least P = {order}; classes, rho and tensor_noise at least 0; "
            f"got {size!r}, {classes!r}, {rho!r}, {tensor_noise!r}"
        )
    scale = math.factorial(order - 1) / float(size) ** (order - 1) * (1.0 + rho) ** order
    return FieldNoise(float(rho), classes * scale, tensor_noise**2 * scale)
