"""The interplay of signal-to-noise ratio and variance misspecification in Gaussian mixtures (arXiv 2605.02448).

Only the means are fitted, with a likelihood whose noise level τ is fixed and may differ from the true σ. The paper's abstract
states what happens on either side of τ = σ; its body could not be read, and the formulas here are derived from the model.
"""

from . import claims, experiments
from .subject import paper

__all__ = ["claims", "experiments", "paper"]
