"""Closed-form continuous-time neural models (arXiv 2106.13898): a liquid neuron solved in closed form, and cells made of it.

Formulas were read in the abstract and the authors' public code, and derived again here.
"""

from . import claims, experiments, gpu_claims, long_claims
from .subject import paper

__all__ = ["claims", "experiments", "gpu_claims", "long_claims", "paper"]
