"""Inference: Gaussian mixtures fitted with a wrong noise level, in the population and on data."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
