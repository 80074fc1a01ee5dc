"""Stochastic interpolants (arXiv 2303.08797): one mixture of two laws and noise gives flows and diffusions with the same marginals.

The equations are the paper's; closed forms for mixtures, for the sine's error and for the Gaussian bridge are derived here.
"""

from . import claims, device_claims, experiments, long_claims
from .subject import paper

__all__ = ["claims", "device_claims", "experiments", "long_claims", "paper"]
