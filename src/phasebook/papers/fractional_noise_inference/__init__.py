"""Variational inference for SDEs driven by fractional noise (arXiv 2310.12975): long memory as a handful of Markov processes.

Formulas were read in the abstract and the authors' public code, and derived again here.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
