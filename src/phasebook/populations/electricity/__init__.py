"""Electricity: households with batteries and panels, the markets that they trade in, and the equilibrium that they learn."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
