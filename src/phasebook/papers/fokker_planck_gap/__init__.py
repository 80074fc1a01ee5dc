"""Closing the ODE-SDE gap in score-based diffusion models through the Fokker-Planck equation (arXiv 2311.15996).

The paper bounds the distance between a learned score's two samplers by a residual; the bound and the identity here are derived.
"""

from . import claims, device_claims, experiments, long_claims
from .subject import paper

__all__ = ["claims", "device_claims", "experiments", "long_claims", "paper"]
