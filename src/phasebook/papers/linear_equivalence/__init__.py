"""Linear equivalence of nonlinear recurrent neural networks (arXiv 2604.23489): a chaotic network's covariance, from its couplings.

The abstract and the table of contents were read; every equation here is derived and checked by simulation.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
