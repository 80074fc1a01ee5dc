"""Fluctuations and correlations in chemical reaction kinetics and population dynamics (arXiv 1807.01248).

The chapter's text was not at hand: models follow the field's standard definitions, formulas are derived here or textbook, and
numbers of others carry their source.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
