"""Phasebook: executable papers.

A paper's model, its theory or method and an exact simulation in one API with the same units; its claims, re-measured here.
Families (`phasebook.reactions`, `phasebook.networks` and others) and the vocabulary are imported when first used.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
