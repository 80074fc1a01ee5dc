"""Phase transition for budgeted multi-agent synergy (arXiv 2601.17311): when does a tree of weak agents beat one strong one?

The paper's body could not be read; its abstract states the ingredients, and every equation here is derived from them.
"""

from . import claims, experiments, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "long_claims", "paper"]
