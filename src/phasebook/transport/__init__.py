"""Transport: flows and diffusions between distributions, with Gaussian mixtures as the exact answer beside every sampler."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
