"""Networks: rings of oscillators, recurrent networks and their mean field, spatial graphs and epidemics."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
