"""Replica symmetry breaking in dense neural networks (arXiv 2111.12997): the P-spin Hopfield network beyond symmetric replicas.

Only the abstract and front matter could be read; equations are derived afresh, in a normalization that is stated with each result.
"""

from . import claims, device_claims, experiments, long_claims
from .subject import paper

__all__ = ["claims", "device_claims", "experiments", "long_claims", "paper"]
