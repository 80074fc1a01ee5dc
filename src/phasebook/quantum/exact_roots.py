"""Rational numbers as products of powers of primes, as far as trial division reaches."""

from fractions import Fraction

LARGEST_TRIAL = 10_000


def prime_factors(value: Fraction) -> dict[int, int]:
    """Exponents of a positive rational number's factors, negative for the denominator's.

    Factors up to 10,000 are primes; what is left of a large number stays in one piece, which is exact and only less canonical.
    """
    found: dict[int, int] = {}
    for number, sign in ((value.numerator, 1), (value.denominator, -1)):
        for factor, count in _factors(number).items():
            found[factor] = found.get(factor, 0) + sign * count
    return found


def _factors(number: int) -> dict[int, int]:
    found: dict[int, int] = {}
    trial = 2
    while trial * trial <= number and trial <= LARGEST_TRIAL:
        while number % trial == 0:
            found[trial] = found.get(trial, 0) + 1
            number //= trial
        trial += 1 if trial == 2 else 2
    if number > 1:
        found[number] = found.get(number, 0) + 1
    return found
