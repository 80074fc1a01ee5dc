"""The compiler's settings for kernels that receive many arrays at once.

A kernel owns none of its arrays, so that it needs no reference counts: with them, each call would count every array of its tuples
up and down, which costs more than the work (measured: 40 times). The caller in Python keeps the arrays alive; kernels allocate
nothing. Division by zero gives an infinity or NaN, as in NumPy.

The compiler's cache looks at the file of the outermost kernel alone: after an edit of an inner one, delete engines/__pycache__.
"""

from typing import Any

from numba import njit

_SETTINGS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
kernel = njit(**_SETTINGS)
# For small steps inside hot loops: a call that isn't inlined copies the descriptors of every array of its tuples.
inlined_kernel = njit(**_SETTINGS, forceinline=True)
