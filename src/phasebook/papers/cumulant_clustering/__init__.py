"""Clustering of higher order connected correlations in C* dynamical systems (arXiv 2405.09388): rates, cones and rays.

A theorem paper without numbers: the chains, the exact engines and every number here are our own.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
