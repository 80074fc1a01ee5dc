"""Seeds of parts: the same for the same numbers, and different for all others."""

from phasebook.numerics import part_seed


def test_known_seed():
    assert part_seed(0, 1.5) == part_seed(0, 1.5)
    assert 0 <= part_seed(0, 1.5) < 2**32


def test_every_part_has_a_seed_of_its_own():
    seeds = [part_seed(seed, part, index) for seed in range(5) for part in (0.1, 0.2, 1.0) for index in range(10)]
    assert len(set(seeds)) == len(seeds)
