"""Powers by repeated squaring, of whatever has a product."""

from __future__ import annotations

from typing import Any


def repeated_product(base: Any, exponent: int, one: Any) -> Any:
    """The product of `exponent` (at least 0) equal factors; `one` where there is none."""
    result = one
    while exponent:
        if exponent & 1:
            result = result * base
        exponent >>= 1
        base = base * base if exponent else base
    return result
