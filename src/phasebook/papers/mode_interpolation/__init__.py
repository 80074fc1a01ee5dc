"""Understanding hallucinations in diffusion models through mode interpolation (arXiv 2406.09358), measured.

Exact denoisers, smoothed ones that can't jump, and trained networks: who samples between the modes, and what gives it away.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
