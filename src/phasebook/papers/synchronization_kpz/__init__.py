"""Dynamical phase diagram of synchronization in one dimension (arXiv 2604.06040): phases on a ring grow like a rough surface.

Only the abstract and its companions' (2311.13253, 2407.15634) could be read; the formulas here are derived or textbook.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
