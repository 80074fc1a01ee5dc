"""Sequences: noise with long memory as a Markov process, and recurrent cells in continuous time for irregular series."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
