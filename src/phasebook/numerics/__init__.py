"""Mathematics that belongs to no family: one method per file, with its own reference and tests, imported when first used."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)

del lazy_loader
