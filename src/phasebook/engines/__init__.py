"""Engines: what advances a system, one algorithm per file, whatever the system stands for; imported when first used."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
