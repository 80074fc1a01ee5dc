"""Reactions: networks of chemical kinetics, read from files or text, with their exact simulation and their approximations."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
