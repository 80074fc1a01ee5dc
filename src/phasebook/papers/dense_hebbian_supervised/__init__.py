"""Dense Hebbian networks taught by labeled examples (arXiv 2212.00606): how many, and which interaction order, recall needs.

Only abstract and introduction could be read; equations are derived afresh, in a normalization that is stated with each result.
"""

from . import claims, device_claims, experiments, long_claims
from .subject import paper

__all__ = ["claims", "device_claims", "experiments", "long_claims", "paper"]
