"""Random spatial networks: small worlds without clustering, travelling waves, hop-and-spread disease dynamics (arXiv 1702.01252).

Only the abstract and the opening could be read; the model and its equations are derived from them and from edge-based theory.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
