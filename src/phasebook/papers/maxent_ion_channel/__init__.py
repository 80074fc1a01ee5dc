"""Information theory and statistical mechanics revisited (arXiv 1105.5662): from constraints to ensembles, to paths,
to a channel.

The paper's body could not be read; its abstract states the structure, and every formula here is derived or textbook.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
