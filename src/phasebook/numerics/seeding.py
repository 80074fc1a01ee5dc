"""Seeds for the parts of one measurement."""

import numpy as np


def part_seed(seed: int, *parts: float) -> int:
    """A seed of its own for each part of a measurement, so that the parts' errors are independent.

    `parts` name the part by numbers (told apart to 1e-6, not negative); the same numbers give the same seed. Source: NumPy's
    SeedSequence, which mixes the words so that neighbors are unrelated.
    """
    return int(np.random.SeedSequence([seed, *(round(1e6 * part) for part in parts)]).generate_state(1)[0])
