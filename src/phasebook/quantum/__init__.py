"""Quantum systems: operator algebra with a grader, lattices solved exactly, and cumulants of ordered operators."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
