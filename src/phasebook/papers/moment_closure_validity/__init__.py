"""Validity conditions for moment closure approximations in stochastic chemical kinetics (arXiv 1407.8316).

Closed moment equations are a legitimate approximation only where every run from a start without noise settles to the same physical
state. The paper's abstract states where that is; its networks and rates were not at hand, and others play their roles here.
"""

from . import claims, experiments, gpu_claims, volume_experiments
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "paper", "volume_experiments"]
