"""Grid edge games (arXiv 2503.07984): households with batteries learn prices, and their equilibrium flattens them.

The paper's body could not be read; its abstract and summaries state the setting, and every equation here is derived from them.
"""

from . import claims, experiments, long_claims, million_claim
from .subject import paper

__all__ = ["claims", "experiments", "long_claims", "million_claim", "paper"]
