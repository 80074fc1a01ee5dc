"""Learning mean field games on sparse graphs (arXiv 2401.12686): a game for the hubs, and one small problem for each low degree.

The paper's body could not be read; its abstract and public summaries state the method and the games, and every equation here is
derived.
"""

from . import claims, device_claims, experiments, long_claims
from .subject import paper

__all__ = ["claims", "device_claims", "experiments", "long_claims", "paper"]
