"""Information: ensembles of states and of paths from what is known, and ion channels built from them."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
