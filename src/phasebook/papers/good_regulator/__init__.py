"""Good regulators, causal invariance and natural gradient (arXiv 2603.09067): each link of the chain as a check to run.

The paper's body could not be read beyond its first pages; the definition of α is reconstructed, and pluggable.
"""

from . import claims, experiments, gpu_claims, long_claims, rewriting_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper", "rewriting_claims"]
